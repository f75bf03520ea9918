/*
 * elf_bench: elf_builder's file is checked, and accepted or refused with a sentence.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ELF_BENCH_H
#define ELF_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "elf.h"
#include "elf_builder.h"
#include "error.h"

static struct elf_builder b;
static struct elf_image image;
static char reason[ELF_REASON_BYTES];

static inline int setup(void **state)
{
    (void)state;
    elf_builder_init(&b);
    return 0;
}

/* Checks the first length bytes from a heap block of exactly that size. */
static inline int check_length(size_t length)
{
    uint8_t *file = malloc(length == 0 ? 1 : length);
    int status;

    memcpy(file, b.bytes, length);
    memset(reason, 0, sizeof reason);
    status = elf_check(file + (length == 0), length, &image, reason);
    free(file);
    return status;
}

static inline int check(void)
{
    return check_length(b.length);
}

/* The file is refused with the error, and the sentence holds text; then all is as before. */
static inline void refused(enum error error, const char *text)
{
    int status = check();

    if (status != (int)error || strstr(reason, text) == NULL)
        fail_msg("wanted %d with \"%s\", got %d with \"%s\"", error, text, status, reason);
    assert_true(strlen(reason) < sizeof reason - 1);
    elf_builder_init(&b);
}

#endif
