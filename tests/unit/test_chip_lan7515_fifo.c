/*
 * The LAN7515's model: its receive FIFO, what is lost when it is full, and PAUSE in both
 * directions.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515_bench.h"

static uint8_t burst[32768];

/* ---- the FIFO ---- */

static void test_the_fifo_holds_12_kilobytes_and_loses_what_is_more(void **state)
{
    (void)state;
    bring_up();
    for (uint8_t i = 0; i < 8; i++) /* 1526 + 2 bytes each; 8 are 12224 */
        deliver(OUR_MAC, 1512, i);
    assert_int_equal(read_register(0x0c0) & 0xffff, 8 * 1528);
    assert_int_equal(read_register(0x0d4) >> 16, 8 * 1528);
    assert_true(read_register(0x0c0) & 1 << 22);
    assert_int_equal(chip->statistics.overruns, 0);
    deliver(OUR_MAC, 60, 8);
    assert_int_equal(chip->statistics.overruns, 1);
    assert_int_equal(read_count(6), 1);
    assert_int_equal(read_register(0x00c), 1 << 22);
    assert_int_equal(read_register(0x0c0) >> 23 & 3, 3);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(take_burst(burst, sizeof burst), 1526);
    assert_false(chip->type->has_data(chip));
    assert_int_equal(read_register(0x0c0) & 0x0060ffff, 1 << 21);
    write_register(0x0c0, 0x80000000 | 3 << 23);
    assert_int_equal(read_register(0x0c0) >> 23 & 3, 0);
}

static void test_a_smaller_fifo_holds_less(void **state)
{
    (void)state;
    bring_up();
    write_register(0x0c0, 0);
    write_register(0x0c8, 3); /* 2 KB */
    write_register(0x0c0, 0x80000000);
    deliver(OUR_MAC, 1512, 1);
    deliver(OUR_MAC, 1512, 2);
    assert_int_equal(chip->statistics.overruns, 1);
}

static void test_records_come_out_whole_where_the_fifo_goes_round(void **state)
{
    (void)state;
    bring_up();
    for (unsigned i = 0; i < 50; i++) {
        uint8_t frame[1511];

        make_frame(frame, OUR_MAC, sizeof frame, (uint8_t)i);
        chip->type->receive(chip, frame, sizeof frame);
        assert_int_equal(take_burst(burst, sizeof burst), 1525);
        assert_memory_equal(burst + 10, frame, sizeof frame);
    }
}

static void test_a_reset_fifo_is_empty(void **state)
{
    (void)state;
    bring_up();
    deliver(OUR_MAC, 1000, 1);
    assert_int_equal(chip->type->bulk_in(chip, burst, 512), 512);
    write_register(0x0c0, 0);
    write_register(0x0c0, 1 << 30);
    assert_int_equal(read_register(0x0c0) & 0x4060ffff, 1 << 21);
    assert_false(chip->type->has_data(chip));
    write_register(0x0c0, 0x80000000);
    deliver(OUR_MAC, 100, 1);
    assert_int_equal(take_burst(burst, sizeof burst), 114);
    expect_silence();
}

/* ---- PAUSE ---- */

static void begin_flow_control(void)
{
    bring_up();
    write_mii(4, 0x0de1);
    write_mii(0, 0x1200);
    bench_now_us += 3000;
    read_mii(1);
    assert_true(read_mii(1) & 4);
    write_register(0x0d0, 4 << 8 | 8); /* silence above 4096 bytes, until 2048 */
}

static void test_a_full_fifo_asks_for_silence_if_that_was_agreed_and_enabled(void **state)
{
    (void)state;
    begin_flow_control();
    for (uint8_t i = 0; i < 3; i++)
        deliver(OUR_MAC, 1512, i);
    assert_false(chip->type->wants_silence(chip));
    write_register(0x10c, 1u << 30 | 0xffff);
    assert_true(chip->type->wants_silence(chip));
    assert_int_equal(chip->statistics.pauses, 1);
    take_burst(burst, sizeof burst);
    assert_true(chip->type->wants_silence(chip)); /* 3056 bytes: between the thresholds */
    take_burst(burst, sizeof burst);
    assert_false(chip->type->wants_silence(chip));
    deliver(OUR_MAC, 1512, 4);
    assert_false(chip->type->wants_silence(chip)); /* between them, the other way */
    assert_int_equal(chip->statistics.pauses, 1);
    assert_int_equal(read_count(37), 2);
    deliver(OUR_MAC, 1512, 5);
    assert_true(chip->type->wants_silence(chip));
    write_register(0x0c0, 0);
    write_register(0x0c0, 1 << 30);
    assert_false(chip->type->wants_silence(chip));
}

