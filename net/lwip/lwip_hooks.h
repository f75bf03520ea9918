/*
 * lwip_hooks: where lwIP calls us (LWIP_HOOK_FILENAME, included by lwIP's sources).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef LWIP_HOOKS_H
#define LWIP_HOOKS_H

#include <stdint.h>

/* Appends our options to a DHCP message that is being made: options is its option
 * field, *length how much of it is used. In net_dhcp_identity.c. */
void net_dhcp_append_options(uint8_t *options, uint16_t *length);

#define LWIP_HOOK_DHCP_APPEND_OPTIONS(netif, dhcp, state, message, type, length)                   \
    net_dhcp_append_options((message)->options, length)

#endif
