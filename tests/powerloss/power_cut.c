/*
 * power_cut: see the header.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "power_cut.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const contents[POWER_CONTENTS] = {
    "old", "new", "ff", "zeros", "random", "unreadable", "stale1", "stale4",
};
static const char *const wheres[POWER_WHERES] = {"alone", "previous", "next", "unit"};

/* ---- making it so -------------------------------------------------------------------- */

/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint64_t seed_of(const struct power_cut *cut)
{
    char text[POWER_CUT_TEXT_BYTES];
    uint64_t seed = POWER_CUT_SEED;

    power_cut_text(cut, text);
    for (const char *at = text; *at != '\0'; at++)
        seed = (seed ^ (uint8_t)*at) * 0x100000001b3u;
    return seed;
}

static void fill(uint8_t *bytes, size_t length, enum power_content content, uint64_t *random)
{
    if (content != POWER_RANDOM) {
        memset(bytes, content == POWER_ONES ? 0xff : 0, length);
        return;
    }
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)next_random(random);
}

static void spoil(struct power_card *card, uint32_t block, enum power_content content,
                  const size_t stale[2], uint64_t *random)
{
    uint8_t bytes[SLOT_BLOCK_BYTES];
    bool is_unreadable = content == POWER_UNREADABLE;

    if (content == POWER_STALE1 || content == POWER_STALE4)
        memcpy(bytes, power_card_was(card, block, stale[content - POWER_STALE1], &is_unreadable),
               sizeof(bytes));
    else
        fill(bytes, sizeof(bytes), content, random);
    power_card_put(card, block, is_unreadable ? NULL : bytes);
}

static void spoil_neighbours(const struct power_cut *cut, struct power_card *card,
                             const size_t stale[2], uint64_t *random)
{
    uint32_t block = card->in_flight.block;
    uint32_t unit = block - block % SLOT_UNIT_BLOCKS;

    /* A neighbour in the next unit is none: that is what units are for. */
    if (cut->where == POWER_PREVIOUS && block != unit)
        spoil(card, block - 1, cut->neighbour, stale, random);
    if (cut->where == POWER_NEXT && block != unit + SLOT_UNIT_BLOCKS - 1)
        spoil(card, block + 1, cut->neighbour, stale, random);
    for (uint32_t i = 0; cut->where == POWER_UNIT && i < SLOT_UNIT_BLOCKS; i++) {
        /* What was never written and is behind what a ring has cannot be told from new. */
        if (i < SLOT_RING_RECORDS || power_card_was_used(card, unit + i))
            spoil(card, unit + i, cut->neighbour, stale, random);
    }
}

static void tear(const struct power_cut *cut, struct power_card *card, const uint8_t *old,
                 uint64_t *random)
{
    uint8_t bytes[SLOT_BLOCK_BYTES];

    if (cut->rest == POWER_UNREADABLE) {
        power_card_put(card, card->in_flight.block, NULL);
        return;
    }
    for (unsigned part = 0; part < 2; part++) {
        size_t from = part == 0 ? 0 : cut->prefix;
        size_t length = part == 0 ? cut->prefix : sizeof(bytes) - cut->prefix;
        enum power_content content = part == 0 ? cut->first : cut->rest;

        if (content == POWER_OLD || content == POWER_NEW)
            memcpy(bytes + from, (content == POWER_OLD ? old : card->in_flight.bytes) + from,
                   length);
        else
            fill(bytes + from, length, content, random);
    }
    power_card_put(card, card->in_flight.block, bytes);
}

void power_cut_apply(const struct power_cut *cut, struct power_card *card, const size_t stale[2])
{
    uint64_t random = seed_of(cut);
    uint8_t old[SLOT_BLOCK_BYTES];

    for (size_t i = 0; i < card->pending_count; i++) {
        size_t from_end = card->pending_count - i;
        bool keep =
            from_end > cut->chosen ? cut->older_kept : cut->kept >> (cut->chosen - from_end) & 1;

        if (keep)
            power_card_put(card, card->pending[i].block, card->pending[i].bytes);
    }
    card->pending_count = 0;
    if (card->in_flight.block == POWER_CARD_NONE)
        return;
    memcpy(old, power_card_at(card, card->in_flight.block, NULL), sizeof(old));
    spoil_neighbours(cut, card, stale, &random);
    if (cut->prefix != 0 || cut->rest != POWER_OLD)
        tear(cut, card, old, &random);
}

