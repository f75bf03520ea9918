/*
 * The CDC-ECM driver: reception from adapters that do not behave, halt, babble or are gone.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_cdc_ecm_bench.h"

#include "clock.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
