/*
 * loader/after_service: a push goes before whatever the loader would do next.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "after_service_bench.h"
#include "uplink.h"

/* ---- kept images ---- */

static void start_image_0(void *context)
{
    (void)context;
    start_kept(&loader, 0);
    if (loader.push_is_here)
        start_pushed(&loader);
}

static void test_a_kept_image_is_not_started_while_a_push_arrives(void **state)
{
    (void)state;
    keep_both();
    assert_int_equal(uplink_start(&loader), 0);
    push_later(0, &pushed, 10 * MILLISECOND, 1);
    until_block(0, 5);
    assert_starts(start_image_0, &pushed);
}

static void test_a_kept_image_is_started_when_the_push_before_it_was_given_up(void **state)
{
    (void)state;
    keep_both();
    assert_int_equal(uplink_start(&loader), 0);
    push_later(0, &pushed, 10 * MILLISECOND, 1)->stops_at = 6;
    until_block(0, 5);
    assert_starts(start_image_0, &kept);
}

/* ---- pauses ---- */

static void test_what_fails_again_and_again_pauses_before_the_sources(void **state)
{
    uint64_t begun_us;

    (void)state;
    keep_both();
    keep.failures = POLICY_FAILURES_MAX - 1;
    ended(POLICY_CRASH, true);
    begun_us = clock_now_us();
    assert_returns(go_on);
    assert_in_range(clock_now_us() - begun_us, SECOND, SECOND + 100 * MILLISECOND);
    assert_true(loader.network_is_up); /* to be pushed to */
    assert_int_equal(keep.failures, POLICY_FAILURES_MAX);
    assert_says("; it fails again and again\n");
}

static void test_a_push_cuts_a_pause_short(void **state)
{
    uint64_t begun_us;

    (void)state;
    keep_both();
    keep.failures = 10;
    ended(POLICY_UNCONFIRMED, false);
    push_later(0, &pushed, MILLISECOND, 500 * MILLISECOND);
    begun_us = clock_now_us();
    assert_starts(go_on, &pushed);
    assert_in_range(clock_now_us() - begun_us, 500 * MILLISECOND, 2 * SECOND); /* of 16 s */
}

static void test_a_push_under_way_when_a_pause_ends_is_started_instead(void **state)
{
    (void)state;
    keep_both();
    keep.failures = POLICY_FAILURES_MAX - 1; /* 1 s, then the fallback */
    ended(POLICY_UNCONFIRMED, false);
    push_later(0, &pushed, 100 * MILLISECOND, 900 * MILLISECOND);
    assert_starts(go_on, &pushed);
    assert_true(clients[0].over_us > keep.handed_us + 2 * SECOND);
    assert_silent_about("from sd:kept.elf");
}

static void test_no_card_is_looked_for_when_a_push_is_under_way_at_the_end_of_a_pause(void **state)
{
    unsigned before = sim_board.card_starts;

    (void)state;
    insert_card(&fetched, false);
    sim_board.adopt_card_status = 0;
    keep.over.has_card = true;
    ended(POLICY_UNCONFIRMED, false); /* nothing to fall back on: 1 s, then the sources */
    push_later(0, &pushed, 100 * MILLISECOND, 900 * MILLISECOND);
    assert_starts(go_on, &pushed);
    assert_int_equal(sim_board.card_starts, before);
    assert_int_equal(sim_board.card_adoptions, 0);
    assert_int_equal(card.reads, 0);
}

/* ---- a core that is sent ---- */

static void crashed_with_core(const char *setting)
{
    char settings[sizeof SETTINGS + 20] = SETTINGS;

    strcat(settings, setting);
    pass_settings(settings);
    keep.crash.core_bytes = 1000;
    strcpy(keep.crash.name, "hello");
    ended(POLICY_CRASH, false);
}

static void test_a_push_ends_the_sending_of_a_core_and_is_started_at_once(void **state)
{
    (void)state; /* the server never answers: alone that takes 10 s */
    keep_both();
    crashed_with_core("pilot.core=send");
    push_later(0, &pushed, MILLISECOND, 100 * MILLISECOND);
    assert_starts(go_on, &pushed);
    assert_true(core_requests >= 1);
    assert_string_equal(clients[0].refusal, "");
    assert_in_range(clock_now_us() - clients[0].over_us, 0, 100 * MILLISECOND);
    assert_says("guard: core.hello.0: not sent: busy: an image was pushed");
}

static void test_a_push_that_is_not_complete_when_the_core_was_given_up_is_started_still(
    void **state)
{
    (void)state;
    keep_both();
    crashed_with_core("pilot.core=send");
    push_later(0, &pushed, SECOND, 5 * SECOND); /* it takes 26 s */
    assert_starts(go_on, &pushed);
    assert_says("not sent: ");
}

static void test_a_push_under_way_when_the_core_was_given_up_leaves_the_card_alone(void **state)
{
    (void)state;
    crashed_with_core("pilot.core=send");
    insert_card(&fetched, false);
    sim_board.adopt_card_status = 0;
    keep.over.has_card = true;
    keep.confirmed = true; /* and was too large to be kept: the sources, at once */
    push_later(0, &pushed, SECOND, 5 * SECOND);
    assert_starts(go_on, &pushed);
    assert_int_equal(sim_board.card_adoptions, 0);
}

static void test_a_core_is_sent_only_when_that_is_wanted_and_there_was_a_crash(void **state)
{
    (void)state;
    keep_both();
    crashed_with_core("pilot.core=keep");
    assert_starts(go_on, &other);
    assert_int_equal(core_requests, 0);
    loader.board.ethernet = NULL;
    crashed_with_core("pilot.core=send");
    keep.reason = POLICY_REBOOT;
    keep.confirmed = true;
    assert_returns(go_on);
    assert_int_equal(core_requests, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PUSH_TEST(test_a_kept_image_is_not_started_while_a_push_arrives),
        PUSH_TEST(test_a_kept_image_is_started_when_the_push_before_it_was_given_up),
        PUSH_TEST(test_what_fails_again_and_again_pauses_before_the_sources),
        PUSH_TEST(test_a_push_cuts_a_pause_short),
        PUSH_TEST(test_a_push_under_way_when_a_pause_ends_is_started_instead),
        PUSH_TEST(test_no_card_is_looked_for_when_a_push_is_under_way_at_the_end_of_a_pause),
        PUSH_TEST(test_a_push_ends_the_sending_of_a_core_and_is_started_at_once),
        PUSH_TEST(test_a_push_that_is_not_complete_when_the_core_was_given_up_is_started_still),
        PUSH_TEST(test_a_push_under_way_when_the_core_was_given_up_leaves_the_card_alone),
        PUSH_TEST(test_a_core_is_sent_only_when_that_is_wanted_and_there_was_a_crash),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
