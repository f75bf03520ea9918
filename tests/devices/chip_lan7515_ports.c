/*
 * chip_lan7515_ports: what the LAN7515 reaches through little state machines: the PHY's registers
 * behind the MII, and the memory with VLAN and hash table behind the data port.
 *
 * Each is busy until the guest has seen that it is not, and not before its time has passed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515.h"

enum { PHY_ADDRESS = 1, MII_US = 25, PORT_US = 1 };

/* ---- MII ---- */

void lan7515_check_mii(struct chip_lan7515 *self, unsigned offset, const char *how)
{
    if (self->mii_busy) {
        chip_complain(&self->chip, "mii-access-while-busy",
                      "%s was %s and MII_ACC had not been seen without its busy bit",
                      offset == MII_ACC ? "MII_ACC" : "MII_DATA", how);
    }
}

uint32_t lan7515_read_mii_access(struct chip_lan7515 *self)
{
    struct chip_faults *faults = &self->chip.faults;
    if (self->mii_busy && faults->phy_busy > 0) {
        faults->phy_busy--;
    } else if (!faults->phy_busy_forever && lan7515_now(self) >= self->mii_until_us) {
        self->mii_busy = false;
    }
    return self->values[MII_ACC / 4] | (self->mii_busy ? MII_BUSY : 0);
}

void lan7515_write_mii_access(struct chip_lan7515 *self, uint32_t value)
{
    bool ours = (value >> 11 & 0x1f) == PHY_ADDRESS;
    unsigned number = value >> 6 & 0x1f;
    uint32_t *data = &self->values[MII_DATA / 4];
    if (!(value & MII_BUSY)) {
        return;
    }
    if (!(value & MII_WRITE)) {
        *data = ours ? chip_phy_read(&self->phy, number) : 0xffff;
    } else if (ours) {
        chip_phy_write(&self->phy, number, (uint16_t)*data);
    }
    self->mii_busy = true;
    self->mii_until_us = lan7515_now(self) + MII_US;
    lan7515_interrupts(self); /* a read may have ended one */
}

/* ---- data port ---- */

void lan7515_check_port(struct chip_lan7515 *self, unsigned offset)
{
    if (self->port_busy) {
        chip_complain(&self->chip, "data-port-while-busy",
                      "register 0x%03x was used and DP_SEL had not been seen ready", offset);
    }
}

uint32_t lan7515_read_port_select(struct chip_lan7515 *self)
{
    if (self->port_busy && lan7515_now(self) >= self->port_until_us) {
        self->port_busy = false;
    }
    return self->values[DP_SEL / 4] | (self->port_busy ? 0 : DP_SEL_READY);
}

void lan7515_run_port(struct chip_lan7515 *self, uint32_t command)
{
    uint32_t memory = self->values[DP_SEL / 4] & DP_SEL_MEMORY;
    uint32_t address = self->values[DP_ADDR / 4];
    if (memory != DP_VLAN_AND_HASH || address >= VLAN_WORDS + HASH_WORDS) {
        chip_complain(&self->chip, "data-port-wrong-memory",
                      "DP_CMD with DP_SEL memory %u, address %u: not the VLAN and hash table",
                      memory, address);
        return;
    }
    if (command & DP_CMD_WRITE) {
        self->memory[address] = self->values[DP_DATA / 4];
    } else {
        self->values[DP_DATA / 4] = self->memory[address];
    }
    self->port_busy = true;
    self->port_until_us = lan7515_now(self) + PORT_US;
}
