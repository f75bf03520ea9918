/*
 * slot_recovery: see the header.
 *
 * The later install is tried first and kept longest, not the higher version: the numbers were
 * given by the store itself, in the order in which somebody wanted the images; and they could
 * only be made to follow the versions by rewriting a header, which a cut could cost.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_recovery.h"

#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "error.h"

#define SLOTS (SLOT_SERVICES_MAX * SLOT_SLOTS)

/* An image that was found; install 0: none, or dealt with. */
struct found {
    uint32_t install;
    char name[32], version[16];
};

/* The first thing that was wrong, and with how many slots something was. */
struct left_out {
    unsigned count;
    char why[SLOT_REASON_BYTES];
};

/* Begins a sentence about a slot, whose name is not known yet. */
static void name_slot(unsigned index, char *reason)
{
    snprintf(reason, SLOT_REASON_BYTES, "%u %s: ", index / SLOT_SLOTS,
             index % SLOT_SLOTS ? "B" : "A");
}

static void leave_out(struct left_out *left_out, const char *why)
{
    if (left_out->count++ == 0)
        snprintf(left_out->why, sizeof left_out->why, "%s", why);
}

/* Returns 0, also when there is no image in it, or an error that ends the recovery. */
static int look_into(struct slot_store *self, unsigned index, struct found *found,
                     struct left_out *left_out, char *reason)
{
    struct slot_place place = slot_store_place(self, index / SLOT_SLOTS, index % SLOT_SLOTS);
    struct slot_image about;
    uint32_t install;
    int status;

    found->install = 0;
    name_slot(index, reason);
    status = slot_image_header(&place, &about, &install, reason);
    /* Nothing but a header begins like one. */
    if (status == ERROR_CORRUPT && bytes_le32(place.work) != SLOT_HEADER_MAGIC)
        return 0;
    if (status == 0)
        status = slot_image_verify(&place, &about, reason);
    if (status == ERROR_CORRUPT || status == ERROR_IO) {
        leave_out(left_out, reason);
        return 0;
    }
    if (status < 0)
        return status;
    found->install = install;
    memcpy(found->name, about.name, sizeof found->name);
    memcpy(found->version, about.version, sizeof found->version);
    return 0;
}

/* Index of the last install of those found; of two with one number, which only a copy of a
 * whole slot can have, the higher version. SLOTS: none is left. */
static unsigned latest_of(const struct found *found)
{
    unsigned latest = SLOTS;

    for (unsigned i = 0; i < SLOTS; i++) {
        if (found[i].install == 0)
            continue;
        if (latest == SLOTS || found[i].install > found[latest].install ||
            (found[i].install == found[latest].install &&
             slot_version_compare(found[i].version, found[latest].version) > 0))
            latest = i;
    }
    return latest;
}

/* Enters an image, unless what stands in the table already contradicts it. */
static bool enter(struct slot_table *table, unsigned index, const struct found *found,
                  unsigned tries, struct left_out *left_out)
{
    const struct slot_table before = *table;
    struct slot_service *row = &table->services[index / SLOT_SLOTS];
    char why[SLOT_REASON_BYTES];

    if (row->name[0] == '\0')
        memcpy(row->name, found->name, strlen(found->name));
    row->slots[index % SLOT_SLOTS] = (struct slot_entry){
        .state = SLOT_PENDING, .tries = (uint8_t)tries, .install = found->install};
    if (table->installs < found->install)
        table->installs = found->install;
    if (strcmp(row->name, found->name) == 0 && slot_table_is_sound(table))
        return true;
    name_slot(index, why);
    slot_image_refuse(why, 0, "its header names %s, ", found->name);
    if (strcmp(row->name, found->name) != 0)
        slot_image_refuse(why, 0, "a later one there %s", row->name);
    else if (slot_table_find(&before, found->name) >= 0)
        slot_image_refuse(why, 0, "which has a later install");
    else
        slot_image_refuse(why, 0, "which is no service's name");
    *table = before;
    leave_out(left_out, why);
    return false;
}

int slot_recovery_table(struct slot_store *self, unsigned tries, char *reason)
{
    struct found found[SLOTS];
    struct left_out left_out = {.count = 0};
    unsigned index;
    int entered = 0;

    slot_table_init(&self->table);
    for (index = 0; index < SLOTS; index++) {
        int status = look_into(self, index, &found[index], &left_out, reason);

        if (status < 0)
            return status;
    }
    while ((index = latest_of(found)) != SLOTS) {
        entered += enter(&self->table, index, &found[index], tries, &left_out);
        found[index].install = 0;
    }
    reason[0] = '\0';
    if (entered != 0 || left_out.count != 0)
        slot_image_refuse(reason, 0, "all slot records are lost, %u image%s found", entered,
                          entered == 1 ? "" : "s");
    if (left_out.count != 0)
        slot_image_refuse(reason, 0, ", %u left out: %s", left_out.count, left_out.why);
    return entered;
}
