/*
 * The DWC2 driver: bulk and interrupt transfers, their lengths, their order, and what they cost.
 * What goes wrong on the bus: test_usb_transfers_errors.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "usb_transfers_bench.h"

#include "sim_dwc2_channels.h"

static void test_submit_refuses_what_the_hardware_cannot_do(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.in_1, memory[1] + 4, 512);

    (void)state;
    assert_int_equal(host->submit(host, &transfer), ERROR_INVALID); /* alignment */
    transfer = transfer_of(&peer.in_1, memory[1], 500);
    assert_int_equal(host->submit(host, &transfer), ERROR_INVALID); /* not whole packets */
    transfer = transfer_of(&peer.in_1, memory[1], 0);
    assert_int_equal(host->submit(host, &transfer), ERROR_INVALID);
    transfer = transfer_of(&peer.in_1, memory[1], 65536);
    assert_int_equal(host->submit(host, &transfer), ERROR_INVALID);
    peer.in_1.max_packet = 64;
    transfer = transfer_of(&peer.in_1, memory[1], 512 * 64);
    assert_int_equal(host->submit(host, &transfer), ERROR_INVALID); /* 512 packets */
    transfer = transfer_of(&peer.control_0, memory[1], 64);
    assert_int_equal(host->submit(host, &transfer), ERROR_INVALID); /* type */
    assert_int_equal(done_calls, 0);
}

static void test_out_moves_every_length(void **state)
{
    (void)state;
    for (unsigned length = 0; length < 2100; length += length % 512 < 3 ? 1 : 169) {
        struct usb_transfer transfer = transfer_of(&peer.out_1, memory[0], length);

        peer.out_length = peer.out_packets = 0;
        assert_int_equal(host->submit(host, &transfer), 0);
        assert_int_equal(finish(&transfer), 0);
        assert_int_equal(transfer.actual, length);
        assert_int_equal(peer.out_length, length);
        assert_memory_equal(peer.out, memory[0], length);
        assert_int_equal(peer.out_packets, length ? (length + 511) / 512 : 1);
    }
}

static void test_out_of_whole_packets_ends_with_an_empty_one_if_asked(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.out_1, memory[0], 1024);

    (void)state;
    transfer.end_with_short = true;
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(finish(&transfer), 0);
    assert_int_equal(peer.out_packets, 3);
    assert_int_equal(peer.out_short, 1);
    assert_int_equal(transfer.actual, 1024);
    transfer.length = 1000;
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(finish(&transfer), 0);
    assert_int_equal(peer.out_packets, 5);
    transfer.length = 0; /* is the empty packet itself */
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(finish(&transfer), 0);
    assert_int_equal(peer.out_packets, 6);
    assert_int_equal(done_calls, 3);
}

static void test_in_ends_at_a_short_packet_and_at_the_end_of_its_room(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.in_1, memory[1], 2048);

    (void)state;
    for (unsigned length = 0; length < 2048; length += length % 512 < 3 ? 1 : 169) {
        sim_usb_peer_give(&peer, memory[0], length);
        memset(memory[1], 0, 2048);
        assert_int_equal(host->submit(host, &transfer), 0);
        assert_int_equal(finish(&transfer), 0);
        assert_int_equal(transfer.actual, length);
        assert_memory_equal(memory[1], memory[0], length);
    }
    sim_usb_peer_give(&peer, memory[0], 3000);
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(finish(&transfer), 0);
    assert_int_equal(transfer.actual, 2048);
}

static void test_in_buffer_that_was_only_read_is_filled_again(void **state)
{
    static const unsigned lengths[] = {60, 1514, 0, 1, 700, 2047, 64, 1024};
    struct usb_transfer transfer = transfer_of(&peer.in_1, memory[1], 2048);

    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        unsigned length = lengths[i % 8];

        sim_usb_peer_give(&peer, memory[0] + i, length);
        assert_int_equal(host->submit(host, &transfer), 0);
        assert_int_equal(finish(&transfer), 0);
        assert_int_equal(transfer.actual, length);
        assert_memory_equal(memory[1], memory[0] + i, length);
        transfer.unwritten = true;
    }
}

/* Takes 100 bytes into memory[1]. */
static void take_100(void *context)
{
    struct usb_transfer *transfer = context;

    sim_usb_peer_give(&peer, memory[0], 100);
    assert_int_equal(host->submit(host, transfer), 0);
    assert_int_equal(finish(transfer), 0);
    assert_memory_equal(memory[1], memory[0], 100);
}

