/*
 * console_pl011: Arm PL011 UART, polled, through its FIFOs.
 *
 * Not done: flow control, interrupts (the event loop drains the log), receive errors
 * (a damaged byte is a byte).
 * Reference: Arm DDI 0183, PrimeCell UART (PL011), chapter 3.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "console_pl011.h"

#include "clock.h"
#include "mmio.h"

enum {
    DATA = 0x00,
    FLAGS = 0x18,
    FLAGS_BUSY = 1 << 3,
    FLAGS_RX_EMPTY = 1 << 4,
    FLAGS_TX_FULL = 1 << 5,
    BAUD_INTEGER = 0x24,
    BAUD_FRACTION = 0x28,
    LINE_CONTROL = 0x2c,
    LINE_CONTROL_FIFO = 1 << 4,
    LINE_CONTROL_8_BITS = 3 << 5,
    LINE = LINE_CONTROL_8_BITS | LINE_CONTROL_FIFO,
    CONTROL = 0x30,
    CONTROL_ENABLE = 1 << 0,
    CONTROL_TX = 1 << 8,
    CONTROL_RX = 1 << 9,
    CONTROL_ON = CONTROL_ENABLE | CONTROL_TX | CONTROL_RX, /* and no flow control */
    INTERRUPT_MASK = 0x38,
    INTERRUPT_CLEAR = 0x44,
};

static size_t write_bytes(struct console *console, const char *bytes, size_t length)
{
    struct console_pl011 *self = (struct console_pl011 *)console;
    size_t taken = 0;

    while (taken < length && !(mmio_read32(self->base + FLAGS) & FLAGS_TX_FULL)) {
        /* A terminal wants CR LF. The CR is remembered: whoever offers the LF as soon as
         * one byte has left a full FIFO would otherwise send CRs for ever. */
        self->returned = bytes[taken] == '\n' && !self->returned;
        mmio_write32(self->base + DATA, self->returned ? '\r' : (uint8_t)bytes[taken++]);
    }
    return taken;
}

static int read_byte(struct console *console)
{
    struct console_pl011 *self = (struct console_pl011 *)console;

    if (mmio_read32(self->base + FLAGS) & FLAGS_RX_EMPTY)
        return -1;
    return (int)(mmio_read32(self->base + DATA) & 0xff);
}

/* clock / (16 baud), in 64ths, rounded; 0: the line keeps its speed. */
static uint32_t divisor_for(uint32_t clock_hz, uint32_t baud)
{
    return clock_hz == 0 || baud == 0 ? 0 : (uint32_t)(((uint64_t)clock_hz * 4 + baud / 2) / baud);
}

static bool is_set_up(uintptr_t base, uint32_t divisor)
{
    return mmio_read32(base + CONTROL) == CONTROL_ON && mmio_read32(base + LINE_CONTROL) == LINE &&
           (divisor == 0 || (mmio_read32(base + BAUD_INTEGER) == divisor >> 6 &&
                             mmio_read32(base + BAUD_FRACTION) == (divisor & 63)));
}

static void set_up(uintptr_t base, uint32_t divisor)
{
    uint64_t deadline_us = clock_now_us() + 20000;

    while (mmio_read32(base + FLAGS) & FLAGS_BUSY && !clock_passed(deadline_us))
        ;
    mmio_write32(base + CONTROL, 0);
    if (divisor != 0) {
        mmio_write32(base + BAUD_INTEGER, divisor >> 6);
        mmio_write32(base + BAUD_FRACTION, divisor & 63);
    }
    mmio_write32(base + LINE_CONTROL, LINE);
    mmio_write32(base + CONTROL, CONTROL_ON);
}

void console_pl011_init(struct console_pl011 *self, uintptr_t base, uint32_t clock_hz,
                        uint32_t baud)
{
    uint32_t divisor = divisor_for(clock_hz, baud);

    self->console.name = "pl011";
    self->console.write = write_bytes;
    self->console.read = read_byte;
    self->base = base;
    self->returned = false;

    mmio_write32(base + INTERRUPT_MASK, 0);
    mmio_write32(base + INTERRUPT_CLEAR, 0x7ff);
    /* After a warm start the last program's words are still in the FIFO; switching the UART
     * off would lose them, waiting for them would take 1.4 ms. */
    if (!is_set_up(base, divisor))
        set_up(base, divisor);
}
