/*
 * configuration: what the user wants. See configuration.h and docs/configuration.md.
 *
 * A table of keys with a reader each; pilot.conf and the boot arguments share it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "configuration.h"

#include <stdio.h>
#include <string.h>

#include "boot_arguments.h"
#include "error.h"

/* A piece of the text, not NUL-terminated. */
struct span {
    const char *at;
    size_t length;
};

static bool span_is(struct span span, const char *word)
{
    return span.length == strlen(word) && memcmp(span.at, word, span.length) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts the next word (up to a blank or a comma) off the front of rest. */
static struct span next_word(struct span *rest)
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

/* The readers put value into field and return null, or what was expected instead. */

static const char *read_address(struct net_address *field, struct span value)
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

static const char *read_mask(struct net_address *field, struct span value)
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

static const char *read_network(bool *field, struct span value)
{
    bool is_static = span_is(value, "static");

    if (!is_static && !span_is(value, "dhcp"))
        return "is not dhcp or static";
    *field = is_static;
    return NULL;
}

static const char *read_card_host(enum board_card_host *field, struct span value)
{
    static const char words[][8] = {"any", "emmc", "sdhost"};

    for (unsigned i = 0; i < 3; i++) {
        if (span_is(value, words[i])) {
            *field = (enum board_card_host)i;
            return NULL;
        }
    }
    return "is not any, emmc or sdhost";
}

/* A time in milliseconds, up to an hour. Less than a second is no time for a server, and 0
 * does not mean for ever. */
static const char *read_ms(uint32_t *field, struct span value)
{
    uint32_t number;

    if (read_number(value, 3600000, &number) != value.length || number < 1000)
        return "is not a number of milliseconds from 1000 to 3600000";
    *field = number;
    return NULL;
}

static const char *read_text(char *field, size_t capacity, struct span value)
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

/* Judged here, where the place of what is wrong is known. */
static const char *read_arguments(char *field, size_t capacity, struct span value)
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

static const char *read_word(char *field, size_t capacity, struct span value)
{
    for (size_t i = 0; i < value.length; i++) {
        if (is_blank(value.at[i]))
            return "has a space in it";
    }
    return read_text(field, capacity, value);
}

static const char *read_sources(struct configuration *configuration, struct span value)
{
    enum configuration_source sources[CONFIGURATION_SOURCES];
    unsigned count = 0;
    struct span word;

    for (word = next_word(&value); word.length != 0; word = next_word(&value)) {
        enum configuration_source source = CONFIGURATION_SD;

        if (span_is(word, "network"))
            source = CONFIGURATION_NETWORK;
        else if (!span_is(word, "sd"))
            return "is not a list of sd and network";
        for (unsigned i = 0; i < count; i++) {
            if (sources[i] == source)
                return "names a source twice";
        }
        sources[count++] = source;
    }
    if (count == 0)
        return "is not a list of sd and network";
    memcpy(configuration->sources, sources, count * sizeof sources[0]);
    configuration->source_count = count;
    return NULL;
}

/* What a value is. An enum, not a pointer to the reader: 12 pointers in a program that
 * relocates itself cost 32 bytes each. */
enum kind { ADDRESS, MASK, NETWORK, CARD_HOST, MILLISECONDS, ARGUMENTS, WORD, SOURCES };

#define FIELD(member)                                                                              \
    offsetof(struct configuration, member), sizeof((struct configuration *)0)->member

static const struct key {
    char name[12];
    uint16_t offset, capacity;
    uint8_t kind;
} keys[] = {
    {"sources", 0, 0, SOURCES},
    {"network", FIELD(is_static), NETWORK},
    {"address", FIELD(address), ADDRESS},
    {"mask", FIELD(mask), MASK},
    {"gateway", FIELD(gateway), ADDRESS},
    {"dns", FIELD(dns), ADDRESS},
    {"server", FIELD(server), ADDRESS},
    {"file", FIELD(file), WORD},
    {"service", FIELD(service), WORD},
    {"arguments", FIELD(arguments), ARGUMENTS},
    {"wait_ms", FIELD(wait_ms), MILLISECONDS},
    {"sd_host", FIELD(card_host), CARD_HOST},
};

static const char *read_value(struct configuration *configuration, const struct key *key,
                              struct span value)
{
    void *field = (char *)configuration + key->offset;

    if (value.length == 0)
        return "has no value";
    switch ((enum kind)key->kind) {
    case ADDRESS:
        return read_address(field, value);
    case MASK:
        return read_mask(field, value);
    case NETWORK:
        return read_network(field, value);
    case CARD_HOST:
        return read_card_host(field, value);
    case MILLISECONDS:
        return read_ms(field, value);
    case ARGUMENTS:
        return read_arguments(field, key->capacity, value);
    case WORD:
        return read_word(field, key->capacity, value);
    case SOURCES:
        return read_sources(configuration, value);
    }
    return "has no reader";
}

void configuration_defaults(struct configuration *configuration)
{
    *configuration = (struct configuration){
        .sources = {CONFIGURATION_SD, CONFIGURATION_NETWORK},
        .source_count = CONFIGURATION_SOURCES,
        .wait_ms = 60000,
        .card_host = BOARD_CARD_ANY,
    };
}

int configuration_set(struct configuration *configuration, const char *key, size_t key_length,
                      const char *value, size_t value_length, const char **why)
{
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (!span_is((struct span){key, key_length}, keys[i].name))
            continue;
        *why = read_value(configuration, &keys[i], (struct span){value, value_length});
        return *why == NULL ? 0 : ERROR_INVALID;
    }
    *why = "is not a key";
    return ERROR_ABSENT;
}

