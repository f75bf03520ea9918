/*
 * net_hand_over: what the stack knows - address, neighbours, the push completed last - as it
 * goes from one program of this machine to the next (lib/hand_over.h).
 *
 * What the other program said may be anything: taken over is only what the network could have
 * given. Whether it did is asked of the DHCP server afterwards (net_adopt).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NET_HAND_OVER_H
#define NET_HAND_OVER_H

#include <stdbool.h>
#include <stdint.h>

#include "hand_over.h"
#include "net.h"

/* Fills in lease, neighbours and transfer of *over, each only if there is one. mac: of the
 * device that the stack runs on. Before net_files_stop and net_stop. */
void net_hand_over_describe(struct hand_over *over, const uint8_t mac[6]);

/* Seconds that are left now of a lease that was described at described_us (clock_now_us): 0 when
 * it has run out, 0xffffffff for ever. */
uint32_t net_hand_over_seconds_left(const struct boot_lease *lease, uint64_t described_us);

/* Takes over the lease described at described_us, and the neighbours. *lease brings what such a
 * description lacks (boot_server, boot_file); the rest of it is filled in. Between net_start
 * and net_stop. Returns false, and nothing has changed, without a lease, and with one of another
 * device, that has run out, or whose address is no host's or mask no mask. */
bool net_hand_over_adopt(const struct hand_over *over, const uint8_t mac[6], uint64_t described_us,
                         struct net_lease *lease);

/* Tells net_files of the completed push, if there was one. After net_files_start. */
void net_hand_over_remember(const struct hand_over *over);

#endif
