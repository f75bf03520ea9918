/*
 * rules: see the header.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "rules.h"

#include <stdio.h>
#include <string.h>

#include "crc32c.h"

#define FAILURES_MAX 3 /* in a row: docs/storage.md */

bool rules_record(const uint8_t *bytes, struct slot_record *record)
{
    memcpy(record, bytes, sizeof(*record));
    return record->magic == SLOT_RECORD_MAGIC && record->format == SLOT_FORMAT &&
           record->sequence != 0 && record->sequence <= SLOT_SEQUENCE_MAX &&
           record->crc32c == crc32c(0, bytes, sizeof(*record) - sizeof(record->crc32c));
}

/* The record at a place 0 ... 2 * SLOT_RING_RECORDS - 1 of both rings. */
static bool record_at(const struct power_card *card, unsigned place, struct slot_record *record)
{
    uint32_t ring = place < SLOT_RING_RECORDS ? POWER_CARD_STORE : POWER_CARD_RING_1;
    uint32_t block = ring + place % SLOT_RING_RECORDS;
    bool is_unreadable;

    if (card->bend.place != NULL)
        block = card->bend.place(block);
    const uint8_t *bytes = power_card_at(card, block, &is_unreadable);

    return !is_unreadable && rules_record(bytes, record);
}

bool rules_durable(const struct power_card *card, struct slot_table *table)
{
    uint64_t below = SLOT_SEQUENCE_MAX + 1;
    bool is_disputed = true;
    struct slot_record record;

    while (is_disputed) {
        uint64_t newest = 0;

        is_disputed = false;
        memset(table, 0, sizeof(*table));
        table->standard = table->once = table->last_service = SLOT_NOBODY;
        for (unsigned place = 0; place < 2 * SLOT_RING_RECORDS; place++) {
            if (!record_at(card, place, &record) || record.sequence >= below ||
                record.sequence < newest)
                continue;
            if (record.sequence > newest)
                is_disputed = false;
            else if (memcmp(&record.table, table, sizeof(*table)) != 0)
                is_disputed = true;
            newest = record.sequence;
            *table = record.table;
        }
        if (newest == 0)
            return false;
        below = newest;
    }
    return true;
}

static void forget(struct slot_table *table, unsigned service)
{
    memset(&table->services[service], 0, sizeof(table->services[service]));
    if (table->standard == service)
        table->standard = SLOT_NOBODY;
    if (table->once == service)
        table->once = SLOT_NOBODY;
    if (table->last_service == service) {
        table->last_service = SLOT_NOBODY;
        table->last_slot = 0;
    }
}

struct slot_table rules_clean(const struct slot_table *table)
{
    struct slot_table result = *table;

    for (unsigned i = 0; i < SLOT_SERVICES_MAX; i++) {
        struct slot_service *service = &result.services[i];
        unsigned empty = 0;

        for (unsigned slot = 0; slot < SLOT_SLOTS; slot++) {
            struct slot_entry *entry = &service->slots[slot];

            if (entry->state == SLOT_WRITING)
                *entry = (struct slot_entry){.state = SLOT_EMPTY};
            if (entry->state == SLOT_TRIAL && entry->tries == 0)
                entry->state = SLOT_BAD;
            empty += entry->state == SLOT_EMPTY;
        }
        if (empty == SLOT_SLOTS && service->floor == 0)
            forget(&result, i);
    }
    return result;
}

