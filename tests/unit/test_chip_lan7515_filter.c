/*
 * The LAN7515's model: which frames come in, and what their heads say of checksums and VLANs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515_bench.h"

#define BROADCAST "\xff\xff\xff\xff\xff\xff"
#define MULTICAST "\x01\x00\x5e\x00\x00\xfb"
#define NOT_OURS  "\xb8\x27\xeb\x01\x02\x04"

static uint8_t burst[32768];

static bool comes_in(const char *to)
{
    deliver(to, 60, 1);
    if (!chip->type->has_data(chip))
        return false;
    take_burst(burst, sizeof burst);
    return true;
}

/* ---- filters ---- */

static void test_with_no_filter_nothing_comes_in(void **state)
{
    (void)state;
    bring_up();
    write_register(0x0b0, 0);
    assert_false(comes_in(OUR_MAC));
    assert_false(comes_in(BROADCAST));
    assert_false(comes_in(MULTICAST));
    assert_int_equal(chip->statistics.filtered, 3);
}

static void test_each_accept_bit_lets_in_its_kind(void **state)
{
    (void)state;
    bring_up();
    write_register(0x0b0, 1 << 10);
    assert_true(comes_in(BROADCAST));
    assert_int_equal(little32(burst) & 7 << 24, 1 << 25);
    assert_false(comes_in(MULTICAST));
    assert_false(comes_in(OUR_MAC));
    write_register(0x0b0, 1 << 9);
    assert_true(comes_in(MULTICAST));
    assert_int_equal(little32(burst) & 7 << 24, 1 << 24);
    assert_false(comes_in(BROADCAST));
    assert_false(comes_in(OUR_MAC));
    write_register(0x0b0, 1 << 8);
    assert_true(comes_in(NOT_OURS));
    assert_int_equal(little32(burst) & 7 << 24, 0);
    assert_false(comes_in(BROADCAST));
    assert_false(comes_in(MULTICAST));
}

static void test_perfect_filters_compare_all_six_bytes_in_33_entries(void **state)
{
    (void)state;
    bring_up();
    assert_true(comes_in(OUR_MAC));
    assert_false(comes_in(NOT_OURS));
    assert_false(comes_in("\xb9\x27\xeb\x01\x02\x03"));
    write_register(0x504, 0x01eb27b8); /* entry 32, for a unicast and then a multicast address */
    write_register(0x500, 0x80000402);
    assert_true(comes_in(NOT_OURS));
    write_register(0x500, 0);
    assert_false(comes_in(NOT_OURS));
    write_register(0x504, 0x005e0001);
    write_register(0x500, 0x8000fb00);
    assert_true(comes_in(MULTICAST));
    assert_int_equal(little32(burst) & 5 << 24, 5 << 24);
    write_register(0x500, 0xc000fb00); /* a filter of sources says nothing of destinations */
    assert_false(comes_in(MULTICAST));
    expect_silence();
}

static void test_the_hash_filter_uses_nine_bits_of_the_crc(void **state)
{
    uint32_t crc = 0xffffffffu;

    (void)state;
    for (unsigned i = 0; i < 48; i++) {
        uint32_t bit = (uint8_t)MULTICAST[i / 8] >> i % 8 & 1;
        crc = crc << 1 ^ ((crc >> 31 ^ bit) ? 0x04c11db7u : 0);
    }
    bring_up();
    write_register(0x0b0, 1 << 3);
    assert_false(comes_in(MULTICAST));
    write_table(128 + (crc >> 23) / 32, 1u << (crc >> 23) % 32);
    assert_true(comes_in(MULTICAST));
    assert_false(comes_in("\x01\x00\x5e\x00\x00\xfc"));
    assert_false(comes_in(OUR_MAC));
    write_register(0x0b0, 1 << 2); /* unicast addresses by hash */
    assert_false(comes_in(MULTICAST));
    assert_false(comes_in(NOT_OURS));
    for (unsigned i = 0; i < 16; i++)
        write_table(128 + i, 0xffffffff);
    assert_true(comes_in(NOT_OURS));
    expect_silence();
}

static void test_the_source_filter_lets_only_known_senders_in(void **state)
{
    (void)state;
    bring_up();
    write_register(0x0b0, 1 << 10 | 1 << 4 | 1 << 1);
    assert_false(comes_in(OUR_MAC));
    write_register(0x40c, 0x33221102);
    write_register(0x408, 0xc0005544);
    assert_true(comes_in(OUR_MAC));
    assert_true(comes_in(BROADCAST));
}

static void deliver_tagged(unsigned tag)
{
    uint8_t frame[100];

    make_frame(frame, OUR_MAC, sizeof frame, 1);
    frame[12] = 0x81;
    frame[13] = 0;
    frame[14] = (uint8_t)(tag >> 8);
    frame[15] = (uint8_t)tag;
    frame[16] = 0x88;
    frame[17] = 0xb5;
    chip->type->receive(chip, frame, sizeof frame);
}

