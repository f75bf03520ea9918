/*
 * powerloss: see the header.
 *
 * A cut is made once for each event; each way to cut there starts from the card at that moment,
 * to which it is rewound. So does each cut of the recovery from what the first one left.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "powerloss.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "rules.h"
#include "verdict.h"

#define FAILURES_PRINTED 20
/* One in so many cuts of the quick form goes on to these. */
#define QUICK_THOROUGH 5
#define QUICK_AGAIN    7

static jmp_buf *broken; /* where to when the product's own assertion fails */

void check_failed(const char *condition, const char *file, int line)
{
    verdict_fail("%s:%d: ASSERT(%s) does not hold", file, line, condition);
    if (broken == NULL) {
        fprintf(stderr, "powerloss: %s\n", verdict_sentence());
        abort();
    }
    longjmp(*broken, 1);
}

/* ---- with the power on --------------------------------------------------------------- */

/* The step of the workload, with the power gone at that event (0: it stays). */
static void do_step(struct powerloss *self, unsigned cut_at)
{
    machine_go_on(&self->machine, cut_at, &self->gone);
    if (setjmp(self->gone) == 0) {
        broken = &self->gone;
        workload_do(&workload[self->step], &self->machine);
    }
    broken = NULL;
}

/* A boot that recovers. */
static void do_boot(struct powerloss *self, unsigned cut_at)
{
    machine_power_on(&self->machine, cut_at, &self->gone);
    if (setjmp(self->gone) == 0) {
        broken = &self->gone;
        machine_boot(&self->machine);
    }
    broken = NULL;
}

static void prove(struct powerloss *self, const struct promise *promise, bool is_thorough)
{
    if (setjmp(self->gone) == 0) {
        broken = &self->gone;
        promise_prove(promise, &self->machine, is_thorough);
    }
    broken = NULL;
}

/* ---- bookkeeping --------------------------------------------------------------------- */

static void make_id(const struct powerloss *self, const struct power_cut *cut,
                    const struct power_cut *again, char id[POWERLOSS_ID_BYTES])
{
    char text[POWER_CUT_TEXT_BYTES];
    int used = snprintf(id, POWERLOSS_ID_BYTES, "%u", self->step + 1);

    for (unsigned i = 0; i < 2; i++) {
        const struct power_cut *which = i == 0 ? cut : again;

        if (which == NULL)
            return;
        power_cut_text(which, text);
        used += snprintf(id + used, POWERLOSS_ID_BYTES - (size_t)used, "/%s", text);
    }
}

static void count(struct powerloss *self, const struct power_cut *cut,
                  const struct power_cut *again)
{
    char id[POWERLOSS_ID_BYTES];

    self->cuts++;
    if (verdict_is_good())
        return;
    make_id(self, cut, again, id);
    if (self->failed++ == 0)
        strcpy(self->first_failed, id);
    if (self->is_printing && self->failed <= FAILURES_PRINTED)
        printf("CUT=%s (%s): %s\n", id, workload[self->step].name, verdict_sentence());
    verdict_clear();
}

static bool is_over(const struct powerloss *self)
{
    return self->stops_at_first && self->failed != 0;
}

static void keep_pending(struct powerloss *self)
{
    const struct power_card *card = &self->card;

    if (self->pending_room < card->pending_count) {
        self->pending_room = card->pending_count;
        self->pending = realloc(self->pending, self->pending_room * sizeof(*self->pending));
        if (self->pending == NULL)
            abort();
    }
    if (card->pending_count != 0)
        memcpy(self->pending, card->pending, card->pending_count * sizeof(*self->pending));
    self->pending_count = card->pending_count;
}

/* Makes the card what that cut leaves of it. */
static void apply(struct powerloss *self, const struct power_cut *cut,
                  const struct power_block *pending, size_t pending_count,
                  const struct power_block *in_flight)
{
    unsigned since = self->step - self->oldest;
    const size_t stale[2] = {self->marks[self->step - (since < 1 ? since : 1)],
                             self->marks[self->step - (since < 4 ? since : 4)]};

    if (pending_count != 0)
        memcpy(self->card.pending, pending, pending_count * sizeof(*pending));
    self->card.pending_count = pending_count;
    self->card.in_flight = *in_flight;
    power_cut_apply(cut, &self->card, stale);
}

/* Room for the pending writes of a recovery, which are records. */
struct moment {
    size_t mark, pending_count;
    struct power_block in_flight;
    struct power_block pending[8];
};

/* ---- cuts ---------------------------------------------------------------------------- */

