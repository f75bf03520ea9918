/*
 * log: what a line is, who is told of it, and what is handed from one program to the next.
 * Consoles: test_log_consoles.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "log_console_bench.c"

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

static void note_and_log(const char *text, size_t length)
{
    note(text, length);
    real_log_line("recorder", "heard of %zu bytes", length);
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
