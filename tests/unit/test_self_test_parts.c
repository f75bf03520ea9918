/*
 * test_self_test_parts: the report, the patterns and the probes of payloads/self_test.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "self_test_pattern.h"
#include "self_test_probes.h"
#include "self_test_report.h"

static struct self_test_report report;

/* ---- report ---- */

static void fill_report(void)
{
    self_test_report_begin(&report, "%s, part %d", "self-test", 1);
    self_test_report_add(&report, SELFTEST_PASS, "timers", "%d ppm", 3);
    self_test_report_add(&report, SELFTEST_NOT_APPLICABLE, "sd-hosts", "no = card: none");
    self_test_report_add(&report, SELFTEST_FAIL, "usb-frames", "12 lost");
    self_test_report_end(&report);
}

static void test_a_report_is_lines_and_an_end_that_counts_them(void **state)
{
    static const char expected[] = "self-test, part 1\n"
                                   "timers = pass: 3 ppm\n"
                                   "sd-hosts = not applicable: no = card: none\n"
                                   "usb-frames = fail: 12 lost\n"
                                   "end = 1 passed, 1 failed, 1 not applicable\n";

    (void)state;
    fill_report();
    assert_int_equal(report.length, sizeof expected - 1);
    assert_memory_equal(report.text, expected, report.length);
}

static void expect_line(const char **at, enum self_test_verdict verdict, const char *name,
                        const char *text)
{
    struct self_test_line line;

    assert_true(self_test_report_next(at, report.text + report.length, &line));
    assert_int_equal(line.verdict, verdict);
    assert_int_equal(line.name_length, strlen(name));
    assert_memory_equal(line.name, name, line.name_length);
    assert_int_equal(line.text_length, strlen(text));
    assert_memory_equal(line.text, text, line.text_length);
}

static void test_it_is_read_as_it_was_written(void **state)
{
    const char *at = report.text;
    struct self_test_line line;

    (void)state;
    fill_report();
    expect_line(&at, SELFTEST_PASS, "timers", "3 ppm");
    expect_line(&at, SELFTEST_NOT_APPLICABLE, "sd-hosts", "no = card: none");
    expect_line(&at, SELFTEST_FAIL, "usb-frames", "12 lost");
    assert_false(self_test_report_next(&at, report.text + report.length, &line));
}

static void test_a_report_that_is_cut_anywhere_is_not_whole(void **state)
{
    (void)state;
    fill_report();
    assert_true(self_test_report_is_whole(report.text, report.length));
    for (size_t length = 0; length < report.length; length++) {
        char copy[512]; /* so that a byte too far is seen */

        memcpy(copy, report.text, length);
        memset(copy + length, '\n', sizeof copy - length);
        assert_false(self_test_report_is_whole(copy, length));
    }
}

static void test_a_report_that_lacks_a_line_is_not_whole(void **state)
{
    char *line;

    (void)state;
    fill_report();
    line = strstr(report.text, "usb-frames = fail");
    assert_non_null(line);
    line[strlen("usb-frames = ")] = 'x'; /* no verdict any more */
    assert_false(self_test_report_is_whole(report.text, report.length));
}

static void test_more_lines_than_there_is_room_for_are_counted_and_seen_to_lack(void **state)
{
    (void)state;
    self_test_report_begin(&report, "long");
    for (int i = 0; i < 100; i++)
        self_test_report_add(&report, SELFTEST_PASS, "check", "%0200d", i);
    self_test_report_end(&report);
    assert_in_range(report.length, SELFTEST_REPORT_BYTES / 2, SELFTEST_REPORT_BYTES);
    assert_int_equal(report.counts[SELFTEST_PASS], 100);
    assert_false(self_test_report_is_whole(report.text, report.length));
}

static void test_a_line_that_is_too_long_is_cut(void **state)
{
    const char *line;

    (void)state;
    self_test_report_begin(&report, "%0900d", 1);
    line = self_test_report_add(&report, SELFTEST_PASS, "check", "%0900d", 1);
    assert_int_equal(strlen(line), SELFTEST_LINE_BYTES - 1);
    self_test_report_end(&report);
    assert_true(self_test_report_is_whole(report.text, report.length));
}

/* ---- patterns ---- */

#define AREA 4096

static void test_a_pattern_is_the_same_however_it_is_cut(void **state)
{
    uint8_t whole[AREA], parts[AREA];
    size_t first;

    (void)state;
    self_test_pattern_fill(whole, sizeof whole, 7, 1000);
    for (size_t at = 0, length = 1; at < AREA; at += length, length = length % 29 + 1) {
        if (length > AREA - at)
            length = AREA - at;
        self_test_pattern_fill(parts + at, length, 7, 1000 + at);
        assert_int_equal(self_test_pattern_check(whole + at, length, 7, 1000 + at, &first), 0);
    }
    assert_memory_equal(whole, parts, AREA);
}

