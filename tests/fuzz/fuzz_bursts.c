/*
 * fuzz_bursts: any bytes as what the board's Ethernet chips give for one bulk-IN transfer after
 * the other, through the common driver's reception.
 *
 * The input is bursts, each behind two bytes: its length, least significant first. Each is put into
 * memory of exactly its size, so that the sanitizer sees a read past it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "error.h"
#include "ethernet_lan_parts.h"

#define CHECKSUM_BYTES 4

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct ethernet_lan lan;
static unsigned submits;

static void require(int condition)
{
    if (!condition)
        abort();
}

static int submit(struct usb_host *self, struct usb_transfer *transfer)
{
    (void)self;
    require(transfer == &lan.receives[0] && transfer->status != ERROR_BUSY);
    transfer->status = ERROR_BUSY;
    submits++;
    return 0;
}

static void start(const struct ethernet_lan_chip *chip)
{
    static struct ethernet_lan_buffers buffers;
    static struct usb_host host = {.submit = submit};
    static struct usb_bus bus = {.host = &host};
    static struct usb_device device = {.bus = &bus};

    ethernet_lan_init(&lan, chip, &buffers, NULL, 0);
    lan.device = &device;
    lan.receive_depth = 1;
    ethernet_lan_start_receive(&lan);
}

/* What a chip's part promises of each frame (ethernet_lan.h). Returns how many are whole. */
static unsigned walk(const struct ethernet_lan_chip *chip, const uint8_t *burst, uint32_t length)
{
    unsigned whole = 0;

    for (uint32_t at = 0, used; at < length; at += used) {
        const uint8_t *frame = NULL;
        uint32_t frame_bytes = 0;
        int status;

        used = 0;
        status = chip->take_frame(burst + at, length - at, &frame, &frame_bytes, &used);
        require(used <= length - at);
        if (status == ERROR_CORRUPT)
            break;
        require(used > 0 && (used % 4 == 0 || at + used == length));
        if (status == ERROR_IO) {
            require(!frame);
            continue;
        }
        require(status == 0 && frame >= burst + at + 4);
        require((size_t)(frame - (burst + at)) + frame_bytes + CHECKSUM_BYTES <= used);
        whole += frame_bytes >= ETHERNET_HEADER_BYTES && frame_bytes <= ETHERNET_FRAME_MAX;
    }
    return whole;
}

/* Returns false if the driver wants to begin anew: it takes no more then. */
static bool receive(const uint8_t *burst, uint32_t length)
{
    struct usb_transfer *transfer = &lan.receives[0];
    unsigned before = submits, whole = walk(lan.chip, burst, length), taken = 0;
    const uint8_t *frame, *behind = burst;
    int frame_bytes;

    transfer->buffer = (void *)(uintptr_t)burst;
    transfer->actual = length;
    transfer->status = 0;
    while ((frame_bytes = lan.ethernet.receive(&lan.ethernet, &frame)) != 0) {
        const uint8_t *again;

        require(frame_bytes >= ETHERNET_HEADER_BYTES && frame_bytes <= ETHERNET_FRAME_MAX);
        require(frame >= behind && frame + frame_bytes <= burst + length);
        require(lan.ethernet.receive(&lan.ethernet, &again) == frame_bytes && again == frame);
        behind = frame + frame_bytes;
        lan.ethernet.receive_done(&lan.ethernet);
        taken++;
    }
    require(taken == whole);
    /* The transfer went back once, or reception waits for help. */
    require(submits - before == lan.receiving && lan.ethernet.link_event == !lan.receiving);
    return lan.receiving;
}

static void receive_all(const uint8_t *bytes, size_t length)
{
    bool goes_on = true;

    while (goes_on && length >= 2) {
        uint32_t burst_bytes = bytes_le16(bytes);
        uint8_t *burst;

        bytes += 2;
        length -= 2;
        if (burst_bytes > length)
            burst_bytes = (uint32_t)length;
        if (burst_bytes > ETHERNET_LAN_RECEIVE_BYTES)
            burst_bytes = ETHERNET_LAN_RECEIVE_BYTES;
        burst = malloc(burst_bytes ? burst_bytes : 1);
        require(burst != NULL);
        memcpy(burst, bytes, burst_bytes);
        goes_on = receive(burst, burst_bytes);
        free(burst);
        bytes += burst_bytes;
        length -= burst_bytes;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    start(&ethernet_lan95xx);
    receive_all(bytes, length);
    start(&ethernet_lan78xx);
    receive_all(bytes, length);
    return 0;
}
