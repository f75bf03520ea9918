/*
 * log_store: an append that is cut short at any byte, or of which any part has not arrived, costs
 * nothing but itself.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "log_bench.h"

/* What the last append wrote, in the order in which it was cleaned. */
static struct {
    size_t offset, length;
} cleaned[8];
static unsigned cleaned_count;

static void note_clean(const void *at, size_t length)
{
    const uint8_t *first = at;

    assert_true(first >= memory && first + length <= memory + BYTES);
    assert_true(cleaned_count < sizeof cleaned / sizeof *cleaned);
    cleaned[cleaned_count].offset = (size_t)(first - memory);
    cleaned[cleaned_count++].length = length;
}

static uint8_t before[BYTES], after[BYTES];

/* Appends a line to the store as it is in memory; before and after are what memory held. */
static void append_and_watch(unsigned number, size_t length)
{
    reopen();
    store.clean = note_clean;
    cleaned_count = 0;
    memcpy(before, memory, BYTES);
    append_numbered(number, length);
    memcpy(after, memory, BYTES);
}

/* Opens what memory holds now, whatever happened to the last append, of length bytes: either all of
 * it is there or nothing, nothing newer than it made room for is lost (kept_from: where the store
 * begins with it), and the store can be written and opened again. */
static void check_cut_short(size_t length, uint64_t kept_from)
{
    const size_t all = written_bytes;
    char line[LOG_STORE_LINE_MAX];

    memcpy(line, written + all - length, length);
    reopen();
    if (log_store_end(&store) != all) {
        assert_int_equal(log_store_end(&store), all - length);
        written_bytes -= length;
    }
    assert_true(log_store_begin(&store) <= kept_from);
    check_text();

    append_line("and on it goes\n");
    check_text();
    reopen();
    assert_int_equal(log_store_end(&store), written_bytes);
    check_text();
    memcpy(written + all - length, line, length);
    written_bytes = all;
}

static void test_append_cut_short_at_any_byte_loses_only_itself(void **state)
{
    (void)state;
    fill(40);
    for (unsigned round = 0; round < 60; round++) {
        const size_t length = 8 + dice(300);

        append_and_watch(1000 + round, length);
        const uint64_t kept_from = log_store_begin(&store);

        memcpy(memory, before, BYTES);
        check_cut_short(length, kept_from);
        memcpy(memory, before, BYTES);
        for (unsigned part = 0; part < cleaned_count; part++) {
            for (size_t i = 0; i < cleaned[part].length; i++) {
                uint8_t now[BYTES];

                memory[cleaned[part].offset + i] = after[cleaned[part].offset + i];
                memcpy(now, memory, BYTES);
                check_cut_short(length, kept_from);
                memcpy(memory, now, BYTES);
            }
        }
        assert_memory_equal(memory, after, BYTES);
        reopen();
        assert_int_equal(log_store_end(&store), written_bytes);
    }
}

static void test_append_of_which_any_cache_lines_are_lost_loses_only_itself(void **state)
{
    (void)state;
    fill(40);
    for (unsigned round = 0; round < 2000; round++) {
        const size_t length = 8 + dice(300);

        append_and_watch(1000 + round, length);
        const uint64_t kept_from = log_store_begin(&store);

        for (size_t line = 0; line < BYTES; line += LINE_BYTES)
            if (dice(2) == 0)
                memcpy(memory + line, before + line, LINE_BYTES);
        check_cut_short(length, kept_from);
        memcpy(memory, after, BYTES);
    }
}

static void test_everything_written_is_cleaned_and_the_head_last(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 500; i++) {
        append_and_watch(i, 8 + dice(300));
        uint8_t kept[BYTES];

        assert_true(cleaned_count >= 2);
        memcpy(kept, before, BYTES);
        for (unsigned part = 0; part < cleaned_count; part++) {
            const size_t offset = cleaned[part].offset;

            assert_int_equal(offset < HEADS_BYTES, part == cleaned_count - 1);
            memcpy(kept + offset, after + offset, cleaned[part].length);
        }
        assert_memory_equal(kept, after, BYTES);
        /* The two heads take turns, each in its line. */
        assert_int_equal(cleaned[cleaned_count - 1].offset % LINE_BYTES, 0);
        assert_true(cleaned[cleaned_count - 1].length <= LINE_BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_append_cut_short_at_any_byte_loses_only_itself, setup),
        cmocka_unit_test_setup(test_append_of_which_any_cache_lines_are_lost_loses_only_itself,
                               setup),
        cmocka_unit_test_setup(test_everything_written_is_cleaned_and_the_head_last, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
