/*
 * log_store: what is read is what was written, wherever one reads. What damage does:
 * test_log_store_damage.c. Appends that are cut short: test_log_store_cut.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "log_bench.h"

static void test_store_made_anew_is_empty(void **state)
{
    char byte;
    uint64_t position = 77;

    (void)state;
    assert_int_equal(log_store_begin(&store), 0);
    assert_int_equal(log_store_end(&store), 0);
    assert_int_equal(log_store_read(&store, &position, &byte, 1), 0);
    assert_int_equal(position, 0);
    assert_int_equal(log_store_tail(&store, 5), 0);
    reopen();
    assert_int_equal(log_store_end(&store), 0);
}

static void test_lines_come_back_in_order_and_after_reopening(void **state)
{
    (void)state;
    append_line("one\n");
    append_line("two, longer\n");
    append_line("x");
    assert_int_equal(check_text(), 17);
    reopen();
    assert_int_equal(check_text(), 17);
    append_line("\nafter\n");
    assert_int_equal(check_text(), 24);
    reopen();
    assert_int_equal(check_text(), 24);
}

static void test_nothing_is_appended_for_no_text(void **state)
{
    (void)state;
    append_line("one\n");
    log_store_append(&store, "", 0);
    assert_int_equal(check_text(), 4);
    append_line("two\n");
    reopen();
    assert_int_equal(check_text(), 8);
}

static void test_text_longer_than_a_record_is_cut_off(void **state)
{
    (void)state;
    append_numbered(1, LOG_STORE_LINE_MAX + 1);
    assert_int_equal(check_text(), LOG_STORE_LINE_MAX);
    append_numbered(2, LOG_STORE_LINE_MAX);
    /* Two of them with their headers exceed the room. */
    assert_int_equal(check_text(), LOG_STORE_LINE_MAX);
    assert_int_equal(log_store_begin(&store), LOG_STORE_LINE_MAX);
}

static void test_oldest_records_make_room_and_nothing_else_is_lost(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3000; i++) {
        size_t length = 8 + dice(i % 100 == 0 ? 3000 : 120);

        append_numbered(i, length);
        size_t kept = check_text();

        /* Full: the room less what the next oldest record could have been. */
        if (written_bytes > 2 * BYTES)
            assert_true(kept >= BYTES / 4);
        if (i % 7 == 0) {
            reopen();
            assert_int_equal(check_text(), kept);
        }
    }
    assert_true(written_bytes > 20 * BYTES);
}

static void test_reading_in_small_pieces_gives_the_same(void **state)
{
    char buffer[50];

    (void)state;
    for (unsigned i = 0; i < 400; i++)
        append_numbered(i, 8 + dice(60));
    for (size_t piece = 1; piece <= sizeof buffer; piece += 7) {
        uint64_t position = log_store_begin(&store), before = position;
        size_t got;

        while ((got = log_store_read(&store, &position, buffer, piece)) != 0) {
            assert_true(got <= piece);
            assert_memory_equal(buffer, written + before, got);
            before += got;
            assert_int_equal(position, before);
        }
        assert_int_equal(position, log_store_end(&store));
    }
}

static void test_reading_anywhere_in_any_order_gives_what_stands_there(void **state)
{
    char buffer[200];

    (void)state;
    for (unsigned i = 0; i < 3000; i++) {
        append_numbered(i, 8 + dice(100));
        uint64_t begin = log_store_begin(&store), end = log_store_end(&store);
        uint64_t wanted = begin + dice((uint32_t)(end - begin)), position = wanted;
        size_t capacity = 1 + dice(sizeof buffer);
        size_t left = (size_t)(end - wanted);

        assert_int_equal(log_store_read(&store, &position, buffer, capacity),
                         left < capacity ? left : capacity);
        assert_memory_equal(buffer, written + wanted, position - wanted);
    }
}

static void test_position_too_old_or_too_new_is_taken_for_the_nearest(void **state)
{
    char buffer[8];
    uint64_t position = 1;

    (void)state;
    for (unsigned i = 0; i < 400; i++)
        append_numbered(i, 50);
    assert_true(log_store_begin(&store) > 1);
    assert_int_equal(log_store_read(&store, &position, buffer, 8), 8);
    assert_int_equal(position, log_store_begin(&store) + 8);
    position = UINT64_MAX;
    assert_int_equal(log_store_read(&store, &position, buffer, 8), 0);
    assert_int_equal(position, log_store_end(&store));
}

static void test_tail_finds_the_beginning_of_the_last_lines(void **state)
{
    (void)state;
    append_line("one\n");
    append_line("two\nthree\n");
    append_line("half of ");
    append_line("four\n");
    assert_int_equal(log_store_tail(&store, 0), 27);
    assert_int_equal(log_store_tail(&store, 1), 14);
    assert_int_equal(log_store_tail(&store, 2), 8);
    assert_int_equal(log_store_tail(&store, 3), 4);
    assert_int_equal(log_store_tail(&store, 4), 0);
    assert_int_equal(log_store_tail(&store, 5), 0);
    append_line("not ended");
    assert_int_equal(log_store_tail(&store, 1), 27);
    assert_int_equal(log_store_tail(&store, 2), 14);
}

static void test_tail_of_a_full_store_stays_in_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 400; i++)
        append_numbered(i, 50);
    assert_int_equal(log_store_tail(&store, 10), log_store_end(&store) - 500);
    assert_int_equal(log_store_tail(&store, 100000), log_store_begin(&store));
    reopen();
    assert_int_equal(log_store_tail(&store, 10), log_store_end(&store) - 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_store_made_anew_is_empty, setup),
        cmocka_unit_test_setup(test_lines_come_back_in_order_and_after_reopening, setup),
        cmocka_unit_test_setup(test_nothing_is_appended_for_no_text, setup),
        cmocka_unit_test_setup(test_text_longer_than_a_record_is_cut_off, setup),
        cmocka_unit_test_setup(test_oldest_records_make_room_and_nothing_else_is_lost, setup),
        cmocka_unit_test_setup(test_reading_in_small_pieces_gives_the_same, setup),
        cmocka_unit_test_setup(test_reading_anywhere_in_any_order_gives_what_stands_there, setup),
        cmocka_unit_test_setup(test_position_too_old_or_too_new_is_taken_for_the_nearest, setup),
        cmocka_unit_test_setup(test_tail_finds_the_beginning_of_the_last_lines, setup),
        cmocka_unit_test_setup(test_tail_of_a_full_store_stays_in_it, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
