/*
 * slots_asked: what somebody outside asks of the slots: an install, a selection, the table. See
 * slots.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "log.h"
#include "slot_boot.h"
#include "slots_card.h"
#include "start_image.h"

static struct slot_store *store;
static char text[SLOT_TEXT_BYTES];

/* What is put there or selected is to be started from there. */
static int check_wanted(const struct configuration *configuration, char *reason)
{
    for (unsigned i = 0; i < configuration->source_count; i++)
        if (configuration->sources[i] == CONFIGURATION_SLOTS)
            return 0;
    strcpy(reason, "slots is not among the sources of this board");
    return ERROR_REFUSED;
}

static int install(struct loader *loader, unsigned *service, unsigned *slot, char *reason)
{
    const struct keep_image *image = &loader->keep->uploaded;
    struct slot_image about = {.bytes = image->bytes, .security_counter = image->security_counter};

    memcpy(about.digest, image->digest, sizeof about.digest);
    memcpy(about.name, image->name, sizeof about.name);
    memcpy(about.version, image->version, sizeof about.version);
    memcpy(about.location, image->location, sizeof about.location);
    int status = slots_open(loader, !slots_in_a_call(loader), &store, reason);

    /* A card that was put in since the image was checked: its floor is known only now. */
    if (status == 0)
        status = image_check_counter(loader, about.name, about.security_counter, reason);
    if (status == 0)
        status = slot_store_install(store, (const void *)loader->staging.base, &about,
                                    loader->configuration.tries, service, slot, reason);
    slots_close(loader, status);
    return status;
}

int slots_install(struct loader *loader, char *reason)
{
    struct keep_image *image = &loader->keep->uploaded;
    unsigned service, slot;
    int status = check_wanted(&loader->configuration, reason);

    if (status == 0)
        status = install(loader, &service, &slot, reason);
    if (status < 0) {
        image->bytes = 0; /* who asked for the one is not given the other */
        return status;
    }
    const struct slot_entry *entry = &store->table.services[service].slots[slot];

    image->origin = (struct slot_origin){(uint8_t)service, (char)('A' + slot), entry->state,
                                         entry->tries, entry->install};
    log_line("slots", "%s %s installed as %s, %lu bytes", image->name, image->version,
             slots_letter(&image->origin), (unsigned long)image->bytes);
    return 0;
}

/* A service that would make room for it is not stopped for an image that is then refused. Its
 * upload area is free: what it receives now is the selection. While no service runs, something may
 * be arriving there, and nothing is lost. */
static int check_start(struct loader *loader, const char *name, char *reason)
{
    const struct board_range *staging = &loader->staging;

    if (!slots_in_a_call(loader))
        return slot_boot_would_start(store, name, NULL, 0, NULL, reason);
    loader->keep->uploaded.bytes = 0;
    return slot_boot_would_start(store, name, (void *)staging->base, staging->bytes,
                                 slots_judge(loader), reason);
}

static int choose(struct loader *loader, const char *name, unsigned when, char *reason)
{
    struct slot_table before = store->table;
    int status = slot_table_select(&store->table, name, (enum slot_when)when);

    if (status == ERROR_ABSENT)
        snprintf(reason, SLOT_REASON_BYTES, "there is no service %s on this card", name);
    else if (status < 0)
        snprintf(reason, SLOT_REASON_BYTES, "%s has no slot that can be started", name);
    else if (memcmp(&before, &store->table, sizeof before) != 0)
        status = slot_store_commit(store, &before, reason);
    else if (when == SLOT_NOW)
        status = check_start(loader, name, reason);
    return status;
}

int slots_select(struct loader *loader, const char *name, unsigned when, char *reason)
{
    static const char whens[][8] = {"now", "once", "always"};

    if (when > SLOT_ALWAYS) {
        snprintf(reason, SLOT_REASON_BYTES, "%u is not now, once or always", when);
        return ERROR_INVALID;
    }
    int status = check_wanted(&loader->configuration, reason);

    if (status < 0)
        return status;
    status = slots_open(loader, !slots_in_a_call(loader), &store, reason);

    if (status == 0)
        status = choose(loader, name, when, reason);
    slots_close(loader, status);
    if (status == 0)
        log_line("slots", "%s is selected: %s", name, whens[when]);
    return status;
}

size_t slots_text(struct loader *loader, const char **table)
{
    const struct slot_origin *origin = &loader->keep->origin;
    bool runs = slots_in_a_call(loader) && origin->slot != 0;
    char reason[ELF_REASON_BYTES] = "";
    int status = slots_open(loader, !slots_in_a_call(loader), &store, reason);
    size_t length = 0;

    if (status == 0) {
        runs = runs && slots_still_has(origin, loader->keep->digest, reason) > 0;
        length = slot_store_text(store, runs ? origin->service : -1,
                                 runs ? slots_number(origin) : 0, text, sizeof text);
    } else if (status != ERROR_ABSENT) {
        length = (size_t)snprintf(text, sizeof text, "%s\n", reason);
    }
    slots_close(loader, status);
    *table = text;
    return length;
}
