/*
 * slot_table: which slot comes first, what a power cycle cleans, and which service is selected.
 * Installs: test_slot_table_install.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_table_bench.h"

/* ---- order ---- */

static void test_order_is_the_later_install_first_of_those_that_may_start(void **state)
{
    static const struct {
        const char *a, *b;
        const char *order;
    } cases[] = {{"E00", "E00", ""},
                 {"W01", "B02", ""},
                 {"T01", "W02", ""},
                 {"T11", "E00", "A"},
                 {"E00", "C32", "B"},
                 {"C01", "P12", "BA"},
                 {"C01", "T12", "BA"},
                 {"C01", "T02", "A"},
                 {"C01", "B02", "A"},
                 {"C01", "W02", "A"},
                 {"P11", "T12", "BA"},
                 {"P13", "T12", "AB"},
                 {"C01", "C02", "BA"},
                 {"C03", "C02", "AB"},
                 {"C01", "C22", "BA"},
                 {"C21", "C32", "AB"},
                 {"C31", "C22", "BA"},
                 {"C33", "C02", "BA"},
                 {"C31", "C32", "AB"},
                 /* The other one is no confirmed one: it is no better. */
                 {"T11", "C32", "BA"},
                 /* A trial goes before what was confirmed earlier, however that does. */
                 {"C31", "T12", "BA"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        slot_table_init(&table);
        begin("dns");
        table.installs = 3;
        *entry("dns", A) = entry_as(cases[i].a);
        *entry("dns", B) = entry_as(cases[i].b);
        assert_true(slot_table_is_sound(&table));
        assert_string_equal(order("dns"), cases[i].order);
    }
}

static void test_trial_overtaken_by_a_later_install_does_not_come_back(void **state)
{
    (void)state;
    install("dns");
    start("dns", A);
    assert_int_equal(install("dns"), B);
    start("dns", B);
    slot_table_confirmed(&table, 0, B, 0);
    assert_string_equal(order("dns"), "BA");
}

/* ---- cleaning ---- */

static void test_power_cycle_ends_what_was_cut_and_nothing_else(void **state)
{
    static const struct {
        const char *before, *after;
    } cases[] = {{"W01", "E00"}, {"T01", "B01"}, {"T11", "T11"}, {"P11", "P11"},
                 {"C01", "C01"}, {"C31", "C31"}, {"B01", "B01"}, {"E00", "E00"}};

    (void)state;
    install_and_confirm("echo");
    table.installs = 2;
    begin("dns"); /* 3 */
    put("dns", B, "C12");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put("dns", A, cases[i].before);
        before = table;
        before.services[1].slots[A] = entry_as(cases[i].after);
        assert_int_equal(slot_table_clean(&table), strcmp(cases[i].before, cases[i].after) != 0);
        assert_unchanged();
        assert_true(slot_table_is_sound(&table));
        assert_false(slot_table_clean(&table));
    }
}

static void test_row_of_a_service_whose_first_install_was_cut_becomes_free(void **state)
{
    (void)state;
    begin("dns");
    install("echo");
    assert_true(slot_table_clean(&table));
    assert_int_equal(slot_table_find(&table, "dns"), ERROR_ABSENT);
    assert_int_equal(index_of("echo"), 1);
    assert_true(slot_table_is_sound(&table));
    assert_int_equal(table.installs, 2); /* a number is not given twice */
    install("third");
    assert_int_equal(index_of("third"), 0);
}

static void test_row_with_a_floor_stays_when_its_slots_are_empty(void **state)
{
    (void)state;
    begin("dns");
    table.services[0].floor = 3;
    assert_true(slot_table_clean(&table));
    assert_int_equal(index_of("dns"), 0);
    assert_int_equal(table.services[0].floor, 3);
    assert_true(slot_table_is_sound(&table));
    assert_false(slot_table_clean(&table));
}

static void test_row_that_becomes_free_is_nobodys_selection(void **state)
{
    (void)state;
    install("echo");
    begin("dns");
    table.standard = table.once = table.last_service = 1;
    table.last_slot = B;
    assert_true(slot_table_is_sound(&table));
    assert_true(slot_table_clean(&table));
    assert_int_equal(table.standard, SLOT_NOBODY);
    assert_int_equal(table.once, SLOT_NOBODY);
    assert_int_equal(table.last_service, SLOT_NOBODY);
    assert_int_equal(table.last_slot, 0);
    assert_true(slot_table_is_sound(&table));
}