static void test_in_buffer_that_was_written_must_not_be_called_unwritten(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.in_1, memory[1], 2048);

    (void)state;
    transfer.unwritten = true; /* it never was a device's */
    assert_true(sim_expect_stop(take_100, &transfer));
    start_afresh(peer.dwc2.qemu);
    transfer.unwritten = false;
    take_100(&transfer);
    memory[1][99]++;
    assert_false(sim_expect_stop(take_100, &transfer)); /* no promise, so it is invalidated */
    memory[1][99]++;
    transfer.unwritten = true;
    assert_true(sim_expect_stop(take_100, &transfer));
}

static void test_toggles_stay_right_over_thousands_of_transfers(void **state)
{
    uint32_t random = 12345;

    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        struct usb_transfer outgoing = transfer_of(&peer.out_1, memory[0], random >> 8 & 0x7ff);
        struct usb_transfer incoming = transfer_of(&peer.in_1, memory[1], 2048);
        unsigned length = random >> 20 & 0x7ff;

        random = random * 1664525 + 1013904223;
        outgoing.end_with_short = random & 1;
        sim_usb_peer_give(&peer, memory[0], length);
        if (random & 2)
            peer.usb.lose_packets = random >> 2 & 1;
        if (!peer.dwc2.qemu && (random & 0x70) == 0)
            peer.usb.lose_acks = 1;
        assert_int_equal(host->submit(host, &incoming), 0);
        assert_int_equal(host->submit(host, &outgoing), 0);
        assert_int_equal(finish(&outgoing), 0);
        assert_int_equal(finish(&incoming), 0);
        assert_int_equal(incoming.actual, length);
        peer.out_length = 0;
    }
    assert_int_equal(done_calls, 10000);
}

static void test_interrupt_endpoint_is_polled_through_nak_and_missed_frames(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.in_2, memory[1], 16);

    (void)state;
    peer.dwc2.overruns = 5;
    assert_int_equal(host->submit(host, &transfer), 0);
    for (unsigned i = 0; i < 20; i++) {
        clock_wait_until(clock_now_us() + 1000);
        irq_dispatch();
    }
    assert_int_equal(transfer.status, ERROR_BUSY);
    peer.notifications = 1;
    assert_int_equal(finish(&transfer), 0);
    assert_int_equal(transfer.actual, 1);
    assert_int_equal(memory[1][0], 0x5a);
}

static void test_interrupt_endpoint_is_asked_once_where_that_is_wanted(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.in_2, memory[1], 16);

    (void)state;
    transfer.ends_on_nak = true;
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(host->submit(host, &transfer), 0);
        assert_int_equal(finish(&transfer), 0);
        assert_int_equal(transfer.actual, 0);
        assert_int_equal(done_calls, 2 * i + 1);
        /* Nothing goes on by itself: no interrupt in each microframe. */
        run(10000);
        assert_int_equal(done_calls, 2 * i + 1);
        peer.notifications = 1;
        assert_int_equal(host->submit(host, &transfer), 0);
        assert_int_equal(finish(&transfer), 0);
        assert_int_equal(transfer.actual, 1);
        assert_int_equal(memory[1][0], 0x5a);
    }
    peer.dwc2.overruns = 1; /* the frame was missed, so nobody was asked: there is a next time */
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(finish(&transfer), 0);
    assert_int_equal(transfer.actual, 0);
}

static void test_transfers_of_one_endpoint_run_in_order(void **state)
{
    struct usb_transfer transfers[3];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        transfers[i] = transfer_of(&peer.in_1, memory[1 + i], 16384);
        assert_int_equal(host->submit(host, &transfers[i]), 0);
    }
    sim_usb_peer_give(&peer, memory[0], 40000);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(finish(&transfers[i]), 0);
    assert_int_equal(transfers[0].actual, 16384);
    assert_int_equal(transfers[2].actual, 40000 - 2 * 16384);
    assert_memory_equal(memory[2], memory[0] + 16384, 16384);
    assert_memory_equal(memory[3], memory[0] + 32768, transfers[2].actual);
    for (unsigned i = 0; i < 3; i++)
        assert_ptr_equal(done_order[i], &transfers[i]);
}

static bool next_was_under_way;

