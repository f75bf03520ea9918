/*
 * sim_keys: the loader's table of keys, where a test may fill it in.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_keys.h"

#include <stdio.h>
#include <stdlib.h>

/* The CRC of an empty table: as in loader/keys.S. */
#define EMPTY                                                                                      \
    {                                                                                              \
        .magic = SIGNATURE_KEYS_MAGIC, .crc32c = 0xe71616b2                                        \
    }

struct signature_keys sim_keys = EMPTY;

const struct signature_keys *signature_own_keys(void)
{
    return &sim_keys;
}

void sim_keys_clear(void)
{
    sim_keys = (struct signature_keys)EMPTY;
}

/* libsodium's keypair.c, which tests make keys with, can also make random ones. No test may. */
void randombytes_buf(void *const bytes, const size_t length);

void randombytes_buf(void *const bytes, const size_t length)
{
    fprintf(stderr, "sim: %zu random bytes at %p wanted: a test's keys come from its seeds\n",
            length, bytes);
    abort();
}
