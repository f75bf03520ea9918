/*
 * boot_from_tftp_bench: the network boot source over the real network stack, on a simulated cable.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOOT_FROM_TFTP_BENCH_H
#define BOOT_FROM_TFTP_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "boot_from_tftp.h"
#include "clock.h"
#include "error.h"
#include "irq.h"
#include "sim_tftp_cable.h"

#define SERIAL   "00000000deadbeef"
#define CAPACITY 400000
#define ALL      (TFTP_BLKSIZE | TFTP_TSIZE | TFTP_TIMEOUT | TFTP_WINDOWSIZE)

static uint8_t file[300000];
static uint8_t image[CAPACITY];
static struct sim_net net;
static struct sim_tftp_cable cable;
static struct configuration configuration;
static struct boot_from_tftp from_tftp;

static uint64_t gives_up_at_us; /* when the loader has something better to do */

/* The loader's loop without the rest of the loader. */
static inline bool turn(void *context, uint64_t deadline_us)
{
    assert_ptr_equal(context, &from_tftp);
    if (clock_now_us() >= gives_up_at_us)
        return false;
    irq_dispatch();
    if (net_poll())
        return true;
    if (net_deadline_us() < deadline_us)
        deadline_us = net_deadline_us();
    if (gives_up_at_us < deadline_us)
        deadline_us = gives_up_at_us;
    clock_wait_until(deadline_us);
    return true;
}

static inline int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof file; i++)
        file[i] = (uint8_t)(i >> 7 ^ i * 13);
    memset(image, 0, sizeof image);
    sim_net_start(&net);
    sim_tftp_cable_start(&cable, &net);
    cable.tftp.file = file;
    cable.tftp.length = sizeof file;
    cable.tftp.options = ALL;
    cable.tftp.name = "dns.elf";
    net.peer.serves_dhcp = true;
    memcpy(net.peer.siaddr, net.peer.ip, 4);
    configuration_defaults(&configuration);
    gives_up_at_us = CLOCK_NEVER;
    boot_from_tftp_init(&from_tftp, &configuration, SERIAL, turn, &from_tftp);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    assert_null(from_tftp.socket);
    assert_int_equal(net.peer.bad_checksums, 0);
    sim_cancel(&cable.event);
    assert_true(sim_net_stop(&net));
    return 0;
}

static inline int64_t fetch(uint64_t timeout_us)
{
    return from_tftp.source.fetch(&from_tftp.source, image, sizeof image, NULL,
                                  clock_now_us() + timeout_us);
}

static inline void assert_fetched(const char *location)
{
    assert_int_equal(fetch(60000000), cable.tftp.length);
    assert_memory_equal(image, file, cable.tftp.length);
    assert_string_equal(from_tftp.source.location(&from_tftp.source), location);
}

static inline void assert_logged(const char *text)
{
    if (strstr(sim_log(), text) == NULL)
        fail_msg("not in the log: \"%s\"\n%s", text, sim_log());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
