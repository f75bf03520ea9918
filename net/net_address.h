/*
 * net_address: IPv4 addresses as text.
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

#endif
