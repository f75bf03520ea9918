/*
 * test_slot_text: the table for a person, and versions in order.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_card.h"

static char text[SLOT_TEXT_BYTES];

static const char *show(int service, unsigned slot)
{
    size_t length;

    memset(text, 'x', sizeof text);
    length = slot_store_text(&store, service, slot, text, sizeof text);
    assert_int_equal(length, strlen(text));
    return text;
}

static void test_a_new_store_says_that_it_has_no_services(void **state)
{
    (void)state;
    open_store();
    assert_string_equal(show(-1, 0), "no services\n");
}

static void test_the_table_has_a_line_for_each_slot_of_each_service(void **state)
{
    struct slot_image about;
    unsigned service, slot;

    (void)state;
    open_store();
    install_confirmed("dns", "1.9");
    about = make_image("dns", "1.10.2", LARGE_BYTES);
    about.security_counter = 12;
    assert_int_equal(slot_store_install(&store, file, &about, TRIES, &service, &slot, reason), 0);
    commit_start("dns", slot);
    install("echo", "");
    slot_table_select(&store.table, "dns", SLOT_ALWAYS);
    slot_table_select(&store.table, "echo", SLOT_ONCE);
    slot_table_failed(&store.table, 0, 0, false);
    assert_string_equal(
        show(0, 1),
        "service  slot  state      version          tries  failures  counter      bytes  notes\n"
        "dns      A     confirmed  1.9                  -         1        1       1500  floor 1\n"
        "dns      B     trial      1.10.2               2         -       12     100001  running, "
        "default\n"
        "echo     A     pending    -                    3         -        1       1500  next\n"
        "echo     B     empty      -                    -         -        -          -\n");
    slot_table_select(&store.table, "dns", SLOT_ONCE);
    assert_non_null(strstr(show(0, 1), "running, default, next\n"));
    assert_non_null(strstr(show(1, 0), "1500  floor 1\n"));
    assert_non_null(strstr(show(1, 1), "-  running\n"));
}

static void test_what_cannot_be_shown_is_said(void **state)
{
    (void)state;
    open_store();
    install("dns", "1");
    install("dns", "2");
    header_at(0, 0)->bytes++;
    card.bad_block = STORE_FIRST + 2 * SLOT_UNIT_BLOCKS;
    store.is_read_only = true;
    store.was_lost = true;
    assert_string_equal(
        show(-1, 0),
        "service  slot  state      version          tries  failures  counter      bytes  notes\n"
        "dns      A     pending    -                    3         -        -          -  damaged\n"
        "dns      B     pending    -                    3         -        -          -  cannot be "
        "read\n"
        "All slot records were lost; nothing is believed to be confirmed.\n"
        "The card cannot be written; no trial is started.\n");
}

static void test_a_slot_that_is_empty_is_not_read(void **state)
{
    (void)state;
    open_store();
    install("dns", "1");
    card.bad_block = STORE_FIRST + 2 * SLOT_UNIT_BLOCKS;
    assert_null(strstr(show(-1, 0), "cannot be read"));
}

static void test_the_largest_table_fits_and_a_small_buffer_is_filled(void **state)
{
    char name[32] = "a123456789012345678901234567890";

    (void)state;
    open_store();
    for (unsigned i = 0; i < 16; i++) {
        struct slot_image about;
        unsigned service, slot;

        name[0] = (char)('a' + i / 2);
        about = make_image(name, "123456789012345", IMAGE_BYTES);
        about.security_counter = UINT32_MAX;
        assert_int_equal(slot_store_install(&store, file, &about, TRIES, &service, &slot, reason),
                         0);
        store.table.services[service].floor = UINT32_MAX;
        store.table.standard = store.table.once = (uint8_t)service;
        store.records.newest.table = store.table;
        store.is_read_only = false;
        assert_int_equal(slot_records_write(&store.records, &store.table), 0);
    }
    store.is_read_only = store.was_lost = true;
    show(7, 0);
    assert_int_equal(strstr(text, "slot ") - text, strstr(text, "A     ") - strchr(text, '\n') - 1);
    assert_true(strlen(text) < SLOT_TEXT_BYTES - 100);
    assert_string_equal(text + strlen(text) - 20, "no trial is started.\n" + 1);
    for (size_t capacity = 1; capacity < 400; capacity++) {
        char *small = malloc(capacity);

        assert_int_equal(slot_store_text(&store, 7, 0, small, capacity), capacity - 1);
        assert_int_equal(small[capacity - 1], 0);
        assert_memory_equal(small, text, capacity - 1);
        free(small);
    }
}

static void test_versions_are_ordered_by_their_numbers(void **state)
{
    static const char *const in_order[] = {
        "",
        "1",
        "1.0-rc1",
        "1.0.0",
        "1.2",
        "1.9",
        "1.9.1",
        "1.9a",
        "1.10",
        "1.10.2",
        "2",
        "10",
        "99999999999999999999",
        "100000000000000000000",
        "v1",
        "v1.2",
    };

    (void)state;
    for (unsigned i = 0; i < sizeof in_order / sizeof *in_order; i++) {
        for (unsigned j = 0; j < sizeof in_order / sizeof *in_order; j++) {
            int order = slot_version_compare(in_order[i], in_order[j]);

            if ((i > j) - (i < j) != (order > 0) - (order < 0))
                fail_msg("%s and %s: %d", in_order[i], in_order[j], order);
        }
    }
    assert_int_equal(slot_version_compare("1.02", "1.2"), 0);
    assert_int_equal(slot_version_compare("1.0", "1.00"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_new_store_says_that_it_has_no_services),
        CASE(test_the_table_has_a_line_for_each_slot_of_each_service),
        CASE(test_what_cannot_be_shown_is_said),
        CASE(test_a_slot_that_is_empty_is_not_read),
        CASE(test_the_largest_table_fits_and_a_small_buffer_is_filled),
        CASE(test_versions_are_ordered_by_their_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
