/*
 * loader/rescue: the loader's own TFTP server: who may push, who owns the staging area while
 * an image arrives, and what can be read.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "push_machine.h"

#include "console.h"
#include "uplink.h"

static void idle_us(uint64_t duration_us)
{
    uplink_idle(&loader, clock_now_us() + duration_us);
}

/* ---- pushes ---- */

static void test_an_image_that_was_pushed_is_started_and_says_where_it_came_from(void **state)
{
    (void)state;
    assert_int_equal(uplink_start(&loader), 0);
    push_later(0, &pushed, MILLISECOND, 1);
    idle_us(60 * SECOND);
    assert_true(loader.push_is_here && clients[0].is_over);
    assert_true(rescue_has_a_push(&loader));
    assert_false(uplink_turn(&loader, 0)); /* no fetch goes on */
    assert_string_equal(clients[0].refusal, "");
    assert_int_equal(keep.uploaded.bytes, sizeof pushed.bytes);
    assert_true(keep.push_begun_us < keep.push_ended_us);
    assert_in_range(keep.push_ended_us, 1, clock_now_us());
    assert_says("push: push:10.0.0.1/pushed begins\n");
    assert_starts(start_what_was_pushed, &pushed);
    assert_says("starting pushed 1.0.0 from push:10.0.0.1/pushed\n");
    assert_false(loader.push_is_here);
}

static void assert_refused(const char *sentence)
{
    assert_int_equal(uplink_start(&loader), 0);
    push_later(0, &pushed, MILLISECOND, 1);
    idle_us(2 * SECOND);
    assert_true(clients[0].is_over);
    assert_string_equal(clients[0].refusal, sentence);
    assert_false(loader.push_is_here);
    assert_false(rescue_has_a_push(&loader));
    assert_int_equal(keep.uploaded.bytes, 0);
}

static void test_deploy_off_refuses_the_request(void **state)
{
    (void)state;
    loader.configuration.deploy = BOOT_DEPLOY_OFF;
    assert_refused("pushes are off (deploy = off)");
    assert_int_equal(clients[0].block, 0);
    assert_int_equal(*(uint8_t *)loader.staging.base, 0xa5); /* nothing got there */
}

static void test_deploy_signed_refuses_the_file(void **state)
{
    (void)state;
    loader.configuration.deploy = BOOT_DEPLOY_SIGNED;
    assert_refused("deploy = signed, but this loader was built without keys");
}

static void test_what_is_no_service_is_refused_and_the_next_push_is_taken(void **state)
{
    (void)state;
    pushed.bytes[0] = '<';
    assert_int_equal(uplink_start(&loader), 0);
    push_later(0, &pushed, MILLISECOND, 1);
    idle_us(2 * SECOND);
    assert_true(clients[0].is_over && clients[0].refusal[0] != '\0');
    assert_false(rescue_has_a_push(&loader));
    push_later(1, &other, MILLISECOND, 1);
    idle_us(2 * SECOND);
    assert_starts(start_what_was_pushed, &other);
}

static void test_a_second_push_is_refused_when_one_is_complete_and_the_first_starts_whole(
    void **state)
{
    (void)state;
    assert_int_equal(uplink_start(&loader), 0);
    push_later(0, &pushed, MILLISECOND, 1);
    idle_us(60 * SECOND);
    assert_true(loader.push_is_here);
    push_later(1, &other, MILLISECOND, 1);
    for (unsigned i = 0; i < 200 && !clients[1].is_over; i++) {
        uplink_turn(&loader, clock_now_us() + MILLISECOND);
        sim_advance_us(MILLISECOND);
    }
    assert_string_equal(clients[1].refusal, "busy: another image is about to be started");
    assert_starts(start_what_was_pushed, &pushed);
}

static void test_a_push_is_refused_while_a_fetched_file_is_about_to_be_started(void **state)
{
    (void)state;
    loader.staging_is_full = true;
    assert_refused("busy: another image is about to be started");
    loader.staging_is_full = false;
    push_later(1, &pushed, MILLISECOND, 1);
    idle_us(2 * SECOND);
    assert_true(loader.push_is_here);
}

static void test_what_changed_after_its_check_is_not_started(void **state)
{
    (void)state;
    assert_int_equal(uplink_start(&loader), 0);
    push_later(0, &pushed, MILLISECOND, 1);
    idle_us(60 * SECOND);
    ((uint8_t *)loader.staging.base)[BUILDER_TEXT_AT + 0x400] ^= 1;
    assert_returns(start_what_was_pushed);
    assert_says("loader: push:10.0.0.1/pushed: not what was found good any more\n");
    assert_false(rescue_has_a_push(&loader)); /* it is not tried for ever */
}

