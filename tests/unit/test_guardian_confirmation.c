/*
 * test_guardian_confirmation: when the kernel tells the loader that a service works.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guardian_bench.h"

#include "net.h"
#include "network.h"
#include "sim_board.h"
#include "sim_cable.h"
#include "sim_peer.h"

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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_the_kernel_confirms_when_the_loop_has_run_for_two_seconds),
        TEST(test_a_service_that_confirms_itself_is_not_confirmed_by_the_kernel),
        TEST(test_a_service_confirmed_in_service_main_is_not_confirmed_again),
        TEST(test_a_pushed_service_that_nobody_can_reach_is_not_confirmed_until_it_can_be),
        TEST(test_a_service_started_again_that_had_confirmed_itself_counts_as_confirmed),
        TEST(test_an_image_too_large_to_keep_is_confirmed_and_said_so),
        TEST(test_a_card_that_cannot_be_told_is_told_a_minute_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
