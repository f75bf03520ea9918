/*
 * The LAN7800 family's frames in the pipes: what stands before one that is sent, and what is
 * taken out of a burst, with each damage.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "error.h"
#include "ethernet_lan.h"

#define HEADER   10
#define CHECKSUM 4
#define BURST    16384

static const struct ethernet_lan_chip *const chip = &ethernet_lan78xx;
static uint8_t burst[BURST];
static uint32_t burst_length;
static const uint8_t *frame;
static uint32_t length, used;

static int set_up(void **state)
{
    (void)state;
    memset(burst, 0xee, sizeof burst);
    burst_length = 0;
    frame = NULL;
    length = used = 0;
    return 0;
}

/* As the chip does: from a multiple of four on; content counts up from first. */
static void append(uint32_t frame_length, uint32_t status_bits, uint8_t first)
{
    burst_length = (burst_length + 3) & ~3u;
    bytes_put_le32(burst + burst_length, (frame_length + CHECKSUM) | status_bits);
    bytes_put_le32(burst + burst_length + 4, 0xdeadbeef); /* checksum and VLAN tag: not ours */
    bytes_put_le16(burst + burst_length + 8, 0xffff);
    burst_length += HEADER;
    for (uint32_t i = 0; i < frame_length; i++)
        burst[burst_length++] = (uint8_t)(first + i);
    memset(burst + burst_length, 0xcc, CHECKSUM);
    burst_length += CHECKSUM;
}

/* From a copy that ends where the burst does, so that a read behind it is found. */
static int take_at(uint32_t at, uint32_t left)
{
    uint8_t *copy = malloc(left ? left : 1);
    int status;

    assert_non_null(copy);
    memcpy(copy, burst + at, left);
    frame = NULL;
    length = used = 0;
    status = chip->take_frame(copy, left, &frame, &length, &used);
    if (status == 0) {
        assert_in_range((uintptr_t)frame, (uintptr_t)copy, (uintptr_t)(copy + left - length));
        frame = burst + at + (frame - copy);
    }
    free(copy);
    return status;
}

/* ---- what stands before a frame that is sent ---- */

static void test_send_header_has_the_length_and_asks_for_the_checksum_only(void **state)
{
    uint8_t header[10];

    (void)state;
    assert_int_equal(chip->send_header_bytes, 8);
    for (uint32_t i = 14; i <= 1514; i += 100) {
        memset(header, 0xee, sizeof header);
        chip->put_send_header(header, i);
        assert_int_equal(bytes_le32(header), 0x00400000 | i);
        assert_int_equal(bytes_le32(header + 4), 0);
        assert_int_equal(bytes_le16(header + 8), 0xeeee);
    }
}

/* ---- whole frames ---- */

static void test_frame_of_each_length_is_taken_without_its_checksum(void **state)
{
    (void)state;
    for (uint32_t i = 14; i <= 1514; i++) {
        set_up(state);
        append(i, 0, 7);
        assert_int_equal(take_at(0, burst_length), 0);
        assert_ptr_equal(frame, burst + HEADER);
        assert_int_equal(length, i);
        assert_int_equal(used, burst_length);
    }
}

static void test_ip_header_in_a_burst_is_aligned(void **state)
{
    (void)state;
    append(60, 0, 1);
    append(61, 0, 1);
    append(62, 0, 1);
    for (uint32_t at = 0, i = 0; i < 3; i++, at += used) {
        assert_int_equal(take_at(at, burst_length - at), 0);
        assert_int_equal((frame - burst + 14) % 4, 0);
    }
}

static void test_burst_of_several_frames_is_taken_one_by_one(void **state)
{
    static const uint32_t lengths[] = {60, 61, 62, 63, 64, 1514, 14, 15, 16, 17, 1513};
    uint32_t at = 0;

    (void)state;
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++)
        append(lengths[i], 0, (uint8_t)i);
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        assert_int_equal(take_at(at, burst_length - at), 0);
        assert_int_equal(length, lengths[i]);
        for (uint32_t k = 0; k < length; k++)
            assert_int_equal(frame[k], (uint8_t)(i + k));
        at += used;
    }
    assert_int_equal(at, burst_length);
}

static void test_filling_behind_the_last_frame_is_passed_over_if_it_is_there(void **state)
{
    (void)state;
    append(61, 0, 1); /* 75 bytes */
    for (uint32_t filling = 0; filling <= 1; filling++) {
        assert_int_equal(take_at(0, burst_length + filling), 0);
        assert_int_equal(length, 61);
        assert_int_equal(used, burst_length + filling);
    }
    assert_int_equal(take_at(0, burst_length + 2), 0);
    assert_int_equal(used, 76);
}

