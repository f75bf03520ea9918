/*
 * slot_boot: see the header.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_boot.h"

#include <stdio.h>

#include "check.h"
#include "error.h"

#define NO_TRIAL "no trial from a card that cannot be written"

static bool is_confirmed(const struct slot_store *self, unsigned service, unsigned slot)
{
    return self->table.services[service].slots[slot].state == SLOT_CONFIRMED;
}

static bool may_start(const struct slot_store *self, unsigned service, unsigned slot)
{
    uint8_t order[SLOT_SLOTS];
    unsigned count = slot_table_order(&self->table, service, order);

    return (count > 0 && order[0] == slot) || (count > 1 && order[1] == slot);
}

/* Makes durable what the start changes. For a confirmed image that is a note at most, which must
 * not keep it from its start. */
static int begin(struct slot_store *self, unsigned service, unsigned slot, char *reason)
{
    const struct slot_table before = self->table;
    int status = 0;

    reason[0] = '\0';
    if (slot_table_started(&self->table, service, slot))
        status = slot_store_commit(self, &before, reason);
    return is_confirmed(self, service, slot) ? 0 : status;
}

static void note_choice(const struct slot_store *self, unsigned service, unsigned slot,
                        struct slot_choice *choice)
{
    const struct slot_entry *entry = &self->table.services[service].slots[slot];

    choice->service = (uint8_t)service;
    choice->slot = (uint8_t)slot;
    choice->state = entry->state;
    choice->tries = entry->tries;
    choice->install = entry->install;
}

/* ---- choosing ---- */

/* Where to put what is read, and who says whether it is good. */
struct search {
    void *buffer;
    size_t capacity;
    struct slot_judge *judge;
};

static void tell(const struct search *search, const char *sentence)
{
    search->judge->tell(search->judge, sentence);
}

static void tell_of_slot(const struct slot_store *self, const struct search *search,
                         unsigned service, unsigned slot, const char *what)
{
    char sentence[SLOT_REASON_BYTES + sizeof self->table.services[service].name + 4];

    snprintf(sentence, sizeof sentence, "%s %s: %s", self->table.services[service].name,
             slot ? "B" : "A", what);
    tell(search, sentence);
}

/* Returns the image's length, the device's error, or ERROR_REFUSED. */
static int64_t try_slot(struct slot_store *self, const struct search *search, unsigned service,
                        unsigned slot, struct slot_choice *choice)
{
    bool was_read_only = self->is_read_only;
    char reason[SLOT_REASON_BYTES];
    int64_t length;
    int status;

    if (was_read_only && !is_confirmed(self, service, slot)) {
        tell_of_slot(self, search, service, slot, NO_TRIAL);
        return ERROR_REFUSED;
    }
    length = slot_store_read(self, service, slot, search->buffer, search->capacity, &choice->image,
                             reason);
    if (length < 0) {
        tell(search, reason);
        return length;
    }
    if (search->judge->judge(search->judge, search->buffer, (size_t)length, &choice->image,
                             self->table.services[service].floor, reason) < 0) {
        tell_of_slot(self, search, service, slot, reason);
        return ERROR_REFUSED;
    }
    status = begin(self, service, slot, reason);
    /* Once is enough: who opened a read-only card has been told. */
    if (reason[0] != '\0' && !was_read_only)
        tell_of_slot(self, search, service, slot, reason);
    if (status < 0)
        return status;
    note_choice(self, service, slot, choice);
    return length;
}

/* Returns the image's length, the device's error, or ERROR_ABSENT: it has none to start. */
static int64_t try_service(struct slot_store *self, const struct search *search, unsigned service,
                           struct slot_choice *choice)
{
    uint8_t order[SLOT_SLOTS];
    unsigned count = slot_table_order(&self->table, service, order);
    char sentence[64];
    int64_t result = ERROR_ABSENT;

    for (unsigned i = 0; i < count; i++) {
        int64_t length = try_slot(self, search, service, order[i], choice);

        if (length >= 0)
            return length;
        if (length == ERROR_IO || length == ERROR_TIMEOUT)
            result = length;
    }
    snprintf(sentence, sizeof sentence, "%s has no slot to start",
             self->table.services[service].name);
    tell(search, sentence);
    return result;
}

/* The selection is used up by a service that cannot be started. If that cannot be written, the
 * same will happen at the next boot; this one goes on. */
static void forget_once(struct slot_store *self, const struct search *search)
{
    const struct slot_table before = self->table;
    bool was_read_only = self->is_read_only;
    char reason[SLOT_REASON_BYTES];

    self->table.once = SLOT_NOBODY;
    if (slot_store_commit(self, &before, reason) < 0 && !was_read_only)
        tell(search, reason);
}

/* Who wrote it meant something else than what is started now. */
static void tell_of_preferred(const struct slot_table *table, const struct search *search,
                              const char *preferred)
{
    char sentence[SLOT_REASON_BYTES];

    if (preferred == NULL || table->once != SLOT_NOBODY || table->standard != SLOT_NOBODY ||
        slot_table_find(table, preferred) >= 0)
        return;
    snprintf(sentence, sizeof sentence, "%.31s, wanted by the configuration, is in no slot",
             preferred);
    tell(search, sentence);
}

