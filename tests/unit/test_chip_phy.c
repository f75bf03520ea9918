/*
 * The PHYs of the chip models: negotiation and its time, the latched link bit, resets, interrupts,
 * pages and MMD registers. What is agreed on is in test_chip_phy_agreement.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_phy_bench.h"

static void test_identity(void **state)
{
    (void)state;
    start(&chip_phy_lan95xx);
    assert_int_equal(chip_phy_read(&phy, 2), 0x0007);
    assert_int_equal(chip_phy_read(&phy, 3), 0xc0c3);
    start(&chip_phy_lan88xx);
    assert_int_equal(chip_phy_read(&phy, 2), 0x0007);
    assert_int_equal(chip_phy_read(&phy, 3), 0xc132);
}

static void test_negotiation_takes_its_time(void **state)
{
    (void)state;
    assert_int_equal(chip_phy_read(&phy, 1) & 0x24, 0);
    assert_int_equal(chip_phy_read(&phy, 5), 0);
    time_us += NEGOTIATION_US - 1;
    assert_false(chip_phy_up(&phy));
    time_us++;
    assert_true(chip_phy_up(&phy));
    assert_int_equal(chip_phy_read(&phy, 1) & 0x24, 0x24);
    assert_int_equal(chip_phy_read(&phy, 5), 0x45e1);
    assert_int_equal(chip_phy_read(&phy, 6) & 1, 1);
}

static void test_restart_takes_the_link_down_and_begins_anew(void **state)
{
    (void)state;
    wait_for_link();
    assert_int_equal(chip_phy_read(&phy, 1) & 4, 4);
    chip_phy_write(&phy, 0, chip_phy_read(&phy, 0) | 0x0200);
    assert_int_equal(chip_phy_read(&phy, 0) & 0x0200, 0); /* clears itself */
    assert_int_equal(chip_phy_read(&phy, 1) & 4, 0);
    time_us += NEGOTIATION_US - 1;
    assert_false(chip_phy_up(&phy));
    time_us++;
    assert_true(chip_phy_up(&phy));
}

static void test_link_bit_stays_low_until_it_was_read(void **state)
{
    (void)state;
    wait_for_link();
    assert_int_equal(chip_phy_read(&phy, 1) & 4, 4);
    chip.plugged = false;
    chip_phy_plug(&phy);
    chip.plugged = true;
    chip_phy_plug(&phy);
    wait_for_link();
    assert_true(chip_phy_up(&phy));
    assert_int_equal(chip_phy_read(&phy, 1) & 4, 0);
    assert_int_equal(chip_phy_read(&phy, 1) & 4, 4);
}

static void test_without_a_cable_there_is_no_link(void **state)
{
    (void)state;
    chip.plugged = false;
    chip_phy_plug(&phy);
    time_us += 100 * NEGOTIATION_US;
    assert_false(chip_phy_up(&phy));
    assert_int_equal(chip_phy_speed(&phy), 0);
    chip_phy_write(&phy, 0, 0x1200);
    time_us += 100 * NEGOTIATION_US;
    assert_false(chip_phy_up(&phy));
}

static void test_power_down_takes_the_link_down(void **state)
{
    (void)state;
    wait_for_link();
    chip_phy_write(&phy, 0, 0x3800);
    time_us += 10 * NEGOTIATION_US;
    assert_false(chip_phy_up(&phy));
    chip_phy_write(&phy, 0, 0x3000);
    time_us += NEGOTIATION_US;
    assert_true(chip_phy_up(&phy));
}

static void test_reset_by_register_forgets_all(void **state)
{
    (void)state;
    chip_phy_write(&phy, 30, 0x50);
    restart(0x0441);
    chip_phy_write(&phy, 0, 0x8000);
    assert_int_equal(chip_phy_read(&phy, 0), 0x3000);
    assert_int_equal(chip_phy_read(&phy, 4), 0x01e1);
    assert_int_equal(chip_phy_read(&phy, 30), 0);
    assert_false(chip_phy_up(&phy));
    wait_for_link();
    assert_true(chip_phy_up(&phy));
}

