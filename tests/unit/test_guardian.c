/*
 * test_guardian: a service and the loader that stands guard over it: log, files, memory; and that
 * nobody is called where nobody stands. Watchdog: test_guardian_watchdog.c. Confirmation:
 * test_guardian_confirmation.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guardian_bench.h"

#include "heap.h"

/* ---- is anybody there? ---- */

/* sim_guard stops the test at any call. */
static void test_without_the_feature_nobody_is_called(void **state)
{
    uint64_t position = 0;
    char byte;

    (void)state;
    sim_guard_reset();
    record.loader.features = BOOT_FEATURE_WARM;
    begin_and_reach_the_loop(false);
    assert_false(guardian_is_there());
    assert_false(sim_guard.is_used);
    log_line("test", "a line");
    assert_int_equal(service_watchdog(100), 0);
    assert_int_equal(service_watchdog(GUARD_WATCHDOG_MAX_MS + 1), ERROR_INVALID);
    assert_int_equal(service_confirm(), 0);
    assert_int_equal(guardian_call(GUARD_CONFIRM, 0, 0), ERROR_ABSENT);
    assert_int_equal(guardian_read(GUARD_FILE_LOG, &position, &byte, 1), ERROR_ABSENT);
    run_for_us(5000000);
    assert_int_equal(guardian_deadline_us(), CLOCK_NEVER);
}

static void test_a_guard_of_another_version_is_not_used_and_the_log_says_so(void **state)
{
    (void)state;
    sim_guard.version = GUARD_INTERFACE + 1;
    begin();
    assert_false(guardian_is_there());
    assert_false(sim_guard.is_used);
    assert_int_equal(sim_guard_calls(GUARD_WATCHDOG), 0);
    assert_non_null(strstr(sim_log(), "kernel: the loader's guard calls are version 2, not 1"));
}

static void test_faults_go_to_a_guard_that_is_there(void **state)
{
    (void)state;
    begin();
    assert_true(guardian_is_there());
    assert_true(sim_guard.is_used);
}

/* ---- log ---- */

static void test_the_guard_keeps_each_line_just_as_it_is(void **state)
{
    (void)state;
    begin();
    log_line("test", "number %d", 1);
    log_line("test", "number %d", 2);
    assert_string_equal(sim_guard.log, sim_log());
    assert_int_equal(sim_guard_calls(GUARD_LOG), 2);
}

static void test_a_piece_longer_than_a_call_takes_is_given_in_several(void **state)
{
    static char text[2 * GUARD_LOG_MAX + 10];

    (void)state;
    begin();
    memset(text, 'x', sizeof text);
    log_bytes(text, sizeof text);
    assert_int_equal(sim_guard.log_length, sizeof text);
    assert_int_equal(sim_guard_calls(GUARD_LOG), 3);
}

static void test_what_the_consoles_lack_of_the_loaders_log_is_preloaded(void **state)
{
    static const char lines[] = "old, drained\nnot yet\nnor this\n";

    (void)state;
    sim_guard_put_log(lines, sizeof lines - 1);
    record.over.has_log = true;
    record.over.log.undrained = 17;
    begin();
    log_line("test", "ours");
    assert_ptr_equal(strstr(sim_log(), "not yet\nnor this\n"), sim_log());
    assert_ptr_equal(strstr(sim_log() + 17, "["), sim_log() + 17);
    assert_int_equal(sim_guard_calls(GUARD_LOG), 1); /* only ours */
}

static void test_more_undrained_than_there_is_gives_all_in_pieces(void **state)
{
    static char lines[3000];

    (void)state;
    for (size_t i = 0; i < sizeof lines; i++)
        lines[i] = i % 50 == 49 ? '\n' : (char)('a' + i / 50 % 26);
    sim_guard_put_log(lines, sizeof lines);
    sim_guard.read_at_once = 700;
    record.over.has_log = true;
    record.over.log.undrained = UINT32_MAX;
    begin();
    assert_int_equal(strlen(sim_log()), sizeof lines);
    assert_memory_equal(sim_log(), lines, sizeof lines);
}

static void test_a_guard_without_a_log_does_no_harm(void **state)
{
    (void)state;
    sim_guard_answer(GUARD_READ, ERROR_ABSENT);
    record.over.has_log = true;
    record.over.log.undrained = 100;
    begin();
    assert_string_equal(sim_log(), "");
}

/* ---- files ---- */

static void test_a_file_of_the_loader_is_read_over_the_limit_of_one_call(void **state)
{
    static char core[3 * GUARD_READ_MAX / 2], copy[2 * GUARD_READ_MAX];
    uint64_t position = 3;

    (void)state;
    for (size_t i = 0; i < sizeof core; i++)
        core[i] = (char)(i * 7);
    sim_guard.core = (struct sim_guard_file){core, sizeof core};
    begin();
    assert_int_equal(guardian_read(GUARD_FILE_CORE, &position, copy, sizeof copy), sizeof core - 3);
    assert_memory_equal(copy, core + 3, sizeof core - 3);
    assert_int_equal(position, sizeof core);
    assert_int_equal(guardian_read(GUARD_FILE_CORE, &position, copy, sizeof copy), 0);
    position = 0;
    assert_int_equal(guardian_read(GUARD_FILE_STATUS, &position, copy, 1), ERROR_ABSENT);
}

/* ---- memory ---- */

static void test_the_guard_knows_how_much_of_the_heap_is_taken(void **state)
{
    static uint8_t region[8192];

    (void)state;
    begin();
    heap_init(region, sizeof region);
    assert_non_null(sim_guard.memory);
    heap_grow(5000);
    heap_grow(-1000);
    assert_int_equal(sim_guard.memory->count, 1);
    assert_int_equal(sim_guard.memory->ranges[0].base, (uintptr_t)region);
    assert_int_equal(sim_guard.memory->ranges[0].bytes, 4000);
    assert_null(heap_grow(sizeof region));
    assert_int_equal(sim_guard.memory->ranges[0].bytes, 4000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_without_the_feature_nobody_is_called),
        TEST(test_a_guard_of_another_version_is_not_used_and_the_log_says_so),
        TEST(test_faults_go_to_a_guard_that_is_there),
        TEST(test_the_guard_keeps_each_line_just_as_it_is),
        TEST(test_a_piece_longer_than_a_call_takes_is_given_in_several),
        TEST(test_what_the_consoles_lack_of_the_loaders_log_is_preloaded),
        TEST(test_more_undrained_than_there_is_gives_all_in_pieces),
        TEST(test_a_guard_without_a_log_does_no_harm),
        TEST(test_a_file_of_the_loader_is_read_over_the_limit_of_one_call),
        TEST(test_the_guard_knows_how_much_of_the_heap_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
