/*
 * sd_host_bcm2835: the BCM2835's own SD controller ("SDHOST"), polled.
 *
 * Data goes through a FIFO of 16 words by hand. The debug register tells more than the
 * status register: how many words the FIFO holds, and the state of the machine inside,
 * which must be idle before a command and has to be pushed there at times.
 * Not done: DMA, interrupts, the firmware's clock service (so the core clock has to
 * stay what source_hz says), more than 511 blocks per command, 1.8 V.
 * Reference: there is no manual. Registers and their traps as described in Linux'
 * drivers/mmc/host/bcm2835.c by Phil Elwell of Raspberry Pi, and U-Boot's
 * drivers/mmc/bcm2835_sdhost.c, which polls as we do.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sd_host_bcm2835.h"

#include "clock.h"
#include "error.h"
#include "mmio.h"

#define COMMAND                          0x00
#define COMMAND_NEW                      (1u << 15) /* set to start; reads 0 when done */
#define COMMAND_FAILED                   (1u << 14)
#define COMMAND_BUSY_WAIT                (1u << 11)
#define COMMAND_NO_RESPONSE              (1u << 10)
#define COMMAND_LONG_RESPONSE            (1u << 9)
#define COMMAND_TO_CARD                  (1u << 7)
#define COMMAND_FROM_CARD                (1u << 6)
#define ARGUMENT                         0x04
#define TIMEOUT                          0x08 /* in cycles of the card's clock */
#define CLOCK_DIVIDER                    0x0c /* the clock is source / (2 + divider) */
#define CLOCK_DIVIDER_MAX                0x7ff
#define RESPONSE                         0x10 /* four registers */
#define HOST_STATUS                      0x20 /* write 1 to clear */
#define HOST_STATUS_BUSY_DONE            (1u << 10)
#define HOST_STATUS_DATA_TIMEOUT         (1u << 7)
#define HOST_STATUS_COMMAND_TIMEOUT      (1u << 6)
#define HOST_STATUS_DATA_CRC             (1u << 5)
#define HOST_STATUS_COMMAND_CRC          (1u << 4)
#define HOST_STATUS_FIFO                 (1u << 3)
#define HOST_STATUS_ERRORS               0x0f8u
#define HOST_STATUS_ALL                  0x7f8u
#define POWER                            0x30
#define DEBUG                            0x34
#define DEBUG_STATE_MASK                 0xfu
#define DEBUG_FIFO_SHIFT                 4
#define DEBUG_FIFO_MASK                  0x1fu
#define DEBUG_WRITE_THRESHOLD_SHIFT      9
#define DEBUG_READ_THRESHOLD_SHIFT       14
#define DEBUG_THRESHOLD_MASK             0x1fu
#define DEBUG_FORCE_DATA_MODE            (1u << 19)
#define HOST_CONFIGURATION               0x38
#define HOST_CONFIGURATION_BUSY_DONE     (1u << 10) /* let BUSY_DONE appear */
#define HOST_CONFIGURATION_SLOW_CARD     (1u << 3)
#define HOST_CONFIGURATION_4_BITS        (1u << 2)
#define HOST_CONFIGURATION_WIDE_INTERNAL (1u << 1)
#define BLOCK_BYTES                      0x3c
#define DATA                             0x40
#define BLOCK_COUNT                      0x50

/* States of the machine inside that matter to us. */
#define STATE_IDENTIFY     0x0
#define STATE_DATA         0x1
#define STATE_READ_DATA    0x2
#define STATE_READ_WAIT    0x4
#define STATE_WRITE_START1 0xa

#define FIFO_WORDS 16
#define FIFO_BURST 8
/* A higher fill level than this loses data: "limit fifo usage due to silicon bug". */
#define FIFO_THRESHOLD 4

#define IDENTIFICATION_HZ 400000
#define POWER_CYCLE_US    20000
#define POWER_STEP_US     1000
#define BLOCKS_MAX        511
#define READ_DATA_US      500
#define RECOVERY_US       10000

static void write_register(struct sd_host_bcm2835 *self, uint32_t offset, uint32_t value)
{
    mmio_write32(self->base + offset, value);
}

