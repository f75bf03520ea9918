/*
 * console_mini_uart: BCM2835 auxiliary UART, polled.
 *
 * Not done: setting the baud rate (see the header), interrupts.
 * Reference: BCM2835 ARM Peripherals, section 2.2 (the bit named "8-bit mode" needs
 * both low bits of LCR set: errata of that manual).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "console_mini_uart.h"

#include "mmio.h"

enum {
    ENABLES = 0x04,
    ENABLES_UART = 1 << 0,
    DATA = 0x40,
    LINE_CONTROL = 0x4c,
    LINE_CONTROL_8_BITS = 3,
    LINE_STATUS = 0x54,
    LINE_STATUS_RECEIVED = 1 << 0,
    LINE_STATUS_TX_ROOM = 1 << 5,
    CONTROL = 0x60,
    CONTROL_RX_TX = 3,
};

static size_t write_bytes(struct console *console, const char *bytes, size_t length)
{
    struct console_mini_uart *self = (struct console_mini_uart *)console;
    size_t taken = 0;

    while (taken < length && mmio_read32(self->base + LINE_STATUS) & LINE_STATUS_TX_ROOM) {
        self->returned = bytes[taken] == '\n' && !self->returned; /* as in console_pl011 */
        mmio_write32(self->base + DATA, self->returned ? '\r' : (uint8_t)bytes[taken++]);
    }
    return taken;
}

static int read_byte(struct console *console)
{
    struct console_mini_uart *self = (struct console_mini_uart *)console;

    if (!(mmio_read32(self->base + LINE_STATUS) & LINE_STATUS_RECEIVED))
        return -1;
    return (int)(mmio_read32(self->base + DATA) & 0xff);
}

void console_mini_uart_init(struct console_mini_uart *self, uintptr_t base)
{
    self->console.name = "mini-uart";
    self->console.write = write_bytes;
    self->console.read = read_byte;
    self->base = base;
    self->returned = false;
    mmio_write32(base + ENABLES, mmio_read32(base + ENABLES) | ENABLES_UART);
    mmio_write32(base + LINE_CONTROL, LINE_CONTROL_8_BITS);
    mmio_write32(base + CONTROL, CONTROL_RX_TX);
}
