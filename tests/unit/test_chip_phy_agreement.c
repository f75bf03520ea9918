/*
 * The PHYs of the chip models: what both ends agree on, by negotiation, by detection of one that
 * does not negotiate, or by force.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_phy_bench.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
#define FAST(name)    cmocka_unit_test_setup_teardown(name, start_fast, check_complaints)
#define GIGABIT(name) {#name "_gigabit", name, start_gigabit, check_complaints, NULL}
#define BOTH(name)    FAST(name), GIGABIT(name)
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
