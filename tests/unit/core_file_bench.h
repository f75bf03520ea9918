/*
 * core_file_bench: a core that is written into a room of any size, with nothing behind it touched.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CORE_FILE_BENCH_H
#define CORE_FILE_BENCH_H

#include <linux/elf.h> /* not <elf.h>: the loader has one of that name */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core_file.h"
#include "error.h"

#define PAGE        4096u
#define CAPACITY    (64 * PAGE)
#define GUARD_BYTES 64
#define PATTERN     0x5e

static _Alignas(8) uint8_t buffer[CAPACITY + GUARD_BYTES];
static _Alignas(8) uint8_t memory[16 * PAGE];
static uint8_t digest[32];
static struct core_file_range ranges[CORE_FILE_RANGES_MAX];
static struct core_file core;
static uint64_t missing;

/* Of the last core written. */
static const Elf64_Ehdr *file;
static const Elf64_Phdr *headers; /* [0] is the notes' */
static size_t length;

static inline int setup(void **state)
{
    (void)state;
    memset(buffer, PATTERN, sizeof buffer);
    memset(memory, 0, sizeof memory);
    memset(ranges, 0, sizeof ranges);
    for (unsigned i = 0; i < sizeof digest; i++)
        digest[i] = (uint8_t)(i + 1);
    core = (struct core_file){.sp = 0x1000,
                              .pc = 0x200abc,
                              .pstate = 0x3c5,
                              .fault_address = 0x123456789a,
                              .fpsr = 7,
                              .fpcr = 9,
                              .signal = 11,
                              .name = "dns",
                              .version = "1.4.2",
                              .what = "reading 0x10: not mapped",
                              .digest = digest,
                              .ranges = ranges};
    for (unsigned i = 0; i < 31; i++)
        core.x[i] = 0x100 + i;
    for (unsigned i = 0; i < 32; i++)
        memset(core.vectors[i], (int)i, 16);
    return 0;
}

static inline void add_range(uint64_t address, const uint8_t *from, uint64_t bytes, uint32_t flags)
{
    ranges[core.range_count++] = (struct core_file_range){address, bytes, from, flags};
}

/* Writes with so much room; checks that nothing behind it has changed, and that all offsets
 * lie inside the file. */
static inline int64_t write_core(size_t capacity)
{
    missing = UINT64_MAX;
    memset(buffer, PATTERN, sizeof buffer);
    int64_t result = core_file_write(&core, buffer, capacity, &missing);

    for (size_t i = 0; i < GUARD_BYTES; i++)
        assert_int_equal(buffer[capacity + i], PATTERN);
    if (result < 0)
        return result;
    length = (size_t)result;
    assert_true(length <= capacity && length >= sizeof(Elf64_Ehdr));
    file = (const Elf64_Ehdr *)buffer;
    assert_true(file->e_phoff % 8 == 0 && file->e_phoff < length);
    assert_int_equal(file->e_phoff + file->e_phnum * sizeof(Elf64_Phdr), length);
    headers = (const Elf64_Phdr *)(buffer + file->e_phoff);
    for (unsigned i = 0; i < file->e_phnum; i++)
        assert_true(headers[i].p_offset <= file->e_phoff &&
                    headers[i].p_filesz <= file->e_phoff - headers[i].p_offset);
    return result;
}

#endif
