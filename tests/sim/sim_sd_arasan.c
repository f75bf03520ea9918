/*
 * sim_sd_arasan: see the header. Reference: BCM2835 ARM Peripherals, chapter 5; SD Host
 * Controller Simplified Specification 3.00.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_sd_arasan.h"

#include <string.h>

#include "error.h"
#include "sim_parts.h"

enum {
    BLOCK_SIZE_COUNT = 0x04,
    ARGUMENT = 0x08,
    COMMAND = 0x0c,
    RESPONSE = 0x10,
    DATA = 0x20,
    STATUS = 0x24,
    CONTROL0 = 0x28,
    CONTROL1 = 0x2c,
    INTERRUPT = 0x30,
    SHOW = 0x34,
    SIGNAL = 0x38,
};

#define COMMAND_DONE    (1u << 0)
#define DATA_DONE       (1u << 1)
#define WRITE_READY     (1u << 4)
#define READ_READY      (1u << 5)
#define ERROR_SUMMARY   (1u << 15)
#define COMMAND_TIMEOUT (1u << 16)
#define COMMAND_CRC     (1u << 17)
#define DATA_TIMEOUT    (1u << 20)
#define DATA_CRC        (1u << 21)
#define COMMAND_INHIBIT (1u << 0)
#define DATA_INHIBIT    (1u << 1)
#define CLOCK_RUN       (1u << 0)
#define CLOCK_STABLE    (1u << 1)
#define CARD_CLOCK      (1u << 2)
#define RESET_ALL       (1u << 24)
#define RESET_COMMAND   (1u << 25)
#define RESET_DATA      (1u << 26)
#define DATA_TIMEOUT_US 400000

static uint32_t card_hz(const struct sim_sd_arasan *self)
{
    uint32_t control = self->registers[CONTROL1 / 4];
    uint32_t divider = (control >> 8 & 0xff) | (control >> 6 & 3) << 8;

    if (!(control & CARD_CLOCK))
        return 0;
    return divider == 0 ? self->source_hz : self->source_hz / (2 * divider);
}

/* Microseconds that so many cycles of the card's clock take, rounded up. */
static uint64_t cycles_us(const struct sim_sd_arasan *self, uint64_t cycles)
{
    uint32_t hz = card_hz(self);

    return hz == 0 ? 1 : (cycles * 1000000 + hz - 1) / hz;
}

static unsigned bus_width(const struct sim_sd_arasan *self)
{
    return self->registers[CONTROL0 / 4] & 1u << 1 ? 4 : 1;
}

static void raise_cause(struct sim_sd_arasan *self, uint32_t cause)
{
    self->causes |= cause;
    if (cause & 0xffff0000)
        self->causes |= ERROR_SUMMARY;
}

static void move_next_block(void *context);

static void expect_block(struct sim_sd_arasan *self)
{
    uint64_t cycles = self->buffer_bytes * 8 / bus_width(self) + 20;

    sim_after_us(&self->data_event, cycles_us(self, cycles), move_next_block, self);
}

static void finish_when_free(void *context)
{
    struct sim_sd_arasan *self = context;

    if (sim_card_is_busy(self->card)) {
        sim_after_us(&self->busy_event, 10, finish_when_free, self);
        return;
    }
    self->inhibits &= ~DATA_INHIBIT;
    if (self->registers[COMMAND / 4] & 1u << 21 || !self->no_cause_when_free)
        raise_cause(self, self->late_timeout ? DATA_DONE | DATA_TIMEOUT : DATA_DONE);
}

static void time_out_data(void *context)
{
    raise_cause(context, DATA_TIMEOUT);
}

