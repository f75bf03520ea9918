/*
 * guard_card: see guard_card.h.
 *
 * What decides is copied out of the service's memory first. What is logged here is drained at
 * once: the consoles are the service's again when the call returns.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guard_card.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "log.h"
#include "start_image.h"

#define DRAIN_US 50000

_Static_assert(ELF_REASON_BYTES <= GUARD_REASON_BYTES, "the reason fits");

static char selected[sizeof((struct guard_select *)0)->name];

void guard_card_begin(void)
{
    selected[0] = '\0';
}

int64_t guard_card_confirm(struct loader *loader)
{
    struct keep *keep = loader->keep;
    char reason[ELF_REASON_BYTES] = "";

    if (!keep->confirmed) {
        keep->confirmed = true;
        if (keep->running != KEEP_NOTHING)
            keep->fallback = keep->running; /* else the one before is better than none */
        keep_seal(keep);
    }
    int status = slots_confirm(loader, reason);

    log_flush(DRAIN_US);
    switch (status) {
    case 0:
        return keep->running == KEEP_NOTHING ? ERROR_TOO_LARGE : 0;
    case ERROR_TIMEOUT:
    case ERROR_ABSENT:
    case ERROR_REFUSED:
        return status;
    default:
        return ERROR_IO;
    }
}

int64_t guard_card_check(struct loader *loader, struct guard_image *request, bool install)
{
    char reason[ELF_REASON_BYTES] = "";
    uint64_t length = request->length;
    int status;

    if (length > loader->staging.bytes) {
        snprintf(reason, sizeof reason, "%lu bytes are not in the upload area of %lu",
                 (unsigned long)length, (unsigned long)loader->staging.bytes);
        status = ERROR_TOO_LARGE;
    } else {
        /* From where exactly is known with the hand-back. */
        status = pushed_check(loader, length, "push", reason);
    }
    if (status == 0 && install)
        status = slots_install(loader, reason);
    if (status < 0)
        memcpy(request->reason, reason, sizeof reason);
    keep_seal(loader->keep);
    log_flush(DRAIN_US);
    return status;
}

int64_t guard_card_select(struct loader *loader, struct guard_select *request)
{
    char reason[ELF_REASON_BYTES] = "";
    char name[sizeof request->name];
    uint32_t when = request->when;
    int status = push_is_wanted(loader, reason);

    memcpy(name, request->name, sizeof name);
    selected[0] = '\0';
    if (status == 0 && memchr(name, '\0', sizeof name) == NULL) {
        strcpy(reason, "the name does not end");
        status = ERROR_INVALID;
    }
    if (status == 0)
        status = slots_select(loader, name, when, reason);
    if (status < 0)
        memcpy(request->reason, reason, sizeof reason);
    else if (when == GUARD_NOW)
        memcpy(selected, name, sizeof selected);
    log_flush(DRAIN_US);
    return status;
}

bool guard_card_is_selected(const char *name)
{
    return selected[0] != '\0' && strcmp(selected, name) == 0;
}
