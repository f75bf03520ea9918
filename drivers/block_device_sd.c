/*
 * block_device_sd: an SD memory card behind any sd_host.
 *
 * The whole card protocol that a loader needs: identification, four bits, 25 MHz,
 * reading and writing of one or many blocks. Damaged transfers are repeated once. A
 * write returns when the card has programmed it, so that flush only has to ask.
 * A card that no longer answers is gone: block_count is 0 and all calls give
 * ERROR_ABSENT until the next start. A card that is taken over from another program is the
 * work of block_device_sd_adopt.c.
 * Not done: high speed (50 MHz by CMD6): an image of 100 KB takes 8 ms at 25 MHz, and the
 * switch costs a command with data and half of that in code; 1.8 V modes; erase; CMD23;
 * SDUC (more than 2 TB); MMC.
 * Reference: SD Physical Layer Simplified Specification 6.00, chapters 4 and 5.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "block_device_sd.h"

#include <stddef.h>

#include "clock.h"
#include "error.h"
#include "sd_host.h"
#include "sd_protocol.h"

/* Both controllers count so many (SDHOST has 9 bits). Of a long write all commands but the first
 * begin at a multiple of it: a page of the card's memory that two share is programmed twice. */
#define CHUNK_BLOCKS 256

#define IF_CONDITION 0x1aa /* 2.7-3.6 V and a pattern that the card returns */

#define OPERATING_READY         (1u << 31)
#define OPERATING_HIGH_CAPACITY (1u << 30)
#define OPERATING_3V3           (3u << 20) /* 3.2-3.4 V */

#define COMMAND_US    100000
#define ATTEMPTS      3 /* to get a first answer */
#define ATTEMPT_US    6000
#define READY_US      1000000 /* 4.2.3: a card may take so long to initialise */
#define READY_POLL_US 1000
#define READ_US       500000  /* for the first block; the specification says 100 ms */
#define BLOCK_US      2000    /* for each block on top: 0.25 MB/s */
#define PROGRAM_US    1000000 /* 4.6.2.2: 250 to 500 ms, for any block; some cards take longer */

static int send(struct block_device_sd *self, unsigned index, enum sd_response response,
                uint32_t argument, uint32_t *reply)
{
    struct sd_command command = {
        .index = (uint8_t)index, .response = response, .argument = argument};
    uint32_t timeout_us = response == SD_RESPONSE_48_BUSY ? PROGRAM_US : COMMAND_US;
    int status = self->host->command(self->host, &command, clock_now_us() + timeout_us);

    if (status == 0 && reply != NULL) {
        for (unsigned i = 0; i < (response == SD_RESPONSE_136 ? 4 : 1); i++)
            reply[i] = command.reply[i];
    }
    return status;
}

static int send_application(struct block_device_sd *self, unsigned index, enum sd_response response,
                            uint32_t argument, uint32_t *reply)
{
    int status = send(self, APP_COMMAND, SD_RESPONSE_48, self->address, NULL);

    if (status < 0)
        return status;
    return send(self, index, response, argument, reply);
}

static int error_in_card_status(uint32_t card_status)
{
    if (card_status & STATUS_WRITE_PROTECT)
        return ERROR_REFUSED;
    return card_status & STATUS_ERRORS ? ERROR_IO : 0;
}

/* Asks the card what state it is in. A card that does not answer is gone. */
static int ask_status(struct block_device_sd *self, uint32_t *card_status)
{
    int status = send(self, SEND_STATUS, SD_RESPONSE_48, self->address, card_status);

    if (status == ERROR_TIMEOUT) {
        self->device.block_count = 0;
        return ERROR_ABSENT;
    }
    return status;
}

/* Waits until the card has done what it was told. */
static int wait_ready(struct block_device_sd *self)
{
    uint64_t deadline_us = clock_now_us() + PROGRAM_US;

    for (;;) {
        uint32_t card_status;
        int status = ask_status(self, &card_status);

        if (status == 0)
            status = error_in_card_status(card_status);
        if (status < 0)
            return status;
        if (is_ready(card_status))
            return 0;
        if (clock_passed(deadline_us))
            return ERROR_TIMEOUT;
    }
}

/* After a failure: ends what the card may still be doing. Returns failure, or
 * ERROR_ABSENT if the card is gone, which says more. */