static void test_nobody_is_silent_who_did_not_agree(void **state)
{
    (void)state;
    begin_flow_control();
    chip->partner_pauses = false;
    write_mii(0, 0x1200);
    bench_now_us += 3000;
    write_register(0x10c, 1u << 30 | 0xffff);
    for (uint8_t i = 0; i < 7; i++)
        deliver(OUR_MAC, 1512, i);
    assert_int_equal(read_register(0x0c0) & 0xffff, 7 * 1528);
    assert_false(chip->type->wants_silence(chip));
    assert_int_equal(chip->statistics.pauses, 0);
}

static void test_pause_frames_are_obeyed_and_not_passed_on(void **state)
{
    uint8_t frame[60] = "\x01\x80\xc2\x00\x00\x01\x02\x11\x22\x33\x44\x55\x88\x08\x00\x01\x00\xc8";
    uint8_t packet[8 + 60] = {60, 0, 0x40};

    (void)state;
    bring_up();
    write_register(0x0b0, 7 << 8);
    memcpy(packet + 8, OUR_MAC, 6);
    chip->type->receive(chip, frame, 60);
    assert_false(chip->type->has_data(chip));
    assert_int_equal(read_count(13), 1);
    assert_int_equal(chip->type->bulk_out(chip, packet, sizeof packet), sizeof packet);
    write_register(0x10c, 1 << 29);
    chip->type->receive(chip, frame, 60); /* 200 times 512 bits: 102 us at 1000 Mbit/s */
    assert_int_equal(chip->type->bulk_out(chip, packet, sizeof packet), CHIP_NAK);
    bench_now_us += 101;
    assert_int_equal(chip->type->bulk_out(chip, packet, sizeof packet), CHIP_NAK);
    bench_now_us += 2;
    assert_int_equal(chip->type->bulk_out(chip, packet, sizeof packet), sizeof packet);
    assert_int_equal(sent_count, 2);
}

static void test_a_pause_frame_means_nothing_in_half_duplex(void **state)
{
    uint8_t frame[60] = "\x01\x80\xc2\x00\x00\x01\x02\x11\x22\x33\x44\x55\x88\x08\x00\x01\xff\xff";
    uint8_t packet[8 + 60] = {60, 0, 0x40};

    (void)state;
    bring_up();
    write_mii(9, 0);
    write_mii(4, 0x0081); /* 100 Mbit/s, half duplex */
    write_mii(0, 0x1200);
    bench_now_us += 3000;
    read_mii(1);
    assert_true(read_mii(1) & 4);
    memcpy(packet + 8, OUR_MAC, 6);
    write_register(0x10c, 1 << 29);
    chip->type->receive(chip, frame, 60);
    assert_int_equal(read_count(13), 1);
    assert_int_equal(chip->type->bulk_out(chip, packet, sizeof packet), sizeof packet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_fifo_holds_12_kilobytes_and_loses_what_is_more),
        cmocka_unit_test(test_a_smaller_fifo_holds_less),
        cmocka_unit_test(test_records_come_out_whole_where_the_fifo_goes_round),
        cmocka_unit_test(test_a_reset_fifo_is_empty),
        cmocka_unit_test(test_a_full_fifo_asks_for_silence_if_that_was_agreed_and_enabled),
        cmocka_unit_test(test_nobody_is_silent_who_did_not_agree),
        cmocka_unit_test(test_pause_frames_are_obeyed_and_not_passed_on),
        cmocka_unit_test(test_a_pause_frame_means_nothing_in_half_duplex),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