static void say(const struct powerloss *self, const char *what)
{
    if (self->is_told)
        printf("%s\n", what);
}

/* The recovery of what is on the card now, cut at one of its events. Returns false when it has
 * no such event: all of them have been tried. */
static bool cut_recovery(struct powerloss *self, const struct promise *promise,
                         const struct power_cut *cut, unsigned event, const struct power_cut *only)
{
    static struct power_cut list[POWER_CUT_LIST_MAX];
    struct moment moment = {.mark = 0};
    size_t before = power_card_mark(&self->card), cuts = 1;
    struct promise then;

    say(self, only != NULL ? "recovery, cut:" : "");
    do_boot(self, event);
    bool is_last = self->card.events < event;

    if (self->card.pending_count > sizeof(moment.pending) / sizeof(moment.pending[0]))
        verdict_fail("%zu writes of a recovery are pending", self->card.pending_count);
    promise_after(&then, promise, &self->machine);
    moment.mark = power_card_mark(&self->card);
    moment.in_flight = self->card.in_flight;
    moment.pending_count = verdict_is_good() ? self->card.pending_count : 0;
    memcpy(moment.pending, self->card.pending, moment.pending_count * sizeof(moment.pending[0]));
    if (!verdict_is_good()) {
        count(self, cut, NULL); /* it fails without a second cut, and was found by that too */
        power_card_rewind(&self->card, before);
        return false;
    }
    if (only == NULL)
        cuts = power_cut_list(&self->card, event,
                              cut->prefix != 0 && cut->rest == POWER_NEW ? POWER_AGAIN_TORN
                                                                         : POWER_AGAIN,
                              (unsigned)self->cuts, list, POWER_CUT_LIST_MAX);
    else
        list[0] = *only;
    for (size_t i = 0; i < cuts; i++) {
        apply(self, &list[i], moment.pending, moment.pending_count, &moment.in_flight);
        say(self, "recovery:");
        prove(self, &then, false);
        count(self, cut, &list[i]);
        power_card_rewind(&self->card, moment.mark);
    }
    power_card_rewind(&self->card, before);
    return !is_last;
}

/* One way to cut; and cuts of the recovery from it, which the quick form has not for all. */
static void cut_so(struct powerloss *self, const struct promise *promise,
                   const struct power_cut *cut, unsigned turn)
{
    size_t mark = power_card_mark(&self->card);

    prove(self, promise, !self->is_quick || turn % QUICK_THOROUGH == 0);
    power_card_rewind(&self->card, mark);
    bool is_good = verdict_is_good() && (!self->is_quick || turn % QUICK_AGAIN == 0);

    count(self, cut, NULL);
    for (unsigned event = 1;
         is_good && !is_over(self) && cut_recovery(self, promise, cut, event, NULL);)
        event++;
}

/* Power goes at that event of the step. Returns false if the step has no such event. */
static bool cut_step(struct powerloss *self, unsigned event)
{
    static struct power_cut list[POWER_CUT_LIST_MAX];
    struct power_block in_flight;
    struct promise promise;
    size_t cuts, mark;

    self->machine = self->at_begin;
    do_step(self, event);
    bool is_last = self->card.events < event;

    promise_after(&promise, &self->promise, &self->machine);
    keep_pending(self);
    mark = power_card_mark(&self->card);
    in_flight = self->card.in_flight;
    self->events++;
    cuts = power_cut_list(&self->card, event, self->is_quick ? POWER_QUICK : POWER_FULL,
                          self->events, list, POWER_CUT_LIST_MAX);
    for (size_t i = 0; i < cuts && !is_over(self); i++) {
        apply(self, &list[i], self->pending, self->pending_count, &in_flight);
        cut_so(self, &promise, &list[i], self->events + (unsigned)i);
        power_card_rewind(&self->card, mark);
    }
    power_card_rewind(&self->card, self->marks[self->step]);
    return !is_last;
}

/* Notes what an install is about to write. */
static void note_install(const struct powerloss *self)
{
    const struct step *step = &workload[self->step];
    struct slot_table table;

    if (step->kind != STEP_INSTALL && step->kind != STEP_ROT)
        return;
    rules_durable(&self->card, &table);
    if (step->kind == STEP_INSTALL && table.installs + 1 < PROMISE_INSTALLS_MAX)
        promise_installs[table.installs + 1] = step->image;
    for (uint32_t i = 1; step->kind == STEP_ROT && i <= table.installs; i++) {
        if (promise_installs[i] == step->image)
            promise_installs[i] = -1;
    }
}