bool rules_same(const struct slot_table *a, const struct slot_table *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

bool rules_has_start(const struct slot_entry *entry)
{
    return entry->state == SLOT_CONFIRMED ||
           ((entry->state == SLOT_PENDING || entry->state == SLOT_TRIAL) && entry->tries > 0);
}

static bool has_failed(const struct slot_entry *entry)
{
    return entry->state == SLOT_CONFIRMED && entry->failures >= FAILURES_MAX;
}

/* The slot of a service to be looked at first; the other one is next. */
static unsigned first_slot(const struct slot_service *service)
{
    unsigned later = service->slots[0].install > service->slots[1].install ? 0 : 1;

    if (has_failed(&service->slots[later]) && service->slots[1 - later].state == SLOT_CONFIRMED)
        return 1 - later;
    return later;
}

static int first_service(const struct slot_table *table)
{
    for (int i = 0; i < (int)SLOT_SERVICES_MAX; i++) {
        if (rules_has_start(&table->services[i].slots[0]) ||
            rules_has_start(&table->services[i].slots[1]))
            return i;
    }
    return -1;
}

struct rules_start rules_choose(const struct slot_table *table,
                                bool (*may_start)(void *context, unsigned service, unsigned slot),
                                void *context)
{
    struct slot_table rest = *table;

    for (unsigned turn = 0; turn < 2; turn++) {
        int service = rest.once != SLOT_NOBODY       ? rest.once
                      : rest.standard != SLOT_NOBODY ? rest.standard
                                                     : first_service(&rest);

        for (unsigned i = 0; service >= 0 && i < SLOT_SLOTS; i++) {
            unsigned slot = first_slot(&rest.services[service]) ^ i;

            if (rules_has_start(&rest.services[service].slots[slot]) &&
                may_start(context, (unsigned)service, slot))
                return (struct rules_start){service, slot};
        }
        if (rest.once == SLOT_NOBODY)
            break;
        rest.once = SLOT_NOBODY;
    }
    return (struct rules_start){-1, 0};
}

struct slot_table rules_started(const struct slot_table *table, struct rules_start start)
{
    struct slot_table result = *table;

    result.once = SLOT_NOBODY;
    if (start.service < 0)
        return result;
    struct slot_service *service = &result.services[start.service];
    struct slot_entry *entry = &service->slots[start.slot];

    if (entry->state == SLOT_CONFIRMED) {
        if (has_failed(&service->slots[1 - start.slot]))
            service->slots[1 - start.slot].failures = 0;
    } else {
        entry->state = SLOT_TRIAL;
        entry->tries--;
    }
    result.last_service = (uint8_t)start.service;
    result.last_slot = (uint8_t)start.slot;
    return result;
}

static const char *name_of(const struct slot_table *table, uint8_t service)
{
    return service < SLOT_SERVICES_MAX ? table->services[service].name : "-";
}

void rules_text(const struct slot_table *table, char *text, size_t capacity)
{
    static const char *const states[] = {"-", "writing", "pending", "trial", "confirmed", "bad"};
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < SLOT_SERVICES_MAX; i++) {
        const struct slot_service *service = &table->services[i];

        if (service->name[0] == '\0')
            continue;
        used += (size_t)snprintf(text + used, capacity - used, "%s:", service->name);
        for (unsigned slot = 0; slot < SLOT_SLOTS && used < capacity; slot++) {
            const struct slot_entry *entry = &service->slots[slot];

            used += (size_t)snprintf(text + used, capacity - used, " %c %s", (int)('A' + slot),
                                     states[entry->state <= SLOT_BAD ? entry->state : 0]);
            if (used < capacity && entry->state != SLOT_EMPTY)
                used +=
                    (size_t)snprintf(text + used, capacity - used, " %u", (unsigned)entry->install);
            if (used < capacity && entry->tries + entry->failures != 0)
                used += (size_t)snprintf(text + used, capacity - used, "(%u)",
                                         (unsigned)entry->tries + entry->failures);
        }
        if (used < capacity)
            used += (size_t)snprintf(text + used, capacity - used, " floor %u; ",
                                     (unsigned)service->floor);
        if (used >= capacity)
            return;
    }
    snprintf(text + used, capacity - used, "standard %s, once %s, last %s, %u installs",
             name_of(table, table->standard), name_of(table, table->once),
             name_of(table, table->last_service), (unsigned)table->installs);
}
