/*
 * The CDC-ECM driver and adapters that do not behave. What every Ethernet device must do
 * is in tests/contract/test_ethernet_device.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "sim_usb_bus.h"
#include "sim_usb_nic.h"

static struct sim_usb_bus bus;
static struct sim_usb_nic nic;
static struct ethernet_device *const device = &bus.ecm.ethernet;
static uint8_t bytes[SIM_USB_NIC_FRAME_MAX];

static int set_up_not_started(void **state)
{
    (void)state;
    sim_usb_nic_init(&nic, USB_SPEED_HIGH);
    sim_usb_bus_init(&bus, false, &nic.usb);
    return 0;
}

static int set_up(void **state)
{
    set_up_not_started(state);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    return 0;
}

static int set_up_qemu(void **state)
{
    (void)state;
    sim_usb_nic_init(&nic, USB_SPEED_FULL);
    sim_usb_bus_init(&bus, true, &nic.usb);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    return 0;
}

/* The next frame within 20 ms; 0 if there is none. */
static int next_frame(void)
{
    const uint8_t *frame;
    int length = 0;

    for (unsigned i = 0; i < 200 && length == 0; i++) {
        sim_usb_bus_run(100);
        length = device->receive(device, &frame);
    }
    if (length > 0)
        device->receive_done(device);
    return length;
}

/* ---- attaching ---- */

static void test_adapter_without_filters_is_taken(void **state)
{
    (void)state;
    assert_int_equal(sim_usb_bus_start(&bus), 0); /* it answered STALL */
    assert_int_equal(nic.filter, 0);
}

static void test_adapter_with_filters_is_told_what_to_pass(void **state)
{
    (void)state;
    nic.supports_filter = true;
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_int_equal(nic.filter, 0x1c); /* directed, broadcast, multicast */
}

static void test_adapter_that_fails_while_it_is_set_up_is_not_attached(void **state)
{
    static const uint8_t requests[] = {9, 11, 0x43}; /* configuration, interface, filter */

    for (unsigned i = 0; i < sizeof requests; i++) {
        set_up_not_started(state);
        nic.usb.deaf_to = requests[i];
        assert_int_equal(sim_usb_bus_start(&bus), ERROR_IO);
        assert_false(ethernet_cdc_ecm_is_attached(&bus.ecm));
    }
}

static void test_impossible_mac_addresses_are_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "52540012345",
                                        "5254001234567",
                                        "52540012345g",
                                        "52:54:00:12:3",
                                        "000000000000",
                                        "010000000001",
                                        "FFFFFFFFFFFF",
                                        "5254001234 6"};

    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        set_up_not_started(state);
        nic.strings[1] = wrong[i];
        assert_int_equal(sim_usb_bus_start(&bus), ERROR_CORRUPT);
        assert_false(ethernet_cdc_ecm_is_attached(&bus.ecm));
    }
}

static void test_mac_address_may_be_in_either_case(void **state)
{
    (void)state;
    nic.strings[1] = "5a5B5c5D5e5F";
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_memory_equal(device->mac, "\x5a\x5b\x5c\x5d\x5e\x5f", 6);
}

static void test_missing_mac_string_is_refused(void **state)
{
    (void)state;
    nic.configuration[9 + 9 + 5 + 5 + 3] = 0;
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_ABSENT);
    set_up_not_started(state);
    nic.configuration[9 + 9 + 5 + 5 + 3] = 77;
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_STALLED);
}

static void test_adapter_without_its_functional_descriptors_is_not_ours(void **state)
{
    (void)state;
    nic.configuration[9 + 9 + 5 + 2] = 0x77; /* no union */
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_ABSENT);
    set_up_not_started(state);
    nic.configuration[9 + 9 + 5 + 5 + 2] = 0x77; /* no Ethernet */
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_ABSENT);
}

static void test_union_that_names_no_data_interface_is_not_ours(void **state)
{
    (void)state;
    nic.configuration[9 + 9 + 5 + 4] = 9;
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_ABSENT);
}

static void test_impossible_bulk_packet_size_is_not_ours(void **state)
{
    static const uint16_t wrong[] = {4, 63, 65, 513, 1024};

    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        set_up_not_started(state);
        bytes_put_le16(nic.configuration + bytes_le16(nic.configuration + 2) - 3, wrong[i]);
        assert_int_equal(sim_usb_bus_start(&bus), ERROR_ABSENT);
    }
}

/* ---- receiving ---- */

static void test_frames_of_impossible_length_are_counted_and_passed_over(void **state)
{
    static const unsigned wrong[] = {0, 1, 13, 1515, 2047};

    (void)state;
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        sim_usb_nic_deliver(&nic, bytes, wrong[i]);
        sim_usb_nic_deliver(&nic, bytes, 100);
        assert_int_equal(next_frame(), 100);
        assert_int_equal(device->statistics.receive_errors, i + 1);
    }
    assert_int_equal(device->statistics.frames_received, 5);
}

