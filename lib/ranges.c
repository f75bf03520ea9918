/*
 * ranges: see ranges.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ranges.h"

static struct board_range join(const struct board_range *a, const struct board_range *b)
{
    uint64_t a_end = a->base + a->bytes;
    uint64_t b_end = b->base + b->bytes;
    uint64_t base = a->base < b->base ? a->base : b->base;

    return (struct board_range){base, (a_end > b_end ? a_end : b_end) - base};
}

/* The bytes between two ranges; 0 if they overlap or touch. */
static uint64_t gap(const struct board_range *a, const struct board_range *b)
{
    uint64_t joined = join(a, b).bytes;

    return joined - a->bytes > b->bytes ? joined - a->bytes - b->bytes : 0;
}

bool ranges_add(struct board_range *ranges, unsigned *count, unsigned capacity,
                struct board_range range)
{
    bool room = true;

    for (;;) {
        uint64_t least = UINT64_MAX;
        unsigned nearest = 0;

        for (unsigned i = 0; i < *count; i++) {
            uint64_t apart = gap(&ranges[i], &range);

            if (apart < least) {
                least = apart;
                nearest = i;
            }
        }
        if (*count == 0 || (least > 0 && *count < capacity))
            break;
        room = room && least == 0;
        range = join(&ranges[nearest], &range);
        ranges[nearest] = ranges[--*count];
    }
    ranges[(*count)++] = range;
    return room;
}