static void test_vlans_are_filtered_and_their_tags_taken_off(void **state)
{
    (void)state;
    bring_up();
    deliver_tagged(0x2064);
    assert_int_equal(take_burst(burst, sizeof burst), 10 + 104);
    assert_int_equal(little32(burst + 4) & 0xffff, 0x2064);
    assert_true(little32(burst) & 1 << 23);
    write_register(0x0b0, 1 << 5 | 1 << 1);
    deliver_tagged(100);
    assert_false(chip->type->has_data(chip));
    assert_true(comes_in(OUR_MAC)); /* no tag: not this filter's matter */
    write_table(100 / 32, 1u << 100 % 32);
    write_register(0x0b0, 1 << 7 | 1 << 6 | 1 << 5 | 1 << 1);
    deliver_tagged(0x2064);
    assert_int_equal(take_burst(burst, sizeof burst), 10 + 100);
    assert_memory_equal(burst + 10 + 12, "\x88\xb5", 2);
    assert_int_equal(little32(burst) & 0x3fff, 100);
    assert_false(comes_in(OUR_MAC)); /* untagged: not wanted */
    expect_silence();
}

static void test_frames_longer_than_max_size_stay_outside(void **state)
{
    (void)state;
    bring_up();
    deliver(OUR_MAC, 1514, 1);
    assert_int_equal(take_burst(burst, sizeof burst), 1528);
    deliver(OUR_MAC, 1515, 1);
    assert_false(chip->type->has_data(chip));
    assert_int_equal(chip->statistics.filtered, 1);
}

/* ---- checksums ---- */

/* A datagram of 4 bytes from 192.168.0.1:7 to 192.168.0.2:9; its checksums were worked out
 * apart: 0xf978 of the header, 0x6a3c of UDP. */
static const uint8_t datagram[60] =
    OUR_MAC THEIR_MAC "\x08\x00"
                      "\x45\x00\x00\x20\x00\x01\x00\x00\x40\x11\xf9\x78\xc0\xa8\x00\x01"
                      "\xc0\xa8\x00\x02\x00\x07\x00\x09\x00\x0c\x6a\x3c\x12\x34\x02\x02";

static uint32_t head_of(const uint8_t *frame, unsigned length)
{
    chip->type->receive(chip, frame, length);
    take_burst(burst, sizeof burst);
    return little32(burst);
}

static void test_checksum_offload_tells_right_from_wrong(void **state)
{
    uint8_t frame[60];
    uint32_t sum = 0;

    (void)state;
    bring_up();
    assert_int_equal(head_of(datagram, 60) & 0xf8004000, 2u << 27 | 1 << 14);
    write_register(0x0b0, 1 << 12 | 1 << 11 | 1 << 1);
    assert_int_equal(head_of(datagram, 60) & 0xf8004000, 2u << 27);
    for (unsigned i = 14; i < 60; i += 2)
        sum += (uint32_t)(datagram[i] << 8 | datagram[i + 1]);
    sum = (sum & 0xffff) + (sum >> 16);
    assert_int_equal(little32(burst + 4) >> 16, sum);
    memcpy(frame, datagram, 60);
    frame[45] ^= 1;
    assert_int_equal(head_of(frame, 60) & 0xf8004000, 1u << 30 | 2u << 27);
    memcpy(frame, datagram, 60);
    frame[40] = frame[41] = 0; /* UDP without a checksum */
    assert_int_equal(head_of(frame, 60) & 0xf8004000, 2u << 27);
    memcpy(frame, datagram, 60);
    frame[24] ^= 1;
    assert_int_equal(head_of(frame, 60) & 0x80000000, 0x80000000);
    write_register(0x0b0, 1 << 12 | 1 << 1); /* each engine looks at its own */
    assert_int_equal(head_of(frame, 60) & 0x80000000, 0);
    memcpy(frame, datagram, 60);
    frame[45] ^= 1;
    write_register(0x0b0, 1 << 11 | 1 << 1);
    assert_int_equal(head_of(frame, 60) & 0xf8004000, 2u << 27);
    frame[13] = 6; /* ARP, say */
    assert_int_equal(head_of(frame, 60) & 0xf8000000, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_with_no_filter_nothing_comes_in),
        cmocka_unit_test(test_each_accept_bit_lets_in_its_kind),
        cmocka_unit_test(test_perfect_filters_compare_all_six_bytes_in_33_entries),
        cmocka_unit_test(test_the_hash_filter_uses_nine_bits_of_the_crc),
        cmocka_unit_test(test_the_source_filter_lets_only_known_senders_in),
        cmocka_unit_test(test_vlans_are_filtered_and_their_tags_taken_off),
        cmocka_unit_test(test_frames_longer_than_max_size_stay_outside),
        cmocka_unit_test(test_checksum_offload_tells_right_from_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
