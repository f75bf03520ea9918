/*
 * The DWC2 driver: transfers that are ended early by cancel, stop, unplugging or the next
 * program's start, against a strict model of the controller, which watches that nothing
 * writes to memory or moves a toggle afterwards.
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
#include "irq.h"
#include "sim_usb_peer.h"

static struct sim_usb_peer peer;
static struct usb_host *const host = &peer.driver.host;
static unsigned done_calls;
static DMA_ALIGNED uint8_t memory[4][1 << 16];

static void count_done(struct usb_transfer *transfer)
{
    (void)transfer;
    done_calls++;
}

static void start_afresh(bool qemu)
{
    sim_usb_peer_init(&peer, qemu);
    assert_int_equal(sim_usb_peer_bring_up(&peer), 0);
    done_calls = 0;
    for (unsigned i = 0; i < sizeof memory[0]; i++)
        memory[0][i] = (uint8_t)(i * 7 + i / 251);
}

static int set_up_board(void **state)
{
    (void)state;
    start_afresh(false);
    return 0;
}

static int set_up_qemu(void **state)
{
    (void)state;
    start_afresh(true);
    return 0;
}

static struct usb_transfer transfer_of(struct usb_endpoint *endpoint, void *buffer, uint32_t length)
{
    return (struct usb_transfer){
        .endpoint = endpoint, .buffer = buffer, .length = length, .done = count_done};
}

static int finish(struct usb_transfer *transfer)
{
    uint64_t deadline_us = clock_now_us() + 1000000;

    while (transfer->status == ERROR_BUSY && !clock_passed(deadline_us)) {
        clock_wait_until(deadline_us);
        irq_dispatch();
    }
    return transfer->status;
}

static void test_cancelled_transfer_leaves_memory_alone_and_toggles_right(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.in_1, memory[1], 2048);

    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(host->submit(host, &transfer), 0);
        clock_wait_until(clock_now_us() + 777);
        irq_dispatch();
        assert_int_equal(host->cancel(host, &transfer), 0);
        assert_int_equal(transfer.status, ERROR_CANCELLED);
        dma_clean(memory[1], 2048); /* the CPU's again: the model stops a late write */
        sim_usb_peer_give(&peer, memory[0], 100);
        clock_delay_us(2000);
        irq_dispatch();
        assert_int_equal(peer.in_at, 0);
        assert_int_equal(host->submit(host, &transfer), 0);
        assert_int_equal(finish(&transfer), 0);
        assert_int_equal(transfer.actual, 100);
    }
    assert_int_equal(done_calls, 10); /* never for a cancelled one */
}

static void test_transfer_cancelled_half_way_keeps_the_toggle(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.in_1, memory[1], 2048);

    (void)state;
    sim_usb_peer_give(&peer, memory[0], 512); /* one whole packet, then NAK: no end */
    peer.in_ends_short = false;
    assert_int_equal(host->submit(host, &transfer), 0);
    clock_delay_us(1000);
    assert_int_equal(host->cancel(host, &transfer), 0);
    assert_int_equal(transfer.actual, 512);
    assert_int_equal(peer.in_1.toggle, 1);
    sim_usb_peer_give(&peer, memory[0], 10);
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(finish(&transfer), 0);
}

static void test_transfer_that_ended_unseen_can_be_cancelled(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.in_1, memory[1], 2048);

    (void)state;
    sim_usb_peer_give(&peer, memory[0], 10);
    assert_int_equal(host->submit(host, &transfer), 0);
    clock_delay_us(1000); /* it has ended, and nobody dispatched */
    assert_int_equal(host->cancel(host, &transfer), 0);
    assert_int_equal(transfer.status, ERROR_CANCELLED);
    sim_usb_peer_give(&peer, memory[0], 20);
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(finish(&transfer), 0);
    assert_int_equal(transfer.actual, 20);
}

static void test_cancel_of_a_waiting_transfer_and_of_an_ended_one(void **state)
{
    struct usb_transfer first = transfer_of(&peer.in_1, memory[1], 2048);
    struct usb_transfer second = transfer_of(&peer.in_1, memory[2], 2048);
    struct usb_transfer third = transfer_of(&peer.in_1, memory[3], 2048);

    (void)state;
    assert_int_equal(host->submit(host, &first), 0);
    assert_int_equal(host->submit(host, &second), 0);
    assert_int_equal(host->submit(host, &third), 0);
    assert_int_equal(host->cancel(host, &second), 0);
    assert_int_equal(second.status, ERROR_CANCELLED);
    assert_int_equal(host->cancel(host, &first), 0); /* third moves up */
    sim_usb_peer_give(&peer, memory[0], 10);
    assert_int_equal(finish(&third), 0);
    assert_int_equal(host->cancel(host, &third), 0);
    assert_int_equal(third.status, 0);
    assert_int_equal(done_calls, 1);
}

