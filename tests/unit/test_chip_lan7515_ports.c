/*
 * The LAN7515's model: what is reached through its ports: the PHY by the MII, VLAN and hash table
 * by the data port, EEPROM and OTP.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515_bench.h"

static void test_the_phy_is_a_lan88xx_at_address_1(void **state)
{
    (void)state;
    power_on();
    assert_int_equal(read_mii(2), 0x0007);
    assert_int_equal(read_mii(3) & 0xfff0, 0xc130);
    write_register(0x120, 2 << 11 | 2 << 6 | 1);
    while (read_register(0x120) & 1)
        ;
    assert_int_equal(read_register(0x124), 0xffff);
    write_mii(4, 0x0de1);
    assert_int_equal(read_mii(4), 0x0de1);
    write_register(0x120, 1 << 11 | 2 << 6); /* without the busy bit nothing begins */
    assert_int_equal(read_register(0x124), 0x0de1);
    write_register(0x120, 1 << 11 | 4 << 6);
    assert_int_equal(read_register(0x120), 1 << 11 | 4 << 6);
    expect_silence();
}

static void test_the_mii_waits_until_it_was_seen_not_busy(void **state)
{
    (void)state;
    power_on();
    write_register(0x120, 1 << 11 | 2 << 6 | 1);
    bench_now_us += 1000;
    read_register(0x124);
    expect_complaint("mii-access-while-busy");
    write_register(0x124, 0);
    expect_complaint("mii-access-while-busy");
    write_register(0x120, 1 << 11 | 3 << 6 | 1);
    expect_complaint("mii-access-while-busy");
    assert_false(read_register(0x120) & 1);
    read_register(0x124);
    expect_silence();
}

static void test_a_busy_phy_is_busy_for_so_many_reads(void **state)
{
    (void)state;
    power_on();
    chip->faults.phy_busy = 3;
    write_register(0x120, 1 << 11 | 2 << 6 | 1);
    for (unsigned i = 0; i < 3; i++)
        assert_true(read_register(0x120) & 1);
    assert_false(read_register(0x120) & 1);
    chip->faults.phy_busy_forever = true;
    write_register(0x120, 1 << 11 | 2 << 6 | 1);
    bench_now_us += 10000000;
    assert_true(read_register(0x120) & 1);
    assert_true(read_register(0x120) & 1);
}

static void test_the_data_port_keeps_144_words_and_no_more(void **state)
{
    (void)state;
    power_on();
    write_table(0, 0x12345678);
    write_table(143, 0x9abcdef0);
    write_register(0x2c, 0);
    write_register(0x28, 0);
    while (!(read_register(0x24) & 0x80000000u))
        ;
    assert_int_equal(read_register(0x30), 0x12345678);
    expect_silence();
    write_register(0x2c, 144);
    write_register(0x28, 1);
    expect_complaint("data-port-wrong-memory");
    write_register(0x2c, 0);
    write_register(0x24, 3);
    write_register(0x28, 0);
    expect_complaint("data-port-wrong-memory");
}

static void test_the_data_port_waits_until_it_was_seen_ready(void **state)
{
    static const uint16_t offsets[] = {0x24, 0x28, 0x2c, 0x30};

    (void)state;
    power_on();
    write_register(0x24, 1);
    for (unsigned i = 0; i < 4; i++) {
        write_register(0x28, 1);
        write_register(offsets[i], 1);
        expect_complaint("data-port-while-busy");
        assert_true(read_register(0x24) & 0x80000000u);
    }
    write_register(0x28, 0);
    read_register(0x30);
    expect_complaint("data-port-while-busy");
}

static void test_the_eeproms_pins_must_not_be_leds(void **state)
{
    (void)state;
    power_on();
    write_register(0x010, 1 << 20);
    write_register(0x040, 0x80000001);
    expect_complaint("eeprom-pins-are-leds");
    while (read_register(0x040) & 0x80000000u)
        ;
    write_register(0x010, 0);
    write_register(0x040, 0x80000001);
    while (read_register(0x040) & 0x80000000u)
        ;
    assert_int_equal(read_register(0x044), 0xb8);
    write_register(0x044, 0x5a);
    assert_int_equal(read_register(0x044), 0x5a);
    expect_silence();
}

static void test_the_otp_is_read_behind_its_registers(void **state)
{
    (void)state;
    power_on();
    chip->otp_only = true;
    write_register(0x1000, 0);
    write_register(0x1008, 1);
    write_register(0x1020, 1);
    write_register(0x1028, 1);
    while (read_register(0x1030) & 1)
        ;
    assert_int_equal(read_register(0x1018), 0xb8);
    expect_silence();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_phy_is_a_lan88xx_at_address_1),
        cmocka_unit_test(test_the_mii_waits_until_it_was_seen_not_busy),
        cmocka_unit_test(test_a_busy_phy_is_busy_for_so_many_reads),
        cmocka_unit_test(test_the_data_port_keeps_144_words_and_no_more),
        cmocka_unit_test(test_the_data_port_waits_until_it_was_seen_ready),
        cmocka_unit_test(test_the_eeproms_pins_must_not_be_leds),
        cmocka_unit_test(test_the_otp_is_read_behind_its_registers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
