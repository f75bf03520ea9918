/*
 * net_address: see net_address.h. Text only in the one form that means the same everywhere:
 * inet_aton's other forms (octal, hexadecimal, fewer than four parts) are refused: a
 * name that looks like a number must not become an address by accident.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_address.h"

#include "bytes.h"

bool net_address_parse(const char *text, struct net_address *address)
{
    struct net_address result;

    for (int i = 0; i < 4; i++) {
        unsigned value = 0;
        int digits = 0;

        for (; *text >= '0' && *text <= '9' && digits < 3; digits++) {
            if (digits == 1 && value == 0)
                return false;
            value = value * 10 + (unsigned)(*text++ - '0');
        }
        if (digits == 0 || value > 255 || *text != (i < 3 ? '.' : 0))
            return false;
        text++;
        result.ip[i] = (uint8_t)value;
    }
    *address = result;
    return true;
}

bool net_address_is_host(struct net_address address, struct net_address mask)
{
    uint32_t ip = bytes_be32(address.ip);
    uint32_t host = ~bytes_be32(mask.ip);

    if (address.ip[0] == 0 || address.ip[0] == 127 || address.ip[0] >= 224)
        return false;
    /* /31 and /32 have hosts only (RFC 3021); no mask given: host is all ones. */
    return host <= 1 || ((ip & host) != 0 && (ip & host) != host);
}

bool net_mask_is_valid(struct net_address mask)
{
    uint32_t host = ~bytes_be32(mask.ip);

    return host != 0xffffffff && (host & (host + 1)) == 0;
}
