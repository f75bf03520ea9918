/*
 * signature: the footer's fields, the key, the arithmetic, in this order.
 *
 * Every field of the footer has one valid value for the file it stands behind, so no two footers
 * that differ can pass for the same signature. What is signed is all that stands before it: there
 * is no table, size or flag in the file that could tell the loader to leave something out.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "signature.h"

#include <stdio.h>
#include <string.h>

#include "crc32c.h"
#include "error.h"
#include "sodium/crypto_sign_ed25519.h"

#define NUMBER_DIGITS (2 * SIGNATURE_NUMBER)

static void write_number(const uint8_t number[SIGNATURE_NUMBER], char text[NUMBER_DIGITS + 1])
{
    for (unsigned i = 0; i < SIGNATURE_NUMBER; i++)
        snprintf(text + 2 * i, 3, "%02x", number[i]);
}

uint32_t signature_keys_crc32c(const struct signature_keys *keys)
{
    return crc32c(0, &keys->count, sizeof *keys - offsetof(struct signature_keys, count));
}

unsigned signature_key_count(const struct signature_keys *keys, bool *damaged)
{
    bool is_damaged =
        keys->count > SIGNATURE_KEYS_MAX || keys->crc32c != signature_keys_crc32c(keys);

    if (damaged)
        *damaged = is_damaged;
    return is_damaged ? 0 : keys->count;
}

void signature_describe(const struct signature_keys *keys, char text[SIGNATURE_REASON_BYTES])
{
    char number[NUMBER_DIGITS + 1];
    bool damaged;
    unsigned count = signature_key_count(keys, &damaged);
    size_t length;

    if (count == 0) {
        strcpy(text, damaged ? "the table of keys is damaged: nothing will be started"
                             : "built without keys: starts unsigned images");
        return;
    }
    length = (size_t)snprintf(text, SIGNATURE_REASON_BYTES, "starts only what is signed by");
    for (unsigned i = 0; i < count; i++) {
        write_number(keys->keys[i].number, number);
        length += (size_t)snprintf(text + length, SIGNATURE_REASON_BYTES - length, "%s %s",
                                   i > 0 ? " or" : "", number);
    }
}

/* The footer, if the file ends like one. */
static bool read_footer(const void *file, size_t length, struct signature_footer *footer)
{
    if (length < sizeof *footer)
        return false;
    memcpy(footer, (const uint8_t *)file + length - sizeof *footer, sizeof *footer);
    return memcmp(footer->magic, SIGNATURE_FOOTER_MAGIC, sizeof footer->magic) == 0;
}

bool signature_is_there(const void *file, size_t length)
{
    struct signature_footer footer;

    return read_footer(file, length, &footer);
}

/* Does the footer hold together with itself and with the file of length bytes, itself included? */
static int check_footer(const struct signature_footer *footer, size_t length, char *reason)
{
    if (footer->format != SIGNATURE_FORMAT)
        snprintf(reason, SIGNATURE_REASON_BYTES, "signature footer: its format is %u, not %u",
                 (unsigned)footer->format, SIGNATURE_FORMAT);
    else if (footer->file_bytes != length - sizeof *footer)
        snprintf(reason, SIGNATURE_REASON_BYTES,
                 "signature footer: it is for a file of %llu bytes, this one has %llu",
                 (unsigned long long)footer->file_bytes,
                 (unsigned long long)(length - sizeof *footer));
    else if (footer->reserved[0] != 0 || footer->reserved[1] != 0)
        snprintf(reason, SIGNATURE_REASON_BYTES, "signature footer: reserved bytes %02x %02x",
                 footer->reserved[0], footer->reserved[1]);
    else if (memcmp(footer->blob.algorithm, SIGNATURE_ALGORITHM, 2) != 0)
        snprintf(reason, SIGNATURE_REASON_BYTES,
                 "signature footer: algorithm %02x %02x, not Ed25519",
                 (uint8_t)footer->blob.algorithm[0], (uint8_t)footer->blob.algorithm[1]);
    else
        return 0;
    return ERROR_CORRUPT;
}

/* Numbers are no secret and may be chosen: several keys may have one, and each is asked. */
static int verify(const struct signature_keys *keys, unsigned count,
                  const struct signature_footer *footer, const void *file, char *reason)
{
    const struct signature_blob *blob = &footer->blob;
    char number[NUMBER_DIGITS + 1];
    bool is_known = false;

    for (unsigned i = 0; i < count; i++) {
        if (memcmp(keys->keys[i].number, blob->number, SIGNATURE_NUMBER) != 0)
            continue;
        is_known = true;
        if (crypto_sign_ed25519_verify_detached(blob->signature, file, footer->file_bytes,
                                                keys->keys[i].key) == 0)
            return 0;
    }
    write_number(blob->number, number);
    if (!is_known) {
        snprintf(reason, SIGNATURE_REASON_BYTES,
                 "signed by key %s, which this loader does not have", number);
        return ERROR_REFUSED;
    }
    snprintf(reason, SIGNATURE_REASON_BYTES,
             "altered or damaged: the signature by key %s does not fit", number);
    return ERROR_CORRUPT;
}

int signature_check(const struct signature_keys *keys, const void *file, size_t length,
                    size_t *content, char *reason)
{
    struct signature_footer footer;
    bool damaged, is_signed = read_footer(file, length, &footer);
    unsigned count = signature_key_count(keys, &damaged);
    int status;

    *content = length;
    if (damaged) {
        snprintf(reason, SIGNATURE_REASON_BYTES, "this loader's table of keys is damaged");
        return ERROR_CORRUPT;
    }
    if (!is_signed && count == 0)
        return 0;
    if (!is_signed) {
        snprintf(reason, SIGNATURE_REASON_BYTES,
                 "it is not signed, and this loader starts only what is");
        return ERROR_REFUSED;
    }
    status = check_footer(&footer, length, reason);
    if (status == 0 && count > 0)
        status = verify(keys, count, &footer, file, reason);
    if (status == 0)
        *content = length - sizeof footer;
    return status;
}