int64_t slot_boot_choose(struct slot_store *self, const char *named, const char *preferred,
                         void *buffer, size_t capacity, struct slot_judge *judge,
                         struct slot_choice *choice)
{
    const struct search search = {buffer, capacity, judge};
    struct slot_table table = self->table;
    int service =
        named != NULL ? slot_table_find(&table, named) : slot_table_wanted(&table, preferred);
    int64_t length;
    int other;

    if (service < 0) {
        tell(&search, named != NULL ? "no slot has that service" : "all slots are empty");
        return ERROR_ABSENT;
    }
    if (named == NULL)
        tell_of_preferred(&table, &search, preferred);
    length = try_service(self, &search, (unsigned)service, choice);
    if (length >= 0 || named != NULL || table.once != service)
        return length;
    forget_once(self, &search);
    table.once = SLOT_NOBODY;
    other = slot_table_wanted(&table, preferred);
    return other < 0 || other == service ? length
                                         : try_service(self, &search, (unsigned)other, choice);
}

/* ---- what is in memory already ---- */

int slot_boot_begin(struct slot_store *self, unsigned service, unsigned slot,
                    struct slot_choice *choice, char *reason)
{
    int status = slot_store_header(self, service, slot, &choice->image, reason);

    if (status < 0)
        return status;
    if (!may_start(self, service, slot))
        return slot_image_refuse(reason, ERROR_REFUSED, "%s %s cannot be started: %s",
                                 self->table.services[service].name, slot ? "B" : "A",
                                 slot_state_name(self->table.services[service].slots[slot].state));
    status = begin(self, service, slot, reason);
    if (status == 0)
        note_choice(self, service, slot, choice);
    return status;
}

/* Without a judge only header and digest are looked at. */
static int look_at_slot(struct slot_store *self, const struct search *search, unsigned service,
                        unsigned slot, char *reason)
{
    const struct slot_service *row = &self->table.services[service];
    struct slot_place place = slot_store_place(self, service, slot);
    char why[SLOT_REASON_BYTES] = NO_TRIAL;
    struct slot_image about;
    int64_t status = slot_store_header(self, service, slot, &about, reason);

    if (status < 0)
        return (int)status;
    snprintf(reason, SLOT_REASON_BYTES, "%s %s: ", row->name, slot ? "B" : "A");
    if (self->is_read_only && !is_confirmed(self, service, slot))
        return slot_image_refuse(reason, ERROR_REFUSED, "%s", why);
    if (search->judge == NULL)
        return slot_image_verify(&place, &about, reason);
    status = slot_store_read(self, service, slot, search->buffer, search->capacity, &about, reason);
    if (status < 0)
        return (int)status;
    status = search->judge->judge(search->judge, search->buffer, (size_t)status, &about, row->floor,
                                  why);
    if (status == 0)
        return 0;
    snprintf(reason, SLOT_REASON_BYTES, "%s %s: ", row->name, slot ? "B" : "A");
    return slot_image_refuse(reason, ERROR_REFUSED, "%s", why);
}

int slot_boot_would_start(struct slot_store *self, const char *name, void *buffer, size_t capacity,
                          struct slot_judge *judge, char *reason)
{
    const struct search search = {buffer, capacity, judge};
    int service = slot_table_find(&self->table, name), status = ERROR_REFUSED;
    uint8_t order[SLOT_SLOTS];
    unsigned count;

    ASSERT(service >= 0);
    count = slot_table_order(&self->table, (unsigned)service, order);
    slot_image_refuse(reason, 0, "%s has no slot to start", name);
    for (unsigned i = 0; i < count && status < 0; i++) {
        if (i > 0 && judge != NULL)
            tell(&search, reason);
        status = look_at_slot(self, &search, (unsigned)service, order[i], reason);
    }
    if (status == ERROR_CORRUPT || status == ERROR_UNSUPPORTED || status == ERROR_TOO_LARGE)
        return ERROR_REFUSED;
    return status;
}

/* A slot that was filled anew has nothing to do with what runs. */
static bool is_of_install(const struct slot_store *self, unsigned service, unsigned slot,
                          uint32_t install, char *reason)
{
    const struct slot_service *row = &self->table.services[service];

    reason[0] = '\0';
    if (row->slots[slot].install == install)
        return true;
    slot_image_refuse(reason, 0, "%s %s has another image now: install %u, not %u", row->name,
                      slot ? "B" : "A", row->slots[slot].install, install);
    return false;
}

int slot_boot_confirm(struct slot_store *self, unsigned service, unsigned slot, uint32_t install,
                      uint32_t counter, char *reason)
{
    const struct slot_table before = self->table;

    if (!is_of_install(self, service, slot, install, reason) ||
        !slot_table_confirmed(&self->table, service, slot, counter))
        return 0;
    return slot_store_commit(self, &before, reason);
}

int slot_boot_fail(struct slot_store *self, unsigned service, unsigned slot, uint32_t install,
                   bool after_stable, char *reason)
{
    const struct slot_table before = self->table;

    if (!is_of_install(self, service, slot, install, reason) ||
        !slot_table_failed(&self->table, service, slot, after_stable))
        return 0;
    return slot_store_commit(self, &before, reason);
}
