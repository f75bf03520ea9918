/*
 * net_dhcp_parts: what net_dhcp.c, which keeps the lease and its time, and net_dhcp_reply.c, which
 * judges replies, want of each other.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NET_DHCP_PARTS_H
#define NET_DHCP_PARTS_H

#include "net.h"

struct dhcp;

/* ---- net_dhcp.c ---- */

/* lwIP's client, to look at; null: it does not run. */
const struct dhcp *net_dhcp_of_lwip(void);

/* To be called after every call into lwIP that may have sent a request. */
void net_dhcp_take_over_timer(void);

/* This lease holds from now on; lwIP has set the address, and is told the server. renew_s,
 * rebind_s: what the server says, 0: nothing. *lease is copied. */
void net_dhcp_grant(const struct net_lease *lease, uint32_t renew_s, uint32_t rebind_s);

/* There is no lease; lwIP has taken the address away, or will. */
void net_dhcp_forget_lease(void);

/* ---- net_dhcp_reply.c ---- */

/* Forgets what replies there were. */
void net_dhcp_reply_init(void);

#endif
