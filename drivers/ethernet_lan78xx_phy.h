/*
 * ethernet_lan78xx_phy: the PHY of the LAN7800 family. For ethernet_lan78xx.c alone.
 *
 * Each returns 0, ERROR_TIMEOUT (the MII stays busy) or an error of usb_control.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_LAN78XX_PHY_H
#define ETHERNET_LAN78XX_PHY_H

#include "ethernet_lan.h"

/* After a reset: what is offered to the other end, and the LEDs. */
int ethernet_lan78xx_set_up_phy(struct ethernet_lan *self);

/* Has the PHY tell when the link changes; what it has told is acknowledged. */
int ethernet_lan78xx_watch_phy(struct ethernet_lan *self);

/* Of struct ethernet_lan_chip. */
int ethernet_lan78xx_acknowledge(struct ethernet_lan *self);
int ethernet_lan78xx_read_link(struct ethernet_lan *self, struct ethernet_lan_link *link);

#endif