static void test_frame_longer_than_the_buffer_does_not_end_reception(void **state)
{
    (void)state;
    sim_usb_nic_deliver(&nic, bytes, 2048 + 700);
    sim_usb_nic_deliver(&nic, bytes, 100);
    while (next_frame() != 100)
        assert_true(device->statistics.receive_errors < 5);
    assert_true(device->statistics.receive_errors >= 1);
}

static void test_lost_packets_are_tried_again(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        sim_usb_nic_deliver(&nic, bytes, 700 + i);
        nic.usb.lose_packets = 2;
        assert_int_equal(next_frame(), 700 + i);
    }
    assert_int_equal(device->statistics.receive_errors, 0);
}

static void test_halted_reception_goes_on_after_update_link(void **state)
{
    (void)state;
    sim_usb_nic_deliver(&nic, bytes, 99); /* the toggle is DATA1 now */
    assert_int_equal(next_frame(), 99);
    nic.usb.halted_in = 1 << 2;
    sim_usb_nic_deliver(&nic, bytes, 100);
    assert_int_equal(next_frame(), 0);
    assert_int_equal(device->statistics.receive_errors, 1);
    assert_int_equal(device->update_link(device), 0);
    assert_int_equal(next_frame(), 100);
}

static void test_update_link_waits_no_longer_than_it_may(void **state)
{
    uint64_t before_us;

    (void)state;
    nic.usb.halted_in = 1 << 2;
    assert_int_equal(next_frame(), 0);
    nic.usb.busy = true;
    before_us = clock_now_us();
    assert_int_equal(device->update_link(device), ERROR_TIMEOUT);
    assert_true(clock_now_us() - before_us <= 10000);
    nic.usb.busy = false;
    sim_usb_nic_deliver(&nic, bytes, 100);
    assert_int_equal(device->update_link(device), 0);
    assert_int_equal(next_frame(), 100);
}

static void test_babbling_adapter_does_not_end_reception(void **state)
{
    (void)state;
    nic.usb.babbling = 1 << 2;
    sim_usb_nic_deliver(&nic, bytes, 100);
    assert_int_equal(next_frame(), 100);
    assert_int_equal(device->statistics.receive_errors, 1);
}

static void test_adapter_that_fails_for_ever_is_declared_gone(void **state)
{
    const uint8_t *frame;
    int status = 0;

    (void)state;
    nic.usb.silent = true;
    for (unsigned i = 0; i < 100 && status == 0; i++) {
        sim_usb_bus_run(100);
        status = device->receive(device, &frame);
    }
    assert_int_equal(status, ERROR_IO);
    assert_false(device->link_is_up(device));
    assert_int_equal(device->send(device, 60), ERROR_IO);
    assert_int_equal(device->update_link(device), ERROR_IO);
    assert_int_equal(device->stop(device), 0);
}

static void test_frame_between_failures_keeps_the_adapter(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        for (unsigned k = 0; k < 7; k++) {
            sim_usb_nic_deliver(&nic, bytes, 5);
        }
        sim_usb_nic_deliver(&nic, bytes, 100);
        assert_int_equal(next_frame(), 100);
    }
    assert_int_equal(device->statistics.receive_errors, 35);
    assert_true(device->link_is_up(device));
}

static void test_stopped_adapter_leaves_its_buffers_alone(void **state)
{
    (void)state;
    assert_int_equal(device->stop(device), 0);
    assert_false(sim_dwc2_is_quiet(&bus.dwc2)); /* the controller still runs, ... */
    dma_clean(bus.ecm.receive_buffer, sizeof bus.ecm.receive_buffer);
    sim_usb_nic_deliver(&nic, bytes, 100); /* ... but the model would stop a write here */
    sim_usb_bus_run(5000);
    assert_int_equal(nic.queue_count, 1);
    assert_int_equal(bus.host.host.stop(&bus.host.host), 0);
    assert_true(sim_dwc2_is_quiet(&bus.dwc2));
}

static void test_unplugged_adapter_is_gone(void **state)
{
    const uint8_t *frame;

    (void)state;
    sim_dwc2_unplug(&bus.dwc2);
    sim_usb_bus_run(1000);
    assert_int_equal(device->update_link(device), ERROR_IO);
    assert_int_equal(device->receive(device, &frame), ERROR_IO);
    assert_int_equal(device->send(device, 60), ERROR_IO);
    assert_false(device->link_is_up(device));
    assert_int_equal(device->stop(device), 0);
    assert_int_equal(bus.host.host.stop(&bus.host.host), 0);
    assert_true(sim_dwc2_is_quiet(&bus.dwc2));
}

