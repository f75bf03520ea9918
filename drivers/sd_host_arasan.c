/*
 * sd_host_arasan: the Arasan SD host controller of the BCM2835 ("EMMC"), polled.
 *
 * It is an SD Host Controller 3.00 whose registers can only be accessed 32 bits at a
 * time, so that two registers of the standard share one here: block size and count,
 * transfer mode and command. Data goes through the FIFO by hand, a block at a time.
 * Not done: DMA, interrupts, 8 bits, 1.8 V and its tuning, SDIO, card detection (the
 * line is not wired on the Pi).
 * Reference: BCM2835 ARM Peripherals, chapter 5; SD Host Controller Simplified
 * Specification 3.00, chapter 2.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sd_host_arasan.h"

#include "clock.h"
#include "error.h"
#include "mmio.h"

#define BLOCK_SIZE_COUNT          0x04
#define ARGUMENT                  0x08
#define COMMAND                   0x0c
#define COMMAND_COUNT_BLOCKS      (1u << 1)
#define COMMAND_FROM_CARD         (1u << 4)
#define COMMAND_MULTIPLE          (1u << 5)
#define COMMAND_RESPONSE_136      (1u << 16)
#define COMMAND_RESPONSE_48       (2u << 16)
#define COMMAND_RESPONSE_BUSY     (3u << 16)
#define COMMAND_CHECK_CRC         (1u << 19)
#define COMMAND_CHECK_INDEX       (1u << 20)
#define COMMAND_HAS_DATA          (1u << 21)
#define COMMAND_ABORT             (3u << 22)
#define COMMAND_INDEX_SHIFT       24
#define RESPONSE                  0x10 /* four registers */
#define DATA                      0x20
#define STATUS                    0x24
#define STATUS_COMMAND_INHIBIT    (1u << 0)
#define STATUS_DATA_INHIBIT       (1u << 1)
#define CONTROL0                  0x28
#define CONTROL0_4_BITS           (1u << 1)
#define CONTROL0_POWER_3V3        (0xfu << 8)
#define CONTROL1                  0x2c
#define CONTROL1_CLOCK_RUN        (1u << 0)
#define CONTROL1_CLOCK_STABLE     (1u << 1)
#define CONTROL1_CARD_CLOCK       (1u << 2)
#define CONTROL1_TIMEOUT_LONGEST  (0xeu << 16)
#define CONTROL1_RESET_ALL        (1u << 24)
#define CONTROL1_RESET_COMMAND    (1u << 25)
#define CONTROL1_RESET_DATA       (1u << 26)
#define INTERRUPT                 0x30
#define INTERRUPT_COMMAND_DONE    (1u << 0)
#define INTERRUPT_DATA_DONE       (1u << 1)
#define INTERRUPT_WRITE_READY     (1u << 4)
#define INTERRUPT_READ_READY      (1u << 5)
#define INTERRUPT_COMMAND_TIMEOUT (1u << 16)
#define INTERRUPT_DATA_TIMEOUT    (1u << 20)
#define INTERRUPT_ERRORS          0xffff0000u
#define INTERRUPT_SHOW            0x34 /* which causes appear in INTERRUPT at all */
#define INTERRUPT_SIGNAL          0x38 /* which of them raise the line: none */

#define IDENTIFICATION_HZ 400000
#define RESET_US          100000
#define CLOCK_US          20000
#define DIVIDER_MAX       1023

/*
 * Workaround: of two writes to one register within two cycles of the card's clock the
 * controller may lose the first (found by Broadcom, described in Linux'
 * drivers/mmc/host/sdhci-iproc.c, which waits four cycles as we do). The data register is
 * not affected. Waits 40 us at most, and seldom at all: commands take longer than that.
 */
static void write_register(struct sd_host_arasan *self, uint32_t offset, uint32_t value)
{
    uint64_t *written_us = &self->written_us[offset / 4];
    uint32_t gap_us = 10;

    if (self->card_hz != 0)
        gap_us = (4 * 1000000 + self->card_hz - 1) / self->card_hz;
    /* One more, because both moments are cut to microseconds. */
    while (!clock_passed(*written_us + gap_us + 1))
        continue;
    mmio_write32(self->base + offset, value);
    *written_us = clock_now_us();
}

static uint32_t read_register(struct sd_host_arasan *self, uint32_t offset)
{
    return mmio_read32(self->base + offset);
}

/* Waits until (register & mask) == value. Returns 0 or ERROR_TIMEOUT. */
static int wait_register(struct sd_host_arasan *self, uint32_t offset, uint32_t mask,
                         uint32_t value, uint64_t deadline_us)
{
    while ((read_register(self, offset) & mask) != value) {
        if (clock_passed(deadline_us))
            return ERROR_TIMEOUT;
    }
    return 0;
}

