/*
 * promise: see the header.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "promise.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "rules.h"
#include "verdict.h"

int promise_installs[PROMISE_INSTALLS_MAX];

/* ---- what is promised ---------------------------------------------------------------- */

static void allow(struct promise *self, const struct slot_table *table)
{
    struct slot_table clean = rules_clean(table);

    for (unsigned i = 0; i < self->count; i++) {
        if (rules_same(&self->tables[i], &clean))
            return;
    }
    if (self->count == PROMISE_TABLES_MAX)
        verdict_fail("more than %u tables are possible", PROMISE_TABLES_MAX);
    else
        self->tables[self->count++] = clean;
}

void promise_now(struct promise *self, const struct power_card *card)
{
    struct slot_table table;

    self->count = 0;
    rules_durable(card, &table);
    allow(self, &table);
}

void promise_after(struct promise *self, const struct promise *before,
                   const struct machine *machine)
{
    unsigned last = machine->record_count; /* that is durable */

    self->count = 0;
    self->rings_were_lost = before->rings_were_lost;
    while (last > 0 && !machine->records[last - 1].is_durable)
        last--;
    if (last > 0)
        allow(self, &machine->records[last - 1].table);
    else if (machine->has_opened)
        allow(self, &machine->opened);
    for (unsigned i = 0; self->count == 0 && i < before->count; i++)
        self->tables[i] = before->tables[i];
    if (self->count == 0)
        self->count = before->count;
    for (unsigned i = last; i < machine->record_count; i++)
        allow(self, &machine->records[i].table);
}

/* ---- the proof ----------------------------------------------------------------------- */

static void print_table(const char *what, const struct slot_table *table)
{
    char text[600];

    rules_text(table, text, sizeof(text));
    printf("    %s: %s\n", what, text);
}

static bool check_table(const struct promise *self, const struct machine *machine)
{
    const struct slot_table *table = &machine->store.table;

    if (!slot_table_is_sound(table))
        return verdict_fail("the table is not sound");
    for (unsigned i = 0; i < self->count; i++) {
        if (rules_same(table, &self->tables[i]))
            return true;
    }
    if (machine->is_told) {
        print_table("recovered", table);
        for (unsigned i = 0; i < self->count; i++)
            print_table(i == 0 ? "must be" : "or", &self->tables[i]);
    }
    return verdict_fail("the table is none of those before and after");
}

static int image_of_install(uint32_t install)
{
    return install < PROMISE_INSTALLS_MAX ? promise_installs[install] : -1;
}

/* What an install put there is what is read. */
static bool check_slots(const struct promise *self, struct machine *machine)
{
    for (unsigned i = 0; i < SLOT_SERVICES_MAX * SLOT_SLOTS && !self->rings_were_lost; i++) {
        const struct slot_service *service = &machine->store.table.services[i / SLOT_SLOTS];
        const struct slot_entry *entry = &service->slots[i % SLOT_SLOTS];
        int expected = image_of_install(entry->install);

        if (rules_has_start(entry) && expected >= 0 &&
            machine_read(machine, i / SLOT_SLOTS, i % SLOT_SLOTS) != expected)
            return verdict_fail("%s %c, %s, does not have the image of install %u: %s",
                                service->name, (int)('A' + i % SLOT_SLOTS),
                                slot_state_name(entry->state), (unsigned)entry->install,
                                machine->reason);
    }
    return true;
}

static bool has_confirmed(const struct slot_table *table, const char *name)
{
    for (unsigned i = 0; i < SLOT_SERVICES_MAX; i++) {
        const struct slot_service *service = &table->services[i];

        if (strcmp(service->name, name) == 0)
            return service->slots[0].state == SLOT_CONFIRMED ||
                   service->slots[1].state == SLOT_CONFIRMED;
    }
    return false;
}

/* The first promise of all, told by itself. Whatever the tables are: a service that was
 * confirmed in each of them has a confirmed slot, and its image is good. */