/* ---- selecting ---- */

static void test_once_goes_before_standard_before_preferred_before_the_first(void **state)
{
    (void)state;
    install("dns");
    install("echo");
    install("third");
    install("fourth");
    assert_int_equal(slot_table_wanted(&table, NULL), 0);
    assert_int_equal(slot_table_wanted(&table, "nobody"), 0);
    assert_int_equal(slot_table_wanted(&table, "echo"), 1);
    assert_int_equal(slot_table_select(&table, "third", SLOT_ALWAYS), 0);
    assert_int_equal(slot_table_wanted(&table, "echo"), 2);
    assert_int_equal(slot_table_select(&table, "fourth", SLOT_ONCE), 0);
    assert_int_equal(slot_table_wanted(&table, "echo"), 3);
    start("fourth", A);
    assert_int_equal(slot_table_wanted(&table, "echo"), 2);
}

static void test_first_service_is_one_that_has_something_to_start_if_any_has(void **state)
{
    (void)state;
    install("dns");
    install("echo");
    put("dns", A, "B01");
    assert_int_equal(slot_table_wanted(&table, NULL), 1);
    assert_int_equal(slot_table_wanted(&table, "dns"), 0);
    put("echo", A, "B02");
    assert_int_equal(slot_table_wanted(&table, NULL), 0);
    slot_table_init(&table);
    begin("dns");
    install("echo");
    slot_table_clean(&table);
    put("echo", A, "B02");
    assert_int_equal(slot_table_wanted(&table, NULL), 1);
}

static void test_selecting_for_always_takes_back_a_selection_for_once(void **state)
{
    (void)state;
    install("dns");
    install("echo");
    assert_int_equal(slot_table_select(&table, "echo", SLOT_ONCE), 0);
    assert_int_equal(slot_table_select(&table, "dns", SLOT_ALWAYS), 0);
    assert_int_equal(slot_table_wanted(&table, NULL), 0);
    assert_int_equal(table.once, SLOT_NOBODY);
}

static void test_selecting_for_now_only_looks(void **state)
{
    (void)state;
    install("dns");
    before = table;
    assert_int_equal(slot_table_select(&table, "dns", SLOT_NOW), 0);
    assert_unchanged();
}

static void test_service_that_cannot_start_is_not_selected(void **state)
{
    (void)state;
    install("dns");
    start("dns", A);
    crash("dns", A);
    before = table;
    for (int when = SLOT_NOW; when <= SLOT_ALWAYS; when++) {
        assert_int_equal(slot_table_select(&table, "dns", when), ERROR_REFUSED);
        assert_int_equal(slot_table_select(&table, "echo", when), ERROR_ABSENT);
        assert_int_equal(slot_table_select(&table, "", when), ERROR_ABSENT);
    }
    assert_int_equal(slot_table_select(&table, "dns", (enum slot_when)3), ERROR_INVALID);
    assert_int_equal(slot_table_select(&table, "dns", (enum slot_when) ~0u), ERROR_INVALID);
    assert_unchanged();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_order_is_the_later_install_first_of_those_that_may_start,
                               setup),
        cmocka_unit_test_setup(test_trial_overtaken_by_a_later_install_does_not_come_back, setup),
        cmocka_unit_test_setup(test_power_cycle_ends_what_was_cut_and_nothing_else, setup),
        cmocka_unit_test_setup(test_row_of_a_service_whose_first_install_was_cut_becomes_free,
                               setup),
        cmocka_unit_test_setup(test_row_with_a_floor_stays_when_its_slots_are_empty, setup),
        cmocka_unit_test_setup(test_row_that_becomes_free_is_nobodys_selection, setup),
        cmocka_unit_test_setup(test_once_goes_before_standard_before_preferred_before_the_first,
                               setup),
        cmocka_unit_test_setup(test_first_service_is_one_that_has_something_to_start_if_any_has,
                               setup),
        cmocka_unit_test_setup(test_selecting_for_always_takes_back_a_selection_for_once, setup),
        cmocka_unit_test_setup(test_selecting_for_now_only_looks, setup),
        cmocka_unit_test_setup(test_service_that_cannot_start_is_not_selected, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
