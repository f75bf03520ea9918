/*
 * sim_board: implements board.h with whatever devices a test puts in.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_BOARD_H
#define SIM_BOARD_H

#include "board.h"
#include "boot_tags.h"

struct sim_board {
    struct board machine; /* what board_init says; card and ethernet null */
    int init_status;

    struct block_device *card; /* what board_start_card finds ... */
    int card_status;           /* ... or why it does not */
    struct ethernet_device *ethernet;
    int network_status;
    int quiesce_status;
    int leave_status;

    int adopt_card_status, adopt_network_status; /* ERROR_CORRUPT: a full start is needed */
    /* What board_describe_... say; a status of ERROR_ABSENT: nothing. */
    int describe_card_status, describe_network_status;
    struct boot_card card_description;
    struct boot_usb network_description;

    /* What happened. */
    enum board_card_host preferred; /* of the last board_start_card */
    unsigned card_starts, network_starts, quiesces;
    unsigned card_adoptions, network_adoptions; /* tried */
    struct boot_card adopted_card;              /* what was described to the last of them */
    struct boot_usb adopted_network;
    unsigned leaves;
    const void *left_with; /* the tree */
};

extern struct sim_board sim_board;

/* A Raspberry Pi 3 with 960 MiB, page 0 reserved, one console, neither card nor Ethernet. */
void sim_board_reset(void);

#endif
