/*
 * signature_bench: key pairs and signed files for tests, made by libsodium's signing half, which
 * no program of ours has in it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIGNATURE_BENCH_H
#define SIGNATURE_BENCH_H

#include <stdio.h>
#include <string.h>

#include "signature.h"
#include "sodium/crypto_sign_ed25519.h"

struct signer {
    uint8_t number[SIGNATURE_NUMBER];
    uint8_t secret[crypto_sign_ed25519_SECRETKEYBYTES];
    uint8_t key[SIGNATURE_KEY_BYTES];
};

/* The same key pair for the same digit, always; its number is that digit 16 times. */
static inline struct signer signer_make(unsigned digit)
{
    struct signer signer;
    uint8_t seed[crypto_sign_ed25519_SEEDBYTES];

    memset(signer.number, (int)(digit << 4 | digit), sizeof signer.number);
    memset(seed, (int)(0x50 + digit), sizeof seed);
    crypto_sign_ed25519_seed_keypair(signer.key, signer.secret, seed);
    return signer;
}

static inline struct signature_keys signer_no_keys(void)
{
    struct signature_keys keys = {.magic = SIGNATURE_KEYS_MAGIC};

    keys.crc32c = signature_keys_crc32c(&keys);
    return keys;
}

/* Puts a key into a table as it is. */
static inline void signer_add(struct signature_keys *keys, const uint8_t number[SIGNATURE_NUMBER],
                              const uint8_t key[SIGNATURE_KEY_BYTES])
{
    memcpy(keys->keys[keys->count].number, number, SIGNATURE_NUMBER);
    memcpy(keys->keys[keys->count].key, key, SIGNATURE_KEY_BYTES);
    keys->count++;
    keys->crc32c = signature_keys_crc32c(keys);
}

static inline struct signature_keys signer_keys(const struct signer *signer)
{
    struct signature_keys keys = signer_no_keys();

    signer_add(&keys, signer->number, signer->key);
    return keys;
}

/* The footer for a file with that signature, not yet behind it. */
static inline struct signature_footer signer_footer(const uint8_t number[SIGNATURE_NUMBER],
                                                    const uint8_t signature[SIGNATURE_BYTES],
                                                    size_t length)
{
    struct signature_footer footer = {.file_bytes = length, .format = SIGNATURE_FORMAT};

    memcpy(footer.blob.algorithm, SIGNATURE_ALGORITHM, 2);
    memcpy(footer.blob.number, number, SIGNATURE_NUMBER);
    memcpy(footer.blob.signature, signature, SIGNATURE_BYTES);
    memcpy(footer.magic, SIGNATURE_FOOTER_MAGIC, sizeof footer.magic);
    return footer;
}

/* Signs the file and writes the footer behind it. Returns the length with the footer. */
static inline size_t signer_sign(const struct signer *signer, uint8_t *file, size_t length)
{
    uint8_t signature[SIGNATURE_BYTES];
    struct signature_footer footer;

    crypto_sign_ed25519_detached(signature, NULL, file, length, signer->secret);
    footer = signer_footer(signer->number, signature, length);
    memcpy(file + length, &footer, sizeof footer);
    return length + sizeof footer;
}

#endif
