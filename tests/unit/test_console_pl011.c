/*
 * console_pl011: text goes out whole and in order, whatever room the FIFO has.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "console_pl011.h"
#include "sim.h"

#define BASE 0x3f201000u
#define FIFO 16

enum {
    FLAGS_BUSY = 1 << 3,
    FLAGS_RX_EMPTY = 1 << 4,
    FLAGS_TX_FULL = 1 << 5,
};

/* A PL011 whose line moves only when the test says so. */
static struct {
    struct sim_device device;
    char fifo[FIFO];
    unsigned queued;
    char line[4096]; /* what has left the FIFO */
    unsigned sent;
    bool always_busy, dead;
    const char *received;
    uint32_t baud_integer, baud_fraction, line_control, control, mask, clear;
    char order[16]; /* of the writes: one letter each */
    unsigned writes;
} uart;

static struct console_pl011 console;

static uint32_t read_register(struct sim_device *self, uint32_t offset)
{
    (void)self;
    switch (offset) {
    case 0x00:
        if (uart.received == NULL || *uart.received == 0)
            sim_stop("a byte is read that has not come");
        return 0xf00u | (uint8_t)*uart.received++; /* with all four error bits */
    case 0x18:
        return (uart.queued == FIFO || uart.dead ? FLAGS_TX_FULL : 0u) |
               (uart.queued > 0 || uart.always_busy ? FLAGS_BUSY : 0u) |
               (uart.received == NULL || *uart.received == 0 ? FLAGS_RX_EMPTY : 0u);
    case 0x24:
        return uart.baud_integer;
    case 0x28:
        return uart.baud_fraction;
    case 0x2c:
        return uart.line_control;
    case 0x30:
        return uart.control;
    default:
        sim_stop("read of register 0x%x", offset);
    }
}

static void note(char letter)
{
    if (uart.writes < sizeof uart.order - 1)
        uart.order[uart.writes++] = letter;
}

static void write_register(struct sim_device *self, uint32_t offset, uint32_t value)
{
    (void)self;
    switch (offset) {
    case 0x00:
        if (uart.queued == FIFO || uart.dead)
            sim_stop("a byte is written to a full FIFO");
        if (uart.control != 0x301)
            sim_stop("a byte is written while the UART is off");
        uart.fifo[uart.queued++] = (char)value;
        return;
    case 0x24:
        note('i');
        uart.baud_integer = value;
        return;
    case 0x28:
        note('f');
        uart.baud_fraction = value;
        return;
    case 0x2c:
        note('l');
        uart.line_control = value;
        return;
    case 0x30:
        note('c');
        if (value == 0)
            uart.queued = 0; /* the worst a UART can do */
        uart.control = value;
        return;
    case 0x38:
        uart.mask = value;
        return;
    case 0x44:
        uart.clear = value;
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
    uart.device = (struct sim_device){"pl011", BASE, 0x1000, read_register, write_register, NULL};
    uart.control = 0x301;
    sim_map(&uart.device);
    memset(&console, 0xff, sizeof console);
    console_pl011_init(&console, BASE, 48000000, 115200);
    return 0;
}

/* The line sends count bytes. */
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

static void line_is(const char *text)
{
    let_go(FIFO);
    uart.line[uart.sent] = 0;
    assert_string_equal(uart.line, text);
}

static void test_a_line_feed_goes_out_as_cr_lf(void **state)
{
    (void)state;
    assert_int_equal(offer("one\ntwo\n\n"), 9);
    line_is("one\r\ntwo\r\n\r\n");
}

static void test_a_cr_of_the_text_stays_one_cr(void **state)
{
    (void)state;
    assert_int_equal(offer("a\r\nb\r"), 5);
    line_is("a\r\r\nb\r");
}

static void test_all_256_bytes_pass_unchanged_but_the_line_feed(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        char text = (char)byte;

        if (text == '\n')
            continue;
        assert_int_equal(console.console.write(&console.console, &text, 1), 1);
        let_go(1);
        assert_int_equal((uint8_t)uart.line[uart.sent - 1], byte);
    }
    assert_int_equal(uart.sent, 255);
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
            line_is(expected);
        }
    }
}

/* Whoever waits for the log to go out offers again as soon as one byte has left: a line
 * feed behind a full FIFO must get through then. */
static void test_a_line_feed_passes_although_there_is_only_ever_room_for_one(void **state)
{
    const char *text = "0123456789abcdef\nnext";
    unsigned tries = 0;

    (void)state;
    while (*text != 0) {
        assert_true(tries++ < 40);
        text += offer(text);
        let_go(1);
    }
    line_is("0123456789abcdef\r\nnext");
}

static void test_a_dead_line_takes_nothing_and_costs_one_look(void **state)
{
    uint64_t before;

    (void)state;
    uart.dead = true;
    before = sim_mmio_count();
    assert_int_equal(offer("text\n"), 0);
    assert_int_equal(sim_mmio_count() - before, 1);
}

static void test_no_bytes_cost_nothing(void **state)
{
    (void)state;
    assert_int_equal(offer(""), 0);
    assert_int_equal(uart.queued, 0);
}

static void test_received_bytes_come_without_their_error_bits(void **state)
{
    (void)state;
    assert_int_equal(console.console.read(&console.console), -1);
    uart.received = "A\xff";
    assert_int_equal(console.console.read(&console.console), 'A');
    assert_int_equal(console.console.read(&console.console), 0xff);
    assert_int_equal(console.console.read(&console.console), -1);
}

