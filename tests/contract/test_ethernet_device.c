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

#include "error.h"
#include "ethernet_device.h"
#include "sim.h"
#include "sim_cable.h"
#include "sim_usb_bus.h"
#include "sim_usb_hub.h"
#include "sim_usb_nic.h"

/* The other end of the cable, and how to build this one. */
struct implementation {
    const char *name;
    struct ethernet_device *(*build)(void);
    void (*deliver)(const void *frame, unsigned length);
    void (*run)(uint64_t duration_us);
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

static const struct implementation implementations[] = {
    {"cdc-ecm on the board", build_ecm_on_board, deliver_to_nic, sim_usb_bus_run},
    {"cdc-ecm behind a hub on the board", build_ecm_behind_hub_on_board, deliver_to_nic,
     sim_usb_bus_run},
    {"cdc-ecm on qemu", build_ecm_on_qemu, deliver_to_nic, sim_usb_bus_run},
    {"cdc-ecm behind a hub on qemu", build_ecm_behind_hub_on_qemu, deliver_to_nic, sim_usb_bus_run},
    {"cdc-ecm adopted on qemu", build_adopted_ecm_on_qemu, deliver_to_nic, sim_usb_bus_run},
    {"cdc-ecm adopted behind a hub on the board", build_adopted_ecm_behind_hub_on_board,
     deliver_to_nic, sim_usb_bus_run},
    {"the simulated cable", build_cable, deliver_by_cable, sim_advance_us},
};

/* ---- the contract ---- */

static int set_up(void **state)
{
    (void)state;
    device = implementation->build();
    arrived_count = 0;
    return 0;
}

static void fill(uint8_t *frame, unsigned length)
{
    for (unsigned i = 0; i < length; i++)
        frame[i] = (uint8_t)(length * 31 + i * 7 + (i >> 8));
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
        assert_int_equal(arrived_length, length);
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
        assert_int_equal(wait_for_frame(&frame), length);
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
        uint8_t bytes[200] = {0};

        bytes[0] = (uint8_t)i;
        implementation->deliver(bytes, 64 + i * 2);
    }
    for (unsigned i = 0; i < 50; i++) {
        assert_int_equal(wait_for_frame(&frame), 64 + i * 2);
        assert_int_equal(frame[0], i);
        device->receive_done(device);
    }
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
    implementation->deliver(bytes, sizeof bytes);
    assert_int_equal(wait_for_frame(&frame), 60);
    fill(wait_for_send_buffer(), 1000);
    assert_int_equal(device->send(device, 1000), 0);
    assert_int_equal(device->stop(device), 0);
    device->receive_done(device);
    implementation->run(5000);
    assert_int_equal(device->receive(device, &frame), ERROR_IO);
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
        TEST(test_both_directions_at_once),
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
