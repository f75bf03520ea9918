/*
 * tftp_transfer_bench: a file on a simulated server, and whether it has arrived whole.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TFTP_TRANSFER_BENCH_H
#define TFTP_TRANSFER_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "boot_source.h"
#include "error.h"
#include "sim_tftp_server.h"

#define ALL       (TFTP_BLKSIZE | TFTP_TSIZE | TFTP_TIMEOUT | TFTP_WINDOWSIZE)
#define FILE_MAX  (1024 * 1024 + 4096)
#define GUARD     4096
#define START_US  1000000
#define SECOND_US 1000000

/* A sink that keeps what it is shown, to compare with what was written. */
struct recorder {
    struct boot_sink sink;
    uint8_t bytes[FILE_MAX];
    size_t length;
    unsigned restarts;
};

static uint8_t file[FILE_MAX];
static uint8_t memory[GUARD + FILE_MAX + GUARD];
static struct recorder recorder;
static struct sim_tftp sim;
static struct tftp_client client;
static struct tftp_request request;

static inline void restart(struct boot_sink *self)
{
    struct recorder *kept = (struct recorder *)self;

    kept->length = 0;
    kept->restarts++;
}

static inline void update(struct boot_sink *self, const void *bytes, size_t length)
{
    struct recorder *kept = (struct recorder *)self;

    assert_true(length > 0 && length <= sizeof kept->bytes - kept->length);
    memcpy(kept->bytes + kept->length, bytes, length);
    kept->length += length;
}

static inline int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof file; i++)
        file[i] = (uint8_t)(i * 2654435761u >> 13 ^ i >> 9);
    memset(memory, 0xa5, sizeof memory);
    memset(&sim, 0, sizeof sim);
    sim.file = file;
    sim.length = 300000;
    sim.options = ALL;
    sim.now_us = START_US;
    recorder.sink = (struct boot_sink){restart, update};
    recorder.length = recorder.restarts = 0;
    request = (struct tftp_request){.file = "dns.elf",
                                    .buffer = memory + GUARD,
                                    .capacity = FILE_MAX,
                                    .sink = &recorder.sink,
                                    .patience_us = 120 * SECOND_US};
    return 0;
}

static inline void assert_guards_untouched(void)
{
    for (size_t i = 0; i < GUARD; i++) {
        assert_int_equal(memory[i], 0xa5);
        assert_int_equal(memory[GUARD + request.capacity + i], 0xa5);
    }
}

/* The file is there, whole; the sink saw the same; nothing beside the buffer changed. */
static inline void assert_fetched(void)
{
    int64_t result = sim_tftp_run(&sim, &client, &request);

    if (result < 0)
        print_message("result %d: %s\n", (int)result, client.message);
    assert_int_equal(result, sim.length);
    if (sim.repeats == 0)
        assert_memory_equal(request.buffer, file, sim.length);
    for (size_t i = 0; i < sim.length; i++) {
        if (request.buffer[i] != sim.file[sim.repeats ? i % sim.repeats : i])
            fail_msg("byte %zu is wrong", i);
    }
    assert_int_equal(recorder.length, sim.length);
    assert_memory_equal(recorder.bytes, request.buffer, sim.length);
    assert_guards_untouched();
}

#endif