/* Returns what went wrong according to INTERRUPT, or 0. */
static int error_in_causes(uint32_t seen)
{
    /* A transfer that is complete is, although its time was over (2.2.18). */
    if (seen & INTERRUPT_DATA_DONE)
        seen &= ~INTERRUPT_DATA_TIMEOUT;
    if (seen & (INTERRUPT_COMMAND_TIMEOUT | INTERRUPT_DATA_TIMEOUT))
        return ERROR_TIMEOUT;
    return seen & INTERRUPT_ERRORS ? ERROR_IO : 0;
}

/* Waits for one cause, and takes it back. */
static int wait_interrupt(struct sd_host_arasan *self, uint32_t cause, uint64_t deadline_us)
{
    for (;;) {
        uint32_t seen = read_register(self, INTERRUPT);
        int status = error_in_causes(seen);

        if (status < 0)
            return status;
        if (seen & cause) {
            write_register(self, INTERRUPT, cause);
            return 0;
        }
        if (clock_passed(deadline_us))
            return ERROR_TIMEOUT;
    }
}

/* Waits until the card lets go of the data line. The cause for that may not come when the
 * card never took it, so the line itself counts as well. */
static int wait_free(struct sd_host_arasan *self, uint64_t deadline_us)
{
    while (read_register(self, STATUS) & STATUS_DATA_INHIBIT) {
        uint32_t seen = read_register(self, INTERRUPT);
        int status = error_in_causes(seen);

        if (status < 0 || (seen & INTERRUPT_DATA_DONE))
            return status;
        if (clock_passed(deadline_us))
            return ERROR_TIMEOUT;
    }
    return 0;
}

/* Makes the controller forget a command that failed. The two lines are reset one after
 * the other: QEMU 7.2 ignores a write that asks for both. */
static void reset_lines(struct sd_host_arasan *self, bool data_too)
{
    uint32_t control = read_register(self, CONTROL1);
    uint64_t deadline_us = clock_now_us() + RESET_US;

    write_register(self, CONTROL1, control | CONTROL1_RESET_COMMAND);
    wait_register(self, CONTROL1, CONTROL1_RESET_COMMAND, 0, deadline_us);
    if (data_too) {
        write_register(self, CONTROL1, control | CONTROL1_RESET_DATA);
        wait_register(self, CONTROL1, CONTROL1_RESET_DATA, 0, deadline_us);
    }
    write_register(self, INTERRUPT, ~0u);
}

static int set_clock(struct sd_host *host, uint32_t clock_hz)
{
    struct sd_host_arasan *self = (struct sd_host_arasan *)host;
    uint32_t control = CONTROL1_CLOCK_RUN | CONTROL1_TIMEOUT_LONGEST;
    uint32_t divider = 0; /* the clock is source / (2 * divider), or source for 0 */
    int status;

    if (clock_hz == 0)
        return ERROR_INVALID;
    if (self->source_hz > clock_hz)
        divider = (uint32_t)((self->source_hz + 2ull * clock_hz - 1) / (2ull * clock_hz));
    if (divider > DIVIDER_MAX)
        return ERROR_INVALID;
    control |= (divider & 0xff) << 8 | (divider >> 8) << 6;

    write_register(self, CONTROL1, control);
    self->card_hz = 0;
    status = wait_register(self, CONTROL1, CONTROL1_CLOCK_STABLE, CONTROL1_CLOCK_STABLE,
                           clock_now_us() + CLOCK_US);
    if (status < 0)
        return status;
    self->card_hz = divider == 0 ? self->source_hz : self->source_hz / (2 * divider);
    write_register(self, CONTROL1, control | CONTROL1_CARD_CLOCK);
    return 0;
}

static void show_interrupts(struct sd_host_arasan *self)
{
    write_register(self, INTERRUPT_SIGNAL, 0);
    write_register(self, INTERRUPT_SHOW,
                   INTERRUPT_COMMAND_DONE | INTERRUPT_DATA_DONE | INTERRUPT_WRITE_READY |
                       INTERRUPT_READ_READY | INTERRUPT_ERRORS);
    write_register(self, INTERRUPT, ~0u);
}

static int adopt(struct sd_host *host)
{
    struct sd_host_arasan *self = (struct sd_host_arasan *)host;
    const uint32_t clock = CONTROL1_CLOCK_RUN | CONTROL1_CLOCK_STABLE | CONTROL1_CARD_CLOCK;

    self->card_hz = 0;
    if ((read_register(self, CONTROL1) & clock) != clock ||
        read_register(self, STATUS) & (STATUS_COMMAND_INHIBIT | STATUS_DATA_INHIBIT))
        return ERROR_CORRUPT;
    show_interrupts(self);
    return 0;
}

static int reset(struct sd_host *host)
{
    struct sd_host_arasan *self = (struct sd_host_arasan *)host;
    int status;

    self->card_hz = 0;
    write_register(self, CONTROL1, CONTROL1_RESET_ALL);
    status = wait_register(self, CONTROL1, CONTROL1_RESET_ALL, 0, clock_now_us() + RESET_US / 2);
    if (status < 0)
        return status;
    write_register(self, CONTROL0, CONTROL0_POWER_3V3);
    status = set_clock(host, IDENTIFICATION_HZ);
    if (status < 0)
        return status;
    show_interrupts(self);
    /* A card wants 74 cycles of its clock before the first command (SD 6.4.1). */
    clock_sleep_us(74 * 1000000ull / IDENTIFICATION_HZ + 1);
    return 0;
}

