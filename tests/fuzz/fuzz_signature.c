/*
 * fuzz_signature: files with a footer, signify's text files, tables of keys.
 *
 * The first byte says which, the rest is the input. What passes for signed must be, bit for bit,
 * what the owner of the key would have made; what passes for a text of signify must be the one
 * way to write what was read from it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unit/signature_bench.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum kind { SIGNED_FILE, SIGNATURE_TEXT, KEY_TEXT, TABLE, KINDS };

static void require(int condition)
{
    if (!condition)
        abort();
}

static void require_sentence(const char *reason)
{
    require(memchr(reason, '\0', SIGNATURE_REASON_BYTES) != NULL && reason[0] != '\0');
}

static void check_file(const uint8_t *file, size_t length)
{
    struct signer signer = signer_make(1);
    struct signature_keys keys = signer_keys(&signer);
    char reason[SIGNATURE_REASON_BYTES];
    struct signature_footer footer;
    uint8_t expected[SIGNATURE_BYTES];
    size_t content = length + 1;

    memset(reason, 0xff, sizeof reason);
    if (signature_check(&keys, file, length, &content, reason) != 0) {
        require_sentence(reason);
        require(content == length);
        return;
    }
    require(signature_is_there(file, length));
    require(content == length - sizeof footer);
    crypto_sign_ed25519_detached(expected, NULL, file, content, signer.secret);
    footer = signer_footer(signer.number, expected, content);
    require(memcmp(file + content, &footer, sizeof footer) == 0);
}

/* Base64 of length bytes, as RFC 4648 has it. */
static size_t encode(const uint8_t *bytes, size_t length, char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *begin = text;

    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t bits = (uint32_t)bytes[i] << 16 | (left > 1 ? bytes[i + 1] : 0u) << 8 |
                        (left > 2 ? bytes[i + 2] : 0u);

        for (unsigned k = 0; k < 4; k++)
            *text++ = k <= left ? digits[bits >> (18 - 6 * k) & 63] : '=';
    }
    return (size_t)(text - begin);
}

static void require_same_text(const uint8_t *text, size_t length, const void *blob, size_t bytes)
{
    char line[128];
    size_t characters = encode(blob, bytes, line);
    const uint8_t *second = memchr(text, '\n', length);

    require(second != NULL);
    second++;
    length -= (size_t)(second - text);
    require(length == characters || (length == characters + 1 && second[characters] == '\n'));
    require(memcmp(second, line, characters) == 0);
}

static void check_signature_text(const uint8_t *text, size_t length)
{
    char reason[SIGNATURE_REASON_BYTES];
    struct signature_footer footer;

    memset(reason, 0xff, sizeof reason);
    if (signature_read((const char *)text, length, 1234, &footer, reason) != 0)
        require_sentence(reason);
    else
        require_same_text(text, length, &footer.blob, sizeof footer.blob);
}

static void check_key_text(const uint8_t *text, size_t length)
{
    struct signature_keys keys = signer_no_keys();
    char reason[SIGNATURE_REASON_BYTES];
    struct signature_public_blob blob = {SIGNATURE_ALGORITHM, {0}, {0}};
    bool damaged;

    memset(reason, 0xff, sizeof reason);
    if (signature_add_key(&keys, (const char *)text, length, reason) != 0) {
        require_sentence(reason);
        require(keys.count == 0);
        return;
    }
    require(signature_key_count(&keys, &damaged) == 1 && !damaged);
    memcpy(blob.number, keys.keys[0].number, sizeof blob.number);
    memcpy(blob.key, keys.keys[0].key, sizeof blob.key);
    require_same_text(text, length, &blob, sizeof blob);
    require(signature_add_key(&keys, (const char *)text, length, reason) != 0);
}

/* A table, its CRC as it comes or made right, and a file for it. */
static void check_table(const uint8_t *bytes, size_t length)
{
    char reason[SIGNATURE_REASON_BYTES];
    struct signature_keys keys;
    size_t content;
    bool damaged;

    if (length < sizeof keys)
        return;
    memcpy(&keys, bytes, sizeof keys);
    for (unsigned round = 0; round < 2; round++) {
        unsigned count = signature_key_count(&keys, &damaged);

        require(count <= SIGNATURE_KEYS_MAX && (!damaged || count == 0));
        memset(reason, 0xff, sizeof reason);
        signature_describe(&keys, reason);
        require_sentence(reason);
        memset(reason, 0xff, sizeof reason);
        if (signature_check(&keys, bytes + sizeof keys, length - sizeof keys, &content, reason) !=
            0)
            require_sentence(reason);
        else
            require(!damaged);
        keys.crc32c = signature_keys_crc32c(&keys);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static void (*const checks[KINDS])(const uint8_t *, size_t) = {
        [SIGNED_FILE] = check_file,
        [SIGNATURE_TEXT] = check_signature_text,
        [KEY_TEXT] = check_key_text,
        [TABLE] = check_table,
    };

    if (length > 0)
        checks[bytes[0] % KINDS](bytes + 1, length - 1);
    return 0;
}
