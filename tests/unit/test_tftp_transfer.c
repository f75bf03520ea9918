/*
 * Whole TFTP transfers that arrive, from simulated servers of each kind over simulated networks.
 * Those that cannot: test_tftp_transfer_end.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_transfer_bench.h"

static void test_whole_window_is_agreed_and_used(void **state)
{
    (void)state;
    assert_fetched();
    assert_int_equal(client.blocks.window, TFTP_WINDOW_BLOCKS);
    assert_int_equal(client.blocks.block_bytes, 1468);
    /* 205 blocks: OACK and blocks out; request, ACK of the OACK, 3 windows and a rest in. */
    assert_int_equal(sim.sent, 1 + 205);
    assert_int_equal(sim.received, 1 + 1 + 4);
    assert_int_equal(client.repeated, 0);
    assert_int_equal(recorder.restarts, 1);
}

static void test_smaller_window_of_the_server_is_kept_to(void **state)
{
    (void)state;
    sim.window_max = 3;
    assert_fetched();
    assert_int_equal(client.blocks.window, 3);
    assert_int_equal(client.repeated, 0);
}

static void test_server_without_windowsize_is_read_block_by_block(void **state)
{
    (void)state;
    sim.options = TFTP_BLKSIZE | TFTP_TSIZE | TFTP_TIMEOUT;
    assert_fetched();
    assert_int_equal(client.blocks.window, 1);
    assert_int_equal(sim.requests, 1);
    assert_int_equal(client.repeated, 0);
}

static void test_server_that_ignores_options_is_read_in_blocks_of_512(void **state)
{
    (void)state;
    sim.options = 0;
    assert_fetched();
    assert_int_equal(client.blocks.block_bytes, 512);
    assert_int_equal(sim.requests, 1);
}

static void test_server_that_refuses_options_is_asked_with_fewer_then_none(void **state)
{
    (void)state;
    sim.refuses_options = 1;
    for (unsigned i = 0; i < 3; i++) {
        static const unsigned codes[3] = {8, 4, 0};

        sim.refuse_code = codes[i];
        sim.requests = 0;
        assert_fetched();
        assert_int_equal(sim.requests, 3);
        assert_int_equal(client.blocks.block_bytes, 512);
    }
}

static void test_path_that_drops_large_packets_ends_in_blocks_of_512(void **state)
{
    (void)state;
    sim.drops_large = true;
    assert_fetched();
    assert_int_equal(client.blocks.block_bytes, 512);
}

static void test_file_sizes_around_block_and_window_ends_arrive_whole(void **state)
{
    static const uint32_t sizes[] = {1,
                                     511,
                                     512,
                                     513,
                                     1467,
                                     1468,
                                     1469,
                                     TFTP_WINDOW_BLOCKS * 1468 - 1,
                                     TFTP_WINDOW_BLOCKS * 1468,
                                     TFTP_WINDOW_BLOCKS * 1468 + 1,
                                     (TFTP_WINDOW_BLOCKS + 1) * 1468,
                                     2 * TFTP_WINDOW_BLOCKS * 1468};

    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (unsigned options = 0; options < 2; options++) {
            set_up(state);
            sim.options = options ? ALL : 0;
            sim.length = sizes[i];
            assert_fetched();
        }
    }
}

static void test_every_kind_of_network_and_server_delivers_the_file(void **state)
{
    static const unsigned faults[][3] = {{50, 0, 0},  {300, 0, 0},  {0, 250, 0},
                                         {0, 0, 250}, {50, 50, 50}, {150, 150, 150}};
    static const unsigned options[] = {ALL, TFTP_BLKSIZE | TFTP_TSIZE, 0};

    for (unsigned i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        for (unsigned j = 0; j < 3; j++) {
            for (uint32_t seed = 1; seed <= 8; seed++) {
                set_up(state);
                sim.length = 60000 + seed * 1468;
                sim.loss = faults[i][0];
                sim.duplication = faults[i][1];
                sim.reordering = faults[i][2];
                sim.options = options[j];
                sim.seed = seed;
                /* A server that sends one block at a time and only repeats it when its own
                 * second is over can take minutes at 30 %. */
                request.patience_us = 900ul * SECOND_US;
                assert_fetched();
            }
        }
    }
}

static void test_loss_of_a_third_costs_seconds_not_minutes(void **state)
{
    uint64_t worst = 0;

    for (uint32_t seed = 1; seed <= 20; seed++) {
        set_up(state);
        sim.length = 100000;
        sim.loss = 300;
        sim.seed = seed;
        assert_fetched();
        if (sim.now_us - START_US > worst)
            worst = sim.now_us - START_US;
    }
    print_message("100 kB at 30 %% loss: at worst %lu ms, dallying included\n",
                  (unsigned long)worst / 1000);
    assert_true(worst < 15 * SECOND_US);
}

static void test_reordering_alone_makes_no_server_send_twice(void **state)
{
    (void)state;
    /* Delayed by up to 2.3 ms, well within what the client holds still for. */
    sim.reordering = 100;
    sim.seed = 3;
    assert_fetched();
    print_message("reordering 10 %%: %lu sent for 205 blocks\n", (unsigned long)sim.sent);
    assert_true(sim.sent < 205 * 3 / 2);
}

