/*
 * loader/sources: the boot sources in their order, and what becomes of cards and adapters that
 * fail. Pushes meanwhile: test_sources_push.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sources_bench.h"

/* ---- order ---- */

static void test_the_card_is_asked_first_and_the_network_is_left_alone(void **state)
{
    (void)state;
    insert_card(&fetched, true);
    start_boot_server("service.elf", other.bytes, sizeof other.bytes);
    assert_starts(try_sources, &fetched);
    assert_says("starting fetched 1.0.0 from sd:service.elf\n");
    assert_int_equal(sim_board.network_starts, 0);
}

static void test_the_network_is_asked_first_when_it_is_configured_so(void **state)
{
    (void)state;
    use_sources(2, CONFIGURATION_NETWORK, CONFIGURATION_SD);
    insert_card(&fetched, true);
    start_boot_server("service.elf", other.bytes, sizeof other.bytes);
    assert_starts(try_sources, &other);
    assert_int_equal(card.reads, 0);
    assert_string_equal(requests[0], "00000000deadbeef/service.elf");
    assert_string_equal(requests[1], "service.elf");
}

static void test_what_the_first_source_lacks_the_second_gives(void **state)
{
    (void)state;
    insert_card(NULL, true);
    start_boot_server("service.elf", other.bytes, sizeof other.bytes);
    assert_starts(try_sources, &other);
    assert_says("sd: no file service.elf\n");
}

static void test_a_source_whose_image_is_refused_is_not_the_last_word(void **state)
{
    (void)state;
    fetched.bytes[0] = '<';
    insert_card(&fetched, true);
    start_boot_server("service.elf", other.bytes, sizeof other.bytes);
    assert_starts(try_sources, &other);
    assert_says("loader: sd:service.elf: refused: ");
}

static void test_a_source_that_is_not_configured_is_not_asked(void **state)
{
    (void)state;
    use_sources(1, CONFIGURATION_NETWORK, CONFIGURATION_SD);
    insert_card(&fetched, true);
    start_boot_server("none", other.bytes, sizeof other.bytes);
    assert_returns(try_sources);
    assert_int_equal(card.reads, 0);
}

/* ---- named ---- */

static void try_named(void *context)
{
    char name[NET_NAME_MAX] = "next.elf";

    (void)context;
    sources_try(&loader, name);
}

static void test_a_named_file_is_asked_for_in_this_round_only(void **state)
{
    (void)state;
    strcpy(loader.configuration.file, "mine.elf");
    insert_card(NULL, true);
    start_boot_server("none", other.bytes, sizeof other.bytes);
    assert_returns(try_named);
    assert_says("sd: no file next.elf\n");
    assert_int_equal(request_count, 2);
    assert_string_equal(requests[0], "00000000deadbeef/next.elf");
    assert_string_equal(requests[1], "next.elf");
    sim_log_clear();
    request_count = 0;
    assert_returns(try_sources);
    assert_says("sd: no file mine.elf\n");
    assert_string_equal(requests[0], "00000000deadbeef/mine.elf");
    assert_string_equal(loader.configuration.file, "mine.elf");
}

static void test_another_system_is_not_what_was_named(void **state)
{
    (void)state;
    use_sources(2, CONFIGURATION_SD, CONFIGURATION_IMAGE);
    strcpy(loader.configuration.image, "u-boot.bin");
    insert_card(NULL, true);
    assert_returns(try_named);
    assert_silent_about("u-boot.bin");
    assert_returns(try_sources);
    assert_says("u-boot.bin");
}

/* ---- the card ---- */

static void test_a_card_that_lacks_the_file_stays_in_use(void **state)
{
    (void)state;
    use_sources(1, CONFIGURATION_SD, CONFIGURATION_SD);
    insert_card(NULL, true);
    assert_returns(try_sources);
    assert_ptr_equal(loader.board.card, &card.device);
    sources_look_for_a_card(&loader);
    assert_int_equal(sim_board.card_starts, 1); /* push_setup's */
}

static void test_a_card_that_fails_is_looked_at_anew(void **state)
{
    unsigned before = sim_board.card_starts;

    (void)state;
    use_sources(1, CONFIGURATION_SD, CONFIGURATION_SD);
    insert_card(&fetched, true);
    card.bad_block = fat.data_block;
    assert_returns(try_sources);
    assert_null(loader.board.card);
    card.bad_block = SIM_BLOCK_NEVER;
    sources_look_for_a_card(&loader);
    assert_int_equal(sim_board.card_starts, before + 1);
    assert_ptr_equal(loader.board.card, &card.device);
    assert_starts(try_sources, &fetched);
}

static void test_a_card_that_was_taken_out_is_looked_for_anew(void **state)
{
    (void)state;
    use_sources(1, CONFIGURATION_SD, CONFIGURATION_SD);
    insert_card(&fetched, true);
    card.gone = true;
    card.device.block_count = 0; /* what a driver says of a card that is gone */
    assert_returns(try_sources);
    assert_null(loader.board.card);
}

static void test_a_card_taken_out_is_looked_for_anew_when_only_its_slots_are_asked(void **state)
{
    (void)state;
    use_sources(1, CONFIGURATION_SLOTS, CONFIGURATION_SLOTS);
    insert_card(&fetched, true);
    card.gone = true;
    card.device.block_count = 0;
    assert_returns(try_sources);
    assert_null(loader.board.card);
}

