/*
 * chip_lan9514_transmit: from bulk OUT to the cable.
 *
 * The pipe is a stream of buffers: two command words, bytes to skip (data start offset), a piece
 * of a frame, bytes up to a multiple of 4. Transfers mean nothing but that the end of one
 * ends that padding (drivers send a frame per transfer and do not pad). A wrong command is
 * complained of; whoever forgives that sees what the chip does: the transmitter error, and a
 * pipe that stalls until the FIFO is flushed (unless HW_CFG.SBP).
 *
 * Frames leave at once. While the other end has asked for silence, the pipe says NAK from the
 * first byte on, not after 8 KB.
 *
 * Lacks: collisions and what comes of them.
 * Reference: LAN950x data sheet, 5.4.2 and 5.5.8.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514.h"

#include <string.h>

#include "bytes.h"
#include "chip_frame.h"

#define A_RESERVED 0xfffcc800u
#define A_FIRST    (1u << 13)
#define A_LAST     (1u << 12)
#define SIZE       0x7ffu

#define B_RESERVED        0xffff8800u
#define B_CHECKSUM        (1u << 14)
#define B_WITHOUT_FCS     (1u << 13)
#define B_WITHOUT_PADDING (1u << 12)

#define HEADER_BYTES  14u
#define PREAMBLE      4u
#define FRAME_LONGEST 1514
#define TAG           4

static void wrong(struct chip_lan9514 *self, const char *what)
{
    struct chip_lan9514_transmit *send = &self->transmit;

    self->counters.sent[LAN9514_TX_BAD]++;
    *lan9514_register(self, LAN9514_INT_STS) |= LAN9514_INT_TXE;
    send->lost = true;
    chip_complain(&self->chip, "wrong-transmit-command", "%s (A 0x%08x, B 0x%08x)", what, send->a,
                  send->b);
}

void lan9514_flush_transmit(struct chip_lan9514 *self)
{
    memset(&self->transmit, 0, sizeof self->transmit);
}

/* ---- a whole frame ---- */

/* The checksum engine: its preamble is not sent. Returns false if it was wrong. */
static bool add_checksum(struct chip_lan9514 *self, uint8_t **frame, unsigned *length)
{
    uint32_t preamble = bytes_le32(*frame);
    unsigned start = preamble & 0xfff, at = preamble >> 16 & 0xfff;

    *frame += PREAMBLE;
    *length -= PREAMBLE;
    if (!lan9514_is(self, LAN9514_COE_CR, LAN9514_COE_TX)) {
        wrong(self, "a checksum is wanted of an engine that COE_CR keeps off");
        return false;
    }
    if (preamble & 0xf000f000 || start < HEADER_BYTES || at < HEADER_BYTES || start + 4 > *length ||
        at + 2 + 4 > *length) {
        wrong(self, "the checksum's preamble points into the Ethernet header, the last 4 bytes or "
                    "beyond");
        return false;
    }
    bytes_put_le16(*frame + at, (uint16_t)~chip_frame_sum(*frame + start, *length - start));
    return true;
}

static unsigned longest(const uint8_t *frame)
{
    return FRAME_LONGEST + (bytes_be16(frame + 12) == 0x8100 ? TAG : 0);
}

static void send_frame(struct chip_lan9514 *self)
{
    struct chip_lan9514_transmit *send = &self->transmit;
    uint8_t *frame = send->frame;
    unsigned length = send->length;

    if (length < (send->b & B_CHECKSUM ? HEADER_BYTES + PREAMBLE : HEADER_BYTES)) {
        wrong(self, "the frame is shorter than its header");
        return;
    }
    if (send->b & B_CHECKSUM && !add_checksum(self, &frame, &length))
        return;
    if (send->b & B_WITHOUT_FCS) {
        length -= 4;
        if (length < CHIP_FRAME_MIN ||
            bytes_le32(frame + length) != chip_frame_fcs(frame, length)) {
            wrong(self, "a frame that brings its checksum brings a wrong one");
            return;
        }
    }
    if (length > longest(frame)) {
        wrong(self, "the frame is too long for Ethernet");
        return;
    }
    chip_frame_check(&self->chip, frame, length);
    if (!chip_phy_up(&self->phy)) {
        self->counters.sent[LAN9514_TX_CARRIER]++;
        return;
    }
    if (length < CHIP_FRAME_MIN) {
        if (send->b & B_WITHOUT_PADDING) {
            wrong(self, "the frame is shorter than Ethernet's and must not be padded");
            return;
        }
        memset(frame + length, 0, CHIP_FRAME_MIN - length);
        length = CHIP_FRAME_MIN;
    }
    self->counters.sent[LAN9514_TX_GOOD]++;
    self->chip.statistics.frames_sent++;
    self->chip.carrier.transmit(self->chip.carrier.owner, frame, length);
}