static void test_interrupts_are_cleared_by_reading(void **state)
{
    (void)state;
    chip_phy_write(&phy, 30, 0x0050);
    assert_false(chip_phy_interrupt(&phy));
    wait_for_link();
    assert_true(chip_phy_interrupt(&phy));
    assert_int_equal(chip_phy_read(&phy, 29), 0x0040);
    assert_false(chip_phy_interrupt(&phy));
    assert_int_equal(chip_phy_read(&phy, 29), 0);
    chip.plugged = false;
    chip_phy_plug(&phy);
    assert_true(chip_phy_interrupt(&phy));
    assert_int_equal(chip_phy_read(&phy, 29), 0x0010);
    assert_int_equal(chip_phy_read(&phy, 17) & 2, 0);
    chip.plugged = true;
    chip_phy_plug(&phy);
    assert_false(chip_phy_interrupt(&phy)); /* energy: masked */
    assert_int_equal(chip_phy_read(&phy, 29), 0x0080);
    assert_int_equal(chip_phy_read(&phy, 17) & 2, 2);
}

static void test_interrupts_of_the_gigabit_phy(void **state)
{
    (void)state;
    chip_phy_write(&phy, 25, 0x2000);
    wait_for_link();
    assert_false(chip_phy_interrupt(&phy)); /* not enabled as a whole */
    chip_phy_write(&phy, 25, 0xa000);
    assert_true(chip_phy_interrupt(&phy));
    assert_int_equal(chip_phy_read(&phy, 26), 0xf400);
    assert_false(chip_phy_interrupt(&phy));
    assert_int_equal(chip_phy_read(&phy, 26), 0);
    chip.plugged = false;
    chip_phy_plug(&phy);
    assert_true(chip_phy_interrupt(&phy));
    assert_int_equal(chip_phy_read(&phy, 26), 0xa000);
}

static void test_pages_reach_other_registers_from_16_on(void **state)
{
    (void)state;
    chip_phy_write(&phy, 31, 1);
    chip_phy_write(&phy, 19, 0x000c);
    assert_int_equal(chip_phy_read(&phy, 19), 0x000c);
    assert_int_equal(chip_phy_read(&phy, 31), 1);
    assert_int_equal(chip_phy_read(&phy, 2), 0x0007);
    chip_phy_write(&phy, 31, 0);
    assert_int_equal(chip_phy_read(&phy, 19), 0);
}

static void test_mmd_registers(void **state)
{
    (void)state;
    chip_phy_write(&phy, 13, 7);
    chip_phy_write(&phy, 14, 60);
    chip_phy_write(&phy, 13, 0x4007);
    chip_phy_write(&phy, 14, 0xffff);
    assert_int_equal(chip_phy_read(&phy, 14), 0x0006);
    chip_phy_write(&phy, 13, 3);
    chip_phy_write(&phy, 14, 4711);
    assert_int_equal(chip_phy_read(&phy, 14), 4711);
    chip_phy_write(&phy, 13, 0x4003);
    assert_int_equal(chip_phy_read(&phy, 14), 0xffff);
    expect_rule("undefined-phy-register");
    chip_phy_write(&phy, 14, 1);
    expect_rule("undefined-phy-register");
}

static void test_registers_that_are_not_there(void **state)
{
    static const unsigned numbers[] = {7, 9, 10, 13, 15, 20, 25, 28};

    (void)state;
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        assert_int_equal(chip_phy_read(&phy, numbers[i]), 0xffff);
        expect_rule("undefined-phy-register");
        chip_phy_write(&phy, numbers[i], 1);
        expect_rule("undefined-phy-register");
    }
}

static void test_registers_that_are_only_read(void **state)
{
    static const unsigned numbers[] = {1, 2, 3, 5, 6, 29};

    (void)state;
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        chip_phy_write(&phy, numbers[i], 1);
        expect_rule("read-only-phy-register");
    }
    assert_int_equal(chip_phy_read(&phy, 2), 0x0007);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define FAST(name)    cmocka_unit_test_setup_teardown(name, start_fast, check_complaints)
#define GIGABIT(name) {#name "_gigabit", name, start_gigabit, check_complaints, NULL}
#define BOTH(name)    FAST(name), GIGABIT(name)
        FAST(test_identity),
        BOTH(test_negotiation_takes_its_time),
        BOTH(test_restart_takes_the_link_down_and_begins_anew),
        BOTH(test_link_bit_stays_low_until_it_was_read),
        BOTH(test_without_a_cable_there_is_no_link),
        BOTH(test_power_down_takes_the_link_down),
        FAST(test_reset_by_register_forgets_all),
        FAST(test_interrupts_are_cleared_by_reading),
        GIGABIT(test_interrupts_of_the_gigabit_phy),
        GIGABIT(test_pages_reach_other_registers_from_16_on),
        GIGABIT(test_mmd_registers),
        FAST(test_registers_that_are_not_there),
        FAST(test_registers_that_are_only_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
