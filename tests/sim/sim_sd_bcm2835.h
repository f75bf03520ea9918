/*
 * sim_sd_bcm2835: the registers of the BCM2835's SDHOST controller, with a card behind
 * them.
 *
 * The machine inside moves words between card and FIFO in time with the card's clock and
 * stops the clock when it cannot; an open-ended read leaves it in READ_WAIT, as on the
 * board. It stops the test on a FIFO read empty or written full, on a command while it is
 * not idle, and on the settings that lose data on silicon.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_SD_BCM2835_H
#define SIM_SD_BCM2835_H

#include "sim.h"
#include "sim_card.h"

#define SIM_SD_BCM2835_BYTES 0x100
#define SIM_SD_BCM2835_FIFO  16

struct sim_sd_bcm2835 {
    struct sim_device device;
    struct sim_card *card;
    uint32_t source_hz;
    bool sticks_after_write; /* fault: WRITE_START1 for ever, until pushed */
    bool sticks_in_read;     /* fault: READ_DATA for ever after an open-ended read */
    bool loses_commands;     /* fault: NEW stays set */
    bool flags_r3;           /* takes the missing CRC of R3 for a wrong one */

    /* What happened. */
    unsigned pushes; /* orders to go to DATA */
    unsigned power_cycles;

    /* The model's own. */
    uint32_t registers[SIM_SD_BCM2835_BYTES / 4];
    uint32_t status;
    uint32_t state;
    uint32_t fifo[SIM_SD_BCM2835_FIFO];
    unsigned fifo_first, fifo_used;
    uint32_t blocks_left;
    uint8_t block[SIM_CARD_BLOCK_BYTES];
    size_t block_used, block_bytes;
    int block_status;
    bool to_card, multiple;
    struct sim_event command_event, data_event;
};

/* Fills in self and maps it at base. */
void sim_sd_bcm2835_init(struct sim_sd_bcm2835 *self, uintptr_t base, uint32_t source_hz,
                         struct sim_card *card);

#endif
