/*
 * slot_table: what no sequence of calls could have made is not sound.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_table_bench.h"

static void make_a_full_table(void)
{
    slot_table_init(&table);
    install_and_confirm("dns");
    install("dns");
    start("dns", B);
    install("echo");
    start("echo", A);
    crash("echo", A);
    begin("echo");
    table.standard = 0;
    table.once = 1;
    assert_true(slot_table_is_sound(&table));
}

/* Makes a change to one byte and expects it to be noticed. */
static void assert_noticed(void *at, unsigned value)
{
    uint8_t *byte = at, was = *byte;

    *byte = (uint8_t)value;
    assert_false(slot_table_is_sound(&table));
    *byte = was;
    assert_true(slot_table_is_sound(&table));
}

static void test_index_of_a_row_that_is_not_taken_is_noticed(void **state)
{
    (void)state;
    make_a_full_table();
    for (unsigned value = 2; value < SLOT_NOBODY; value++) {
        assert_noticed(&table.standard, value);
        assert_noticed(&table.once, value);
        assert_noticed(&table.last_service, value);
    }
    for (unsigned value = SLOT_SLOTS; value <= 0xff; value++)
        assert_noticed(&table.last_slot, value);
}

static void test_name_that_nobody_could_have_installed_is_noticed(void **state)
{
    struct slot_service *row = &table.services[0];

    (void)state;
    make_a_full_table();
    for (unsigned value = 0; value <= 0xff; value++) {
        bool good =
            (value >= 'a' && value <= 'z') || (value >= '0' && value <= '9') || value == '-';

        if (!good)
            assert_noticed(&row->name[1], value);
    }
    assert_noticed(&row->name[0], 0);
    assert_noticed(&row->name[4], 'x');
    assert_noticed(&row->name[31], 'x');
    memset(row->name, 'a', sizeof row->name);
    assert_false(slot_table_is_sound(&table));
    row->name[31] = '\0';
    assert_true(slot_table_is_sound(&table));
    strncpy(row->name, "echo", sizeof row->name);
    assert_false(slot_table_is_sound(&table));
}

static void test_free_row_with_anything_in_it_is_noticed(void **state)
{
    struct slot_service *row = &table.services[2];

    (void)state;
    make_a_full_table();
    assert_noticed(&row->name[5], 'x');
    assert_noticed(&row->floor, 1);
    for (unsigned slot = 0; slot < SLOT_SLOTS; slot++) {
        assert_noticed(&row->slots[slot].state, SLOT_CONFIRMED);
        assert_noticed(&row->slots[slot].tries, 1);
        assert_noticed(&row->slots[slot].install, 1);
        row->slots[slot] = entry_as("B01");
        assert_false(slot_table_is_sound(&table));
        row->slots[slot] = (struct slot_entry){0};
    }
}

static void test_state_or_count_that_cannot_be_is_noticed(void **state)
{
    static const struct {
        uint8_t state, tries_min, tries_max, failures_max;
    } states[] = {
        {SLOT_EMPTY, 0, 0, 0},
        {SLOT_WRITING, 0, 0, 0},
        {SLOT_PENDING, 1, SLOT_TRIES_MAX, 0},
        {SLOT_TRIAL, 0, SLOT_TRIES_MAX, 0},
        {SLOT_CONFIRMED, 0, 0, SLOT_FAILURES_MAX},
        {SLOT_BAD, 0, 0, 0},
    };
    struct slot_entry *e = &table.services[0].slots[B];

    (void)state;
    make_a_full_table();
    for (unsigned value = SLOT_BAD + 1; value <= 0xff; value++)
        assert_noticed(&table.services[0].slots[A].state, value);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        *e = (struct slot_entry){.state = states[i].state, .install = i == 0 ? 0 : 2};
        for (unsigned value = 0; value <= 0xff; value++) {
            e->tries = (uint8_t)value;
            assert_int_equal(slot_table_is_sound(&table),
                             value >= states[i].tries_min && value <= states[i].tries_max);
        }
        e->tries = states[i].tries_min;
        for (unsigned value = 0; value <= 0xff; value++) {
            e->failures = (uint8_t)value;
            assert_int_equal(slot_table_is_sound(&table), value <= states[i].failures_max);
        }
    }
}

static void test_install_number_that_was_never_given_is_noticed(void **state)
{
    struct slot_entry *e = &table.services[0].slots[B];

    (void)state;
    make_a_full_table();
    e->install = 5;
    assert_false(slot_table_is_sound(&table));
    table.installs = 5;
    assert_true(slot_table_is_sound(&table));
    e->install = 0;
    assert_false(slot_table_is_sound(&table));
    e->install = table.services[0].slots[A].install;
    assert_false(slot_table_is_sound(&table));
    *e = (struct slot_entry){.state = SLOT_EMPTY};
    assert_true(slot_table_is_sound(&table));
    e->install = 2;
    assert_false(slot_table_is_sound(&table));
}

static void test_what_is_reserved_is_not_looked_at(void **state)
{
    (void)state;
    make_a_full_table();
    table.services[0].slots[A].reserved = 0xff;
    assert_true(slot_table_is_sound(&table));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_index_of_a_row_that_is_not_taken_is_noticed, setup),
        cmocka_unit_test_setup(test_name_that_nobody_could_have_installed_is_noticed, setup),
        cmocka_unit_test_setup(test_free_row_with_anything_in_it_is_noticed, setup),
        cmocka_unit_test_setup(test_state_or_count_that_cannot_be_is_noticed, setup),
        cmocka_unit_test_setup(test_install_number_that_was_never_given_is_noticed, setup),
        cmocka_unit_test_setup(test_what_is_reserved_is_not_looked_at, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