static int set_bus_width(struct sd_host *host, unsigned bits)
{
    struct sd_host_arasan *self = (struct sd_host_arasan *)host;

    if (bits != 1 && bits != 4)
        return ERROR_INVALID;
    write_register(self, CONTROL0, CONTROL0_POWER_3V3 | (bits == 4 ? CONTROL0_4_BITS : 0));
    return 0;
}

static int move_blocks(struct sd_host_arasan *self, struct sd_command *command,
                       uint64_t deadline_us)
{
    uint32_t ready = command->data_to_card ? INTERRUPT_WRITE_READY : INTERRUPT_READ_READY;
    uint32_t *word = (uint32_t *)(void *)command->data;

    for (uint32_t block = 0; block < command->block_count; block++) {
        int status = wait_interrupt(self, ready, deadline_us);

        if (status < 0)
            return status;
        if (command->data_to_card) {
            for (uint32_t i = 0; i < command->block_bytes; i += 4)
                mmio_write32(self->base + DATA, *word++);
        } else {
            for (uint32_t i = 0; i < command->block_bytes; i += 4)
                *word++ = mmio_read32(self->base + DATA);
        }
    }
    return 0;
}

static uint32_t command_word(const struct sd_command *command)
{
    static const uint32_t responses[] = {
        [SD_RESPONSE_NONE] = 0,
        [SD_RESPONSE_48] = COMMAND_RESPONSE_48 | COMMAND_CHECK_CRC | COMMAND_CHECK_INDEX,
        [SD_RESPONSE_48_BUSY] = COMMAND_RESPONSE_BUSY | COMMAND_CHECK_CRC | COMMAND_CHECK_INDEX,
        [SD_RESPONSE_48_NO_CRC] = COMMAND_RESPONSE_48,
        [SD_RESPONSE_136] = COMMAND_RESPONSE_136 | COMMAND_CHECK_CRC,
    };
    uint32_t word = (uint32_t)command->index << COMMAND_INDEX_SHIFT | responses[command->response];

    if (command->index == 12)
        word |= COMMAND_ABORT;
    if (command->block_count != 0)
        word |= COMMAND_HAS_DATA;
    if (command->block_count > 1)
        word |= COMMAND_MULTIPLE | COMMAND_COUNT_BLOCKS;
    if (command->block_count != 0 && !command->data_to_card)
        word |= COMMAND_FROM_CARD;
    return word;
}

static void read_reply(struct sd_host_arasan *self, struct sd_command *command)
{
    uint32_t below = 0;

    if (command->response != SD_RESPONSE_136) {
        command->reply[0] = read_register(self, RESPONSE);
        return;
    }
    /* The controller keeps bits 127..8 only, shifted down by the CRC's eight. */
    for (unsigned i = 0; i < 4; i++) {
        uint32_t word = read_register(self, RESPONSE + 4 * i);

        command->reply[i] = word << 8 | below >> 24;
        below = word;
    }
}

static int send_command(struct sd_host *host, struct sd_command *command, uint64_t deadline_us)
{
    struct sd_host_arasan *self = (struct sd_host_arasan *)host;
    bool uses_data = command->block_count != 0 || command->response == SD_RESPONSE_48_BUSY;
    uint32_t inhibit = STATUS_COMMAND_INHIBIT;
    int status;

    if (command->block_count > 0xffff || (uintptr_t)command->data % 4 != 0)
        return ERROR_INVALID;
    /* CMD12 exists to end what occupies the data lines. */
    if (uses_data && command->index != 12)
        inhibit |= STATUS_DATA_INHIBIT;
    status = wait_register(self, STATUS, inhibit, 0, deadline_us);
    if (status < 0)
        goto fail;

    write_register(self, INTERRUPT, ~0u);
    if (command->block_count != 0)
        write_register(self, BLOCK_SIZE_COUNT, command->block_count << 16 | command->block_bytes);
    write_register(self, ARGUMENT, command->argument);
    write_register(self, COMMAND, command_word(command));
    status = wait_interrupt(self, INTERRUPT_COMMAND_DONE, deadline_us);
    if (status < 0)
        goto fail;
    read_reply(self, command);
    status = move_blocks(self, command, deadline_us);
    if (status == 0 && command->block_count != 0)
        status = wait_interrupt(self, INTERRUPT_DATA_DONE, deadline_us);
    else if (status == 0 && uses_data)
        status = wait_free(self, deadline_us);
    if (status == 0)
        return 0;
fail:
    reset_lines(self, uses_data);
    return status;
}

void sd_host_arasan_init(struct sd_host_arasan *self, uintptr_t base, uint32_t source_hz)
{
    *self = (struct sd_host_arasan){
        .host = {"emmc", reset, adopt, set_clock, set_bus_width, send_command},
        .base = base,
        .source_hz = source_hz,
    };
}
