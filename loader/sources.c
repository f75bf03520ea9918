/*
 * sources: see sources.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sources.h"

#include <stdio.h>
#include <string.h>

#include "boot_from_sd.h"
#include "boot_from_tftp.h"
#include "chainload.h"
#include "clock.h"
#include "error.h"
#include "ethernet_device.h"
#include "log.h"
#include "phases.h"
#include "signature.h"
#include "slots.h"
#include "start_image.h"
#include "uplink.h"

#define SILENT_ROUNDS_MAX 3

static struct boot_from_tftp from_tftp;
static struct boot_from_sd from_sd;
static struct configuration sought; /* the loader's own, or with another file for one round */

static int64_t fetch(struct loader *loader, struct boot_source *source, void *to, size_t room,
                     struct boot_sink *sink)
{
    uint64_t deadline_us = clock_now_us() + (uint64_t)loader->configuration.wait_ms * 1000;

    return source->fetch(source, to, room, sink, deadline_us);
}

/* Fetches from one source and starts what it got; returns the error if that failed. sign: appends
 * the file's signature if it is elsewhere; null: the source did. */
static int try_source(struct loader *loader, struct boot_source *source,
                      int64_t (*sign)(struct loader *loader, int64_t length))
{
    struct image_file file = {.bytes = (const void *)loader->staging.base, .index = KEEP_NOTHING};

    digest_init(&loader->digest);
    int64_t length = fetch(loader, source, (void *)loader->staging.base, loader->staging.bytes,
                           &loader->digest.sink);

    if (length > 0) {
        strncpy(file.about.location, source->location(source), sizeof file.about.location - 1);
        if (sign != NULL)
            length = sign(loader, length);
    }
    phases_end(BOOT_PHASE_FETCH);
    loader->staging_is_full = length > 0;
    if (length <= 0)
        return (int)length;
    file.about.bytes = (uint64_t)length;
    digest_finish(&loader->digest, file.about.digest);
    int status = start_image(loader, &file);

    loader->staging_is_full = false;
    return status;
}

static void try_card(struct loader *loader)
{
    static char file[NET_NAME_MAX];

    if (loader->board.card == NULL)
        return; /* settings_read has looked, and said what was wrong */
    configuration_file(&sought, file);
    boot_from_sd_init(&from_sd, loader->board.card, file[0] != 0 ? file : BOOT_FROM_TFTP_FILE);
    int status = try_source(loader, &from_sd.source, NULL);

    if (loader_card_has_failed(loader, status))
        loader->board.card = NULL;
}

/* What is complete in the staging area stays there until it is started or refused. */
static bool turn(void *context, uint64_t deadline_us)
{
    struct loader *loader = context;

    loader->staging_is_full = from_tftp.is_complete;
    return uplink_turn(loader, deadline_us);
}

/*
 * A file in staging that lacks a signature we need: fetches the one that stands beside it on the
 * server, by the very name the file was found by, and puts its footer behind the file. Without one
 * the file stays as it is, and is refused as any that is not signed.
 */
static int64_t fetch_signature(struct loader *loader, int64_t length)
{
    static struct configuration wanted;
    static char text[SIGNATURE_FILE_MAX];
    uint8_t *file = (uint8_t *)loader->staging.base;
    char reason[ELF_REASON_BYTES];
    struct signature_footer footer;

    if (signature_key_count(signature_own_keys(), NULL) == 0 ||
        signature_is_there(file, (size_t)length) ||
        loader->staging.bytes - (size_t)length < sizeof footer)
        return length;
    wanted = sought;
    if (snprintf(wanted.file, sizeof wanted.file, "%s.sig", from_tftp.name) >=
        (int)sizeof wanted.file)
        return length;
    boot_from_tftp_init(&from_tftp, &wanted, "", turn, loader);
    int64_t got = fetch(loader, &from_tftp.source, text, sizeof text, NULL);

    if (got == ERROR_CANCELLED)
        return got;
    if (got < 0)
        return length;
    if (signature_read(text, (size_t)got, (uint64_t)length, &footer, reason) < 0) {
        log_line("network", "%s: %s", wanted.file, reason);
        return length;
    }
    memcpy(file + length, &footer, sizeof footer);
    loader->digest.sink.update(&loader->digest.sink, &footer, sizeof footer);
    return length + (int64_t)sizeof footer;
}

