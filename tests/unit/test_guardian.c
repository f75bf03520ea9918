/*
 * test_guardian: a service and the loader that stands guard over it: log, watchdog,
 * confirmation, memory; and that nobody is called where nobody stands.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "boot_record.h"
#include "clock.h"
#include "duties.h"
#include "error.h"
#include "event_loop.h"
#include "guardian.h"
#include "heap.h"
#include "log.h"
#include "net.h"
#include "network.h"
#include "recorder.h"
#include "service.h"
#include "sim.h"
#include "sim_board.h"
#include "sim_cable.h"
#include "sim_guard.h"
#include "sim_peer.h"
#include "timers.h"

static struct boot_record record;
static struct service_timer timer;

static int set_up(void **state)
{
    (void)state;
    sim_reset();
    sim_guard_begin();
    timers_reset();
    memset(&timer, 0, sizeof timer);
    record = (struct boot_record){
        .loader.features = BOOT_FEATURE_GUARD,
        .guard = {.watchdog_ms = 3000, .confirm_ms = 10000},
    };
    duties_due_us = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    log_set_recorder(NULL);
    sim_guard_reset();
    guardian_init(&(struct boot_record){0});
    return 0;
}

static void begin(void)
{
    guardian_init(&record);
    recorder_start();
}

/* As kernel_main does around service_main. */
static void begin_and_reach_the_loop(bool confirms_itself)
{
    begin();
    guardian_main_begins();
    guardian_main_ended(confirms_itself);
}

static void run_for_us(uint64_t duration_us)
{
    for (uint64_t end_us = clock_now_us() + duration_us; clock_now_us() < end_us;)
        event_loop_round(end_us);
}

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

/* ---- watchdog ---- */

static void test_the_loop_feeds_the_watchdog_at_a_quarter_of_its_time(void **state)
{
    unsigned fed;

    (void)state;
    begin_and_reach_the_loop(true);
    assert_int_equal(sim_guard.watchdog_ms, 3000);
    fed = sim_guard_calls(GUARD_WATCHDOG);
    run_for_us(30000000);
    assert_in_range(sim_guard_calls(GUARD_WATCHDOG) - fed, 39, 41);
}

static void test_a_start_has_longer_than_the_watchdogs_own_time(void **state)
{
    (void)state;
    begin();
    assert_int_equal(sim_guard.watchdog_ms, GUARDIAN_START_MS);
    sim_advance_us(10000000); /* a bus that takes its time */
    guardian_main_begins();
    assert_int_equal(sim_guard.watchdog_ms, 3000);
}

static void test_a_watchdog_longer_than_a_start_is_left_alone(void **state)
{
    (void)state;
    record.guard.watchdog_ms = 100000;
    begin();
    assert_int_equal(sim_guard.watchdog_ms, 100000);
}

static void test_without_a_watchdog_of_the_loader_none_is_set(void **state)
{
    (void)state;
    record.guard.watchdog_ms = 0;
    begin_and_reach_the_loop(true);
    run_for_us(60000000);
    assert_int_equal(sim_guard.watchdog_ms, 0);
    assert_int_equal(guardian_deadline_us(), CLOCK_NEVER);
}

static void run_a_callback_that_hangs(void *context)
{
    (void)context;
    run_for_us(10000000);
    sim_advance_us(3000000); /* and the loop does not go round */
}

static void test_a_callback_that_hangs_is_not_fed_for(void **state)
{
    (void)state;
    begin_and_reach_the_loop(true);
    assert_true(sim_expect_stop(run_a_callback_that_hangs, NULL));
    assert_string_equal(sim_stop_message(), "hung");
}

static void set_watchdog(void *context)
{
    assert_int_equal(service_watchdog(*(uint32_t *)context), 0);
}

