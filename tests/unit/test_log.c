/*
 * log: lines arrive whole on every console, at each console's own pace.
 *
 * The file under test is compiled in, so that each test begins with an empty ring and
 * one can begin just before the counters wrap; the simulator's own log is not involved.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define log_add_console  real_log_add_console
#define log_line         real_log_line
#define log_vline        real_log_vline
#define log_bytes        real_log_bytes
#define log_drain        real_log_drain
#define log_flush        real_log_flush
#define log_set_recorder real_log_set_recorder
#define log_preload      real_log_preload
#define log_undrained    real_log_undrained
#define log_hand_over    real_log_hand_over
#include "../../lib/log.c"

#include "sim.h"

/* A console that takes so many bytes at a time as the test allows. */
struct line {
    struct console console;
    size_t room; /* bytes it takes before it is full */
    char text[3 * RING_BYTES];
    size_t length;
};

static struct line one, two, three;

static size_t take(struct console *console, const char *bytes, size_t length)
{
    struct line *self = (struct line *)console;
    size_t taken = length < self->room ? length : self->room;

    if (length == 0)
        sim_stop("a console is offered nothing");
    if (self->length + taken >= sizeof self->text)
        sim_stop("more text than was written");
    memcpy(self->text + self->length, bytes, taken);
    self->length += taken;
    self->text[self->length] = 0;
    self->room -= taken;
    return taken;
}

static void line_init(struct line *line, size_t room)
{
    memset(line, 0, sizeof *line);
    line->console.write = take;
    line->room = room;
}

/* What a recorder was told. */
static char recorded[3 * RING_BYTES];
static size_t recorded_length;

static void note(const char *text, size_t length)
{
    assert_true(length <= sizeof recorded - recorded_length);
    memcpy(recorded + recorded_length, text, length);
    recorded_length += length;
}

static void note_and_log(const char *text, size_t length)
{
    note(text, length);
    real_log_line("recorder", "heard of %zu bytes", length);
}

static int setup(void **state)
{
    (void)state;
    sim_reset();
    memset(ring, 0, sizeof ring);
    memset(readers, 0, sizeof readers);
    written = held = 0;
    recorder = NULL;
    recorded_length = 0;
    line_init(&one, SIZE_MAX);
    line_init(&two, SIZE_MAX);
    line_init(&three, SIZE_MAX);
    return 0;
}

/* Byte number n of the text the overflow tests write. */
static char letter(size_t n)
{
    return (char)('a' + n % 23);
}

static void write_letters(size_t first, size_t count)
{
    for (size_t n = first; n < first + count; n++) {
        char byte = letter(n);

        real_log_bytes(&byte, 1);
    }
}

static void expect_letters(const char *text, size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text[i] != letter(first + i))
            fail_msg("letter %zu is %d, not %d", i, text[i], letter(first + i));
}

static const char notice[] = "\n[... log lost ...]\n";
#define NOTICE_BYTES (sizeof notice - 1)

static void test_a_line_has_time_subject_and_text(void **state)
{
    (void)state;
    real_log_add_console(&one.console);
    sim_advance_us(12345678 - 1000000);
    real_log_line("tftp", "block %d of %s", 7, "dns.elf");
    assert_string_equal(one.text, "[  12.345678] tftp: block 7 of dns.elf\n");
}

static void test_a_line_that_is_too_long_is_cut_and_ends_with_its_line_feed(void **state)
{
    char text[2 * LOG_LINE_MAX];

    (void)state;
    real_log_add_console(&one.console);
    memset(text, 'x', sizeof text);
    /* "[   1.000000] s: " is 17 bytes: with 222 the line is just full. */
    for (int length = LOG_LINE_MAX - 20; length < LOG_LINE_MAX + 20; length++) {
        size_t expected = (size_t)length + 17 + 1;

        one.length = 0;
        real_log_line("s", "%.*s", length, text);
        assert_int_equal(one.length, expected < LOG_LINE_MAX ? expected : LOG_LINE_MAX);
        assert_int_equal(one.text[one.length - 1], '\n');
        assert_int_equal(one.text[one.length - 2], 'x');
    }
    one.length = 0;
    text[sizeof text - 1] = 0;
    real_log_line(text, "%s", text); /* not even the subject fits */
    assert_int_equal(one.length, LOG_LINE_MAX);
    assert_int_equal(one.text[LOG_LINE_MAX - 1], '\n');
}

