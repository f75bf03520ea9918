/*
 * The model of the LAN9514: descriptors, registers and their rules, MII, interrupt endpoint,
 * statistics.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514_bench.h"

static void test_shows_one_vendor_interface_with_three_endpoints(void **state)
{
    const uint8_t *device = chip_lan9514.device, *bytes = chip_lan9514.configuration;
    static const uint8_t endpoints[3][4] = {{0x81, 2, 0, 2}, {0x02, 2, 0, 2}, {0x83, 3, 16, 0}};

    (void)state;
    assert_int_equal(bytes_le16(device + 8), 0x0424);
    assert_int_equal(bytes_le16(device + 10), 0xec00);
    assert_int_equal(device[4], 0xff);
    assert_int_equal(device[17], 1);
    assert_int_equal(bytes_le16(bytes + 2), 9 + 9 + 3 * 7);
    assert_int_equal(bytes[9 + 4], 3);
    assert_int_equal(bytes[9 + 5], 0xff);
    for (unsigned i = 0; i < 3; i++)
        assert_memory_equal(bytes + 18 + 7 * i + 2, endpoints[i], 4);
}

static void test_registers_begin_as_the_sheet_says(void **state)
{
    (void)state;
    assert_int_equal(get(0), 0xec000002);
    assert_int_equal(get(HW_CFG), 0);
    assert_int_equal(get(0x1c), 8192);
    assert_int_equal(get(BULK_IN_DLY), 0x800);
    assert_int_equal(get(MAC_CR), 0x00040000);
    assert_int_equal(get(ADDRL), 0x01eb27b8);
    assert_int_equal(get(ADDRH), 0x0302);
    assert_int_equal(get(COE_CR), 0);
    assert_false(chip_lan9514.is_receiving(chip));
}

static void test_without_eeprom_the_address_is_all_ones(void **state)
{
    (void)state;
    chip->faults.no_eeprom = true;
    chip_lan9514.power_on(chip);
    assert_int_equal(get(ADDRL), 0xffffffff);
    assert_int_equal(get(ADDRH), 0xffff);
    assert_int_equal(get(E2P_CMD) & 1u << 9, 0);
}

static void test_eeprom_gives_the_address_byte_by_byte(void **state)
{
    (void)state;
    assert_int_equal(get(E2P_CMD) & 1u << 9, 1u << 9);
    for (unsigned i = 0; i < 6; i++) {
        set(E2P_CMD, 1u << 31 | (1 + i));
        for (unsigned tries = 0; get(E2P_CMD) & 1u << 31; tries++)
            assert_true(tries < 1000);
        assert_int_equal(get(E2P_DATA), own_mac[i]);
    }
}

/* ---- rules of registers ---- */

static void test_registers_that_are_not_there(void **state)
{
    static const uint16_t numbers[] = {0x04, 0x40, 0x60, 0x70, 0xfc, 0x134, 0x200, 0x15, 0xfffc};

    (void)state;
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        get(numbers[i]);
        expect_rule("undefined-register");
        set(numbers[i], 0);
        expect_rule("undefined-register");
    }
}

static void test_registers_that_are_only_read(void **state)
{
    static const uint16_t numbers[] = {0x00, RX_FIFO_INF, 0x1c, 0x3c};

    (void)state;
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        set(numbers[i], 0);
        expect_rule("read-only-register");
    }
    assert_int_equal(get(0), 0xec000002);
}

static void test_bits_that_are_not_there(void **state)
{
    (void)state;
    set(MAC_CR, 1u << 22);
    expect_rule("reserved-bit");
    set(BURST_CAP, 0x100);
    expect_rule("reserved-bit");
    assert_int_equal(get(BURST_CAP), 0);
    set(INT_STS, 0xffffffff); /* everybody clears it so */
}

static void test_requests_that_are_not_there(void **state)
{
    static const struct chip_setup setups[] = {
        {0xc0, 0xa0, 0, 0, 4}, {0x40, 0xa1, 0, 0, 4},  {0xc0, 0xa1, 0, 0, 2},
        {0xc0, 0xa3, 0, 0, 4}, {0xc0, 0xa2, 0, 2, 32},
    };
    uint8_t data[64] = {0};

    (void)state;
    for (unsigned i = 0; i < sizeof setups / sizeof setups[0]; i++) {
        assert_int_equal(chip_lan9514.control(chip, &setups[i], data), CHIP_STALL);
        expect_rule("undefined-request");
    }
}

static void test_framing_does_not_change_under_a_running_receiver(void **state)
{
    (void)state;
    bring_up(MEF);
    set(HW_CFG, MEF | BIR);
    assert_int_equal(complaints, 0);
    set(HW_CFG, BIR);
    expect_rule("change-while-running");
    set(HW_CFG, BIR | 2u << 9);
    expect_rule("change-while-running");
    set(COE_CR, 1);
    expect_rule("change-while-running");
    set(COE_CR, 1u << 16 | 1);
    expect_rule("change-while-running");
}

/* ---- MII ---- */

static void test_mii_is_busy_for_a_while_and_must_be_seen_to_end(void **state)
{
    (void)state;
    set(MII_ACCESS, 1u << 11 | 2u << 6 | 1);
    assert_int_equal(get(MII_ACCESS) & 1, 1);
    get(MII_DATA);
    expect_rule("mii-access-while-busy");
    time_us += 1000;
    set(MII_ACCESS, 1u << 11 | 3u << 6 | 1); /* over, but nobody has looked */
    expect_rule("mii-access-while-busy");
    time_us += 1000;
    set(MII_DATA, 0);
    expect_rule("mii-access-while-busy");
    assert_int_equal(get(MII_ACCESS) & 1, 0);
    assert_int_equal(get_mii(2), 0x0007);
    assert_int_equal(get_mii(3), 0xc0c3);
}

