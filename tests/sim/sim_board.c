/*
 * sim_board: see sim_board.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_board.h"

#include "error.h"
#include "ethernet_device.h"
#include "power.h"

struct sim_board sim_board;

void sim_board_reset(void)
{
    sim_board = (struct sim_board){
        .machine = {.model = "Raspberry Pi 3 Model B",
                    .serial = "00000000deadbeef",
                    .mac = {0xb8, 0x27, 0xeb, 0xad, 0xbe, 0xef},
                    .reset_reason = POWER_RESET_POWER_ON,
                    .reset_register = 0x1000,
                    .memory = {{0, 0x3c000000}},
                    .memory_count = 1,
                    .reserved = {{0, 0x1000}},
                    .reserved_count = 1,
                    .console_at = {{BOARD_CONSOLE_PL011, 115200, 0x3f201000}},
                    .console_count = 1},
        .card_status = ERROR_ABSENT,
        .network_status = ERROR_ABSENT,
        .adopt_card_status = ERROR_CORRUPT,
        .adopt_network_status = ERROR_CORRUPT,
        .describe_card_status = ERROR_ABSENT,
        .describe_network_status = ERROR_ABSENT,
    };
}

int board_init(struct board *board, const void *fdt)
{
    (void)fdt;
    *board = sim_board.machine;
    return sim_board.init_status;
}

int board_start_card(struct board *board, enum board_card_host preferred)
{
    sim_board.card_starts++;
    sim_board.preferred = preferred;
    board->card = sim_board.card_status == 0 ? sim_board.card : NULL;
    board->card_host = preferred == BOARD_CARD_SDHOST ? "sdhost" : "emmc";
    return sim_board.card_status;
}

int board_start_network(struct board *board)
{
    sim_board.network_starts++;
    board->ethernet = sim_board.network_status == 0 ? sim_board.ethernet : NULL;
    return sim_board.network_status;
}

int board_adopt_network(struct board *board, const struct boot_usb *usb)
{
    sim_board.network_adoptions++;
    sim_board.adopted_network = *usb;
    board->ethernet = sim_board.adopt_network_status == 0 ? sim_board.ethernet : NULL;
    return sim_board.adopt_network_status;
}

int board_describe_network(struct boot_usb *usb)
{
    if (sim_board.describe_network_status == 0)
        *usb = sim_board.network_description;
    return sim_board.describe_network_status;
}

int board_adopt_card(struct board *board, const struct boot_card *description)
{
    sim_board.card_adoptions++;
    sim_board.adopted_card = *description;
    board->card = sim_board.adopt_card_status == 0 ? sim_board.card : NULL;
    board->card_host = description->host == BOARD_CARD_SDHOST ? "sdhost" : "emmc";
    return sim_board.adopt_card_status;
}

int board_describe_card(const struct board *board, struct boot_card *description)
{
    if (board->card == NULL)
        return ERROR_ABSENT;
    if (sim_board.describe_card_status == 0)
        *description = sim_board.card_description;
    return sim_board.describe_card_status;
}

int board_stop_network(struct board *board)
{
    int status = sim_board.quiesce_status;

    sim_board.quiesces++;
    if (board->ethernet != NULL) {
        int stopped = board->ethernet->stop(board->ethernet);

        if (status == 0)
            status = stopped;
    }
    board->ethernet = NULL;
    return status;
}

int board_quiesce(struct board *board)
{
    board->card = NULL;
    return board_stop_network(board);
}

int board_leave(const void *fdt)
{
    sim_board.leaves++;
    sim_board.left_with = fdt;
    return sim_board.leave_status;
}
