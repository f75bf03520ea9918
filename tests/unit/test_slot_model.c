/*
 * slot_table against slot_model.h after every sequence of events there is.
 *
 * Model and table go through the same events side by side, breadth first; after each event the
 * whole table is compared with what the model says, and rules that hold whatever the model says
 * are checked on the table alone.
 * A situation that was met before is not gone on from again, so all sequences of events up to the
 * depth that is printed are covered; for one service there is nothing new beyond it, so all there
 * are. Install numbers are compared by their order, everything else by value.
 * A failure prints the events that led to it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"
#include "slot_model.h"
#include "slot_table.h"

/* How far to go with two services; further is possible, but takes its time. */
#define DEPTH       9
#define DEPTH_LAST  11 /* when only what was started last says anything */
#define DEPTH_LIVED 7  /* behind the steps of lived_in */

#define COUNTER 7 /* security counter of what is confirmed in a slot B */

/* ---- events ---- */

enum event {
    BEGIN, /* of a service */
    CUT,
    START_BEST,
    START_OTHER,
    SELECT_ONCE,
    SELECT_ALWAYS,
    END, /* of a slot */
    CONFIRM,
    FAIL,
    FAIL_AFTER_STABLE,
    POWER_CYCLE, /* of the card */
    EVENTS
};
static const char *const event_names[] = {"begin",
                                          "begin, power cycle",
                                          "start the best",
                                          "start the other",
                                          "select once",
                                          "select always",
                                          "end",
                                          "confirm",
                                          "fail",
                                          "fail after stable",
                                          "power cycle"};

struct step {
    uint8_t event, service, slot;
};

/* One situation: the table and the model of it, and how it came to it. */
struct situation {
    struct slot_table table;
    struct model model;
    unsigned before, depth;
    struct step step;
};

static struct walk {
    struct situation *met;
    unsigned *buckets; /* index + 1 of a situation; open addressing */
    size_t met_count, met_room, bucket_count;
    uint64_t transitions;
    unsigned services, tries;
    bool only_last; /* nothing but what was started last confirms itself or fails */
} walk;

static struct slot_table before; /* the last event */
static struct step step;
static unsigned from;

static void tell_the_way(unsigned index)
{
    if (index != 0)
        tell_the_way(walk.met[index].before);
    const struct step *s = &walk.met[index].step;

    if (index != 0)
        print_message("  %s %s %c\n", event_names[s->event], names[s->service], "AB"[s->slot]);
}

#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            tell_the_way(from);                                                                    \
            print_message("  %s %s %c\n", event_names[step.event], names[step.service],            \
                          "AB"[step.slot]);                                                        \
            assert_true(condition);                                                                \
        }                                                                                          \
    } while (0)

/* ---- what holds whatever the model says ---- */

static unsigned count_confirmed(const struct slot_service *row)
{
    return (row->slots[0].state == SLOT_CONFIRMED) + (row->slots[1].state == SLOT_CONFIRMED);
}

static void check_entry(const struct slot_entry *old, const struct slot_entry *new)
{
    bool is_other = new->install != old->install;

    if (is_other && new->install != 0)
        HOLDS(step.event == BEGIN || step.event == CUT);
    if (!is_other && old->state != SLOT_WRITING)
        HOLDS(new->tries <= old->tries);
    /* What failed, or used up its tries, does not come back. */
    if (!is_other && old->state == SLOT_BAD)
        HOLDS(new->state == SLOT_BAD);
    if (!is_other && old->state == SLOT_CONFIRMED)
        HOLDS(new->state == SLOT_CONFIRMED);
    if (step.event == POWER_CYCLE && old->state == SLOT_CONFIRMED)
        HOLDS(memcmp(old, new, sizeof *old) == 0);
}