static int settle(struct block_device_sd *self, int failure)
{
    uint64_t deadline_us = clock_now_us() + PROGRAM_US;

    do {
        uint32_t card_status;
        int status = ask_status(self, &card_status);

        if (status == ERROR_ABSENT)
            return status;
        if (status < 0)
            continue;
        if (is_ready(card_status))
            break;
        if (state_in(card_status) == STATE_SENDING || state_in(card_status) == STATE_RECEIVING)
            send(self, STOP_TRANSMISSION, SD_RESPONSE_48_BUSY, 0, NULL);
    } while (!clock_passed(deadline_us));
    return failure;
}

/* Ends a transfer of many blocks. What went wrong with its data the card says in this answer, and
 * only here: saying it clears it. But for OUT_OF_RANGE, which it may say behind the last block of
 * all, having thought of the next (4.3.3); nobody gets here with blocks that do not exist. */
static int stop(struct block_device_sd *self, bool to_card)
{
    uint32_t card_status;
    /* A card that sends is not busy after the stop; one that was written to is. */
    int status = send(self, STOP_TRANSMISSION, to_card ? SD_RESPONSE_48_BUSY : SD_RESPONSE_48, 0,
                      &card_status);

    return status < 0 ? status : error_in_card_status(card_status & ~STATUS_OUT_OF_RANGE);
}

/* One transfer of at most CHUNK_BLOCKS, from command to a card that is ready again. */
static int move_chunk(struct block_device_sd *self, bool to_card, uint64_t first, uint32_t count,
                      void *buffer)
{
    struct sd_command command = {
        .response = SD_RESPONSE_48,
        .argument = (uint32_t)(self->counts_blocks ? first : first * BLOCK_BYTES),
        .data = buffer,
        .block_bytes = BLOCK_BYTES,
        .block_count = count,
        .data_to_card = to_card,
    };
    /* A command that writes ends when the card has programmed its last block. */
    uint32_t patience_us = to_card ? PROGRAM_US : READ_US;
    int status;

    if (to_card)
        command.index = count == 1 ? WRITE_SINGLE : WRITE_MULTIPLE;
    else
        command.index = count == 1 ? READ_SINGLE : READ_MULTIPLE;
    status = self->host->command(self->host, &command,
                                 clock_now_us() + patience_us + (uint64_t)count * BLOCK_US);
    if (status == 0)
        status = error_in_card_status(command.reply[0]);
    if (status == 0 && count > 1)
        status = stop(self, to_card);
    if (status == 0 && to_card)
        status = wait_ready(self);
    return status < 0 ? settle(self, status) : 0;
}

static int move(struct block_device_sd *self, bool to_card, uint64_t first, uint32_t count,
                uint8_t *buffer)
{
    if (self->device.block_count == 0)
        return ERROR_ABSENT;
    if (count == 0 || first >= self->device.block_count ||
        count > self->device.block_count - first || (uintptr_t)buffer % 4 != 0)
        return ERROR_INVALID;
    while (count != 0) {
        uint32_t chunk = CHUNK_BLOCKS - (to_card ? (uint32_t)(first % CHUNK_BLOCKS) : 0);

        if (chunk > count)
            chunk = count;
        int status = move_chunk(self, to_card, first, chunk, buffer);

        if (status == ERROR_IO)
            status = move_chunk(self, to_card, first, chunk, buffer);
        if (status < 0)
            return status;
        first += chunk;
        count -= chunk;
        buffer += (size_t)chunk * BLOCK_BYTES;
    }
    return 0;
}

static int read_blocks(struct block_device *device, uint64_t first, uint32_t count, void *buffer)
{
    return move((struct block_device_sd *)device, false, first, count, buffer);
}

static int write_blocks(struct block_device *device, uint64_t first, uint32_t count,
                        const void *buffer)
{
    struct block_device_sd *self = (struct block_device_sd *)device;

    if (self->read_only && device->block_count != 0)
        return ERROR_REFUSED;
    /* The host only reads from the buffer of a command that goes to the card. */
    return move(self, true, first, count, (uint8_t *)(uintptr_t)buffer);
}

static int flush(struct block_device *device)
{
    struct block_device_sd *self = (struct block_device_sd *)device;

    if (device->block_count == 0)
        return ERROR_ABSENT;
    return wait_ready(self);
}

/* Bits [low, low + width) of a 128-bit register; width 32 or less. */
static uint32_t field(const uint32_t words[4], unsigned low, unsigned width)
{
    uint64_t pair = words[low / 32];

    if (low / 32 < 3)
        pair |= (uint64_t)words[low / 32 + 1] << 32;
    return (uint32_t)(pair >> low % 32 & ((1ull << width) - 1));
}

