/*
 * usb_lan_bench: a program with its drivers, and one of the board's Ethernet chips behind the
 * board's own hubs, on the simulated bus. For usb_chip_bench.h (both chips) and
 * ethernet_lan78xx_bench.h (one), which say what is switched on when.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef USB_LAN_BENCH_H
#define USB_LAN_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "error.h"
#include "sim_usb_board.h"
#include "sim_usb_bus.h"
#include "sim_usb_chip.h"

#define NEGOTIATION_US 20000 /* not the 1.5 s of the board: most tests do not look at it */

static struct sim_usb_bus bus;
static struct sim_usb_board board;
static struct sim_usb_chip chip;
static struct ethernet_device *device;
static uint8_t pattern[CHIP_FRAME_MAX];

/* Nothing is started yet: a test may still set faults. qemu: without the board's hubs, for QEMU has
 * none of them. */
static inline void switch_on_chip(const struct chip_type *type, enum sim_usb_board_type board_type,
                                  bool qemu)
{
    struct sim_usb_device *root = &chip.usb;

    sim_reset();
    sim_usb_chip_init(&chip, type);
    chip.chip->negotiation_us = NEGOTIATION_US;
    if (!qemu) {
        sim_usb_board_init(&board, board_type, &chip.usb, true);
        root = &board.hubs[0].usb;
    }
    sim_usb_bus_init(&bus, qemu, root);
    bus.bus.root_is_fixed = true;
    for (unsigned i = 0; i < sizeof pattern; i++)
        pattern[i] = (uint8_t)(i * 7 + i / 251);
}

/* Has the device looked at as net_poll does, until the link is as wanted or time is up. */
static inline bool wait_for_link(bool up, uint64_t timeout_us)
{
    uint64_t deadline_us = clock_now_us() + timeout_us;

    while (device->link_is_up(device) != up && !clock_passed(deadline_us)) {
        sim_usb_bus_run(10000);
        device->update_link(device);
    }
    return device->link_is_up(device) == up;
}

/* From power-on to the link. */
static inline void start_up(void)
{
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    device = bus.ethernet;
    assert_non_null(device);
    assert_true(wait_for_link(true, 10 * NEGOTIATION_US));
}

/* A frame for us: header and pattern, numbered in its bytes 14 ... 17. */
static inline void make_frame(uint8_t *frame, unsigned length, uint32_t number)
{
    memcpy(frame, pattern, length);
    memcpy(frame, device->mac, 6);
    memcpy(frame + 6, "\x02\0\0\0\0\x02\x88\xb5", 8);
    memcpy(frame + 14, &number, 4);
}

static inline void deliver(unsigned length, uint32_t number)
{
    uint8_t frame[CHIP_FRAME_MAX];

    make_frame(frame, length, number);
    sim_usb_chip_deliver(&chip, frame, length);
}

/* Takes the next frame and checks all of it but its number. Returns its length, 0 if none has
 * come within timeout_us. */
static inline unsigned take(uint32_t *number, uint64_t timeout_us)
{
    uint64_t deadline_us = clock_now_us() + timeout_us;
    uint8_t expected[CHIP_FRAME_MAX];
    const uint8_t *frame;
    int length = device->receive(device, &frame);

    while (length == 0 && !clock_passed(deadline_us)) {
        sim_usb_bus_run(50);
        if (device->link_event)
            device->update_link(device);
        length = device->receive(device, &frame);
    }
    if (length <= 0)
        return 0;
    memcpy(number, frame + 14, 4);
    make_frame(expected, (unsigned)length, *number);
    assert_memory_equal(frame, expected, (size_t)length);
    device->receive_done(device);
    return (unsigned)length;
}

static inline void send_numbered(unsigned length, uint32_t number)
{
    uint8_t *frame = device->send_buffer(device);

    for (unsigned i = 0; i < 1000 && !frame; i++) {
        sim_usb_bus_run(50);
        if (device->link_event)
            device->update_link(device);
        frame = device->send_buffer(device);
    }
    assert_non_null(frame);
    make_frame(frame, length, number);
    assert_int_equal(device->send(device, length), 0);
}

#endif
