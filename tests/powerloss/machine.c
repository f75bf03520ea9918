/*
 * machine: see the header.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "machine.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "rules.h"
#include "verdict.h"

/* ---- watching what is written -------------------------------------------------------- */

static const char *place_of(uint32_t block, char text[64])
{
    uint32_t in_store = block - POWER_CARD_STORE;
    uint32_t unit = in_store / SLOT_UNIT_BLOCKS, at = in_store % SLOT_UNIT_BLOCKS;

    if (unit == 0 || block >= POWER_CARD_RING_1)
        snprintf(text, 64, "ring %u place %u", unit == 0 ? 0u : 1u, at);
    else if (at == 0)
        snprintf(text, 64, "service %u %c header", (unit - 1) / 2, (int)('A' + (unit - 1) % 2));
    else
        snprintf(text, 64, "service %u %c image block %u", (unit - 1) / 2,
                 (int)('A' + (unit - 1) % 2), at - SLOT_IMAGE_BLOCK);
    return text;
}

static bool is_in_a_ring(uint32_t block)
{
    return (block >= POWER_CARD_STORE && block < POWER_CARD_STORE + SLOT_RING_RECORDS) ||
           (block >= POWER_CARD_RING_1 && block < POWER_CARD_RING_1 + SLOT_RING_RECORDS);
}

static void note_write(struct power_watch *base, unsigned event, uint32_t block,
                       const uint8_t *bytes)
{
    struct machine *self = (struct machine *)base;
    bool is_record = false;
    struct slot_record record;
    char text[600] = "";

    if (is_in_a_ring(block))
        is_record = rules_record(bytes, &record);
    if (is_record && self->record_count == MACHINE_RECORDS_MAX)
        verdict_fail("%u records were written since power-on, and no end", self->record_count);
    else if (is_record)
        self->records[self->record_count++] = (struct machine_record){.table = record.table};
    if (!self->is_told)
        return;
    if (is_record)
        rules_text(&record.table, text, sizeof(text));
    printf("    %3u: write %s", event, place_of(block, (char[64]){0}));
    if (is_record)
        printf(": record %llu: %s", (unsigned long long)record.sequence, text);
    printf("\n");
}

static void note_flush(struct power_watch *base, unsigned event)
{
    struct machine *self = (struct machine *)base;

    if (event != self->card->cut_at) {
        for (unsigned i = 0; i < self->record_count; i++)
            self->records[i].is_durable = true;
    }
    if (self->is_told)
        printf("    %3u: flush\n", event);
}

/* ---- power --------------------------------------------------------------------------- */

void machine_init(struct machine *self, struct power_card *card, bool is_told)
{
    memset(self, 0, sizeof(*self));
    self->watch = (struct power_watch){note_write, note_flush};
    self->card = card;
    self->is_told = is_told;
    card->watch = &self->watch;
    machine_power_on(self, 0, NULL);
}

void machine_go_on(struct machine *self, unsigned cut_at, jmp_buf *gone)
{
    power_card_power_on(self->card, cut_at, gone);
    self->has_opened = false;
    self->record_count = 0;
}

void machine_power_on(struct machine *self, unsigned cut_at, jmp_buf *gone)
{
    machine_go_on(self, cut_at, gone);
    machine_stop(self);
    /* What memory holds after power-on. */
    memset(&self->store, 0xa5, sizeof(self->store));
    memset(self->buffer, 0x5a, sizeof(self->buffer));
    self->image = -1;
    image_judge_init(&self->judge);
    self->judge.is_told = self->is_told;
}

void machine_stop(struct machine *self)
{
    self->runs = false;
    self->is_open = false;
    self->was_lost = false;
}

int machine_open(struct machine *self, bool clean)
{
    int status;

    if (self->is_open)
        return 0;
    self->reason[0] = '\0';
    status = slot_store_open(&self->store, &self->card->device, clean, MACHINE_TRIES, self->reason);
    self->is_open = status == 0;
    if (self->is_told)
        printf("    open: %s%s%s\n", error_name(status), self->reason[0] != '\0' ? ": " : "",
               self->reason);
    if (status != 0) {
        verdict_fail("the store cannot be opened: %s, %s", error_name(status), self->reason);
        return status;
    }
    if (self->store.is_read_only)
        verdict_fail("the store counts as read-only: %s", self->reason);
    self->was_lost = self->store.was_lost;
    self->has_opened = true;
    self->opened = self->store.table;
    return 0;
}

static int open_for_call(struct machine *self)
{
    if (self->runs)
        self->is_open = false;
    return machine_open(self, !self->runs);
}

/* What the store takes for durable must be. */
static bool check_durable(struct machine *self, const char *when)
{
    struct slot_table durable;
    char is[600], should_be[600];

    rules_durable(self->card, &durable);
    if (rules_same(&durable, &self->store.table))
        return true;
    rules_text(&durable, is, sizeof(is));
    rules_text(&self->store.table, should_be, sizeof(should_be));
    if (self->is_told)
        printf("    %s, the table was to be: %s\n    but durable is: %s\n", when, should_be, is);
    return verdict_fail("%s, the table the store has is not durable", when);
}

