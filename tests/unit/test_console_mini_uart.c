/*
 * console_mini_uart: as console_pl011, on a line whose speed is somebody else's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "console_mini_uart.h"
#include "sim.h"

#define BASE 0x3f215000u
#define FIFO 8

/* The auxiliary block with a mini UART whose line moves only when the test says so. */
static struct {
    struct sim_device device;
    uint32_t enables, line_control, control, baud;
    char fifo[FIFO];
    unsigned queued;
    char line[256];
    unsigned sent;
    const char *received;
} uart;

static struct console_mini_uart console;

static uint32_t read_register(struct sim_device *self, uint32_t offset)
{
    (void)self;
    switch (offset) {
    case 0x04:
        return uart.enables;
    case 0x40:
        if (uart.received == NULL || *uart.received == 0)
            sim_stop("a byte is read that has not come");
        return (uint8_t)*uart.received++;
    case 0x54:
        return (uart.queued < FIFO ? 1u << 5 : 0) |
               (uart.received != NULL && *uart.received != 0 ? 1 : 0);
    default:
        sim_stop("read of register 0x%x", offset);
    }
}

static void write_register(struct sim_device *self, uint32_t offset, uint32_t value)
{
    (void)self;
    if (offset != 0x04 && !(uart.enables & 1))
        sim_stop("register 0x%x is written while the UART is disabled", offset);
    switch (offset) {
    case 0x04:
        uart.enables = value;
        return;
    case 0x40:
        if (uart.queued == FIFO)
            sim_stop("a byte is written to a full FIFO");
        uart.fifo[uart.queued++] = (char)value;
        return;
    case 0x4c:
        uart.line_control = value;
        return;
    case 0x60:
        uart.control = value;
        return;
    default:
        sim_stop("write of register 0x%x", offset);
    }
}

static int setup(void **state)
{
    (void)state;
    sim_reset();
    memset(&uart, 0, sizeof uart);
    uart.device = (struct sim_device){"mini", BASE, 0x100, read_register, write_register, NULL};
    uart.enables = 6; /* both SPI masters are somebody's */
    sim_map(&uart.device);
    memset(&console, 0xff, sizeof console);
    console_mini_uart_init(&console, BASE);
    return 0;
}

static void let_go(unsigned count)
{
    while (count-- > 0 && uart.queued > 0) {
        uart.line[uart.sent++] = uart.fifo[0];
        memmove(uart.fifo, uart.fifo + 1, --uart.queued);
    }
}

static size_t offer(const char *text)
{
    return console.console.write(&console.console, text, strlen(text));
}

static void test_the_start_leaves_speed_and_neighbours_alone(void **state)
{
    (void)state; /* a write to the baud register would have stopped the test */
    assert_int_equal(uart.enables, 7);
    assert_int_equal(uart.line_control, 3);
    assert_int_equal(uart.control, 3);
}

static void test_a_fifo_that_fills_anywhere_loses_and_doubles_nothing(void **state)
{
    (void)state;
    for (unsigned before = 0; before <= FIFO; before++) {
        for (unsigned room = 1; room <= 3; room++) {
            const char *rest = "\nab\n\nc\n";
            char expected[64];

            setup(NULL);
            memset(expected, 0, sizeof expected);
            memset(expected, 'x', before);
            strcpy(expected + before, "\r\nab\r\n\r\nc\r\n");
            for (unsigned i = 0; i < before; i++)
                assert_int_equal(offer("x"), 1);
            for (unsigned tries = 0; *rest != 0; tries++) {
                assert_true(tries < 100);
                rest += offer(rest);
                let_go(room);
            }
            let_go(FIFO);
            assert_string_equal(uart.line, expected);
        }
    }
}

static void test_a_full_fifo_takes_nothing(void **state)
{
    (void)state;
    assert_int_equal(offer("12345678"), 8);
    assert_int_equal(offer("9"), 0);
    assert_int_equal(offer("\n"), 0);
    let_go(FIFO);
    assert_string_equal(uart.line, "12345678");
}

static void test_received_bytes_come_in_order_then_none(void **state)
{
    (void)state;
    assert_int_equal(console.console.read(&console.console), -1);
    uart.received = "z\xfe";
    assert_int_equal(console.console.read(&console.console), 'z');
    assert_int_equal(console.console.read(&console.console), 0xfe);
    assert_int_equal(console.console.read(&console.console), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_start_leaves_speed_and_neighbours_alone, setup),
        cmocka_unit_test_setup(test_a_fifo_that_fills_anywhere_loses_and_doubles_nothing, setup),
        cmocka_unit_test_setup(test_a_full_fifo_takes_nothing, setup),
        cmocka_unit_test_setup(test_received_bytes_come_in_order_then_none, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