/* Does the step for good. False: it goes wrong by itself. */
static bool go_on(struct powerloss *self)
{
    self->machine = self->at_begin;
    do_step(self, 0);
    if (workload[self->step].kind == STEP_LOSE_RINGS) {
        size_t mark = power_card_mark(&self->card);

        self->promise.rings_were_lost = true;
        self->oldest = self->step + 1;
        do_boot(self, 0);
        self->promise.count = 1;
        self->promise.tables[0] = rules_clean(&self->machine.opened);
        power_card_rewind(&self->card, mark);
        machine_power_on(&self->machine, 0, NULL);
    } else {
        promise_now(&self->promise, &self->card);
    }
    bool is_good = verdict_is_good();

    if (!is_good)
        count(self, NULL, NULL);
    self->at_begin = self->machine;
    return is_good;
}

static void begin_step(struct powerloss *self)
{
    self->marks[self->step] = power_card_mark(&self->card);
    note_install(self);
}

void powerloss_run(struct powerloss *self)
{
    for (self->step = 0; self->step < workload_steps; self->step++) {
        begin_step(self);
        for (unsigned event = 1;
             workload_can_be_cut(&workload[self->step]) && !is_over(self) && cut_step(self, event);)
            event++;
        if (is_over(self) || !go_on(self))
            return;
    }
}

/* ---- one ----------------------------------------------------------------------------- */

/* What an id says; false if it says nothing. */
static bool parse_id(const char *id, unsigned *step, struct power_cut cuts[2], unsigned *cut_count)
{
    char text[POWERLOSS_ID_BYTES], *part, *rest = NULL;

    if (strlen(id) >= sizeof(text))
        return false;
    strcpy(text, id);
    part = strtok_r(text, "/", &rest);
    *step = part == NULL ? 0 : (unsigned)strtoul(part, NULL, 10);
    for (*cut_count = 0; (part = strtok_r(NULL, "/", &rest)) != NULL; (*cut_count)++) {
        if (*cut_count == 2 || !power_cut_parse(part, &cuts[*cut_count]))
            return false;
    }
    return *step >= 1 && *step <= workload_steps &&
           (*cut_count == 0 || workload_can_be_cut(&workload[*step - 1]));
}

static bool tell_of_cut(struct powerloss *self, const struct power_cut *cut)
{
    char text[POWER_CUT_TEXT_BYTES];
    bool was_at_a_write = self->card.in_flight.block != POWER_CARD_NONE;

    if (self->card.events + 1 < cut->event || was_at_a_write != (cut->rest != POWER_CONTENTS)) {
        printf("there is no such event\n");
        return false;
    }
    power_cut_text(cut, text);
    printf("  power is cut: %s, %zu writes pending\n", text, self->card.pending_count);
    return true;
}

bool powerloss_run_one(struct powerloss *self, const char *id)
{
    struct power_cut cuts[2];
    struct power_block in_flight;
    struct promise promise;
    unsigned step, cut_count;

    if (!parse_id(id, &step, cuts, &cut_count))
        return false;
    for (self->step = 0; self->step + 1 < step; self->step++) {
        begin_step(self);
        if (!go_on(self))
            return true;
    }
    begin_step(self);
    self->is_told = self->machine.is_told = self->at_begin.is_told = true;
    self->machine = self->at_begin;
    printf("step %u: %s\n", step, workload[self->step].name);
    if (cut_count == 0)
        return go_on(self), true;
    do_step(self, cuts[0].event);
    if (!tell_of_cut(self, &cuts[0]))
        return false;
    promise_after(&promise, &self->promise, &self->machine);
    keep_pending(self);
    in_flight = self->card.in_flight;
    apply(self, &cuts[0], self->pending, self->pending_count, &in_flight);
    if (cut_count == 2) {
        cut_recovery(self, &promise, &cuts[0], cuts[1].event, &cuts[1]);
        return true;
    }
    say(self, "recovery:");
    prove(self, &promise, true);
    count(self, &cuts[0], NULL);
    return true;
}

void powerloss_init(struct powerloss *self, const struct plant *plant)
{
    memset(self, 0, sizeof(*self));
    images_make();
    power_card_init(&self->card);
    plants_set(plant, &self->card);
    workload_format(&self->card);
    machine_init(&self->machine, &self->card, false);
    self->at_begin = self->machine;
    for (unsigned i = 0; i < PROMISE_INSTALLS_MAX; i++)
        promise_installs[i] = -1;
    promise_now(&self->promise, &self->card);
    verdict_clear();
}

void powerloss_free(struct powerloss *self)
{
    power_card_free(&self->card);
    free(self->pending);
    images_free();
}
