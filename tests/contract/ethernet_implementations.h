/*
 * ethernet_implementations: every struct ethernet_device there is, for the contract in
 * test_ethernet_device*.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_IMPLEMENTATIONS_H
#define ETHERNET_IMPLEMENTATIONS_H

#include "ethernet_on_cable.h"
#include "ethernet_on_chip.h"
#include "ethernet_on_nic.h"

#define LAN(name, build)                                                                           \
    {                                                                                              \
        name, build, deliver_to_chip, run_chip, 60, plug_chip, chip_takes_frames                   \
    }

static const struct implementation implementations[] = {
    {"cdc-ecm on the board", build_ecm_on_board, deliver_to_nic, sim_usb_bus_run, 0, NULL, NULL},
    {"cdc-ecm behind a hub on the board", build_ecm_behind_hub_on_board, deliver_to_nic,
     sim_usb_bus_run, 0, NULL, NULL},
    {"cdc-ecm on qemu", build_ecm_on_qemu, deliver_to_nic, sim_usb_bus_run, 0, NULL, NULL},
    {"cdc-ecm behind a hub on qemu", build_ecm_behind_hub_on_qemu, deliver_to_nic, sim_usb_bus_run,
     0, NULL, NULL},
    {"cdc-ecm adopted on qemu", build_adopted_ecm_on_qemu, deliver_to_nic, sim_usb_bus_run, 0, NULL,
     NULL},
    {"cdc-ecm adopted behind a hub on the board", build_adopted_ecm_behind_hub_on_board,
     deliver_to_nic, sim_usb_bus_run, 0, NULL, NULL},
    {"the simulated cable", build_cable, deliver_by_cable, sim_advance_us, 0, plug_cable, NULL},
    LAN("lan9514 on the board", build_lan9514_on_board),
    LAN("lan9514 on qemu", build_lan9514_on_qemu),
    LAN("lan9514 adopted on the board", build_adopted_lan9514_on_board),
    LAN("lan9514 adopted on qemu", build_adopted_lan9514_on_qemu),
    LAN("lan7515 on the board", build_lan7515_on_board),
    LAN("lan7515 on qemu", build_lan7515_on_qemu),
    LAN("lan7515 adopted on the board", build_adopted_lan7515_on_board),
    LAN("lan7515 adopted on qemu", build_adopted_lan7515_on_qemu),
};

#endif
