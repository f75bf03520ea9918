/*
 * sd_host: a controller that can put one SD command on the bus.
 *
 * Knows controllers, not cards: the card protocol is drivers/block_device_sd.c, once
 * for all hosts. Source of command and response formats: SD Physical Layer Simplified
 * Specification 6.00, chapter 4.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SD_HOST_H
#define SD_HOST_H

#include <stdbool.h>
#include <stdint.h>

enum sd_response {
    SD_RESPONSE_NONE,
    SD_RESPONSE_48,        /* R1, R6, R7: CRC and index are checked */
    SD_RESPONSE_48_BUSY,   /* R1b: the card holds DAT0 low until it is ready */
    SD_RESPONSE_48_NO_CRC, /* R3: neither CRC nor index is there to check */
    SD_RESPONSE_136,       /* R2 */
};

struct sd_command {
    uint8_t index; /* 0 ... 63 */
    enum sd_response response;
    uint32_t argument;

    /* Data phase; block_count 0 means none. */
    uint8_t *data;        /* block_count * block_bytes, 4-byte aligned */
    uint32_t block_bytes; /* 8, 64 or 512 */
    uint32_t block_count;
    bool data_to_card;

    /* Filled in: reply[0] holds the 32 bits of a 48-bit response; for 136 bits
     * reply[0] is bits 31..0 and reply[3] bits 127..96 of the register (CID, CSD),
     * with the CRC byte in bits 7..0 reading 0 or as sent. */
    uint32_t reply[4];
};

struct sd_host {
    const char *name; /* "emmc", "sdhost" */

    /* Resets the controller, powers the bus, 1 bit wide, at clock_hz 400,000 or
     * less. Returns 0 or ERROR_TIMEOUT. Waits up to 100 ms. */
    int (*reset)(struct sd_host *self);

    /* In the place of reset: takes the controller as another program left it, and the card
     * keeps its power and its state. The clock and the width are to be set afterwards.
     * Returns 0, or ERROR_CORRUPT: it is off, or in the middle of something. Never waits. */
    int (*adopt)(struct sd_host *self);

    /* Sets the card's clock to the fastest the controller can make that is not above
     * clock_hz. Returns 0, ERROR_INVALID or ERROR_TIMEOUT. */
    int (*set_clock)(struct sd_host *self, uint32_t clock_hz);

    /* Sets the bus width: 1 or 4. Returns 0 or ERROR_INVALID. */
    int (*set_bus_width)(struct sd_host *self, unsigned bits);

    /* Sends a command, takes its response and moves its data. Waits, until deadline_us
     * at most. Returns 0; ERROR_TIMEOUT (the card does not answer, or the deadline
     * passed), ERROR_IO (CRC, index or end-bit error), ERROR_INVALID. After an error
     * the controller is ready for the next command. */
    int (*command)(struct sd_host *self, struct sd_command *command, uint64_t deadline_us);
};

#endif
