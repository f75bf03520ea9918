/*
 * test_dns_malformed: queries that are damaged, out of bounds, or not for us.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "dns_query.h"

static void test_responses_and_stubs_get_no_reply(void **state)
{
    (void)state;
    ask("host0001.example", 1, 1);
    query[2] |= 0x80;
    answer();
    assert_int_equal(reply_length, 0);
    ask("host0001.example", 1, 1);
    for (query_length = 0; query_length < 12; query_length++) {
        answer();
        assert_int_equal(reply_length, 0);
    }
}

static void test_a_question_cut_anywhere_is_malformed(void **state)
{
    size_t whole;

    (void)state;
    ask("host0001.example", 1, 1);
    whole = query_length;
    for (query_length = 12; query_length < whole; query_length++)
        assert_header_only(1);
}

static void test_question_counts_other_than_one_are_malformed(void **state)
{
    static const unsigned counts[] = {0, 2, 256, 65535};

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        begin(0x0100, counts[i]);
        add_name("host0001.example");
        add16(1);
        add16(1);
        assert_header_only(1);
    }
}

static void test_answers_or_authorities_in_a_query_are_malformed(void **state)
{
    (void)state;
    for (size_t place = 6; place < 10; place++) {
        ask("host0001.example", 1, 1);
        query[place] = 1;
        assert_header_only(1);
    }
}

static void test_a_compression_pointer_in_the_question_is_malformed(void **state)
{
    (void)state;
    begin(0, 1);
    add16(0xc00c); /* to itself */
    add16(1);
    add16(1);
    assert_header_only(1);
    begin(0, 1);
    memcpy(query + query_length, "\4host\300\14", 7);
    query_length += 7;
    add16(1);
    add16(1);
    assert_header_only(1);
}

static void test_a_label_over_63_bytes_is_malformed(void **state)
{
    (void)state;
    for (unsigned bytes = 64; bytes < 192; bytes += 64) { /* the reserved types 01 and 10 */
        begin(0, 1);
        query[query_length++] = (uint8_t)bytes;
        memset(query + query_length, 'a', bytes);
        query_length += bytes;
        query[query_length++] = 0;
        add16(1);
        add16(1);
        assert_header_only(1);
    }
}

/* Makes a question whose name has so many bytes on the wire and ends in `example`. */
static void ask_long_name(unsigned bytes)
{
    unsigned left = bytes - 9;

    begin(0, 1);
    while (left > 0) {
        unsigned label = left > 64 ? left - 64 == 1 ? 62 : 63 : left - 1;

        query[query_length++] = (uint8_t)label;
        memset(query + query_length, 'a', label);
        query_length += label;
        left -= label + 1;
    }
    add_name("example");
    add16(1);
    add16(1);
}

static void test_a_name_of_255_bytes_is_answered_and_one_of_256_is_malformed(void **state)
{
    (void)state;
    ask_long_name(255);
    assert_int_equal(query_length, 12 + 255 + 4);
    add_opt(0, 0x8000);
    answer();
    assert_int_equal(reply[3] & 15, 3);
    assert_counts(1, 0, 1, 1);
    assert_int_equal(reply_length, DNS_REPLY_MAX);
    ask_long_name(256);
    assert_header_only(1);
}

static void test_the_longest_reply_is_exactly_the_room_asked_for(void **state)
{
    (void)state;
    assert_int_equal(DNS_REPLY_MAX, 12 + 259 + 50 + 11);
}

static void test_a_later_edns_version_gets_badvers(void **state)
{
    (void)state;
    ask("host0001.example", 1, 1);
    add_opt(1, 0);
    answer();
    assert_int_equal(reply[3] & 15, 0);
    assert_counts(1, 0, 0, 1);
    assert_question_repeated();
    assert_opt(question_end(), 1, 0); /* 1 << 4 | 0 = 16 */
}

