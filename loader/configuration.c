/*
 * configuration: what the user wants. See configuration.h and docs/configuration.md.
 *
 * A table of keys with a reader each; pilot.conf (configuration_text.c) and the boot arguments
 * (boot_arguments.c) share it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "configuration.h"

#include <stdio.h>
#include <string.h>

#include "configuration_values.h"
#include "error.h"

/* In the order of enum configuration_source. */
static const char source_names[CONFIGURATION_SOURCES][8] = {"slots", "sd", "network", "image"};

/* Returns CONFIGURATION_SOURCES if it is none. */
static unsigned source_named(struct span word)
{
    unsigned source = 0;

    while (source < CONFIGURATION_SOURCES && !span_is(word, source_names[source]))
        source++;
    return source;
}

static const char *read_sources(struct configuration *configuration, struct span value)
{
    enum configuration_source sources[CONFIGURATION_SOURCES];
    unsigned count = 0;
    struct span word;

    for (word = next_word(&value); word.length != 0; word = next_word(&value)) {
        unsigned source = source_named(word);

        if (source == CONFIGURATION_SOURCES)
            return "is not a list of slots, sd, network and image";
        for (unsigned i = 0; i < count; i++) {
            if (sources[i] == source)
                return "names a source twice";
        }
        sources[count++] = source;
    }
    if (count == 0)
        return "is not a list of slots, sd, network and image";
    memcpy(configuration->sources, sources, count * sizeof sources[0]);
    configuration->source_count = count;
    return NULL;
}

/* One source, and what to take from it. Changes nothing unless all of it is right. */
static const char *read_source(struct configuration *configuration, struct span value)
{
    struct span name = value;
    unsigned source = source_named(next_word(&name));
    char *field = configuration->file;
    size_t capacity = sizeof configuration->file;

    while (name.length > 0 && is_blank(*name.at))
        name = (struct span){name.at + 1, name.length - 1};
    if (source == CONFIGURATION_SOURCES)
        return "is not slots, sd, network or image, and a name";
    if (source == CONFIGURATION_SLOTS) {
        field = configuration->service;
        capacity = sizeof configuration->service;
    } else if (source == CONFIGURATION_IMAGE) {
        field = configuration->image;
        capacity = sizeof configuration->image;
    }
    if (name.length > 0) {
        const char *why = read_word(field, capacity, name);

        if (why != NULL)
            return why;
    }
    configuration->sources[0] = source;
    configuration->source_count = 1;
    return NULL;
}

/* The words stand in the sentence that is said when it is none of them, in the order of
 * their numbers. */
static const char choices[][28] = {
    "is not dhcp or static", "is not any, emmc or sdhost",  "is not off, signed or any",
    "is not off or on",      "is not wait, restart or off", "is not keep or send",
};

/* A time, up to an hour. What is below minimum is no time for a server to answer, or for a
 * service to work. */
static bool read_ms(uint32_t *field, uint32_t minimum, bool zero_is_never, struct span value)
{
    return read_range(field, minimum, 3600000, zero_is_never, value);
}

/* What a value is; first the choices, in their order. An enum, not a pointer to the reader:
 * pointers in a program that relocates itself cost 32 bytes each. */
enum kind {
    NETWORK,
    CARD_HOST,
    DEPLOY,
    SWITCH,
    EXIT,
    CORE,
    ADDRESS,
    MASK,
    WAIT_MS,
    WATCHDOG_MS,
    CONFIRM_MS,
    ARGUMENTS,
    WORD,
    SOURCES,
    SOURCE,
    BOOTARGS,
    TRIES,
};

_Static_assert(sizeof choices / sizeof choices[0] == ADDRESS, "a sentence for every choice");

#define FIELD(member)                                                                              \
    offsetof(struct configuration, member), sizeof((struct configuration *)0)->member