static void test_nothing_and_more_than_there_is_room_for_are_not_started(void **state)
{
    (void)state;
    loader.push_is_here = true;
    assert_returns(start_what_was_pushed);
    assert_says("not what was found good any more");
    sim_log_clear();
    keep.uploaded.bytes = loader.staging.bytes + 1;
    keep.uploaded.crc32c = crc32c(0, (const void *)loader.staging.base, keep.uploaded.bytes);
    assert_returns(start_what_was_pushed);
    assert_says("not what was found good any more");
    assert_silent_about("refused"); /* nobody looked at it */
}

/* ---- who owns the staging area ---- */

static void test_a_push_under_way_is_waited_for_beyond_the_deadline(void **state)
{
    (void)state;
    assert_int_equal(uplink_start(&loader), 0);
    push_later(0, &pushed, 100 * MILLISECOND, 900 * MILLISECOND);
    idle_us(SECOND);
    assert_true(loader.push_is_here);
    assert_true(clients[0].is_over);
    assert_starts(start_what_was_pushed, &pushed);
}

static void test_a_push_that_falls_silent_is_given_up_and_the_staging_area_is_free(void **state)
{
    uint64_t begun_us;

    (void)state;
    assert_int_equal(uplink_start(&loader), 0);
    push_later(0, &pushed, MILLISECOND, 1)->stops_at = 5;
    until_block(0, 5);
    assert_true(rescue_has_a_push(&loader));
    assert_false(uplink_turn(&loader, 0));
    begun_us = clock_now_us();
    uplink_idle(&loader, 0);
    assert_in_range(clock_now_us() - begun_us, 11 * SECOND, 13 * SECOND);
    assert_false(rescue_has_a_push(&loader));
    assert_false(loader.push_is_here);
    assert_true(uplink_turn(&loader, 0));
    assert_says("files: pushed: given up: nothing new came for 12 s\n");
}

static size_t written_bytes;

static size_t take(struct console *self, const char *bytes, size_t length)
{
    static uint64_t next_us;
    size_t taken = length < 16 ? length : 16;

    (void)self;
    (void)bytes;
    if (clock_now_us() < next_us)
        return 0;
    next_us = clock_now_us() + 1400; /* a FIFO at 115,200 baud */
    written_bytes += taken;
    return taken;
}

static void test_the_loader_sleeps_while_a_push_makes_no_progress_and_the_log_drains(void **state)
{
    static struct console slow = {"slow", take, NULL}; /* stays in the log for good */
    unsigned turns = 0;

    (void)state;
    assert_int_equal(uplink_start(&loader), 0);
    push_later(0, &pushed, MILLISECOND, 1)->stops_at = 5;
    until_block(0, 5);
    sim_advance_us(2000);
    while (uplink_turn(&loader, CLOCK_NEVER) == false && turns < 10000)
        turns++;
    assert_in_range(turns, 1, 60); /* the server's repeats, and the stack's timers */
    assert_false(rescue_has_a_push(&loader));

    log_add_console(&slow);
    while (!log_drain())
        sim_advance_us(1400);
    push_later(1, &pushed, MILLISECOND, 1)->stops_at = 5;
    until_block(1, 5);
    written_bytes = 0;
    for (unsigned i = 0; i < 20; i++)
        log_line("s", "a line of text to keep a serial line busy for a while");
    for (turns = 0; turns < 10000 && !uplink_turn(&loader, CLOCK_NEVER); turns++) {
    }
    assert_true(turns < 10000);
    assert_true(written_bytes >= 20 * 70);
}

/* ---- reads ---- */

static const char *read_file(const char *name)
{
    struct push_client *client = push_later(0, NULL, MILLISECOND, 1);

    client->name = name;
    idle_us(SECOND);
    assert_true(client->is_over);
    client->got[client->got_bytes] = '\0';
    return (const char *)client->got;
}

static void test_the_log_can_be_read(void **state)
{
    static char line[80];

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        snprintf(line, sizeof line, "[  %10.6f] x: line %u of a log of more than a block\n", 1.0,
                 i);
        log_store_append(&loader.log_store, line, strlen(line));
    }
    assert_int_equal(uplink_start(&loader), 0);
    const char *got = read_file("log");

    assert_int_equal(strlen(got), log_store_end(&loader.log_store));
    assert_non_null(strstr(got, "line 0 of"));
    assert_string_equal(got + strlen(got) - strlen(line), line);
    assert_false(rescue_has_a_push(&loader)); /* a read bars nothing */
}

