/*
 * ethernet_implementations: every struct ethernet_device there is, with the other end of its
 * cable, for the contract in test_ethernet_device*.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_IMPLEMENTATIONS_H
#define ETHERNET_IMPLEMENTATIONS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "error.h"
#include "ethernet_device.h"
#include "sim.h"
#include "sim_cable.h"
#include "sim_dwc2_channels.h"
#include "sim_usb_board.h"
#include "sim_usb_bus.h"
#include "sim_usb_chip.h"
#include "sim_usb_hub.h"
#include "sim_usb_nic.h"

/* The other end of the cable, and how to build this one. */
struct implementation {
    const char *name;
    struct ethernet_device *(*build)(void);
    void (*deliver)(const void *frame, unsigned length);
    void (*run)(uint64_t duration_us);
    unsigned least_on_cable;    /* shorter frames are padded there */
    void (*plug)(bool plugged); /* null: its cable is always in */
    bool (*takes_frames)(void); /* what the device does is under way; null: nobody can tell */
};

static const struct implementation *implementation;
static struct ethernet_device *device;

/* Frames that arrived at the other end. */
static uint8_t arrived[ETHERNET_FRAME_MAX];
static unsigned arrived_length, arrived_count;

static void note_arrival(const uint8_t *frame, unsigned length)
{
    assert_true(length <= sizeof arrived);
    memcpy(arrived, frame, length);
    arrived_length = length;
    arrived_count++;
}

/* ---- CDC-ECM on the DWC2 ---- */

static void note_arrival_at_nic(struct sim_usb_nic *from, const uint8_t *frame, unsigned length)
{
    (void)from;
    note_arrival(frame, length);
}

static struct sim_usb_bus bus;
static struct sim_usb_nic nic;
static struct sim_usb_hub hub;

static struct ethernet_device *build_ecm(bool qemu, bool behind_hub)
{
    enum usb_speed speed = qemu ? USB_SPEED_FULL : USB_SPEED_HIGH;

    sim_usb_nic_init(&nic, speed);
    nic.on_frame = note_arrival_at_nic;
    sim_usb_hub_init(&hub, speed, 4);
    sim_usb_hub_plug(&hub, 1, &nic.usb, true);
    sim_usb_bus_init(&bus, qemu, behind_hub ? &hub.usb : &nic.usb);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    return &bus.ecm.ethernet;
}

/* Handed over by a program that has used it: both toggles at 1 where they are kept. */
static struct ethernet_device *adopt_ecm(bool qemu, bool behind_hub)
{
    static struct sim_usb_bus next;
    struct ethernet_device *before = build_ecm(qemu, behind_hub);
    struct boot_usb usb;
    const uint8_t *frame;

    sim_usb_nic_deliver(&nic, (uint8_t[60]){0}, 60);
    assert_non_null(before->send_buffer(before));
    assert_int_equal(before->send(before, 60), 0);
    sim_usb_bus_run(5000);
    assert_int_equal(before->receive(before, &frame), 60);
    before->receive_done(before);
    assert_int_equal(sim_usb_bus_stop(&bus, &usb), 0);
    sim_usb_bus_init_program(&next);
    assert_int_equal(sim_usb_bus_adopt(&next, &usb), 0);
    return &next.ecm.ethernet;
}

static struct ethernet_device *build_adopted_ecm_on_qemu(void)
{
    return adopt_ecm(true, false);
}

static struct ethernet_device *build_adopted_ecm_behind_hub_on_board(void)
{
    return adopt_ecm(false, true);
}

static struct ethernet_device *build_ecm_on_qemu(void)
{
    return build_ecm(true, false);
}

static struct ethernet_device *build_ecm_behind_hub_on_qemu(void)
{
    return build_ecm(true, true);
}

static struct ethernet_device *build_ecm_on_board(void)
{
    return build_ecm(false, false);
}

static struct ethernet_device *build_ecm_behind_hub_on_board(void)
{
    return build_ecm(false, true);
}

static void deliver_to_nic(const void *frame, unsigned length)
{
    sim_usb_nic_deliver(&nic, frame, length);
}

