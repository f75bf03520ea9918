/*
 * mailbox_bcm2835: one property tag per message, polled.
 *
 * A message lies in memory that the VideoCore reads and writes by DMA: cleaned before,
 * invalidated after. Channel 8 carries ARM-to-VideoCore property messages.
 * Reference: the wiki of raspberrypi/firmware, "Mailboxes" and "Mailbox property
 * interface".
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mailbox_bcm2835.h"

#include <string.h>

#include "clock.h"
#include "dma.h"
#include "error.h"
#include "mmio.h"

enum {
    READ = 0x00,
    READ_STATUS = 0x18,
    STATUS_EMPTY = 1 << 30,
    WRITE = 0x20,
    WRITE_STATUS = 0x38,
    CHANNEL_PROPERTY = 8,

    TAG_MAC = 0x10003,
    TAG_SERIAL = 0x10004,
    TAG_ARM_MEMORY = 0x10005,
    TAG_CLOCK_RATE = 0x30002,
    TAG_CLOCK_MAX = 0x30004,
    TAG_SET_POWER = 0x28001,
    TAG_SET_CLOCK = 0x38002,
};
#define STATUS_FULL       0x80000000u
#define ANSWERED          0x80000000u /* in the message's code, and in a tag's length */
#define POWER_ON_AND_WAIT 3u
#define POWER_IS_ON       1u
#define POWER_ABSENT      2u

#define ANSWER_US 100000
#define POWER_US  500000
#define VALUES    3 /* words of a tag's value that we use at most */

static uintptr_t base;
/* Taken in turn: an answer that comes after its time-out then has another address than
 * the next question's, and lands in memory that nobody reads. */
static struct message {
    DMA_ALIGNED uint32_t words[16];
} messages[4];
static unsigned turn;

void mailbox_bcm2835_init(uintptr_t registers)
{
    base = registers;
}

/* Sends the address and waits until the same comes back. */
static int exchange(uint32_t address, uint64_t deadline_us)
{
    while (mmio_read32(base + WRITE_STATUS) & STATUS_FULL)
        if (clock_passed(deadline_us))
            return ERROR_TIMEOUT;
    mmio_write32(base + WRITE, address | CHANNEL_PROPERTY);
    /* Anything else is an answer somebody before us did not wait for. */
    while (mmio_read32(base + READ_STATUS) & STATUS_EMPTY ||
           mmio_read32(base + READ) != (address | CHANNEL_PROPERTY))
        if (clock_passed(deadline_us))
            return ERROR_TIMEOUT;
    return 0;
}

/* Asks one tag; values holds the question and, on 0, the answer. */
static int ask(uint32_t tag, uint32_t values[VALUES], uint32_t timeout_us)
{
    struct message *message = &messages[turn++ % (sizeof messages / sizeof messages[0])];
    uint32_t *w = message->words;

    memset(w, 0, sizeof message->words);
    w[0] = sizeof message->words;
    w[2] = tag;
    w[3] = VALUES * sizeof *values;
    memcpy(w + 5, values, VALUES * sizeof *values);
    dma_clean(message, sizeof *message);
    dma_invalidate(message, sizeof *message);
    int status = exchange(dma_bus_address(message), clock_now_us() + timeout_us);

    dma_invalidate(message, sizeof *message);
    if (status < 0)
        return status;
    if (w[1] != ANSWERED || !(w[4] & ANSWERED))
        return ERROR_UNSUPPORTED;
    memcpy(values, w + 5, VALUES * sizeof *values);
    return 0;
}

int mailbox_arm_memory(uint32_t *memory, uint32_t *bytes)
{
    uint32_t values[VALUES] = {0};
    int status = ask(TAG_ARM_MEMORY, values, ANSWER_US);

    if (status < 0)
        return status;
    if (values[1] == 0)
        return ERROR_UNSUPPORTED;
    *memory = values[0];
    *bytes = values[1];
    return 0;
}

int mailbox_mac(uint8_t mac[6])
{
    uint32_t values[VALUES] = {0};
    int status = ask(TAG_MAC, values, ANSWER_US);

    if (status < 0)
        return status;
    if (values[0] == 0 && (values[1] & 0xffff) == 0)
        return ERROR_UNSUPPORTED;
    memcpy(mac, values, 6);
    return 0;
}

int mailbox_serial(uint64_t *serial)
{
    uint32_t values[VALUES] = {0};
    int status = ask(TAG_SERIAL, values, ANSWER_US);

    if (status < 0)
        return status;
    if (values[0] == 0 && values[1] == 0)
        return ERROR_UNSUPPORTED;
    *serial = values[0] | (uint64_t)values[1] << 32;
    return 0;
}

static int ask_clock(uint32_t tag, enum mailbox_clock clock, uint32_t wanted_hz, uint32_t *hz)
{
    uint32_t values[VALUES] = {clock, wanted_hz, 0};
    int status = ask(tag, values, ANSWER_US);

    if (status < 0)
        return status;
    if (values[1] == 0)
        return ERROR_UNSUPPORTED;
    *hz = values[1];
    return 0;
}

int mailbox_clock_rate(enum mailbox_clock clock, uint32_t *hz)
{
    return ask_clock(TAG_CLOCK_RATE, clock, 0, hz);
}

int mailbox_clock_max(enum mailbox_clock clock, uint32_t *hz)
{
    return ask_clock(TAG_CLOCK_MAX, clock, 0, hz);
}

int mailbox_set_clock(enum mailbox_clock clock, uint32_t hz)
{
    return ask_clock(TAG_SET_CLOCK, clock, hz, &hz);
}

int mailbox_power_on(enum mailbox_power device)
{
    uint32_t values[VALUES] = {device, POWER_ON_AND_WAIT, 0};
    int status = ask(TAG_SET_POWER, values, POWER_US);

    if (status < 0)
        return status;
    if (values[1] & POWER_ABSENT)
        return ERROR_ABSENT;
    return values[1] & POWER_IS_ON ? 0 : ERROR_UNSUPPORTED;
}
