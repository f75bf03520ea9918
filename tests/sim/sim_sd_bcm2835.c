/*
 * sim_sd_bcm2835: see the header. There is no manual; what is known is in Linux'
 * drivers/mmc/host/bcm2835.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_sd_bcm2835.h"

#include <string.h>

#include "error.h"
#include "sim_parts.h"

enum {
    COMMAND = 0x00,
    ARGUMENT = 0x04,
    TIMEOUT = 0x08,
    CLOCK_DIVIDER = 0x0c,
    RESPONSE = 0x10,
    HOST_STATUS = 0x20,
    POWER = 0x30,
    DEBUG = 0x34,
    CONFIGURATION = 0x38,
    BLOCK_BYTES = 0x3c,
    DATA = 0x40,
    BLOCK_COUNT = 0x50,
};

#define NEW             0x8000u
#define FAILED          0x4000u
#define BUSY_WAIT       0x800u
#define NO_RESPONSE     0x400u
#define LONG_RESPONSE   0x200u
#define TO_CARD         0x80u
#define FROM_CARD       0x40u
#define BUSY_DONE       0x400u
#define DATA_TIMEOUT    0x80u
#define COMMAND_TIMEOUT 0x40u
#define DATA_CRC        0x20u
#define COMMAND_CRC     0x10u
#define FORCE_DATA_MODE (1u << 19)
#define BURST_WORDS     8
#define DATA_TIMEOUT_US 400000

enum { STATE_IDENTIFY, STATE_DATA, STATE_READ, STATE_WRITE, STATE_READ_WAIT, STATE_STUCK = 10 };

static uint32_t card_hz(const struct sim_sd_bcm2835 *self)
{
    return self->source_hz / (self->registers[CLOCK_DIVIDER / 4] + 2);
}

static uint64_t cycles_us(const struct sim_sd_bcm2835 *self, uint64_t cycles)
{
    return (cycles * 1000000 + card_hz(self) - 1) / card_hz(self);
}

static unsigned bus_width(const struct sim_sd_bcm2835 *self)
{
    return self->registers[CONFIGURATION / 4] & 4 ? 4 : 1;
}

static void move_words(void *context);

/* At the end of a block that was read only its CRC is left. */
static void plan_words(struct sim_sd_bcm2835 *self)
{
    bool at_end = !self->to_card && self->block_used == self->block_bytes;
    uint64_t cycles = at_end ? 20 : BURST_WORDS * 32 / bus_width(self);

    sim_after_us(&self->data_event, cycles_us(self, cycles), move_words, self);
}

static void push(struct sim_sd_bcm2835 *self, uint32_t word)
{
    self->fifo[(self->fifo_first + self->fifo_used++) % SIM_SD_BCM2835_FIFO] = word;
}

static uint32_t pull(struct sim_sd_bcm2835 *self)
{
    uint32_t word = self->fifo[self->fifo_first];

    self->fifo_first = (self->fifo_first + 1) % SIM_SD_BCM2835_FIFO;
    self->fifo_used--;
    return word;
}

static void time_out_data(void *context)
{
    struct sim_sd_bcm2835 *self = context;

    self->status |= DATA_TIMEOUT;
}

/* Returns false when the transfer cannot go on. */
static bool note_error(struct sim_sd_bcm2835 *self, int status)
{
    if (status == ERROR_TIMEOUT)
        sim_after_us(&self->data_event, DATA_TIMEOUT_US, time_out_data, self);
    else if (status < 0)
        self->status |= DATA_CRC;
    return status == 0;
}

static void wait_programmed(void *context)
{
    struct sim_sd_bcm2835 *self = context;

    if (sim_card_is_busy(self->card))
        sim_after_us(&self->data_event, 10, wait_programmed, self);
    else
        self->state = self->sticks_after_write ? STATE_STUCK : STATE_DATA;
}