static void check_rules(const struct slot_table *table)
{
    HOLDS(slot_table_is_sound(table));
    HOLDS(table->installs == before.installs + (step.event == BEGIN || step.event == CUT));
    for (unsigned i = 0; i < SLOT_SERVICES_MAX; i++) {
        const struct slot_service *old = &before.services[i], *new = &table->services[i];
        uint8_t order[SLOT_SLOTS];

        /* Of what is confirmed one stays, and can be started. */
        if (count_confirmed(old) > 0) {
            HOLDS(count_confirmed(new) > 0);
            HOLDS(strcmp(old->name, new->name) == 0);
            HOLDS(slot_table_order(table, i, order) > 0);
        }
        HOLDS(new->floor >= old->floor);
        for (unsigned slot = 0; slot < SLOT_SLOTS; slot++)
            check_entry(&old->slots[slot], &new->slots[slot]);
        /* What is done to one service is no other's business. */
        if (step.event != POWER_CYCLE && step.event != CUT && old->name[0] != '\0' &&
            strcmp(old->name, names[step.service]) != 0)
            HOLDS(memcmp(old, new, sizeof *old) == 0);
    }
}

/* ---- model and table side by side ---- */

static void check_installs(const struct slot_table *table, const struct model *model)
{
    uint32_t later = UINT32_MAX;

    for (unsigned i = 0; i < model->installs; i++) {
        unsigned id = model->latest[i];
        uint32_t install = table->services[model->row[id / 2]].slots[id % 2].install;

        HOLDS(install > 0 && install < later && install <= table->installs);
        later = install;
    }
}

static void compare(const struct slot_table *table, const struct model *model)
{
    struct slot_table expected;
    uint8_t order[SLOT_SLOTS], expected_order[SLOT_SLOTS];

    model_table(model, table, &expected);
    HOLDS(memcmp(table, &expected, sizeof expected) == 0);
    check_installs(table, model);
    for (uint8_t service = 0; service < walk.services; service++) {
        uint8_t row = model->row[service];

        HOLDS(slot_table_find(table, names[service]) == (row == NOBODY ? ERROR_ABSENT : row));
        if (row == NOBODY)
            continue;
        unsigned count = slot_table_order(table, row, order);

        HOLDS(count == model_order(model, service, expected_order));
        for (unsigned i = 0; i < count; i++)
            HOLDS(2 * service + order[i] == expected_order[i]);
    }
    for (unsigned preferred = 0; preferred <= walk.services; preferred++) {
        bool is_any = preferred < walk.services;
        uint8_t wanted = model_wanted(model, is_any ? (uint8_t)preferred : NOBODY);

        HOLDS(slot_table_wanted(table, is_any ? names[preferred] : NULL) ==
              (wanted == NOBODY ? ERROR_ABSENT : model->row[wanted]));
    }
}

static void begin(struct slot_table *table, struct model *model)
{
    unsigned service, slot, id = model_begin(model, step.service);

    HOLDS(slot_table_begin_install(table, names[step.service], &service, &slot) == 0);
    HOLDS(service == model->row[step.service] && slot == id % 2);
    HOLDS(table->services[service].slots[slot].install == table->installs);
    HOLDS(count_confirmed(&before.services[service]) != 1 ||
          before.services[service].slots[slot].state != SLOT_CONFIRMED);
}

/* Returns false if there is no slot for it. */
static bool start(struct slot_table *table, struct model *model, unsigned which)
{
    uint8_t order[SLOT_SLOTS];

    if (model_order(model, step.service, order) <= which)
        return false;
    step.slot = order[which] % 2;
    bool changed = slot_table_started(table, model->row[step.service], step.slot);

    HOLDS(changed == (memcmp(table, &before, sizeof before) != 0));
    model_start(model, order[which]);
    return true;
}

static void select_service(struct slot_table *table, struct model *model, enum slot_when when)
{
    bool is_known = model->row[step.service] != NOBODY;
    bool is_startable = startable(model) & both_of(step.service);

    HOLDS(slot_table_select(table, names[step.service], when) == (!is_known      ? ERROR_ABSENT
                                                                  : is_startable ? 0
                                                                                 : ERROR_REFUSED));
    if (!is_startable)
        return;
    model->once = when == SLOT_ONCE ? step.service : NOBODY;
    if (when == SLOT_ALWAYS)
        model->standard = step.service;
}

