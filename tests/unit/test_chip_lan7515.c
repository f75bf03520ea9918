/*
 * The LAN7515's model: identity, registers, resets, MII, data port, interrupts, rules.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515_bench.h"

static void test_it_says_what_it_is(void **state)
{
    (void)state;
    power_on();
    assert_ptr_equal(chip_find("lan7515"), &chip_lan7515);
    assert_memory_equal(chip->type->device + 8, "\x24\x04\x00\x78", 4);
    assert_int_equal(chip->type->device[0], 18);
    assert_int_equal(read_register(0x000), 0x78000002);
    expect_silence();
}

static void test_its_configuration_has_one_interface_and_three_endpoints(void **state)
{
    const uint8_t *bytes;
    unsigned endpoints = 0;

    (void)state;
    power_on();
    bytes = chip->type->configuration;
    unsigned total = bytes[2] | bytes[3] << 8;
    for (unsigned at = 0; at < total; at += bytes[at]) {
        assert_true(bytes[at] >= 7 && at + bytes[at] <= total);
        if (bytes[at + 1] != 5)
            continue;
        static const uint8_t expected[3][3] = {{0x81, 2, 2}, {0x02, 2, 2}, {0x83, 3, 0}};
        assert_true(endpoints < 3);
        assert_int_equal(bytes[at + 2], expected[endpoints][0]);
        assert_int_equal(bytes[at + 3], expected[endpoints][1]);
        assert_int_equal(bytes[at + 5], expected[endpoints][2]); /* times 256 bytes */
        endpoints++;
    }
    assert_int_equal(endpoints, 3);
}

static void test_registers_begin_with_the_manuals_values(void **state)
{
    static const struct {
        uint16_t offset;
        uint32_t value;
    } expected[] = {{0x00c, 0},      {0x010, 0},          {0x024, 0x80000000},  {0x080, 0},
                    {0x090, 0},      {0x094, 0x800},      {0x098, 0},           {0x0b0, 0},
                    {0x0b4, 0x8100}, {0x0c0, 0x00200000}, {0x0c4, 0x00200000},  {0x0c8, 23},
                    {0x0cc, 23},     {0x0d0, 0},          {0x104, 1518u << 16}, {0x108, 0},
                    {0x10c, 0},      {0x120, 0},          {0x140, 0},           {0x400, 0}};

    (void)state;
    power_on();
    for (unsigned i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_int_equal(read_register(expected[i].offset), expected[i].value);
    assert_true(read_register(0x014) & 1 << 7);
    expect_silence();
}

static void test_the_address_is_loaded_from_the_eeprom_or_the_otp_or_is_all_ones(void **state)
{
    (void)state;
    power_on();
    assert_int_equal(read_register(0x11c), 0x01eb27b8);
    assert_int_equal(read_register(0x118), 0x0302);
    assert_int_equal(read_register(0x100) & 3 << 11, 3 << 11);
    chip->otp_only = true;
    chip->type->power_on(chip);
    assert_int_equal(read_register(0x11c), 0x01eb27b8);
    assert_int_equal(read_register(0x100) & 3 << 11, 0);
    chip->faults.no_eeprom = true;
    chip->type->power_on(chip);
    assert_int_equal(read_register(0x11c), 0xffffffff);
    assert_int_equal(read_register(0x118), 0xffff);
    expect_silence();
}

static void test_undefined_registers_are_complained_of(void **state)
{
    static const uint16_t undefined[] = {0x008, 0x034, 0x0dc,  0x148, 0x508, 0x6c8,
                                         0x704, 0x710, 0x1100, 0x012, 0xfffc};

    (void)state;
    power_on();
    for (unsigned i = 0; i < sizeof undefined / sizeof undefined[0]; i++) {
        read_register(undefined[i]);
        expect_complaint("undefined-register");
        write_register(undefined[i], 1);
        expect_complaint("undefined-register");
    }
}

static void test_writes_that_cannot_be_are_complained_of(void **state)
{
    (void)state;
    power_on();
    write_register(0x000, 1);
    expect_complaint("read-only-register");
    write_register(0x0b0, 1 << 15);
    expect_complaint("reserved-bits");
    write_register(0x104, 1 << 8);
    expect_complaint("reserved-bits");
    write_register(0x400, 1 << 16);
    expect_complaint("reserved-bits");
    write_register(0x0c8, 24); /* 12.5 KB of 12 */
    expect_complaint("reserved-bits");
    assert_int_equal(read_register(0x0c8), 23);
    write_register(0x010, 1);
    expect_complaint("soft-reset-detaches");
}

static void test_other_requests_stall_and_are_complained_of(void **state)
{
    static const struct chip_setup others[] = {
        {0xc0, 0xa1, 0, 0, 2}, {0xc0, 0xa1, 1, 0, 4}, {0x40, 0xa0, 1, 0x94, 4},
        {0xc0, 0xa0, 0, 0, 4}, {0xc0, 0xa3, 0, 0, 4}, {0x40, 0xa1, 0, 0, 4},
    };
    uint8_t data[4] = {0};

    (void)state;
    power_on();
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(chip->type->control(chip, &others[i], data), CHIP_STALL);
        expect_complaint("undefined-request");
    }
    assert_int_equal(read_register(0x94), 0x800);
}

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