static void test_a_subject_of_any_length_leaves_the_line_feed_its_place(void **state)
{
    char subject[2 * LOG_LINE_MAX];

    (void)state;
    real_log_add_console(&one.console);
    for (size_t length = LOG_LINE_MAX - 30; length < LOG_LINE_MAX + 5; length++) {
        memset(subject, 's', length);
        subject[length] = 0;
        one.length = 0;
        real_log_line(subject, "t");
        assert_int_equal(one.length, length + 17 < LOG_LINE_MAX ? length + 17 + 1 : LOG_LINE_MAX);
        assert_int_equal(one.text[one.length - 1], '\n');
    }
}

static void test_an_empty_text_is_a_line(void **state)
{
    (void)state;
    real_log_add_console(&one.console);
    real_log_line("s", "%s", "");
    assert_string_equal(one.text + 14, "s: \n");
}

static void test_control_characters_of_outside_text_become_dots(void **state)
{
    char text[256];

    (void)state;
    real_log_add_console(&one.console);
    for (unsigned byte = 1; byte < 256; byte++) {
        sprintf(text, "a%cb", (int)byte);
        one.length = 0;
        real_log_line("s", "%s", text);
        assert_int_equal((uint8_t)one.text[18], byte >= 0x20 && byte <= 0x7e ? byte : '.');
        assert_int_equal(one.text[19], 'b');
        assert_string_equal(one.text + 20, "\n");
    }
    one.length = 0;
    real_log_line("x\x1b[2J", "\r\n%s", "fake");
    assert_string_equal(one.text + 14, "x.[2J: ..fake\n");
}

static void test_bytes_of_stdout_pass_unchanged(void **state)
{
    (void)state;
    real_log_add_console(&one.console);
    real_log_bytes("\x1b[1mbold\0\n", 10);
    assert_int_equal(one.length, 10);
    assert_memory_equal(one.text, "\x1b[1mbold\0\n", 10);
}

static void test_two_consoles_of_different_speed_each_get_everything(void **state)
{
    (void)state;
    real_log_add_console(&one.console);
    real_log_add_console(&two.console);
    one.room = two.room = 0;
    for (size_t n = 0; n < 12000; n += 100) {
        write_letters(n, 100);
        one.room = 130;
        two.room = 7;
        real_log_drain();
    }
    assert_int_equal(one.length, 12000);
    two.room = 12000 - two.length - 1;
    assert_false(real_log_drain());
    two.room = 1;
    assert_true(real_log_drain());
    assert_int_equal(two.length, 12000);
    expect_letters(one.text, 0, 12000);
    expect_letters(two.text, 0, 12000);
}

static void test_a_ring_that_is_just_full_has_lost_nothing(void **state)
{
    (void)state;
    one.room = 0;
    real_log_add_console(&one.console);
    write_letters(0, RING_BYTES);
    one.room = SIZE_MAX;
    assert_true(real_log_drain());
    assert_int_equal(one.length, RING_BYTES);
    expect_letters(one.text, 0, RING_BYTES);
}

static void test_overflow_costs_the_oldest_bytes_and_says_so(void **state)
{
    (void)state;
    one.room = 100;
    real_log_add_console(&one.console);
    write_letters(0, RING_BYTES + 101);
    one.room = SIZE_MAX;
    assert_true(real_log_drain());
    assert_int_equal(one.length, 100 + NOTICE_BYTES + RING_BYTES);
    expect_letters(one.text, 0, 100);
    assert_memory_equal(one.text + 100, notice, NOTICE_BYTES);
    expect_letters(one.text + 100 + NOTICE_BYTES, 101, RING_BYTES);
}

/* A FIFO of 16 bytes never takes the notice at once, and overflow happens only when it is
 * full. */
static void test_the_notice_of_loss_arrives_whole_on_a_slow_line(void **state)
{
    (void)state;
    one.room = 0;
    real_log_add_console(&one.console);
    write_letters(0, RING_BYTES + 1);
    for (unsigned i = 0; i < 3; i++) {
        one.room = 8;
        assert_false(real_log_drain());
        write_letters(RING_BYTES + 1 + i, 1); /* and more is lost meanwhile */
    }
    one.room = SIZE_MAX;
    assert_true(real_log_drain());
    assert_memory_equal(one.text, notice, NOTICE_BYTES);
    assert_int_equal(one.text[NOTICE_BYTES], letter(3));
    assert_int_equal(one.text[one.length - 1], letter(RING_BYTES + 3));
}

static void test_one_console_that_lost_text_does_not_cost_the_other_any(void **state)
{
    (void)state;
    two.room = 0;
    real_log_add_console(&one.console);
    real_log_add_console(&two.console);
    write_letters(0, RING_BYTES + 500);
    assert_int_equal(one.length, RING_BYTES + 500);
    expect_letters(one.text, 0, one.length);
    two.room = SIZE_MAX;
    assert_true(real_log_drain());
    assert_int_equal(two.length, NOTICE_BYTES + RING_BYTES);
}

