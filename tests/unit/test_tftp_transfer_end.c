/*
 * Whole TFTP transfers that end without a file: servers that are away, and files that do not fit.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_transfer_bench.h"

static void test_server_that_never_comes_back_ends_at_the_deadline(void **state)
{
    (void)state;
    sim.delay_us = 15000;
    sim.away_from_us = START_US + 60000;
    sim.away_until_us = UINT64_MAX;
    assert_int_equal(sim_tftp_run(&sim, &client, &request), ERROR_TIMEOUT);
    assert_true(sim.now_us >= START_US + 120 * SECOND_US &&
                sim.now_us < START_US + 121 * SECOND_US);
    assert_string_equal(client.message, "the server does not answer");
    assert_guards_untouched();
}

static void test_silent_server_is_asked_sparingly(void **state)
{
    (void)state;
    sim.away_until_us = UINT64_MAX;
    assert_int_equal(sim_tftp_run(&sim, &client, &request), ERROR_TIMEOUT);
    assert_string_equal(client.message, "the server does not answer");
    assert_true(client.repeated + tftp_attempt(&client) < 120);
}

static void test_missing_file_is_absent_at_once(void **state)
{
    (void)state;
    sim.name = "other.elf";
    assert_int_equal(sim_tftp_run(&sim, &client, &request), ERROR_ABSENT);
    assert_string_equal(client.message, "the server says \"File not found\" (error 1)");
    assert_int_equal(sim.requests, 1);
}

/* 29 */
static void test_endless_file_ends_at_the_capacity(void **state)
{
    (void)state;
    sim.options = TFTP_BLKSIZE | TFTP_WINDOWSIZE;
    sim.length = UINT64_MAX / 4;
    sim.repeats = 1000;
    request.capacity = 100000;
    assert_int_equal(sim_tftp_run(&sim, &client, &request), ERROR_TOO_LARGE);
    assert_string_equal(client.message,
                        "the file has more than 100000 bytes, there is room for 100000");
    assert_int_equal(sim.last_error, 3);
    assert_guards_untouched();
}

/* 29 */
static void test_endless_file_into_endless_room_ends_at_the_deadline(void **state)
{
    (void)state;
    sim.options = 0;
    sim.length = UINT64_MAX / 4;
    sim.repeats = 1000;
    sim.delay_us = 30000;
    request.patience_us = SECOND_US;
    assert_int_equal(sim_tftp_run(&sim, &client, &request), ERROR_TIMEOUT);
    assert_in_range(sim.now_us, START_US + 10 * SECOND_US, START_US + 11 * SECOND_US);
    assert_non_null(strstr(client.message, "out of time after "));
    assert_int_equal(sim.errors_received, 1);
    assert_guards_untouched();
}

/* 24 */
static void test_announced_size_over_the_room_is_refused_before_any_data(void **state)
{
    (void)state;
    request.capacity = 299999;
    assert_int_equal(sim_tftp_run(&sim, &client, &request), ERROR_TOO_LARGE);
    assert_string_equal(client.message, "the file has 300000 bytes, there is room for 299999");
    assert_int_equal(sim.sent, 1);
    assert_int_equal(sim.last_error, 3);
}

/* 24 */
static void test_file_of_another_size_than_announced_is_refused(void **state)
{
    static const int more[] = {-1, 1, -299999, 100000};

    for (unsigned i = 0; i < 4; i++) {
        set_up(state);
        sim.announce_more = more[i];
        assert_int_equal(sim_tftp_run(&sim, &client, &request), ERROR_CORRUPT);
        assert_non_null(strstr(client.message, "the server announced "));
        assert_int_equal(sim.requests, 4);
        assert_guards_untouched();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_server_that_never_comes_back_ends_at_the_deadline, set_up),
        cmocka_unit_test_setup(test_silent_server_is_asked_sparingly, set_up),
        cmocka_unit_test_setup(test_missing_file_is_absent_at_once, set_up),
        cmocka_unit_test_setup(test_endless_file_ends_at_the_capacity, set_up),
        cmocka_unit_test_setup(test_endless_file_into_endless_room_ends_at_the_deadline, set_up),
        cmocka_unit_test_setup(test_announced_size_over_the_room_is_refused_before_any_data,
                               set_up),
        cmocka_unit_test_setup(test_file_of_another_size_than_announced_is_refused, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
