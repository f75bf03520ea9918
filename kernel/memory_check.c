/*
 * memory_check: CRC-32C of the read-only area, a slice at a time.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "memory_check.h"

#include "clock.h"
#include "crc32c.h"
#include "duties.h"
#include "error.h"
#include "log.h"

static struct {
    const uint8_t *start;
    size_t bytes;
    size_t done;  /* of this round */
    uint32_t crc; /* over what is done */
    uint32_t expected;
    uint32_t count;
    uint64_t next_us;
} check = {.next_us = CLOCK_NEVER};

static int finish_round(void)
{
    uint32_t crc = check.crc;

    check.done = 0;
    check.crc = 0;
    if (crc != check.expected) {
        log_line("memory", "code or constants changed: CRC-32C 0x%08x instead of 0x%08x",
                 (unsigned)crc, (unsigned)check.expected);
        check.next_us = CLOCK_NEVER;
        return ERROR_CORRUPT;
    }
    check.count++;
    return 0;
}

int memory_check_start(const void *start, size_t bytes, uint32_t expected)
{
    check.start = start;
    check.bytes = bytes;
    check.expected = expected;
    check.count = 0;
    check.crc = crc32c(0, start, bytes);
    check.next_us = clock_now_us() + MEMORY_CHECK_INTERVAL_US;
    duties_at(check.next_us);
    return finish_round();
}

uint64_t memory_check_deadline_us(void)
{
    return check.next_us;
}

int memory_check_step(uint64_t now_us)
{
    size_t slice = check.bytes - check.done;

    check.next_us = now_us + MEMORY_CHECK_INTERVAL_US;
    if (slice > MEMORY_CHECK_SLICE_BYTES)
        slice = MEMORY_CHECK_SLICE_BYTES;
    check.crc = crc32c(check.crc, check.start + check.done, slice);
    check.done += slice;
    return check.done == check.bytes ? finish_round() : 0;
}

uint32_t memory_check_count(void)
{
    return check.count;
}