static void test_more_than_a_ring_at_once_keeps_its_end(void **state)
{
    static char text[2 * RING_BYTES + 10];

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = letter(i);
    real_log_add_console(&one.console);
    real_log_bytes(text, sizeof text);
    assert_memory_equal(one.text, notice, NOTICE_BYTES);
    assert_int_equal(one.length, NOTICE_BYTES + RING_BYTES);
    expect_letters(one.text + NOTICE_BYTES, sizeof text - RING_BYTES, RING_BYTES);
}

static void test_a_console_added_late_gets_what_the_ring_holds(void **state)
{
    (void)state;
    write_letters(0, 300);
    real_log_add_console(&one.console);
    assert_int_equal(one.length, 300);
    expect_letters(one.text, 0, 300);
    write_letters(300, RING_BYTES);
    real_log_add_console(&two.console);
    assert_int_equal(two.length, RING_BYTES); /* it never had the rest: nothing to notice */
    expect_letters(two.text, 300, RING_BYTES);
}

static void test_a_third_console_is_not_added(void **state)
{
    (void)state;
    real_log_add_console(&one.console);
    real_log_add_console(&two.console);
    real_log_add_console(&three.console);
    real_log_line("s", "text");
    assert_int_equal(three.length, 0);
    assert_true(one.length > 0 && two.length == one.length);
}

static void test_the_counters_may_wrap(void **state)
{
    (void)state;
    written = UINT32_MAX - 99;
    one.room = 0;
    real_log_add_console(&one.console);
    write_letters(0, 5000);
    real_log_add_console(&two.console); /* after the wrap: still the whole ring */
    assert_int_equal(two.length, 5000);
    expect_letters(two.text, 0, 5000);
    one.room = SIZE_MAX;
    assert_true(real_log_drain());
    assert_int_equal(one.length, 5000);
    expect_letters(one.text, 0, 5000);
}

static void test_overflow_across_the_wrap_is_noticed(void **state)
{
    (void)state;
    written = UINT32_MAX - 99;
    one.room = 0;
    real_log_add_console(&one.console);
    write_letters(0, RING_BYTES + 1);
    one.room = SIZE_MAX;
    assert_true(real_log_drain());
    assert_int_equal(one.length, NOTICE_BYTES + RING_BYTES);
    expect_letters(one.text + NOTICE_BYTES, 1, RING_BYTES);
}

static void test_flush_gives_up_on_a_dead_console_at_its_deadline(void **state)
{
    uint64_t begin_us;

    (void)state;
    two.room = 0;
    real_log_add_console(&two.console); /* dead, and asked first */
    real_log_add_console(&one.console);
    one.room = 0;
    real_log_line("s", "text");
    one.room = SIZE_MAX;
    begin_us = clock_now_us();
    real_log_flush(5000);
    assert_in_range(clock_now_us() - begin_us, 5000, 5010);
    assert_string_equal(one.text + 14, "s: text\n"); /* the other one is served */
}

static void test_flush_with_nothing_to_do_returns_at_once(void **state)
{
    uint64_t begin_us = clock_now_us();

    (void)state;
    real_log_flush(1000000);
    real_log_add_console(&one.console);
    real_log_line("s", "text");
    real_log_flush(1000000);
    assert_in_range(clock_now_us() - begin_us, 0, 10);
}

static void test_a_line_never_waits_for_a_dead_console(void **state)
{
    uint64_t begin_us = clock_now_us();

    (void)state;
    one.room = 0;
    real_log_add_console(&one.console);
    for (unsigned i = 0; i < 10; i++)
        real_log_line("s", "text");
    assert_in_range(clock_now_us() - begin_us, 0, 10);
}

static void test_a_recorder_is_told_each_line_as_it_is_written_whatever_the_consoles_do(
    void **state)
{
    (void)state;
    line_init(&one, 0);
    real_log_add_console(&one.console);
    real_log_line("early", "before there is a recorder");
    real_log_set_recorder(note);
    sim_advance_us(1000);
    real_log_line("net", "up\x1b");
    real_log_bytes("raw\n", 4);
    recorded[recorded_length] = 0;
    assert_non_null(strstr(recorded, "] net: up.\nraw\n"));
    assert_null(strstr(recorded, "early"));
    real_log_set_recorder(NULL);
    real_log_line("late", "nobody is told");
    recorded[recorded_length] = 0;
    assert_null(strstr(recorded, "late"));
}

