/*
 * What each OACK gets. The numbers are those of the list in docs/security.md.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_conversation.h"

/* What is wrong with the OACK is told to the server and to the user, and less is asked for. */
static void assert_oack_refused(const char *message)
{
    unsigned attempt = tftp_attempt(&client);

    assert_string_equal(client.message, message);
    assert_error_to(PORT, 8);
    assert_nothing_comes_out();
    tftp_tick(&client, now_us);
    assert_int_equal(tftp_attempt(&client), attempt + 1);
    ASSERT_REQUEST(REQUEST_TWO);
    assert_int_equal(tftp_result(&client), ERROR_BUSY);
}

#define REFUSES(oack, message)                                                                     \
    do {                                                                                           \
        set_up(state);                                                                             \
        ASSERT_REQUEST(REQUEST_ALL);                                                               \
        SERVER_SENDS(oack);                                                                        \
        assert_oack_refused(message);                                                              \
    } while (0)

/* 19 */
static void test_oack_without_nul_at_its_end_is_refused(void **state)
{
    REFUSES("\0\6blksize\000512", "OACK does not end in NUL");
    REFUSES("\0\6blksize", "OACK does not end in NUL");
    REFUSES("\0\6blksize\0", "OACK option blksize may not be \"\"");
    REFUSES("\0\6blksize\000512\0tsize\0", "OACK option tsize may not be \"\"");
    REFUSES("\0\6\0\0", "OACK option \"\" was not asked for");
}

/* 20 */
static void test_blksize_outside_8_to_what_was_asked_is_refused(void **state)
{
    REFUSES("\0\6blksize\0000\0", "OACK option blksize may not be \"0\"");
    REFUSES("\0\6blksize\0007\0", "OACK option blksize may not be \"7\"");
    REFUSES("\0\6blksize\0001469\0", "OACK option blksize may not be \"1469\"");
    REFUSES("\0\6blksize\00065536\0", "OACK option blksize may not be \"65536\"");
    REFUSES("\0\6blksize\0004294967808\0", "OACK option blksize may not be \"4294967808\"");
}

/* 20 */
static void test_blksize_that_is_not_a_number_is_refused(void **state)
{
    REFUSES("\0\6blksize\000-1\0", "OACK option blksize may not be \"-1\"");
    REFUSES("\0\6blksize\0001468x\0", "OACK option blksize may not be \"1468x\"");
    REFUSES("\0\6blksize\000+512\0", "OACK option blksize may not be \"+512\"");
    REFUSES("\0\6blksize\000 512\0", "OACK option blksize may not be \" 512\"");
    REFUSES("\0\6blksize\0000x200\0", "OACK option blksize may not be \"0x200\"");
    REFUSES("\0\6blksize\000\033[2J\0", "OACK option blksize may not be \".[2J\"");
}

/* 21 */
static void test_windowsize_0_or_over_what_was_asked_is_refused(void **state)
{
    REFUSES("\0\6windowsize\0000\0", "OACK option windowsize may not be \"0\"");
    REFUSES("\0\6windowsize\00065\0", "OACK option windowsize may not be \"65\"");
    REFUSES("\0\6windowsize\00065536\0", "OACK option windowsize may not be \"65536\"");
}

static void test_timeout_other_than_asked_is_refused(void **state)
{
    REFUSES("\0\6timeout\0002\0", "OACK option timeout may not be \"2\"");
    REFUSES("\0\6utimeout\0001\0", "OACK option utimeout may not be \"1\"");
}

/* 22 */
static void test_option_name_inside_another_or_inside_a_value_does_not_count(void **state)
{
    REFUSES("\0\6xblksize\000512\0", "OACK option \"xblksize\" was not asked for");
    REFUSES("\0\6blksizex\000512\0", "OACK option \"blksizex\" was not asked for");
    REFUSES("\0\6blk\000512\0", "OACK option \"blk\" was not asked for");
    REFUSES("\0\6tsize\000blksize\000512\0", "OACK option tsize may not be \"blksize\"");
}

/* 22 */
static void test_option_names_count_in_any_case_and_order(void **state)
{
    (void)state;
    ASSERT_REQUEST(REQUEST_ALL);
    SERVER_SENDS("\0\6WINDOWSIZE\0002\0TSize\000900\0BlkSize\000600\0");
    assert_ack(0);
    assert_int_equal(client.blocks.window, 2);
    assert_int_equal(client.blocks.block_bytes, 600);
    assert_int_equal(client.blocks.file_bytes, 900);
}

/* 23 */
static void test_option_not_asked_for_or_given_twice_is_refused(void **state)
{
    REFUSES("\0\6multicast\0,,1\0", "OACK option \"multicast\" was not asked for");
    REFUSES("\0\6blksize\000512\0blksize\000512\0", "OACK option \"blksize\" was given twice");
    REFUSES("\0\6blksize\000512\0BLKSIZE\0008\0", "OACK option \"BLKSIZE\" was given twice");
}

