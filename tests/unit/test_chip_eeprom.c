/*
 * The chip models' EEPROM and OTP: content, commands, waits.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515_bench.h"

#include "chip_eeprom.h"

#define BUSY    0x80000000u
#define TIMEOUT 0x400u
#define LOADED  0x200u
#define EWEN    0x20000000u
#define EWDS    0x10000000u
#define WRITE   0x30000000u
#define WRAL    0x40000000u
#define ERASE   0x50000000u
#define ERAL    0x60000000u
#define RELOAD  0x70000000u

static struct chip_eeprom eeprom;
static struct chip_otp otp;

static void begin(void)
{
    power_on();
    memset(&eeprom, 0, sizeof eeprom);
    chip_eeprom_reset(&eeprom, chip);
    chip_otp_reset(&otp);
}

/* Runs a command to its end. Returns what E2P_CMD then says. */
static uint32_t run(uint32_t command)
{
    uint32_t value;

    chip_eeprom_write_command(&eeprom, chip, BUSY | command);
    for (unsigned i = 0; (value = chip_eeprom_read_command(&eeprom, chip)) & BUSY; i++) {
        assert_true(i < 100);
        bench_now_us += 500;
    }
    return value;
}

static uint8_t read_byte(unsigned address)
{
    run(address);
    return (uint8_t)chip_eeprom_read_data(&eeprom, chip);
}

static void test_the_eeprom_holds_a_mark_and_the_address(void **state)
{
    (void)state;
    begin();
    assert_int_equal(read_byte(0), 0xa5);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(read_byte(1 + i), (uint8_t)OUR_MAC[i]);
    assert_int_equal(read_byte(7), 0);
    assert_int_equal(read_byte(511), 0);
    assert_true(run(0) & LOADED);
    expect_silence();
}

static void test_an_absent_eeprom_reads_ones_and_does_not_time_out(void **state)
{
    uint8_t mac[6];

    (void)state;
    begin();
    chip->faults.no_eeprom = true;
    chip_eeprom_reset(&eeprom, chip);
    assert_int_equal(read_byte(0), 0xff);
    assert_int_equal(run(0) & (TIMEOUT | LOADED), 0);
    assert_false(chip_eeprom_mac(&eeprom, chip, mac));
    assert_memory_equal(mac, "\xff\xff\xff\xff\xff\xff", 6);
    assert_true(run(ERASE) & TIMEOUT);
    assert_false(run(0) & TIMEOUT);
    expect_silence();
}

static void test_a_byte_is_written_only_after_permission(void **state)
{
    uint8_t mac[6];

    (void)state;
    begin();
    chip_eeprom_write_data(&eeprom, chip, 0x77);
    run(WRITE | 6);
    assert_int_equal(read_byte(6), 0x03);
    run(EWEN);
    chip_eeprom_write_data(&eeprom, chip, 0x77);
    run(WRITE | 6);
    assert_int_equal(read_byte(6), 0x77);
    assert_int_equal(read_byte(5), 0x02);
    assert_true(chip_eeprom_mac(&eeprom, chip, mac));
    assert_memory_equal(mac, "\xb8\x27\xeb\x01\x02\x77", 6);
    run(EWDS);
    run(ERASE | 6);
    assert_int_equal(read_byte(6), 0x77);
    expect_silence();
}

static void test_all_bytes_are_erased_and_written_at_once(void **state)
{
    uint8_t mac[6];

    (void)state;
    begin();
    run(EWEN);
    run(ERAL);
    assert_int_equal(read_byte(0), 0xff);
    assert_int_equal(read_byte(300), 0xff);
    assert_false(run(RELOAD) & LOADED);
    assert_false(chip_eeprom_mac(&eeprom, chip, mac));
    chip_eeprom_write_data(&eeprom, chip, 0xa5);
    run(WRAL);
    assert_int_equal(read_byte(511), 0xa5);
    assert_true(run(RELOAD) & LOADED);
    chip_eeprom_reset(&eeprom, chip); /* writes are for good, their permission is not */
    run(ERASE | 9);
    assert_int_equal(read_byte(9), 0xa5);
    expect_silence();
}

