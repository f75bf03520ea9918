/*
 * usb_transfers_bench: the DWC2 driver against a strict model of the controller, as the board has
 * it and as QEMU models it. The model stops the test at a wrong DATA toggle, at DMA to memory that
 * is the CPU's, at a start of a channel that runs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef USB_TRANSFERS_BENCH_H
#define USB_TRANSFERS_BENCH_H

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
static struct usb_transfer *done_order[64];
static DMA_ALIGNED uint8_t memory[4][1 << 16];

static inline void count_done(struct usb_transfer *transfer)
{
    done_order[done_calls++ % 64] = transfer;
}

static inline void start_afresh(bool qemu)
{
    sim_usb_peer_init(&peer, qemu);
    assert_int_equal(sim_usb_peer_bring_up(&peer), 0);
    done_calls = 0;
    for (unsigned i = 0; i < sizeof memory[0]; i++)
        memory[0][i] = (uint8_t)(i * 7 + i / 251);
}

static inline int set_up_board(void **state)
{
    (void)state;
    start_afresh(false);
    return 0;
}

static inline int set_up_qemu(void **state)
{
    (void)state;
    start_afresh(true);
    return 0;
}

static inline struct usb_transfer transfer_of(struct usb_endpoint *endpoint, void *buffer,
                                              uint32_t length)
{
    return (struct usb_transfer){
        .endpoint = endpoint, .buffer = buffer, .length = length, .done = count_done};
}

static inline int finish(struct usb_transfer *transfer)
{
    uint64_t deadline_us = clock_now_us() + 1000000;

    while (transfer->status == ERROR_BUSY && !clock_passed(deadline_us)) {
        clock_wait_until(deadline_us);
        irq_dispatch();
    }
    return transfer->status;
}

static inline void run(uint32_t duration_us)
{
    uint64_t end_us = clock_now_us() + duration_us;

    while (!clock_passed(end_us)) {
        clock_wait_until(end_us);
        irq_dispatch();
    }
}

#define BOARD(name) cmocka_unit_test_setup(name, set_up_board)
#define QEMU(name)                                                                                 \
    {                                                                                              \
#name "_on_qemu", name, set_up_qemu, NULL, NULL                                            \
    }
#define BOTH(name) BOARD(name), QEMU(name)

#endif
