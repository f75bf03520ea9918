/*
 * digest: SHA-256 of a boot image while it arrives.
 *
 * A boot_sink: sources feed it as bytes come in, so that the network's waiting time
 * pays for it. What the log prints is what `sha256sum` prints (decision 0003).
 * The arithmetic is libsodium's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef DIGEST_H
#define DIGEST_H

#include <stdint.h>

#include "boot_source.h"
#include "sodium/crypto_hash_sha256.h"

#define DIGEST_BYTES 32

struct digest {
    struct boot_sink sink; /* hand &digest.sink to a boot source */
    crypto_hash_sha256_state state;
    uint64_t spent_us; /* in hashing, of the time a transfer took; cut to whole microseconds
                          at each piece, so a little less than the truth */
};

/* Begins anew; also what sink.restart does. Call once before the first use. */
void digest_init(struct digest *digest);

/* Writes the digest of all bytes since the beginning. After it, digest_init. */
void digest_finish(struct digest *digest, uint8_t result[DIGEST_BYTES]);

#endif
