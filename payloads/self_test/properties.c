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

/* However long meanwhile takes: what is there at the end counts. */
static bool wait_for_answer(uint32_t address, uint64_t end_us, void (*meanwhile)(void *context),
                            void *context)
{
    bool is_late = false, is_there = false;

    while (!is_there && !is_late) {
        if (meanwhile)
            meanwhile(context);
        is_late = clock_passed(end_us);
        while (!is_there && !(mmio_read32(READ_STATUS) & EMPTY))
            is_there = mmio_read32(READ) == address;
    }
    if (is_there && meanwhile)
        meanwhile(context);
    return is_there;
}

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
    if (!wait_for_answer(address, end_us, meanwhile, context))
        return ERROR_TIMEOUT;
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

#define NAME       "mailbox-buffer"
#define TIMES      256
#define SLICE      16 /* of them without the event loop; */
#define SILENT_MAX 3  /* so many without an answer are enough */
#define LINES      16 /* of the arena; the message is one of them, and its neighbours are written */
#define WORDS      (DMA_ALIGNMENT / sizeof(uint32_t))
#define UART       2 /* the clock that is asked for */

static DMA_ALIGNED uint32_t arena[LINES][WORDS];

struct writer {
    unsigned middle;
    uint32_t round;
};

/* Dirties the lines beside the message, and then so many others that these are written back; and
 * the message's own, were it dirty. */
static void write_neighbours(void *context)
{
    struct writer *writer = context;

    writer->round++;
    for (unsigned i = 0; i < WORDS; i++) {
        arena[writer->middle - 1][i] = writer->round + i;
        arena[writer->middle + 1][i] = ~(writer->round + i);
    }
    load_all();
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

static struct {
    unsigned asked, silent, different, overwritten;
    uint32_t expected[2];
    struct service_timer timer;
} questions;

static void ask_once(unsigned number)
{
    struct writer writer = {1 + self_test_mix(self_test.nonce, number) % (LINES - 2), number << 16};
    uint32_t values[2] = {UART, 0};

    write_neighbours(&writer);
    questions.silent += property_ask_in(arena[writer.middle], PROPERTY_CLOCK_RATE, values,
                                        write_neighbours, &writer) < 0;
    if (number == 0 && is_corrupted(NAME))
        arena[writer.middle + 1][0] ^= 1;
    questions.different += memcmp(values, questions.expected, sizeof values) != 0;
    questions.overwritten += count_wrong(&writer);
}

static void ask_slice(void *context)
{
    (void)context;
    for (unsigned i = 0; i < SLICE && questions.asked < TIMES && questions.silent < SILENT_MAX; i++)
        ask_once(questions.asked++);
    if (questions.asked < TIMES && questions.silent < SILENT_MAX) {
        service_timer_once(&questions.timer, 0, ask_slice, NULL);
        return;
    }
    verdict(questions.silent + questions.different + questions.overwritten > 0 ? SELFTEST_FAIL
                                                                               : judge_caches(),
            NAME,
            "%u questions with their neighbouring lines written meanwhile: %u without answer, "
            "%u other answers, %u words beside them damaged%s",
            questions.asked, questions.silent, questions.different, questions.overwritten,
            caches_text());
    check_done();
}

void check_mailbox_buffer(void)
{
    int status;

    questions.asked = questions.silent = questions.different = questions.overwritten = 0;
    questions.expected[0] = UART;
    questions.expected[1] = 0;
    status = property_ask(PROPERTY_CLOCK_RATE, questions.expected);
    if (status == 0) {
        ask_slice(NULL);
        return;
    }
    verdict(SELFTEST_FAIL, NAME, "the firmware does not tell the UART's clock: %s",
            status == ERROR_TIMEOUT ? "no answer" : "not known to it");
    check_done();
}
