/*
 * ethernet_lan_frames: frames in and out.
 *
 * A receive transfer ends with a burst: frames one behind the other, each behind the chip's
 * header. They are lent in place, and the transfer goes back to the host when its last one was
 * given back; so a program that is slow is sent fewer and longer bursts. While the first
 * transfer is read from, the others fill, where the host says that this is worth it.
 * A burst that makes no sense is dropped from there on; where the next one begins is known,
 * since a short packet ends each. When that does not help, update_link has reception begun
 * anew with empty FIFOs.
 *
 * A frame to send goes off at once if no other is on its way; otherwise it joins those that
 * wait, and they go in one transfer when the one before has ended, or when its room is full. So
 * one at a time a frame is a transfer, as with every other driver of these chips, and under load a
 * transfer, which costs an interrupt on the board, carries several. (The chips take the pipe for
 * a stream of headers and frames, each at a multiple of four: LAN9730 datasheet, 4.3.1.2.)
 * A transfer that did not arrive whole leaves that stream in the middle of a frame, so nothing
 * more is sent until update_link has emptied the chip's FIFO.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>

#include "clock.h"
#include "error.h"
#include "ethernet_lan_parts.h"
#include "irq.h"

#define LONGEST_RECORD       (8 + ETHERNET_FRAME_MAX) /* a frame to send with its header */
#define SEND_TIMEOUT_US      8000 /* all of them at 100 Mbit/s: 2 ms; an emulator may stand still */
#define FRAMING_FAILURES_MAX 3    /* bursts in a row: the framing is lost for good */

/* ---- receiving ---- */

static void give(struct ethernet_lan *self, struct usb_transfer *transfer)
{
    struct usb_host *host = self->device->bus->host;

    if (host->submit(host, transfer) < 0)
        transfer->status = ERROR_IO; /* receive will find and count it */
    /* Frames are lent for reading only: from the second time on the host may rely on that. */
    transfer->unwritten = true;
}

void ethernet_lan_start_receive(struct ethernet_lan *self)
{
    self->receive_first = 0;
    self->receive_at = 0;
    self->rest_of_burst = false;
    self->framing_failures = 0;
    self->receiving = true;
    for (unsigned i = 0; i < self->receive_depth; i++)
        give(self, &self->receives[i]);
}

void ethernet_lan_next_receive(struct ethernet_lan *self)
{
    struct usb_transfer *transfer = &self->receives[self->receive_first];

    self->receive_at = 0;
    if (++self->receive_first == self->receive_depth)
        self->receive_first = 0;
    give(self, transfer);
}

int ethernet_lan_end_receive(struct ethernet_lan *self)
{
    struct usb_host *host = self->device->bus->host;
    int result = 0;

    /* The last first: else the next would be started by the end of the one before it. */
    for (unsigned i = self->receive_depth; i-- > 0;) {
        unsigned index = (self->receive_first + i) % self->receive_depth;
        int status = host->cancel(host, &self->receives[index]);

        if (status < 0)
            result = status;
    }
    self->receiving = false;
    self->lent = NULL;
    return result;
}

/* Has update_link, which may wait, called soon: it mends what stopped reception. */
static void call_for_help(struct ethernet_lan *self)
{
    self->receiving = false;
    self->ethernet.link_event = true;
}

/* Judges a transfer that failed. One disturbance is over at once, and the next transfer finds the
 * chip as it was. Where it lasts, the tries that are left are not spent in its first millisecond:
 * the next update_link, called when its time has come, begins anew. */
static void take_failure(struct ethernet_lan *self, const struct usb_transfer *transfer)
{
    self->ethernet.statistics.receive_errors++;
    if (++self->receive_failures >= ETHERNET_LAN_FAILURES_MAX) {
        self->gone = true;
    } else if (transfer->status == ERROR_STALLED) {
        call_for_help(self);
    } else if (self->receive_failures > 1) {
        self->receiving = false;
    } else {
        self->rest_of_burst = transfer->actual > 0;
        ethernet_lan_next_receive(self);
    }
}

/* Lends the next frame of this transfer. Returns false if there is none left. */
static bool lend_next(struct ethernet_lan *self, const struct usb_transfer *transfer)
{
    const uint8_t *bytes = transfer->buffer;

    while (self->receive_at < transfer->actual) {
        uint32_t used = 0;
        int status =
            self->chip->take_frame(bytes + self->receive_at, transfer->actual - self->receive_at,
                                   &self->lent, &self->lent_length, &used);

        self->receive_at += used;
        if (status == 0 && self->lent_length >= ETHERNET_HEADER_BYTES &&
            self->lent_length <= ETHERNET_FRAME_MAX) {
            self->receive_failures = 0;
            return true;
        }
        self->lent = NULL;
        self->ethernet.statistics.receive_errors++;
        if (status == ERROR_CORRUPT) {
            if (++self->framing_failures >= FRAMING_FAILURES_MAX)
                call_for_help(self);
            return false;
        }
    }
    /* An empty transfer says nothing of the framing. */
    if (transfer->actual)
        self->framing_failures = 0;
    return false;
}