/* A block has had the time it takes on the bus. */
static void move_next_block(void *context)
{
    struct sim_sd_arasan *self = context;
    int status;

    if (self->to_card)
        status =
            sim_card_receive_block(self->card, bus_width(self), self->buffer, self->buffer_bytes);
    else
        status = sim_card_send_block(self->card, bus_width(self), self->buffer, self->buffer_bytes);
    self->buffer_used = 0;
    if (status == ERROR_TIMEOUT) {
        sim_after_us(&self->data_event, DATA_TIMEOUT_US, time_out_data, self);
    } else if (status < 0) {
        raise_cause(self, DATA_CRC);
    } else if (!self->to_card) {
        self->buffer_ready = true;
        raise_cause(self, READ_READY);
    } else if (--self->blocks_left != 0) {
        self->buffer_ready = true;
        raise_cause(self, WRITE_READY);
    } else {
        finish_when_free(self);
    }
}

static void finish_command(void *context)
{
    struct sim_sd_arasan *self = context;
    uint32_t word = self->registers[COMMAND / 4];
    uint32_t expected = word >> 16 & 3, *response = &self->registers[RESPONSE / 4];
    uint32_t reply[4] = {0};
    enum sim_card_answer answer = sim_card_command(
        self->card, word >> 24 & 63, self->registers[ARGUMENT / 4], card_hz(self), reply);

    if (expected != 0 && answer == SIM_CARD_SILENT) {
        raise_cause(self, COMMAND_TIMEOUT);
        return; /* the inhibits stay until the lines are reset */
    }
    if (expected != 0 &&
        (answer == SIM_CARD_DAMAGED || (answer == SIM_CARD_136) != (expected == 1))) {
        raise_cause(self, COMMAND_CRC);
        return;
    }
    response[0] = reply[0];
    for (unsigned i = 0; answer == SIM_CARD_136 && i < 4; i++)
        response[i] = reply[i] >> 8 | (i < 3 ? reply[i + 1] << 24 : 0);
    self->inhibits &= ~COMMAND_INHIBIT;
    raise_cause(self, COMMAND_DONE);
    if (!(word & 1u << 21)) {
        if (expected == 3)
            finish_when_free(self);
        return;
    }
    if (self->to_card) {
        self->buffer_ready = true;
        raise_cause(self, WRITE_READY);
    } else {
        expect_block(self);
    }
}

static void start_command(struct sim_sd_arasan *self, uint32_t word)
{
    uint32_t sizes = self->registers[BLOCK_SIZE_COUNT / 4];
    bool has_data = word & 1u << 21, is_abort = (word >> 22 & 3) == 3;

    if (card_hz(self) == 0)
        sim_stop("emmc: command %u without a clock", word >> 24 & 63);
    if ((self->inhibits & COMMAND_INHIBIT) ||
        ((self->inhibits & DATA_INHIBIT) && (has_data || ((word >> 16 & 3) == 3 && !is_abort))))
        sim_stop("emmc: command %u while a line is taken", word >> 24 & 63);
    if ((word >> 24 & 63) == 12 && !is_abort)
        sim_stop("emmc: command 12 is not sent as an abort");
    self->inhibits |= COMMAND_INHIBIT;
    if (has_data || (word >> 16 & 3) == 3)
        self->inhibits |= DATA_INHIBIT;
    if (has_data) {
        self->buffer_bytes = sizes & 0xfff;
        self->blocks_left = word & 1u << 5 ? sizes >> 16 : 1;
        self->buffer_used = 0;
        self->buffer_ready = false;
        self->to_card = !(word & 1u << 4);
        if (self->buffer_bytes > sizeof(self->buffer) || self->blocks_left == 0)
            sim_stop("emmc: %u blocks of %zu bytes", self->blocks_left, self->buffer_bytes);
    }
    if (!self->loses_commands)
        sim_after_us(&self->command_event, cycles_us(self, 110), finish_command, self);
}

static void reset_data(struct sim_sd_arasan *self)
{
    sim_cancel(&self->data_event);
    sim_cancel(&self->busy_event);
    self->inhibits &= ~DATA_INHIBIT;
    self->buffer_ready = false;
    self->blocks_left = 0;
}

