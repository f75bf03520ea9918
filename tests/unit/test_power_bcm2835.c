/*
 * power_bcm2835: reset, halt, watchdog, and the reason of the last reset.
 *
 * The simulator has a power.h of its own, so the driver is compiled in here under other
 * names. A reset that returns would show: the driver then sleeps, and the simulator stops
 * a sleep that nothing ends.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define power_reset    real_power_reset
#define power_off      real_power_off
#define power_watchdog real_power_watchdog
#include "../../drivers/power_bcm2835.c"

#include "sim.h"

#define BASE 0x3f100000u

static struct {
    struct sim_device device;
    uint32_t rstc, rsts, wdog;
    char order[16];
    unsigned writes;
} chip;

static uint32_t read_register(struct sim_device *self, uint32_t offset)
{
    (void)self;
    switch (offset) {
    case 0x1c:
        return chip.rstc;
    case 0x20:
        return chip.rsts;
    default:
        sim_stop("read of register 0x%x", offset);
    }
}

static void write_register(struct sim_device *self, uint32_t offset, uint32_t value)
{
    static const char names[] = {'c', 's', 'w'};
    uint32_t *const registers[] = {&chip.rstc, &chip.rsts, &chip.wdog};
    unsigned i = (offset - 0x1c) / 4;

    (void)self;
    if (value >> 24 != 0x5a)
        sim_stop("write of 0x%08x to 0x%x without the password", value, offset);
    if (i > 2 || offset % 4 != 0)
        sim_stop("write of register 0x%x", offset);
    *registers[i] = value & 0xffffff;
    if (chip.writes < sizeof chip.order - 1)
        chip.order[chip.writes++] = names[i];
}

static int setup(void **state)
{
    (void)state;
    sim_reset();
    memset(&chip, 0, sizeof chip);
    chip.device = (struct sim_device){"power", BASE, 0x28, read_register, write_register, NULL};
    chip.rstc = 0x102; /* as after power-on */
    chip.rsts = 0x1000;
    sim_map(&chip.device);
    power_bcm2835_init(BASE);
    return 0;
}

static void reset(void *context)
{
    (void)context;
    real_power_reset();
}

static void halt(void *context)
{
    (void)context;
    real_power_off();
}

static void test_the_start_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(chip.writes, 0);
}

static void test_a_reset_starts_the_watchdog_with_the_full_reset_chosen(void **state)
{
    (void)state;
    chip.rsts = 0x1554; /* somebody asked for another partition */
    chip.rstc = 0x132;  /* and for another kind of reset */
    assert_true(sim_expect_stop(reset, NULL));
    assert_non_null(strstr(sim_stop_message(), "sleeps for ever"));
    assert_string_equal(chip.order, "swc");
    assert_int_equal(chip.rsts, 0x1000); /* partition 0: start normally */
    assert_int_equal(chip.rstc, 0x122);
    assert_in_range(chip.wdog, 1, 100);
}

static void test_a_halt_is_a_reset_to_partition_63(void **state)
{
    (void)state;
    assert_true(sim_expect_stop(halt, NULL));
    assert_non_null(strstr(sim_stop_message(), "sleeps for ever"));
    assert_int_equal(chip.rsts, 0x1555);
    assert_int_equal(chip.rstc, 0x122);
    assert_in_range(chip.wdog, 1, 100);
}

static void test_the_watchdog_takes_1_to_15990_ms(void **state)
{
    (void)state;
    assert_int_equal(real_power_watchdog(1000), 0);
    assert_int_equal(chip.wdog, 65536);
    assert_int_equal(chip.rstc, 0x122);
    assert_string_equal(chip.order, "wc"); /* armed with the new time, not the old */
    assert_int_equal(real_power_watchdog(1), 0);
    assert_int_equal(chip.wdog, 65);
    assert_int_equal(real_power_watchdog(15990), 0);
    assert_int_equal(chip.wdog, 1047920);
    assert_true(chip.wdog < 1 << 20);
    chip.wdog = 7;
    assert_int_equal(real_power_watchdog(15991), ERROR_INVALID);
    assert_int_equal(real_power_watchdog(UINT32_MAX), ERROR_INVALID);
    assert_int_equal(chip.wdog, 7);
}

static void test_the_watchdog_can_be_disarmed(void **state)
{
    (void)state;
    real_power_watchdog(5000);
    assert_int_equal(real_power_watchdog(0), 0);
    assert_int_equal(chip.rstc, 0x102);
}

static void test_the_reason_is_read_from_the_bits_that_say_it(void **state)
{
    static const struct {
        uint32_t raw;
        enum power_reset_reason reason;
    } cases[] = {
        {0x1000, POWER_RESET_POWER_ON},
        {0x20, POWER_RESET_WATCHDOG_OR_SOFTWARE},
        /* Whoever resets writes back what it read: the power-on bit stays. */
        {0x1020, POWER_RESET_WATCHDOG_OR_SOFTWARE},
        {0x575, POWER_RESET_WATCHDOG_OR_SOFTWARE}, /* halted, then reset */
        {0x1555, POWER_RESET_POWER_ON},            /* bits 4 and 6 are the partition's */
        {0x10, POWER_RESET_UNKNOWN},
        {0, POWER_RESET_UNKNOWN},
    };
    uint32_t raw;

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        chip.rsts = cases[i].raw;
        assert_int_equal(power_bcm2835_reset_reason(&raw), cases[i].reason);
        assert_int_equal(raw, cases[i].raw);
    }
}

static void test_our_own_reset_is_told_from_power_on(void **state)
{
    uint32_t raw;

    (void)state;
    sim_expect_stop(reset, NULL);
    chip.rsts |= 0x20; /* what the hardware adds on its way down */
    assert_int_equal(power_bcm2835_reset_reason(&raw), POWER_RESET_WATCHDOG_OR_SOFTWARE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_start_changes_nothing, setup),
        cmocka_unit_test_setup(test_a_reset_starts_the_watchdog_with_the_full_reset_chosen, setup),
        cmocka_unit_test_setup(test_a_halt_is_a_reset_to_partition_63, setup),
        cmocka_unit_test_setup(test_the_watchdog_takes_1_to_15990_ms, setup),
        cmocka_unit_test_setup(test_the_watchdog_can_be_disarmed, setup),
        cmocka_unit_test_setup(test_the_reason_is_read_from_the_bits_that_say_it, setup),
        cmocka_unit_test_setup(test_our_own_reset_is_told_from_power_on, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
