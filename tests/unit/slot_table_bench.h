/*
 * slot_table_bench: a slot table and short words for what happens to it. For
 * test_slot_table*.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SLOT_TABLE_BENCH_H
#define SLOT_TABLE_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"
#include "sim.h"
#include "slot_table.h"

enum { A, B };

static struct slot_table table, before;

static inline int setup(void **state)
{
    (void)state;
    sim_reset();
    slot_table_init(&table);
    return 0;
}

static inline struct slot_entry *entry(const char *name, unsigned slot)
{
    int service = slot_table_find(&table, name);

    assert_true(service >= 0);
    return &table.services[service].slots[slot];
}

static inline unsigned index_of(const char *name)
{
    int service = slot_table_find(&table, name);

    assert_true(service >= 0);
    return (unsigned)service;
}

/* Begins an install; returns the slot. */
static inline unsigned begin(const char *name)
{
    unsigned service, slot;

    assert_int_equal(slot_table_begin_install(&table, name, &service, &slot), 0);
    assert_int_equal(service, index_of(name));
    assert_int_equal(entry(name, slot)->state, SLOT_WRITING);
    assert_int_equal(entry(name, slot)->install, table.installs);
    return slot;
}

static inline unsigned install(const char *name)
{
    unsigned slot = begin(name);

    slot_table_end_install(&table, index_of(name), slot, SLOT_TRIES);
    return slot;
}

static inline bool start(const char *name, unsigned slot)
{
    return slot_table_started(&table, index_of(name), slot);
}

static inline bool crash(const char *name, unsigned slot)
{
    return slot_table_failed(&table, index_of(name), slot, false);
}

static inline unsigned install_and_confirm(const char *name)
{
    unsigned slot = install(name);

    assert_true(start(name, slot));
    assert_true(slot_table_confirmed(&table, index_of(name), slot, 0));
    return slot;
}

/* The slots that may be started, best first: "BA", "A", "". */
static inline const char *order(const char *name)
{
    static char text[SLOT_SLOTS + 1];
    uint8_t slots[SLOT_SLOTS];
    unsigned count = slot_table_order(&table, index_of(name), slots);

    for (unsigned i = 0; i < count; i++)
        text[i] = "AB"[slots[i]];
    text[count] = '\0';
    return text;
}

/* An entry in short: state, then tries or failures, then install: "T21", "C02". */
static inline struct slot_entry entry_as(const char *text)
{
    uint8_t state = (uint8_t)(strchr("EWPTCB", text[0]) - "EWPTCB");
    uint8_t count = (uint8_t)(text[1] - '0');
    struct slot_entry entry = {.state = state, .install = (uint32_t)(text[2] - '0')};

    *(state == SLOT_CONFIRMED ? &entry.failures : &entry.tries) = count;
    return entry;
}

static inline void put(const char *name, unsigned slot, const char *what)
{
    *entry(name, slot) = entry_as(what);
    assert_true(slot_table_is_sound(&table));
}

static inline void assert_unchanged(void)
{
    assert_memory_equal(&table, &before, sizeof table);
}

#endif