static void write_control1(struct sim_sd_arasan *self, uint32_t value)
{
    uint32_t resets = value & (RESET_ALL | RESET_COMMAND | RESET_DATA);

    if (resets & (RESET_ALL | RESET_COMMAND)) {
        sim_cancel(&self->command_event);
        self->inhibits &= ~COMMAND_INHIBIT;
    }
    if (resets & (RESET_ALL | RESET_DATA))
        reset_data(self);
    if (resets & RESET_ALL) {
        memset(self->registers, 0, sizeof(self->registers));
        self->causes = 0;
        value = self->never_resets ? RESET_ALL : 0;
    }
    value &= ~(RESET_COMMAND | RESET_DATA | CLOCK_STABLE);
    if ((value & CLOCK_RUN) && !self->never_stable)
        value |= CLOCK_STABLE;
    if ((value & CARD_CLOCK) && !(value & CLOCK_STABLE))
        sim_stop("emmc: the card's clock is on before the controller's is stable");
    self->registers[CONTROL1 / 4] = value;
}

static uint32_t access_data(struct sim_sd_arasan *self, bool write, uint32_t value)
{
    if (!self->buffer_ready || self->to_card != write)
        sim_stop("emmc: data register %s while there is no %s", write ? "written" : "read",
                 write ? "room" : "data");
    if (write)
        memcpy(self->buffer + self->buffer_used, &value, 4);
    else
        memcpy(&value, self->buffer + self->buffer_used, 4);
    self->buffer_used += 4;
    if (self->buffer_used < self->buffer_bytes)
        return value;
    self->buffer_ready = false;
    if (write || --self->blocks_left != 0)
        expect_block(self);
    else
        finish_when_free(self);
    return value;
}

static uint32_t read_register(struct sim_device *device, uint32_t offset)
{
    struct sim_sd_arasan *self = (struct sim_sd_arasan *)device;

    switch (offset) {
    case DATA:
        return access_data(self, false, 0);
    case STATUS:
        return self->inhibits | 0x1ff0000;
    case INTERRUPT:
        return self->causes & (self->registers[SHOW / 4] | ERROR_SUMMARY);
    default:
        return self->registers[offset / 4];
    }
}

static void write_register(struct sim_device *device, uint32_t offset, uint32_t value)
{
    struct sim_sd_arasan *self = (struct sim_sd_arasan *)device;
    uint64_t now_ns = sim_clock_now_ns();
    uint32_t hz = card_hz(self);

    if (offset == DATA) {
        access_data(self, true, value);
        return;
    }
    if (hz != 0 && now_ns - self->written_ns[offset / 4] < 2000000000ull / hz)
        sim_stop("emmc: register 0x%02x written twice within two cycles of the card's clock",
                 offset);
    self->written_ns[offset / 4] = now_ns;
    switch (offset) {
    case INTERRUPT:
        self->causes &= ~value;
        if (!(self->causes & 0xffff0000))
            self->causes &= ~ERROR_SUMMARY;
        break;
    case CONTROL1:
        write_control1(self, value);
        break;
    case COMMAND:
        self->registers[offset / 4] = value;
        start_command(self, value);
        break;
    case BLOCK_SIZE_COUNT:
    case ARGUMENT:
    case CONTROL0:
    case SHOW:
    case SIGNAL:
        self->registers[offset / 4] = value;
        break;
    default:
        sim_stop("emmc: register 0x%02x written", offset);
    }
}

void sim_sd_arasan_init(struct sim_sd_arasan *self, uintptr_t base, uint32_t source_hz,
                        struct sim_card *card)
{
    memset(self, 0, sizeof(*self));
    self->device = (struct sim_device){.name = "emmc",
                                       .base = base,
                                       .bytes = SIM_SD_ARASAN_BYTES,
                                       .read = read_register,
                                       .write = write_register};
    self->card = card;
    self->source_hz = source_hz;
    sim_map(&self->device);
}