static void test_what_the_chip_found_out_about_a_good_frame_does_not_matter(void **state)
{
    /* Checksum engines (31, 30, 14), IP version and protocol, filter, broadcast, multicast, VLAN
     * tag, address filter, odd bits. */
    static const unsigned bits[] = {31, 30, 29, 28, 27, 26, 25, 24, 23, 17, 15, 14};

    for (unsigned i = 0; i < sizeof bits / sizeof *bits; i++) {
        set_up(state);
        append(200, 1u << bits[i], 3);
        assert_int_equal(take_at(0, burst_length), 0);
        assert_int_equal(length, 200);
    }
}

/* ---- damaged ones ---- */

static void test_frame_with_an_error_bit_is_passed_over_and_the_next_one_taken(void **state)
{
    /* Checksum, symbol, too long, runt, endless, any. */
    static const unsigned bits[] = {16, 18, 19, 20, 21, 22};

    for (unsigned i = 0; i < sizeof bits / sizeof *bits; i++) {
        set_up(state);
        append(61, 1u << bits[i], 1);
        append(100, 0, 9);
        assert_int_equal(take_at(0, burst_length), ERROR_IO);
        assert_null(frame);
        assert_int_equal(used, 76);
        assert_int_equal(take_at(used, burst_length - used), 0);
        assert_int_equal(length, 100);
    }
}

static void test_damaged_frame_of_any_length_is_passed_over(void **state)
{
    static const uint32_t lengths[] = {0, 1, 13, 1515, 2047, 9000};

    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        set_up(state);
        append(lengths[i], 1u << 22, 1);
        append(100, 0, 9);
        assert_int_equal(take_at(0, burst_length), ERROR_IO);
        assert_int_equal(take_at(used, burst_length - used), 0);
        assert_int_equal(length, 100);
    }
}

static void test_damaged_frame_at_the_end_uses_up_the_burst(void **state)
{
    (void)state;
    append(61, 1u << 16, 1);
    assert_int_equal(take_at(0, burst_length), ERROR_IO);
    assert_int_equal(used, burst_length);
}

/* ---- what cannot be a frame ---- */

static void test_length_that_cannot_be_is_no_frame(void **state)
{
    /* In the header, with checksum. */
    static const uint32_t lengths[] = {0, 1, 4, 17, 1519, 1522, 2048, 0x3fff};

    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        set_up(state);
        bytes_put_le32(burst, lengths[i]);
        assert_int_equal(take_at(0, BURST), ERROR_CORRUPT);
    }
}

static void test_frame_that_goes_on_behind_the_burst_is_no_frame(void **state)
{
    (void)state;
    append(600, 0, 1);
    for (uint32_t left = 0; left < burst_length; left++)
        assert_int_equal(take_at(0, left), ERROR_CORRUPT);
    set_up(state);
    append(600, 1u << 22, 1); /* whatever is wrong with it */
    for (uint32_t left = 0; left < burst_length; left++)
        assert_int_equal(take_at(0, left), ERROR_CORRUPT);
}

static void test_any_bytes_are_walked_through_and_never_left(void **state)
{
    uint32_t seed = 1;

    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        uint32_t total = 1 + round % 700, at = 0;
        unsigned steps = 0;

        for (uint32_t i = 0; i < total; i++) {
            seed = seed * 1664525u + 1013904223u;
            /* Lengths that fit are to be seen, too. */
            burst[i] = i % 4 == 1 ? (uint8_t)(seed >> 30) : (uint8_t)(seed >> 24);
        }
        while (at < total) {
            int status = take_at(at, total - at);

            if (status == ERROR_CORRUPT)
                break;
            assert_true(status == 0 || status == ERROR_IO);
            assert_in_range(used, HEADER, total - at);
            if (status == 0)
                assert_in_range(length, 14, 1514);
            assert_true(used % 4 == 0 || used == total - at);
            at += used;
            assert_true(++steps <= total);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_send_header_has_the_length_and_asks_for_the_checksum_only,
                               set_up),
        cmocka_unit_test_setup(test_frame_of_each_length_is_taken_without_its_checksum, set_up),
        cmocka_unit_test_setup(test_ip_header_in_a_burst_is_aligned, set_up),
        cmocka_unit_test_setup(test_burst_of_several_frames_is_taken_one_by_one, set_up),
        cmocka_unit_test_setup(test_filling_behind_the_last_frame_is_passed_over_if_it_is_there,
                               set_up),
        cmocka_unit_test_setup(test_what_the_chip_found_out_about_a_good_frame_does_not_matter,
                               set_up),
        cmocka_unit_test_setup(test_frame_with_an_error_bit_is_passed_over_and_the_next_one_taken,
                               set_up),
        cmocka_unit_test_setup(test_damaged_frame_of_any_length_is_passed_over, set_up),
        cmocka_unit_test_setup(test_damaged_frame_at_the_end_uses_up_the_burst, set_up),
        cmocka_unit_test_setup(test_length_that_cannot_be_is_no_frame, set_up),
        cmocka_unit_test_setup(test_frame_that_goes_on_behind_the_burst_is_no_frame, set_up),
        cmocka_unit_test_setup(test_any_bytes_are_walked_through_and_never_left, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
