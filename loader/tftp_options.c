/*
 * tftp_options: the two TFTP packets that carry options. See tftp_options.h.
 *
 * One table row per option: its name, what may be offered and what may be answered.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_options.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bytes.h"
#include "error.h"

#define OPTION_COUNT 5

static const char names[OPTION_COUNT][12] = {"blksize", "tsize", "timeout", "windowsize",
                                             "utimeout"};

static uint64_t value_of(const struct tftp_options *options, unsigned index)
{
    const uint64_t values[OPTION_COUNT] = {options->block_bytes, options->file_bytes,
                                           options->timeout_s, options->window_blocks,
                                           options->timeout_us};
    return values[index];
}

int tftp_options_write(uint8_t *packet, const char *file, const struct tftp_options *offer)
{
    size_t at = 2, length = strlen(file);

    if (length == 0)
        return ERROR_INVALID;
    if (length > TFTP_PACKET_MAX - 2 - sizeof "\0octet")
        return ERROR_TOO_LARGE;
    bytes_put_be16(packet, 1);
    memcpy(packet + at, file, length + 1);
    at += length + 1;
    memcpy(packet + at, "octet", 6);
    at += 6;
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        char text[40];
        int size;

        if (!(offer->present & 1u << i))
            continue;
        /* Name and value are two strings: printed with a space, which becomes the NUL. */
        size = snprintf(text, sizeof text, "%s %lu", names[i], (unsigned long)value_of(offer, i));
        if (at + (size_t)size + 1 > TFTP_PACKET_MAX)
            return ERROR_TOO_LARGE;
        memcpy(packet + at, text, (size_t)size + 1);
        packet[at + strlen(names[i])] = '\0';
        at += (size_t)size + 1;
    }
    return (int)at;
}

void tftp_text_copy(char *to, size_t capacity, const uint8_t *text, size_t length)
{
    size_t i;

    for (i = 0; i < length && i + 1 < capacity && text[i] != '\0'; i++)
        to[i] = text[i] >= 0x20 && text[i] <= 0x7e ? (char)text[i] : '.';
    to[i] = '\0';
}

/* Only digits, at least one. What is larger than 64 bits can hold becomes the largest
 * number: every use of a value has a limit far below. */
static bool read_decimal(const char *text, uint64_t *value)
{
    uint64_t sum = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)(*text - '0'), &sum))
            sum = UINT64_MAX;
    }
    *value = sum;
    return true;
}

/* True if the server may answer this option with this value. */
static bool is_allowed(const struct tftp_options *offer, unsigned option, uint64_t value)
{
    switch (option) {
    case TFTP_BLKSIZE:
        return value >= TFTP_BLOCK_MIN && value <= offer->block_bytes;
    case TFTP_TIMEOUT:
        return value == offer->timeout_s;
    case TFTP_UTIMEOUT:
        return value == offer->timeout_us;
    case TFTP_WINDOWSIZE:
        return value >= 1 && value <= offer->window_blocks;
    default:
        return true;
    }
}

static void store(struct tftp_options *options, unsigned option, uint64_t value)
{
    options->present |= option;
    switch (option) {
    case TFTP_BLKSIZE:
        options->block_bytes = (uint32_t)value;
        break;
    case TFTP_TSIZE:
        options->file_bytes = value;
        break;
    case TFTP_WINDOWSIZE:
        options->window_blocks = (uint32_t)value;
        break;
    case TFTP_TIMEOUT:
        options->timeout_s = (uint32_t)value;
        break;
    default:
        options->timeout_us = (uint32_t)value;
        break;
    }
}

/* The option with this name, of those offered and not yet answered; 0 if there is none.
 * Names count without case (RFC 2347). */
static unsigned find_option(const char *name, unsigned among)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        if ((among & 1u << i) && strcasecmp(name, names[i]) == 0)
            return 1u << i;
    }
    return 0;
}

int tftp_options_read(const uint8_t *bytes, size_t length, const struct tftp_options *offer,
                      struct tftp_options *agreed, char *reason, size_t capacity)
{
    size_t at = 2;

    *agreed = (struct tftp_options){.block_bytes = TFTP_BLOCK_DEFAULT, .window_blocks = 1};
    /* With a NUL as the last byte every string below ends inside the packet. */
    if (length < 3 || bytes[length - 1] != '\0') {
        snprintf(reason, capacity,
                 length < 3 ? "OACK without options" : "OACK does not end in NUL");
        return ERROR_INVALID;
    }
    while (at < length) {
        const char *name = (const char *)bytes + at, *value;
        unsigned option;
        uint64_t number;
        char shown[2][24];

        at += strlen(name) + 1;
        value = at < length ? (const char *)bytes + at : "";
        at += strlen(value) + 1;
        tftp_text_copy(shown[0], sizeof shown[0], (const uint8_t *)name, strlen(name));
        tftp_text_copy(shown[1], sizeof shown[1], (const uint8_t *)value, strlen(value));

        option = find_option(name, offer->present & ~agreed->present);
        if (option == 0) {
            snprintf(reason, capacity, "OACK option \"%s\" was %s", shown[0],
                     find_option(name, agreed->present) ? "given twice" : "not asked for");
            return ERROR_INVALID;
        }
        if (!read_decimal(value, &number) || !is_allowed(offer, option, number)) {
            snprintf(reason, capacity, "OACK option %s may not be \"%s\"", shown[0], shown[1]);
            return ERROR_INVALID;
        }
        store(agreed, option, number);
    }
    return 0;
}
