/*
 * self_test_probes: see self_test_probes.h.
 *
 * A probe: magic, its number and length, the seed of the run (all as they lie in memory: only the
 * sender reads them), then content.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "self_test_probes.h"

#include <string.h>

#include "self_test_pattern.h"

#define STEP       512
#define AROUND_LOW 26 /* so far below a multiple ... */
#define AROUND     33 /* ... and so many lengths from there */
#define FRAME_MIN  60
#define FRAME_MAX  1514

struct head {
    char magic[4];
    uint32_t number;
    uint64_t seed;
};

/* The length of a frame, without FCS. */
static size_t frame_length(uint64_t seed, uint32_t number)
{
    uint64_t random = self_test_mix(seed, number);
    size_t around = (random & 0xffff) % AROUND, times = 1 + (random >> 16 & 0xffff) % 3;
    size_t length = times * STEP - AROUND_LOW + around;

    if (random >> 60 == 0)
        return FRAME_MIN; /* one in 16: the shortest there is */
    return length < FRAME_MAX ? length : FRAME_MAX;
}

static size_t write_probe(uint64_t seed, uint32_t number, uint8_t to[SELFTEST_PROBE_MAX])
{
    size_t length = frame_length(seed, number) - SELFTEST_HEADERS;
    struct head head = {.number = number, .seed = seed};

    memcpy(head.magic, SELFTEST_PROBE_MAGIC, sizeof head.magic);
    memcpy(to, &head, sizeof head);
    self_test_pattern_fill(to + sizeof head, length - sizeof head, seed + 1,
                           (uint64_t)number * SELFTEST_PROBE_MAX);
    return length;
}

void self_test_probes_begin(struct self_test_probes *probes, uint64_t seed)
{
    memset(probes, 0, sizeof *probes);
    probes->seed = seed;
}

size_t self_test_probes_next(const struct self_test_probes *probes, uint8_t to[SELFTEST_PROBE_MAX])
{
    return probes->sent < SELFTEST_PROBES ? write_probe(probes->seed, probes->sent, to) : 0;
}

void self_test_probes_sent(struct self_test_probes *probes)
{
    probes->states[probes->sent++] = PROBE_AWAY;
}

/* Counts a probe that is as it was sent. */
static bool count(struct self_test_probes *probes, uint8_t *state)
{
    switch (*state) {
    case PROBE_AWAY:
        *state = PROBE_BACK;
        probes->back++;
        return true;
    case PROBE_LOST:
        *state = PROBE_BACK;
        probes->lost--;
        probes->late++;
        return false;
    default:
        probes->duplicates++;
        return false;
    }
}

bool self_test_probes_take(struct self_test_probes *probes, const uint8_t *bytes, size_t length)
{
    uint8_t sent[SELFTEST_PROBE_MAX];
    struct head head;

    if (length >= sizeof head)
        memcpy(&head, bytes, sizeof head);
    if (length < sizeof head || memcmp(head.magic, SELFTEST_PROBE_MAGIC, sizeof head.magic) != 0 ||
        head.seed != probes->seed || head.number >= probes->sent) {
        probes->strangers++;
        return false;
    }
    if (write_probe(head.seed, head.number, sent) != length || memcmp(sent, bytes, length) != 0) {
        probes->damaged++;
        return false;
    }
    return count(probes, &probes->states[head.number]);
}

void self_test_probes_give_up(struct self_test_probes *probes, unsigned count_of_them)
{
    for (unsigned i = 0; i < count_of_them && i < probes->sent; i++) {
        if (probes->states[i] != PROBE_AWAY)
            continue;
        probes->states[i] = PROBE_LOST;
        probes->lost++;
    }
}

bool self_test_probes_are_good(const struct self_test_probes *probes)
{
    return probes->sent == SELFTEST_PROBES && self_test_probes_away(probes) == 0 &&
           probes->lost * SELFTEST_LOST_ONE_IN <= probes->sent &&
           probes->duplicates + probes->damaged == 0;
}

unsigned self_test_probes_away(const struct self_test_probes *probes)
{
    return probes->sent - probes->back - probes->late - probes->lost;
}
