/*
 * plants: bugs that the runner must find.
 *
 * None of them is in the product's code. They bend the card under it - it writes a record beside
 * the newest one, and the card puts it on top - or one of its functions, which the linker lets
 * this program wrap (--wrap): slot_table_begin_install, slot_table_started, slot_records_write.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PLANTS_H
#define PLANTS_H

#include "power_card.h"

struct plant {
    const char *name, *what;
    struct power_bend bend;
    bool takes_what_is_confirmed; /* an install fills the slot that should be kept */
    bool spends_no_try;           /* a trial is started for nothing */
    bool acts_first;              /* a record is written when the next one is due */
};

extern const struct plant plants[];
extern const unsigned plant_count;

/* By name; null: there is none. */
const struct plant *plants_find(const char *name);

/* Puts it in, instead of the one before; null: none. */
void plants_set(const struct plant *plant, struct power_card *card);

#endif
