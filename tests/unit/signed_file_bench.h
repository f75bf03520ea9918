/*
 * signed_file_bench: a signed file, two who sign, and what signature_check says of it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIGNED_FILE_BENCH_H
#define SIGNED_FILE_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"
#include "signature_bench.h"

#define FILE_BYTES 704 /* more than one block of SHA-512, and no multiple of one */
#define ROOM       (FILE_BYTES + 4 * SIGNATURE_FOOTER_BYTES)

static struct signer fleet, stranger;
static struct signature_keys keys;
static _Alignas(8) uint8_t file[ROOM];
static size_t length; /* of the signed file */
static char reason[SIGNATURE_REASON_BYTES];

static inline void fill(uint8_t *bytes, size_t count, unsigned seed)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(seed + i * 7 + i / 251);
}

static inline int setup(void **state)
{
    (void)state;
    fleet = signer_make(1);
    stranger = signer_make(2);
    keys = signer_keys(&fleet);
    fill(file, FILE_BYTES, 3);
    length = signer_sign(&fleet, file, FILE_BYTES);
    return 0;
}

/* As the loader sees it: in memory of exactly its size. */
static inline int check(const struct signature_keys *with, const uint8_t *bytes, size_t count,
                        size_t *content)
{
    uint8_t *exact = malloc(count ? count : 1);
    int status;

    assert_non_null(exact);
    memcpy(exact, bytes, count);
    memset(reason, 0, sizeof reason);
    status = signature_check(with, exact, count, content, reason);
    assert_memory_equal(exact, bytes, count);
    if (status < 0) {
        assert_int_equal(*content, count);
        assert_non_null(memchr(reason, '\0', sizeof reason));
        assert_true(strlen(reason) > 10);
    }
    free(exact);
    return status;
}

static inline void assert_passes(const struct signature_keys *with, const uint8_t *bytes,
                                 size_t count, size_t content_bytes)
{
    size_t content = 12345;

    assert_int_equal(check(with, bytes, count, &content), 0);
    assert_int_equal(content, content_bytes);
    assert_string_equal(reason, "");
}

static inline void assert_stopped(const uint8_t *bytes, size_t count, int status,
                                  const char *sentence)
{
    size_t content = 12345;

    assert_int_equal(check(&keys, bytes, count, &content), status);
    if (sentence)
        assert_string_equal(reason, sentence);
}

static inline struct signature_footer *footer_of(uint8_t *bytes, size_t count)
{
    return (void *)(bytes + count - SIGNATURE_FOOTER_BYTES);
}

#endif