static void test_mii_is_busy_as_long_as_a_test_wants(void **state)
{
    (void)state;
    chip->faults.phy_busy = 3;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(get(MII_ACCESS) & 1, 1);
    assert_int_equal(get(MII_ACCESS) & 1, 0);
    chip->faults.phy_busy_forever = true;
    time_us += 1000000000;
    assert_int_equal(get(MII_ACCESS) & 1, 1);
}

static void test_nobody_answers_at_another_mii_address(void **state)
{
    (void)state;
    set(MII_ACCESS, 2u << 11 | 2u << 6 | 1);
    wait_mii();
    assert_int_equal(get(MII_DATA), 0xffff);
}

/* ---- interrupts, statistics ---- */

static uint32_t get_interrupt(void)
{
    uint8_t bytes[16];
    int got = chip_lan9514.interrupt_in(chip, bytes, sizeof bytes);

    if (got == CHIP_NAK)
        return 0;
    assert_int_equal(got, 4);
    return bytes_le32(bytes);
}

static void test_interrupt_endpoint_tells_each_change_of_the_link_once(void **state)
{
    (void)state;
    set(INT_EP_CTL, 1u << 15);
    set_mii(30, 0x50);
    get_mii(29);
    assert_int_equal(get_interrupt(), 0);
    time_us += chip->negotiation_us;
    assert_int_equal(get_interrupt(), 1u << 15);
    assert_int_equal(get_interrupt(), 0);
    assert_int_equal(get(INT_STS), 1u << 15);
    chip_lan9514.plug(chip, false); /* nobody has cleared the first: the line just stays */
    assert_int_equal(get_interrupt(), 0);
    assert_int_equal(get_mii(29) & 0x50, 0x50);
    assert_int_equal(get(INT_STS), 0);
    chip_lan9514.plug(chip, true); /* energy: masked */
    assert_int_equal(get_interrupt(), 0);
    time_us += chip->negotiation_us;
    assert_int_equal(get_interrupt(), 1u << 15);
}

static void test_interrupt_that_was_cleared_and_came_again_unseen_is_told(void **state)
{
    (void)state;
    bring_up(BIR);
    set(INT_EP_CTL, 1u << 15);
    set_mii(30, 0x50);
    get_mii(29);
    chip_lan9514.plug(chip, false);
    assert_int_equal(get_interrupt(), 1u << 15);
    get_mii(29);
    chip_lan9514.plug(chip, true);
    time_us += chip->negotiation_us;
    assert_int_equal(get_interrupt(), 1u << 15);
}

static void test_interrupt_endpoint_is_silent_unless_enabled(void **state)
{
    (void)state;
    set_mii(30, 0x50);
    time_us += chip->negotiation_us;
    assert_int_equal(get_interrupt(), 0);
    set(INT_EP_CTL, 1u << 31); /* always on */
    assert_int_equal(chip_lan9514.interrupt_in(chip, burst, 16), 4);
    assert_int_equal(chip_lan9514.interrupt_in(chip, burst, 16), 4);
    assert_int_equal(bytes_le32(burst), 0);
}

static void test_stopping_is_reported(void **state)
{
    (void)state;
    bring_up(BIR);
    set(MAC_CR, FDPX | TXEN);
    assert_int_equal(get(INT_STS), 0);
    time_us += 1300;
    assert_int_equal(get(INT_STS), 1u << 16);
    set(INT_STS, 1u << 16);
    assert_int_equal(get(INT_STS), 0);
    set(TX_CFG, 2);
    assert_int_equal(get(TX_CFG), 0);
    time_us += 1300;
    assert_int_equal(get(INT_STS), 1u << 17);
}

static void test_statistics_are_read_and_cleared(void **state)
{
    struct chip_setup setup = {0xc0, 0xa2, 0, 0, 32};
    uint8_t data[40];

    (void)state;
    bring_up(BIR);
    deliver(60);
    deliver(100);
    assert_int_equal(chip_lan9514.control(chip, &setup, data), 32);
    assert_int_equal(bytes_le32(data), 2);
    assert_int_equal(chip_lan9514.control(chip, &setup, data), 32);
    assert_int_equal(bytes_le32(data), 0);
    setup = (struct chip_setup){0xc0, 0xa2, 0, 1, 40};
    assert_int_equal(chip_lan9514.control(chip, &setup, data), 40);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_chip, free_chip)
    const struct CMUnitTest tests[] = {
        TEST(test_shows_one_vendor_interface_with_three_endpoints),
        TEST(test_registers_begin_as_the_sheet_says),
        TEST(test_without_eeprom_the_address_is_all_ones),
        TEST(test_eeprom_gives_the_address_byte_by_byte),
        TEST(test_registers_that_are_not_there),
        TEST(test_registers_that_are_only_read),
        TEST(test_bits_that_are_not_there),
        TEST(test_requests_that_are_not_there),
        TEST(test_framing_does_not_change_under_a_running_receiver),
        TEST(test_mii_is_busy_for_a_while_and_must_be_seen_to_end),
        TEST(test_mii_is_busy_as_long_as_a_test_wants),
        TEST(test_nobody_answers_at_another_mii_address),
        TEST(test_interrupt_endpoint_tells_each_change_of_the_link_once),
        TEST(test_interrupt_that_was_cleared_and_came_again_unseen_is_told),
        TEST(test_interrupt_endpoint_is_silent_unless_enabled),
        TEST(test_stopping_is_reported),
        TEST(test_statistics_are_read_and_cleared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
