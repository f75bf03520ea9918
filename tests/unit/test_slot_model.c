/*
 * slot_table against a model of it, after every sequence of events there is.
 *
 * The model knows no states. It is sets of slots - in these an install has begun, these are
 * whole, these were tried, trusted, rejected - and the order of installs; what is to be seen of a
 * table follows from them. Model and table go through the same events side by side, breadth
 * first; after each event the whole table is compared with what the model says, and rules that
 * hold whatever the model says are checked on the table alone.
 * A situation that was met before is not gone on from again, so all sequences of events up to the
 * depth that is printed are covered; for one service there is nothing new beyond it, so all there
 * are. Install numbers are compared by their order, everything else by value.
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
#include "slot_table.h"

#define SERVICES_MAX 2
#define IDS          (SERVICES_MAX * SLOT_SLOTS) /* a slot's id: 2 * service + slot */
#define NOBODY       0xff
#define DEPTH        10 /* of the walk with two services; deeper is possible, but takes its time */
#define DEPTH_LAST   11 /* ... of the one below it */
#define COUNTER      7  /* security counter of what is confirmed in a slot B */

static const char *const names[SERVICES_MAX] = {"dns", "echo"};

/* ---- the model ---- */

typedef unsigned set; /* of ids */

struct model {
    uint8_t begun, whole, tried, trusted, rejected; /* sets */
    uint8_t left[IDS];                              /* starts granted, of those that are whole */
    uint8_t failures[IDS];                          /* in a row, 3 for more */
    uint8_t latest[IDS], installs;                  /* begun ones, the latest install first */
    uint8_t row[SERVICES_MAX];                      /* NOBODY: not known */
    uint8_t floor[SERVICES_MAX];
    uint8_t last, once, standard; /* an id, services; NOBODY */
};

static set one(unsigned id)
{
    return 1u << id;
}

static set both_of(unsigned service)
{
    return 3u << 2 * service;
}

static set tired(const struct model *model)
{
    set result = 0;

    for (unsigned id = 0; id < IDS; id++)
        result |= model->failures[id] == SLOT_FAILURES_MAX ? one(id) : 0;
    return result;
}

static set startable(const struct model *model)
{
    set result = model->trusted;

    for (unsigned id = 0; id < IDS; id++)
        result |= model->left[id] > 0 ? one(id) : 0;
    return result & model->whole & (set)~model->rejected;
}

/* The startable slots of a service, best first. */
static unsigned model_order(const struct model *model, unsigned service, uint8_t *order)
{
    set chosen = startable(model) & both_of(service);
    unsigned count = 0;

    for (unsigned i = 0; i < model->installs; i++) {
        if (chosen & one(model->latest[i]))
            order[count++] = model->latest[i];
    }
    if (count == 2 && (chosen & ~(set)model->trusted) == 0 && (tired(model) & one(order[0]))) {
        uint8_t other = order[1];

        order[1] = order[0];
        order[0] = other;
    }
    return count;
}

/* Which service's row comes first among those of the set. */
static uint8_t first_row(const struct model *model, bool only_startable)
{
    uint8_t best = NOBODY;

    for (uint8_t service = 0; service < SERVICES_MAX; service++) {
        if (model->row[service] == NOBODY ||
            (only_startable && !(startable(model) & both_of(service))))
            continue;
        if (best == NOBODY || model->row[service] < model->row[best])
            best = service;
    }
    return best;
}

static uint8_t model_wanted(const struct model *model, uint8_t preferred)
{
    const uint8_t wishes[] = {model->once, model->standard,
                              preferred != NOBODY && model->row[preferred] != NOBODY ? preferred
                                                                                     : NOBODY,
                              first_row(model, true), first_row(model, false)};

    for (unsigned i = 0; i < sizeof wishes; i++) {
        if (wishes[i] != NOBODY)
            return wishes[i];
    }
    return NOBODY;
}

/* Takes the slot out of all sets and out of the order. */
static void model_forget(struct model *model, unsigned id)
{
    unsigned kept = 0;

    model->begun &= (uint8_t)~one(id);
    model->whole &= (uint8_t)~one(id);
    model->tried &= (uint8_t)~one(id);
    model->trusted &= (uint8_t)~one(id);
    model->rejected &= (uint8_t)~one(id);
    model->left[id] = model->failures[id] = 0;
    for (unsigned i = 0; i < model->installs; i++) {
        if (model->latest[i] != id)
            model->latest[kept++] = model->latest[i];
    }
    for (unsigned i = kept; i < IDS; i++)
        model->latest[i] = 0;
    model->installs = (uint8_t)kept;
}

/* Of a set: never begun ones, lowest first, then the earliest install. */
static unsigned earliest(const struct model *model, set from)
{
    for (unsigned id = 0; id < IDS; id++) {
        if (from & one(id) & (set)~model->begun)
            return id;
    }
    for (unsigned i = model->installs; i-- > 0;) {
        if (from & one(model->latest[i]))
            return model->latest[i];
    }
    return NOBODY;
}

static unsigned model_begin(struct model *model, unsigned service)
{
    set both = both_of(service);
    set worn = tired(model) & both;
    /* What may be given up, in this order. */
    const set gladly[] = {
        both & ~(set)(model->whole & ~model->rejected),
        both & ~(set)model->trusted,
        worn == both ? 0 : worn,
        model->last == NOBODY ? both : both & ~one(model->last),
    };
    unsigned id = NOBODY;

    for (unsigned i = 0; id == NOBODY; i++)
        id = gladly[i] != 0 ? earliest(model, gladly[i]) : NOBODY;
    if (model->row[service] == NOBODY)
        model->row[service] = model->row[!service] == 0;
    model_forget(model, id);
    model->begun |= (uint8_t)one(id);
    memmove(model->latest + 1, model->latest, IDS - 1);
    model->latest[0] = (uint8_t)id;
    model->installs++;
    return id;
}

