/*
 * sodium_parts: what the files we compile of libsodium want of the rest of it, which is not in
 * the loader. They are of use for secrets as well, and so wipe what they have done and compare
 * in constant time; here are only digests, signatures and public keys, and nothing of that
 * matters: ordinary functions will do.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "sodium/utils.h"

void sodium_memzero(void *const bytes, const size_t length)
{
    memset(bytes, 0, length);
}

int sodium_memcmp(const void *const a, const void *const b, size_t length)
{
    return memcmp(a, b, length) == 0 ? 0 : -1;
}

int sodium_is_zero(const unsigned char *bytes, const size_t length)
{
    unsigned char any = 0;

    for (size_t i = 0; i < length; i++)
        any |= bytes[i];
    return any == 0;
}