static void test_a_card_whose_file_is_refused_is_the_next_sources_too(void **state)
{
    (void)state;
    use_sources(2, CONFIGURATION_SD, CONFIGURATION_IMAGE);
    strcpy(loader.configuration.image, "u-boot.bin");
    fetched.bytes[0] = '<';
    insert_card(&fetched, true);
    assert_returns(try_sources);
    assert_says("loader: sd:service.elf: refused: ");
    assert_says("chainload: no file u-boot.bin on the card\n");
    assert_ptr_equal(loader.board.card, &card.device);
}

static void test_a_new_card_brings_its_configuration_and_a_new_network_is_started_anew(void **state)
{
    static const char text[] = "file = from-card.elf\ndns = 10.0.0.53\n";

    (void)state;
    assert_int_equal(uplink_start(&loader), 0);
    insert_card(NULL, false);
    sources_look_for_a_card(&loader); /* says nothing of the network */
    assert_true(loader.network_is_up);
    loader.board.card = NULL;
    sim_fat_add(&fat, "PILOT   CON", "pilot.conf", (const uint8_t *)text, strlen(text), 1);
    sources_look_for_a_card(&loader);
    assert_string_equal(loader.configuration.file, "from-card.elf");
    assert_false(loader.network_is_up);
}

static void test_what_a_card_said_holds_when_it_is_gone(void **state)
{
    (void)state;
    loader.configuration.deploy = BOOT_DEPLOY_OFF;
    loader.configuration.watchdog_ms = 777;
    loader.board.card = NULL;
    sim_board.card_status = ERROR_ABSENT;
    unsigned starts = sim_board.card_starts;

    sources_look_for_a_card(&loader);
    assert_int_equal(sim_board.card_starts, starts + 1);
    assert_int_equal(loader.configuration.deploy, BOOT_DEPLOY_OFF);
    assert_int_equal(loader.configuration.watchdog_ms, 777);
}

/* ---- the adapter ---- */

static void test_an_adapter_that_is_silent_for_three_rounds_is_started_anew(void **state)
{
    (void)state;
    use_sources(1, CONFIGURATION_NETWORK, CONFIGURATION_NETWORK);
    start_boot_server("none", other.bytes, sizeof other.bytes);
    assert_returns(try_sources); /* brings something: the count begins */
    sim_cable_plug(&net.cable, false);
    for (unsigned i = 0; i < 2; i++) {
        assert_returns(try_sources);
        assert_true(loader.network_is_up);
    }
    sim_cable_plug(&net.cable, true);
    assert_returns(try_sources); /* not three in a row */
    sim_cable_plug(&net.cable, false);
    for (unsigned i = 0; i < 2; i++) {
        assert_returns(try_sources);
        assert_true(loader.network_is_up);
    }
    assert_returns(try_sources);
    assert_false(loader.network_is_up);
    assert_int_equal(sim_board.quiesces, 1);
    assert_null(loader.board.ethernet);
}

static void test_an_adapter_that_is_gone_is_started_anew_at_once(void **state)
{
    (void)state;
    use_sources(1, CONFIGURATION_NETWORK, CONFIGURATION_NETWORK);
    assert_int_equal(uplink_start(&loader), 0);
    net.cable.end[0].gone = true;
    assert_returns(try_sources);
    assert_false(loader.network_is_up);
}

static void test_without_an_adapter_the_round_goes_on(void **state)
{
    (void)state;
    use_sources(2, CONFIGURATION_NETWORK, CONFIGURATION_SD);
    sim_board.network_status = ERROR_ABSENT;
    insert_card(&fetched, true);
    assert_starts(try_sources, &fetched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PUSH_TEST(test_what_a_card_said_holds_when_it_is_gone),
        PUSH_TEST(test_the_card_is_asked_first_and_the_network_is_left_alone),
        PUSH_TEST(test_the_network_is_asked_first_when_it_is_configured_so),
        PUSH_TEST(test_what_the_first_source_lacks_the_second_gives),
        PUSH_TEST(test_a_source_whose_image_is_refused_is_not_the_last_word),
        PUSH_TEST(test_a_source_that_is_not_configured_is_not_asked),
        PUSH_TEST(test_another_system_is_not_what_was_named),
        PUSH_TEST(test_a_named_file_is_asked_for_in_this_round_only),
        PUSH_TEST(test_a_card_that_lacks_the_file_stays_in_use),
        PUSH_TEST(test_a_card_that_fails_is_looked_at_anew),
        PUSH_TEST(test_a_card_that_was_taken_out_is_looked_for_anew),
        PUSH_TEST(test_a_card_taken_out_is_looked_for_anew_when_only_its_slots_are_asked),
        PUSH_TEST(test_a_card_whose_file_is_refused_is_the_next_sources_too),
        PUSH_TEST(test_a_new_card_brings_its_configuration_and_a_new_network_is_started_anew),
        PUSH_TEST(test_an_adapter_that_is_silent_for_three_rounds_is_started_anew),
        PUSH_TEST(test_an_adapter_that_is_gone_is_started_anew_at_once),
        PUSH_TEST(test_without_an_adapter_the_round_goes_on),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
