/*
 * loader/after_service and loader/rescue with a card that has slots: what a failure does to them
 * before anything else is decided, and who is next.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slots_machine.h"

#include "after_service_bench.h"

static struct image second; /* another build of `fetched` */

static int two_setup(void **state)
{
    if (slots_setup(state) < 0)
        return -1;
    make_image(&second, "fetched", 0x77);
    return 0;
}

/* The service that runs comes to an end; the loader then has its image and nothing else. */
static void end_with(enum policy_reason end, bool confirmed)
{
    come_back();
    loader.board.card = NULL;
    keep.over.has_card = true;
    ended(end, confirmed);
}

static void be_retried(struct slot_entry *slot)
{
    slot->tries = 1;
}

/* As main.c. */
static void go_on_and_boot(void *context)
{
    go_on(context);
    sources_try(&loader, NULL);
}

static void assert_starts_at_once(const struct image *image)
{
    uint64_t begun_us = clock_now_us();

    assert_starts(go_on_and_boot, image);
    assert_in_range(clock_now_us() - begun_us, 0, 200 * MILLISECOND);
}

static void test_a_trial_that_crashed_is_bad_and_the_other_slot_starts_at_once(void **state)
{
    (void)state;
    put_confirmed(&fetched);
    put_image(&second);
    run_from(&second, 'B');
    end_with(POLICY_CRASH, false);
    assert_starts_at_once(&fetched);
    assert_says("slots: fetched B failed its trial and is bad\n");
    assert_says("; rolled back to what the card has\n");
    assert_entry("fetched", 'B', SLOT_BAD, 0);
    assert_int_equal(keep.origin.slot, 'A');
}

static void test_a_trial_that_crashed_gives_way_to_what_is_in_memory(void **state)
{
    (void)state;
    put_confirmed(&fetched);
    run_from(&fetched, 'A');
    loader.service.bytes = 0;
    loader.board.card = &card.device;
    put_image(&second);
    run_from(&second, 'B');
    end_with(POLICY_HANG, false);
    assert_starts_at_once(&fetched);
    assert_says("; rolled back\n");
    assert_entry("fetched", 'B', SLOT_BAD, 0);
    assert_int_equal(keep.origin.slot, 'A'); /* from RAM, but it is known where it lies */
    assert_int_equal(keep.origin.state, SLOT_CONFIRMED);
    assert_true(keep.confirmed);
}

static void test_each_end_of_a_trial_costs_its_slot_what_policy_says(void **state)
{
    static const struct {
        enum policy_reason reason;
        int exit_status;
        unsigned state;
    } rows[] = {
        {POLICY_CRASH, 0, SLOT_BAD},       {POLICY_HANG, 0, SLOT_BAD},
        {POLICY_UNCONFIRMED, 0, SLOT_BAD}, {POLICY_EXIT, 3, SLOT_BAD},
        {POLICY_REBOOT, 0, SLOT_BAD},      {POLICY_NEXT, 0, SLOT_BAD},
        {POLICY_SELECTED, 0, SLOT_TRIAL},
    };

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (i > 0)
            assert_int_equal(two_setup(state), 0);
        put_confirmed(&other);
        put_image(&fetched);
        char name[] = "fetched";

        assert_true(sim_expect_stop(try_slots, name));
        end_with(rows[i].reason, false);
        keep.status = rows[i].exit_status;
        strcpy(keep.next, "other");
        assert_true(sim_expect_stop(go_on_and_boot, NULL));
        if (entry("fetched", 'A').state != rows[i].state)
            fail_msg("reason %u: %s", rows[i].reason, slot_state_name(entry("fetched", 'A').state));
        if (i + 1 < sizeof rows / sizeof *rows)
            slots_teardown(state);
    }
}

static void test_the_third_crash_of_a_confirmed_one_is_the_others_turn(void **state)
{
    (void)state;
    put_confirmed(&second);
    put_confirmed(&fetched);
    run_from(&fetched, 'B');
    for (unsigned i = 0; i < 2; i++) {
        end_with(POLICY_CRASH, true);
        assert_starts_at_once(&fetched);
        assert_says("; the same image again\n");
        sim_log_clear();
    }
    end_with(POLICY_CRASH, true);
    assert_starts(go_on_and_boot, &second);
    assert_says("; the other slot's turn\n");
    assert_int_equal(keep.origin.slot, 'A');
    assert_entry("fetched", 'B', SLOT_CONFIRMED, 0);
}

