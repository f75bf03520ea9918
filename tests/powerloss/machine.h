/*
 * machine: a board with a card, as far as slots go: what loader/slots.c does with the store.
 *
 * While a service runs the store is opened anew for each call; while none does it stays open.
 * What is in its memory is gone with the power. Each jump is looked at: the bytes must be an
 * image of the workload that was judged good, and what its start changes must be durable.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MACHINE_H
#define MACHINE_H

#include "images.h"
#include "power_card.h"

#define MACHINE_RECORDS_MAX 32
#define MACHINE_TRIES       3

/* A record that was written since power-on. */
struct machine_record {
    struct slot_table table;
    bool is_durable;
};

struct machine {
    struct power_watch watch; /* first */
    struct power_card *card;
    bool is_told; /* print what happens */

    struct machine_record records[MACHINE_RECORDS_MAX];
    unsigned record_count;

    bool has_opened;          /* the store, since power-on: to this table */
    struct slot_table opened; /* ... */

    struct slot_store store;
    bool is_open, was_lost;
    bool runs;
    struct slot_choice running;
    int image; /* that runs, or was installed last and is still in memory */
    unsigned installed_service, installed_slot;
    struct image_judge judge;
    char reason[SLOT_REASON_BYTES];
    _Alignas(8) uint8_t buffer[IMAGE_BYTES_MAX];
};

void machine_init(struct machine *self, struct power_card *card, bool is_told);

/* Power comes on, and goes at that event (power_card.h). */
void machine_power_on(struct machine *self, unsigned cut_at, jmp_buf *gone);

/* The same without a change: power was there all the time, and goes at that event from now. */
void machine_go_on(struct machine *self, unsigned cut_at, jmp_buf *gone);

/* The service that runs ends; the loader comes up again without a power cut. */
void machine_stop(struct machine *self);

/* Opens the store if it is not open. Returns 0 or its error; then the verdict has failed. */
int machine_open(struct machine *self, bool clean);

/* From power-on to the jump. Returns the image that runs now, or -1: there is nothing. */
int machine_boot(struct machine *self);

/* The others return what the store's function did. */
int machine_install(struct machine *self, int image);
int machine_begin(struct machine *self);
int machine_confirm(struct machine *self);
int machine_fail(struct machine *self, bool after_stable);
int machine_select(struct machine *self, const char *service, enum slot_when when);

/* Reads a slot; the image in it, or -1, with a reason. */
int machine_read(struct machine *self, unsigned service, unsigned slot);

#endif