/* ---- the board's own chips, each behind the hubs of its board; QEMU has no hubs ---- */

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

/* As a network stack does: looks every 250 ms, every 100 ms without a link, and after events. */
static bool wait_for_link(struct ethernet_device *of, bool up, uint64_t timeout_us)
{
    uint64_t deadline_us = clock_now_us() + timeout_us;

    while (of->link_is_up(of) != up && !clock_passed(deadline_us)) {
        uint64_t look_us = clock_now_us() + (of->link_is_up(of) ? 250000 : 100000);

        while (!of->link_event && !clock_passed(look_us))
            implementation->run(1000);
        of->update_link(of);
    }
    return of->link_is_up(of) == up;
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
    sim_usb_bus_init(&bus, qemu, root);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_true(wait_for_link(bus.ethernet, true, 1000000));
    return bus.ethernet;
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
    assert_int_equal(sim_usb_bus_stop(&bus, &usb), 0);
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
    return chip.chip->type->is_receiving(chip.chip) || sim_dwc2_channel_runs(&bus.dwc2);
}

/* ---- the simulated cable, on which the network stack is tested ---- */

static struct sim_cable cable;

static void take_from_cable(void *context)
{
    struct ethernet_device *other = &cable.end[1].device;
    const uint8_t *frame;
    int length;

    (void)context;
    while ((length = other->receive(other, &frame)) > 0) {
        note_arrival(frame, (unsigned)length);
        other->receive_done(other);
    }
}

static struct ethernet_device *build_cable(void)
{
    sim_reset();
    sim_cable_clear(&cable); /* of the test before */
    sim_cable_init(&cable, 1);
    cable.end[1].arrived = take_from_cable;
    return &cable.end[0].device;
}

static void deliver_by_cable(const void *frame, unsigned length)
{
    struct ethernet_device *other = &cable.end[1].device;
    uint8_t *buffer = other->send_buffer(other);

    assert_non_null(buffer);
    memcpy(buffer, frame, length);
    assert_int_equal(other->send(other, length), 0);
}

static void plug_cable(bool plugged)
{
    sim_cable_plug(&cable, plugged);
}

#define LAN(name, build)                                                                           \
    {                                                                                              \
        name, build, deliver_to_chip, run_chip, 60, plug_chip, chip_takes_frames                   \
    }

static const struct implementation implementations[] = {
    {"cdc-ecm on the board", build_ecm_on_board, deliver_to_nic, sim_usb_bus_run, 0, NULL, NULL},
    {"cdc-ecm behind a hub on the board", build_ecm_behind_hub_on_board, deliver_to_nic,
     sim_usb_bus_run, 0, NULL, NULL},
    {"cdc-ecm on qemu", build_ecm_on_qemu, deliver_to_nic, sim_usb_bus_run, 0, NULL, NULL},
    {"cdc-ecm behind a hub on qemu", build_ecm_behind_hub_on_qemu, deliver_to_nic, sim_usb_bus_run,
     0, NULL, NULL},
    {"cdc-ecm adopted on qemu", build_adopted_ecm_on_qemu, deliver_to_nic, sim_usb_bus_run, 0, NULL,
     NULL},
    {"cdc-ecm adopted behind a hub on the board", build_adopted_ecm_behind_hub_on_board,
     deliver_to_nic, sim_usb_bus_run, 0, NULL, NULL},
    {"the simulated cable", build_cable, deliver_by_cable, sim_advance_us, 0, plug_cable, NULL},
    LAN("lan9514 on the board", build_lan9514_on_board),
    LAN("lan9514 on qemu", build_lan9514_on_qemu),
    LAN("lan9514 adopted on the board", build_adopted_lan9514_on_board),
    LAN("lan9514 adopted on qemu", build_adopted_lan9514_on_qemu),
    LAN("lan7515 on the board", build_lan7515_on_board),
    LAN("lan7515 on qemu", build_lan7515_on_qemu),
    LAN("lan7515 adopted on the board", build_adopted_lan7515_on_board),
    LAN("lan7515 adopted on qemu", build_adopted_lan7515_on_qemu),
};

#endif