/* `second` has run on its last try and confirmed itself while the card could not be told; then it
 * ends, and the card is started anew. */
static void confirm_untold_and_end(enum policy_reason end)
{
    put_confirmed(&fetched);
    put_image(&second);
    open_own();
    struct slot_table before = on_card.table;

    on_card.table.services[0].slots[1].tries = 1;
    assert_int_equal(slot_store_commit(&on_card, &before, reason), 0);
    run_from(&second, 'B');
    assert_entry("fetched", 'B', SLOT_TRIAL, 0);
    keep.fallback = keep.running;
    loader.service = (struct loader_service){0};
    sim_board.adopt_card_status = ERROR_CORRUPT;
    ended(end, true);
}

static void test_what_confirmed_itself_untold_is_told_before_unfinished_trials_are_ended(
    void **state)
{
    (void)state;
    confirm_untold_and_end(POLICY_CRASH);
    assert_starts(go_on_and_boot, &second);
    assert_entry("fetched", 'B', SLOT_CONFIRMED, 0);
    assert_int_equal(entry("fetched", 'B').failures, 1);
}

static void test_what_confirmed_itself_untold_is_told_at_an_end_that_is_no_failure(void **state)
{
    (void)state;
    confirm_untold_and_end(POLICY_REBOOT);
    assert_starts(go_on_and_boot, &second);
    assert_entry("fetched", 'B', SLOT_CONFIRMED, 0);
    assert_int_equal(entry("fetched", 'B').failures, 0);
}

static void test_what_confirmed_itself_and_still_cannot_be_told_is_not_bad(void **state)
{
    (void)state;
    confirm_untold_and_end(POLICY_CRASH);
    change(be_retried, "fetched", 'B');
    card.read_only = true;
    assert_starts(go_on_and_boot, &second);
    assert_says("slots: fetched B is not confirmed on the card: ");
    card.read_only = false;
    assert_entry("fetched", 'B', SLOT_TRIAL, 1);
}

static void test_a_card_that_is_gone_when_a_confirmed_one_crashes_costs_it_nothing(void **state)
{
    (void)state;
    put_confirmed(&fetched);
    run_from(&fetched, 'A');
    end_with(POLICY_CRASH, true);
    card.gone = true;
    sim_board.adopt_card_status = sim_board.card_status = ERROR_ABSENT;
    assert_starts_at_once(&fetched);
    assert_says("; the same image again\n");
}

static void test_a_card_that_cannot_be_taken_over_is_read_anew_before_it_is_told(void **state)
{
    (void)state;
    put_confirmed(&fetched);
    put_image(&second);
    run_from(&second, 'B');
    end_with(POLICY_CRASH, false);
    sim_board.adopt_card_status = ERROR_CORRUPT;
    assert_starts_at_once(&fetched);
    const char *read = strstr(sim_log(), "sd: card on"); /* its settings with it */

    assert_non_null(read);
    assert_non_null(strstr(read, "slots: fetched B failed its trial and is bad\n"));
}

static void test_what_was_installed_and_cannot_be_told_gives_way_to_the_fallback(void **state)
{
    (void)state;
    put_confirmed(&fetched);
    run_from(&fetched, 'A');
    memcpy((void *)loader.staging.base, second.bytes, sizeof second.bytes);
    assert_int_equal(pushed_check(&loader, sizeof second.bytes, "push", reason), 0);
    assert_int_equal(slots_install(&loader, reason), 0);
    end_with(POLICY_DEPLOY, true);
    card.read_only = true;
    assert_starts(go_on, &fetched);
    assert_says("slots: slot B is not started: ");
    card.read_only = false;
    assert_entry("fetched", 'B', SLOT_PENDING, 3);
}

/* ---- rescue ---- */

static void test_a_push_to_a_slot_is_installed_and_started(void **state)
{
    (void)state;
    assert_int_equal(uplink_start(&loader), 0);
    push_later(0, &pushed, MILLISECOND, 1);
    clients[0].name = "slot/pushed.elf";
    uplink_idle(&loader, clock_now_us() + 60 * SECOND);
    assert_true(loader.push_is_here);
    assert_string_equal(clients[0].refusal, "");
    assert_entry("pushed", 'A', SLOT_PENDING, 3);
    assert_starts(start_what_was_pushed, &pushed);
    assert_entry("pushed", 'A', SLOT_TRIAL, 2);
}

