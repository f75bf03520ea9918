/*
 * The power-loss runner: its quick form finds nothing wrong in the slot store, and something in
 * each plant. Its parts: test_powerloss_card.c.
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
#include <unistd.h>

#include "powerloss.h"

static struct powerloss powerloss;

static void test_the_quick_form_finds_nothing_in_the_slot_store(void **state)
{
    (void)state;
    powerloss_init(&powerloss, NULL);
    powerloss.is_quick = true;
    powerloss.is_printing = true;
    powerloss_run(&powerloss);
    printf("# figure: %lu cuts, %lu failed\n", powerloss.cuts, powerloss.failed);
    assert_int_equal(powerloss.step, workload_steps);
    assert_true(powerloss.events > 5 * workload_steps);
    assert_true(powerloss.cuts > 20 * powerloss.events);
    assert_int_equal(powerloss.failed, 0);
    powerloss_free(&powerloss);
}

/* Runs until something fails; its id into id. */
static bool finds(const char *plant, char id[POWERLOSS_ID_BYTES])
{
    assert_non_null(plants_find(plant));
    powerloss_init(&powerloss, plants_find(plant));
    powerloss.is_quick = true;
    powerloss.stops_at_first = true;
    powerloss_run(&powerloss);
    bool found = powerloss.failed != 0;

    strcpy(id, powerloss.first_failed);
    powerloss_free(&powerloss);
    return found;
}

/* How one cut alone ends. What it tells is not for the log of the tests. */
static unsigned long failures_of(const struct plant *plant, const char *id)
{
    int console = dup(STDOUT_FILENO);

    fflush(stdout);
    assert_non_null(freopen("/dev/null", "w", stdout));
    powerloss_init(&powerloss, plant);
    bool was_there = powerloss_run_one(&powerloss, id);

    powerloss_free(&powerloss);
    fflush(stdout);
    dup2(console, STDOUT_FILENO);
    close(console);
    assert_true(was_there || plant == NULL); /* a plant may make writes of its own */
    return powerloss.failed;
}

/* It is found; its id alone finds it again; and without the plant that cut does no harm. */
static void check_plant(const char *plant)
{
    char id[POWERLOSS_ID_BYTES];

    assert_true(finds(plant, id));
    assert_true(failures_of(plants_find(plant), id) > 0);
    assert_int_equal(failures_of(NULL, id), 0);
}

static void test_a_record_overwritten_in_place_is_found(void **state)
{
    (void)state;
    check_plant("in-place");
}

static void test_rings_in_one_unit_are_found(void **state)
{
    (void)state;
    check_plant("one-unit");
}

static void test_rings_whose_places_alternate_are_found(void **state)
{
    (void)state;
    check_plant("side-by-side");
}

static void test_a_store_that_never_flushes_is_found(void **state)
{
    (void)state;
    check_plant("no-flush");
}

static void test_acting_before_the_record_is_written_is_found(void **state)
{
    (void)state;
    check_plant("acts-first");
}

static void test_an_install_over_what_is_confirmed_is_found(void **state)
{
    (void)state;
    check_plant("takes-confirmed");
}

static void test_a_trial_that_spends_no_try_is_found(void **state)
{
    (void)state;
    check_plant("free-trial");
}

static void test_there_is_a_test_for_each_plant(void **state)
{
    (void)state;
    assert_int_equal(plant_count, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_overwritten_in_place_is_found),
        cmocka_unit_test(test_rings_in_one_unit_are_found),
        cmocka_unit_test(test_rings_whose_places_alternate_are_found),
        cmocka_unit_test(test_a_store_that_never_flushes_is_found),
        cmocka_unit_test(test_acting_before_the_record_is_written_is_found),
        cmocka_unit_test(test_an_install_over_what_is_confirmed_is_found),
        cmocka_unit_test(test_a_trial_that_spends_no_try_is_found),
        cmocka_unit_test(test_there_is_a_test_for_each_plant),
        cmocka_unit_test(test_the_quick_form_finds_nothing_in_the_slot_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