static void test_an_opt_cut_anywhere_is_malformed(void **state)
{
    size_t whole, least;

    (void)state;
    ask("host0001.example", 1, 1);
    least = query_length;
    add_opt(0, 0);
    whole = query_length;
    for (query_length = least; query_length < whole; query_length++)
        assert_header_only(1);
    query_length = whole;
    query[whole - 1] = 1; /* says it has an option of one byte */
    assert_header_only(1);
    query[whole - 2] = 0xff;
    assert_header_only(1);
}

static void test_a_second_opt_is_malformed(void **state)
{
    (void)state;
    ask("host0001.example", 1, 1);
    add_opt(0, 0);
    add_opt(0, 0);
    assert_header_only(1);
}

static void test_an_opt_that_belongs_to_a_name_is_malformed(void **state)
{
    (void)state;
    ask("host0001.example", 1, 1);
    query[11] = 1;
    add_name("example");
    add16(41);
    add16(4096);
    add16(0);
    add16(0);
    add16(0);
    assert_header_only(1);
}

static void test_a_record_that_claims_bytes_past_the_end_is_malformed(void **state)
{
    (void)state;
    for (unsigned count = 1; count < 3; count++) {
        ask("host0001.example", 1, 1);
        add_opt(0, 0);
        query[11] = (uint8_t)count;
        query[query_length - 2] = 0xff;
        query[query_length - 1] = 0xff;
        assert_header_only(1);
    }
}

static void test_an_additional_owner_with_a_reserved_label_is_malformed(void **state)
{
    (void)state;
    ask("host0001.example", 1, 1);
    query[11] = 1;
    query[query_length++] = 0x40;
    memset(query + query_length, 0, 100);
    query_length += 100;
    assert_header_only(1);
}

static void test_bytes_left_over_are_malformed(void **state)
{
    (void)state;
    ask("host0001.example", 1, 1);
    query[query_length++] = 0;
    assert_header_only(1);
    ask("host0001.example", 1, 1);
    add_opt(0, 0);
    query[query_length++] = 0;
    assert_header_only(1);
}

static void test_any_single_changed_byte_still_gets_a_sound_reply(void **state)
{
    uint8_t whole[64];
    size_t length;

    (void)state;
    ask("host0001.example", 1, 1);
    add_opt(0, 0);
    length = query_length;
    memcpy(whole, query, length);
    for (size_t at = 0; at < length; at++) {
        for (unsigned value = 0; value < 256; value++) {
            memcpy(query, whole, length);
            query[at] = (uint8_t)value;
            answer(); /* checks bounds and header */
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_responses_and_stubs_get_no_reply),
        cmocka_unit_test(test_a_question_cut_anywhere_is_malformed),
        cmocka_unit_test(test_question_counts_other_than_one_are_malformed),
        cmocka_unit_test(test_answers_or_authorities_in_a_query_are_malformed),
        cmocka_unit_test(test_a_compression_pointer_in_the_question_is_malformed),
        cmocka_unit_test(test_a_label_over_63_bytes_is_malformed),
        cmocka_unit_test(test_a_name_of_255_bytes_is_answered_and_one_of_256_is_malformed),
        cmocka_unit_test(test_the_longest_reply_is_exactly_the_room_asked_for),
        cmocka_unit_test(test_a_later_edns_version_gets_badvers),
        cmocka_unit_test(test_an_opt_cut_anywhere_is_malformed),
        cmocka_unit_test(test_a_second_opt_is_malformed),
        cmocka_unit_test(test_an_opt_that_belongs_to_a_name_is_malformed),
        cmocka_unit_test(test_a_record_that_claims_bytes_past_the_end_is_malformed),
        cmocka_unit_test(test_an_additional_owner_with_a_reserved_label_is_malformed),
        cmocka_unit_test(test_bytes_left_over_are_malformed),
        cmocka_unit_test(test_any_single_changed_byte_still_gets_a_sound_reply),
    };

    return cmocka_run_group_tests(tests, dns_set_up, dns_tear_down);
}
