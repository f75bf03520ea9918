/*
 * net_dhcp_identity: who and what we are, in the options of every DHCP message we send.
 *
 * 60 class id, so that a server can choose by it; 93 = 0x0016, the architecture a server
 * knows for AArch64 boards without UEFI; 97 from the board's serial number (type 0 and its
 * 16 digits), so that one board can be told from another whatever its MAC.
 * References: RFC 2132 (9.13), RFC 4578 (2.1, 2.3), IANA's processor architecture types.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "lwip_hooks.h"
#include "net_interface.h"

#define OPTION_CLASS_ID          60
#define OPTION_ARCHITECTURE      93
#define OPTION_UUID              97
#define ARCHITECTURE_ARM64_UBOOT 0x16
#define SERIAL_BYTES             16

static const char *class_id;
static uint8_t serial[SERIAL_BYTES];

void net_dhcp_identify(const struct net_identity *identity)
{
    class_id = identity->class_id;
    memcpy(serial, identity->serial, SERIAL_BYTES);
}

static uint8_t *put_option(uint8_t *at, uint8_t code, const void *bytes, size_t length)
{
    *at++ = code;
    *at++ = (uint8_t)length;
    memcpy(at, bytes, length);
    return at + length;
}

void net_dhcp_append_options(uint8_t *options, uint16_t *length)
{
    static const uint8_t architecture[] = {0, ARCHITECTURE_ARM64_UBOOT};
    uint8_t uuid[1 + SERIAL_BYTES] = {0};
    uint8_t *at = options + *length;

    memcpy(uuid + 1, serial, SERIAL_BYTES);
    at = put_option(at, OPTION_CLASS_ID, class_id, strlen(class_id));
    at = put_option(at, OPTION_ARCHITECTURE, architecture, sizeof architecture);
    at = put_option(at, OPTION_UUID, uuid, sizeof uuid);
    *length = (uint16_t)(at - options);
}
