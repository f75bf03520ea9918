/*
 * ethernet_lan_bench: the LAN95xx driver on the model of its chip, on the simulated DWC2.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_LAN_BENCH_H
#define ETHERNET_LAN_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "sim.h"
#include "sim_usb_bus.h"
#include "sim_usb_chip.h"

static const uint8_t board_mac[6] = {0xb8, 0x27, 0xeb, 0x12, 0x34, 0x56};

static struct sim_usb_chip chip;
static struct sim_usb_bus bus;
static struct ethernet_lan *lan = &bus.lan95xx;
static struct ethernet_device *device = &bus.lan95xx.ethernet;
static uint8_t frame_bytes[CHIP_FRAME_MAX];

/* Requests for registers since the machine was switched on; that of this number, if it is not 0,
 * is answered with a stall, though done: the driver cannot know. */
static unsigned register_requests, stalled_request;
static int (*control_of_chip)(struct sim_usb_device *, const struct usb_setup *, uint8_t *);

static inline int count_or_stall(struct sim_usb_device *self, const struct usb_setup *setup,
                                 uint8_t *data)
{
    int moved = control_of_chip(self, setup, data);

    return ++register_requests == stalled_request ? SIM_USB_STALL : moved;
}

/* A machine just switched on, its cable plugged in; nothing started. */
static inline void switch_on(bool qemu)
{
    sim_usb_chip_init(&chip, &chip_lan9514);
    control_of_chip = chip.usb.control;
    chip.usb.control = count_or_stall;
    register_requests = stalled_request = 0;
    sim_usb_bus_init(&bus, qemu, &chip.usb);
    sim_usb_bus_set_mac(&bus, board_mac, 0x1234);
    lan = &bus.lan95xx;
    device = &lan->ethernet;
    /* For us, from somebody, of a type for experiments; then bytes that tell where they are. */
    for (unsigned i = 0; i < sizeof frame_bytes; i++)
        frame_bytes[i] = (uint8_t)(i ^ i >> 8);
    memcpy(frame_bytes, board_mac, 6);
    memcpy(frame_bytes + 6, (uint8_t[]){2, 0, 0, 0, 0, 1, 0x88, 0xb5}, 8);
}

/* What a program does while it waits for the cable. Returns true once the link is up. */
static inline bool wait_for_link(uint64_t timeout_us)
{
    uint64_t deadline_us = clock_now_us() + timeout_us;

    while (!device->link_is_up(device)) {
        if (clock_passed(deadline_us) || device->update_link(device) == ERROR_IO)
            return false;
        sim_usb_bus_run(100000);
    }
    return true;
}

/* Up to a link. */
static inline void start_with_link(bool qemu)
{
    switch_on(qemu);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_ptr_equal(bus.ethernet, device);
    assert_true(wait_for_link(3000000));
}

static inline int set_up_off(void **state)
{
    (void)state;
    switch_on(false);
    return 0;
}

static inline int set_up(void **state)
{
    (void)state;
    start_with_link(false);
    return 0;
}

static inline int set_up_on_qemu(void **state)
{
    (void)state;
    start_with_link(true);
    return 0;
}

/* What the event loop does in this time. */
static inline void run(uint64_t duration_us)
{
    uint64_t end_us = clock_now_us() + duration_us;

    while (!clock_passed(end_us)) {
        sim_usb_bus_run(100);
        if (device->link_event)
            (void)device->update_link(device);
    }
}

/* A frame of this length, marked with a number. */
static inline void deliver(unsigned number, unsigned length)
{
    bytes_put_le32(frame_bytes + ETHERNET_HEADER_BYTES, number);
    sim_usb_chip_deliver(&chip, frame_bytes, length);
}

/* Takes the next frame, which must come within 20 ms, and checks its bytes. Returns its number. */
static inline unsigned take(unsigned length)
{
    const uint8_t *frame = NULL;
    unsigned number;
    int got = 0;

    for (unsigned i = 0; i < 200 && got == 0; i++) {
        got = device->receive(device, &frame);
        if (got == 0)
            run(100);
    }
    assert_int_equal(got, length < 60 ? 60 : length);
    number = bytes_le32(frame + ETHERNET_HEADER_BYTES);
    assert_memory_equal(frame, frame_bytes, ETHERNET_HEADER_BYTES);
    if (length > ETHERNET_HEADER_BYTES + 4)
        assert_memory_equal(frame + 18, frame_bytes + 18, length - 18);
    device->receive_done(device);
    return number;
}

static inline void assert_no_frame(void)
{
    const uint8_t *frame;

    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(device->receive(device, &frame), 0);
        run(100);
    }
}

/* Sends such a frame, which must reach the other end. */
static inline void send_and_check(unsigned length)
{
    unsigned before = chip.sent_count;
    uint8_t *buffer = device->send_buffer(device);

    assert_non_null(buffer);
    memcpy(buffer, frame_bytes, length);
    assert_int_equal(device->send(device, length), 0);
    run(1000);
    assert_int_equal(chip.sent_count, before + 1);
    assert_int_equal(chip.sent_length, length < 60 ? 60 : length);
    assert_memory_equal(chip.sent, frame_bytes, length);
}

/* What net_poll does: an update after each event, and every quarter of a second. Returns the
 * longest update. */
static inline uint64_t poll(uint64_t duration_us)
{
    uint64_t end_us = clock_now_us() + duration_us, next_us = 0, longest_us = 0;
    const uint8_t *frame;

    while (!clock_passed(end_us)) {
        uint64_t begin_us = clock_now_us();

        if (device->link_event || clock_passed(next_us)) {
            (void)device->update_link(device);
            next_us = begin_us + 250000;
            if (clock_now_us() - begin_us > longest_us)
                longest_us = clock_now_us() - begin_us;
        }
        if (device->receive(device, &frame) > 0) {
            assert_memory_equal(frame, frame_bytes, ETHERNET_HEADER_BYTES);
            device->receive_done(device);
        }
        sim_usb_bus_run(100);
    }
    return longest_us;
}

static inline void assert_works(void)
{
    for (unsigned i = 0; i < 4; i++) {
        deliver(i, 700 + i);
        assert_int_equal(take(700 + i), i);
        send_and_check(700 + i);
    }
}

static inline bool is_receiving(void)
{
    return chip.chip->type->is_receiving(chip.chip);
}

/* Receive transfers that the host has. */
static inline unsigned receives_under_way(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < ETHERNET_LAN_RECEIVES; i++)
        count += lan->receives[i].status == ERROR_BUSY;
    return count;
}

/* A register of the chip, as somebody else would read it. */
static inline uint32_t register_of_chip(uint16_t offset)
{
    const struct chip_setup setup = {0xc0, 0xa1, 0, offset, 4};
    uint8_t bytes[4];

    assert_int_equal(chip.chip->type->control(chip.chip, &setup, bytes), 4);
    return bytes_le32(bytes);
}

#endif