static void test_what_a_recorder_logs_itself_is_on_the_consoles_and_not_recorded(void **state)
{
    (void)state;
    real_log_add_console(&one.console);
    real_log_set_recorder(note_and_log);
    real_log_bytes("a\n", 2);
    real_log_bytes("b\n", 2);
    assert_int_equal(recorded_length, 4);
    assert_memory_equal(recorded, "a\nb\n", 4);
    assert_non_null(strstr(one.text, "recorder: heard of 2 bytes\n"));
    assert_non_null(strstr(strstr(one.text, "heard") + 1, "recorder: heard of 2 bytes\n"));
}

static void test_preloaded_text_comes_first_and_is_not_recorded(void **state)
{
    (void)state;
    real_log_set_recorder(note);
    real_log_preload("of the one before\n", 18);
    real_log_preload("and more\n", 9);
    real_log_bytes("ours\n", 5);
    real_log_add_console(&one.console);
    assert_string_equal(one.text, "of the one before\nand more\nours\n");
    assert_int_equal(recorded_length, 5);
}

static void test_what_is_handed_over_is_drained_by_nobody_here(void **state)
{
    (void)state;
    line_init(&one, 4);
    real_log_add_console(&one.console);
    real_log_bytes("1234567890", 10);
    assert_int_equal(real_log_hand_over(), 6);
    assert_int_equal(real_log_undrained(), 0);
    one.room = 100;
    real_log_bytes("ours", 4);
    assert_string_equal(one.text, "1234ours");
}

static void test_undrained_is_what_the_console_that_is_furthest_lacks(void **state)
{
    (void)state;
    real_log_bytes("1234567890", 10);
    assert_int_equal(real_log_undrained(), 10);
    line_init(&one, 4);
    line_init(&two, 7);
    real_log_add_console(&one.console);
    assert_int_equal(real_log_undrained(), 6);
    real_log_add_console(&two.console);
    assert_int_equal(real_log_undrained(), 3);
    two.room = SIZE_MAX;
    real_log_drain();
    assert_int_equal(real_log_undrained(), 0);
}

static void test_no_more_is_undrained_than_the_ring_holds(void **state)
{
    (void)state;
    line_init(&one, 0);
    real_log_add_console(&one.console);
    write_letters(0, RING_BYTES + 100);
    assert_int_equal(real_log_undrained(), RING_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_line_has_time_subject_and_text, setup),
        cmocka_unit_test_setup(test_a_line_that_is_too_long_is_cut_and_ends_with_its_line_feed,
                               setup),
        cmocka_unit_test_setup(test_a_subject_of_any_length_leaves_the_line_feed_its_place, setup),
        cmocka_unit_test_setup(test_an_empty_text_is_a_line, setup),
        cmocka_unit_test_setup(test_control_characters_of_outside_text_become_dots, setup),
        cmocka_unit_test_setup(test_bytes_of_stdout_pass_unchanged, setup),
        cmocka_unit_test_setup(test_two_consoles_of_different_speed_each_get_everything, setup),
        cmocka_unit_test_setup(test_a_ring_that_is_just_full_has_lost_nothing, setup),
        cmocka_unit_test_setup(test_overflow_costs_the_oldest_bytes_and_says_so, setup),
        cmocka_unit_test_setup(test_the_notice_of_loss_arrives_whole_on_a_slow_line, setup),
        cmocka_unit_test_setup(test_one_console_that_lost_text_does_not_cost_the_other_any, setup),
        cmocka_unit_test_setup(test_more_than_a_ring_at_once_keeps_its_end, setup),
        cmocka_unit_test_setup(test_a_console_added_late_gets_what_the_ring_holds, setup),
        cmocka_unit_test_setup(test_a_third_console_is_not_added, setup),
        cmocka_unit_test_setup(test_the_counters_may_wrap, setup),
        cmocka_unit_test_setup(test_overflow_across_the_wrap_is_noticed, setup),
        cmocka_unit_test_setup(test_flush_gives_up_on_a_dead_console_at_its_deadline, setup),
        cmocka_unit_test_setup(test_flush_with_nothing_to_do_returns_at_once, setup),
        cmocka_unit_test_setup(test_a_line_never_waits_for_a_dead_console, setup),
        cmocka_unit_test_setup(
            test_a_recorder_is_told_each_line_as_it_is_written_whatever_the_consoles_do, setup),
        cmocka_unit_test_setup(test_what_a_recorder_logs_itself_is_on_the_consoles_and_not_recorded,
                               setup),
        cmocka_unit_test_setup(test_what_is_handed_over_is_drained_by_nobody_here, setup),
        cmocka_unit_test_setup(test_preloaded_text_comes_first_and_is_not_recorded, setup),
        cmocka_unit_test_setup(test_undrained_is_what_the_console_that_is_furthest_lacks, setup),
        cmocka_unit_test_setup(test_no_more_is_undrained_than_the_ring_holds, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
