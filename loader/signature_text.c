/*
 * signature_text: the two-line files of signify, .sig and .pub.
 *
 * One way of writing is accepted, the one signify has: comment line, base64 with its padding and
 * no bits left over, an end of line that may be missing, and nothing behind.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "signature.h"

/* The value of a base64 digit (RFC 4648, 4), or -1. */
static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* True if the text is the one base64 of length bytes, which are written to bytes. */
static bool decode(const char *text, size_t characters, uint8_t *bytes, size_t length)
{
    uint32_t bits = 0;
    unsigned count = 0; /* of bits that are not written yet */

    if (characters != (length + 2) / 3 * 4)
        return false;
    for (; length > 0; text++, characters--) {
        int value = digit(*text);

        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            *bytes++ = (uint8_t)(bits >> count);
            length--;
        }
    }
    for (; characters > 0; text++, characters--)
        if (*text != '=')
            return false;
    return (bits & ((1u << count) - 1)) == 0;
}

static int refuse(char *reason, const char *what, const char *why)
{
    snprintf(reason, SIGNATURE_REASON_BYTES, "not a %s of signify: %s", what, why);
    return ERROR_CORRUPT;
}

/* Reads the second line of a file of two into blob, which begins with the algorithm. */
static int read_blob(const char *text, size_t length, const char *what, void *blob,
                     size_t blob_bytes, char *reason)
{
    static const char comment[] = SIGNATURE_COMMENT;
    const char *line, *end;

    if (length > SIGNATURE_FILE_MAX)
        return refuse(reason, what, "it is too long");
    if (length < sizeof comment - 1 || memcmp(text, comment, sizeof comment - 1) != 0)
        return refuse(reason, what, "it does not begin with \"" SIGNATURE_COMMENT "\"");
    end = text + length;
    line = memchr(text, '\n', length);
    if (!line)
        return refuse(reason, what, "it has one line, not two");
    line++;
    if (end > line && end[-1] == '\n')
        end--;
    if (memchr(line, '\n', (size_t)(end - line)))
        return refuse(reason, what, "something follows its second line");
    if (!decode(line, (size_t)(end - line), blob, blob_bytes))
        return refuse(reason, what, "its second line is not base64 of the right length");
    if (memcmp(blob, SIGNATURE_ALGORITHM, 2) != 0)
        return refuse(reason, what, "its algorithm is not Ed25519");
    return 0;
}

int signature_read(const char *text, size_t length, uint64_t file_bytes,
                   struct signature_footer *footer, char *reason)
{
    *footer = (struct signature_footer){.file_bytes = file_bytes, .format = SIGNATURE_FORMAT};
    memcpy(footer->magic, SIGNATURE_FOOTER_MAGIC, sizeof footer->magic);
    return read_blob(text, length, "signature", &footer->blob, sizeof footer->blob, reason);
}

int signature_add_key(struct signature_keys *keys, const char *text, size_t length, char *reason)
{
    struct signature_public_blob blob;
    int status = read_blob(text, length, "public key", &blob, sizeof blob, reason);

    if (status < 0)
        return status;
    for (unsigned i = 0; i < keys->count && i < SIGNATURE_KEYS_MAX; i++) {
        if (memcmp(keys->keys[i].number, blob.number, sizeof blob.number) == 0) {
            snprintf(reason, SIGNATURE_REASON_BYTES, "a key with its number is there already");
            return ERROR_INVALID;
        }
    }
    if (keys->count >= SIGNATURE_KEYS_MAX) {
        snprintf(reason, SIGNATURE_REASON_BYTES, "there are %u keys, and no room for more",
                 SIGNATURE_KEYS_MAX);
        return ERROR_NO_MEMORY;
    }
    memcpy(keys->keys[keys->count].number, blob.number, sizeof blob.number);
    memcpy(keys->keys[keys->count].key, blob.key, sizeof blob.key);
    keys->count++;
    keys->crc32c = signature_keys_crc32c(keys);
    return 0;
}
