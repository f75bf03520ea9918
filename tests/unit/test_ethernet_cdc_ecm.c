/*
 * The CDC-ECM driver and adapters that do not behave when they are attached or sent to. Reception:
 * test_ethernet_cdc_ecm_receive.c. What every Ethernet device must do is in
 * tests/contract/test_ethernet_device.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_cdc_ecm_bench.h"

#include "bytes.h"

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
        OFF(test_adapter_without_filters_is_taken),
        OFF(test_adapter_with_filters_is_told_what_to_pass),
        OFF(test_adapter_that_fails_while_it_is_set_up_is_not_attached),
        OFF(test_impossible_mac_addresses_are_refused),
        OFF(test_mac_address_may_be_in_either_case),
        OFF(test_missing_mac_string_is_refused),
        OFF(test_adapter_without_its_functional_descriptors_is_not_ours),
        OFF(test_union_that_names_no_data_interface_is_not_ours),
        OFF(test_impossible_bulk_packet_size_is_not_ours),
        ON(test_failed_send_is_counted_and_the_next_one_works),
        ON(test_halted_sending_goes_on_after_update_link),
        QEMU(test_halted_sending_goes_on_after_update_link),
        ON(test_whole_packets_are_followed_by_an_empty_one),
        QEMU(test_whole_packets_are_followed_by_an_empty_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
