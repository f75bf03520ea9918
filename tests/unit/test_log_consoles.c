/*
 * log: lines arrive whole on every console, at each console's own pace, and what a ring does not
 * hold is told.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "log_console_bench.c"

static void expect_letters(const char *text, size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text[i] != letter(first + i))
            fail_msg("letter %zu is %d, not %d", i, text[i], letter(first + i));
}

static const char notice[] = "\n[... log lost ...]\n";
#define NOTICE_BYTES (sizeof notice - 1)

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