bool configuration_check(struct configuration *configuration, const char **why)
{
    static const struct net_address nothing;

    if (!configuration->is_static)
        return true;
    if (memcmp(&configuration->address, &nothing, sizeof nothing) != 0 &&
        memcmp(&configuration->mask, &nothing, sizeof nothing) != 0)
        return true;
    *why = "network = static needs address and mask; dhcp is used";
    configuration->is_static = false;
    return false;
}

void configuration_file(const struct configuration *configuration, char *name)
{
    if (configuration->file[0] != '\0' || configuration->service[0] == '\0')
        snprintf(name, NET_NAME_MAX, "%s", configuration->file);
    else
        snprintf(name, NET_NAME_MAX, "%s.elf", configuration->service);
}

/* ---- the file ---- */

void configuration_complain(struct configuration_errors *errors, const char *where,
                            const char *what, size_t length, const char *why)
{
    char shown[40], sentence[160];
    size_t i;

    if (errors->count++ >= CONFIGURATION_ERRORS_MAX || errors->report == NULL)
        return;
    for (i = 0; i < length && i + 1 < sizeof shown; i++)
        shown[i] = what[i] >= 0x20 && what[i] <= 0x7e ? what[i] : '.';
    shown[i] = '\0';
    snprintf(sentence, sizeof sentence, "%s: \"%s\" %s", where, shown, why);
    errors->report(errors->context, sentence);
}

struct reader {
    const char *name;
    struct configuration_errors errors;
};

static void complain(struct reader *reader, unsigned line, size_t column, struct span what,
                     const char *why)
{
    char where[48];

    snprintf(where, sizeof where, "%s:%u:%u", reader->name, line, (unsigned)column);
    configuration_complain(&reader->errors, where, what.at, what.length, why);
}

static struct span trim(const char *from, const char *to)
{
    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    return (struct span){from, (size_t)(to - from)};
}

static void read_line(struct reader *reader, struct configuration *configuration, unsigned number,
                      const char *line, const char *end)
{
    const char *comment = line, *equals, *why;
    struct span key, value;

    /* A # begins a comment at the start of a line or after a blank, so that a file name
     * may have one. */
    while (comment < end && !(*comment == '#' && (comment == line || is_blank(comment[-1]))))
        comment++;
    end = comment;
    key = trim(line, end);
    if (key.length == 0)
        return;
    equals = memchr(line, '=', (size_t)(end - line));
    if (equals == NULL) {
        complain(reader, number, (size_t)(key.at - line) + 1, key, "has no = value");
        return;
    }
    key = trim(line, equals);
    value = trim(equals + 1, end);
    switch (configuration_set(configuration, key.at, key.length, value.at, value.length, &why)) {
    case 0:
        return;
    case ERROR_ABSENT:
        complain(reader, number, (size_t)(key.at - line) + 1, key, why);
        return;
    default:
        if (value.length == 0)
            complain(reader, number, (size_t)(key.at - line) + 1, key, why);
        else
            complain(reader, number, (size_t)(value.at - line) + 1, value, why);
    }
}

unsigned configuration_read(struct configuration *configuration, const char *name, const char *text,
                            size_t length, configuration_report *report, void *context)
{
    struct reader reader = {.name = name, .errors = {report, context, 0}};
    const char *end = text + length;
    unsigned number = 0;

    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));

        if (stop == NULL)
            stop = end;
        read_line(&reader, configuration, ++number, text, stop);
        text = stop < end ? stop + 1 : end;
    }
    if (reader.errors.count > CONFIGURATION_ERRORS_MAX && report != NULL) {
        char sentence[96];

        snprintf(sentence, sizeof sentence, "%s: %u more errors", name,
                 reader.errors.count - CONFIGURATION_ERRORS_MAX);
        report(context, sentence);
    }
    return reader.errors.count;
}