/* A wrong CRC shows when the whole block has gone into the FIFO. */
static void read_words(struct sim_sd_bcm2835 *self)
{
    if (self->block_used == self->block_bytes) {
        if (self->block_status != 0) {
            note_error(self, self->block_status);
            return;
        }
        if (self->blocks_left == 0) {
            if (!self->sticks_in_read)
                self->state = self->multiple ? STATE_READ_WAIT : STATE_DATA;
            return;
        }
        self->blocks_left--;
        self->block_used = 0;
        self->block_status =
            sim_card_send_block(self->card, bus_width(self), self->block, self->block_bytes);
        if (self->block_status == ERROR_TIMEOUT) {
            note_error(self, self->block_status);
            return;
        }
    }
    for (unsigned i = 0; i < BURST_WORDS && self->fifo_used < SIM_SD_BCM2835_FIFO &&
                         self->block_used < self->block_bytes;
         i++) {
        uint32_t word;

        memcpy(&word, self->block + self->block_used, 4);
        self->block_used += 4;
        push(self, word);
    }
    plan_words(self);
}

static void write_words(struct sim_sd_bcm2835 *self)
{
    for (unsigned i = 0; i < BURST_WORDS && self->fifo_used > 0; i++) {
        uint32_t word = pull(self);

        memcpy(self->block + self->block_used, &word, 4);
        self->block_used += 4;
        if (self->block_used < self->block_bytes)
            continue;
        self->block_used = 0;
        if (!note_error(self, sim_card_receive_block(self->card, bus_width(self), self->block,
                                                     self->block_bytes)))
            return;
        if (--self->blocks_left == 0) {
            wait_programmed(self);
            return;
        }
    }
    plan_words(self);
}

static void move_words(void *context)
{
    struct sim_sd_bcm2835 *self = context;

    if (self->to_card)
        write_words(self);
    else
        read_words(self);
}

static void start_data(struct sim_sd_bcm2835 *self, uint32_t word)
{
    uint32_t debug = self->registers[DEBUG / 4];

    if ((debug >> 9 & 0x1f) != 4 || (debug >> 14 & 0x1f) != 4)
        sim_stop("sdhost: FIFO thresholds are not 4: data would be lost");
    if ((self->registers[CONFIGURATION / 4] & 0xa) != 0xa)
        sim_stop("sdhost: configuration 0x%x lets the clock change by itself or the bus be narrow",
                 self->registers[CONFIGURATION / 4]);
    self->block_bytes = self->registers[BLOCK_BYTES / 4];
    self->blocks_left = self->registers[BLOCK_COUNT / 4];
    if (self->block_bytes > sizeof(self->block) || self->blocks_left == 0)
        sim_stop("sdhost: %u blocks of %zu bytes", self->blocks_left, self->block_bytes);
    self->to_card = word & TO_CARD;
    self->multiple = (word & 63) == 18;
    self->block_status = 0;
    self->block_used = self->to_card ? 0 : self->block_bytes;
    self->state = self->to_card ? STATE_WRITE : STATE_READ;
    plan_words(self);
}

static void finish_busy(void *context)
{
    struct sim_sd_bcm2835 *self = context;

    if (sim_card_is_busy(self->card))
        sim_after_us(&self->command_event, 10, finish_busy, self);
    else if (self->registers[CONFIGURATION / 4] & BUSY_DONE)
        self->status |= BUSY_DONE;
}

static void finish_command(void *context)
{
    struct sim_sd_bcm2835 *self = context;
    uint32_t word = self->registers[COMMAND / 4];
    uint32_t reply[4] = {0};
    enum sim_card_answer answer = sim_card_command(
        self->card, word & 63, self->registers[ARGUMENT / 4], card_hz(self), reply);

    self->registers[COMMAND / 4] &= ~NEW;
    memcpy(&self->registers[RESPONSE / 4], reply, sizeof(reply));
    if (!(word & NO_RESPONSE)) {
        if (answer == SIM_CARD_SILENT)
            self->status |= COMMAND_TIMEOUT;
        else if (answer == SIM_CARD_DAMAGED || (answer == SIM_CARD_136) != !!(word & LONG_RESPONSE))
            self->status |= COMMAND_CRC;
        else if (self->flags_r3 && (word & 63) == 41)
            self->status |= COMMAND_CRC;
        if (self->status & (COMMAND_TIMEOUT | COMMAND_CRC)) {
            self->registers[COMMAND / 4] |= FAILED;
            return;
        }
    }
    if ((word & 63) == 12)
        self->state = STATE_DATA;
    if (word & BUSY_WAIT)
        finish_busy(self);
    if (word & (TO_CARD | FROM_CARD))
        start_data(self, word);
}

