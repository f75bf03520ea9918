/*
 * network: brings the service's network up.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NETWORK_H
#define NETWORK_H

#include <stdbool.h>
#include <stdint.h>

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
 * The device is gone (NET_POLL_GONE): a port that was disabled, a chip that does not answer. From
 * here on there is none: link down, sends return ERROR_ABSENT, all else stays. It is to be brought
 * back at network_deadline_us: at once, and where that fails after 1, 2, 4 ... 60 s. One that does
 * not stay for a minute has to wait as if it had failed.
 */
void network_lost(void);

/* The moment network_bring_back is due; CLOCK_NEVER: nothing is to be brought back. */
uint64_t network_deadline_us(void);

/* Stops USB and starts it again: waits 0.3 s as a rule, 3 s when nothing is on the port, longer
 * when a device answers late; the watchdog knows. With the device there again the stack goes on
 * (net_regain_device) and its statistics count on. To be called from the event loop only, not from
 * a callback. */
void network_bring_back(void);

/*
 * False as long as this service has not shown what those before it have: that the board can be
 * reached. Before us the network worked if the image was pushed, or the loader had an address.
 * Shown it is by an address and, unless that is static, by a frame that was received: an
 * address that was taken over proves nothing about reception. True for good from then on, and
 * true where nothing is known to have worked: a board without a network runs all the same.
 */
bool network_is_proven(void);

#endif
