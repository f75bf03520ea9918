/*
 * gpio_bcm2835: pins get their function, their neighbours keep theirs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gpio_bcm2835.h"
#include "sim.h"

#define BASE 0x3f200000u
#define PINS 54

static struct sim_device device;
static uint32_t select_registers[6];

static uint32_t read_register(struct sim_device *self, uint32_t offset)
{
    (void)self;
    return select_registers[offset / 4];
}

static void write_register(struct sim_device *self, uint32_t offset, uint32_t value)
{
    (void)self;
    if (value >> 30 != 0)
        sim_stop("reserved bits of register 0x%x are written", offset);
    select_registers[offset / 4] = value;
}

static int setup(void **state)
{
    (void)state;
    sim_reset();
    device = (struct sim_device){"gpio",        BASE,           sizeof select_registers,
                                 read_register, write_register, NULL};
    sim_map(&device);
    for (unsigned i = 0; i < 6; i++) /* pin n has function n mod 8 */
        for (unsigned pin = 0; pin < 10; pin++)
            select_registers[i] =
                pin == 0 ? (i * 10) % 8 : select_registers[i] | ((i * 10 + pin) % 8) << pin * 3;
    return 0;
}

static unsigned function_of(unsigned pin)
{
    return select_registers[pin / 10] >> pin % 10 * 3 & 7;
}

static void test_a_range_gets_its_function_and_others_keep_theirs(void **state)
{
    static const struct {
        unsigned first, last;
        enum gpio_function function;
    } cases[] = {
        {48, 53, GPIO_ALT3}, /* the card to the EMMC */
        {48, 53, GPIO_ALT0}, /* and to the SDHOST */
        {14, 15, GPIO_ALT5}, {0, 53, GPIO_INPUT}, {9, 10, GPIO_OUTPUT}, {29, 29, GPIO_ALT4},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        setup(NULL);
        gpio_bcm2835_select(BASE, cases[i].first, cases[i].last, cases[i].function);
        for (unsigned pin = 0; pin < PINS; pin++)
            assert_int_equal(function_of(pin), pin >= cases[i].first && pin <= cases[i].last
                                                   ? (unsigned)cases[i].function
                                                   : pin % 8);
    }
}

static void test_the_function_codes_are_those_of_the_manual(void **state)
{
    (void)state; /* table 6-2: the alternatives are not in order */
    gpio_bcm2835_select(BASE, 50, 50, GPIO_ALT3);
    assert_int_equal(function_of(50), 7);
    gpio_bcm2835_select(BASE, 50, 50, GPIO_ALT0);
    assert_int_equal(function_of(50), 4);
    gpio_bcm2835_select(BASE, 50, 50, GPIO_ALT5);
    assert_int_equal(function_of(50), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_range_gets_its_function_and_others_keep_theirs, setup),
        cmocka_unit_test_setup(test_the_function_codes_are_those_of_the_manual, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
