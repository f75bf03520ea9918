/*
 * sim_usb_bus: the USB half of a board.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_usb_bus.h"

#include "clock.h"
#include "error.h"
#include "irq.h"

#define BASE 0x3f980000
#define IRQ  9

void sim_usb_bus_init(struct sim_usb_bus *self, bool qemu, struct sim_usb_device *root)
{
    sim_reset();
    sim_dwc2_init(&self->dwc2, BASE, IRQ, qemu, root);
    sim_usb_bus_init_program(self);
}

void sim_usb_bus_set_mac(struct sim_usb_bus *self, const uint8_t *board_mac, uint64_t serial)
{
    ethernet_lan_init(&self->lan95xx, &ethernet_lan95xx, &self->lan_buffers, board_mac, serial);
    ethernet_lan_init(&self->lan78xx, &ethernet_lan78xx, &self->lan_buffers, board_mac, serial);
}

void sim_usb_bus_init_program(struct sim_usb_bus *self)
{
    static const uint8_t board_mac[6] = {0xb8, 0x27, 0xeb, 0xc0, 0xff, 0xee};

    irq_disable(IRQ);
    usb_host_dwc2_init(&self->host, BASE, IRQ);
    ethernet_cdc_ecm_init(&self->ecm);
    sim_usb_bus_set_mac(self, board_mac, 0xc0ffee);
    self->ethernet = NULL;
    self->drivers[0] = &self->ecm.driver;
    self->drivers[1] = &self->lan95xx.driver;
    self->drivers[2] = &self->lan78xx.driver;
    usb_bus_init(&self->bus, &self->host.host, self->drivers, 3);
}

int sim_usb_bus_start(struct sim_usb_bus *self)
{
    int status = usb_host_dwc2_start(&self->host);

    if (status == 0)
        status = usb_bus_enumerate(&self->bus);
    self->ethernet = usb_bus_ethernet(&self->bus);
    return status;
}

int sim_usb_bus_stop(struct sim_usb_bus *self, struct boot_usb *usb)
{
    struct ethernet_device *ethernet = usb_bus_ethernet(&self->bus);
    int status = ethernet ? ethernet->stop(ethernet) : ERROR_ABSENT;

    if (status == 0)
        status = self->host.host.stop(&self->host.host);
    return status < 0 ? status : usb_bus_describe(&self->bus, usb);
}

int sim_usb_bus_adopt(struct sim_usb_bus *self, const struct boot_usb *usb)
{
    int status = usb_host_dwc2_adopt(&self->host, (enum usb_speed)usb->devices[0].speed);

    if (status < 0)
        return status;
    status = usb_bus_adopt(&self->bus, usb);
    if (status < 0)
        self->host.host.stop(&self->host.host);
    self->ethernet = usb_bus_ethernet(&self->bus);
    return status;
}

void sim_usb_bus_run(uint64_t duration_us)
{
    uint64_t end_us = clock_now_us() + duration_us;

    while (!clock_passed(end_us)) {
        clock_wait_until(end_us);
        irq_dispatch();
    }
}
