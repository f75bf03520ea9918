/*
 * self_test_probes: datagrams to a peer that sends each back as it came, and what became of them.
 *
 * A DATA toggle of USB that is out of step loses a frame or brings one twice, and whether it gets
 * out of step depends on how a frame ends: with a short packet, or with a full one and a
 * zero-length packet behind it. So the frames' lengths lie around the multiples of 512, as they
 * are with whatever up to 26 bytes an adapter puts around a frame, in an order that changes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SELFTEST_PROBES_H
#define SELFTEST_PROBES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "self_test_peer.h"

#define SELFTEST_PROBES      4800
#define SELFTEST_PROBE_MAX   1472 /* bytes of UDP payload: a whole frame */
#define SELFTEST_LOST_ONE_IN 500  /* may be */
#define SELFTEST_HEADERS     42   /* Ethernet, IPv4, UDP */

enum self_test_probe_state { PROBE_UNSENT, PROBE_AWAY, PROBE_BACK, PROBE_LOST };

struct self_test_probes {
    uint64_t seed;
    unsigned sent, back, lost;
    unsigned late;       /* came back after they were given up; not in lost */
    unsigned duplicates; /* came more than once */
    unsigned damaged;    /* other content or length than were sent */
    unsigned strangers;  /* datagrams that are no probes of this run */
    uint8_t states[SELFTEST_PROBES];
};

void self_test_probes_begin(struct self_test_probes *probes, uint64_t seed);

/* Writes the next probe to be sent. Returns its length; 0: all have been sent. Sent it counts
 * only by self_test_probes_sent. */
size_t self_test_probes_next(const struct self_test_probes *probes, uint8_t to[SELFTEST_PROBE_MAX]);
void self_test_probes_sent(struct self_test_probes *probes);

/* Takes a datagram that came. Returns true if it was a probe that was waited for. */
bool self_test_probes_take(struct self_test_probes *probes, const uint8_t *bytes, size_t length);

/* Gives up what is still away of the first count that were sent. */
void self_test_probes_give_up(struct self_test_probes *probes, unsigned count);

/* True if all have been sent, none came twice or damaged, and few enough were lost. */
bool self_test_probes_are_good(const struct self_test_probes *probes);

/* How many are away. */
unsigned self_test_probes_away(const struct self_test_probes *probes);

#endif
