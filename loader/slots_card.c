/*
 * slots_card: see slots_card.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slots_card.h"

#include <stdio.h>
#include <string.h>

#include "block_device.h"
#include "error.h"
#include "log.h"

_Static_assert(SLOT_REASON_BYTES <= ELF_REASON_BYTES, "the reason fits");

static struct slot_store store;
static bool is_open, is_clean; /* store; and nobody's unfinished work is in it */
static bool card_was_closed;

static int take_card(struct loader *loader, char *reason)
{
    struct keep *keep = loader->keep;

    card_was_closed = loader->board.card == NULL;
    if (!card_was_closed)
        return 0;
    is_open = false;
    if (keep->over.has_card && board_adopt_card(&loader->board, &keep->over.card) == 0)
        return 0;
    int status = board_start_card(&loader->board, loader->configuration.card_host);

    if (status < 0)
        snprintf(reason, SLOT_REASON_BYTES, "no usable card: %s", error_name(status));
    return status;
}

/* Who found no card in use leaves none in use: the next boot source looks for itself. */
static void leave_card(struct loader *loader)
{
    struct keep *keep = loader->keep;

    if (!card_was_closed)
        return;
    is_open = false;
    keep->over.has_card = board_describe_card(&loader->board, &keep->over.card) == 0;
    loader->board.card = NULL;
    loader->service.card_was_used = slots_in_a_call(loader);
}

/* It confirmed itself, and the card does not know: that its tries are used up is no verdict. */
static bool is_untold(const struct keep *keep)
{
    return keep->confirmed && keep->origin.slot != 0 && keep->origin.state != SLOT_CONFIRMED;
}

int slots_open(struct loader *loader, bool clean, struct slot_store **opened, char *reason)
{
    int status = take_card(loader, reason);

    *opened = &store;
    clean = clean && !is_untold(loader->keep);
    if (status < 0 || (is_open && (is_clean || !clean)))
        return status;
    reason[0] = '\0';
    status =
        slot_store_open(&store, loader->board.card, clean, loader->configuration.tries, reason);
    is_open = status == 0;
    is_clean = clean;
    if (is_open)
        loader->keep->slots = store.table;
    if (is_open && reason[0] != '\0')
        log_line("slots", "%s", reason);
    return status;
}

void slots_close(struct loader *loader, int status)
{
    if (is_open)
        loader->keep->slots = store.table;
    if (status < 0 || store.is_read_only) /* perhaps it does better next time */
        is_open = false;
    leave_card(loader);
    if (slots_in_a_call(loader))
        keep_seal(loader->keep);
}

int slots_still_has(const struct slot_origin *origin, const uint8_t *digest, char *reason)
{
    unsigned slot = slots_number(origin);
    struct slot_image image;

    if (store.table.services[origin->service].slots[slot].install != origin->install)
        return 0;
    int status = slot_store_header(&store, origin->service, slot, &image, reason);

    if (status == ERROR_CORRUPT || status == ERROR_UNSUPPORTED)
        return 0;
    return status < 0 ? status : memcmp(image.digest, digest, sizeof image.digest) == 0;
}

uint32_t slots_floor(const struct loader *loader, const char *name)
{
    const struct slot_table *table = &loader->keep->slots;
    int service = slot_table_find(table, name);

    return service < 0 ? 0 : table->services[service].floor;
}

bool slots_look(struct loader *loader)
{
    char reason[ELF_REASON_BYTES] = "";
    struct slot_store *opened;

    is_open = false; /* it may be another card */
    int status = slots_open(loader, true, &opened, reason);

    bool is_there = loader->board.card != NULL && loader->board.card->block_count != 0;

    /* One that cannot be read, or is gone by now, may be the same: its floors hold until another
     * is known. */
    if (status < 0 && is_there && status != ERROR_IO && status != ERROR_TIMEOUT)
        memset(&loader->keep->slots, 0, sizeof loader->keep->slots);
    if (status < 0 && status != ERROR_ABSENT)
        log_line("slots", "%s", reason);
    slots_close(loader, status);
    return status == 0;
}