static uint32_t read_register(struct sd_host_bcm2835 *self, uint32_t offset)
{
    return mmio_read32(self->base + offset);
}

static int set_clock(struct sd_host *host, uint32_t clock_hz)
{
    struct sd_host_bcm2835 *self = (struct sd_host_bcm2835 *)host;
    uint32_t divider;

    if (clock_hz == 0)
        return ERROR_INVALID;
    divider = self->source_hz / clock_hz + (self->source_hz % clock_hz != 0);
    divider = divider < 2 ? 0 : divider - 2;
    if (divider > CLOCK_DIVIDER_MAX)
        return ERROR_INVALID;
    self->divider = divider;
    write_register(self, CLOCK_DIVIDER, divider);
    /* Half a second, as in Linux and U-Boot: more is not known to work. A block that takes longer
     * to write has failed, although our own deadline is later. */
    write_register(self, TIMEOUT, self->source_hz / (divider + 2) / 2);
    return 0;
}

/* SLOW_CARD keeps the divider as written: without it the controller switches to another
 * one of three bits by itself, too small for a core clock above 250 MHz. */
static int set_bus_width(struct sd_host *host, unsigned bits)
{
    struct sd_host_bcm2835 *self = (struct sd_host_bcm2835 *)host;

    if (bits != 1 && bits != 4)
        return ERROR_INVALID;
    self->configuration = HOST_CONFIGURATION_BUSY_DONE | HOST_CONFIGURATION_SLOW_CARD |
                          HOST_CONFIGURATION_WIDE_INTERNAL |
                          (bits == 4 ? HOST_CONFIGURATION_4_BITS : 0);
    write_register(self, HOST_CONFIGURATION, self->configuration);
    return 0;
}

static bool is_idle(uint32_t debug)
{
    uint32_t state = debug & DEBUG_STATE_MASK;

    return state == STATE_IDENTIFY || state == STATE_DATA;
}

static void set_thresholds(struct sd_host_bcm2835 *self)
{
    uint32_t debug = read_register(self, DEBUG);

    debug &= ~(DEBUG_THRESHOLD_MASK << DEBUG_READ_THRESHOLD_SHIFT |
               DEBUG_THRESHOLD_MASK << DEBUG_WRITE_THRESHOLD_SHIFT);
    debug |= FIFO_THRESHOLD << DEBUG_READ_THRESHOLD_SHIFT | FIFO_THRESHOLD
                                                                << DEBUG_WRITE_THRESHOLD_SHIFT;
    write_register(self, DEBUG, debug);
}

/* Everything back to power-on, then the bus as it was set up last. Asleep 20 ms without
 * power if there was any, and up to 20 ms with it, until the machine inside is idle. */
static void cycle_power(struct sd_host_bcm2835 *self)
{
    uint32_t off_us = read_register(self, POWER) & 1 ? POWER_CYCLE_US : POWER_STEP_US;
    uint64_t deadline_us;

    write_register(self, POWER, 0);
    write_register(self, COMMAND, 0);
    write_register(self, ARGUMENT, 0);
    write_register(self, TIMEOUT, 0xf00000);
    write_register(self, CLOCK_DIVIDER, 0);
    write_register(self, HOST_STATUS, HOST_STATUS_ALL);
    write_register(self, HOST_CONFIGURATION, 0);
    write_register(self, BLOCK_BYTES, 0);
    write_register(self, BLOCK_COUNT, 0);
    set_thresholds(self);
    clock_sleep_us(off_us);
    write_register(self, POWER, 1);
    deadline_us = clock_now_us() + POWER_CYCLE_US;
    do
        clock_sleep_us(POWER_STEP_US);
    while (!is_idle(read_register(self, DEBUG)) && !clock_passed(deadline_us));
    write_register(self, HOST_CONFIGURATION, self->configuration);
    write_register(self, CLOCK_DIVIDER, self->divider);
}

