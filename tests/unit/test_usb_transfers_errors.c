/*
 * The DWC2 driver: packets that come twice, errors, stalls and babble in bulk and interrupt
 * transfers.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "usb_transfers_bench.h"

static void test_repeated_packet_is_not_delivered_twice(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.out_1, memory[0], 1500);

    (void)state;
    peer.usb.lose_acks = 2;
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(finish(&transfer), 0);
    assert_int_equal(peer.out_length, 1500);
    assert_memory_equal(peer.out, memory[0], 1500);
}

static void test_packet_that_the_device_repeats_is_not_taken_twice(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.in_1, memory[1], 16384);

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        sim_usb_peer_give(&peer, memory[0], 5000 + i * 300);
        peer.usb.lose_in_acks = 1 + i; /* of the last, which is short, too */
        assert_int_equal(host->submit(host, &transfer), 0);
        assert_int_equal(finish(&transfer), 0);
        assert_int_equal(transfer.actual, 5000 + i * 300);
        assert_memory_equal(memory[1], memory[0], transfer.actual);
    }
}

static void test_transfer_fails_after_three_errors_in_a_row(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.out_1, memory[0], 1500);

    (void)state;
    peer.usb.lose_packets = 3;
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(finish(&transfer), ERROR_IO);
    assert_int_equal(transfer.actual, 0);
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(finish(&transfer), 0);
}

static void test_errors_are_counted_anew_for_each_packet(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.out_1, memory[0], 2500);

    (void)state;
    peer.lose_before_each = peer.usb.lose_packets = 2;
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(finish(&transfer), 0);
    assert_int_equal(peer.out_packets, 5);
}

static void test_stall_is_reported_and_ends_when_the_halt_is_cleared(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.in_1, memory[1], 512);

    (void)state;
    sim_usb_peer_give(&peer, "odd", 3); /* leaves the toggle at DATA1 */
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(finish(&transfer), 0);
    peer.usb.halted_in = 1 << 1;
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(finish(&transfer), ERROR_STALLED);
    assert_int_equal(sim_usb_peer_control(&peer, 0x02, 1, 0, 0x81, NULL, 0), 0);
    peer.in_1.toggle = 0;
    sim_usb_peer_give(&peer, "even", 4);
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(finish(&transfer), 0);
    assert_int_equal(transfer.actual, 4);
}

static void test_babble_is_an_error_and_not_tried_again(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.in_1, memory[1], 512);

    (void)state;
    peer.usb.babbling = 1 << 1;
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(finish(&transfer), ERROR_IO);
    assert_int_equal(transfer.actual, 0);
}

static void test_error_now_and_then_does_not_end_a_reception_that_waits(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.in_1, memory[1], 512);

    (void)state;
    assert_int_equal(host->submit(host, &transfer), 0);
    for (unsigned i = 0; i < 10; i++) {
        run(10000); /* of NAKs */
        peer.usb.lose_packets = 2;
    }
    assert_int_equal(transfer.status, ERROR_BUSY);
    peer.usb.lose_packets = 0;
    sim_usb_peer_give(&peer, memory[0], 60);
    assert_int_equal(finish(&transfer), 0);
    assert_int_equal(transfer.actual, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOARD(test_repeated_packet_is_not_delivered_twice),
        BOARD(test_packet_that_the_device_repeats_is_not_taken_twice),
        BOTH(test_transfer_fails_after_three_errors_in_a_row),
        BOTH(test_errors_are_counted_anew_for_each_packet),
        BOTH(test_stall_is_reported_and_ends_when_the_halt_is_cleared),
        BOTH(test_babble_is_an_error_and_not_tried_again),
        BOARD(test_error_now_and_then_does_not_end_a_reception_that_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