/* Of one slot, whether or not it ran. Returns false if that cannot be. */
static bool happen_to_slot(struct slot_table *table, struct model *model)
{
    unsigned service = model->row[step.service], id = 2u * step.service + step.slot;
    uint8_t counter = step.slot == 1 ? COUNTER : 0;
    bool changed = true;

    if (service == NOBODY)
        return false;
    if (step.event == END) {
        if (!(model->begun & one(id) & (set)~model->whole))
            return false;
        slot_table_end_install(table, service, step.slot, walk.tries);
        model->whole |= (uint8_t)one(id);
        model->left[id] = (uint8_t)walk.tries;
        return true;
    }
    if (walk.only_last && model->last != id)
        return false;
    if (step.event == CONFIRM) {
        changed = slot_table_confirmed(table, service, step.slot, counter);
        model_confirm(model, id, counter);
    } else {
        changed = slot_table_failed(table, service, step.slot, step.event == FAIL_AFTER_STABLE);
        model_fail(model, id, step.event == FAIL_AFTER_STABLE);
    }
    HOLDS(changed == (memcmp(table, &before, sizeof before) != 0));
    return true;
}

/* Lets the event in step happen to both. Returns false if it cannot happen. */
static bool happen(struct slot_table *table, struct model *model)
{
    switch (step.event) {
    case BEGIN:
        begin(table, model);
        return true;
    case CUT:
        begin(table, model);
        HOLDS(slot_table_clean(table));
        model_power_cycle(model);
        return true;
    case START_BEST:
        return start(table, model, 0);
    case START_OTHER:
        return start(table, model, 1);
    case SELECT_ONCE:
        select_service(table, model, SLOT_ONCE);
        return true;
    case SELECT_ALWAYS:
        select_service(table, model, SLOT_ALWAYS);
        return true;
    case POWER_CYCLE:
        HOLDS(slot_table_clean(table) == (memcmp(table, &before, sizeof before) != 0));
        model_power_cycle(model);
        return true;
    default:
        return happen_to_slot(table, model);
    }
}

/* ---- the walk ---- */

