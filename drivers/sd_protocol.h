/*
 * sd_protocol: the numbers of the SD card protocol that the card's driver uses.
 *
 * Reference: SD Physical Layer Simplified Specification 6.00, sections 4.7.4 (commands) and
 * 4.10.1 (card status).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SD_PROTOCOL_H
#define SD_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

enum {
    GO_IDLE = 0,
    ALL_SEND_CID = 2,
    SEND_RELATIVE_ADDRESS = 3,
    APP_SET_BUS_WIDTH = 6,
    SELECT = 7,
    SEND_IF_CONDITION = 8,
    SEND_CSD = 9,
    STOP_TRANSMISSION = 12,
    SEND_STATUS = 13,
    SET_BLOCK_LENGTH = 16,
    READ_SINGLE = 17,
    READ_MULTIPLE = 18,
    WRITE_SINGLE = 24,
    WRITE_MULTIPLE = 25,
    APP_SEND_OPERATING_CONDITION = 41,
    APP_COMMAND = 55,
};

#define BLOCK_BYTES 512
#define TRANSFER_HZ 25000000

/* Card status (4.10.1). */
#define STATUS_ERRORS        0xfdf98008u
#define STATUS_OUT_OF_RANGE  (1u << 31)
#define STATUS_WRITE_PROTECT (1u << 26)
#define STATUS_READY         (1u << 8)
#define STATUS_STATE_SHIFT   9
#define STATUS_STATE_MASK    0xfu
#define STATE_TRANSFER       4
#define STATE_SENDING        5
#define STATE_RECEIVING      6

static inline uint32_t state_in(uint32_t card_status)
{
    return card_status >> STATUS_STATE_SHIFT & STATUS_STATE_MASK;
}

static inline bool is_ready(uint32_t card_status)
{
    return (card_status & STATUS_READY) && state_in(card_status) == STATE_TRANSFER;
}

#endif
