/*
 * slot_table: the rules of the slot store. See slot_table.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_table.h"

#include <string.h>

#include "check.h"
#include "error.h"

static struct slot_entry *entry_of(struct slot_table *table, unsigned service, unsigned slot)
{
    ASSERT(service < SLOT_SERVICES_MAX && slot < SLOT_SLOTS);
    return &table->services[service].slots[slot];
}

static bool is_on_trial(const struct slot_entry *entry)
{
    return entry->state == SLOT_PENDING || entry->state == SLOT_TRIAL;
}

static bool may_start(const struct slot_entry *entry)
{
    return entry->state == SLOT_CONFIRMED || (is_on_trial(entry) && entry->tries > 0);
}

static bool keeps_failing(const struct slot_entry *entry)
{
    return entry->state == SLOT_CONFIRMED && entry->failures >= SLOT_FAILURES_MAX;
}

static bool differs(const struct slot_table *table, const struct slot_table *before)
{
    return memcmp(table, before, sizeof *table) != 0;
}

void slot_table_init(struct slot_table *table)
{
    memset(table, 0, sizeof *table);
    table->standard = table->once = table->last_service = SLOT_NOBODY;
}

/* ---- soundness ---- */

static bool is_service_name(const char *name)
{
    size_t length = strnlen(name, sizeof((struct slot_service *)NULL)->name);

    for (size_t i = 0; i < length; i++) {
        char c = name[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return length > 0 && length < sizeof((struct slot_service *)NULL)->name;
}

static bool entry_is_sound(const struct slot_entry *entry, uint32_t installs)
{
    uint8_t tries_min = entry->state == SLOT_PENDING;
    uint8_t tries_max = is_on_trial(entry) ? SLOT_TRIES_MAX : 0;
    uint8_t failures_max = entry->state == SLOT_CONFIRMED ? SLOT_FAILURES_MAX : 0;

    return entry->state <= SLOT_BAD && entry->tries >= tries_min && entry->tries <= tries_max &&
           entry->failures <= failures_max && entry->install <= installs &&
           (entry->install == 0) == (entry->state == SLOT_EMPTY);
}

static bool is_free(const struct slot_service *row)
{
    return row->name[0] == '\0';
}

static bool is_empty(const struct slot_service *row)
{
    return row->slots[0].state == SLOT_EMPTY && row->slots[1].state == SLOT_EMPTY;
}

static bool row_is_sound(const struct slot_service *row, uint32_t installs)
{
    static const char nothing[sizeof row->name];
    size_t length = strnlen(row->name, sizeof row->name);

    if (memcmp(row->name + length, nothing, sizeof row->name - length) != 0)
        return false;
    for (unsigned slot = 0; slot < SLOT_SLOTS; slot++) {
        if (!entry_is_sound(&row->slots[slot], installs))
            return false;
    }
    if (is_free(row))
        return is_empty(row) && row->floor == 0;
    return is_service_name(row->name) &&
           (row->slots[0].install != row->slots[1].install || is_empty(row));
}

static bool index_is_sound(const struct slot_table *table, uint8_t index)
{
    return index == SLOT_NOBODY || (index < SLOT_SERVICES_MAX && !is_free(&table->services[index]));
}

bool slot_table_is_sound(const struct slot_table *table)
{
    for (unsigned i = 0; i < SLOT_SERVICES_MAX; i++) {
        const struct slot_service *row = &table->services[i];

        if (!row_is_sound(row, table->installs))
            return false;
        if (!is_free(row) && slot_table_find(table, row->name) != (int)i)
            return false;
    }
    return index_is_sound(table, table->standard) && index_is_sound(table, table->once) &&
           index_is_sound(table, table->last_service) && table->last_slot < SLOT_SLOTS;
}

/* ---- looking ---- */

int slot_table_find(const struct slot_table *table, const char *name)
{
    for (unsigned i = 0; i < SLOT_SERVICES_MAX; i++) {
        const struct slot_service *row = &table->services[i];

        if (!is_free(row) && strncmp(row->name, name, sizeof row->name) == 0)
            return (int)i;
    }
    return ERROR_ABSENT;
}

unsigned slot_table_order(const struct slot_table *table, unsigned service, uint8_t *order)
{
    ASSERT(service < SLOT_SERVICES_MAX);
    const struct slot_entry *slots = table->services[service].slots;
    uint8_t first = slots[1].install > slots[0].install;
    unsigned count = 0;

    if (keeps_failing(&slots[first]) && slots[!first].state == SLOT_CONFIRMED)
        first = !first;
    for (unsigned i = 0; i < SLOT_SLOTS; i++) {
        uint8_t slot = first ^ (uint8_t)i;

        if (may_start(&slots[slot]))
            order[count++] = slot;
    }
    return count;
}

static bool has_a_start(const struct slot_table *table, unsigned service)
{
    uint8_t order[SLOT_SLOTS];

    return slot_table_order(table, service, order) > 0;
}

int slot_table_wanted(const struct slot_table *table, const char *preferred)
{
    int first = ERROR_ABSENT;

    if (table->once != SLOT_NOBODY)
        return table->once;
    if (table->standard != SLOT_NOBODY)
        return table->standard;
    if (preferred != NULL && slot_table_find(table, preferred) >= 0)
        return slot_table_find(table, preferred);
    for (int i = SLOT_SERVICES_MAX - 1; i >= 0; i--) {
        if (has_a_start(table, (unsigned)i))
            first = i;
    }
    for (int i = 0; i < (int)SLOT_SERVICES_MAX && first < 0; i++) {
        if (!is_free(&table->services[i]))
            first = i;
    }
    return first;
}

const char *slot_state_name(unsigned state)
{
    static const char *const names[] = {"empty", "writing", "pending", "trial", "confirmed", "bad"};

    return state < sizeof names / sizeof *names ? names[state] : "unknown";
}

/* ---- installing ---- */

/* The row of that name, made if there is none. */
static int row_for(struct slot_table *table, const char *name)
{
    int service = slot_table_find(table, name);

    for (int i = 0; i < (int)SLOT_SERVICES_MAX && service < 0; i++) {
        if (is_free(&table->services[i])) {
            strcpy(table->services[i].name, name);
            service = i;
        }
    }
    return service;
}

/* How much would be lost with it. */
static unsigned worth(const struct slot_entry *entry)
{
    if (entry->state == SLOT_CONFIRMED)
        return keeps_failing(entry) ? 2 : 3;
    return is_on_trial(entry);
}

static unsigned slot_to_fill(const struct slot_table *table, unsigned service)
{
    const struct slot_entry *slots = table->services[service].slots;
    unsigned a = worth(&slots[0]), b = worth(&slots[1]);

    if (a != b)
        return b < a;
    /* What was started last is what is known to start: the later install may be the one that was
     * given up, because it failed or could not be read any more. */
    if (a > 1 && table->last_service == service)
        return table->last_slot == 0;
    return slots[1].install < slots[0].install;
}

int slot_table_begin_install(struct slot_table *table, const char *name, unsigned *service,
                             unsigned *slot)
{
    if (!is_service_name(name))
        return ERROR_INVALID;
    if (table->installs == UINT32_MAX)
        return ERROR_NO_MEMORY;
    int row = row_for(table, name);

    if (row < 0)
        return ERROR_NO_MEMORY;
    *service = (unsigned)row;
    *slot = slot_to_fill(table, *service);
    table->services[row].slots[*slot] =
        (struct slot_entry){.state = SLOT_WRITING, .install = ++table->installs};
    return 0;
}

void slot_table_end_install(struct slot_table *table, unsigned service, unsigned slot,
                            unsigned tries)
{
    struct slot_entry *entry = entry_of(table, service, slot);

    ASSERT(entry->state == SLOT_WRITING && tries >= 1 && tries <= SLOT_TRIES_MAX);
    entry->state = SLOT_PENDING;
    entry->tries = (uint8_t)tries;
}

/* ---- running ---- */

static void give_up(struct slot_entry *entry)
{
    entry->state = SLOT_BAD;
    entry->tries = 0;
}

bool slot_table_started(struct slot_table *table, unsigned service, unsigned slot)
{
    const struct slot_table before = *table;
    struct slot_entry *entry = entry_of(table, service, slot);
    struct slot_entry *other = entry_of(table, service, !slot);

    ASSERT(may_start(entry));
    if (entry->state != SLOT_CONFIRMED) {
        entry->state = SLOT_TRIAL;
        entry->tries--;
    } else if (keeps_failing(other)) {
        other->failures = 0;
    }
    table->last_service = (uint8_t)service;
    table->last_slot = (uint8_t)slot;
    if (table->once == service)
        table->once = SLOT_NOBODY;
    return differs(table, &before);
}

bool slot_table_confirmed(struct slot_table *table, unsigned service, unsigned slot,
                          uint32_t counter)
{
    const struct slot_table before = *table;
    struct slot_entry *entry = entry_of(table, service, slot);
    uint32_t *floor = &table->services[service].floor;

    if (entry->state != SLOT_TRIAL && entry->state != SLOT_CONFIRMED)
        return false;
    entry->state = SLOT_CONFIRMED;
    entry->tries = 0;
    if (*floor < counter)
        *floor = counter;
    return differs(table, &before);
}

bool slot_table_failed(struct slot_table *table, unsigned service, unsigned slot, bool after_stable)
{
    const struct slot_table before = *table;
    struct slot_entry *entry = entry_of(table, service, slot);

    if (entry->state == SLOT_TRIAL)
        give_up(entry);
    else if (entry->state == SLOT_CONFIRMED && after_stable)
        entry->failures = 1;
    else if (entry->state == SLOT_CONFIRMED && !keeps_failing(entry))
        entry->failures++;
    return differs(table, &before);
}

static void forget(struct slot_table *table, uint8_t service)
{
    if (table->standard == service)
        table->standard = SLOT_NOBODY;
    if (table->once == service)
        table->once = SLOT_NOBODY;
    if (table->last_service == service) {
        table->last_service = SLOT_NOBODY;
        table->last_slot = 0;
    }
    memset(&table->services[service], 0, sizeof table->services[service]);
}

bool slot_table_clean(struct slot_table *table)
{
    const struct slot_table before = *table;

    for (uint8_t service = 0; service < SLOT_SERVICES_MAX; service++) {
        struct slot_service *row = &table->services[service];

        for (unsigned slot = 0; slot < SLOT_SLOTS; slot++) {
            struct slot_entry *entry = &row->slots[slot];

            if (entry->state == SLOT_WRITING)
                memset(entry, 0, sizeof *entry);
            else if (entry->state == SLOT_TRIAL && entry->tries == 0)
                give_up(entry);
        }
        if (!is_free(row) && is_empty(row) && row->floor == 0)
            forget(table, service);
    }
    return differs(table, &before);
}

int slot_table_select(struct slot_table *table, const char *name, enum slot_when when)
{
    int service = slot_table_find(table, name);

    if ((unsigned)when > SLOT_ALWAYS)
        return ERROR_INVALID;
    if (service < 0)
        return service;
    if (!has_a_start(table, (unsigned)service))
        return ERROR_REFUSED;
    if (when == SLOT_ALWAYS) {
        table->standard = (uint8_t)service;
        table->once = SLOT_NOBODY;
    } else if (when == SLOT_ONCE) {
        table->once = (uint8_t)service;
    }
    return 0;
}
