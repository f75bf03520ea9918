/*
 * pilot_successor: see pilot_successor.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pilot_successor.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

#define POLL_MS       10
#define POLL_FIRST_MS 100 /* patience with one answer; grows up to POLL_MAX_MS */
#define POLL_MAX_MS   2000
#define ANSWER_MS     20000

void pilot_successor_connect(struct pilot_successor *self)
{
    char reason[PILOT_REASON_BYTES];

    if (pilot_status_read(self->board, PILOT_CONNECT_MS, 0, &self->before, reason) < 0)
        fail("no status of %s: %s", self->board->name, reason);
}

bool pilot_successor_has_changed(const struct pilot_successor *self)
{
    return pilot_status_has_service(&self->now) && self->now.boot_id != self->before.boot_id;
}

bool pilot_successor_has_crashed(const struct pilot_successor *self)
{
    const char *crashed = self->now.core_name;

    if (crashed[0] != '\0' && self->name[0] != '\0' && strcmp(crashed, self->name) != 0)
        return false;
    return self->now.crash[0] != '\0' && (strcmp(self->now.crash, self->before.crash) != 0 ||
                                          self->now.core_number != self->before.core_number);
}

const char *pilot_successor_verdict(const struct pilot_successor *self)
{
    if (!self->is_persistent)
        return "";
    return pilot_status_has_service(&self->now) ? "rolled back: " : "not kept: ";
}

_Noreturn void pilot_successor_fail_as_crashed(const struct pilot_successor *self)
{
    const char *verdict = pilot_successor_verdict(self);

    if (!pilot_status_has_service(&self->now))
        fail("%swhat %s failed, and no service runs now: %s", verdict, self->what, self->now.crash);
    fail("%swhat %s failed: %s; %s %s runs again", verdict, self->what, self->now.crash,
         self->now.service, self->now.version);
}

void pilot_successor_wait(struct pilot_successor *self)
{
    char reason[PILOT_REASON_BYTES] = "";
    unsigned patience_ms = POLL_FIRST_MS;
    uint64_t deadline_us = self->since_us + ANSWER_MS * 1000ull;

    while (pilot_now_us() < deadline_us) {
        int status = pilot_status_read(self->board, patience_ms, POLL_MS, &self->now, reason);

        if (status == 0 && pilot_successor_has_crashed(self))
            pilot_successor_fail_as_crashed(self);
        if (status == 0 && pilot_successor_has_changed(self))
            return;
        /* The service may have been exchanged in the middle of our question; one that is
         * slow needs more time than one that is fast. */
        if (status == ERROR_TIMEOUT && patience_ms < POLL_MAX_MS)
            patience_ms += patience_ms / 2;
        if (status != ERROR_TIMEOUT)
            usleep(POLL_MS * 1000);
        if (status == 0)
            snprintf(reason, sizeof reason, "%s",
                     !pilot_status_has_service(&self->now) ? "the loader answers, no service runs"
                                                           : "the service before it still runs");
    }
    fail("nobody new answers on %s within %d s after the %s: %s%s%s", self->board->name,
         ANSWER_MS / 1000, self->event, reason, self->now.last_end[0] ? "; the last end: " : "",
         self->now.last_end);
}