/* What was counted is kept, what was not is still to come, and nothing is written later. */
static void test_queue_is_cancelled_in_the_middle_of_a_stream(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        struct usb_transfer first = transfer_of(&peer.in_1, memory[1], 16384);
        struct usb_transfer second = transfer_of(&peer.in_1, memory[2], 16384);
        bool head_goes_first = i % 2;
        unsigned at;

        sim_usb_peer_give(&peer, memory[0], 60000);
        assert_int_equal(host->submit(host, &first), 0);
        assert_int_equal(host->submit(host, &second), 0);
        clock_delay_us(i * 7); /* the first is over after 320 us, unseen */
        assert_int_equal(host->cancel(host, head_goes_first ? &first : &second), 0);
        assert_int_equal(host->cancel(host, head_goes_first ? &second : &first), 0);
        assert_int_equal(first.actual + second.actual, peer.in_at);
        if (!head_goes_first)
            assert_int_equal(second.actual, 0);
        assert_memory_equal(memory[1], memory[0], first.actual);
        assert_memory_equal(memory[2], memory[0] + first.actual, second.actual);
        dma_clean(memory[1], 16384); /* the CPU's again: the model stops a late write */
        dma_clean(memory[2], 16384);
        at = peer.in_at;
        clock_delay_us(2000);
        irq_dispatch();
        assert_int_equal(peer.in_at, at);
        assert_int_equal(host->submit(host, &first), 0);
        assert_int_equal(finish(&first), 0);
        assert_memory_equal(memory[1], memory[0] + at, 16384);
        assert_int_equal(done_calls, i + 1);
    }
}

/* The answer of a device that is another process comes late; QEMU cannot be told to forget it. */
static void test_request_that_is_in_flight_on_qemu_is_waited_for(void **state)
{
    uint8_t bytes[4];

    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        peer.dwc2.answers_after_us = 100500 + i * 10000; /* the request has 100 ms */
        assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, i, 4, bytes, 4), ERROR_TIMEOUT);
        assert_int_equal(sim_usb_peer_control(&peer, 0x40, 7, 0, 0, NULL, 0), ERROR_TIMEOUT);
        peer.dwc2.answers_after_us = 5000;
        assert_int_equal(sim_usb_peer_control(&peer, 0xc0, 1, i, 4, bytes, 4), 4);
        assert_int_equal(bytes[3], 3 + i);
    }
}

static void test_packet_that_is_in_flight_on_qemu_is_waited_for(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.out_1, memory[0], 1500);

    (void)state;
    peer.dwc2.answers_after_us = 3000;
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(host->submit(host, &transfer), 0);
        clock_delay_us(i * 700);
        irq_dispatch();
        assert_int_equal(host->cancel(host, &transfer), 0);
        assert_int_equal(host->submit(host, &transfer), 0);
        peer.out_length = 0;
        assert_int_equal(finish(&transfer), 0);
        assert_int_equal(peer.out_length, 1500);
    }
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(host->stop(host), 0);
}

static void test_cancel_times_out_when_the_channel_never_halts(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.in_1, memory[1], 2048);
    uint64_t before_us;

    (void)state;
    assert_int_equal(host->submit(host, &transfer), 0);
    peer.dwc2.never_halts = true;
    before_us = clock_now_us();
    assert_int_equal(host->cancel(host, &transfer), ERROR_TIMEOUT);
    assert_true(clock_now_us() - before_us < 10000);
    assert_int_equal(host->stop(host), ERROR_TIMEOUT);
}