/* ---- text ---------------------------------------------------------------------------- */

void power_cut_text(const struct power_cut *cut, char text[POWER_CUT_TEXT_BYTES])
{
    char block[32], pending[16];
    int used;

    if (cut->rest == POWER_CONTENTS)
        strcpy(block, "-");
    else if (cut->prefix == 0)
        snprintf(block, sizeof(block), "%s", contents[cut->rest]);
    else
        snprintf(block, sizeof(block), "%s%u-%s", contents[cut->first], cut->prefix,
                 contents[cut->rest]);
    if (cut->chosen == 0) {
        strcpy(pending, cut->older_kept ? "all" : "none");
    } else {
        used = snprintf(pending, sizeof(pending), "%s-", cut->older_kept ? "kept" : "lost");
        for (unsigned i = 0; i < cut->chosen; i++)
            pending[used++] = cut->kept >> i & 1 ? '1' : '0';
        pending[used] = '\0';
    }
    used = snprintf(text, POWER_CUT_TEXT_BYTES, "%u.%s.%s.%s", cut->event, block, pending,
                    wheres[cut->where]);
    if (cut->where != POWER_ALONE)
        snprintf(text + used, POWER_CUT_TEXT_BYTES - (size_t)used, "-%s", contents[cut->neighbour]);
}

/* The word at *at, if it is one of them; *at is then behind it. */
static bool take_word(const char **at, const char *const *words, unsigned count, uint8_t *which)
{
    for (unsigned i = 0; i < count; i++) {
        size_t length = strlen(words[i]);

        if (strncmp(*at, words[i], length) == 0) {
            *at += length;
            *which = (uint8_t)i;
            return true;
        }
    }
    return false;
}

static bool take(const char **at, char expected)
{
    if (**at != expected)
        return false;
    (*at)++;
    return true;
}

static bool take_block(const char **at, struct power_cut *cut)
{
    char *end;

    if (take(at, '-')) {
        cut->rest = POWER_CONTENTS;
        return true;
    }
    if (!take_word(at, contents, POWER_STALE1, &cut->first))
        return false;
    cut->rest = cut->first;
    if (**at == '.')
        return true;
    cut->prefix = (uint16_t)strtoul(*at, &end, 10);
    *at = end;
    return cut->prefix > 0 && cut->prefix < SLOT_BLOCK_BYTES && take(at, '-') &&
           take_word(at, contents, POWER_STALE1, &cut->rest);
}

static bool take_pending(const char **at, struct power_cut *cut)
{
    static const char *const words[] = {"all", "none", "kept-", "lost-"};
    uint8_t which;

    if (!take_word(at, words, 4, &which))
        return false;
    cut->older_kept = which % 2 == 0;
    while (which >= 2 && (**at == '0' || **at == '1')) {
        if (cut->chosen == POWER_CUT_SUBSET_MAX)
            return false;
        cut->kept |= (uint8_t)(*(*at)++ == '1') << cut->chosen++;
    }
    return true;
}

bool power_cut_parse(const char *text, struct power_cut *cut)
{
    char *end;
    const char *at;

    memset(cut, 0, sizeof(*cut));
    cut->event = (unsigned)strtoul(text, &end, 10);
    at = end;
    if (cut->event == 0 || !take(&at, '.') || !take_block(&at, cut) || !take(&at, '.') ||
        !take_pending(&at, cut) || !take(&at, '.') ||
        !take_word(&at, wheres, POWER_WHERES, &cut->where))
        return false;
    if (cut->where != POWER_ALONE &&
        (!take(&at, '-') || !take_word(&at, contents, POWER_CONTENTS, &cut->neighbour) ||
         cut->neighbour < POWER_ONES))
        return false;
    return *at == '\0';
}