static void test_each_changed_byte_is_found_and_counted(void **state)
{
    uint8_t area[200];
    size_t first;

    (void)state;
    self_test_pattern_fill(area, sizeof area, 7, 3);
    for (size_t i = 0; i < sizeof area; i++) {
        area[i] ^= 0x80;
        assert_int_equal(self_test_pattern_check(area, sizeof area, 7, 3, &first), 1);
        assert_int_equal(first, i);
        area[i] ^= 0x80;
    }
    area[20] ^= 1;
    area[21] ^= 1;
    area[199] ^= 1;
    assert_int_equal(self_test_pattern_check(area, sizeof area, 7, 3, &first), 3);
    assert_int_equal(first, 20);
}

static void test_flipped_bits_are_counted(void **state)
{
    static uint8_t bytes[4096];

    (void)state;
    self_test_pattern_fill(bytes, sizeof bytes, 3, 65536);
    assert_int_equal(self_test_pattern_flipped(bytes, sizeof bytes, 3, 65536), 0);
    bytes[0] ^= 0x81;
    bytes[sizeof bytes - 1] ^= 0x10;
    assert_int_equal(self_test_pattern_flipped(bytes, sizeof bytes, 3, 65536), 3);
    /* Of another pattern half the bits are wrong. */
    assert_in_range(self_test_pattern_flipped(bytes, sizeof bytes, 4, 65536), sizeof bytes * 3,
                    sizeof bytes * 5);
}

static void test_another_seed_or_place_is_another_pattern(void **state)
{
    uint8_t area[AREA];
    size_t first;

    (void)state;
    self_test_pattern_fill(area, sizeof area, 7, 0);
    assert_true(self_test_pattern_check(area, sizeof area, 8, 0, &first) > AREA * 9 / 10);
    assert_true(self_test_pattern_check(area, sizeof area, 7, 8, &first) > AREA * 9 / 10);
}

/* ---- probes ---- */

static struct self_test_probes probes;
static uint8_t probe[SELFTEST_PROBE_MAX];

static size_t send_one(void)
{
    size_t length = self_test_probes_next(&probes, probe);

    assert_true(length > 0);
    self_test_probes_sent(&probes);
    return length;
}

static void test_the_frames_lie_around_the_multiples_of_512(void **state)
{
    static unsigned lengths[1515];

    (void)state;
    memset(lengths, 0, sizeof lengths);
    self_test_probes_begin(&probes, 1);
    for (unsigned i = 0; i < SELFTEST_PROBES; i++) {
        size_t frame = send_one() + SELFTEST_HEADERS;

        assert_in_range(frame, 60, 1514);
        lengths[frame]++;
    }
    assert_int_equal(self_test_probes_next(&probes, probe), 0);
    for (unsigned times = 1; times <= 3; times++)
        for (unsigned frame = times * 512 - 26; frame <= times * 512 + 6; frame++)
            assert_true(frame > 1514 || lengths[frame] > 10);
    assert_true(lengths[60] > 100);
}

static void test_what_comes_back_as_it_was_is_back(void **state)
{
    (void)state;
    self_test_probes_begin(&probes, 2);
    for (unsigned i = 0; i < 100; i++) {
        size_t length = send_one();

        assert_int_equal(self_test_probes_away(&probes), 1);
        assert_true(self_test_probes_take(&probes, probe, length));
        assert_int_equal(self_test_probes_away(&probes), 0);
    }
    assert_int_equal(probes.back, 100);
    assert_int_equal(probes.lost + probes.late + probes.duplicates + probes.damaged, 0);
}

static void test_a_frame_that_comes_twice_is_counted(void **state)
{
    size_t length;

    (void)state;
    self_test_probes_begin(&probes, 3);
    length = send_one();
    assert_true(self_test_probes_take(&probes, probe, length));
    assert_false(self_test_probes_take(&probes, probe, length));
    assert_int_equal(probes.back, 1);
    assert_int_equal(probes.duplicates, 1);
}

static void test_any_changed_byte_behind_the_head_is_damage(void **state)
{
    size_t length;

    (void)state;
    self_test_probes_begin(&probes, 4);
    length = send_one();
    for (size_t i = 16; i < length; i++) {
        probe[i] ^= 4;
        assert_false(self_test_probes_take(&probes, probe, length));
        probe[i] ^= 4;
    }
    assert_int_equal(probes.damaged, length - 16);
    assert_false(self_test_probes_take(&probes, probe, length - 1)); /* cut */
    assert_int_equal(probes.damaged, length - 15);
    assert_int_equal(probes.strangers, 0);
    assert_true(self_test_probes_take(&probes, probe, length));
}

