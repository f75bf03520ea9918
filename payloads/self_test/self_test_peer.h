/*
 * self_test_peer: what the service and `pilot selftest` have agreed on. The words are in peer.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SELFTEST_PEER_H
#define SELFTEST_PEER_H

#define SELFTEST_PORT        4997   /* of the service; pilot's is in the name of the pushed file */
#define SELFTEST_PROBE_MAGIC "prb1" /* begins a datagram that pilot sends back as it came */

/* One check keeps the board busy for so long at most, its network included. */
#define SELFTEST_CHECK_MS 10000

/* When nobody has told it to end by then, the test ends itself. */
#define SELFTEST_END_S 300

#endif