static int adopt(struct sd_host *host)
{
    struct sd_host_bcm2835 *self = (struct sd_host_bcm2835 *)host;
    uint32_t debug;

    if (!(read_register(self, POWER) & 1) || read_register(self, COMMAND) & COMMAND_NEW)
        return ERROR_CORRUPT;
    /* In this order: a command that is over may have begun to move data. */
    debug = read_register(self, DEBUG);
    if (!is_idle(debug) || (debug >> DEBUG_FIFO_SHIFT & DEBUG_FIFO_MASK) != 0)
        return ERROR_CORRUPT;
    set_thresholds(self);
    return 0;
}

static int reset(struct sd_host *host)
{
    struct sd_host_bcm2835 *self = (struct sd_host_bcm2835 *)host;
    int status;

    cycle_power(self);
    status = set_bus_width(host, 1);
    if (status < 0)
        return status;
    return set_clock(host, IDENTIFICATION_HZ);
}

static int error_in_status(uint32_t host_status)
{
    if (host_status & (HOST_STATUS_DATA_CRC | HOST_STATUS_COMMAND_CRC | HOST_STATUS_FIFO))
        return ERROR_IO;
    if (host_status & HOST_STATUS_ERRORS)
        return ERROR_TIMEOUT;
    return 0;
}

/*
 * Waits for the machine inside to finish a transfer.
 *
 * Workaround: an open-ended read leaves it in READ_WAIT, a write at times in
 * WRITE_START1, for ever, although all data has been moved; only the order to go to DATA
 * ends that (Linux: bcm2835_wait_transfer_complete). U-Boot has seen READ_DATA as well;
 * that is also where a healthy read passes through, before its CRC is checked, so it gets
 * time first. Costs a register read when not needed. Can go when
 * test_write_survives_the_stuck_state and test_an_open_read_is_ended_by_a_push pass
 * without it.
 */
static int wait_idle(struct sd_host_bcm2835 *self, bool to_card, uint64_t deadline_us)
{
    uint64_t patience_us = clock_now_us() + READ_DATA_US;

    for (;;) {
        uint32_t debug = read_register(self, DEBUG);
        uint32_t state = debug & DEBUG_STATE_MASK;

        if (is_idle(debug))
            return 0;
        if (state == (to_card ? STATE_WRITE_START1 : STATE_READ_WAIT) ||
            (state == STATE_READ_DATA && clock_passed(patience_us))) {
            write_register(self, DEBUG, debug | DEBUG_FORCE_DATA_MODE);
            return 0;
        }
        /* A block that the card refuses may leave it where it is. */
        int status = error_in_status(read_register(self, HOST_STATUS));

        if (status == 0 && clock_passed(deadline_us))
            status = ERROR_TIMEOUT;
        if (status < 0)
            return status;
    }
}

/* Makes the controller forget a command that failed: a push first, power if that is not
 * enough. */
static void recover(struct sd_host_bcm2835 *self)
{
    uint64_t deadline_us = clock_now_us() + RECOVERY_US;
    uint32_t debug = read_register(self, DEBUG);

    if (!is_idle(debug))
        write_register(self, DEBUG, debug | DEBUG_FORCE_DATA_MODE);
    for (;;) {
        debug = read_register(self, DEBUG);
        if ((debug >> DEBUG_FIFO_SHIFT & DEBUG_FIFO_MASK) != 0)
            read_register(self, DATA);
        else if (is_idle(debug) && !(read_register(self, COMMAND) & COMMAND_NEW))
            break;
        if (clock_passed(deadline_us)) {
            cycle_power(self);
            break;
        }
    }
    write_register(self, HOST_STATUS, HOST_STATUS_ALL);
}

