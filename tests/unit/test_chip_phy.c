/*
 * The PHYs of the chip models: negotiation and its time, what both ends agree on, the latched
 * link bit, interrupts, pages and MMD registers.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "chip_phy.h"

#define NEGOTIATION_US 1500000

static struct chip chip;
static struct chip_phy phy;
static uint64_t time_us;
static char broken_rule[64];
static unsigned complaints;

static uint64_t now_us(void *owner)
{
    (void)owner;
    return time_us;
}

static void complain(void *owner, const char *rule, const char *text)
{
    (void)owner;
    (void)text;
    strncpy(broken_rule, rule, sizeof broken_rule - 1);
    complaints++;
}

static void start(const struct chip_phy_type *type)
{
    chip = (struct chip){
        .carrier = {.now_us = now_us, .complain = complain},
        .negotiation_us = NEGOTIATION_US,
        .plugged = true,
        .partner_pauses = true,
        .partner_speeds = CHIP_PARTNER_SPEEDS,
        .partner_gigabit = true,
    };
    time_us = 5000000;
    complaints = 0;
    chip_phy_init(&phy, type, &chip);
}

static int start_fast(void **state)
{
    (void)state;
    start(&chip_phy_lan95xx);
    return 0;
}

static int start_gigabit(void **state)
{
    (void)state;
    start(&chip_phy_lan88xx);
    return 0;
}

static int check_complaints(void **state)
{
    (void)state;
    return complaints ? -1 : 0;
}

static void expect_rule(const char *rule)
{
    assert_int_equal(complaints, 1);
    assert_string_equal(broken_rule, rule);
    complaints = 0;
}

static void wait_for_link(void)
{
    time_us += NEGOTIATION_US;
}

static void restart(uint16_t advertised)
{
    chip_phy_write(&phy, 4, advertised);
    chip_phy_write(&phy, 0, 0x1200);
    wait_for_link();
}

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

static void expect_link(unsigned speed, bool full, bool pause)
{
    assert_int_equal(chip_phy_speed(&phy), speed);
    assert_int_equal(chip_phy_full_duplex(&phy), full);
    assert_int_equal(chip_phy_may_send_pause(&phy), pause);
}

static void test_both_ends_agree_on_the_best(void **state)
{
    (void)state;
    restart(0x05e1);
    expect_link(100, true, true);
    assert_int_equal(chip_phy_read(&phy, 31) & 0x101c, 0x1018);
    restart(0x04a1);
    expect_link(100, false, false);
    assert_int_equal(chip_phy_read(&phy, 31) & 0x1c, 0x08);
    restart(0x0061);
    expect_link(10, true, false);
    assert_int_equal(chip_phy_read(&phy, 31) & 0x1c, 0x14);
    chip.partner_speeds = 0x0020;
    restart(0x05e1);
    expect_link(10, false, false);
    assert_int_equal(chip_phy_read(&phy, 5), 0x4421);
    restart(0x0180); /* nothing in common */
    expect_link(0, false, false);
}

static void test_pause_needs_both_ends_and_not_only_asymmetric(void **state)
{
    (void)state;
    restart(0x09e1);
    expect_link(100, true, false);
    restart(0x0de1);
    expect_link(100, true, true);
    chip.partner_pauses = false;
    restart(0x0de1);
    expect_link(100, true, false);
}

static void test_gigabit_wins(void **state)
{
    (void)state;
    wait_for_link();
    expect_link(1000, true, false);
    assert_int_equal(chip_phy_read(&phy, 10), 0x3c00);
    chip_phy_write(&phy, 9, 0x0100);
    restart(0x05e1);
    expect_link(1000, false, false);
    chip_phy_write(&phy, 9, 0);
    restart(0x05e1);
    expect_link(100, true, true);
    chip_phy_write(&phy, 9, 0x0200);
    chip.partner_gigabit = false;
    restart(0x05e1);
    expect_link(100, true, true);
    assert_int_equal(chip_phy_read(&phy, 10), 0);
}

