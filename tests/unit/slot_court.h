/*
 * slot_court: what the tests of slot_boot share: a judge, and choosing in one line.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SLOT_COURT_H
#define SLOT_COURT_H

#include <stdio.h>

#include "slot_boot.h"
#include "slot_card.h"

static _Alignas(8) uint8_t buffer[IMAGE_BYTES];
static struct slot_choice choice;
static char told[1000];

/* A judge that refuses the versions it was told to, and wants the floor kept. */
static struct {
    struct slot_judge judge;
    char refused[2][16];
    unsigned asked;
    bool swaps; /* the card, while it is asked */
} court;

static inline int judge(struct slot_judge *self, const void *bytes, size_t length,
                        const struct slot_image *about, uint32_t floor, char *why)
{
    uint8_t digest[32];

    (void)self;
    court.asked++;
    if (court.swaps)
        swap_cards();
    court.swaps = false;
    crypto_hash_sha256(digest, bytes, length);
    assert_memory_equal(digest, about->digest, 32);
    assert_int_equal(length, about->bytes);
    if (about->security_counter < floor) {
        snprintf(why, SLOT_REASON_BYTES, "below the floor %u", floor);
        return ERROR_REFUSED;
    }
    for (unsigned i = 0; i < 2; i++) {
        if (strcmp(about->version, court.refused[i]) == 0) {
            strcpy(why, "not signed");
            return ERROR_REFUSED;
        }
    }
    return 0;
}

static inline void tell(struct slot_judge *self, const char *sentence)
{
    (void)self;
    assert_true(strlen(told) + strlen(sentence) + 2 < sizeof told);
    strcat(told, sentence);
    strcat(told, "\n");
}

static inline int set_up_court(void **state)
{
    set_up(state);
    memset(&court, 0, sizeof court);
    court.judge = (struct slot_judge){judge, tell};
    for (unsigned i = 0; i < 2; i++)
        strcpy(court.refused[i], "none");
    open_store();
    return 0;
}

/* ---- in short ---- */

static inline int64_t choose_as(const char *named, const char *preferred)
{
    told[0] = '\0';
    memset(&choice, 0x55, sizeof choice);
    memset(buffer, 0, sizeof buffer);
    return slot_boot_choose(&store, named, preferred, buffer, sizeof buffer, &court.judge, &choice);
}

static inline void assert_started(int64_t length, const char *name, const char *version,
                                  unsigned slot)
{
    make_image(name, version, IMAGE_BYTES);
    if (length < 0)
        fail_msg("not started: %s", told);
    assert_int_equal(length, IMAGE_BYTES);
    assert_memory_equal(buffer, file, IMAGE_BYTES);
    assert_string_equal(choice.image.name, name);
    assert_string_equal(choice.image.version, version);
    assert_int_equal(choice.service, slot_table_find(&store.table, name));
    assert_int_equal(choice.slot, slot);
    assert_int_equal(choice.install, entry_of(name, slot)->install);
    assert_int_equal(choice.state, entry_of(name, slot)->state);
    assert_int_equal(choice.tries, entry_of(name, slot)->tries);
}

static inline void choose(const char *name, const char *version, unsigned slot)
{
    assert_started(choose_as(NULL, NULL), name, version, slot);
}

static inline void select_service(const char *name, enum slot_when when)
{
    struct slot_table before = store.table;

    assert_int_equal(slot_table_select(&store.table, name, when), 0);
    assert_int_equal(slot_store_commit(&store, &before, reason), 0);
}

/* What counts after power-on. */
static inline struct slot_entry durable(const char *name, unsigned slot)
{
    static struct slot_records records;
    static struct slot_table table;
    int service;

    assert_int_equal(slot_records_open(&records, &card.device, RING_0, RING_1, &table), 0);
    service = slot_table_find(&table, name);
    assert_true(service >= 0);
    return table.services[service].slots[slot];
}

#undef CASE
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up_court, tear_down)

#endif