/* ---- resets ---- */

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

/* ---- MII and data port ---- */

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

/* ---- interrupts ---- */

static void test_a_change_of_the_link_is_told_once_until_the_phy_was_read(void **state)
{
    uint8_t status[64];

    (void)state;
    bring_up();
    read_mii(26);
    write_mii(25, 1 << 15 | 1 << 13);
    write_register(0x098, 1 << 17);
    assert_int_equal(chip->type->interrupt_in(chip, status, sizeof status), CHIP_NAK);
    chip->type->plug(chip, false);
    assert_int_equal(chip->type->interrupt_in(chip, status, sizeof status), 4);
    assert_int_equal(little32(status), 1 << 17);
    assert_int_equal(chip->type->interrupt_in(chip, status, sizeof status), CHIP_NAK);
    write_register(0x00c, 1 << 17); /* the PHY still says so */
    assert_int_equal(read_register(0x00c), 1 << 17);
    read_mii(26);
    assert_int_equal(read_register(0x00c), 0);
    assert_int_equal(chip->type->interrupt_in(chip, status, sizeof status), CHIP_NAK);
    chip->type->plug(chip, true);
    bench_now_us += 2001;
    assert_int_equal(chip->type->interrupt_in(chip, status, sizeof status), 4);
    expect_silence();
}

static void test_an_interrupt_that_is_not_enabled_is_not_told(void **state)
{
    uint8_t status[64];

    (void)state;
    bring_up();
    write_mii(25, 1 << 15 | 1 << 13);
    chip->type->plug(chip, false);
    assert_int_equal(chip->type->interrupt_in(chip, status, sizeof status), CHIP_NAK);
    write_register(0x098, 0x80000000); /* always, whatever there is */
    assert_int_equal(chip->type->interrupt_in(chip, status, sizeof status), 4);
    assert_int_equal(chip->type->interrupt_in(chip, status, sizeof status), 4);
}

/* ---- what may not change under way ---- */

static void test_filters_fifos_and_frame_size_rest_while_receiving(void **state)
{
    (void)state;
    bring_up();
    write_register(0x404, 0x01eb27b8); /* the same again: nothing changes */
    write_register(0x0c8, 23);
    expect_silence();
    write_register(0x404, 0x11111111);
    expect_complaint("filter-changed-while-valid");
    write_register(0x400, 0);
    write_register(0x404, 0x22222222);
    expect_silence();
    write_register(0x0c8, 15);
    expect_complaint("fifo-changed-while-enabled");
    write_register(0x0cc, 15);
    expect_complaint("fifo-changed-while-enabled");
    write_register(0x0c0, 0x80000000 | 1 << 30);
    expect_complaint("fifo-changed-while-enabled");
    write_register(0x104, 1000u << 16 | 1);
    expect_complaint("frame-size-changed-while-receiving");
    write_register(0x104, 1000u << 16);
    write_register(0x104, 1200u << 16);
    write_register(0x104, 1200u << 16 | 1);
    expect_silence();
}

static void test_bursts_rest_while_receiving(void **state)
{
    (void)state;
    bring_up();
    write_register(0x010, 1 << 4);
    expect_complaint("change-while-running");
    write_register(0x080, 1 << 5);
    expect_complaint("change-while-running");
    write_register(0x090, 24);
    expect_complaint("change-while-running");
    write_register(0x090, 24);
    write_register(0x010, 1 << 4 | 1 << 20);
    write_register(0x080, 1 << 5 | 1 << 6);
    expect_silence();
    write_register(0x104, 1518u << 16);
    write_register(0x090, 0);
    write_register(0x080, 0);
    write_register(0x010, 0);
    expect_silence();
}

static void test_what_is_switched_off_says_that_it_has_stopped(void **state)
{
    (void)state;
    bring_up();
    write_register(0x104, 1518u << 16);
    assert_int_equal(read_register(0x104), 1518u << 16 | 2);
    assert_false(chip->type->is_receiving(chip));
    write_register(0x104, 1518u << 16 | 2); /* cleared by a one */
    assert_int_equal(read_register(0x104), 1518u << 16);
    write_register(0x0c0, 0);
    assert_true(read_register(0x0c0) & 1 << 20);
    write_register(0x00c, 0xffffffff);
    write_register(0x0c0, 0x80000000);
    assert_false(read_register(0x0c0) & 1 << 20);
    assert_int_equal(read_register(0x00c), 0);
    write_register(0x0c0, 0);
    write_register(0x108, 0);
    assert_int_equal(read_register(0x108), 2);
    write_register(0x108, 0);
    assert_int_equal(read_register(0x108), 2);
    write_register(0x108, 2);
    assert_int_equal(read_register(0x108), 0);
    write_register(0x0c4, 0);
    assert_true(read_register(0x0c4) & 1 << 20);
    write_register(0x0c4, 1 << 20);
    write_register(0x0c4, 0);
    assert_false(read_register(0x0c4) & 1 << 20);
    assert_int_equal(read_register(0x00c), 1 << 19 | 1 << 18);
    write_register(0x00c, 0xffffffff);
    assert_int_equal(read_register(0x00c), 0);
    expect_silence();
}