static int move_data(struct sd_host_bcm2835 *self, struct sd_command *command, uint64_t deadline_us)
{
    uint32_t left = command->block_count * command->block_bytes / 4;
    uint32_t *word = (uint32_t *)(void *)command->data;
    int status;

    while (left != 0) {
        uint32_t words = read_register(self, DEBUG) >> DEBUG_FIFO_SHIFT & DEBUG_FIFO_MASK;

        if (command->data_to_card)
            words = FIFO_WORDS - words;
        /* A burst, so that the debug register is not read for every word. */
        if (words < (left < FIFO_BURST ? left : FIFO_BURST)) {
            status = error_in_status(read_register(self, HOST_STATUS));
            if (status == 0 && clock_passed(deadline_us))
                status = ERROR_TIMEOUT;
            if (status < 0)
                return status;
            continue;
        }
        if (words > left)
            words = left;
        left -= words;
        for (; words != 0; words--) {
            if (command->data_to_card)
                mmio_write32(self->base + DATA, *word++);
            else
                *word++ = mmio_read32(self->base + DATA);
        }
    }
    status = wait_idle(self, command->data_to_card, deadline_us);
    if (status < 0)
        return status;
    return error_in_status(read_register(self, HOST_STATUS));
}

static uint32_t command_word(const struct sd_command *command)
{
    uint32_t word = command->index | COMMAND_NEW;

    if (command->response == SD_RESPONSE_NONE)
        word |= COMMAND_NO_RESPONSE;
    if (command->response == SD_RESPONSE_136)
        word |= COMMAND_LONG_RESPONSE;
    if (command->response == SD_RESPONSE_48_BUSY)
        word |= COMMAND_BUSY_WAIT;
    if (command->block_count != 0)
        word |= command->data_to_card ? COMMAND_TO_CARD : COMMAND_FROM_CARD;
    return word;
}

/* Waits for the end of the command itself and takes its reply. */
static int finish_command(struct sd_host_bcm2835 *self, struct sd_command *command,
                          uint64_t deadline_us)
{
    uint32_t word, host_status;

    while ((word = read_register(self, COMMAND)) & COMMAND_NEW) {
        if (clock_passed(deadline_us))
            return ERROR_TIMEOUT;
    }
    if (word & COMMAND_FAILED) {
        host_status = read_register(self, HOST_STATUS) & HOST_STATUS_ERRORS;
        /* R3 carries no CRC, which the controller may take for a wrong one. */
        if (command->response != SD_RESPONSE_48_NO_CRC || host_status != HOST_STATUS_COMMAND_CRC)
            return host_status & HOST_STATUS_COMMAND_TIMEOUT ? ERROR_TIMEOUT : ERROR_IO;
        write_register(self, HOST_STATUS, HOST_STATUS_COMMAND_CRC);
    }
    for (unsigned i = 0; i < (command->response == SD_RESPONSE_136 ? 4 : 1); i++)
        command->reply[i] = read_register(self, RESPONSE + 4 * i);
    if (command->response != SD_RESPONSE_48_BUSY)
        return 0;
    while (!((host_status = read_register(self, HOST_STATUS)) & HOST_STATUS_BUSY_DONE)) {
        int status = error_in_status(host_status);

        if (status == 0 && clock_passed(deadline_us))
            status = ERROR_TIMEOUT;
        if (status < 0)
            return status;
    }
    return 0;
}

static int send_command(struct sd_host *host, struct sd_command *command, uint64_t deadline_us)
{
    struct sd_host_bcm2835 *self = (struct sd_host_bcm2835 *)host;
    int status;

    if (command->block_count > BLOCKS_MAX || (uintptr_t)command->data % 4 != 0)
        return ERROR_INVALID;
    write_register(self, HOST_STATUS, HOST_STATUS_ALL);
    if (command->block_count != 0) {
        write_register(self, BLOCK_BYTES, command->block_bytes);
        write_register(self, BLOCK_COUNT, command->block_count);
    }
    write_register(self, ARGUMENT, command->argument);
    write_register(self, COMMAND, command_word(command));
    status = finish_command(self, command, deadline_us);
    if (status == 0 && command->block_count != 0)
        status = move_data(self, command, deadline_us);
    if (status < 0)
        recover(self);
    return status;
}

void sd_host_bcm2835_init(struct sd_host_bcm2835 *self, uintptr_t base, uint32_t source_hz)
{
    *self = (struct sd_host_bcm2835){
        .host = {"sdhost", reset, adopt, set_clock, set_bus_width, send_command},
        .base = base,
        .source_hz = source_hz,
        .divider = CLOCK_DIVIDER_MAX,
    };
}