/* The loop sleeps towards a deadline that was right before the callback. */
static void test_a_shorter_watchdog_set_by_a_callback_is_fed_in_time(void **state)
{
    unsigned fed;

    (void)state;
    begin_and_reach_the_loop(true);
    run_for_us(100000);
    service_timer_once(&timer, 1000, set_watchdog, &(uint32_t){8});
    run_for_us(2000);
    fed = sim_guard_calls(GUARD_WATCHDOG);
    assert_int_equal(sim_guard.watchdog_ms, 8);
    run_for_us(1000000);
    assert_in_range(sim_guard_calls(GUARD_WATCHDOG) - fed, 480, 500);
    assert_int_equal(service_watchdog(0), 0);
    fed = sim_guard_calls(GUARD_WATCHDOG);
    run_for_us(1000000);
    assert_int_equal(sim_guard_calls(GUARD_WATCHDOG), fed);
}

static void test_a_watchdog_that_the_guard_refuses_changes_nothing(void **state)
{
    (void)state;
    begin_and_reach_the_loop(true);
    assert_int_equal(service_watchdog(GUARD_WATCHDOG_MAX_MS + 1), ERROR_INVALID);
    assert_int_equal(sim_guard.watchdog_ms, 3000);
    assert_int_equal(service_watchdog(GUARD_WATCHDOG_MAX_MS), 0);
    run_for_us(2ull * GUARD_WATCHDOG_MAX_MS * 1000);
}

static void set_itself(void *context)
{
    service_timer_once(context, 0, set_itself, context);
}

static void test_a_loop_that_never_idles_is_fed_for_all_the_same(void **state)
{
    uint64_t wakeups;

    (void)state;
    begin_and_reach_the_loop(true);
    run_for_us(1000);
    wakeups = event_loop_statistics.wakeups;
    service_timer_once(&timer, 0, set_itself, &timer);
    for (int i = 0; i < 10000; i++) { /* "hung" stops the test */
        sim_advance_us(1000);
        event_loop_round(CLOCK_NEVER);
    }
    assert_int_equal(event_loop_statistics.wakeups, wakeups);
    service_timer_stop(&timer);
    assert_in_range(sim_guard_calls(GUARD_WATCHDOG), 14, 16);
}

/* ---- confirmation ---- */

static void test_the_kernel_confirms_when_the_loop_has_run_for_two_seconds(void **state)
{
    (void)state;
    begin_and_reach_the_loop(false);
    run_for_us(SERVICE_CONFIRM_AFTER_US - 1000);
    assert_false(guardian_is_confirmed());
    assert_int_equal(sim_guard_calls(GUARD_CONFIRM), 0);
    run_for_us(2000);
    assert_true(guardian_is_confirmed());
    assert_true(guardian_deadline_us() > clock_now_us()); /* or the loop would not sleep again */
    run_for_us(10000000);
    assert_int_equal(sim_guard_calls(GUARD_CONFIRM), 1);
}

static void test_a_service_that_confirms_itself_is_not_confirmed_by_the_kernel(void **state)
{
    (void)state;
    begin_and_reach_the_loop(true);
    run_for_us(30000000);
    assert_int_equal(sim_guard_calls(GUARD_CONFIRM), 0);
    assert_int_equal(service_confirm(), 0);
    assert_int_equal(service_confirm(), 0);
    assert_int_equal(sim_guard_calls(GUARD_CONFIRM), 1);
    assert_true(guardian_is_confirmed());
}

static void test_a_service_confirmed_in_service_main_is_not_confirmed_again(void **state)
{
    (void)state;
    begin();
    guardian_main_begins();
    assert_int_equal(service_confirm(), 0);
    guardian_main_ended(false);
    run_for_us(5000000);
    assert_int_equal(sim_guard_calls(GUARD_CONFIRM), 1);
}

/* It would become the one to fall back on, and no push could replace it. */
static void test_a_pushed_service_that_nobody_can_reach_is_not_confirmed_until_it_can_be(
    void **state)
{
    static struct sim_cable cable;
    static struct sim_peer peer;

    (void)state;
    sim_cable_init(&cable, 1);
    sim_peer_init(&peer, &cable);
    sim_board_reset();
    sim_board.ethernet = &cable.end[0].device;
    sim_board.network_status = 0;
    peer.serves_dhcp = false;
    strcpy(record.service.location, "push:10.0.0.1/demo.elf");
    begin();
    assert_int_equal(network_start(&sim_board.machine, &record), ERROR_TIMEOUT);
    guardian_main_begins();
    guardian_main_ended(false);
    run_for_us(100000000);
    assert_false(guardian_is_confirmed());
    assert_int_equal(sim_guard_calls(GUARD_CONFIRM), 0);
    char *line = strstr(sim_log(), "kernel: not confirmed yet: the network has not shown that it "
                                   "works\n");

    assert_non_null(line);
    assert_null(strstr(line + 20, "not confirmed yet")); /* said once */
    peer.serves_dhcp = true;
    run_for_us(20000000);
    assert_true(guardian_is_confirmed());
    assert_int_equal(sim_guard_calls(GUARD_CONFIRM), 1);
    net_stop();
    sim_cable_clear(&cable);
}