/* At 10 Mbit/s; each access of the bench takes 100 us. */
static void test_a_frame_that_passes_ends_before_the_mac_has_stopped(void **state)
{
    static const struct {
        uint16_t mac, fifo;
        uint32_t off, on;
    } halves[] = {{0x104, 0x0c0, 1518u << 16, 1518u << 16 | 1}, {0x108, 0x0c4, 0, 1}};

    (void)state;
    bring_up();
    write_mii(9, 0);
    write_mii(4, 0x0061);
    write_mii(0, 0x1200);
    bench_now_us += 3000;
    for (unsigned i = 0; i < 2; i++) {
        write_register(halves[i].fifo, 0);
        assert_true(read_register(halves[i].fifo) & 1 << 20);
        write_register(halves[i].mac, halves[i].off);
        assert_int_equal(read_register(halves[i].mac), halves[i].off);
        assert_false(read_register(halves[i].fifo) & 1 << 20);
        write_register(halves[i].fifo, 1 << 30);
        expect_complaint("flush-while-running");
        bench_now_us += 600;
        assert_int_equal(read_register(halves[i].mac), halves[i].off);
        bench_now_us += 200;
        assert_int_equal(read_register(halves[i].mac), halves[i].off | 2);
        assert_true(read_register(halves[i].fifo) & 1 << 20);
        write_register(halves[i].fifo, 1 << 30);
        expect_silence();
        write_register(halves[i].mac, halves[i].on);
    }
    chip->type->plug(chip, false);
    write_register(0x104, 1518u << 16); /* no link, no frame */
    assert_int_equal(read_register(0x104), 1518u << 16 | 2);
}

static void test_reception_needs_both_switches(void **state)
{
    (void)state;
    bring_up();
    write_register(0x0c0, 0);
    assert_false(chip->type->is_receiving(chip));
    deliver(OUR_MAC, 100, 1);
    assert_false(chip->type->has_data(chip));
    write_register(0x0c0, 0x80000000);
    assert_true(chip->type->is_receiving(chip));
    write_register(0x104, 1518u << 16);
    assert_false(chip->type->is_receiving(chip));
    write_register(0x104, 1518u << 16 | 1);
    chip->type->bus_reset(chip);
    assert_true(chip->type->is_receiving(chip)); /* the bus alone stops nothing */
    chip->type->power_on(chip);
    assert_false(chip->type->is_receiving(chip));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_says_what_it_is),
        cmocka_unit_test(test_its_configuration_has_one_interface_and_three_endpoints),
        cmocka_unit_test(test_registers_begin_with_the_manuals_values),
        cmocka_unit_test(test_the_address_is_loaded_from_the_eeprom_or_the_otp_or_is_all_ones),
        cmocka_unit_test(test_undefined_registers_are_complained_of),
        cmocka_unit_test(test_writes_that_cannot_be_are_complained_of),
        cmocka_unit_test(test_other_requests_stall_and_are_complained_of),
        cmocka_unit_test(test_a_reset_of_the_mac_leaves_the_phy_alone_and_loopback_is_none),
        cmocka_unit_test(test_bulk_out_waits_until_a_reset_was_seen_to_end),
        cmocka_unit_test(test_a_reset_puts_registers_back_and_takes_reception_away),
        cmocka_unit_test(test_a_reset_ends_whatever_was_under_way),
        cmocka_unit_test(test_registers_wait_until_a_reset_was_seen_to_end),
        cmocka_unit_test(test_a_slow_reset_takes_as_long_as_it_was_told),
        cmocka_unit_test(test_a_reset_that_never_ends_never_ends),
        cmocka_unit_test(test_the_phys_reset_takes_the_link_down_and_keeps_the_registers),
        cmocka_unit_test(test_the_phy_is_a_lan88xx_at_address_1),
        cmocka_unit_test(test_the_mii_waits_until_it_was_seen_not_busy),
        cmocka_unit_test(test_a_busy_phy_is_busy_for_so_many_reads),
        cmocka_unit_test(test_the_data_port_keeps_144_words_and_no_more),
        cmocka_unit_test(test_the_data_port_waits_until_it_was_seen_ready),
        cmocka_unit_test(test_the_eeproms_pins_must_not_be_leds),
        cmocka_unit_test(test_the_otp_is_read_behind_its_registers),
        cmocka_unit_test(test_a_change_of_the_link_is_told_once_until_the_phy_was_read),
        cmocka_unit_test(test_an_interrupt_that_is_not_enabled_is_not_told),
        cmocka_unit_test(test_filters_fifos_and_frame_size_rest_while_receiving),
        cmocka_unit_test(test_bursts_rest_while_receiving),
        cmocka_unit_test(test_what_is_switched_off_says_that_it_has_stopped),
        cmocka_unit_test(test_a_frame_that_passes_ends_before_the_mac_has_stopped),
        cmocka_unit_test(test_reception_needs_both_switches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
