/*
 * network: brings the service's network up.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NETWORK_H
#define NETWORK_H

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

#endif