static void test_an_eeprom_command_has_ended_when_it_was_seen_to(void **state)
{
    (void)state;
    begin();
    chip_eeprom_write_command(&eeprom, chip, BUSY | 1);
    assert_true(chip_eeprom_read_command(&eeprom, chip) & BUSY);
    bench_now_us += 100000;
    chip_eeprom_read_data(&eeprom, chip);
    expect_complaint("eeprom-access-while-busy");
    chip_eeprom_write_data(&eeprom, chip, 1);
    expect_complaint("eeprom-access-while-busy");
    chip_eeprom_write_command(&eeprom, chip, BUSY | 2);
    expect_complaint("eeprom-access-while-busy");
    assert_false(chip_eeprom_read_command(&eeprom, chip) & BUSY);
    assert_int_equal(chip_eeprom_read_data(&eeprom, chip), 0xb8);
    expect_silence();
    chip_eeprom_write_command(&eeprom, chip, 1 << 20);
    expect_complaint("eeprom-wrong-command");
}

/* ---- OTP ---- */

static uint32_t otp_read(unsigned number)
{
    uint32_t value;

    assert_true(chip_otp_read(&otp, chip, number, &value));
    return value;
}

static uint8_t otp_byte(unsigned address)
{
    chip_otp_write(&otp, chip, 1, address >> 8);
    chip_otp_write(&otp, chip, 2, address & 0xff);
    chip_otp_write(&otp, chip, 8, 1);
    chip_otp_write(&otp, chip, 10, 1);
    assert_int_equal(otp_read(12), 1);
    bench_now_us += 10;
    assert_int_equal(otp_read(12), 0);
    return (uint8_t)otp_read(6);
}

static void test_the_otp_holds_the_address_where_there_is_no_eeprom(void **state)
{
    uint8_t mac[6];

    (void)state;
    begin();
    chip_otp_write(&otp, chip, 0, 0);
    assert_int_equal(otp_byte(0), 0);
    chip->otp_only = true;
    assert_int_equal(read_byte(0), 0xff);
    assert_int_equal(otp_byte(0), 0xf3);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(otp_byte(1 + i), (uint8_t)OUR_MAC[i]);
    assert_int_equal(otp_byte(0x101), 0);
    assert_true(chip_eeprom_mac(&eeprom, chip, mac));
    assert_memory_equal(mac, OUR_MAC, 6);
    chip->faults.no_eeprom = true;
    assert_int_equal(otp_byte(0), 0);
    assert_false(chip_eeprom_mac(&eeprom, chip, mac));
    expect_silence();
}

static void test_the_otps_rules(void **state)
{
    uint32_t value;

    (void)state;
    begin();
    assert_int_equal(otp_read(0), 1); /* powered down */
    chip_otp_write(&otp, chip, 8, 1);
    chip_otp_write(&otp, chip, 10, 1);
    expect_complaint("otp-wrong-command");
    chip_otp_write(&otp, chip, 0, 0);
    chip_otp_write(&otp, chip, 10, 1);
    expect_silence();
    bench_now_us += 1000;
    chip_otp_read(&otp, chip, 6, &value);
    expect_complaint("otp-access-while-busy");
    chip_otp_write(&otp, chip, 1, 0);
    expect_complaint("otp-access-while-busy");
    assert_int_equal(otp_read(12), 0);
    chip_otp_write(&otp, chip, 8, 2); /* programming */
    chip_otp_write(&otp, chip, 10, 1);
    expect_complaint("otp-wrong-command");
    chip_otp_write(&otp, chip, 4, 0xff);
    expect_complaint("otp-wrong-command");
    chip_otp_write(&otp, chip, 8, 1);
    chip_otp_write(&otp, chip, 1, 8); /* address 2048 */
    chip_otp_write(&otp, chip, 10, 1);
    expect_complaint("otp-wrong-command");
    assert_false(chip_otp_read(&otp, chip, 0x3d, &value));
    assert_false(chip_otp_write(&otp, chip, 0x3d, 0));
    expect_silence();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_eeprom_holds_a_mark_and_the_address),
        cmocka_unit_test(test_an_absent_eeprom_reads_ones_and_does_not_time_out),
        cmocka_unit_test(test_a_byte_is_written_only_after_permission),
        cmocka_unit_test(test_all_bytes_are_erased_and_written_at_once),
        cmocka_unit_test(test_an_eeprom_command_has_ended_when_it_was_seen_to),
        cmocka_unit_test(test_the_otp_holds_the_address_where_there_is_no_eeprom),
        cmocka_unit_test(test_the_otps_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
