/*
 * sim_card: see the header. Reference: SD Physical Layer Simplified Specification 6.00,
 * chapter 4 (states: figures 4-2 and 4-13; card status: 4.10.1) and 5.3 (CSD).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_card.h"

#include <string.h>

#include "error.h"
#include "sim.h"
#include "sim_parts.h"

enum { IDLE, READY, IDENTIFIED, STANDBY, TRANSFER, SENDING, RECEIVING, PROGRAMMING };

#define RELATIVE_ADDRESS    0x4a0f0000u
#define STATUS_OUT_OF_RANGE (1u << 31)
#define STATUS_ILLEGAL      (1u << 22)
#define STATUS_READY        (1u << 8)
#define STATUS_APPLICATION  (1u << 5)
#define OPERATING_VOLTAGES  0x00ff8000u
#define IDENTIFICATION_HZ   400000u
#define TRANSFER_HZ         25000000u

void sim_card_init(struct sim_card *card, enum sim_card_kind kind, uint8_t *storage,
                   uint64_t block_count)
{
    memset(card, 0, sizeof(*card));
    card->kind = kind;
    card->storage = storage;
    card->block_count = block_count;
    card->bus_width = 1;
    card->program_us = 300;
    card->busy_answers = 3;
}

bool sim_card_is_busy(const struct sim_card *card)
{
    return card->state == PROGRAMMING &&
           (card->stuck_busy || sim_clock_now_ns() < card->busy_until_ns);
}

static void finish_programming(struct sim_card *card)
{
    if (card->state == PROGRAMMING && !sim_card_is_busy(card))
        card->state = TRANSFER;
}

static void program(struct sim_card *card)
{
    card->state = PROGRAMMING;
    card->busy_until_ns = sim_clock_now_ns() + card->program_us * 1000ull;
}

static uint32_t take_status(struct sim_card *card)
{
    uint32_t status = (uint32_t)card->state << 9 | card->error_bits;

    if (card->state == TRANSFER || card->state == SENDING || card->state == RECEIVING)
        status |= STATUS_READY;
    if (card->illegal)
        status |= STATUS_ILLEGAL;
    card->illegal = false;
    card->error_bits = 0;
    return status;
}

static void put_field(uint32_t words[4], unsigned low, unsigned width, uint32_t value)
{
    for (unsigned i = 0; i < width; i++) {
        if (value >> i & 1)
            words[(low + i) / 32] |= 1u << (low + i) % 32;
    }
}

static void fill_csd(const struct sim_card *card, uint32_t csd[4])
{
    unsigned multiplier = 0;

    memset(csd, 0, 16);
    put_field(csd, 80, 4, 9);
    put_field(csd, 12, 1, card->write_protected);
    if (card->unknown_csd) {
        put_field(csd, 126, 2, 3);
    } else if (card->kind == SIM_CARD_SDHC) {
        put_field(csd, 126, 2, 1);
        put_field(csd, 48, 22, (uint32_t)(card->block_count / 1024 - 1));
    } else {
        while (card->block_count >> (multiplier + 2) > 4096)
            multiplier++;
        put_field(csd, 47, 3, multiplier);
        put_field(csd, 62, 12, (uint32_t)(card->block_count >> (multiplier + 2)) - 1);
    }
}

/* Answers with a card status, or not at all if the state is not the one it takes. */
static enum sim_card_answer move_on(struct sim_card *card, int from, int to, uint32_t *reply)
{
    if (card->state != from) {
        card->illegal = true;
        return SIM_CARD_SILENT;
    }
    *reply = take_status(card);
    card->state = to;
    return SIM_CARD_48;
}

static enum sim_card_answer start_transfer(struct sim_card *card, unsigned index, uint32_t argument,
                                           uint32_t *reply)
{
    uint64_t block = argument;

    if (card->state != TRANSFER)
        return move_on(card, TRANSFER, TRANSFER, reply);
    if (card->kind != SIM_CARD_SDHC) {
        if (argument % SIM_CARD_BLOCK_BYTES != 0)
            sim_stop("card: byte address 0x%x is not a block's", argument);
        block = argument / SIM_CARD_BLOCK_BYTES;
    }
    if (block >= card->block_count) {
        *reply = take_status(card) | STATUS_OUT_OF_RANGE;
        return SIM_CARD_48;
    }
    card->position = block;
    card->multiple = index == 18 || index == 25;
    return move_on(card, TRANSFER, index < 20 ? SENDING : RECEIVING, reply);
}

static enum sim_card_answer answer_application(struct sim_card *card, unsigned index,
                                               uint32_t argument, uint32_t *reply)
{
    if (index == 6 && card->state == TRANSFER) {
        card->bus_width = argument == 2 ? 4 : 1;
        return move_on(card, TRANSFER, TRANSFER, reply);
    }
    if (index != 41 || card->state != IDLE) {
        card->illegal = true;
        return SIM_CARD_SILENT;
    }
    *reply = OPERATING_VOLTAGES;
    if (card->never_ready || card->busy_answers != 0) {
        card->busy_answers -= card->busy_answers != 0;
    } else if (card->kind != SIM_CARD_SDHC) {
        *reply |= 1u << 31;
        card->state = READY;
    } else if (argument & 1u << 30) { /* else it stays busy: the host cannot use it */
        *reply |= 3u << 30;
        card->state = READY;
    }
    return SIM_CARD_48;
}