static void test_gigabit_over_two_pairs_comes_up_as_100_where_the_phy_may_fall_back(void **state)
{
    (void)state;
    chip.two_pairs = true;
    for (unsigned i = 0; i < 20; i++)
        wait_for_link();
    assert_false(chip_phy_up(&phy));
    for (unsigned tries = 2; tries <= 5; tries++) {
        chip_phy_write(&phy, 31, 1);
        chip_phy_write(&phy, 20, (uint16_t)(1 << 4 | (tries - 2) << 2));
        chip_phy_write(&phy, 31, 0);
        restart(0x05e1);
        for (unsigned i = 1; i < tries; i++) {
            assert_false(chip_phy_up(&phy));
            wait_for_link();
        }
        expect_link(100, true, true);
        assert_int_equal(chip_phy_read(&phy, 10), 0x3c00); /* what was agreed upon */
        assert_int_equal(chip_phy_read(&phy, 28) & 0x38, 5 << 3);
    }
    chip.two_pairs = false;
    restart(0x05e1);
    expect_link(1000, true, true);
}

static void test_agreement_holds_until_the_next_negotiation(void **state)
{
    (void)state;
    restart(0x05e1);
    chip_phy_write(&phy, 4, 0x0021);
    chip.partner_pauses = false;
    expect_link(100, true, false); /* PAUSE is asked of what is advertised now */
    assert_int_equal(chip_phy_read(&phy, 5), 0x45e1);
}

static void test_speed_can_be_forced(void **state)
{
    (void)state;
    chip_phy_write(&phy, 0, 0x2100);
    wait_for_link();
    expect_link(100, true, false);
    assert_int_equal(chip_phy_read(&phy, 1) & 0x24, 0x04);
    assert_int_equal(chip_phy_read(&phy, 5), 0);
    chip_phy_write(&phy, 0, 0x0000);
    assert_false(chip_phy_up(&phy));
    wait_for_link();
    expect_link(10, false, false);
    chip.partner_speeds = 0x0180;
    chip_phy_write(&phy, 0, 0x0100);
    wait_for_link();
    assert_false(chip_phy_up(&phy));
}

static void test_forced_speed_must_be_the_fixed_others(void **state)
{
    (void)state;
    chip.partner_fixed = true;
    chip.partner_speeds = 0x01e0; /* it stands at 100 */
    chip_phy_write(&phy, 0, 0x0000);
    wait_for_link();
    assert_false(chip_phy_up(&phy));
    chip_phy_write(&phy, 0, 0x2000);
    wait_for_link();
    expect_link(100, false, false);
}

static void test_gigabit_cannot_be_forced(void **state)
{
    (void)state;
    chip_phy_write(&phy, 0, 0x0140);
    wait_for_link();
    assert_false(chip_phy_up(&phy));
}

static void test_other_end_that_does_not_negotiate_is_detected(void **state)
{
    (void)state;
    chip.partner_fixed = true;
    chip.partner_speeds = 0x0100;
    restart(0x05e1);
    expect_link(100, false, false);
    assert_int_equal(chip_phy_read(&phy, 6) & 1, 0);
    assert_int_equal(chip_phy_read(&phy, 5), 0x0080);
    chip.partner_speeds = 0x0020;
    restart(0x05e1);
    expect_link(10, false, false);
    restart(0x0581); /* not at 10 */
    assert_false(chip_phy_up(&phy));
}

static void test_gigabit_phy_forgets_nobody_after_parallel_detection(void **state)
{
    (void)state;
    restart(0x05e1);
    expect_link(1000, true, true);
    chip.partner_fixed = true;
    chip.partner_speeds = 0x0100;
    chip.plugged = false;
    chip_phy_plug(&phy);
    chip.plugged = true;
    chip_phy_plug(&phy);
    wait_for_link();
    expect_link(100, false, false);
    assert_int_equal(chip_phy_read(&phy, 5), 0x45e1); /* the erratum */
    assert_int_equal(chip_phy_read(&phy, 10), 0x3c00);
    assert_int_equal(chip_phy_read(&phy, 6) & 1, 0);
    assert_int_equal(chip_phy_read(&phy, 28) & 0x38, 1 << 3);
    chip_phy_reset(&phy);
    wait_for_link();
    assert_int_equal(chip_phy_read(&phy, 5), 0);
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
        FAST(test_both_ends_agree_on_the_best),
        FAST(test_pause_needs_both_ends_and_not_only_asymmetric),
        GIGABIT(test_gigabit_wins),
        GIGABIT(test_gigabit_over_two_pairs_comes_up_as_100_where_the_phy_may_fall_back),
        FAST(test_agreement_holds_until_the_next_negotiation),
        BOTH(test_speed_can_be_forced),
        BOTH(test_forced_speed_must_be_the_fixed_others),
        GIGABIT(test_gigabit_cannot_be_forced),
        FAST(test_other_end_that_does_not_negotiate_is_detected),
        GIGABIT(test_gigabit_phy_forgets_nobody_after_parallel_detection),
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
