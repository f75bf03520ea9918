/*
 * ethernet_lan78xx_phy: the PHY of the LAN7800 family, a LAN88xx.
 *
 * The MII registers can be wrong about speed and duplex: after a partner that does not negotiate
 * they tell of the one before (an erratum), and a gigabit is agreed upon over a cable with two good
 * pairs all the same; after two tries in vain the PHY then falls back to 100 Mbit/s, if it is
 * allowed to. So the link is read where the PHY has it as it is; PAUSE, for which there is no other
 * place, is what was agreed upon.
 *
 * Not done: 1000BASE-T half duplex (the MAC has none), Energy Efficient Ethernet (its links fall
 * over long cables unless a PHY's filters are set by values that no manual explains).
 * Reference: ethernet_lan78xx_registers.h; IEEE 802.3, clauses 28, 40.5.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan78xx_phy.h"

#include "ethernet_lan78xx_registers.h"

#define LED_MODES 0xff61 /* the board's: 0 lit by 1000, 1 by 10 and 100 Mbit/s */

/* Energy Efficient Ethernet is not offered to the other end. */
static int withhold_energy_efficient(struct ethernet_lan *self)
{
    static const struct {
        uint8_t reg;
        uint16_t value;
    } writes[] = {
        {PHY_MMD_CONTROL, MMD_NEGOTIATION},
        {PHY_MMD_DATA, MMD_ENERGY_EFFICIENT},
        {PHY_MMD_CONTROL, PHY_MMD_ACCESS_DATA | MMD_NEGOTIATION},
        {PHY_MMD_DATA, 0},
    };

    for (unsigned i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        int status = ethernet_lan_mii_write(self, writes[i].reg, writes[i].value);

        if (status < 0)
            return status;
    }
    return 0;
}

/* Two tries to bring up a gigabit; then 100 Mbit/s, which two pairs of the cable can carry. */
static int allow_downshift(struct ethernet_lan *self)
{
    uint16_t value;
    int status = ethernet_lan_mii_write(self, PHY_PAGE, 1);

    if (status == 0)
        status = ethernet_lan_mii_read(self, PHY_1_CONTROL, &value);
    if (status == 0)
        status = ethernet_lan_mii_write(
            self, PHY_1_CONTROL, (uint16_t)((value & ~PHY_1_DOWNSHIFT_AFTER) | PHY_1_DOWNSHIFT));
    return status < 0 ? status : ethernet_lan_mii_write(self, PHY_PAGE, 0);
}

int ethernet_lan78xx_set_up_phy(struct ethernet_lan *self)
{
    int status = withhold_energy_efficient(self);

    if (status == 0)
        status = allow_downshift(self);
    if (status == 0)
        status = ethernet_lan_mii_write(self, PHY_GIGABIT_CONTROL, PHY_GIGABIT_CONTROL_FULL);
    return status < 0 ? status : ethernet_lan_mii_write(self, PHY_LEDS, LED_MODES);
}

int ethernet_lan78xx_acknowledge(struct ethernet_lan *self)
{
    uint16_t events;
    int status = ethernet_lan_mii_read(self, PHY_EVENT_STATUS, &events);

    return status < 0 ? status : ethernet_lan_write(self, INTERRUPT_STATUS, INTERRUPT_PHY);
}

int ethernet_lan78xx_watch_phy(struct ethernet_lan *self)
{
    /* A program that crashed may have left the PHY at another page. */
    int status = ethernet_lan_mii_write(self, PHY_PAGE, 0);

    if (status == 0)
        status = ethernet_lan_mii_write(self, PHY_EVENTS, PHY_EVENTS_ON | PHY_EVENT_LINK);
    return status < 0 ? status : ethernet_lan78xx_acknowledge(self);
}

/* A partner that does not negotiate counts as half duplex (802.3, 28.2.3.1), which has no PAUSE:
 * what register 5 still says of the one before does no harm. */
int ethernet_lan78xx_read_link(struct ethernet_lan *self, struct ethernet_lan_link *link)
{
    uint16_t value;
    int status = ethernet_lan_mii_read(self, PHY_STATE, &value);

    if (status < 0)
        return status;
    link->up = true;
    link->full_duplex = value & PHY_STATE_FULL;
    link->megabits = value & PHY_STATE_1000 ? 1000 : value & PHY_STATE_100 ? 100 : 10;
    return 0;
}
