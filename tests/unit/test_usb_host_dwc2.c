/*
 * The DWC2 driver: start, the root port and control transfers, against a strict model of
 * the controller, as the board has it and as QEMU models it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "error.h"
#include "sim_usb_peer.h"

static struct sim_usb_peer peer;
static struct usb_host *const host = &peer.driver.host;
static uint8_t data[2000];

static int set_up_board(void **state)
{
    (void)state;
    sim_usb_peer_init(&peer, false);
    assert_int_equal(sim_usb_peer_bring_up(&peer), 0);
    return 0;
}

static int set_up_qemu(void **state)
{
    (void)state;
    sim_usb_peer_init(&peer, true);
    assert_int_equal(sim_usb_peer_bring_up(&peer), 0);
    return 0;
}

static int set_up_off(void **state)
{
    (void)state;
    sim_usb_peer_init(&peer, false);
    return 0;
}

/* ---- start ---- */

static void test_start_refuses_another_chip(void **state)
{
    (void)state;
    peer.dwc2.is_absent = true;
    assert_int_equal(usb_host_dwc2_start(&peer.driver), ERROR_ABSENT);
}

static void test_start_refuses_a_core_without_dma(void **state)
{
    (void)state;
    peer.dwc2.has_no_dma = true;
    assert_int_equal(usb_host_dwc2_start(&peer.driver), ERROR_UNSUPPORTED);
}

static void test_start_times_out_when_the_core_stays_in_reset(void **state)
{
    uint64_t before_us = clock_now_us();

    (void)state;
    peer.dwc2.stays_in_reset = true;
    assert_int_equal(usb_host_dwc2_start(&peer.driver), ERROR_TIMEOUT);
    assert_true(clock_now_us() - before_us < 250000);
}

static void test_start_forces_host_mode_when_the_core_wakes_as_a_device(void **state)
{
    (void)state;
    peer.dwc2.starts_as_device = true;
    assert_int_equal(usb_host_dwc2_start(&peer.driver), 0);
}

/* A reset keeps which PHY it is and forgets the rest. */
static void test_start_chooses_the_phy_before_the_reset_and_forces_the_mode_after_it(void **state)
{
    const uint32_t phy = 1 << 3 | 1 << 4;

    (void)state;
    peer.dwc2.registers[0x00c / 4] = phy;
    peer.dwc2.stays_in_reset = true;
    assert_int_equal(usb_host_dwc2_start(&peer.driver), ERROR_TIMEOUT);
    assert_int_equal(peer.dwc2.registers[0x00c / 4] & phy, 0);
    peer.dwc2.stays_in_reset = false;
    assert_int_equal(usb_host_dwc2_start(&peer.driver), 0);
    assert_true(peer.dwc2.registers[0x00c / 4] & 1 << 29);
}

static void test_start_times_out_when_the_core_never_becomes_a_host(void **state)
{
    (void)state;
    peer.dwc2.stays_a_device = true;
    assert_int_equal(usb_host_dwc2_start(&peer.driver), ERROR_TIMEOUT);
}

static void test_port_reset_without_a_device_is_absent(void **state)
{
    enum usb_speed speed;

    (void)state;
    peer.dwc2.root = NULL;
    assert_int_equal(usb_host_dwc2_start(&peer.driver), 0);
    clock_delay_us(10000);
    assert_int_equal(host->port_reset(host, &speed), ERROR_ABSENT);
}

static void test_port_reset_times_out_when_the_port_is_never_enabled(void **state)
{
    enum usb_speed speed;
    uint64_t before_us;

    (void)state;
    peer.dwc2.never_enables_port = true;
    assert_int_equal(usb_host_dwc2_start(&peer.driver), 0);
    clock_delay_us(10000);
    before_us = clock_now_us();
    assert_int_equal(host->port_reset(host, &speed), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - before_us, 50000, 200000);
}

/* ---- control transfers ---- */

static void test_control_reads_across_packets(void **state)
{
    (void)state;
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 9, 200, data, 203), 200);
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(data[i], (uint8_t)(i + 9));
}

static void test_control_reads_whole_packets_followed_by_an_empty_one(void **state)
{
    (void)state;
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 128, data, 300), 128);
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 128, data, 128), 128);
}

static void test_control_writes_across_packets(void **state)
{
    (void)state;
    memset(data, 0x11, 150);
    data[149] = 0x22;
    assert_int_equal(sim_usb_peer_control(&peer, 0x40, 7, 0, 0, data, 150), 150);
    assert_memory_equal(peer.usb.data, data, 150);
}