static uint64_t hash_of(const struct model *model)
{
    const uint8_t *bytes = (const uint8_t *)model;
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */

    for (size_t i = 0; i < sizeof *model; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3;
    return hash ^ hash >> 29;
}

/* Adds a situation unless it was met before: the model says all there is to it. */
static void meet(const struct slot_table *table, const struct model *model, unsigned depth)
{
    size_t i = hash_of(model) % walk.bucket_count;

    for (; walk.buckets[i] != 0; i = (i + 1) % walk.bucket_count) {
        if (memcmp(&walk.met[walk.buckets[i] - 1].model, model, sizeof *model) == 0)
            return;
    }
    if (walk.met_count == walk.met_room) {
        walk.met_room *= 2;
        walk.met = realloc(walk.met, walk.met_room * sizeof *walk.met);
        assert_non_null(walk.met);
    }
    assert_true(walk.met_count < walk.bucket_count / 2);
    walk.met[walk.met_count++] = (struct situation){*table, *model, from, depth, step};
    walk.buckets[i] = (unsigned)walk.met_count;
}

static void try_event(unsigned index)
{
    struct slot_table table = walk.met[index].table;
    struct model model = walk.met[index].model;

    before = table;
    from = index;
    if (!happen(&table, &model))
        return;
    walk.transitions++;
    check_rules(&table);
    compare(&table, &model);
    meet(&table, &model, walk.met[index].depth + 1);
}

static void try_all_events(unsigned index)
{
    for (unsigned event = 0; event < EVENTS; event++) {
        unsigned services = event == POWER_CYCLE ? 1 : walk.services;
        unsigned slots = event >= END && event < POWER_CYCLE ? SLOT_SLOTS : 1;

        for (unsigned i = 0; i < services * slots; i++) {
            step = (struct step){(uint8_t)event, (uint8_t)(i / slots), (uint8_t)(i % slots)};
            try_event(index);
        }
    }
}

/* What has happened to a card that is in use: dns is confirmed in both slots, echo in one. */
static const struct step lived_in[] = {
    {BEGIN, 0, 0}, {END, 0, 0}, {START_BEST, 0, 0}, {CONFIRM, 0, 0},
    {BEGIN, 0, 0}, {END, 0, 1}, {START_BEST, 0, 1}, {CONFIRM, 0, 1},
    {BEGIN, 1, 0}, {END, 1, 0}, {START_BEST, 1, 0}, {CONFIRM, 1, 0},
};

/* Walks through all situations that are up to depth events away from an empty table, or one to
 * which these steps have happened. Returns the depth behind which there is nothing new, or
 * depth. */
static unsigned walk_through(unsigned depth, const struct step *steps, size_t step_count)
{
    struct slot_table table;
    struct model model = {
        .row = {NOBODY, NOBODY}, .last = NOBODY, .once = NOBODY, .standard = NOBODY};
    unsigned reached = 0;

    walk.met_count = walk.transitions = 0;
    walk.met_room = 1024;
    walk.bucket_count = (1u << 21) + 17;
    walk.met = malloc(walk.met_room * sizeof *walk.met);
    walk.buckets = calloc(walk.bucket_count, sizeof *walk.buckets);
    assert_true(walk.met != NULL && walk.buckets != NULL);
    slot_table_init(&table);
    from = 0;
    for (size_t i = 0; i < step_count; i++) {
        step = steps[i];
        before = table;
        HOLDS(happen(&table, &model));
    }
    meet(&table, &model, 0);
    for (unsigned i = 0; i < walk.met_count && walk.met[i].depth < depth; i++) {
        reached = walk.met[i].depth + 1;
        try_all_events(i);
    }
    print_message("# %u service(s), %u tries, behind %zu events: depth %u, %zu states, "
                  "%llu transitions\n",
                  walk.services, walk.tries, step_count, reached, walk.met_count,
                  (unsigned long long)walk.transitions);
    free(walk.met);
    free(walk.buckets);
    return reached;
}

static void test_one_service_does_what_the_model_says_whatever_happens(void **state)
{
    (void)state;
    for (unsigned tries = 1; tries <= 3; tries++) {
        walk.services = 1;
        walk.tries = tries;
        walk.only_last = false;
        unsigned depth = walk_through(1000, NULL, 0);

        assert_true(depth < 1000); /* there is no end to be cut off at */
        assert_true(depth >= 12);
    }
}

static void test_two_services_do_what_the_model_says_up_to_some_depth(void **state)
{
    (void)state;
    walk.services = 2;
    walk.tries = 2;
    walk.only_last = false;
    assert_int_equal(walk_through(DEPTH, NULL, 0), DEPTH);
}

/* A service that runs is the one that was started last: fewer events, so more of them in a row. */
static void test_two_services_do_so_further_when_only_what_was_started_last_speaks(void **state)
{
    (void)state;
    walk.services = 2;
    walk.tries = 1;
    walk.only_last = true;
    assert_int_equal(walk_through(DEPTH_LAST, NULL, 0), DEPTH_LAST);
}

static void test_two_services_that_have_long_been_in_use_do_so_too(void **state)
{
    (void)state;
    walk.services = 2;
    walk.tries = 2;
    walk.only_last = false;
    assert_int_equal(walk_through(DEPTH_LIVED, lived_in, sizeof lived_in / sizeof *lived_in),
                     DEPTH_LIVED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_service_does_what_the_model_says_whatever_happens),
        cmocka_unit_test(test_two_services_do_what_the_model_says_up_to_some_depth),
        cmocka_unit_test(test_two_services_do_so_further_when_only_what_was_started_last_speaks),
        cmocka_unit_test(test_two_services_that_have_long_been_in_use_do_so_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
