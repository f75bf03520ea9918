/*
 * What include/ethernet_device.h promises, asked of every implementation: one body of
 * tests; a row of the table below says how to build the device and how to reach the
 * other end of its cable.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
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

/* ---- the contract ---- */

static int set_up(void **state)
{
    (void)state;
    device = implementation->build();
    arrived_count = 0;
    return 0;
}

/* A frame that the device passes on: for it, of a protocol for experiments. */
static void fill(uint8_t *frame, unsigned length)
{
    for (unsigned i = 0; i < length; i++)
        frame[i] = (uint8_t)(length * 31 + i * 7 + (i >> 8));
    memcpy(frame, device->mac, 6);
    memcpy(frame + 6, "\x02\0\0\0\0\x02\x88\xb5", 8);
}

static unsigned on_cable(unsigned length)
{
    return length < implementation->least_on_cable ? implementation->least_on_cable : length;
}

/* Runs until a frame is there, up to 100 ms. */
static int wait_for_frame(const uint8_t **frame)
{
    int length = 0;

    for (unsigned i = 0; i < 1000 && length == 0; i++) {
        length = device->receive(device, frame);
        if (!length)
            implementation->run(100);
    }
    return length;
}

static uint8_t *wait_for_send_buffer(void)
{
    uint8_t *frame = device->send_buffer(device);

    for (unsigned i = 0; i < 100 && !frame; i++) {
        implementation->run(100);
        frame = device->send_buffer(device);
    }
    assert_non_null(frame);
    return frame;
}

static void test_device_has_a_name_and_an_address(void **state)
{
    (void)state;
    assert_non_null(device->name);
    assert_memory_not_equal(device->mac, "\0\0\0\0\0\0", 6);
    assert_false(device->mac[0] & 1);
    assert_true(device->link_is_up(device));
    assert_int_equal(device->update_link(device), 0);
}

static void test_frames_of_every_length_leave_whole(void **state)
{
    (void)state;
    for (unsigned length = ETHERNET_HEADER_BYTES; length <= ETHERNET_FRAME_MAX; length++) {
        uint8_t expected[ETHERNET_FRAME_MAX];

        fill(wait_for_send_buffer(), length);
        assert_int_equal(device->send(device, length), 0);
        implementation->run(2000);
        fill(expected, length);
        assert_int_equal(arrived_length, on_cable(length));
        assert_memory_equal(arrived, expected, length);
    }
    assert_int_equal(arrived_count, ETHERNET_FRAME_MAX - ETHERNET_HEADER_BYTES + 1);
    assert_int_equal(device->statistics.frames_sent, arrived_count);
    assert_int_equal(device->statistics.send_errors, 0);
}

static void test_frames_of_every_length_arrive_whole(void **state)
{
    (void)state;
    for (unsigned length = ETHERNET_HEADER_BYTES; length <= ETHERNET_FRAME_MAX; length++) {
        uint8_t expected[ETHERNET_FRAME_MAX];
        const uint8_t *frame = NULL;

        fill(expected, length);
        implementation->deliver(expected, length);
        assert_int_equal(wait_for_frame(&frame), on_cable(length));
        assert_memory_equal(frame, expected, length);
        device->receive_done(device);
    }
    assert_int_equal(device->statistics.frames_received,
                     ETHERNET_FRAME_MAX - ETHERNET_HEADER_BYTES + 1);
    assert_int_equal(device->statistics.receive_errors, 0);
}

static void test_send_buffer_stays_the_same_until_send(void **state)
{
    uint8_t *frame = device->send_buffer(device);

    (void)state;
    assert_non_null(frame);
    assert_ptr_equal(device->send_buffer(device), frame);
    memset(frame, 0x5a, ETHERNET_FRAME_MAX); /* all of it is there */
}

