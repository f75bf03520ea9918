/*
 * net_address: IPv4 addresses: as text, and which of them a host can have.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>

#include "net.h"

/* Reads "192.0.2.1": four decimal numbers of 0-255 without leading zeros, nothing before
 * or behind. Returns false if text is anything else (address is then unchanged). */
bool net_address_parse(const char *text, struct net_address *address);

/* True for the address of a host: neither its net's own (by mask; 0.0.0.0: not known) nor that
 * net's broadcast, no loopback, no group. */
bool net_address_is_host(struct net_address address, struct net_address mask);

/* True for ones, at least one, and behind them zeros. */
bool net_mask_is_valid(struct net_address mask);

#endif
