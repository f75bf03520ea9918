/*
 * sim_sd_arasan: the registers of the BCM2835's EMMC controller, with a card behind them.
 *
 * Beyond what the manual says it stops the test when two writes to one register come
 * within two cycles of the card's clock (one would be lost), when data is moved that is
 * not there, and when a command starts while the lines are taken.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_SD_ARASAN_H
#define SIM_SD_ARASAN_H

#include "sim.h"
#include "sim_card.h"

#define SIM_SD_ARASAN_BYTES 0x100

struct sim_sd_arasan {
    struct sim_device device;
    struct sim_card *card;
    uint32_t source_hz;
    bool never_stable;       /* fault: the clock does not settle */
    bool never_resets;       /* fault: the reset bit stays */
    bool no_cause_when_free; /* no DATA_DONE at the end of busy, only the line goes free */
    bool late_timeout;       /* DATA_TIMEOUT comes together with DATA_DONE */
    bool loses_commands;     /* fault: nothing follows a command */

    /* The model's own. */
    uint32_t registers[SIM_SD_ARASAN_BYTES / 4];
    uint64_t written_ns[SIM_SD_ARASAN_BYTES / 4];
    uint32_t causes;
    uint32_t inhibits;
    uint32_t blocks_left;
    uint8_t buffer[SIM_CARD_BLOCK_BYTES];
    size_t buffer_used, buffer_bytes;
    bool to_card, buffer_ready;
    struct sim_event command_event, data_event, busy_event;
};

/* Fills in self and maps it at base. */
void sim_sd_arasan_init(struct sim_sd_arasan *self, uintptr_t base, uint32_t source_hz,
                        struct sim_card *card);

#endif