static void test_strangers_and_probes_of_another_run_are_passed_over(void **state)
{
    size_t length;

    (void)state;
    self_test_probes_begin(&probes, 5);
    length = self_test_probes_next(&probes, probe);
    assert_false(self_test_probes_take(&probes, probe, length)); /* was never sent */
    self_test_probes_sent(&probes);
    assert_false(self_test_probes_take(&probes, (const uint8_t *)"prb1", 4));
    assert_false(self_test_probes_take(&probes, (const uint8_t *)"", 0));
    for (size_t i = 0; i < 16; i++) {
        probe[i] ^= 0x40;
        assert_false(self_test_probes_take(&probes, probe, length));
        probe[i] ^= 0x40;
    }
    assert_int_equal(probes.strangers, 19);
    assert_int_equal(self_test_probes_away(&probes), 1);
}

/* All come back but for so many. */
static void play(struct self_test_probes *probes, unsigned lost)
{
    uint8_t probe[SELFTEST_PROBE_MAX];
    size_t length;

    self_test_probes_begin(probes, 7);
    while ((length = self_test_probes_next(probes, probe)) > 0) {
        self_test_probes_sent(probes);
        if (probes->sent > lost)
            assert_true(self_test_probes_take(probes, probe, length));
    }
    self_test_probes_give_up(probes, SELFTEST_PROBES);
}

static void test_a_few_may_be_lost_and_none_may_come_twice_or_damaged(void **state)
{
    static struct self_test_probes probes;
    uint8_t probe[SELFTEST_PROBE_MAX];
    size_t length;

    (void)state;
    play(&probes, SELFTEST_PROBES / SELFTEST_LOST_ONE_IN + 1);
    assert_false(self_test_probes_are_good(&probes));
    play(&probes, SELFTEST_PROBES / SELFTEST_LOST_ONE_IN);
    assert_true(self_test_probes_are_good(&probes));
    probes.duplicates = 1;
    assert_false(self_test_probes_are_good(&probes));
    play(&probes, 0);
    probes.damaged = 1;
    assert_false(self_test_probes_are_good(&probes));
    self_test_probes_begin(&probes, 7);
    assert_false(self_test_probes_are_good(&probes));
    length = self_test_probes_next(&probes, probe);
    self_test_probes_sent(&probes);
    assert_true(self_test_probes_take(&probes, probe, length));
    assert_false(self_test_probes_are_good(&probes)); /* not all were sent */
}

static void test_what_is_given_up_is_lost_and_may_still_come_late(void **state)
{
    uint8_t first[SELFTEST_PROBE_MAX];
    size_t length;

    (void)state;
    self_test_probes_begin(&probes, 6);
    length = self_test_probes_next(&probes, first);
    self_test_probes_sent(&probes);
    send_one();
    send_one();
    self_test_probes_give_up(&probes, 2);
    assert_int_equal(probes.lost, 2);
    assert_int_equal(self_test_probes_away(&probes), 1);
    assert_false(self_test_probes_take(&probes, first, length));
    assert_int_equal(probes.lost, 1);
    assert_int_equal(probes.late, 1);
    assert_false(self_test_probes_take(&probes, first, length));
    assert_int_equal(probes.duplicates, 1);
    self_test_probes_give_up(&probes, SELFTEST_PROBES);
    assert_int_equal(probes.lost, 2);
    assert_int_equal(self_test_probes_away(&probes), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_report_is_lines_and_an_end_that_counts_them),
        cmocka_unit_test(test_it_is_read_as_it_was_written),
        cmocka_unit_test(test_a_report_that_is_cut_anywhere_is_not_whole),
        cmocka_unit_test(test_a_report_that_lacks_a_line_is_not_whole),
        cmocka_unit_test(test_more_lines_than_there_is_room_for_are_counted_and_seen_to_lack),
        cmocka_unit_test(test_a_line_that_is_too_long_is_cut),
        cmocka_unit_test(test_a_pattern_is_the_same_however_it_is_cut),
        cmocka_unit_test(test_each_changed_byte_is_found_and_counted),
        cmocka_unit_test(test_another_seed_or_place_is_another_pattern),
        cmocka_unit_test(test_the_frames_lie_around_the_multiples_of_512),
        cmocka_unit_test(test_what_comes_back_as_it_was_is_back),
        cmocka_unit_test(test_a_frame_that_comes_twice_is_counted),
        cmocka_unit_test(test_any_changed_byte_behind_the_head_is_damage),
        cmocka_unit_test(test_strangers_and_probes_of_another_run_are_passed_over),
        cmocka_unit_test(test_a_few_may_be_lost_and_none_may_come_twice_or_damaged),
        cmocka_unit_test(test_flipped_bits_are_counted),
        cmocka_unit_test(test_what_is_given_up_is_lost_and_may_still_come_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