static void test_send_refuses_impossible_lengths(void **state)
{
    (void)state;
    device->send_buffer(device);
    assert_int_equal(device->send(device, 0), ERROR_INVALID);
    assert_int_equal(device->send(device, ETHERNET_HEADER_BYTES - 1), ERROR_INVALID);
    assert_int_equal(device->send(device, ETHERNET_FRAME_MAX + 1), ERROR_INVALID);
    assert_int_equal(device->send(device, UINT32_MAX), ERROR_INVALID);
    implementation->run(1000);
    assert_int_equal(arrived_count, 0);
}

static void test_send_without_a_buffer_is_busy_and_loses_nothing(void **state)
{
    unsigned sent = 0;
    uint8_t *frame;

    (void)state;
    /* Without an event loop a device that needs one runs out of buffers. */
    while (sent < 16 && (frame = device->send_buffer(device)) != NULL) {
        fill(frame, 100);
        assert_int_equal(device->send(device, 100), 0);
        sent++;
    }
    if (sent < 16)
        assert_int_equal(device->send(device, 100), ERROR_BUSY);
    implementation->run(10000);
    assert_int_equal(arrived_count, sent);
    assert_non_null(device->send_buffer(device));
}

static void test_receive_without_a_frame_gives_none(void **state)
{
    const uint8_t *frame = NULL;

    (void)state;
    device->receive_done(device);
    assert_int_equal(device->receive(device, &frame), 0);
    implementation->run(5000);
    assert_int_equal(device->receive(device, &frame), 0);
    assert_null(frame);
    assert_int_equal(device->statistics.frames_received, 0);
}

static void test_lent_frame_stays_until_it_is_given_back(void **state)
{
    uint8_t first[60], second[61];
    const uint8_t *frame = NULL, *again = NULL;

    (void)state;
    fill(first, 60);
    fill(second, 61);
    implementation->deliver(first, 60);
    implementation->deliver(second, 61);
    assert_int_equal(wait_for_frame(&frame), 60);
    implementation->run(5000);
    assert_int_equal(device->receive(device, &again), 60);
    assert_ptr_equal(again, frame);
    assert_memory_equal(frame, first, 60);
    device->receive_done(device);
    assert_int_equal(wait_for_frame(&frame), 61);
    assert_memory_equal(frame, second, 61);
    device->receive_done(device);
    device->receive_done(device); /* does nothing */
    implementation->run(1000);
    assert_int_equal(device->receive(device, &frame), 0);
    assert_int_equal(device->statistics.frames_received, 2);
}

static void test_frames_arrive_in_order(void **state)
{
    const uint8_t *frame;

    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        uint8_t bytes[200];

        fill(bytes, 64 + i * 2);
        bytes[14] = (uint8_t)i;
        implementation->deliver(bytes, 64 + i * 2);
    }
    for (unsigned i = 0; i < 50; i++) {
        assert_int_equal(wait_for_frame(&frame), 64 + i * 2);
        assert_int_equal(frame[14], i);
        device->receive_done(device);
    }
}

/* Bursts, and a receiver that is late. */
static void test_full_frames_that_come_at_once_all_arrive(void **state)
{
    uint8_t bytes[ETHERNET_FRAME_MAX];

    (void)state;
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned i = 0; i < 40; i++) {
            fill(bytes, ETHERNET_FRAME_MAX - i % 5);
            bytes[14] = (uint8_t)i;
            implementation->deliver(bytes, ETHERNET_FRAME_MAX - i % 5);
        }
        implementation->run(20000);
        for (unsigned i = 0; i < 40; i++) {
            const uint8_t *frame = NULL;

            assert_int_equal(wait_for_frame(&frame), ETHERNET_FRAME_MAX - i % 5);
            fill(bytes, ETHERNET_FRAME_MAX - i % 5);
            bytes[14] = (uint8_t)i;
            assert_memory_equal(frame, bytes, ETHERNET_FRAME_MAX - i % 5);
            device->receive_done(device);
        }
    }
    assert_int_equal(device->statistics.frames_received, 200);
    assert_int_equal(device->statistics.receive_errors, 0);
}