/* ---- what it does -------------------------------------------------------------------- */

static void jump(struct machine *self, size_t length)
{
    const struct slot_choice *choice = &self->running;
    const struct slot_service *service = &self->store.table.services[choice->service];
    const struct slot_entry *entry = &service->slots[choice->slot];

    self->image = images_find(self->buffer, length);
    if (self->image < 0)
        verdict_fail("bytes that are no image are started as %s %c", service->name,
                     (int)('A' + choice->slot));
    else if (self->image != self->judge.passed)
        verdict_fail("%s %s is started without having been judged good", service->name,
                     images[self->image].about.version);
    else if (strcmp(images[self->image].about.name, service->name) != 0)
        verdict_fail("an image of %s is started as %s", images[self->image].about.name,
                     service->name);
    else if (!images_may_start(self->image, service->floor))
        verdict_fail("%s %s is started below the floor %u", service->name,
                     images[self->image].about.version, (unsigned)service->floor);
    else if (entry->state != choice->state || entry->tries != choice->tries ||
             entry->install != choice->install ||
             memcmp(&choice->image, &images[self->image].about, sizeof(choice->image)) != 0)
        verdict_fail("what is said of the choice of %s is not what it is", service->name);
    check_durable(self, "at a jump");
    self->runs = true;
    if (self->is_told)
        printf("    jump: %s %c, %s, %s(%u)\n", service->name, (int)('A' + choice->slot),
               choice->image.version, slot_state_name(choice->state), choice->tries);
}

int machine_boot(struct machine *self)
{
    int64_t length;

    self->runs = false;
    if (machine_open(self, true) != 0)
        return -1;
    self->judge.passed = -1;
    length = slot_boot_choose(&self->store, NULL, NULL, self->buffer, sizeof(self->buffer),
                              &self->judge.judge, &self->running);
    if (length < 0) {
        if (length != ERROR_ABSENT)
            verdict_fail("nothing is chosen: %s", error_name((int)length));
        if (self->is_told)
            printf("    nothing to start: %s\n", error_name((int)length));
        return -1;
    }
    jump(self, (size_t)length);
    return self->image;
}

/* A call that succeeded has made durable what it changed. */
static int checked(struct machine *self, const char *what, int status)
{
    if (self->is_told)
        printf("    %s: %s%s%s\n", what, error_name(status),
               status < 0 && self->reason[0] != '\0' ? ": " : "", status < 0 ? self->reason : "");
    if (status == 0)
        check_durable(self, what);
    return status;
}

int machine_install(struct machine *self, int image)
{
    int status = open_for_call(self);

    if (status != 0)
        return status;
    /* Behind the file there is something: nobody is to care. */
    memset(self->buffer, 0x99, sizeof(self->buffer));
    memcpy(self->buffer, images[image].bytes, images[image].about.bytes);
    self->reason[0] = '\0';
    status = slot_store_install(&self->store, self->buffer, &images[image].about, MACHINE_TRIES,
                                &self->installed_service, &self->installed_slot, self->reason);
    self->image = image;
    return checked(self, "install", status);
}

int machine_begin(struct machine *self)
{
    int status;

    machine_stop(self);
    status = machine_open(self, false);
    if (status != 0)
        return status;
    self->judge.passed = self->image; /* as the loader checked it when it came */
    status = slot_boot_begin(&self->store, self->installed_service, self->installed_slot,
                             &self->running, self->reason);
    if (status == 0)
        jump(self, images[self->image].about.bytes);
    return checked(self, "begin", status);
}

int machine_confirm(struct machine *self)
{
    int status = open_for_call(self);

    if (status != 0)
        return status;
    return checked(self, "confirm",
                   slot_boot_confirm(&self->store, self->running.service, self->running.slot,
                                     self->running.install, self->running.image.security_counter,
                                     self->reason));
}

int machine_fail(struct machine *self, bool after_stable)
{
    int status;

    machine_stop(self); /* its end is the loader's next start */
    status = machine_open(self, false);
    if (status != 0)
        return status;
    return checked(self, "fail",
                   slot_boot_fail(&self->store, self->running.service, self->running.slot,
                                  self->running.install, after_stable, self->reason));
}

int machine_select(struct machine *self, const char *service, enum slot_when when)
{
    int status = open_for_call(self);

    if (status != 0)
        return status;
    struct slot_table before = self->store.table;

    status = slot_table_select(&self->store.table, service, when);
    if (status == 0 && !rules_same(&before, &self->store.table))
        status = slot_store_commit(&self->store, &before, self->reason);
    return checked(self, "select", status);
}

int machine_read(struct machine *self, unsigned service, unsigned slot)
{
    struct slot_image about;
    int64_t length = slot_store_read(&self->store, service, slot, self->buffer,
                                     sizeof(self->buffer), &about, self->reason);

    return length < 0 ? -1 : images_find(self->buffer, (size_t)length);
}
