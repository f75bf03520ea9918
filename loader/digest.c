/*
 * digest: libsodium's SHA-256 as a boot_sink.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "digest.h"

#include "clock.h"

static void restart(struct boot_sink *self)
{
    struct digest *digest = (struct digest *)self;

    crypto_hash_sha256_init(&digest->state);
    digest->spent_us = 0;
}

static void update(struct boot_sink *self, const void *bytes, size_t length)
{
    struct digest *digest = (struct digest *)self;

    uint64_t begin_us = clock_now_us();

    crypto_hash_sha256_update(&digest->state, bytes, length);
    digest->spent_us += clock_now_us() - begin_us;
}

void digest_init(struct digest *digest)
{
    digest->sink = (struct boot_sink){restart, update};
    restart(&digest->sink);
}

void digest_finish(struct digest *digest, uint8_t result[DIGEST_BYTES])
{
    crypto_hash_sha256_final(&digest->state, result);
}
