/*
 * loader/after_service: each way on that policy.c can choose, and that a push goes before it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "push_machine.h"

#define LAST_END "hello 1.0.0 ended"

/* As main.c: an image that was pushed is started next. */
static void go_on(void *context)
{
    (void)context;
    after_service(&loader);
    if (loader.push_is_here)
        start_pushed(&loader);
}

/* After a second of the service. */
static void ended(enum policy_reason reason, bool confirmed)
{
    keep.reason = reason;
    keep.confirmed = confirmed;
    strcpy(keep.last_end, LAST_END);
    keep.configuration = loader.configuration;
    keep.started_us = clock_now_us() - SECOND;
    keep.handed_us = clock_now_us();
}

/* The image that ended is kept as 0, the one to fall back on as 1. */
static void keep_both(void)
{
    keep_image(0, &kept);
    keep_image(1, &other);
    keep.running = 0;
    keep.fallback = 1;
}

static void upload(void)
{
    char reason[ELF_REASON_BYTES];

    memcpy((void *)loader.staging.base, pushed.bytes, sizeof pushed.bytes);
    assert_int_equal(pushed_check(&loader, sizeof pushed.bytes, "push:10.0.0.1/pushed", reason), 0);
}

/* ---- what was handed over ---- */

static void test_the_uploaded_image_is_started(void **state)
{
    (void)state;
    keep_both();
    upload();
    ended(POLICY_DEPLOY, true);
    assert_starts(go_on, &pushed);
    assert_says("loader: " LAST_END "; deployed\n");
    assert_int_equal(sim_board.network_starts, 0); /* nothing to wait for */
}

static void test_an_uploaded_image_that_changed_gives_way_to_the_fallback(void **state)
{
    (void)state;
    keep_both();
    upload();
    ((uint8_t *)loader.staging.base)[BUILDER_TEXT_AT] ^= 1;
    ended(POLICY_DEPLOY, true);
    assert_starts(go_on, &other);
    assert_says("push:10.0.0.1/pushed: not what was found good any more\n");
}

/* ---- kept images ---- */

static void test_a_confirmed_image_that_crashed_is_started_again(void **state)
{
    (void)state;
    keep_both();
    ended(POLICY_CRASH, true);
    assert_starts(go_on, &kept);
    assert_int_equal(keep.running, 0);
    assert_int_equal(keep.failures, 1);
    assert_says("; the same image again\n");
}

static void test_an_image_that_was_not_confirmed_is_rolled_back(void **state)
{
    (void)state;
    keep_both();
    ended(POLICY_UNCONFIRMED, false);
    assert_starts(go_on, &other);
    assert_int_equal(keep.running, 1);
    assert_true(keep.confirmed); /* it need not do it again */
    assert_says("; rolled back\n");
}

static void test_a_kept_image_that_is_not_whole_is_not_started_and_not_tried_again(void **state)
{
    (void)state;
    keep_both();
    ((uint8_t *)keep_image_area(&loader, 0).base)[BUILDER_LENGTH - 1] ^= 0x80;
    ended(POLICY_CRASH, true);
    assert_returns(go_on);
    assert_says("loader: the kept image is not whole any more\n");
    assert_int_equal(keep.images[0].bytes, 0);
    assert_int_not_equal(keep.images[1].bytes, 0);
    sim_log_clear();
    start_kept(&loader, 0);
    start_kept(&loader, KEEP_NOTHING);
    assert_string_equal(sim_log(), ""); /* there simply is none */
}

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