static void test_adapter_on_a_port_that_was_disabled_is_gone_and_comes_back(void **state)
{
    const uint8_t *frame;

    (void)state;
    sim_dwc2_disable_port(&bus.dwc2);
    sim_usb_bus_run(1000);
    assert_int_equal(device->receive(device, &frame), 0); /* submits once more, in vain */
    assert_int_equal(device->update_link(device), ERROR_IO);
    assert_int_equal(device->receive(device, &frame), ERROR_IO);
    assert_int_equal(device->send(device, 60), ERROR_IO);
    assert_false(device->link_is_up(device));
    assert_int_equal(device->stop(device), 0);
    assert_int_equal(bus.host.host.stop(&bus.host.host), 0);
    assert_true(sim_dwc2_is_quiet(&bus.dwc2));
    ethernet_cdc_ecm_init(&bus.ecm);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    sim_usb_nic_deliver(&nic, bytes, 100);
    assert_int_equal(next_frame(), 100);
}

/* ---- sending ---- */

static void test_failed_send_is_counted_and_the_next_one_works(void **state)
{
    (void)state;
    assert_non_null(device->send_buffer(device));
    nic.usb.lose_packets = 6; /* three for the send, whatever the receiver takes */
    assert_int_equal(device->send(device, 60), 0);
    sim_usb_bus_run(5000);
    nic.usb.lose_packets = 0;
    assert_int_equal(device->statistics.send_errors, 1);
    assert_non_null(device->send_buffer(device));
    assert_int_equal(device->send(device, 61), 0);
    sim_usb_bus_run(5000);
    assert_int_equal(nic.sent_length, 61);
    assert_int_equal(device->statistics.frames_sent, 1);
}

static void test_halted_sending_goes_on_after_update_link(void **state)
{
    (void)state;
    device->send_buffer(device);
    assert_int_equal(device->send(device, 99), 0);
    sim_usb_bus_run(1000);
    nic.usb.halted_out = 1 << 2;
    assert_int_equal(device->send(device, 100), 0);
    sim_usb_bus_run(1000);
    assert_int_equal(device->statistics.send_errors, 1);
    assert_int_equal(device->update_link(device), 0);
    assert_int_equal(device->send(device, 101), 0);
    sim_usb_bus_run(1000);
    assert_int_equal(nic.sent_length, 101);
}

static void test_whole_packets_are_followed_by_an_empty_one(void **state)
{
    (void)state;
    /* The model ends no frame without a short packet. */
    for (unsigned length = nic.packet; length <= 1514; length += nic.packet) {
        device->send_buffer(device);
        assert_int_equal(device->send(device, length), 0);
        sim_usb_bus_run(2000);
        assert_int_equal(nic.sent_length, length);
        sim_usb_nic_deliver(&nic, bytes, length);
        assert_int_equal(next_frame(), length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define OFF(name)  cmocka_unit_test_setup(name, set_up_not_started)
#define ON(name)   cmocka_unit_test_setup(name, set_up)
#define QEMU(name) {#name "_on_qemu", name, set_up_qemu, NULL, NULL}
        OFF(test_adapter_without_filters_is_taken),
        OFF(test_adapter_with_filters_is_told_what_to_pass),
        OFF(test_adapter_that_fails_while_it_is_set_up_is_not_attached),
        OFF(test_impossible_mac_addresses_are_refused),
        OFF(test_mac_address_may_be_in_either_case),
        OFF(test_missing_mac_string_is_refused),
        OFF(test_adapter_without_its_functional_descriptors_is_not_ours),
        OFF(test_union_that_names_no_data_interface_is_not_ours),
        OFF(test_impossible_bulk_packet_size_is_not_ours),
        ON(test_frames_of_impossible_length_are_counted_and_passed_over),
        QEMU(test_frames_of_impossible_length_are_counted_and_passed_over),
        ON(test_frame_longer_than_the_buffer_does_not_end_reception),
        QEMU(test_frame_longer_than_the_buffer_does_not_end_reception),
        ON(test_lost_packets_are_tried_again),
        ON(test_halted_reception_goes_on_after_update_link),
        QEMU(test_halted_reception_goes_on_after_update_link),
        ON(test_update_link_waits_no_longer_than_it_may),
        QEMU(test_update_link_waits_no_longer_than_it_may),
        ON(test_babbling_adapter_does_not_end_reception),
        QEMU(test_babbling_adapter_does_not_end_reception),
        ON(test_adapter_that_fails_for_ever_is_declared_gone),
        ON(test_frame_between_failures_keeps_the_adapter),
        ON(test_stopped_adapter_leaves_its_buffers_alone),
        QEMU(test_stopped_adapter_leaves_its_buffers_alone),
        ON(test_unplugged_adapter_is_gone),
        ON(test_adapter_on_a_port_that_was_disabled_is_gone_and_comes_back),
        ON(test_failed_send_is_counted_and_the_next_one_works),
        ON(test_halted_sending_goes_on_after_update_link),
        QEMU(test_halted_sending_goes_on_after_update_link),
        ON(test_whole_packets_are_followed_by_an_empty_one),
        QEMU(test_whole_packets_are_followed_by_an_empty_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