int ethernet_lan_receive(struct ethernet_device *ethernet, const uint8_t **frame)
{
    struct ethernet_lan *self = (struct ethernet_lan *)ethernet;

    while (!self->lent) {
        struct usb_transfer *transfer = &self->receives[self->receive_first];

        if (self->gone || self->stopped)
            return ERROR_IO;
        if (!self->receiving || transfer->status == ERROR_BUSY)
            return 0;
        if (transfer->status < 0) {
            take_failure(self, transfer);
        } else if (self->rest_of_burst) {
            self->rest_of_burst = false;
            ethernet_lan_next_receive(self);
        } else if (!lend_next(self, transfer) && self->receiving) {
            ethernet_lan_next_receive(self);
        }
    }
    *frame = self->lent;
    return (int)self->lent_length;
}

void ethernet_lan_receive_done(struct ethernet_device *ethernet)
{
    struct ethernet_lan *self = (struct ethernet_lan *)ethernet;

    if (!self->lent)
        return;
    self->lent = NULL;
    ethernet->statistics.frames_received++;
    if (self->receive_at >= self->receives[self->receive_first].actual) {
        self->framing_failures = 0;
        ethernet_lan_next_receive(self);
    }
}

/* ---- sending ---- */

/* Transfers end in the order of their submit, so this is the one to look at. */
static bool is_under_way(const struct ethernet_lan *self)
{
    unsigned last = (self->next_send + ETHERNET_LAN_SENDS - 1) % ETHERNET_LAN_SENDS;

    return self->sends[last].status == ERROR_BUSY;
}

/* Gives the transfer that was filled to the host. Its done may be called from here. */
static int launch(struct ethernet_lan *self)
{
    struct usb_host *host = self->device->bus->host;
    unsigned index = self->next_send;
    int status;

    self->next_send = (index + 1) % ETHERNET_LAN_SENDS;
    self->send_filled = 0;
    status = host->submit(host, &self->sends[index]);
    if (status < 0)
        self->ethernet.statistics.send_errors += self->send_frames[index];
    return status;
}

void ethernet_lan_send_done(struct usb_transfer *transfer)
{
    struct ethernet_lan *self = transfer->owner;
    uint32_t frames = self->send_frames[transfer - self->sends];

    if (transfer->status == 0) {
        self->ethernet.statistics.frames_sent += frames;
        if (self->send_filled && !is_under_way(self))
            (void)launch(self); /* what has gathered meanwhile */
        return;
    }
    self->ethernet.statistics.send_errors += frames;
    self->send_broken = true;
    self->ethernet.link_event = true; /* for update_link to mend it */
}

uint8_t *ethernet_lan_send_buffer(struct ethernet_device *ethernet)
{
    struct ethernet_lan *self = (struct ethernet_lan *)ethernet;

    if (self->send_broken || self->sends[self->next_send].status == ERROR_BUSY)
        return NULL;
    return self->buffers->send[self->next_send] + self->send_filled + self->chip->send_header_bytes;
}

int ethernet_lan_send(struct ethernet_device *ethernet, uint32_t length)
{
    struct ethernet_lan *self = (struct ethernet_lan *)ethernet;
    struct usb_transfer *transfer = &self->sends[self->next_send];
    uint32_t at = self->send_filled;

    if (length < ETHERNET_HEADER_BYTES || length > ETHERNET_FRAME_MAX)
        return ERROR_INVALID;
    if (!self->link.up || self->gone || self->stopped)
        return ERROR_IO;
    if (self->send_broken || transfer->status == ERROR_BUSY)
        return ERROR_BUSY;
    self->chip->put_send_header(self->buffers->send[self->next_send] + at, length);
    transfer->length = at + self->chip->send_header_bytes + length;
    if (at == 0)
        self->send_frames[self->next_send] = 0;
    self->send_frames[self->next_send]++;
    self->send_filled = (transfer->length + 3) & ~3u;
    if (is_under_way(self) && self->send_filled + LONGEST_RECORD <= ETHERNET_LAN_SEND_BYTES)
        return 0; /* others may join it until its turn comes */
    return launch(self);
}

int ethernet_lan_end_send(struct ethernet_lan *self)
{
    struct usb_host *host = self->device->bus->host;
    int result = 0;

    /* First what only waits, or the end of another transfer would send it off. */
    if (self->send_filled)
        self->ethernet.statistics.send_errors += self->send_frames[self->next_send];
    self->send_filled = 0;
    for (unsigned i = ETHERNET_LAN_SENDS; i-- > 0;) {
        unsigned index = (self->next_send + i) % ETHERNET_LAN_SENDS;
        bool was_busy = self->sends[index].status == ERROR_BUSY;
        int status = host->cancel(host, &self->sends[index]);

        if (status < 0)
            result = status;
        if (was_busy && self->sends[index].status == ERROR_CANCELLED)
            self->ethernet.statistics.send_errors += self->send_frames[index];
    }
    return result;
}

bool ethernet_lan_is_sending(const struct ethernet_lan *self)
{
    for (unsigned i = 0; i < ETHERNET_LAN_SENDS; i++)
        if (self->sends[i].status == ERROR_BUSY)
            return true;
    return false;
}

void ethernet_lan_wait_for_sends(struct ethernet_lan *self)
{
    uint64_t deadline_us = clock_now_us() + SEND_TIMEOUT_US;

    while (ethernet_lan_is_sending(self) && !clock_passed(deadline_us)) {
        clock_wait_until(deadline_us);
        irq_dispatch();
    }
}
