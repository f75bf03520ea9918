/*
 * configuration_values: see configuration_values.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "configuration_values.h"

#include <string.h>

#include "boot_arguments.h"
#include "error.h"

bool span_is(struct span span, const char *word)
{
    return span.length == strlen(word) && memcmp(span.at, word, span.length) == 0;
}

struct span next_word(struct span *rest)
{
    struct span word;
    size_t i = 0;

    while (rest->length > 0 && (is_blank(*rest->at) || *rest->at == ',')) {
        rest->at++;
        rest->length--;
    }
    while (i < rest->length && !is_blank(rest->at[i]) && rest->at[i] != ',')
        i++;
    word = (struct span){rest->at, i};
    rest->at += i;
    rest->length -= i;
    return word;
}

/* A decimal number of at most maximum at the front of text; returns its digits, 0 if none. */
static size_t read_number(struct span text, uint32_t maximum, uint32_t *number)
{
    uint64_t sum = 0;
    size_t i;

    for (i = 0; i < text.length && text.at[i] >= '0' && text.at[i] <= '9'; i++) {
        sum = sum * 10 + (uint64_t)(text.at[i] - '0');
        if (sum > maximum)
            return 0;
    }
    *number = (uint32_t)sum;
    return i;
}

const char *read_address(struct net_address *field, struct span value)
{
    static const char expected[] = "is not an IPv4 address like 192.0.2.1";
    struct net_address address;

    for (unsigned i = 0; i < 4; i++) {
        uint32_t byte;
        size_t digits = read_number(value, 255, &byte);

        if (digits == 0 || digits > 3)
            return expected;
        address.ip[i] = (uint8_t)byte;
        value.at += digits;
        value.length -= digits;
        if (i == 3)
            break;
        if (value.length == 0 || *value.at != '.')
            return expected;
        value.at++;
        value.length--;
    }
    if (value.length != 0)
        return expected;
    *field = address;
    return NULL;
}

const char *read_mask(struct net_address *field, struct span value)
{
    struct net_address mask;
    uint32_t bits, prefix;

    if (value.length > 0 && *value.at == '/')
        value = (struct span){value.at + 1, value.length - 1};
    if (read_number(value, 32, &prefix) == value.length && prefix > 0) {
        bits = ~0u << (32 - prefix);
        mask = (struct net_address){
            {(uint8_t)(bits >> 24), (uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits}};
    } else if (read_address(&mask, value) != NULL) {
        return "is not a mask like 255.255.255.0 or /24";
    }
    bits = (uint32_t)mask.ip[0] << 24 | (uint32_t)mask.ip[1] << 16 | (uint32_t)mask.ip[2] << 8 |
           mask.ip[3];
    if (bits == 0 || (~bits & (~bits + 1)) != 0)
        return "is not a mask: ones must come before zeros";
    *field = mask;
    return NULL;
}

const char *read_choice(void *field, size_t capacity, const char *expected, struct span value)
{
    const char *words = expected + strlen("is not ");
    struct span rest = {words, strlen(words)}, word;
    uint32_t number = 0;

    for (word = next_word(&rest); word.length != 0; word = next_word(&rest)) {
        if (span_is(word, "or"))
            continue;
        if (word.length == value.length && memcmp(word.at, value.at, word.length) == 0) {
            memcpy(field, &number, capacity); /* a bool or an enum, little-endian */
            return NULL;
        }
        number++;
    }
    return expected;
}

bool read_range(uint32_t *field, uint32_t minimum, uint32_t maximum, bool zero_is_never,
                struct span value)
{
    uint32_t number;

    if (read_number(value, maximum, &number) != value.length ||
        (number < minimum && !(number == 0 && zero_is_never)))
        return false;
    *field = number;
    return true;
}

const char *read_text(char *field, size_t capacity, struct span value)
{
    if (value.length >= capacity)
        return "is too long";
    for (size_t i = 0; i < value.length; i++) {
        if (value.at[i] < 0x20 || value.at[i] > 0x7e)
            return "has characters that are not printable ASCII";
    }
    memcpy(field, value.at, value.length);
    field[value.length] = '\0';
    return NULL;
}

const char *read_arguments(char *field, size_t capacity, struct span value)
{
    struct boot_arguments words = {.count = 0};

    switch (boot_arguments_split(&words, value.at, value.length)) {
    case ERROR_TOO_LARGE:
        return "has more than 32 words, or is too long";
    case ERROR_INVALID:
        return "has a quote that is not closed";
    }
    return read_text(field, capacity, value);
}

const char *read_word(char *field, size_t capacity, struct span value)
{
    for (size_t i = 0; i < value.length; i++) {
        if (is_blank(value.at[i]))
            return "has a space in it";
    }
    return read_text(field, capacity, value);
}

const char *read_bootargs(char *field, size_t capacity, struct span value)
{
    if (*value.at == '"' && value.length >= 2 &&
        memchr(value.at + 1, '"', value.length - 1) == value.at + value.length - 1)
        value = (struct span){value.at + 1, value.length - 2};
    return read_text(field, capacity, value);
}