static void test_a_push_that_the_card_cannot_take_is_refused(void **state)
{
    (void)state;
    card.read_only = true;
    assert_int_equal(uplink_start(&loader), 0);
    push_later(0, &pushed, MILLISECOND, 1);
    clients[0].name = "slot/pushed.elf";
    uplink_idle(&loader, clock_now_us() + 5 * SECOND);
    assert_true(clients[0].refusal[0] != '\0');
    assert_false(loader.push_is_here);
    assert_false(rescue_has_a_push(&loader));
}

static struct push_client *select_later(const char *text)
{
    struct push_client *client = push_later(0, &pushed, MILLISECOND, 1);

    client->name = "select";
    client->bytes = (const uint8_t *)text;
    client->length = strlen(text);
    return client;
}

static void test_a_selection_for_now_ends_the_waiting(void **state)
{
    uint64_t begun_us = clock_now_us();

    (void)state;
    put_confirmed(&fetched);
    slots_look(&loader);
    assert_int_equal(uplink_start(&loader), 0);
    select_later("fetched now\n");
    uplink_idle(&loader, begun_us + 60 * SECOND);
    assert_in_range(clock_now_us() - begun_us, 1, SECOND);
    assert_true(loader_is_asked(&loader));
    assert_string_equal(loader.selected, "fetched");
    assert_string_equal(clients[0].refusal, "");
    assert_false(uplink_turn(&loader, 0)); /* no fetch goes on */
}

static void test_a_selection_for_later_does_not(void **state)
{
    (void)state;
    put_confirmed(&fetched);
    slots_look(&loader);
    assert_int_equal(uplink_start(&loader), 0);
    select_later("fetched always");
    uplink_idle(&loader, clock_now_us() + 2 * SECOND);
    assert_true(clients[0].is_over);
    assert_string_equal(clients[0].refusal, "");
    assert_false(loader_is_asked(&loader));
    open_own();
    assert_int_equal(on_card.table.standard, 0);
}

static void test_a_selection_that_cannot_be_is_refused_in_words(void **state)
{
    (void)state;
    assert_int_equal(uplink_start(&loader), 0);
    select_later("nobody now");
    uplink_idle(&loader, clock_now_us() + 2 * SECOND);
    assert_string_equal(clients[0].refusal, "there is no service nobody on this card");
    loader.configuration.deploy = BOOT_DEPLOY_OFF;
    select_later("nobody now");
    clients[0].port++;
    uplink_idle(&loader, clock_now_us() + 2 * SECOND);
    assert_string_equal(clients[0].refusal, "pushes are off (deploy = off)");
}

#define TWO_TEST(test) cmocka_unit_test_setup_teardown(test, two_setup, slots_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWO_TEST(test_a_trial_that_crashed_is_bad_and_the_other_slot_starts_at_once),
        TWO_TEST(test_a_trial_that_crashed_gives_way_to_what_is_in_memory),
        TWO_TEST(test_each_end_of_a_trial_costs_its_slot_what_policy_says),
        TWO_TEST(test_the_third_crash_of_a_confirmed_one_is_the_others_turn),
        TWO_TEST(test_what_confirmed_itself_untold_is_told_before_unfinished_trials_are_ended),
        TWO_TEST(test_what_confirmed_itself_untold_is_told_at_an_end_that_is_no_failure),
        TWO_TEST(test_what_confirmed_itself_and_still_cannot_be_told_is_not_bad),
        TWO_TEST(test_a_card_that_is_gone_when_a_confirmed_one_crashes_costs_it_nothing),
        TWO_TEST(test_a_card_that_cannot_be_taken_over_is_read_anew_before_it_is_told),
        TWO_TEST(test_what_was_installed_and_cannot_be_told_gives_way_to_the_fallback),
        TWO_TEST(test_a_push_to_a_slot_is_installed_and_started),
        TWO_TEST(test_a_push_that_the_card_cannot_take_is_refused),
        TWO_TEST(test_a_selection_for_now_ends_the_waiting),
        TWO_TEST(test_a_selection_for_later_does_not),
        TWO_TEST(test_a_selection_that_cannot_be_is_refused_in_words),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
