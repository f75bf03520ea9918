/*
 * slot_table: where an install goes, and what it may not cost.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_table_bench.h"

static void test_empty_table_is_sound_and_has_nothing_to_start(void **state)
{
    uint8_t slots[SLOT_SLOTS];

    (void)state;
    assert_true(slot_table_is_sound(&table));
    assert_int_equal(slot_table_wanted(&table, "dns"), ERROR_ABSENT);
    assert_int_equal(slot_table_find(&table, "dns"), ERROR_ABSENT);
    assert_int_equal(slot_table_find(&table, ""), ERROR_ABSENT);
    for (unsigned i = 0; i < SLOT_SERVICES_MAX; i++)
        assert_int_equal(slot_table_order(&table, i, slots), 0);
    assert_false(slot_table_clean(&table));
}

static void test_each_service_gets_a_row_and_its_installs_go_to_it(void **state)
{
    (void)state;
    assert_int_equal(install("dns"), A);
    assert_int_equal(install("echo"), A);
    assert_int_equal(install("dns"), B);
    assert_int_equal(index_of("dns"), 0);
    assert_int_equal(index_of("echo"), 1);
    assert_int_equal(table.installs, 3);
    assert_int_equal(entry("dns", B)->install, 3);
    assert_int_equal(slot_table_find(&table, "dn"), ERROR_ABSENT);
    assert_int_equal(slot_table_find(&table, "dnss"), ERROR_ABSENT);
    assert_true(slot_table_is_sound(&table));
}

static void test_install_becomes_pending_with_its_tries(void **state)
{
    (void)state;
    unsigned slot = begin("dns");

    assert_string_equal(order("dns"), "");
    slot_table_end_install(&table, 0, slot, SLOT_TRIES_MAX);
    assert_int_equal(entry("dns", slot)->state, SLOT_PENDING);
    assert_int_equal(entry("dns", slot)->tries, SLOT_TRIES_MAX);
    assert_string_equal(order("dns"), "A");
}

static void test_name_that_is_no_services_name_is_not_installed(void **state)
{
    static const char *const names[] = {"",
                                        "DNS",
                                        "a b",
                                        "a.b",
                                        "a/b",
                                        "a_b",
                                        "caf\xc3\xa9",
                                        "a\n",
                                        "0123456789012345678901234567890x",
                                        "0123456789012345678901234567890x0"};
    unsigned service = 77, slot = 77;

    (void)state;
    before = table;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(slot_table_begin_install(&table, names[i], &service, &slot),
                         ERROR_INVALID);
        assert_unchanged();
    }
    assert_int_equal(slot_table_begin_install(&table, "azaz-0909-", &service, &slot), 0);
    assert_int_equal(
        slot_table_begin_install(&table, "0123456789012345678901234567890", &service, &slot), 0);
    assert_int_equal(slot_table_find(&table, "0123456789012345678901234567890"), 1);
    assert_int_equal(slot_table_find(&table, "0123456789012345678901234567890x"), ERROR_ABSENT);
    assert_true(slot_table_is_sound(&table));
}

static void test_ninth_service_finds_no_room_and_changes_nothing(void **state)
{
    unsigned service, slot;
    char name[] = "service-0";

    (void)state;
    for (unsigned i = 0; i < SLOT_SERVICES_MAX; i++) {
        name[8] = (char)('0' + i);
        install(name);
    }
    before = table;
    assert_int_equal(slot_table_begin_install(&table, "ninth", &service, &slot), ERROR_NO_MEMORY);
    assert_unchanged();
    assert_int_equal(slot_table_begin_install(&table, "service-7", &service, &slot), 0);
    assert_int_equal(service, 7);
}

static void test_install_numbers_do_not_begin_anew(void **state)
{
    unsigned service, slot;

    (void)state;
    table.installs = UINT32_MAX - 1;
    install("dns");
    assert_int_equal(entry("dns", A)->install, UINT32_MAX);
    before = table;
    assert_int_equal(slot_table_begin_install(&table, "dns", &service, &slot), ERROR_NO_MEMORY);
    assert_unchanged();
    assert_true(slot_table_is_sound(&table));
}

/* What an install takes, A's and B's state given, A's install being the earlier one. */
static void test_install_takes_the_slot_of_which_least_is_lost(void **state)
{
    static const struct {
        const char *a, *b;
        unsigned taken;
    } cases[] = {{"E00", "B02", A}, {"B01", "E00", B}, {"B01", "B02", A}, {"W01", "B02", A},
                 {"B03", "W02", B}, {"P31", "E00", B}, {"P31", "W02", B}, {"P31", "B02", B},
                 {"T01", "B02", B}, {"P11", "P12", A}, {"P13", "T12", B}, {"T03", "P32", B},
                 {"C01", "E00", B}, {"C01", "B02", B}, {"C01", "W02", B}, {"C01", "P32", B},
                 {"C31", "T32", B}, {"T33", "C32", A}, {"C01", "C02", A}, {"C03", "C02", B},
                 {"C21", "C12", A}, {"C21", "C32", B}, {"C31", "C32", A}, {"C33", "C02", A}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        slot_table_init(&table);
        begin("dns");
        table.installs = 3;
        *entry("dns", A) = entry_as(cases[i].a);
        *entry("dns", B) = entry_as(cases[i].b);
        assert_true(slot_table_is_sound(&table));
        assert_int_equal(begin("dns"), cases[i].taken);
        assert_int_equal(entry("dns", cases[i].taken)->tries, 0);
        assert_int_equal(entry("dns", cases[i].taken)->failures, 0);
        assert_int_equal(entry("dns", cases[i].taken)->install, 4);
        assert_true(slot_table_is_sound(&table));
    }
}