/* Returns the blocks on the card by its CSD (5.3), 0 if this code does not know it. */
static uint64_t capacity_in_csd(const uint32_t csd[4])
{
    uint32_t structure = field(csd, 126, 2);
    uint32_t block_bits = field(csd, 80, 4);

    if (structure == 1)
        return (field(csd, 48, 22) + 1ull) * 1024;
    if (structure != 0 || block_bits < 9 || block_bits > 11)
        return 0;
    return (field(csd, 62, 12) + 1ull) << (field(csd, 47, 3) + 2 + block_bits - 9);
}

/* Takes the card from power-on to ready, whatever it is. On return 0 counts_blocks is set. */
static int wake_card(struct block_device_sd *self)
{
    uint64_t deadline_us = clock_now_us() + READY_US;
    uint32_t reply, wanted = OPERATING_3V3;
    int status = 0;

    self->address = 0;
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (attempt != 0)
            clock_sleep_us(ATTEMPT_US);
        status = send(self, GO_IDLE, SD_RESPONSE_NONE, 0, NULL);
        if (status < 0)
            return status;
        /* Cards before version 2 do not know this command, and must not be asked for
         * high capacity; one that answers otherwise cannot work at this voltage. */
        wanted = OPERATING_3V3;
        status = send(self, SEND_IF_CONDITION, SD_RESPONSE_48, IF_CONDITION, &reply);
        if (status == 0 && (reply & 0xfff) != IF_CONDITION)
            return ERROR_UNSUPPORTED;
        if (status == 0)
            wanted |= OPERATING_HIGH_CAPACITY;
        status = send_application(self, APP_SEND_OPERATING_CONDITION, SD_RESPONSE_48_NO_CRC, wanted,
                                  &reply);
        if (status == 0)
            break;
    }
    if (status == ERROR_TIMEOUT)
        return ERROR_ABSENT;
    while (status == 0 && !(reply & OPERATING_READY)) {
        if (clock_passed(deadline_us))
            return ERROR_TIMEOUT;
        clock_sleep_us(READY_POLL_US);
        status = send_application(self, APP_SEND_OPERATING_CONDITION, SD_RESPONSE_48_NO_CRC, wanted,
                                  &reply);
    }
    if (status < 0)
        return status;
    if ((reply & OPERATING_3V3) == 0)
        return ERROR_UNSUPPORTED;
    self->counts_blocks = (reply & OPERATING_HIGH_CAPACITY) != 0;
    return 0;
}

int block_device_sd_start(struct block_device_sd *self)
{
    uint32_t reply[4];
    uint64_t blocks;
    int status;

    self->device.block_count = 0;
    status = self->host->reset(self->host);
    if (status == 0)
        status = wake_card(self);
    if (status == 0)
        status = send(self, ALL_SEND_CID, SD_RESPONSE_136, 0, reply);
    if (status == 0)
        status = send(self, SEND_RELATIVE_ADDRESS, SD_RESPONSE_48, 0, reply);
    if (status < 0)
        return status;
    self->address = reply[0] & 0xffff0000;

    status = self->host->set_clock(self->host, TRANSFER_HZ);
    if (status == 0)
        status = send(self, SEND_CSD, SD_RESPONSE_136, self->address, reply);
    if (status < 0)
        return status;
    blocks = capacity_in_csd(reply);
    if (blocks == 0)
        return ERROR_UNSUPPORTED;
    self->read_only = field(reply, 12, 2) != 0; /* permanent or temporary */

    status = send(self, SELECT, SD_RESPONSE_48_BUSY, self->address, NULL);
    if (status == 0 && !self->counts_blocks)
        status = send(self, SET_BLOCK_LENGTH, SD_RESPONSE_48, BLOCK_BYTES, NULL);
    if (status == 0)
        status = send_application(self, APP_SET_BUS_WIDTH, SD_RESPONSE_48, 2, NULL);
    if (status == 0)
        status = self->host->set_bus_width(self->host, 4);
    if (status == 0)
        status = wait_ready(self);
    if (status == 0)
        self->device.block_count = blocks;
    return status;
}

void block_device_sd_init(struct block_device_sd *self, struct sd_host *host)
{
    *self = (struct block_device_sd){
        .device = {BLOCK_BYTES, 0, read_blocks, write_blocks, flush},
        .host = host,
    };
}