static void test_both_directions_at_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        unsigned length = 60 + i * 37 % 1455;
        uint8_t bytes[ETHERNET_FRAME_MAX];
        const uint8_t *frame;

        fill(bytes, length);
        implementation->deliver(bytes, length);
        fill(wait_for_send_buffer(), length);
        assert_int_equal(device->send(device, length), 0);
        assert_int_equal(wait_for_frame(&frame), length);
        assert_memory_equal(frame, bytes, length);
        device->receive_done(device);
    }
    implementation->run(5000);
    assert_int_equal(arrived_count, 2000);
}

static void test_stopped_device_is_silent_and_says_so(void **state)
{
    const uint8_t *frame;
    uint8_t bytes[60] = {0};

    (void)state;
    fill(bytes, sizeof bytes);
    assert_int_equal(device->stop(device), 0);
    assert_false(device->link_is_up(device));
    implementation->deliver(bytes, sizeof bytes);
    implementation->run(5000);
    assert_int_equal(device->receive(device, &frame), ERROR_IO);
    assert_int_equal(device->send(device, 60), ERROR_IO);
    assert_int_equal(device->update_link(device), ERROR_IO);
    device->receive_done(device);
    assert_int_equal(device->stop(device), 0);
    assert_int_equal(arrived_count, 0);
}

static void test_stop_with_a_lent_frame_and_sends_under_way(void **state)
{
    uint8_t bytes[60] = {0};
    const uint8_t *frame;

    (void)state;
    fill(bytes, sizeof bytes);
    implementation->deliver(bytes, sizeof bytes);
    assert_int_equal(wait_for_frame(&frame), 60);
    fill(wait_for_send_buffer(), 1000);
    assert_int_equal(device->send(device, 1000), 0);
    assert_int_equal(device->stop(device), 0);
    device->receive_done(device);
    implementation->run(5000);
    assert_int_equal(device->receive(device, &frame), ERROR_IO);
}

static uint64_t time_of_update_us(void)
{
    uint64_t before_us = clock_now_us();

    assert_int_equal(device->update_link(device), 0);
    return clock_now_us() - before_us;
}

/* One call in sixteen may look for events that were lost. */
static void test_update_link_does_not_wait_while_nothing_happens(void **state)
{
    unsigned waited = 0;

    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        uint64_t time_us = time_of_update_us();

        assert_true(time_us <= 10000);
        waited += time_us > 20;
        assert_true(device->link_is_up(device));
        assert_false(device->link_event);
        implementation->run(10000);
    }
    assert_in_range(waited, 0, 4);
}

static void test_traffic_goes_on_beside_update_link(void **state)
{
    uint8_t bytes[ETHERNET_FRAME_MAX];
    const uint8_t *frame;

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        fill(bytes, 60 + i * 7);
        implementation->deliver(bytes, 60 + i * 7);
        fill(wait_for_send_buffer(), 60 + i * 7);
        assert_int_equal(device->send(device, 60 + i * 7), 0);
        assert_int_equal(device->update_link(device), 0);
        assert_int_equal(wait_for_frame(&frame), 60 + i * 7);
        assert_memory_equal(frame, bytes, 60 + i * 7);
        device->receive_done(device);
    }
    implementation->run(5000);
    assert_int_equal(arrived_count, 200);
}

static void check_that_frames_pass(void)
{
    uint8_t bytes[100];
    const uint8_t *frame;
    unsigned before = arrived_count;

    fill(bytes, sizeof bytes);
    implementation->deliver(bytes, sizeof bytes);
    assert_int_equal(wait_for_frame(&frame), sizeof bytes);
    device->receive_done(device);
    fill(wait_for_send_buffer(), sizeof bytes);
    assert_int_equal(device->send(device, sizeof bytes), 0);
    implementation->run(5000);
    assert_int_equal(arrived_count, before + 1);
}

