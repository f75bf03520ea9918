/*
 * sim_usb_bus_lan: the drivers of the board's own Ethernet chips on the simulated bus.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_usb_bus.h"

void sim_usb_bus_add_lan(struct sim_usb_bus *self, const uint8_t *board_mac, uint64_t serial)
{
    ethernet_lan_init(&self->lan95xx, &ethernet_lan95xx, board_mac, serial);
    ethernet_lan_init(&self->lan78xx, &ethernet_lan78xx, board_mac, serial);
    self->drivers[1] = &self->lan95xx.driver;
    self->drivers[2] = &self->lan78xx.driver;
    self->bus.driver_count = 3;
}
