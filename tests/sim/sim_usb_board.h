/*
 * sim_usb_board: what is soldered between the root port of a board and its Ethernet chip.
 *
 * Pi 3B: one hub, 0424:9514, 5 ports; the chip on port 1, sockets on 2 to 5.
 * Pi 3B+: a hub 0424:2514 of 4 ports, on its port 1 a hub 0424:2514 of 3 ports, on port 1 of
 * that the chip; sockets on the other ports of both. (lsusb -t and uhubctl of both boards:
 * mvp/uhubctl, issue 138.) All of it runs at high speed. bPwrOn2PwrGood is 100 ms, the value that
 * the hub controllers are shipped with; whether the 3B+'s hubs call the soldered ports fixed
 * was not to be found out, so sim_usb_board_init is told.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_USB_BOARD_H
#define SIM_USB_BOARD_H

#include "sim_usb_hub.h"

enum sim_usb_board_type { SIM_USB_BOARD_3B, SIM_USB_BOARD_3B_PLUS };

struct sim_usb_board {
    struct sim_usb_hub hubs[2]; /* the one on the root port first */
    unsigned hub_count;
};

/* The board with its Ethernet chip; nothing in its sockets. says_fixed: the hubs' descriptors
 * tell which ports are soldered. */
void sim_usb_board_init(struct sim_usb_board *self, enum sim_usb_board_type type,
                        struct sim_usb_device *ethernet, bool says_fixed);

#endif