static void test_link_follows_the_cable(void **state)
{
    const uint8_t *frame;

    (void)state;
    if (!implementation->plug)
        return;
    for (unsigned i = 0; i < 5; i++) {
        implementation->plug(false);
        assert_true(wait_for_link(device, false, 600000));
        assert_false(device->link_event);
        assert_int_equal(device->receive(device, &frame), 0);
        implementation->run(50000);
        if (implementation->takes_frames)
            assert_false(implementation->takes_frames());
        implementation->plug(true);
        assert_true(wait_for_link(device, true, 300000));
        check_that_frames_pass();
    }
}

/* Whatever of it is seen, afterwards all is well. */
static void test_cable_that_is_pulled_while_frames_pass_does_no_harm(void **state)
{
    uint8_t bytes[1000];

    (void)state;
    if (!implementation->plug)
        return;
    for (unsigned i = 0; i < 20; i++) {
        const uint8_t *frame;

        fill(bytes, sizeof bytes);
        for (unsigned n = 0; n < 8; n++)
            implementation->deliver(bytes, sizeof bytes);
        if (device->send_buffer(device)) {
            fill(device->send_buffer(device), sizeof bytes);
            device->send(device, sizeof bytes);
        }
        implementation->run(i * 20);
        implementation->plug(false);
        if (i % 2)
            assert_true(wait_for_link(device, false, 600000));
        else
            implementation->run(1000);
        implementation->plug(true);
        implementation->run(30000);
        for (unsigned n = 0; n < 20; n++)
            device->update_link(device); /* one of them looks */
        assert_true(wait_for_link(device, true, 600000));
        while (device->receive(device, &frame) > 0) {
            assert_memory_equal(frame, bytes, sizeof bytes);
            device->receive_done(device);
        }
        check_that_frames_pass();
    }
}

static void test_lent_frame_outlives_nothing_but_the_link(void **state)
{
    uint8_t bytes[100];
    const uint8_t *frame;

    (void)state;
    if (!implementation->plug)
        return;
    fill(bytes, sizeof bytes);
    implementation->deliver(bytes, sizeof bytes);
    assert_int_equal(wait_for_frame(&frame), sizeof bytes);
    implementation->plug(false);
    assert_true(wait_for_link(device, false, 600000));
    device->receive_done(device); /* of a frame that may be gone */
    implementation->plug(true);
    assert_true(wait_for_link(device, true, 300000));
    check_that_frames_pass();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, set_up)
        TEST(test_device_has_a_name_and_an_address),
        TEST(test_frames_of_every_length_leave_whole),
        TEST(test_frames_of_every_length_arrive_whole),
        TEST(test_send_buffer_stays_the_same_until_send),
        TEST(test_send_refuses_impossible_lengths),
        TEST(test_send_without_a_buffer_is_busy_and_loses_nothing),
        TEST(test_receive_without_a_frame_gives_none),
        TEST(test_lent_frame_stays_until_it_is_given_back),
        TEST(test_frames_arrive_in_order),
        TEST(test_full_frames_that_come_at_once_all_arrive),
        TEST(test_both_directions_at_once),
        TEST(test_update_link_does_not_wait_while_nothing_happens),
        TEST(test_traffic_goes_on_beside_update_link),
        TEST(test_link_follows_the_cable),
        TEST(test_cable_that_is_pulled_while_frames_pass_does_no_harm),
        TEST(test_lent_frame_outlives_nothing_but_the_link),
        TEST(test_stopped_device_is_silent_and_says_so),
        TEST(test_stop_with_a_lent_frame_and_sends_under_way),
    };
    int failed = 0;

    for (unsigned i = 0; i < sizeof implementations / sizeof *implementations; i++) {
        implementation = &implementations[i];
        failed += cmocka_run_group_tests_name(implementation->name, tests, NULL, NULL);
    }
    sim_cable_clear(&cable);
    return failed;
}