static void see_whether_the_next_is_under_way(struct usb_transfer *transfer)
{
    count_done(transfer);
    next_was_under_way = sim_dwc2_channel_runs(&peer.dwc2);
}

/* Nobody's time but the interrupt's is between two transfers that are queued. */
static void test_next_transfer_runs_before_the_first_is_looked_at(void **state)
{
    struct usb_transfer first = transfer_of(&peer.in_1, memory[1], 16384);
    struct usb_transfer second = transfer_of(&peer.in_1, memory[2], 16384);

    (void)state;
    first.done = see_whether_the_next_is_under_way;
    sim_usb_peer_give(&peer, memory[0], 40000);
    assert_int_equal(host->submit(host, &first), 0);
    assert_int_equal(host->submit(host, &second), 0);
    assert_int_equal(finish(&first), 0);
    assert_true(next_was_under_way);
    assert_memory_equal(memory[1], memory[0], 16384);
    assert_int_equal(finish(&second), 0);
}

static void test_submit_is_busy_when_all_channels_are(void **state)
{
    struct usb_endpoint endpoints[SIM_DWC2_CHANNELS + 1];
    struct usb_transfer transfers[SIM_DWC2_CHANNELS + 1];

    (void)state;
    for (unsigned i = 0; i <= SIM_DWC2_CHANNELS; i++) {
        endpoints[i] = peer.in_1;
        transfers[i] = transfer_of(&endpoints[i], memory[1] + i * 2048, 2048);
        assert_int_equal(host->submit(host, &transfers[i]), i < SIM_DWC2_CHANNELS ? 0 : ERROR_BUSY);
    }
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 4, memory[3], 4), ERROR_BUSY);
    assert_int_equal(host->cancel(host, &transfers[0]), 0);
    assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, 0, 4, memory[3], 4), 4);
    assert_int_equal(host->stop(host), 0);
}

static void test_frame_on_the_emulator_costs_few_register_accesses(void **state)
{
    struct usb_transfer transfer;
    uint64_t before;

    (void)state;
    peer.out_1.max_packet = 64;
    peer.out_length = 0;
    transfer = transfer_of(&peer.out_1, memory[0], 1454);
    before = sim_mmio_count();
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(transfer.status, 0); /* over when submit returns */
    assert_int_equal(sim_mmio_count() - before, 1 + 23 * 4);

    /* Several frames behind each other in high-speed packets cost no more than one packet. */
    peer.out_1.max_packet = 512;
    peer.out_1.controller = 0;
    peer.out_length = 0;
    transfer = transfer_of(&peer.out_1, memory[0], 7000);
    before = sim_mmio_count();
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(transfer.status, 0);
    assert_int_equal(sim_mmio_count() - before, 1 + 4);
    assert_int_equal(peer.out_length, 7000);
    assert_memory_equal(peer.out, memory[0], 7000);

    transfer = transfer_of(&peer.in_1, memory[1], 2048);
    assert_int_equal(host->submit(host, &transfer), 0);
    sim_usb_peer_give(&peer, memory[0], 60);
    clock_delay_us(1000);
    before = sim_mmio_count();
    irq_dispatch();
    assert_int_equal(transfer.status, 0);
    assert_int_equal(sim_mmio_count() - before, 4);
    before = sim_mmio_count();
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(sim_mmio_count() - before, 3);
    assert_int_equal(host->cancel(host, &transfer), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_submit_refuses_what_the_hardware_cannot_do),
        BOTH(test_out_moves_every_length),
        BOTH(test_out_of_whole_packets_ends_with_an_empty_one_if_asked),
        BOTH(test_in_ends_at_a_short_packet_and_at_the_end_of_its_room),
        BOTH(test_in_buffer_that_was_only_read_is_filled_again),
        BOTH(test_in_buffer_that_was_written_must_not_be_called_unwritten),
        BOTH(test_toggles_stay_right_over_thousands_of_transfers),
        BOTH(test_interrupt_endpoint_is_polled_through_nak_and_missed_frames),
        BOTH(test_interrupt_endpoint_is_asked_once_where_that_is_wanted),
        BOTH(test_transfers_of_one_endpoint_run_in_order),
        BOARD(test_next_transfer_runs_before_the_first_is_looked_at),
        BOTH(test_submit_is_busy_when_all_channels_are),
        QEMU(test_frame_on_the_emulator_costs_few_register_accesses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