/* ---- the stream ---- */

static void take_command(struct chip_lan9514 *self)
{
    struct chip_lan9514_transmit *send = &self->transmit;
    uint32_t a = bytes_le32(send->command), b = bytes_le32(send->command + 4);
    bool first = a & A_FIRST, differs = send->in_frame && (b ^ send->b) & ~B_CHECKSUM;

    send->have = 0;
    send->a = a;
    if (first)
        send->b = b;
    if (a & A_RESERVED || b & B_RESERVED)
        wrong(self, "bits that are reserved are set");
    else if (first == send->in_frame)
        wrong(self, first ? "a first segment within a frame" : "a frame without a first segment");
    else if (differs)
        wrong(self, "segments of one frame do not agree");
    else if (!(a & SIZE))
        wrong(self, "an empty buffer");
    else if (first && b & B_CHECKSUM && (a >> 16 & 3 || (a & SIZE) < PREAMBLE))
        wrong(self, "the checksum's preamble is not whole and aligned");
    else if ((first ? 0 : send->length) + (a & SIZE) > (send->b & SIZE))
        wrong(self, "more bytes than the frame has");
    if (send->lost)
        return;
    if (first)
        send->length = 0;
    send->in_frame = true;
    send->place = LAN9514_OFFSET;
    send->left = a >> 16 & 3;
}

static void end_buffer(struct chip_lan9514 *self)
{
    struct chip_lan9514_transmit *send = &self->transmit;

    send->place = LAN9514_PADDING;
    send->left = -((send->a >> 16 & 3) + (send->a & SIZE)) & 3;
    if (!(send->a & A_LAST))
        return;
    send->in_frame = false;
    if (send->length != (send->b & SIZE))
        wrong(self, "fewer bytes than the frame has");
    else
        send_frame(self);
}

/* Moves on from places that are done. */
static void advance(struct chip_lan9514 *self)
{
    struct chip_lan9514_transmit *send = &self->transmit;

    if (send->place == LAN9514_OFFSET && !send->left) {
        send->place = LAN9514_DATA;
        send->left = send->a & SIZE;
    }
    if (send->place == LAN9514_DATA && !send->left)
        end_buffer(self);
    if (send->place == LAN9514_PADDING && !send->left)
        send->place = LAN9514_COMMAND;
}

/* Returns how many bytes it has taken: one at least. */
static unsigned take(struct chip_lan9514 *self, const uint8_t *bytes, unsigned length)
{
    struct chip_lan9514_transmit *send = &self->transmit;
    unsigned want = send->place == LAN9514_COMMAND ? 8 - send->have : send->left;
    unsigned part = want < length ? want : length;

    switch (send->place) {
    case LAN9514_COMMAND:
        memcpy(send->command + send->have, bytes, part);
        send->have += part;
        if (send->have == 8)
            take_command(self);
        break;
    case LAN9514_DATA:
        memcpy(send->frame + send->length, bytes, part);
        send->length += part;
        send->left -= part;
        break;
    case LAN9514_OFFSET:
    case LAN9514_PADDING:
        send->left -= part;
        break;
    }
    if (!send->lost)
        advance(self);
    return part;
}

int lan9514_bulk_out(struct chip *chip, const uint8_t *bytes, unsigned length)
{
    struct chip_lan9514 *self = (struct chip_lan9514 *)chip;
    struct chip_lan9514_transmit *send = &self->transmit;

    if (chip->faults.stall_out) {
        chip->faults.stall_out--;
        return CHIP_STALL;
    }
    lan9514_settle(self);
    if (!lan9514_is(self, LAN9514_TX_CFG, LAN9514_TX_CFG_ON) ||
        !lan9514_is(self, LAN9514_MAC_CR, LAN9514_MAC_CR_TXEN)) {
        chip_complain(chip, "transmit-while-disabled", "%u bytes, TX_CFG 0x%x, MAC_CR 0x%08x",
                      length, *lan9514_register(self, LAN9514_TX_CFG),
                      *lan9514_register(self, LAN9514_MAC_CR));
        return (int)length;
    }
    if (lan9514_now_us(self) < send->paused_until_us)
        return CHIP_NAK;
    for (unsigned at = 0; at < length && !send->lost;)
        at += take(self, bytes + at, length - at);
    if (length < CHIP_PACKET_BYTES && send->place == LAN9514_PADDING)
        send->place = LAN9514_COMMAND;
    lan9514_settle(self);
    if (send->lost && !lan9514_is(self, LAN9514_HW_CFG, LAN9514_HW_CFG_SBP))
        return CHIP_STALL;
    return (int)length;
}