/* The later one was passed over when the earlier was started: it fails, or cannot be read. */
static void test_install_leaves_the_confirmed_slot_that_was_started_last(void **state)
{
    (void)state;
    install_and_confirm("dns");
    install_and_confirm("dns");
    assert_true(start("dns", A));
    assert_int_equal(begin("dns"), B);
    assert_int_equal(entry("dns", A)->state, SLOT_CONFIRMED);
}

static void test_what_was_started_last_of_another_service_does_not_matter_to_an_install(
    void **state)
{
    (void)state;
    install_and_confirm("dns");
    install_and_confirm("dns");
    install_and_confirm("echo");
    assert_int_equal(begin("dns"), A);
}

static void test_what_was_started_last_does_not_matter_of_two_on_trial(void **state)
{
    (void)state;
    install("dns");
    start("dns", A);
    install("dns");
    assert_int_equal(begin("dns"), A);
}

static void test_what_was_started_last_counts_for_less_than_three_failures(void **state)
{
    (void)state;
    install_and_confirm("dns");
    install_and_confirm("dns");
    put("dns", B, "C32");
    assert_int_equal(table.last_slot, B);
    assert_int_equal(begin("dns"), B);
}

static void test_cut_install_over_a_trial_leaves_the_confirmed_slot(void **state)
{
    (void)state;
    install_and_confirm("dns");
    install("dns");
    assert_int_equal(begin("dns"), B);
    assert_string_equal(order("dns"), "A");
    assert_true(slot_table_clean(&table));
    assert_int_equal(entry("dns", B)->state, SLOT_EMPTY);
    assert_string_equal(order("dns"), "A");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_empty_table_is_sound_and_has_nothing_to_start, setup),
        cmocka_unit_test_setup(test_each_service_gets_a_row_and_its_installs_go_to_it, setup),
        cmocka_unit_test_setup(test_install_becomes_pending_with_its_tries, setup),
        cmocka_unit_test_setup(test_name_that_is_no_services_name_is_not_installed, setup),
        cmocka_unit_test_setup(test_ninth_service_finds_no_room_and_changes_nothing, setup),
        cmocka_unit_test_setup(test_install_numbers_do_not_begin_anew, setup),
        cmocka_unit_test_setup(test_install_takes_the_slot_of_which_least_is_lost, setup),
        cmocka_unit_test_setup(test_install_leaves_the_confirmed_slot_that_was_started_last, setup),
        cmocka_unit_test_setup(
            test_what_was_started_last_of_another_service_does_not_matter_to_an_install, setup),
        cmocka_unit_test_setup(test_what_was_started_last_does_not_matter_of_two_on_trial, setup),
        cmocka_unit_test_setup(test_what_was_started_last_counts_for_less_than_three_failures,
                               setup),
        cmocka_unit_test_setup(test_cut_install_over_a_trial_leaves_the_confirmed_slot, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