static const struct key {
    char name[12];
    uint16_t offset, capacity;
    uint8_t kind;
} keys[] = {
    {"sources", 0, 0, SOURCES},
    {"source", 0, 0, SOURCE},
    {"network", FIELD(is_static), NETWORK},
    {"address", FIELD(address), ADDRESS},
    {"mask", FIELD(mask), MASK},
    {"gateway", FIELD(gateway), ADDRESS},
    {"dns", FIELD(dns), ADDRESS},
    {"server", FIELD(server), ADDRESS},
    {"file", FIELD(file), WORD},
    {"service", FIELD(service), WORD},
    {"arguments", FIELD(arguments), ARGUMENTS},
    {"image", FIELD(image), WORD},
    {"initrd", FIELD(initrd), WORD},
    {"bootargs", FIELD(bootargs), BOOTARGS},
    {"tries", FIELD(tries), TRIES},
    {"wait_ms", FIELD(wait_ms), WAIT_MS},
    {"sd_host", FIELD(card_host), CARD_HOST},
    {"deploy", FIELD(deploy), DEPLOY},
    {"warm", FIELD(warm), SWITCH},
    {"watchdog_ms", FIELD(watchdog_ms), WATCHDOG_MS},
    {"confirm_ms", FIELD(confirm_ms), CONFIRM_MS},
    {"exit", FIELD(exit), EXIT},
    {"core", FIELD(core), CORE},
    {"syslog", FIELD(syslog), ADDRESS},
};

static const char *read_value(struct configuration *configuration, const struct key *key,
                              struct span value)
{
    void *field = (char *)configuration + key->offset;

    if (value.length == 0)
        return "has no value";
    switch ((enum kind)key->kind) {
    case NETWORK:
    case CARD_HOST:
    case DEPLOY:
    case SWITCH:
    case EXIT:
    case CORE:
        return read_choice(field, key->capacity, choices[key->kind], value);
    case ADDRESS:
        return read_address(field, value);
    case MASK:
        return read_mask(field, value);
    case WAIT_MS:
        if (read_ms(field, 1000, false, value))
            return NULL;
        return "is not a number of milliseconds from 1000 to 3600000";
    case WATCHDOG_MS:
        if (read_ms(field, 100, true, value))
            return NULL;
        return "is not 0 or a number of milliseconds from 100 to 3600000";
    case CONFIRM_MS:
        if (read_ms(field, 1000, true, value))
            return NULL;
        return "is not 0 or a number of milliseconds from 1000 to 3600000";
    case ARGUMENTS:
        return read_arguments(field, key->capacity, value);
    case WORD:
        return read_word(field, key->capacity, value);
    case SOURCES:
        return read_sources(configuration, value);
    case SOURCE:
        return read_source(configuration, value);
    case BOOTARGS:
        return read_bootargs(field, key->capacity, value);
    case TRIES:
        return read_range(field, 1, 15, false, value) ? NULL : "is not a number from 1 to 15";
    }
    return "has no reader";
}

void configuration_defaults(struct configuration *configuration)
{
    *configuration = (struct configuration){
        .sources = {CONFIGURATION_SLOTS, CONFIGURATION_SD, CONFIGURATION_NETWORK},
        .source_count = 3,
        .tries = 3,
        .deploy = BOOT_DEPLOY_ANY, /* of a loader with keys: any that is signed by one of them */
        .warm = true,
        .watchdog_ms = 3000,
        .confirm_ms = 30000,
        .exit = CONFIGURATION_EXIT_WAIT,
        .core = CONFIGURATION_CORE_KEEP,
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

#define LACKS_ADDRESS "network = static needs address and mask; dhcp is used"
#define LACKS_KEYS    "deploy = signed, but this loader has no keys: every push will be refused"

bool configuration_check(struct configuration *configuration, bool has_keys, const char **why)
{
    static const struct net_address nothing;
    bool lacks_address = configuration->is_static &&
                         (memcmp(&configuration->address, &nothing, sizeof nothing) == 0 ||
                          memcmp(&configuration->mask, &nothing, sizeof nothing) == 0);
    /* It stays signed and is not taken for off: who pushes is to hear what is missing. */
    bool lacks_keys = configuration->deploy == BOOT_DEPLOY_SIGNED && !has_keys;

    if (lacks_address)
        configuration->is_static = false;
    if (lacks_address && lacks_keys)
        *why = LACKS_ADDRESS "; " LACKS_KEYS;
    else if (lacks_address)
        *why = LACKS_ADDRESS;
    else if (lacks_keys)
        *why = LACKS_KEYS;
    return !lacks_address && !lacks_keys;
}

void configuration_file(const struct configuration *configuration, char *name)
{
    if (configuration->file[0] != '\0' || configuration->service[0] == '\0')
        snprintf(name, NET_NAME_MAX, "%s", configuration->file);
    else
        snprintf(name, NET_NAME_MAX, "%s.elf", configuration->service);
}