static void try_network(struct loader *loader)
{
    static unsigned silent_rounds;

    if (uplink_start(loader) < 0)
        return;
    struct ethernet_device *ethernet = loader->board.ethernet;
    struct ethernet_statistics before = ethernet->statistics;

    boot_from_tftp_init(&from_tftp, &sought, loader->board.serial, turn, loader);
    try_source(loader, &from_tftp.source, fetch_signature);

    /* An adapter that is gone gets a new beginning at once; one that for some rounds has
     * brought nothing in or out, too. Not earlier: a switch may take half a minute to let
     * us through. */
    if (ethernet->statistics.frames_received != before.frames_received &&
        ethernet->statistics.frames_sent != before.frames_sent)
        silent_rounds = 0;
    else
        silent_rounds++;
    if (ethernet->update_link(ethernet) == ERROR_IO || silent_rounds >= SILENT_ROUNDS_MAX) {
        uplink_forget(loader);
        silent_rounds = 0;
    }
}

/* Returns true when the card has failed. */
static bool try_one(struct loader *loader, enum configuration_source source, const char *named)
{
    uplink_idle(loader, 0); /* a push that is arriving goes before */
    if (loader_is_asked(loader))
        return false;
    switch (source) {
    case CONFIGURATION_SLOTS:
        return loader_card_has_failed(loader, slots_try(loader, named));
    case CONFIGURATION_SD:
        try_card(loader);
        break;
    case CONFIGURATION_NETWORK:
        try_network(loader);
        break;
    case CONFIGURATION_IMAGE:
        chainload_try(loader);
        break;
    }
    return false;
}

/* "dns.elf" is the file of the service dns. */
static const char *service_named(const char *file)
{
    static char name[NET_NAME_MAX];
    size_t length = (size_t)snprintf(name, sizeof name, "%s", file);

    if (length > 4 && strcmp(name + length - 4, ".elf") == 0)
        name[length - 4] = '\0';
    return name;
}

void sources_try(struct loader *loader, const char *named)
{
    const char *service = NULL;
    bool card_failed = false;

    sought = loader->configuration;
    if (named != NULL) {
        snprintf(sought.file, sizeof sought.file, "%s", named);
        service = service_named(named);
    }
    /* Who asks for a service by name means the one that is installed, if there is one. */
    for (unsigned i = 0; named != NULL && i < sought.source_count; i++)
        if (sought.sources[i] == CONFIGURATION_SLOTS)
            card_failed |= try_one(loader, CONFIGURATION_SLOTS, service);
    /* Then files of that name. Another system has none. */
    for (unsigned i = 0; i < sought.source_count; i++)
        if (named == NULL || sought.sources[i] == CONFIGURATION_SD ||
            sought.sources[i] == CONFIGURATION_NETWORK)
            card_failed |= try_one(loader, sought.sources[i], NULL);
    /* The slots' card may be another next time; until here its files may be readable. */
    if (card_failed)
        loader->board.card = NULL;
}

static bool wants_the_same_network(const struct configuration *a, const struct configuration *b)
{
    return a->is_static == b->is_static &&
           memcmp(&a->address, &b->address, sizeof a->address) == 0 &&
           memcmp(&a->mask, &b->mask, sizeof a->mask) == 0 &&
           memcmp(&a->gateway, &b->gateway, sizeof a->gateway) == 0 &&
           memcmp(&a->dns, &b->dns, sizeof a->dns) == 0 &&
           memcmp(&a->server, &b->server, sizeof a->server) == 0;
}

void sources_look_for_a_card(struct loader *loader)
{
    struct configuration before = loader->configuration;
    struct boot_arguments arguments = loader->arguments;

    uplink_idle(loader, 0);
    if (loader->board.card != NULL || loader_is_asked(loader))
        return;
    if (!settings_read(loader)) {
        /* What a card said holds until another says otherwise: deploy = off for one. */
        loader->configuration = before;
        loader->arguments = arguments;
        return;
    }
    if (!wants_the_same_network(&before, &loader->configuration))
        uplink_forget(loader);
}
