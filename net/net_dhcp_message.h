/*
 * net_dhcp_message: a DHCP reply, checked and taken apart (RFC 2131, RFC 2132).
 *
 * Bytes in, fields out: no state, no I/O. lwIP's own parser runs the protocol; this one
 * runs first and lets through only what cannot do harm, and it reads what lwIP does
 * not: names, the DNS server, option 66.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NET_DHCP_MESSAGE_H
#define NET_DHCP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net.h"

enum net_dhcp_type { NET_DHCP_OFFER = 2, NET_DHCP_ACK = 5, NET_DHCP_NAK = 6 };

struct net_dhcp_message {
    uint32_t xid;                                  /* CPU order */
    uint8_t type;                                  /* enum net_dhcp_type, no other */
    struct net_address address;                    /* yiaddr */
    struct net_address next_server;                /* siaddr */
    struct net_address mask, gateway, dns, server; /* 0.0.0.0: not given */
    uint32_t lease_s, renew_s, rebind_s;           /* 0: not given; 0xffffffff: for ever */
    char server_name[NET_NAME_MAX];                /* option 66 */
    char boot_file[NET_NAME_MAX];                  /* option 67, else the file field */
    const char *ignored_name; /* "option 66 ...": a name that was there but cannot be
                                   used, so that it is as if not given; null: none */
};

/* Returns true if the message is a reply to the client with this MAC and transaction:
 * no other deserves a look, or a line in the log. Reads nothing beyond length. */
bool net_dhcp_message_is_for(const uint8_t *bytes, size_t length, const uint8_t mac[6],
                             uint32_t xid);

/*
 * Takes the message of length bytes apart. Options are read up to the end option, then
 * the file and sname fields if option 52 says so; of an option that comes twice the
 * first counts. Returns 0, or ERROR_INVALID and in *problem a sentence's end that names
 * field and fault ("option 51 (lease time) is 0"), *value being the value in question.
 * Names that are longer than NET_NAME_MAX - 1, not printable ASCII, or have ".." as a
 * part are ignored: a lease is good without them. Reads nothing beyond length.
 */
int net_dhcp_message_parse(struct net_dhcp_message *message, const uint8_t *bytes, size_t length,
                           const char **problem, unsigned *value);

#endif
