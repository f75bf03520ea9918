/*
 * The LAN7515's model: its resets, what they take away and leave, and that they must be seen to
 * end.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515_bench.h"

static void test_a_reset_of_the_mac_leaves_the_phy_alone_and_loopback_is_none(void **state)
{
    (void)state;
    power_on();
    write_register(0x100, 1); /* MAC_CR.RST */
    expect_silence();
    write_register(0x120, 1 << 11 | 1 << 6 | 1); /* MII_ACC: a read */
    write_register(0x100, 1);
    expect_complaint("mac-reset-during-mii-access");
    write_register(0x100, 1 << 10); /* MAC_CR.LOOPBACK */
    expect_complaint("not-in-the-model");
    write_register(0x0b0, 1); /* RFE_CTL.RST */
    expect_complaint("not-in-the-model");
}

static void test_bulk_out_waits_until_a_reset_was_seen_to_end(void **state)
{
    static const uint8_t bytes[16];

    (void)state;
    power_on();
    write_register(0x010, 2);
    assert_int_equal(chip->type->bulk_out(chip, bytes, sizeof bytes), CHIP_NAK);
    expect_complaint("access-during-reset");
}

static void test_a_reset_puts_registers_back_and_takes_reception_away(void **state)
{
    (void)state;
    bring_up();
    deliver(OUR_MAC, 100, 1);
    write_register(0x010, 2);
    while (read_register(0x010) & 2)
        ;
    assert_false(chip->type->is_receiving(chip));
    assert_false(chip->type->has_data(chip));
    assert_int_equal(read_register(0x0b0), 0);
    assert_int_equal(read_register(0x400), 0);
    assert_int_equal(read_register(0x0c0), 0x00200000);
    assert_int_equal(read_count(10), 0);
    assert_int_equal(chip->statistics.resets, 1);
    assert_true(read_mii(1) & 4); /* the PHY's link stays */
    expect_silence();
}

static void test_a_reset_ends_whatever_was_under_way(void **state)
{
    uint8_t packet[100] = {0};

    (void)state;
    bring_up();
    write_register(0x1000, 0);
    write_register(0x120, 1 << 11 | 2 << 6 | 1);
    write_register(0x24, 1);
    write_register(0x28, 1);
    write_register(0x108, 0);
    chip->type->bulk_out(chip, packet, 100);
    expect_complaint("transmit-while-disabled");
    write_register(0x010, 2);
    while (read_register(0x010) & 2)
        ;
    assert_int_equal(read_register(0x1000), 1);
    read_register(0x124);
    write_register(0x24, 1);
    expect_silence();
    chip->faults.never_ends_reset = true;
    write_register(0x010, 2);
    write_register(0x014, 0x10);
    chip->type->power_on(chip);
    assert_false(read_register(0x010) & 2);
    assert_false(read_register(0x014) & 0x10);
}

static void test_registers_wait_until_a_reset_was_seen_to_end(void **state)
{
    (void)state;
    power_on();
    chip->faults.reset_us = 50000;
    write_register(0x010, 2);
    assert_true(read_register(0x010) & 2);
    assert_false(read_register(0x014) & 1 << 7);
    expect_silence();
    bench_now_us += 60000; /* it is over, but nobody has looked */
    read_register(0x000);
    expect_complaint("access-during-reset");
    write_register(0x0b0, 0);
    expect_complaint("access-during-reset");
    assert_false(read_register(0x010) & 2);
    assert_int_equal(read_register(0x000), 0x78000002);
    expect_silence();
}

static void test_a_slow_reset_takes_as_long_as_it_was_told(void **state)
{
    uint64_t begin_us;

    (void)state;
    power_on();
    chip->faults.reset_us = 125000;
    write_register(0x010, 2);
    begin_us = bench_now_us;
    while (read_register(0x010) & 2)
        ;
    assert_in_range(bench_now_us - begin_us, 125000, 126000);
    write_register(0x014, 0x10);
    begin_us = bench_now_us;
    while (read_register(0x014) & 0x10)
        ;
    assert_in_range(bench_now_us - begin_us, 125000, 126000);
    expect_silence();
}

static void test_a_reset_that_never_ends_never_ends(void **state)
{
    (void)state;
    power_on();
    chip->faults.never_ends_reset = true;
    write_register(0x010, 2);
    bench_now_us += 10000000;
    assert_true(read_register(0x010) & 2);
    assert_false(read_register(0x014) & 1 << 7);
}

static void test_the_phys_reset_takes_the_link_down_and_keeps_the_registers(void **state)
{
    (void)state;
    bring_up();
    write_register(0x014, 0x410);
    assert_true(read_register(0x014) & 0x10);
    assert_false(read_register(0x014) & 1 << 7);
    write_register(0x120, 1 << 11 | 1 << 6 | 1);
    expect_complaint("access-during-reset");
    while (read_register(0x014) & 0x10)
        ;
    assert_true(read_register(0x014) & 1 << 7);
    assert_int_equal(read_register(0x0b0), 1 << 10 | 1 << 1);
    assert_false(read_mii(1) & 4);
    expect_silence();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reset_of_the_mac_leaves_the_phy_alone_and_loopback_is_none),
        cmocka_unit_test(test_bulk_out_waits_until_a_reset_was_seen_to_end),
        cmocka_unit_test(test_a_reset_puts_registers_back_and_takes_reception_away),
        cmocka_unit_test(test_a_reset_ends_whatever_was_under_way),
        cmocka_unit_test(test_registers_wait_until_a_reset_was_seen_to_end),
        cmocka_unit_test(test_a_slow_reset_takes_as_long_as_it_was_told),
        cmocka_unit_test(test_a_reset_that_never_ends_never_ends),
        cmocka_unit_test(test_the_phys_reset_takes_the_link_down_and_keeps_the_registers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