static void test_long_round_trip_does_not_multiply_packets(void **state)
{
    (void)state;
    sim.delay_us = 60000;
    assert_fetched();
    print_message("round trip 120 ms: %lu sent for 205 blocks\n", (unsigned long)sim.sent);
    assert_true(sim.sent < 205 * 3 / 2);
}

/* 28 */
static void test_sorcerers_apprentice_does_not_double_every_packet(void **state)
{
    (void)state;
    sim.options = TFTP_BLKSIZE;
    sim.apprentice = true;
    sim.unquiet = true;
    sim.length = 200 * 1468;
    assert_fetched();
    /* Twice each because the server is unquiet; hardly more because of us. */
    assert_true(sim.sent <= 2 * 201 + 20);
    assert_true(sim.received <= 201 + 20);
}

/* 28 */
static void test_lost_last_acknowledgement_is_repeated_while_dallying(void **state)
{
    unsigned answered = 0;

    (void)state;
    for (uint32_t seed = 1; seed <= 40; seed++) {
        unsigned active = 0;

        set_up(state);
        sim.length = 20000;
        sim.loss = 100;
        sim.seed = seed;
        assert_fetched();
        for (unsigned i = 0; i < SIM_TFTP_TRANSFERS; i++)
            active += sim.transfers[i].active && sim.transfers[i].acked > 0;
        answered += active == 0;
    }
    /* Without an answer every tenth server would be left waiting. */
    assert_true(answered >= 39);
}

static void test_server_that_vanishes_and_returns_is_asked_anew(void **state)
{
    (void)state;
    sim.delay_us = 15000; /* the whole file takes 150 ms */
    sim.away_from_us = START_US + 60000;
    sim.away_until_us = START_US + 20 * SECOND_US;
    assert_fetched();
    assert_true(recorder.restarts > 1);
    assert_true(sim.now_us < START_US + 40 * SECOND_US);
}

/* 27 */
static void test_block_numbers_wrap_to_0_after_65535(void **state)
{
    (void)state;
    sim.length = 65540ul * 8 + 3;
    request.block_bytes = 8;
    assert_fetched();
    assert_false(client.blocks.wraps_to_one);
    assert_int_equal(client.repeated, 0);
}

/* 27 */
static void test_block_numbers_that_wrap_to_1_are_recognised(void **state)
{
    (void)state;
    sim.wraps_to_one = true;
    sim.length = 65640ul * 8 + 3;
    request.block_bytes = 8;
    for (unsigned window = 1; window <= TFTP_WINDOW_BLOCKS; window += TFTP_WINDOW_BLOCKS - 1) {
        request.window_blocks = window;
        recorder.length = 0;
        assert_fetched();
        assert_true(client.blocks.wraps_to_one);
    }
}

/* 27 */
static void test_lost_block_at_the_wrap_is_not_taken_for_a_wrap_to_1(void **state)
{
    for (uint32_t seed = 1; seed <= 2; seed++) {
        set_up(state);
        sim.length = 65560ul * 8 + 3;
        sim.loss = 100;
        sim.seed = seed;
        request.block_bytes = 8;
        request.patience_us = 3600ul * SECOND_US;
        assert_fetched();
        assert_false(client.blocks.wraps_to_one);
    }
}

static void test_file_that_fills_the_room_exactly_fits(void **state)
{
    (void)state;
    sim.length = request.capacity = 1468 * 40;
    assert_fetched();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_whole_window_is_agreed_and_used, set_up),
        cmocka_unit_test_setup(test_smaller_window_of_the_server_is_kept_to, set_up),
        cmocka_unit_test_setup(test_server_without_windowsize_is_read_block_by_block, set_up),
        cmocka_unit_test_setup(test_server_that_ignores_options_is_read_in_blocks_of_512, set_up),
        cmocka_unit_test_setup(test_server_that_refuses_options_is_asked_with_fewer_then_none,
                               set_up),
        cmocka_unit_test_setup(test_path_that_drops_large_packets_ends_in_blocks_of_512, set_up),
        cmocka_unit_test_setup(test_file_sizes_around_block_and_window_ends_arrive_whole, set_up),
        cmocka_unit_test_setup(test_every_kind_of_network_and_server_delivers_the_file, set_up),
        cmocka_unit_test_setup(test_loss_of_a_third_costs_seconds_not_minutes, set_up),
        cmocka_unit_test_setup(test_reordering_alone_makes_no_server_send_twice, set_up),
        cmocka_unit_test_setup(test_long_round_trip_does_not_multiply_packets, set_up),
        cmocka_unit_test_setup(test_sorcerers_apprentice_does_not_double_every_packet, set_up),
        cmocka_unit_test_setup(test_lost_last_acknowledgement_is_repeated_while_dallying, set_up),
        cmocka_unit_test_setup(test_server_that_vanishes_and_returns_is_asked_anew, set_up),
        cmocka_unit_test_setup(test_block_numbers_wrap_to_0_after_65535, set_up),
        cmocka_unit_test_setup(test_block_numbers_that_wrap_to_1_are_recognised, set_up),
        cmocka_unit_test_setup(test_lost_block_at_the_wrap_is_not_taken_for_a_wrap_to_1, set_up),
        cmocka_unit_test_setup(test_file_that_fills_the_room_exactly_fits, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
