/*
 * tftp_server_request: see tftp_server_request.h.
 *
 * blksize (RFC 2348), windowsize (RFC 7440): what is over our own limit is lowered; below
 * the RFC's minimum, or no number: passed over. timeout (RFC 2349) can only be agreed to as
 * it is; one that leaves no room for repeats within our patience is passed over. tsize: a
 * write's is taken and repeated; a read's is passed over: the length of a log that grows is
 * not known. An option that is given twice is the one thing refused (RFC 2347 forbids it, and
 * which of the two the client goes by nobody can know).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_server_request.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bytes.h"
#include "words.h"

#define BLOCK_DEFAULT 512
#define BLOCK_MIN     8
#define TIMEOUT_MAX_S 2

enum { BLKSIZE, TSIZE, TIMEOUT, WINDOWSIZE, OPTIONS };

static const char names[] = "blksize\0tsize\0timeout\0windowsize";

void tftp_server_clean(char *to, size_t capacity, const void *text, size_t length)
{
    const uint8_t *from = text;
    size_t i;

    for (i = 0; i < length && i + 1 < capacity && from[i] != '\0'; i++)
        to[i] = from[i] >= 0x20 && from[i] <= 0x7e ? (char)from[i] : '.';
    to[i] = '\0';
}

/* The string at *at, and moves *at behind its NUL. Null if it does not end in the packet. */
static const char *take_string(const uint8_t *bytes, size_t length, size_t *at)
{
    const uint8_t *text = bytes + *at;
    const uint8_t *end = memchr(text, '\0', length - *at);

    if (!end)
        return NULL;
    *at = (size_t)(end - bytes) + 1;
    return (const char *)text;
}

/* Only digits, at least one; more than 63 bits become the largest number. */
static bool read_decimal(const char *text, int64_t *value)
{
    int64_t sum = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_add_overflow(sum, *text - '0', &sum))
            sum = INT64_MAX;
    }
    *value = sum;
    return true;
}

static int64_t at_most(int64_t value, int64_t limit)
{
    return value < limit ? value : limit;
}

/* Agrees to an option, as *value or lowered; false: it is passed over. */
static bool agree(struct tftp_server_request *request, unsigned option, int64_t *value)
{
    switch (option) {
    case BLKSIZE:
        if (*value < BLOCK_MIN)
            return false;
        *value = at_most(*value, TFTP_SERVER_BLOCK_BYTES);
        request->block_bytes = (uint32_t)*value;
        return true;
    case TSIZE:
        if (request->is_write && *value > 0)
            request->announced = *value;
        return request->is_write;
    case TIMEOUT:
        if (*value < 1 || *value > TIMEOUT_MAX_S)
            return false;
        request->timeout_s = (uint32_t)*value;
        return true;
    default:
        if (*value < 1)
            return false;
        *value = at_most(*value, TFTP_SERVER_WINDOW);
        request->window = (uint32_t)*value;
        return true;
    }
}

static void add_to_oack(struct tftp_server_request *request, unsigned option, int64_t value)
{
    uint8_t *at = request->oack + request->oack_length;
    const char *name = words_at(names, option);
    size_t length = strlen(name) + 1;

    if (request->oack_length == 0) {
        bytes_put_be16(at, TFTP_OPCODE_OACK);
        at += 2;
    }
    memcpy(at, name, length);
    at += length;
    /* Each option once, and their names and 19 digits each fit. */
    at += snprintf((char *)at, (size_t)(request->oack + sizeof request->oack - at), "%ld",
                   (long)value) +
          1;
    request->oack_length = (size_t)(at - request->oack);
}

static int read_options(struct tftp_server_request *request, const uint8_t *bytes, size_t length,
                        size_t at, char *reason)
{
    unsigned seen = 0;

    for (;;) {
        const char *name = take_string(bytes, length, &at);
        const char *text = name ? take_string(bytes, length, &at) : NULL;
        unsigned option = 0;
        int64_t value;

        if (!text)
            return 0; /* the end, or a rest that is no option */
        while (option < OPTIONS && strcasecmp(name, words_at(names, option)) != 0)
            option++;
        if (option == OPTIONS)
            continue;
        if (seen & 1u << option) {
            snprintf(reason, TFTP_SERVER_REASON_BYTES, "option %s is given twice",
                     words_at(names, option));
            return TFTP_CODE_OPTIONS;
        }
        seen |= 1u << option;
        if (read_decimal(text, &value) && agree(request, option, &value))
            add_to_oack(request, option, value);
    }
}

static int check_mode(const char *mode, char *reason)
{
    char shown[24];

    if (strcasecmp(mode, "octet") == 0)
        return 0;
    tftp_server_clean(shown, sizeof shown, mode, strlen(mode));
    snprintf(reason, TFTP_SERVER_REASON_BYTES,
             "mode \"%s\" would change the file: use binary mode (tftp -m binary)", shown);
    return TFTP_CODE_ILLEGAL;
}

int tftp_server_request_read(struct tftp_server_request *request, const uint8_t *bytes,
                             size_t length, char *reason)
{
    size_t at = 2;
    const char *name = take_string(bytes, length, &at);
    const char *mode = name ? take_string(bytes, length, &at) : NULL;

    request->is_write = bytes_be16(bytes) == TFTP_OPCODE_WRITE;
    request->block_bytes = BLOCK_DEFAULT;
    request->window = 1;
    request->timeout_s = 0;
    request->announced = -1;
    request->oack_length = 0;
    tftp_server_clean(request->name, sizeof request->name, bytes + 2, length - 2);
    if (!mode) {
        snprintf(reason, TFTP_SERVER_REASON_BYTES, "the request has no end of its %s",
                 name ? "mode" : "file name");
        return TFTP_CODE_ILLEGAL;
    }

    size_t name_length = strlen(name);

    if (name_length == 0 || name_length >= sizeof request->name) {
        snprintf(reason, TFTP_SERVER_REASON_BYTES, "a file name of %u bytes: 1 to %u are possible",
                 (unsigned)name_length, TFTP_SERVER_NAME_MAX - 1);
        return TFTP_CODE_REFUSED;
    }
    if (strcmp(name, request->name) != 0) {
        snprintf(reason, TFTP_SERVER_REASON_BYTES, "file name \"%.60s\" is not printable ASCII",
                 request->name);
        return TFTP_CODE_REFUSED;
    }

    int code = check_mode(mode, reason);

    return code ? code : read_options(request, bytes, length, at, reason);
}