static void model_start(struct model *model, unsigned id)
{
    unsigned other = id ^ 1;

    if (model->trusted & one(id)) {
        if (tired(model) & one(other))
            model->failures[other] = 0;
    } else {
        model->left[id]--;
        model->tried |= (uint8_t)one(id);
    }
    model->last = (uint8_t)id;
    model->once = NOBODY;
}

static void model_confirm(struct model *model, unsigned id, uint8_t counter)
{
    if (!(model->tried & one(id)) || (model->rejected & one(id)))
        return;
    model->trusted |= (uint8_t)one(id);
    model->left[id] = 0;
    if (model->floor[id / 2] < counter)
        model->floor[id / 2] = counter;
}

static void model_fail(struct model *model, unsigned id, bool after_stable)
{
    if (!(model->tried & one(id)))
        return;
    if (!(model->trusted & one(id))) {
        model->rejected |= (uint8_t)one(id);
        model->left[id] = 0;
    } else if (after_stable) {
        model->failures[id] = 1;
    } else if (model->failures[id] < SLOT_FAILURES_MAX) {
        model->failures[id]++;
    }
}

static void model_power_cycle(struct model *model)
{
    for (unsigned id = 0; id < IDS; id++) {
        if (model->begun & one(id) & (set)~model->whole)
            model_forget(model, id);
        if ((model->tried & one(id)) && !(model->trusted & one(id)) && model->left[id] == 0)
            model->rejected |= (uint8_t)one(id);
    }
    for (unsigned service = 0; service < SERVICES_MAX; service++) {
        if (!(model->begun & both_of(service)) && model->floor[service] == 0)
            model->row[service] = NOBODY;
    }
    /* Who is not known any more is not wanted any more, and was never started. */
    if (model->last != NOBODY && model->row[model->last / 2] == NOBODY)
        model->last = NOBODY;
    if (model->once != NOBODY && model->row[model->once] == NOBODY)
        model->once = NOBODY;
    if (model->standard != NOBODY && model->row[model->standard] == NOBODY)
        model->standard = NOBODY;
}

/* ---- what the model says is to be seen ---- */

static uint8_t model_state(const struct model *model, unsigned id)
{
    const struct {
        bool is_so;
        uint8_t state;
    } first_that_holds[] = {
        {!(model->begun & one(id)), SLOT_EMPTY},    {!(model->whole & one(id)), SLOT_WRITING},
        {model->trusted & one(id), SLOT_CONFIRMED}, {model->rejected & one(id), SLOT_BAD},
        {model->tried & one(id), SLOT_TRIAL},       {true, SLOT_PENDING},
    };
    unsigned i = 0;

    while (!first_that_holds[i].is_so)
        i++;
    return first_that_holds[i].state;
}

static uint8_t row_or_nobody(const struct model *model, uint8_t service)
{
    return service == NOBODY ? SLOT_NOBODY : model->row[service];
}

/* The whole table; install numbers are taken from the one it is compared with, see below. */
static void model_table(const struct model *model, const struct slot_table *like,
                        struct slot_table *table)
{
    memset(table, 0, sizeof *table);
    table->installs = like->installs;
    table->standard = row_or_nobody(model, model->standard);
    table->once = row_or_nobody(model, model->once);
    table->last_service = model->last == NOBODY ? SLOT_NOBODY : model->row[model->last / 2];
    table->last_slot = model->last == NOBODY ? 0 : model->last % 2;
    for (unsigned service = 0; service < SERVICES_MAX; service++) {
        uint8_t index = model->row[service];

        if (index == NOBODY)
            continue;
        struct slot_service *row = &table->services[index];

        strcpy(row->name, names[service]);
        row->floor = model->floor[service];
        for (unsigned slot = 0; slot < SLOT_SLOTS; slot++) {
            unsigned id = 2 * service + slot;

            row->slots[slot] = (struct slot_entry){
                .state = model_state(model, id),
                .tries = model->left[id],
                .failures = model->failures[id],
                .install = model->begun & one(id) ? like->services[index].slots[slot].install : 0};
        }
    }
}

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

/* Walks through all situations that are less than depth events away from an empty table. Returns
 * the depth behind which there is nothing new, or depth. */
static unsigned walk_through(unsigned depth)
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
    meet(&table, &model, 0);
    for (unsigned i = 0; i < walk.met_count && walk.met[i].depth < depth; i++) {
        reached = walk.met[i].depth + 1;
        try_all_events(i);
    }
    print_message("# %u service(s), %u tries: depth %u, %zu states, %llu transitions\n",
                  walk.services, walk.tries, reached, walk.met_count,
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
        unsigned depth = walk_through(1000);

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
    assert_int_equal(walk_through(DEPTH), DEPTH);
}

/* A service that runs is the one that was started last: fewer events, so more of them in a row. */
static void test_two_services_do_so_further_when_only_what_was_started_last_speaks(void **state)
{
    (void)state;
    walk.services = 2;
    walk.tries = 1;
    walk.only_last = true;
    assert_int_equal(walk_through(DEPTH_LAST), DEPTH_LAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_service_does_what_the_model_says_whatever_happens),
        cmocka_unit_test(test_two_services_do_what_the_model_says_up_to_some_depth),
        cmocka_unit_test(test_two_services_do_so_further_when_only_what_was_started_last_speaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
