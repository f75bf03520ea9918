/*
 * power_cut: what a power cut leaves on a card.
 *
 * Three things are decided at a cut, as far as block_device.h leaves them open and somewhat
 * beyond it: what became of the block in flight; which of the writes since the last flush had
 * arrived; and what happened to the neighbours of the block in flight, up to the whole unit
 * that the card erases at once (SLOT_UNIT_BLOCKS). Each decision has a word, and a cut's text is
 * its event and the three words: "17.new64-ff.none.unit-random".
 *
 *   block       CONTENT, or CONTENT PREFIX - CONTENT: the first PREFIX bytes are one thing and the
 *               rest another. old: as before; new: as it was to be; ff, zeros, random;
 *               unreadable. "-" when the cut was at a flush
 *   pending     all, none; kept-0101, lost-0101: of the last four the second and the fourth
 *               had arrived, and of those before them all, or none
 *   neighbours  alone; previous-, next-, unit- and what they became: ff, zeros, random,
 *               unreadable; stale1, stale4: as they were one step or four steps of the
 *               workload earlier (a card that lost its newest map of where things are)
 *
 * What is random follows from the cut's text and POWER_CUT_SEED.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef POWER_CUT_H
#define POWER_CUT_H

#include "power_card.h"

#define POWER_CUT_SEED       0x506c6c31u
#define POWER_CUT_SUBSET_MAX 4 /* of the writes pending, each subset of the last so many */
#define POWER_CUT_TEXT_BYTES 80

enum power_content {
    POWER_OLD,
    POWER_NEW,
    POWER_ONES,
    POWER_ZEROS,
    POWER_RANDOM,
    POWER_UNREADABLE,
    POWER_STALE1,
    POWER_STALE4,
    POWER_CONTENTS,
};

enum power_where { POWER_ALONE, POWER_PREVIOUS, POWER_NEXT, POWER_UNIT, POWER_WHERES };

struct power_cut {
    unsigned event;
    uint8_t first, rest; /* enum power_content of the block in flight */
    uint16_t prefix;     /* bytes of first; 0: all is rest */
    uint8_t kept;        /* of the writes pending: bit n for the n-th of the last `chosen` */
    uint8_t chosen;      /* 0 ... POWER_CUT_SUBSET_MAX */
    bool older_kept;     /* those before them */
    uint8_t where, neighbour;
};

/* Which cuts are tried. */
enum power_form {
    POWER_QUICK, /* every kind at every event, but not every combination and prefix */
    POWER_FULL,
    POWER_AGAIN,      /* in a recovery: a few, which change with turn */
    POWER_AGAIN_TORN, /* and what could make whole what the first cut tore at its beginning */
};

/*
 * The cuts to be tried at an event of a card that has just lost power there, up to room; returns
 * how many. turn: varies what a form that does not try all has of each kind.
 */
size_t power_cut_list(const struct power_card *card, unsigned event, enum power_form form,
                      unsigned turn, struct power_cut *list, size_t room);
#define POWER_CUT_LIST_MAX 1024

/* Decides: makes the card what the cut left. stale: marks of one step and of four earlier. */
void power_cut_apply(const struct power_cut *cut, struct power_card *card, const size_t stale[2]);

/* Text of a cut, and back: false if it is none. */
void power_cut_text(const struct power_cut *cut, char text[POWER_CUT_TEXT_BYTES]);
bool power_cut_parse(const char *text, struct power_cut *cut);

#endif