static void write_command(struct sim_sd_bcm2835 *self, uint32_t value)
{
    self->registers[COMMAND / 4] = value;
    if (!(value & NEW))
        return;
    if (!self->registers[POWER / 4])
        sim_stop("sdhost: command %u without power", value & 63);
    if (self->state != STATE_IDENTIFY && self->state != STATE_DATA && (value & 63) != 12)
        sim_stop("sdhost: command %u while the machine inside is in state %u", value & 63,
                 self->state);
    if (!self->loses_commands)
        sim_after_us(&self->command_event, cycles_us(self, 110), finish_command, self);
}

static void write_debug(struct sim_sd_bcm2835 *self, uint32_t value)
{
    if (value & FORCE_DATA_MODE) {
        sim_cancel(&self->data_event);
        self->state = STATE_DATA;
        self->pushes++;
    }
    self->registers[DEBUG / 4] = value & ~FORCE_DATA_MODE;
}

static void write_power(struct sim_sd_bcm2835 *self, uint32_t value)
{
    if (!value) {
        sim_cancel(&self->command_event);
        sim_cancel(&self->data_event);
        self->fifo_used = 0;
        self->power_cycles++;
        self->registers[COMMAND / 4] = 0;
    }
    self->state = STATE_IDENTIFY;
    self->registers[POWER / 4] = value;
}

static uint32_t read_register(struct sim_device *device, uint32_t offset)
{
    struct sim_sd_bcm2835 *self = (struct sim_sd_bcm2835 *)device;

    switch (offset) {
    case HOST_STATUS:
        return self->status;
    case DEBUG:
        return (self->registers[DEBUG / 4] & ~0x1ffu) | self->fifo_used << 4 | self->state;
    case DATA:
        if (self->fifo_used == 0)
            sim_stop("sdhost: the empty FIFO is read");
        return pull(self);
    default:
        return self->registers[offset / 4];
    }
}

static void write_register(struct sim_device *device, uint32_t offset, uint32_t value)
{
    struct sim_sd_bcm2835 *self = (struct sim_sd_bcm2835 *)device;

    switch (offset) {
    case COMMAND:
        write_command(self, value);
        break;
    case HOST_STATUS:
        self->status &= ~value;
        break;
    case DEBUG:
        write_debug(self, value);
        break;
    case POWER:
        write_power(self, value);
        break;
    case DATA:
        if (self->fifo_used == SIM_SD_BCM2835_FIFO)
            sim_stop("sdhost: the full FIFO is written");
        push(self, value);
        break;
    case CLOCK_DIVIDER:
        self->registers[offset / 4] = value & 0x7ff;
        break;
    case ARGUMENT:
    case TIMEOUT:
    case CONFIGURATION:
    case BLOCK_BYTES:
        self->registers[offset / 4] = value;
        break;
    case BLOCK_COUNT:
        self->registers[offset / 4] = value & 0x1ff;
        break;
    default:
        sim_stop("sdhost: register 0x%02x written", offset);
    }
}

void sim_sd_bcm2835_init(struct sim_sd_bcm2835 *self, uintptr_t base, uint32_t source_hz,
                         struct sim_card *card)
{
    memset(self, 0, sizeof(*self));
    self->device = (struct sim_device){.name = "sdhost",
                                       .base = base,
                                       .bytes = SIM_SD_BCM2835_BYTES,
                                       .read = read_register,
                                       .write = write_register};
    self->card = card;
    self->source_hz = source_hz;
    self->registers[DEBUG / 4] = 0xc60f;
    sim_map(&self->device);
}
