/*
 * The model of the LAN9514: its resets, of the chip, the PHY and the bus: how long they take, what
 * they take away, and what may not be touched meanwhile.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514_bench.h"

static void test_soft_reset_takes_its_time_and_forgets_all_but_the_phy(void **state)
{
    unsigned reads = 0;

    (void)state;
    bring_up(BIR);
    set_mii(30, 0x50);
    set_mii(4, 0x0461);
    set(ADDRL, 0x12345678);
    set(BURST_CAP, 37);
    chip->faults.reset_us = 500;
    set(HW_CFG, LRST);
    while (get(HW_CFG) & LRST)
        assert_true(++reads < 1000);
    assert_true(reads > 10);
    assert_int_equal(get(HW_CFG), 0);
    assert_int_equal(get(BURST_CAP), 0);
    assert_int_equal(get(ADDRL), 0x01eb27b8);
    assert_false(chip_lan9514.is_receiving(chip));
    assert_int_equal(get_mii(4), 0x0461);
    assert_int_equal(get_mii(30), 0x50);
    assert_int_equal(get_mii(1) & 4, 4);
    assert_int_equal(chip->statistics.resets, 1);
}

static void test_soft_reset_lasts_as_long_as_a_test_wants(void **state)
{
    (void)state;
    chip->faults.reset_us = 700000;
    set(HW_CFG, LRST);
    time_us += 690000;
    assert_int_equal(get(HW_CFG), LRST);
    time_us += 10000;
    assert_int_equal(get(HW_CFG), 0);
    chip->faults.reset_us = 0;
    set(HW_CFG, LRST);
    assert_int_equal(get(HW_CFG), LRST);
    assert_int_equal(get(HW_CFG), 0);
    chip->faults.never_ends_reset = true;
    set(HW_CFG, LRST);
    time_us += 1000000000;
    assert_int_equal(get(HW_CFG), LRST);
}

static void test_nothing_but_hw_cfg_may_be_touched_during_a_reset(void **state)
{
    (void)state;
    chip->faults.reset_us = 1000;
    set(HW_CFG, LRST);
    get(HW_CFG);
    assert_int_equal(complaints, 0);
    get(MAC_CR);
    expect_rule("access-during-reset");
    set(BURST_CAP, 1);
    expect_rule("access-during-reset");
    set(HW_CFG, BIR);
    expect_rule("access-during-reset");
}

static void test_reset_of_the_phy_takes_two_milliseconds(void **state)
{
    (void)state;
    set_mii(4, 0x0461);
    set(PM_CTRL, 1u << 4);
    time_us += 1900;
    assert_int_equal(get(PM_CTRL) & 1u << 4, 1u << 4);
    set(MII_ACCESS, 1u << 11 | 1);
    expect_rule("mii-access-during-reset");
    time_us += 100;
    assert_int_equal(get(PM_CTRL) & 1u << 4, 0);
    assert_int_equal(get_mii(4), 0x01e1);
}

static void test_link_takes_its_time_after_the_phy_was_reset(void **state)
{
    (void)state;
    bring_up(BIR);
    set(PM_CTRL, 1u << 4);
    time_us += 2000;
    assert_int_equal(get(PM_CTRL) & 1u << 4, 0);
    time_us += chip->negotiation_us - 200; /* the reset's end counts, not its beginning */
    get_mii(1);                            /* it was down since it was read last */
    assert_int_equal(get_mii(1) & 4, 0);
    time_us += 200;
    assert_int_equal(get_mii(1) & 4, 4);
}

static void test_reset_of_the_bus_ends_reception_and_leaves_the_link_up(void **state)
{
    (void)state;
    bring_up(MEF);
    deliver(60);
    assert_true(chip_lan9514.is_receiving(chip));
    chip_lan9514.bus_reset(chip);
    assert_false(chip_lan9514.is_receiving(chip));
    assert_false(chip_lan9514.has_data(chip));
    assert_int_equal(get(HW_CFG), 0);
    assert_int_equal(get_mii(1) & 4, 4);
}

static void test_reset_of_the_usb_side_is_not_meant(void **state)
{
    (void)state;
    set(HW_CFG, 1);
    expect_rule("soft-reset-of-usb");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_chip, free_chip)
    const struct CMUnitTest tests[] = {
        TEST(test_soft_reset_takes_its_time_and_forgets_all_but_the_phy),
        TEST(test_soft_reset_lasts_as_long_as_a_test_wants),
        TEST(test_nothing_but_hw_cfg_may_be_touched_during_a_reset),
        TEST(test_reset_of_the_phy_takes_two_milliseconds),
        TEST(test_link_takes_its_time_after_the_phy_was_reset),
        TEST(test_reset_of_the_bus_ends_reception_and_leaves_the_link_up),
        TEST(test_reset_of_the_usb_side_is_not_meant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
