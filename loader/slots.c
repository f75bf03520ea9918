/*
 * slots: starting what is in a slot, and what became of it. See slots.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slots.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "log.h"
#include "phases.h"
#include "slot_boot.h"
#include "slots_card.h"
#include "start_image.h"

static struct slot_store *store;

static const char *name_of(const struct slot_origin *origin)
{
    return store->table.services[origin->service].name;
}

/* ---- starting ---- */

static struct judge {
    struct slot_judge judge;
    const struct loader *loader;
    struct image_file file; /* of the image judged last */
} the_judge;

static int judge_image(struct slot_judge *self, const void *bytes, size_t length,
                       const struct slot_image *about, uint32_t floor, char *reason)
{
    struct judge *judge = (struct judge *)self;
    char why[ELF_REASON_BYTES];
    struct elf_image image;
    uint64_t displacement;

    (void)floor; /* image_check asks slots_floor */
    judge->file = (struct image_file){.bytes = bytes, .index = KEEP_NOTHING};
    judge->file.about.bytes = length;
    memcpy(judge->file.about.digest, about->digest, sizeof about->digest);
    int status = image_check(judge->loader, &judge->file, &image, &displacement, why);

    /* The floor that counts is that of the name in what was signed. */
    if (status == 0 && strcmp(image.note.name, about->name) != 0) {
        snprintf(why, sizeof why, "it is %s", image.note.name);
        status = ERROR_CORRUPT;
    }
    if (status < 0)
        snprintf(reason, SLOT_REASON_BYTES, "refused: %.110s", why);
    return status;
}

static void tell(struct slot_judge *self, const char *sentence)
{
    (void)self;
    log_line("slots", "%s", sentence);
}

struct slot_judge *slots_judge(const struct loader *loader)
{
    the_judge = (struct judge){.judge = {judge_image, tell}, .loader = loader};
    return &the_judge.judge;
}

static void note_choice(struct slot_origin *origin, const struct slot_choice *choice)
{
    *origin = (struct slot_origin){choice->service, (char)('A' + choice->slot), choice->state,
                                   choice->tries, choice->install};
    if (choice->state == SLOT_CONFIRMED)
        log_line("slots", "%s %s is started, confirmed", name_of(origin), slots_letter(origin));
    else
        log_line("slots", "%s %s is started on trial, %u tries left", name_of(origin),
                 slots_letter(origin), origin->tries);
}

int slots_try(struct loader *loader, const char *named)
{
    char reason[ELF_REASON_BYTES] = "";
    const char *preferred = loader->configuration.service;
    struct slot_choice choice;

    /* settings_read has looked, and said what was wrong. Who asks by name may have waited long. */
    if (loader->board.card == NULL && named == NULL)
        return ERROR_ABSENT;
    int64_t status = slots_open(loader, true, &store, reason);

    if (status < 0) {
        if (status != ERROR_ABSENT)
            log_line("slots", "%s", reason);
    } else {
        status = slot_boot_choose(store, named, preferred[0] != '\0' ? preferred : NULL,
                                  (void *)loader->staging.base, loader->staging.bytes,
                                  slots_judge(loader), &choice);
    }
    slots_close(loader, (int)(status < 0 ? status : 0));
    phases_end(BOOT_PHASE_FETCH);
    if (status < 0)
        return (int)status;
    struct image_file *file = &the_judge.file;

    note_choice(&file->about.origin, &choice);
    snprintf(file->about.location, sizeof file->about.location, "slot:%s/%s", file->about.name,
             slots_letter(&file->about.origin));
    return start_image(loader, file);
}

int slots_begin(struct loader *loader, struct slot_origin *origin)
{
    char reason[ELF_REASON_BYTES] = "";
    struct slot_choice choice;

    if (origin->slot == 0)
        return 0;
    int status = slots_open(loader, false, &store, reason);

    if (status == 0)
        status = slots_still_has(origin, loader->keep->uploaded.digest, reason);
    if (status == 0) {
        strcpy(reason, "the card has something else there now");
        status = ERROR_ABSENT;
    }
    if (status > 0)
        status = slot_boot_begin(store, origin->service, slots_number(origin), &choice, reason);
    slots_close(loader, status);
    if (status == 0)
        note_choice(origin, &choice);
    else
        log_line("slots", "slot %s is not started: %s", slots_letter(origin), reason);
    return status;
}

/* ---- what became of it ---- */

static unsigned state_on_card(const struct slot_origin *origin)
{
    return store->table.services[origin->service].slots[slots_number(origin)].state;
}

static bool is_to_be_confirmed(const struct slot_origin *origin)
{
    return origin->slot != 0 && origin->state != SLOT_CONFIRMED;
}

static void note_confirmed(struct keep *keep)
{
    keep->origin.state = SLOT_CONFIRMED;
    keep->origin.tries = 0;
    if (keep->running != KEEP_NOTHING)
        keep->images[keep->running].origin = keep->origin;
}

int slots_confirm(struct loader *loader, char *reason)
{
    struct keep *keep = loader->keep;
    const struct slot_origin *origin = &keep->origin;

    if (!is_to_be_confirmed(origin))
        return 0;
    int status = slots_open(loader, false, &store, reason);

    if (status == 0)
        status = slots_still_has(origin, keep->digest, reason);
    bool is_there = status > 0;

    if (is_there)
        status = slot_boot_confirm(store, origin->service, slots_number(origin), origin->install,
                                   keep->security_counter, reason);
    /* A slot that was given up, or was found again without its records, is not confirmed so. */
    if (is_there && status == 0 && state_on_card(origin) != SLOT_CONFIRMED) {
        snprintf(reason, ELF_REASON_BYTES, "it is %s there",
                 slot_state_name(state_on_card(origin)));
        status = ERROR_REFUSED;
    }
    if (status == 0)
        note_confirmed(keep);
    slots_close(loader, status);
    if (status < 0)
        log_line("slots", "%s %s is not confirmed on the card: %s", keep->name,
                 slots_letter(origin), reason);
    else if (is_there)
        log_line("slots", "%s %s confirmed", keep->name, slots_letter(origin));
    else
        log_line("slots", "what runs is not on this card any more");
    return status;
}

bool slots_fail(struct loader *loader, bool after_stable)
{
    struct keep *keep = loader->keep;
    const struct slot_origin *origin = &keep->origin;
    char reason[ELF_REASON_BYTES] = "";
    uint8_t order[SLOT_SLOTS];
    bool other_is_next = false;
    unsigned slot = slots_number(origin);

    if (origin->slot == 0)
        return false;
    int status = slots_open(loader, false, &store, reason);

    if (status == 0)
        status = slots_still_has(origin, keep->digest, reason);
    if (status > 0) {
        status =
            slot_boot_fail(store, origin->service, slot, origin->install, after_stable, reason);
        if (status == 0 && state_on_card(origin) == SLOT_BAD)
            log_line("slots", "%s %s failed its trial and is bad", keep->name,
                     slots_letter(origin));
        other_is_next =
            status == 0 &&
            (slot_table_order(&store->table, origin->service, order) == 0 || order[0] != slot);
    }
    slots_close(loader, status);
    if (status < 0)
        log_line("slots", "the card is not told that %s %s failed: %s", keep->name,
                 slots_letter(origin), reason);
    return other_is_next;
}
