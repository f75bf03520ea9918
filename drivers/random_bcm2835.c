/*
 * random_bcm2835: the hardware generator, whitened by a small state of our own.
 *
 * Each word given out is a hardware word added to the output of a xorshift* state into
 * which the hardware words, the counter and the boot seed are mixed. While the hardware
 * has nothing (warming up, broken), the state alone answers, and random_is_strong() is
 * false until the first hardware word.
 * The generator discards its first 0x40000 words (the count is in the status register's
 * low bits, as Linux' driver bcm2835-rng sets it).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "random_bcm2835.h"

#include <string.h>

#include "clock.h"
#include "mmio.h"
#include "random.h"

enum {
    CONTROL = 0x00,
    CONTROL_ENABLE = 1 << 0,
    STATUS = 0x04,
    STATUS_WARM_UP = 0x40000,
    STATUS_WORDS_SHIFT = 24,
    DATA = 0x08,
    INTERRUPT_MASK = 0x10,
};

static uintptr_t base;
static uint64_t state;
static bool strong;

void random_bcm2835_init(uintptr_t registers)
{
    base = registers;
    if (!(mmio_read32(base + CONTROL) & CONTROL_ENABLE)) {
        mmio_write32(base + STATUS, STATUS_WARM_UP);
        mmio_write32(base + INTERRUPT_MASK, 1);
        mmio_write32(base + CONTROL, CONTROL_ENABLE);
    }
}

static uint64_t step(void)
{
    /* Marsaglia's xorshift64*, the multiplier from Vigna (2016). */
    if (state == 0)
        state = clock_now_us() | 1;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1du;
}

void random_mix(const void *bytes, size_t length)
{
    const uint8_t *byte = bytes;

    for (size_t i = 0; i < length; i++) {
        state ^= (uint64_t)byte[i] << (i & 7) * 8;
        if ((i & 7) == 7)
            step();
    }
    step();
}

uint32_t random_u32(void)
{
    uint32_t hardware = 0;

    if (mmio_read32(base + STATUS) >> STATUS_WORDS_SHIFT != 0) {
        hardware = mmio_read32(base + DATA);
        state ^= (uint64_t)hardware << 32;
        strong = true;
    } else {
        state ^= clock_now_us();
    }
    return hardware + (uint32_t)(step() >> 32);
}

void random_bytes(void *buffer, size_t length)
{
    uint8_t *byte = buffer;

    while (length > 0) {
        uint32_t word = random_u32();
        size_t part = length < sizeof word ? length : sizeof word;

        memcpy(byte, &word, part);
        byte += part;
        length -= part;
    }
}

bool random_is_strong(void)
{
    return strong;
}
