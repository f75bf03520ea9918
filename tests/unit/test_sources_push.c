/*
 * loader/sources: none of it happens while an image is being pushed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sources_bench.h"

#include "uplink.h"

static uint8_t large[400000]; /* an image and much behind it: its fetch takes a while */

static void make_large(const struct image *image)
{
    memset(large, 0xee, sizeof large);
    memcpy(large, image->bytes, sizeof image->bytes);
}

/* A push is arriving before the sources' turn comes. */
static void begin_push(uint32_t gap_us)
{
    assert_int_equal(uplink_start(&loader), 0);
    push_later(0, &pushed, gap_us, 1);
    until_block(0, 5);
    assert_true(rescue_has_a_push(&loader));
}

static void test_a_card_is_not_read_while_a_push_arrives(void **state)
{
    (void)state;
    insert_card(&fetched, true);
    begin_push(10 * MILLISECOND);
    assert_starts(try_sources_then_push, &pushed);
    assert_int_equal(card.reads, 0);
    assert_string_equal(clients[0].refusal, "");
}

static void test_a_card_is_read_when_the_push_before_it_was_given_up(void **state)
{
    (void)state;
    insert_card(&fetched, true);
    begin_push(10 * MILLISECOND);
    clients[0].stops_at = 7;
    assert_starts(try_sources_then_push, &fetched);
}

static void test_no_card_is_looked_for_while_a_push_arrives(void **state)
{
    unsigned before = sim_board.card_starts;

    (void)state;
    insert_card(&fetched, false);
    begin_push(10 * MILLISECOND);
    sources_look_for_a_card(&loader);
    assert_true(loader.push_is_here);
    assert_true(loader.network_is_up);
    assert_int_equal(sim_board.card_starts, before);
    assert_starts(start_what_was_pushed, &pushed);
}

static void test_a_push_that_begins_during_a_fetch_ends_it_and_is_started(void **state)
{
    (void)state;
    make_large(&fetched);
    start_boot_server("service.elf", large, sizeof large);
    boot.tftp.delay_us = 100 * MILLISECOND;
    push_later(0, &pushed, MILLISECOND, 400 * MILLISECOND);
    use_sources(1, CONFIGURATION_NETWORK, CONFIGURATION_NETWORK);
    assert_returns(try_sources);
    assert_says("network: tftp://10.0.0.1/service.elf: given up for a push\n");
    assert_true(rescue_has_a_push(&loader));
    assert_false(clients[0].is_over); /* the fetch does not wait for it */
    uplink_idle(&loader, 0);
    assert_true(loader.push_is_here);
    assert_false(loader.staging_is_full);
    assert_starts(start_what_was_pushed, &pushed);
}

/* Request, first block and ERROR come in one turn of the loop. */
static void push_and_give_up_at_once(void *context)
{
    static const char request[] = "\0\2x\0octet", end[] = "\0\5\0\0no";
    uint8_t data[4 + BLOCK] = {0, 3, 0, 1};

    (void)context;
    memset(data + 4, 0xaa, BLOCK);
    send_datagram(4000, request, sizeof request);
    send_datagram(4000, data, sizeof data);
    send_datagram(4000, end, sizeof end);
}

static void test_a_push_that_was_given_up_at_once_leaves_no_byte_in_what_is_fetched(void **state)
{
    struct sim_event event = {0};

    (void)state;
    make_large(&fetched);
    start_boot_server("service.elf", large, sizeof large);
    boot.tftp.delay_us = 100 * MILLISECOND;
    sim_after_us(&event, 400 * MILLISECOND, push_and_give_up_at_once, NULL);
    use_sources(1, CONFIGURATION_NETWORK, CONFIGURATION_NETWORK);
    assert_returns(try_sources);
    assert_says("files: x: the client gave up: no\n");
    assert_says("network: tftp://10.0.0.1/service.elf: given up for a push\n");
    assert_false(rescue_has_a_push(&loader));
    assert_starts(try_sources, &fetched);
}

static void test_a_push_under_way_lets_no_fetch_begin(void **state)
{
    (void)state;
    start_boot_server("service.elf", other.bytes, sizeof other.bytes);
    use_sources(1, CONFIGURATION_NETWORK, CONFIGURATION_NETWORK);
    begin_push(10 * MILLISECOND);
    assert_returns(try_sources);
    assert_true(loader.network_is_up);
    uplink_idle(&loader, 0);
    assert_starts(start_what_was_pushed, &pushed);
}

/* The server has the last ACK: the file is complete, whatever the client still does. */
static bool server_is_done(void)
{
    for (unsigned i = 0; i < SIM_TFTP_TRANSFERS; i++)
        if (boot.tftp.transfers[i].active)
            return false;
    return request_count == 2;
}

static void test_a_push_is_refused_while_the_client_of_a_complete_fetch_dallies(void **state)
{
    (void)state;
    make_large(&fetched);
    start_boot_server("service.elf", large, sizeof large);
    boot.tftp.loss = 10; /* who lost something dallies */
    boot.tftp.seed = 7;
    push_later(0, &pushed, MILLISECOND, 1)->may_begin = server_is_done;
    use_sources(1, CONFIGURATION_NETWORK, CONFIGURATION_NETWORK);
    assert_starts(try_sources, &fetched);
    assert_string_equal(clients[0].refusal, "busy: another image is about to be started");
    assert_memory_equal((const void *)loader.staging.base, large, sizeof large);
}

static void test_after_a_refused_file_a_push_is_taken(void **state)
{
    (void)state;
    fetched.bytes[0] = '<';
    start_boot_server("service.elf", fetched.bytes, sizeof fetched.bytes);
    use_sources(1, CONFIGURATION_NETWORK, CONFIGURATION_NETWORK);
    assert_returns(try_sources);
    assert_false(loader.staging_is_full);
    push_later(0, &pushed, MILLISECOND, 1);
    uplink_idle(&loader, clock_now_us() + SECOND);
    assert_starts(start_what_was_pushed, &pushed);
}

static void test_no_source_is_asked_once_a_push_is_here(void **state)
{
    (void)state;
    insert_card(&fetched, true);
    loader.push_is_here = true;
    assert_returns(try_sources);
    assert_int_equal(card.reads, 0);
    assert_int_equal(sim_board.network_starts, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PUSH_TEST(test_a_card_is_not_read_while_a_push_arrives),
        PUSH_TEST(test_a_card_is_read_when_the_push_before_it_was_given_up),
        PUSH_TEST(test_no_card_is_looked_for_while_a_push_arrives),
        PUSH_TEST(test_a_push_that_begins_during_a_fetch_ends_it_and_is_started),
        PUSH_TEST(test_a_push_that_was_given_up_at_once_leaves_no_byte_in_what_is_fetched),
        PUSH_TEST(test_a_push_under_way_lets_no_fetch_begin),
        PUSH_TEST(test_a_push_is_refused_while_the_client_of_a_complete_fetch_dallies),
        PUSH_TEST(test_after_a_refused_file_a_push_is_taken),
        PUSH_TEST(test_no_source_is_asked_once_a_push_is_here),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
