/*
 * sources: see sources.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sources.h"

#include <string.h>

#include "block_device.h"
#include "boot_from_sd.h"
#include "boot_from_tftp.h"
#include "clock.h"
#include "error.h"
#include "ethernet_device.h"
#include "phases.h"
#include "start_image.h"
#include "uplink.h"

#define SILENT_ROUNDS_MAX 3

static struct boot_from_tftp from_tftp;
static struct boot_from_sd from_sd;
static struct configuration sought; /* the loader's own, or with another file for one round */

/* Fetches from one source and starts what it got; returns the error if that failed. */
static int try_source(struct loader *loader, struct boot_source *source)
{
    uint64_t deadline_us = clock_now_us() + (uint64_t)loader->configuration.wait_ms * 1000;
    struct image_file file = {.bytes = (const void *)loader->staging.base, .index = KEEP_NOTHING};

    digest_init(&loader->digest);
    int64_t length = source->fetch(source, (void *)loader->staging.base, loader->staging.bytes,
                                   &loader->digest.sink, deadline_us);

    phases_end(BOOT_PHASE_FETCH);
    loader->staging_is_full = length > 0;
    if (length <= 0)
        return (int)length;
    file.about.bytes = (uint64_t)length;
    digest_finish(&loader->digest, file.about.digest);
    strncpy(file.about.location, source->location(source), sizeof file.about.location - 1);
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
    int status = try_source(loader, &from_sd.source);

    /* A card that is there and only lacks the file stays as it is. One that failed or is
     * gone may be another next time: it is looked at anew. */
    if (status != ERROR_ABSENT || loader->board.card->block_count == 0)
        loader->board.card = NULL;
}

/* What is complete in the staging area stays there until it is started or refused. */
static bool turn(void *context, uint64_t deadline_us)
{
    struct loader *loader = context;

    loader->staging_is_full = from_tftp.is_complete;
    return uplink_turn(loader, deadline_us);
}

static void try_network(struct loader *loader)
{
    static unsigned silent_rounds;

    if (uplink_start(loader) < 0)
        return;
    struct ethernet_device *ethernet = loader->board.ethernet;
    struct ethernet_statistics before = ethernet->statistics;

    boot_from_tftp_init(&from_tftp, &sought, loader->board.serial, turn, loader);
    try_source(loader, &from_tftp.source);

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

void sources_try(struct loader *loader, const char *named)
{
    sought = loader->configuration;
    if (named != NULL)
        memcpy(sought.file, named, sizeof sought.file);
    for (unsigned i = 0; i < sought.source_count; i++) {
        uplink_idle(loader, 0); /* a push that is arriving goes before */
        if (loader->push_is_here)
            return;
        switch (sought.sources[i]) {
        case CONFIGURATION_SD:
            try_card(loader);
            break;
        case CONFIGURATION_NETWORK:
            try_network(loader);
            break;
        case CONFIGURATION_SLOTS:
        case CONFIGURATION_IMAGE:
            break;
        }
    }
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
    if (loader->board.card != NULL || loader->push_is_here)
        return;
    settings_read(loader);
    if (loader->board.card == NULL) {
        /* What a card said holds until another says otherwise: deploy = off for one. */
        loader->configuration = before;
        loader->arguments = arguments;
        return;
    }
    if (!wants_the_same_network(&before, &loader->configuration))
        uplink_forget(loader);
}