static void test_the_divisor_is_rounded_to_the_nearest_64th(void **state)
{
    static const struct {
        uint32_t clock_hz, baud, integer, fraction;
    } cases[] = {
        {48000000, 115200, 26, 3},      /* 26.0417 = 26 + 2.67/64 */
        {3000000, 115200, 1, 40},       /* 1.6276 = 1 + 40.17/64 */
        {48000000, 921600, 3, 16},      /* 3.2552 = 3 + 16.33/64 */
        {48000000, 3000000, 1, 0},      /* the fastest */
        {4294967295u, 300, 894784, 55}, /* no 32-bit overflow on the way: 894784.853 */
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        console_pl011_init(&console, BASE, cases[i].clock_hz, cases[i].baud);
        assert_int_equal(uart.baud_integer, cases[i].integer);
        assert_int_equal(uart.baud_fraction, cases[i].fraction);
    }
}

static void test_the_divisor_is_latched_by_the_line_control_write_while_off(void **state)
{
    (void)state;
    assert_string_equal(uart.order, "ciflc");  /* DDI 0183, 3.3.6: LCR_H last, UART off */
    assert_int_equal(uart.line_control, 0x70); /* 8N1, FIFOs */
    assert_int_equal(uart.control, 0x301);
    assert_int_equal(uart.mask, 0);
    assert_int_equal(uart.clear, 0x7ff);
}

static void test_without_a_clock_the_speed_stays_as_it_is(void **state)
{
    (void)state;
    uart.baud_integer = 77;
    console_pl011_init(&console, BASE, 0, 115200);
    console_pl011_init(&console, BASE, 48000000, 0);
    assert_int_equal(uart.baud_integer, 77);
    assert_int_equal(offer("x"), 1);
}

static void test_a_line_that_is_set_up_keeps_what_is_still_in_the_fifo(void **state)
{
    uint64_t begin_us;

    (void)state;
    offer("last words");
    uart.writes = 0;
    uart.mask = uart.clear = 0x55;
    begin_us = clock_now_us();
    console_pl011_init(&console, BASE, 48000000, 115200);
    assert_in_range(clock_now_us() - begin_us, 0, 100);
    assert_int_equal(uart.writes, 0);
    assert_int_equal(uart.mask, 0); /* that program may have used interrupts */
    assert_int_equal(uart.clear, 0x7ff);
    assert_int_equal(offer("!\n"), 2);
    line_is("last words!\r\n");
}

static void send_one(void *event)
{
    let_go(1);
    sim_after_us(event, 87, send_one, event);
}

static void test_a_line_that_is_set_up_otherwise_sends_what_it_has_and_is_set_up(void **state)
{
    static struct sim_event event;
    uint32_t *const registers[] = {&uart.baud_integer, &uart.baud_fraction, &uart.line_control,
                                   &uart.control};

    for (unsigned i = 0; i < 4; i++) {
        setup(state);
        offer("last words");
        *registers[i] ^= 2; /* for CONTROL: any bit but those that are on */
        event = (struct sim_event){0};
        sim_after_us(&event, 87, send_one, &event);
        console_pl011_init(&console, BASE, 48000000, 115200);
        sim_cancel(&event);
        uart.line[uart.sent] = 0;
        assert_string_equal(uart.line, "last words");
        assert_int_equal(uart.baud_integer, 26);
        assert_int_equal(uart.baud_fraction, 3);
        assert_int_equal(uart.line_control, 0x70);
        assert_int_equal(uart.control, 0x301);
    }
}

static void test_a_uart_that_stays_busy_delays_the_start_by_20_ms_at_most(void **state)
{
    uint64_t begin_us = clock_now_us();

    (void)state;
    uart.always_busy = true;
    uart.control = 0x300;
    console_pl011_init(&console, BASE, 48000000, 115200);
    assert_in_range(clock_now_us() - begin_us, 20000, 20100);
    assert_int_equal(offer("x"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_line_feed_goes_out_as_cr_lf, setup),
        cmocka_unit_test_setup(test_a_cr_of_the_text_stays_one_cr, setup),
        cmocka_unit_test_setup(test_all_256_bytes_pass_unchanged_but_the_line_feed, setup),
        cmocka_unit_test_setup(test_a_fifo_that_fills_anywhere_loses_and_doubles_nothing, setup),
        cmocka_unit_test_setup(test_a_line_feed_passes_although_there_is_only_ever_room_for_one,
                               setup),
        cmocka_unit_test_setup(test_a_dead_line_takes_nothing_and_costs_one_look, setup),
        cmocka_unit_test_setup(test_no_bytes_cost_nothing, setup),
        cmocka_unit_test_setup(test_received_bytes_come_without_their_error_bits, setup),
        cmocka_unit_test_setup(test_the_divisor_is_rounded_to_the_nearest_64th, setup),
        cmocka_unit_test_setup(test_the_divisor_is_latched_by_the_line_control_write_while_off,
                               setup),
        cmocka_unit_test_setup(test_without_a_clock_the_speed_stays_as_it_is, setup),
        cmocka_unit_test_setup(test_a_line_that_is_set_up_keeps_what_is_still_in_the_fifo, setup),
        cmocka_unit_test_setup(test_a_line_that_is_set_up_otherwise_sends_what_it_has_and_is_set_up,
                               setup),
        cmocka_unit_test_setup(test_a_uart_that_stays_busy_delays_the_start_by_20_ms_at_most,
                               setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
