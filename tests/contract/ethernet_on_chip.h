/*
 * ethernet_on_chip: the board's own chips, each behind the hubs of its board, for the contract of
 * ethernet_device. QEMU has no hubs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_ON_CHIP_H
#define ETHERNET_ON_CHIP_H

#include <string.h>

#include "clock.h"
#include "ethernet_other_end.h"
#include "sim_dwc2_channels.h"
#include "sim_usb_board.h"
#include "sim_usb_bus.h"
#include "sim_usb_chip.h"

static struct sim_usb_bus chip_bus;
static struct sim_usb_chip chip;
static struct sim_usb_board board;

static void note_arrival_at_chip(struct sim_usb_chip *from, const uint8_t *frame, unsigned length)
{
    (void)from;
    note_arrival(frame, length);
}

/* As an event loop does. */
static void run_chip(uint64_t duration_us)
{
    uint64_t end_us = clock_now_us() + duration_us;

    while (!clock_passed(end_us)) {
        uint64_t left_us = end_us - clock_now_us();

        sim_usb_bus_run(left_us < 100 ? left_us : 100);
        if (device && device->link_event)
            device->update_link(device);
    }
}

static struct ethernet_device *build_lan(const struct chip_type *type, bool qemu)
{
    struct sim_usb_device *root = &chip.usb;

    sim_reset();
    device = NULL;
    sim_usb_chip_init(&chip, type);
    chip.on_frame = note_arrival_at_chip;
    chip.chip->negotiation_us = 20000;
    if (!qemu) {
        sim_usb_board_init(&board, type == &chip_lan9514 ? SIM_USB_BOARD_3B : SIM_USB_BOARD_3B_PLUS,
                           &chip.usb, true);
        root = &board.hubs[0].usb;
    }
    sim_usb_bus_init(&chip_bus, qemu, root);
    assert_int_equal(sim_usb_bus_start(&chip_bus), 0);
    assert_true(wait_for_link(chip_bus.ethernet, true, 1000000));
    return chip_bus.ethernet;
}

/* Handed over by a program that has used it. */
static struct ethernet_device *adopt_lan(const struct chip_type *type, bool qemu)
{
    static struct sim_usb_bus next;
    struct ethernet_device *before = build_lan(type, qemu);
    uint8_t bytes[700] = {0};
    struct boot_usb usb;
    const uint8_t *frame;

    memcpy(bytes, before->mac, 6);
    sim_usb_chip_deliver(&chip, bytes, sizeof bytes);
    assert_non_null(before->send_buffer(before));
    assert_int_equal(before->send(before, 60), 0);
    sim_usb_bus_run(5000);
    assert_int_equal(before->receive(before, &frame), sizeof bytes);
    before->receive_done(before);
    assert_int_equal(sim_usb_bus_stop(&chip_bus, &usb), 0);
    sim_usb_bus_init_program(&next);
    assert_int_equal(sim_usb_bus_adopt(&next, &usb), 0);
    return next.ethernet;
}

static struct ethernet_device *build_lan9514_on_board(void)
{
    return build_lan(&chip_lan9514, false);
}

static struct ethernet_device *build_lan9514_on_qemu(void)
{
    return build_lan(&chip_lan9514, true);
}

static struct ethernet_device *build_adopted_lan9514_on_board(void)
{
    return adopt_lan(&chip_lan9514, false);
}

static struct ethernet_device *build_adopted_lan9514_on_qemu(void)
{
    return adopt_lan(&chip_lan9514, true);
}

static struct ethernet_device *build_lan7515_on_board(void)
{
    return build_lan(&chip_lan7515, false);
}

static struct ethernet_device *build_lan7515_on_qemu(void)
{
    return build_lan(&chip_lan7515, true);
}

static struct ethernet_device *build_adopted_lan7515_on_board(void)
{
    return adopt_lan(&chip_lan7515, false);
}

static struct ethernet_device *build_adopted_lan7515_on_qemu(void)
{
    return adopt_lan(&chip_lan7515, true);
}

static void deliver_to_chip(const void *frame, unsigned length)
{
    sim_usb_chip_deliver(&chip, frame, length);
}

static void plug_chip(bool plugged)
{
    sim_usb_chip_plug(&chip, plugged);
}

static bool chip_takes_frames(void)
{
    return chip.chip->type->is_receiving(chip.chip) || sim_dwc2_channel_runs(&chip_bus.dwc2);
}

#endif
