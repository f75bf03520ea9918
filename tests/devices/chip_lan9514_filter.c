/*
 * chip_lan9514_filter: which frames are for the LAN9514, by its address and its hash table.
 *
 * Reference: LAN950x data sheet, table 5-45.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514.h"

#include "bytes.h"
#include "chip_frame.h"

#define MCPAS   (1u << 19) /* MAC_CR */
#define PRMS    (1u << 18)
#define INVFILT (1u << 17)
#define HFILT   (1u << 15)
#define HPFILT  (1u << 13)
#define BCAST   (1u << 11)

static bool is_own(struct chip_lan9514 *self, const uint8_t *address)
{
    return bytes_le32(address) == *lan9514_register(self, LAN9514_ADDRL) &&
           bytes_le16(address + 4) == (uint16_t)*lan9514_register(self, LAN9514_ADDRH);
}

static bool is_hashed(struct chip_lan9514 *self, const uint8_t *address)
{
    unsigned bit = chip_frame_hash(address, 6);

    return *lan9514_register(self, bit & 32 ? LAN9514_HASHH : LAN9514_HASHL) >> (bit & 31) & 1;
}

bool lan9514_passes(struct chip_lan9514 *self, const uint8_t *address)
{
    uint32_t mode = *lan9514_register(self, LAN9514_MAC_CR);
    bool multicast = address[0] & 1;

    if (mode & PRMS)
        return true;
    if (chip_frame_is_broadcast(address))
        return !(mode & BCAST);
    if (mode & INVFILT)
        return !is_own(self, address);
    if (multicast && mode & MCPAS)
        return true;
    if (mode & HPFILT && (multicast || mode & HFILT))
        return is_hashed(self, address);
    return is_own(self, address);
}