static void test_control_reports_a_stall_and_works_again(void **state)
{
    (void)state;
    assert_int_equal(sim_usb_peer_control(&peer, 0x40, 3, 0, 0, NULL, 0), ERROR_STALLED);
    peer.usb.stall_requests = 1;
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 4, data, 4), ERROR_STALLED);
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 4, data, 4), 4);
}

static void test_control_refuses_more_data_than_its_buffer(void **state)
{
    (void)state;
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 4, data, 1025), ERROR_TOO_LARGE);
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 4, data, 1024), 4);
}

static void test_control_refuses_more_bytes_than_it_asked_for(void **state)
{
    (void)state;
    memset(data, 0, 8);
    peer.usb.answers_too_much = true;
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 1, 4, data, 4), ERROR_IO);
    assert_memory_equal(data, "\0\0\0\0\0\0\0\0", 8);
}

static void test_control_to_a_missing_device_fails_after_three_strikes(void **state)
{
    (void)state;
    peer.control_0.device_address = 77;
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 4, data, 4), ERROR_IO);
}

static void test_control_to_a_missing_device_times_out_on_the_emulator(void **state)
{
    uint64_t before_us = clock_now_us();

    (void)state;
    peer.control_0.device_address = 77;
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 4, data, 4), ERROR_TIMEOUT);
    /* Half a second more: it might be in flight to another process. */
    assert_in_range(clock_now_us() - before_us, 600000, 620000);
    peer.control_0.device_address = SIM_USB_PEER_ADDRESS;
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 4, data, 4), 4);
}

static void test_control_times_out_on_endless_nak_and_frees_its_channel(void **state)
{
    (void)state;
    peer.usb.busy = true;
    for (unsigned i = 0; i < 2 * SIM_DWC2_CHANNELS; i++)
        assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 4, data, 4), ERROR_TIMEOUT);
    peer.usb.busy = false;
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 4, data, 4), 4);
}

static void test_control_survives_two_lost_packets_but_not_three(void **state)
{
    (void)state;
    peer.usb.lose_packets = 2;
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 4, data, 4), 4);
    peer.usb.lose_packets = 3;
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 4, data, 4), ERROR_IO);
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 4, data, 4), 4);
}

static void test_control_stage_that_cannot_be_ended_blocks_until_the_next_start(void **state)
{
    uint64_t before_us;

    (void)state;
    peer.usb.busy = true;
    peer.dwc2.never_halts = true;
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 4, data, 4), ERROR_TIMEOUT);
    before_us = clock_now_us();
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 4, data, 4), ERROR_TIMEOUT);
    assert_true(clock_now_us() - before_us < 10); /* its buffers are not touched */
    peer.dwc2.never_halts = false;
    peer.usb.busy = false;
    assert_int_equal(usb_host_dwc2_start(&peer.driver), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define OFF(name)   cmocka_unit_test_setup(name, set_up_off)
#define BOARD(name) cmocka_unit_test_setup(name, set_up_board)
#define QEMU(name)  {#name "_on_qemu", name, set_up_qemu, NULL, NULL}
#define BOTH(name)  BOARD(name), QEMU(name)
        OFF(test_start_refuses_another_chip),
        OFF(test_start_refuses_a_core_without_dma),
        OFF(test_start_times_out_when_the_core_stays_in_reset),
        OFF(test_start_forces_host_mode_when_the_core_wakes_as_a_device),
        OFF(test_start_times_out_when_the_core_never_becomes_a_host),
        OFF(test_start_chooses_the_phy_before_the_reset_and_forces_the_mode_after_it),
        OFF(test_port_reset_without_a_device_is_absent),
        OFF(test_port_reset_times_out_when_the_port_is_never_enabled),
        BOTH(test_control_reads_across_packets),
        BOTH(test_control_reads_whole_packets_followed_by_an_empty_one),
        BOTH(test_control_writes_across_packets),
        BOTH(test_control_reports_a_stall_and_works_again),
        BOTH(test_control_refuses_more_data_than_its_buffer),
        BOTH(test_control_refuses_more_bytes_than_it_asked_for),
        BOARD(test_control_to_a_missing_device_fails_after_three_strikes),
        QEMU(test_control_to_a_missing_device_times_out_on_the_emulator),
        BOTH(test_control_times_out_on_endless_nak_and_frees_its_channel),
        BOTH(test_control_survives_two_lost_packets_but_not_three),
        BOTH(test_control_stage_that_cannot_be_ended_blocks_until_the_next_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
