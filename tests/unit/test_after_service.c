/*
 * loader/after_service: each way on that policy.c can choose, when nobody pushes.
 * Pushes: test_after_service_push.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "after_service_bench.h"
#include "start_image.h"

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

static void test_who_takes_no_pushes_does_not_wait_for_one(void **state)
{
    (void)state;
    keep_both();
    ended(POLICY_EXIT, true);
    loader.configuration.deploy = keep.configuration.deploy = BOOT_DEPLOY_OFF;
    keep.running = keep.fallback;
    assert_starts(go_on, &other);
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
        PUSH_TEST(test_a_named_service_is_found_on_the_card_as_the_service_left_it),
        PUSH_TEST(test_a_named_service_that_is_nowhere_leaves_the_sources_as_configured),
        PUSH_TEST(test_an_exit_waits_for_a_push_as_long_as_it_takes),
        PUSH_TEST(test_who_takes_no_pushes_does_not_wait_for_one),
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