static void test_pushes_while_a_core_is_sent_the_first_is_started_and_the_second_refused(
    void **state)
{
    (void)state; /* the server never answers: that takes its time */
    keep_both();
    crashed_with_core("pilot.core=send");
    push_later(0, &pushed, MILLISECOND, 100 * MILLISECOND);
    push_later(1, &fetched, MILLISECOND, SECOND);
    assert_starts(go_on, &pushed);
    assert_true(core_requests > 1);
    assert_true(clients[0].over_us < clients[1].over_us);
    assert_string_equal(clients[0].refusal, "");
    assert_string_equal(clients[1].refusal, "busy: another image is about to be started");
    assert_says("guard: core.hello.0: not sent: ");
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

/* ---- named, wait, off, boot ---- */

static void test_a_named_service_is_found_on_the_card_as_the_service_left_it(void **state)
{
    unsigned before = sim_board.card_starts;

    (void)state;
    insert_card(NULL, false);
    sim_fat_add(&fat, "NEXT    ELF", NULL, fetched.bytes, sizeof fetched.bytes, 1);
    sim_board.adopt_card_status = 0;
    keep.over.has_card = true;
    keep.over.card.host = BOARD_CARD_SDHOST;
    strcpy(keep.next, "next.elf");
    ended(POLICY_NEXT, true);
    assert_starts(go_on, &fetched);
    assert_int_equal(sim_board.card_adoptions, 1);
    assert_int_equal(sim_board.adopted_card.host, BOARD_CARD_SDHOST);
    assert_int_equal(sim_board.card_starts, before);
}

static void test_a_named_service_that_is_nowhere_leaves_the_sources_as_configured(void **state)
{
    (void)state;
    insert_card(&fetched, false);
    start_boot_server("none", other.bytes, sizeof other.bytes);
    strcpy(keep.next, "next.elf");
    ended(POLICY_NEXT, true);
    assert_returns(go_on);
    assert_says("sd: no file next.elf\n");
    assert_string_equal(requests[1], "next.elf");
    assert_starts(try_sources, &fetched); /* service.elf */
}

static void test_an_exit_waits_for_a_push_as_long_as_it_takes(void **state)
{
    (void)state;
    keep_both();
    ended(POLICY_EXIT, true);
    push_later(0, &pushed, MILLISECOND, 100 * SECOND);
    assert_starts(go_on, &pushed);
    assert_says("; exit = wait\n");
    assert_says("loader: waiting for a push\n");
    assert_int_equal(sim_board.network_starts, 1);
    assert_in_range(clock_now_us(), 100 * SECOND, 103 * SECOND);
}

static void come_back(void *context)
{
    (void)context;
    net.cable.end[0].gone = net.cable.end[0].stopped = false;
}

static void leave(void *context)
{
    net.cable.end[0].gone = true;
    sim_after_us(context, 40 * SECOND, come_back, context);
}

static void test_who_waits_looks_for_an_adapter_that_is_gone(void **state)
{
    static struct sim_event event;

    (void)state;
    ended(POLICY_EXIT, true);
    sim_after_us(&event, 20 * SECOND, leave, &event);
    push_later(0, &pushed, MILLISECOND, 120 * SECOND);
    assert_starts(go_on, &pushed);
    assert_in_range(sim_board.network_starts, 2, 6);
}

static void test_who_waits_without_an_adapter_looks_for_one_now_and_then(void **state)
{
    static struct sim_event event;

    (void)state;
    ended(POLICY_EXIT, true);
    leave(&event);
    push_later(0, &pushed, MILLISECOND, 120 * SECOND);
    assert_starts(go_on, &pushed);
    assert_in_range(sim_board.network_starts, 2, 6);
}

static void test_an_exit_switches_off_with_devices_at_rest_and_the_reason_logged(void **state)
{
    (void)state;
    ended(POLICY_EXIT, true);
    keep.configuration.exit = CONFIGURATION_EXIT_OFF;
    keep.at_rest = false;                             /* as if it had been cut off */
    push_later(0, &pushed, MILLISECOND, 30 * SECOND); /* ends the test if it waits instead */
    assert_true(sim_expect_stop(go_on, NULL));
    assert_string_equal(sim_stop_message(), "off");
    assert_says("; exit = off\n");
    assert_says("loader: power off\n");
    assert_true(keep.at_rest);
    assert_int_equal(sim_board.network_starts, 1); /* to stop what was going on */
    assert_int_equal(sim_board.quiesces, 1);
}

static void test_an_exit_with_another_status_is_a_failure(void **state)
{
    (void)state;
    keep_both();
    ended(POLICY_EXIT, false);
    keep.status = 3;
    keep.configuration.exit = CONFIGURATION_EXIT_OFF;
    assert_starts(go_on, &other);
}

static void test_a_reboot_leaves_it_to_the_sources_with_the_card_looked_at(void **state)
{
    unsigned before = sim_board.card_starts;

    (void)state;
    keep_both();
    insert_card(NULL, false);
    keep.over.has_card = true; /* but it is another now: sim_board's adoption fails */
    ended(POLICY_REBOOT, true);
    assert_returns(go_on);
    assert_says("; reboot\n");
    assert_int_equal(sim_board.card_adoptions, 1);
    assert_int_equal(sim_board.card_starts, before + 1);
    assert_ptr_equal(loader.board.card, &card.device);
}

/* ---- warm ---- */

/* A service that is met by a pause: the network is started for it. */
static void left_running(const char *settings)
{
    pass_settings(settings);
    keep.over = (struct hand_over){.has_usb = true,
                                   .has_card = true,
                                   .has_lease = true,
                                   .lease = {.address = {10, 0, 0, 66},
                                             .mask = {255, 255, 255, 0},
                                             .gateway = {10, 0, 0, 1},
                                             .server = {10, 0, 0, 1},
                                             .seconds_left = 1000}};
    memcpy(keep.over.lease.mac, net.cable.end[0].device.mac, 6);
    keep.over_us = clock_now_us();
    sim_board.adopt_network_status = sim_board.adopt_card_status = 0;
    insert_card(NULL, false);
    ended(POLICY_UNCONFIRMED, false);
    net.peer.serves_dhcp = false; /* the address is usable before anybody confirms it */
    sim_board.card_starts = 0;
    assert_returns(go_on);
}

static void assert_lease_is_kept(void)
{
    struct net_lease lease;

    assert_true(net_lease(&lease));
    assert_int_equal(lease.address.ip[3], 66);
    assert_int_equal(net.peer.discovers, 0);
}

static void test_warm_takes_over_adapter_card_and_lease(void **state)
{
    (void)state;
    left_running("pilot.deploy=any pilot.warm=on");
    assert_int_equal(sim_board.network_adoptions, 1);
    assert_int_equal(sim_board.network_starts, 0);
    assert_int_equal(sim_board.card_adoptions, 1);
    assert_int_equal(sim_board.card_starts, 0);
    assert_lease_is_kept();
}

static void test_cold_starts_adapter_and_card_anew_but_keeps_the_lease(void **state)
{
    (void)state;
    left_running("pilot.deploy=any pilot.warm=off");
    assert_int_equal(sim_board.network_adoptions, 0);
    assert_int_equal(sim_board.network_starts, 1);
    assert_int_equal(sim_board.card_adoptions, 0);
    assert_int_equal(sim_board.card_starts, 1);
    assert_false(keep.over.has_card || keep.over.has_usb);
    assert_lease_is_kept();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PUSH_TEST(test_the_uploaded_image_is_started),
        PUSH_TEST(test_an_uploaded_image_that_changed_gives_way_to_the_fallback),
        PUSH_TEST(test_a_confirmed_image_that_crashed_is_started_again),
        PUSH_TEST(test_an_image_that_was_not_confirmed_is_rolled_back),
        PUSH_TEST(test_a_kept_image_that_is_not_whole_is_not_started_and_not_tried_again),
        PUSH_TEST(test_a_kept_image_is_not_started_while_a_push_arrives),
        PUSH_TEST(test_a_kept_image_is_started_when_the_push_before_it_was_given_up),
        PUSH_TEST(test_what_fails_again_and_again_pauses_before_the_sources),
        PUSH_TEST(test_a_push_cuts_a_pause_short),
        PUSH_TEST(test_a_push_under_way_when_a_pause_ends_is_started_instead),
        PUSH_TEST(test_no_card_is_looked_for_when_a_push_is_under_way_at_the_end_of_a_pause),
        PUSH_TEST(test_pushes_while_a_core_is_sent_the_first_is_started_and_the_second_refused),
        PUSH_TEST(test_a_push_that_is_not_complete_when_the_core_was_given_up_is_started_still),
        PUSH_TEST(test_a_push_under_way_when_the_core_was_given_up_leaves_the_card_alone),
        PUSH_TEST(test_a_core_is_sent_only_when_that_is_wanted_and_there_was_a_crash),
        PUSH_TEST(test_a_named_service_is_found_on_the_card_as_the_service_left_it),
        PUSH_TEST(test_a_named_service_that_is_nowhere_leaves_the_sources_as_configured),
        PUSH_TEST(test_an_exit_waits_for_a_push_as_long_as_it_takes),
        PUSH_TEST(test_who_waits_looks_for_an_adapter_that_is_gone),
        PUSH_TEST(test_who_waits_without_an_adapter_looks_for_one_now_and_then),
        PUSH_TEST(test_an_exit_switches_off_with_devices_at_rest_and_the_reason_logged),
        PUSH_TEST(test_an_exit_with_another_status_is_a_failure),
        PUSH_TEST(test_a_reboot_leaves_it_to_the_sources_with_the_card_looked_at),
        PUSH_TEST(test_warm_takes_over_adapter_card_and_lease),
        PUSH_TEST(test_cold_starts_adapter_and_card_anew_but_keeps_the_lease),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