static bool check_confirmed(const struct promise *self, struct machine *machine)
{
    for (unsigned i = 0; i < SLOT_SERVICES_MAX; i++) {
        const char *name = self->tables[0].services[i].name;
        bool was = name[0] != '\0', is = false;

        for (unsigned j = 0; j < self->count; j++)
            was = was && has_confirmed(&self->tables[j], name);
        for (unsigned j = 0; was && j < SLOT_SERVICES_MAX * SLOT_SLOTS; j++) {
            const struct slot_service *service = &machine->store.table.services[j / SLOT_SLOTS];

            if (strcmp(service->name, name) == 0 &&
                service->slots[j % SLOT_SLOTS].state == SLOT_CONFIRMED)
                is = is || images_may_start(machine_read(machine, j / SLOT_SLOTS, j % SLOT_SLOTS),
                                            service->floor);
        }
        if (was && !is)
            return verdict_fail("%s was confirmed and bootable, and is not any more", name);
    }
    return true;
}

static bool may_start(void *context, unsigned service, unsigned slot)
{
    struct machine *machine = context;

    return images_may_start(machine_read(machine, service, slot),
                            machine->store.table.services[service].floor);
}

/* One boot of a store that is open: it starts what it should, and changes what it should. */
static struct rules_start boot(struct machine *machine)
{
    const struct slot_table before = machine->store.table;
    struct rules_start start = rules_choose(&before, may_start, machine);
    struct slot_table expected = rules_started(&before, start);
    int image = machine_boot(machine);

    if ((image < 0) != (start.service < 0))
        verdict_fail(image < 0 ? "nothing is started, though there is something to start"
                               : "something is started, though nothing is to be");
    else if (image >= 0 &&
             (machine->running.service != start.service || machine->running.slot != start.slot))
        verdict_fail("%s %c is started, not %s %c", before.services[machine->running.service].name,
                     (int)('A' + machine->running.slot), before.services[start.service].name,
                     (int)('A' + start.slot));
    else if (!rules_same(&machine->store.table, &expected))
        verdict_fail("the start of %s has changed something else than it should",
                     start.service < 0 ? "nothing" : before.services[start.service].name);
    return start;
}

/* Without anybody confirming anything: it must come to rest. */
static void boot_on(struct machine *machine)
{
    for (unsigned boots = 0; verdict_is_good(); boots++) {
        struct rules_start start = boot(machine);
        const struct slot_table *table = &machine->store.table;

        if (start.service < 0 ||
            table->services[start.service].slots[start.slot].state == SLOT_CONFIRMED)
            return;
        if (boots == PROMISE_BOOTS_MAX)
            verdict_fail("%u boots lead to nothing confirmed, and no end", boots);
        machine_power_on(machine, 0, NULL);
        machine_open(machine, true);
    }
}

/* The card can still be used: a new version of what is wanted goes all the way. */
static void install_on(struct machine *machine)
{
    const struct slot_table *table = &machine->store.table;
    bool is_echo = machine->runs && strcmp(table->services[machine->running.service].name,
                                           images[ECHO_PROBE].about.name) == 0;
    int probe = is_echo ? ECHO_PROBE : DNS_PROBE;
    int status = machine_install(machine, probe);

    if (status == 0)
        status = machine_select(machine, images[probe].about.name, SLOT_ALWAYS);
    if (status == 0) {
        machine_power_on(machine, 0, NULL);
        if (machine_boot(machine) != probe)
            verdict_fail("a new version is installed, and not started");
        else
            status = machine_confirm(machine);
    }
    if (status == 0) {
        machine_power_on(machine, 0, NULL);
        if (machine_boot(machine) != probe || machine->running.state != SLOT_CONFIRMED)
            verdict_fail("a new version confirmed itself, and is not started as confirmed");
    }
    if (status < 0)
        verdict_fail("a new version cannot be installed: %s, %s", error_name(status),
                     machine->reason);
}

void promise_prove(const struct promise *self, struct machine *machine, bool is_thorough)
{
    machine_power_on(machine, 0, NULL);
    if (machine_open(machine, true) != 0)
        return;
    if (machine->was_lost && !self->rings_were_lost) {
        verdict_fail("all records are lost");
        return;
    }
    if (!check_confirmed(self, machine) || !check_table(self, machine) ||
        !check_slots(self, machine))
        return;
    boot_on(machine);
    if (is_thorough && verdict_is_good())
        install_on(machine);
}
