/*
 * properties: see properties.h; and the check that its buffer does not disturb its neighbours.
 *
 * Reference: the wiki of raspberrypi/firmware, "Mailbox property interface".
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "properties.h"

#include <string.h>

#include "self_test.h"

#include "clock.h"
#include "dma.h"
#include "memory_map.h"
#include "mmio.h"
#include "self_test_pattern.h"

#define READ         (MAILBOX + 0x00)
#define READ_STATUS  (MAILBOX + 0x18)
#define EMPTY        0x40000000u
#define WRITE        (MAILBOX + 0x20)
#define WRITE_STATUS (MAILBOX + 0x38)
#define FULL         0x80000000u
#define CHANNEL      8u
#define ANSWERED     0x80000000u
#define ANSWER_US    100000

int property_ask_in(uint32_t *message, enum property property, uint32_t values[2],
                    void (*meanwhile)(void *context), void *context)
{
    uint32_t address = dma_bus_address(message) | CHANNEL;
    uint64_t end_us = clock_now_us() + ANSWER_US;

    memset(message, 0, PROPERTY_WORDS * sizeof *message);
    message[0] = PROPERTY_WORDS * sizeof *message;
    message[2] = property;
    message[3] = 2 * sizeof *values;
    memcpy(message + 5, values, 2 * sizeof *values);
    dma_clean(message, PROPERTY_WORDS * sizeof *message);
    dma_invalidate(message, PROPERTY_WORDS * sizeof *message);
    while (mmio_read32(WRITE_STATUS) & FULL)
        if (clock_passed(end_us))
            return ERROR_TIMEOUT;
    mmio_write32(WRITE, address);
    do {
        if (meanwhile)
            meanwhile(context);
        if (clock_passed(end_us))
            return ERROR_TIMEOUT;
    } while (mmio_read32(READ_STATUS) & EMPTY || mmio_read32(READ) != address);
    dma_invalidate(message, PROPERTY_WORDS * sizeof *message);
    if (message[1] != ANSWERED || !(message[4] & ANSWERED))
        return ERROR_UNSUPPORTED;
    memcpy(values, message + 5, 2 * sizeof *values);
    return 0;
}

int property_ask(enum property property, uint32_t values[2])
{
    static DMA_ALIGNED uint32_t message[PROPERTY_WORDS];

    return property_ask_in(message, property, values, NULL, NULL);
}

/* ---- mailbox-buffer -------------------------------------------------------------- */

#define NAME  "mailbox-buffer"
#define TIMES 256
#define LINES 16 /* of the arena; the message is one of them, and its neighbours are written */
#define WORDS (DMA_ALIGNMENT / sizeof(uint32_t))
#define UART  2 /* the clock that is asked for */

static DMA_ALIGNED uint32_t arena[LINES][WORDS];

struct writer {
    unsigned middle;
    uint32_t round;
};

/* Dirties the lines beside the message. */
static void write_neighbours(void *context)
{
    struct writer *writer = context;

    writer->round++;
    for (unsigned i = 0; i < WORDS; i++) {
        arena[writer->middle - 1][i] = writer->round + i;
        arena[writer->middle + 1][i] = ~(writer->round + i);
    }
}

static unsigned count_wrong(const struct writer *writer)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < WORDS; i++) {
        wrong += arena[writer->middle - 1][i] != writer->round + i;
        wrong += arena[writer->middle + 1][i] != ~(writer->round + i);
    }
    return wrong;
}

void check_mailbox_buffer(void)
{
    unsigned silent = 0, different = 0, overwritten = 0;
    uint32_t expected[2] = {UART, 0};
    int status = property_ask(PROPERTY_CLOCK_RATE, expected);

    for (unsigned i = 0; status == 0 && i < TIMES; i++) {
        struct writer writer = {1 + self_test_mix(self_test.nonce, i) % (LINES - 2), i << 16};
        uint32_t values[2] = {UART, 0};

        write_neighbours(&writer);
        silent += property_ask_in(arena[writer.middle], PROPERTY_CLOCK_RATE, values,
                                  write_neighbours, &writer) < 0;
        if (i == 0 && is_corrupted(NAME))
            arena[writer.middle + 1][0] ^= 1;
        different += memcmp(values, expected, sizeof values) != 0;
        overwritten += count_wrong(&writer);
    }
    if (status < 0)
        verdict(SELFTEST_FAIL, NAME, "the firmware does not tell the UART's clock: %s",
                status == ERROR_TIMEOUT ? "no answer" : "not known to it");
    else
        verdict(silent + different + overwritten > 0 ? SELFTEST_FAIL
                : self_test.has_caches               ? SELFTEST_PASS
                                                     : SELFTEST_NOT_APPLICABLE,
                NAME,
                "%u questions with their neighbouring lines written meanwhile: %u without answer, "
                "%u other answers, %u words beside them damaged%s",
                TIMES, silent, different, overwritten,
                self_test.has_caches ? "" : "; no caches were seen here (dma-engine)");
    check_done();
}