/* 23 */
static void test_option_of_a_higher_rung_is_refused_on_a_lower_one(void **state)
{
    (void)state;
    REFUSES("\0\6windowsize\0000\0", "OACK option windowsize may not be \"0\"");
    SERVER_SENDS("\0\6windowsize\0008\0");
    assert_string_equal(client.message, "OACK option \"windowsize\" was not asked for");
    assert_error_to(PORT, 8);
    tftp_tick(&client, now_us);
    ASSERT_REQUEST(REQUEST_NONE);
    SERVER_SENDS("\0\6blksize\000512\0");
    assert_string_equal(client.message, "OACK option \"blksize\" was not asked for");
    assert_error_to(PORT, 8);
    /* There is no lower rung: a few times more, ever later, and then it is an error. */
    for (unsigned i = 0; i < 3; i++) {
        assert_true(tftp_deadline(&client) > now_us);
        now_us = tftp_deadline(&client);
        tftp_tick(&client, now_us);
        ASSERT_REQUEST(REQUEST_NONE);
        SERVER_SENDS("\0\6blksize\000512\0");
        assert_error_to(PORT, 8);
    }
    assert_int_equal(tftp_result(&client), ERROR_UNSUPPORTED);
}

/* 23 */
static void test_second_oack_before_data_is_acknowledged_again_and_changes_nothing(void **state)
{
    (void)state;
    begin_transfer();
    SERVER_SENDS("\0\6blksize\0008\0windowsize\0001\0");
    assert_nothing_comes_out();
    assert_int_equal(client.blocks.block_bytes, 512);
    assert_int_equal(client.blocks.window, 4);
    now_us += 6000;
    SERVER_SENDS("\0\6blksize\0008\0windowsize\0001\0");
    assert_ack(0);
    assert_int_equal(client.blocks.block_bytes, 512);
}

/* 23 */
static void test_oack_in_the_middle_of_the_data_is_ignored(void **state)
{
    (void)state;
    begin_transfer();
    server_sends_data(1, 512);
    now_us += 6000;
    SERVER_SENDS("\0\6blksize\0008\0");
    assert_nothing_comes_out();
    assert_int_equal(client.blocks.block_bytes, 512);
    assert_int_equal(client.blocks.next, 2);
}

/* 24 */
static void test_tsize_over_the_room_is_refused_whatever_its_length(void **state)
{
    static const char *const sizes[] = {"8193", "4294967296", "18446744073709551615",
                                        "18446744073709551616", "99999999999999999999999999999999"};

    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t oack[64] = "\0\6tsize";

        set_up(state);
        ASSERT_REQUEST(REQUEST_ALL);
        strcpy((char *)oack + 8, sizes[i]);
        receive_from(server, PORT, oack, 8 + strlen(sizes[i]) + 1);
        assert_int_equal(tftp_result(&client), ERROR_TOO_LARGE);
        assert_non_null(strstr(client.message, "there is room for 8192"));
        assert_int_equal(strstr(client.message, "has at least 18446744073709551615 ") != NULL,
                         i >= 2);
        assert_error_to(PORT, 3);
        assert_nothing_comes_out();
        assert_int_equal(tftp_deadline(&client), CLOCK_NEVER);
    }
}

/* 24 */
static void test_tsize_0_means_unknown(void **state)
{
    (void)state;
    ASSERT_REQUEST(REQUEST_ALL);
    SERVER_SENDS("\0\6tsize\0000\0");
    assert_ack(0);
    server_sends_data(1, 100);
    assert_ack(1);
    assert_int_equal(tftp_result(&client), 100);
}

/* 25 */
static void test_data_before_an_oack_means_blocks_of_512_one_by_one(void **state)
{
    (void)state;
    ASSERT_REQUEST(REQUEST_ALL);
    server_sends_data(1, 512);
    assert_ack(1);
    /* Too late for options now. */
    SERVER_SENDS("\0\6blksize\0008\0");
    assert_int_equal(client.blocks.block_bytes, 512);
    server_sends_data(2, 10);
    assert_ack(2);
    assert_int_equal(tftp_result(&client), 522);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_oack_without_nul_at_its_end_is_refused),
        TEST(test_blksize_outside_8_to_what_was_asked_is_refused),
        TEST(test_blksize_that_is_not_a_number_is_refused),
        TEST(test_windowsize_0_or_over_what_was_asked_is_refused),
        TEST(test_timeout_other_than_asked_is_refused),
        TEST(test_option_name_inside_another_or_inside_a_value_does_not_count),
        TEST(test_option_names_count_in_any_case_and_order),
        TEST(test_option_not_asked_for_or_given_twice_is_refused),
        TEST(test_option_of_a_higher_rung_is_refused_on_a_lower_one),
        TEST(test_second_oack_before_data_is_acknowledged_again_and_changes_nothing),
        TEST(test_oack_in_the_middle_of_the_data_is_ignored),
        TEST(test_tsize_over_the_room_is_refused_whatever_its_length),
        TEST(test_tsize_0_means_unknown),
        TEST(test_data_before_an_oack_means_blocks_of_512_one_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