static void test_stop_leaves_no_dma_and_no_interrupt(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.in_1, memory[1], 2048);
    struct usb_transfer waiting = transfer_of(&peer.in_1, memory[2], 2048);

    (void)state;
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(host->submit(host, &waiting), 0);
    clock_delay_us(1000);
    assert_int_equal(host->stop(host), 0);
    assert_true(sim_dwc2_is_quiet(&peer.dwc2));
    assert_int_equal(transfer.status, ERROR_CANCELLED);
    assert_int_equal(waiting.status, ERROR_CANCELLED);
    assert_int_equal(done_calls, 0);
    dma_clean(memory[1], 2048);
    sim_usb_peer_give(&peer, memory[0], 100);
    clock_delay_us(10000);
    assert_int_equal(peer.in_at, 0);
    sim_irq_set(SIM_USB_PEER_IRQ, true); /* whoever raises the line now: it is not ours any more */
    assert_false(irq_dispatch());
}

static void test_start_quiets_a_controller_that_was_left_running(void **state)
{
    static struct usb_host_dwc2 next;
    struct usb_transfer transfer = transfer_of(&peer.in_1, memory[1], 2048);
    enum usb_speed speed;

    (void)state;
    assert_int_equal(host->submit(host, &transfer), 0);
    clock_delay_us(1000);
    usb_host_dwc2_init(&next, peer.driver.base,
                       SIM_USB_PEER_IRQ); /* another program's driver: knows nothing */
    assert_int_equal(usb_host_dwc2_start(&next), 0);
    clock_delay_us(10000);
    assert_int_equal(next.host.port_reset(&next.host, &speed), 0); /* the model watches */
}

static void test_unplugging_ends_transfers_with_an_error(void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.in_1, memory[1], 2048);
    struct usb_transfer waiting = transfer_of(&peer.in_1, memory[2], 2048);

    (void)state;
    assert_int_equal(host->submit(host, &transfer), 0);
    assert_int_equal(host->submit(host, &waiting), 0);
    clock_delay_us(1000);
    sim_dwc2_unplug(&peer.dwc2);
    assert_int_equal(finish(&transfer), ERROR_IO);
    assert_int_equal(waiting.status, ERROR_IO);
    assert_int_equal(done_calls, 2);
    assert_false(host->port_is_connected(host));
    assert_int_equal(host->stop(host), 0);
}

static void test_port_that_the_controller_disabled_is_not_connected_until_its_next_reset(
    void **state)
{
    struct usb_transfer transfer = transfer_of(&peer.in_1, memory[1], 2048);
    enum usb_speed speed;

    (void)state;
    assert_true(host->port_is_connected(host));
    assert_int_equal(host->submit(host, &transfer), 0);
    clock_delay_us(1000);
    sim_dwc2_disable_port(&peer.dwc2);
    assert_int_equal(finish(&transfer), ERROR_IO);
    assert_int_equal(done_calls, 1);
    assert_false(host->port_is_connected(host));
    assert_int_equal(host->port_reset(host, &speed), 0);
    assert_true(host->port_is_connected(host));
    sim_dwc2_disable_port(&peer.dwc2);
    assert_false(host->port_is_connected(host));
    /* A new start knows of no reset yet: the device is there to be found. */
    assert_int_equal(usb_host_dwc2_start(&peer.driver), 0);
    clock_delay_us(10000);
    assert_true(host->port_is_connected(host));
    assert_int_equal(host->port_reset(host, &speed), 0);
    assert_int_equal(host->stop(host), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define BOARD(name) cmocka_unit_test_setup(name, set_up_board)
#define QEMU(name)  {#name "_on_qemu", name, set_up_qemu, NULL, NULL}
#define BOTH(name)  BOARD(name), QEMU(name)
        BOTH(test_cancelled_transfer_leaves_memory_alone_and_toggles_right),
        BOARD(test_transfer_cancelled_half_way_keeps_the_toggle),
        BOTH(test_transfer_that_ended_unseen_can_be_cancelled),
        BOTH(test_cancel_of_a_waiting_transfer_and_of_an_ended_one),
        BOARD(test_queue_is_cancelled_in_the_middle_of_a_stream),
        QEMU(test_request_that_is_in_flight_on_qemu_is_waited_for),
        QEMU(test_packet_that_is_in_flight_on_qemu_is_waited_for),
        BOTH(test_cancel_times_out_when_the_channel_never_halts),
        BOTH(test_stop_leaves_no_dma_and_no_interrupt),
        BOTH(test_start_quiets_a_controller_that_was_left_running),
        BOTH(test_unplugging_ends_transfers_with_an_error),
        BOARD(test_port_that_the_controller_disabled_is_not_connected_until_its_next_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
