/*
 * sim_usb_board: the hubs of a board.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_usb_board.h"

#include "bytes.h"

#define POWER_GOOD_2MS 50

/* Two alternate settings: one transaction translator for all ports, and one for each. */
static const uint8_t configuration[] = {
    9, 2, 41,   0, 1, 1, 0,  0xe0, 1, /* */
    9, 4, 0,    0, 1, 9, 0,  1,    0, /* */
    7, 5, 0x81, 3, 1, 0, 12,          /* */
    9, 4, 0,    1, 1, 9, 0,  2,    0, /* */
    7, 5, 0x81, 3, 1, 0, 12,          /* */
};

static void make_hub(struct sim_usb_hub *hub, const char *name, unsigned ports, uint16_t product)
{
    sim_usb_hub_init(hub, USB_SPEED_HIGH, ports);
    hub->usb.name = name;
    bytes_put_le16(hub->device_descriptor + 10, product);
    hub->device_descriptor[6] = 2;
    hub->configurations[0] = configuration;
    hub->hub_descriptor[5] = POWER_GOOD_2MS;
}

void sim_usb_board_init(struct sim_usb_board *self, enum sim_usb_board_type type,
                        struct sim_usb_device *ethernet, bool says_fixed)
{
    if (type == SIM_USB_BOARD_3B) {
        self->hub_count = 1;
        make_hub(&self->hubs[0], "hub", 5, 0x9514);
    } else {
        self->hub_count = 2;
        make_hub(&self->hubs[0], "outer hub", 4, 0x2514);
        make_hub(&self->hubs[1], "inner hub", 3, 0x2514);
        sim_usb_hub_plug(&self->hubs[0], 1, &self->hubs[1].usb, says_fixed);
    }
    sim_usb_hub_plug(&self->hubs[self->hub_count - 1], 1, ethernet, says_fixed);
}