static enum sim_card_answer stop_transmission(struct sim_card *card, uint32_t *reply)
{
    if (card->state == SENDING)
        return move_on(card, SENDING, TRANSFER, reply);
    if (card->state != RECEIVING)
        return move_on(card, RECEIVING, TRANSFER, reply);
    *reply = take_status(card);
    program(card);
    return SIM_CARD_48;
}

static enum sim_card_answer answer(struct sim_card *card, unsigned index, uint32_t argument,
                                   uint32_t reply[4])
{
    bool addressed = (argument & 0xffff0000) == RELATIVE_ADDRESS;

    switch (index) {
    case 0:
        card->state = IDLE;
        card->bus_width = 1;
        return SIM_CARD_SILENT;
    case 2:
        memset(reply, 0x5a, 16);
        return move_on(card, READY, IDENTIFIED, &reply[0]) == SIM_CARD_48 ? SIM_CARD_136
                                                                          : SIM_CARD_SILENT;
    case 3:
        if (move_on(card, IDENTIFIED, STANDBY, reply) == SIM_CARD_SILENT)
            return SIM_CARD_SILENT;
        reply[0] = RELATIVE_ADDRESS | 0x0500;
        return SIM_CARD_48;
    case 7:
        return addressed ? move_on(card, STANDBY, TRANSFER, reply) : SIM_CARD_SILENT;
    case 8:
        if (card->state != IDLE || card->kind == SIM_CARD_SDSC_VERSION_1) {
            card->illegal = true;
            return SIM_CARD_SILENT;
        }
        reply[0] = card->wrong_pattern ? 0x155 : argument;
        return SIM_CARD_48;
    case 9:
        if (card->state != STANDBY || !addressed)
            return SIM_CARD_SILENT;
        fill_csd(card, reply);
        return SIM_CARD_136;
    case 12:
        return stop_transmission(card, reply);
    case 13:
        if (card->state < STANDBY || !addressed)
            return SIM_CARD_SILENT;
        reply[0] = take_status(card);
        return SIM_CARD_48;
    case 16:
        if (argument != SIM_CARD_BLOCK_BYTES)
            sim_stop("card: block length %u", argument);
        return move_on(card, TRANSFER, TRANSFER, reply);
    case 17:
    case 18:
    case 24:
    case 25:
        return start_transfer(card, index, argument, reply);
    case 55:
        if (card->state > IDLE && !addressed)
            return SIM_CARD_SILENT;
        card->application = true;
        reply[0] = take_status(card) | STATUS_APPLICATION;
        return SIM_CARD_48;
    default:
        card->illegal = true;
        return SIM_CARD_SILENT;
    }
}

enum sim_card_answer sim_card_command(struct sim_card *card, unsigned index, uint32_t argument,
                                      uint32_t clock_hz, uint32_t reply[4])
{
    bool application = card->application;
    enum sim_card_answer kind;

    if (card->absent || (card->swapped && clock_hz > IDENTIFICATION_HZ && card->state == IDLE))
        return SIM_CARD_SILENT;
    finish_programming(card);
    if (clock_hz == 0 || clock_hz > (card->state < STANDBY ? IDENTIFICATION_HZ : TRANSFER_HZ))
        sim_stop("card: command %u at %u Hz in state %d", index, clock_hz, card->state);
    card->application = false;
    if (application) {
        kind = answer_application(card, index, argument, reply);
    } else {
        card->commands[index & 63]++;
        kind = answer(card, index, argument, reply);
    }
    if (kind != SIM_CARD_SILENT && card->damaged_answers != 0) {
        card->damaged_answers--;
        return SIM_CARD_DAMAGED;
    }
    return kind;
}

static int check_block(struct sim_card *card, int state, unsigned *damaged, unsigned width)
{
    if (card->absent || card->state != state)
        return ERROR_TIMEOUT;
    if (card->position >= card->block_count) {
        card->error_bits |= STATUS_OUT_OF_RANGE;
        return ERROR_TIMEOUT;
    }
    card->error_bits |= card->data_error_bits;
    card->data_error_bits = 0;
    if (*damaged != 0) {
        --*damaged;
        return ERROR_IO;
    }
    return width == card->bus_width ? 0 : ERROR_IO;
}

int sim_card_send_block(struct sim_card *card, unsigned width, uint8_t *block, size_t length)
{
    int status = check_block(card, SENDING, &card->damaged_reads, width);

    if (length != SIM_CARD_BLOCK_BYTES)
        sim_stop("card: the controller expects blocks of %zu bytes", length);
    if (status == ERROR_TIMEOUT || card->sends_nothing)
        return ERROR_TIMEOUT;
    memcpy(block, card->storage + card->position * SIM_CARD_BLOCK_BYTES, SIM_CARD_BLOCK_BYTES);
    if (status != 0)
        block[0] ^= 1;
    card->blocks_read++;
    card->position++;
    if (!card->multiple)
        card->state = TRANSFER;
    return status;
}

int sim_card_receive_block(struct sim_card *card, unsigned width, const uint8_t *block,
                           size_t length)
{
    int status = check_block(card, RECEIVING, &card->damaged_writes, width);

    if (length != SIM_CARD_BLOCK_BYTES)
        sim_stop("card: the controller sends blocks of %zu bytes", length);
    if (status == ERROR_TIMEOUT)
        return status;
    if (status == 0) {
        memcpy(card->storage + card->position * SIM_CARD_BLOCK_BYTES, block, SIM_CARD_BLOCK_BYTES);
        card->blocks_written++;
        card->position++;
    }
    if (!card->multiple)
        program(card);
    return status;
}
