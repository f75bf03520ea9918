/*
 * network: brings the service's network up.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NETWORK_H
#define NETWORK_H

#include <stdbool.h>

struct board;
struct boot_record;

/*
 * Starts the Ethernet device - or takes it over running, if the loader left it so - and the
 * stack on it. An address that the loader was granted
 * on the same device is taken over; else DHCP is asked, and waited for up to 10 s (it goes
 * on asking after that). Returns 0 when there is an address, ERROR_TIMEOUT when not yet,
 * or the error of board_start_network: there is no network then. Failures are logged.
 */
int network_start(struct board *board, const struct boot_record *record);

/*
 * False as long as this service has not shown what those before it have: that the board can be
 * reached. Before us the network worked if the image was pushed, or the loader had an address.
 * Shown it is by an address and, unless that is static, by a frame that was received: an
 * address that was taken over proves nothing about reception. True for good from then on, and
 * true where nothing is known to have worked: a board without a network runs all the same.
 */
bool network_is_proven(void);

#endif