static void test_a_service_started_again_that_had_confirmed_itself_counts_as_confirmed(void **state)
{
    (void)state;
    record.guard = (struct boot_guard){.watchdog_ms = 3000, .confirmed = 1};
    begin_and_reach_the_loop(false);
    assert_true(guardian_is_confirmed());
    assert_int_equal(service_confirm(), 0);
    run_for_us(10000000);
    assert_int_equal(sim_guard_calls(GUARD_CONFIRM), 0); /* the loader knows */
}

static void test_an_image_too_large_to_keep_is_confirmed_and_said_so(void **state)
{
    (void)state;
    begin_and_reach_the_loop(true);
    sim_guard_answer(GUARD_CONFIRM, ERROR_TOO_LARGE);
    assert_int_equal(service_confirm(), ERROR_TOO_LARGE);
    assert_true(guardian_is_confirmed());
    assert_non_null(strstr(sim_log(), "but is too large to be kept"));
}

static void test_a_card_that_cannot_be_told_is_told_a_minute_later(void **state)
{
    (void)state;
    begin_and_reach_the_loop(false);
    sim_guard_answer(GUARD_CONFIRM, ERROR_IO);
    run_for_us(SERVICE_CONFIRM_AFTER_US + 1000);
    assert_true(guardian_is_confirmed());
    assert_non_null(strstr(sim_log(), "but the card cannot be told: input/output error"));
    run_for_us(59000000);
    assert_int_equal(sim_guard_calls(GUARD_CONFIRM), 1);
    run_for_us(60000000);
    assert_int_equal(sim_guard_calls(GUARD_CONFIRM), 2);
    char *line = strstr(sim_log(), "the card cannot be told");

    assert_null(strstr(line + 1, "the card cannot be told")); /* said once */
    sim_guard_answer(GUARD_CONFIRM, 0);
    run_for_us(60000000);
    assert_int_equal(sim_guard_calls(GUARD_CONFIRM), 3);
    assert_non_null(strstr(sim_log(), "the card now has it that the service confirmed itself"));
    run_for_us(200000000);
    assert_int_equal(sim_guard_calls(GUARD_CONFIRM), 3);
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
        TEST(test_the_loop_feeds_the_watchdog_at_a_quarter_of_its_time),
        TEST(test_a_start_has_longer_than_the_watchdogs_own_time),
        TEST(test_a_watchdog_longer_than_a_start_is_left_alone),
        TEST(test_without_a_watchdog_of_the_loader_none_is_set),
        TEST(test_a_callback_that_hangs_is_not_fed_for),
        TEST(test_a_shorter_watchdog_set_by_a_callback_is_fed_in_time),
        TEST(test_a_watchdog_that_the_guard_refuses_changes_nothing),
        TEST(test_a_loop_that_never_idles_is_fed_for_all_the_same),
        TEST(test_the_kernel_confirms_when_the_loop_has_run_for_two_seconds),
        TEST(test_a_service_that_confirms_itself_is_not_confirmed_by_the_kernel),
        TEST(test_a_service_confirmed_in_service_main_is_not_confirmed_again),
        TEST(test_a_pushed_service_that_nobody_can_reach_is_not_confirmed_until_it_can_be),
        TEST(test_a_service_started_again_that_had_confirmed_itself_counts_as_confirmed),
        TEST(test_an_image_too_large_to_keep_is_confirmed_and_said_so),
        TEST(test_a_card_that_cannot_be_told_is_told_a_minute_later),
        TEST(test_the_guard_knows_how_much_of_the_heap_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