static void test_the_status_can_be_read_again_and_is_new_each_time(void **state)
{
    (void)state;
    assert_int_equal(uplink_start(&loader), 0);
    assert_non_null(strstr(read_file("status"), "\nhand_backs = 0\n"));
    keep.hand_backs = 7;
    assert_non_null(strstr(read_file("status"), "\nhand_backs = 7\n"));
}

static void test_a_core_can_be_read_whole_once_there_is_one(void **state)
{
    uint8_t *core = (uint8_t *)keep_core_area(&loader).base;

    (void)state;
    assert_int_equal(uplink_start(&loader), 0);
    read_file("core");
    assert_string_equal(clients[0].refusal, "there is no file core here now");
    for (unsigned i = 0; i < 1500; i++)
        core[i] = (uint8_t)(i * 7 + i / 256);
    keep.crash.core_bytes = 1500;
    read_file("core");
    assert_int_equal(clients[0].got_bytes, 1500);
    assert_memory_equal(clients[0].got, core, 1500);
}

static void test_a_file_that_nobody_knows_is_absent(void **state)
{
    (void)state;
    assert_int_equal(uplink_start(&loader), 0);
    read_file("passwd");
    assert_string_equal(clients[0].refusal, "there is no file passwd here now");
    assert_int_equal(clients[0].got_bytes, 0);
}

/* ---- beginnings ---- */

static void test_a_push_that_the_network_was_stopped_under_is_forgotten(void **state)
{
    (void)state;
    assert_int_equal(uplink_start(&loader), 0);
    push_later(0, &pushed, MILLISECOND, 1);
    until_block(0, 5);
    uplink_forget(&loader);
    assert_false(rescue_has_a_push(&loader));
    assert_string_equal(clients[0].refusal, "the board begins something else");
}

/* The service that took the push could not repeat its last ACK any more. */
static void test_the_last_ack_of_a_push_to_a_service_is_given_again(void **state)
{
    static const uint8_t last[] = {0, 3, 0, 26, 'x'};
    unsigned before;

    (void)state;
    keep.over.has_transfer = true;
    keep.over.transfer =
        (struct boot_transfer){.address = {10, 0, 0, 1}, .port = 4000, .block = 26};
    assert_int_equal(uplink_start(&loader), 0);
    before = net.peer.datagrams;
    send_datagram(4000, last, sizeof last);
    idle_us(SECOND);
    assert_int_equal(net.peer.datagrams, before + 1);
    assert_memory_equal(net.peer.datagram.bytes + UDP_DATA_AT, "\0\4\0\32", 4);
    assert_false(rescue_has_a_push(&loader));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PUSH_TEST(test_an_image_that_was_pushed_is_started_and_says_where_it_came_from),
        PUSH_TEST(test_deploy_off_refuses_the_request),
        PUSH_TEST(test_deploy_signed_refuses_the_file),
        PUSH_TEST(test_what_is_no_service_is_refused_and_the_next_push_is_taken),
        PUSH_TEST(test_a_second_push_is_refused_when_one_is_complete_and_the_first_starts_whole),
        PUSH_TEST(test_a_push_is_refused_while_a_fetched_file_is_about_to_be_started),
        PUSH_TEST(test_what_changed_after_its_check_is_not_started),
        PUSH_TEST(test_nothing_and_more_than_there_is_room_for_are_not_started),
        PUSH_TEST(test_a_push_under_way_is_waited_for_beyond_the_deadline),
        PUSH_TEST(test_a_push_that_falls_silent_is_given_up_and_the_staging_area_is_free),
        PUSH_TEST(test_the_log_can_be_read),
        PUSH_TEST(test_the_status_can_be_read_again_and_is_new_each_time),
        PUSH_TEST(test_a_core_can_be_read_whole_once_there_is_one),
        PUSH_TEST(test_a_file_that_nobody_knows_is_absent),
        PUSH_TEST(test_a_push_that_the_network_was_stopped_under_is_forgotten),
        PUSH_TEST(test_the_last_ack_of_a_push_to_a_service_is_given_again),
        /* The last: its slow console stays. */
        PUSH_TEST(test_the_loader_sleeps_while_a_push_makes_no_progress_and_the_log_drains),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
