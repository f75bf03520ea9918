/*
 * chainload_inspect_bench: a file in a block of its exact size, and what it is taken for.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHAINLOAD_INSPECT_BENCH_H
#define CHAINLOAD_INSPECT_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "chainload.h"
#include "error.h"

#include "bytes.h"
#include "chainload.h"
#include "elf_builder.h"
#include "error.h"

#define MIB     0x100000ull
#define LENGTH  4096
#define B_START 0x14000000u /* an instruction: b . */

static uint8_t file[LENGTH];
static struct chainload_image image;
static char reason[ELF_REASON_BYTES];

static inline void put_le64(uint8_t *at, uint64_t value)
{
    bytes_put_le32(at, (uint32_t)value);
    bytes_put_le32(at + 4, (uint32_t)(value >> 32));
}

static inline void make_image(uint64_t text_offset, uint64_t bytes, uint64_t flags)
{
    memset(file, 0, sizeof file);
    bytes_put_le32(file, B_START);
    put_le64(file + 8, text_offset);
    put_le64(file + 16, bytes);
    put_le64(file + 24, flags);
    memcpy(file + 56, "ARM\x64", 4);
}

/* From a block of its exact size, so that a read past it is found. */
static inline int inspect(const void *bytes, size_t length)
{
    uint8_t *exact = malloc(length ? length : 1);

    memcpy(exact, bytes, length);
    reason[0] = '\0';
    int status = chainload_inspect(exact, length, &image, reason);

    free(exact);
    return status;
}

static inline void refused(size_t length, int expected, const char *sentence)
{
    assert_int_equal(inspect(file, length), expected);
    assert_string_equal(reason, sentence);
}

#endif
