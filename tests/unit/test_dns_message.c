/*
 * test_dns_message: what is answered to a well-formed query: the table in dns_message.h.
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

static void test_every_one_of_ten_thousand_names_gets_its_address(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RECORDS; i++) {
        const uint8_t address[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        char name[32], owner[32];

        snprintf(name, sizeof name, "host%04u.example", i);
        snprintf(owner, sizeof owner, "host%04u.example.", i);
        ask(name, 1, 1);
        assert_address(owner, address);
    }
}

static void test_letters_match_in_either_case_and_come_back_as_they_were_sent(void **state)
{
    const uint8_t address[4] = {10, 0, 1, 0};

    (void)state;
    ask("hOsT0256.ExAmPLe", 1, 1);
    assert_address("hOsT0256.ExAmPLe.", address);
    ask("HOST0256.EXAMPLE", 1, 1);
    assert_address("HOST0256.EXAMPLE.", address);
}

static void test_bytes_next_to_the_letters_are_not_folded(void **state)
{
    (void)state;
    /* '@' and '[' stand around 'A'-'Z', '`' and '{' around 'a'-'z'; 0xc8 is 'H' + 128. */
    ask("host025[.example", 1, 1);
    assert_negative(3, "example.");
    ask("h\317st0256.example", 1, 1);
    assert_negative(3, "example.");
    ask("host0256.ex\301mple", 1, 1);
    assert_refused();
}

static void test_the_server_itself_has_a_name(void **state)
{
    const uint8_t address[4] = {192, 0, 2, 7};

    (void)state;
    ask("ns.example", 1, 1);
    assert_address("ns.example.", address);
}

static void test_a_name_past_the_last_does_not_exist(void **state)
{
    (void)state;
    ask("host10000.example", 1, 1);
    assert_negative(3, "example.");
    ask("host001.example", 1, 1);
    assert_negative(3, "example.");
    ask("x.host0001.example", 1, 1);
    assert_negative(3, "example.");
}

static void test_another_type_of_a_name_there_is_gets_no_data(void **state)
{
    static const unsigned types[] = {2, 5, 6, 12, 15, 16, 28, 33, 65, 65535};

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        ask("host0001.example", types[i], 1);
        assert_negative(0, "example.");
    }
    ask("example", 1, 1);
    assert_negative(0, "example.");
}

static void test_any_gets_the_one_record_there_is(void **state)
{
    const uint8_t address[4] = {10, 0, 0, 1};

    (void)state;
    ask("host0001.example", 255, 1);
    assert_address("host0001.example.", address);
}

static void test_the_zone_answers_for_its_soa_and_ns(void **state)
{
    char name[300];
    size_t after, data;

    (void)state;
    for (int i = 0; i < 2; i++) {
        ask("eXample", i ? 255 : 6, 1);
        answer();
        assert_int_equal(reply[3] & 15, 0);
        assert_counts(1, 1, 0, 0);
        data = read_record(question_end(), "eXample.", 6, DNS_TTL_SECONDS, &after);
        data = read_name(data, name);
        assert_string_equal(name, "ns.eXample.");
        data = read_name(data, name);
        assert_string_equal(name, "hostmaster.eXample.");
        assert_int_equal(after, reply_length);
    }
    ask("example", 2, 1);
    answer();
    assert_int_equal(reply[3] & 15, 0);
    assert_counts(1, 1, 0, 0);
    data = read_record(question_end(), "example.", 2, DNS_TTL_SECONDS, &after);
    assert_int_equal(read_name(data, name), after);
    assert_string_equal(name, "ns.example.");
    assert_int_equal(after, reply_length);
}

static void test_names_outside_the_zone_are_refused(void **state)
{
    static const char *const names[] = {
        "",
        "com",
        "example.com",
        "host0001.examplf",
        "host0001.example.org",
        "host0001example",
        "host0001.xexample",
        "e",
        "host0001",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ask(names[i], 1, 1);
        assert_refused();
    }
}

static void test_the_zones_name_inside_a_label_is_not_the_zone(void **state)
{
    (void)state;
    begin(0, 1);
    query[query_length++] = 12; /* one label: "ab" 7 "example" and two more */
    memcpy(query + query_length, "ab\7exampleab", 12);
    query_length += 12;
    query[query_length++] = 0;
    add16(1);
    add16(1);
    assert_refused();
}

static void test_classes_other_than_in_are_refused(void **state)
{
    static const unsigned classes[] = {0, 2, 3, 4, 254, 255, 256};

    (void)state;
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        ask("host0001.example", 1, classes[i]);
        assert_refused();
    }
}

static void test_zone_transfers_are_refused(void **state)
{
    (void)state;
    ask("example", 252, 1);
    assert_refused();
    ask("example", 251, 1);
    assert_refused();
}

static void test_other_opcodes_are_not_implemented(void **state)
{
    (void)state;
    for (unsigned opcode = 1; opcode < 16; opcode++) {
        ask("host0001.example", 1, 1);
        query[2] = (uint8_t)(opcode << 3 | 1);
        assert_header_only(4);
    }
}

static void test_an_opt_is_answered_with_an_opt_and_the_do_bit_is_copied(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        ask("host0001.example", 1, 1);
        add_opt(0, i ? 0x8000 : 0x7fff);
        answer();
        assert_int_equal(reply[3] & 15, 0);
        assert_counts(1, 1, 0, 1);
        assert_opt(question_end() + 16, 0, i ? 0x8000 : 0);
    }
}

static void test_options_inside_the_opt_are_passed_over(void **state)
{
    (void)state;
    ask("host0001.example", 1, 1);
    add_opt(0, 0);
    query[query_length - 1] = 12; /* a cookie, as dig sends it */
    add16(10);
    add16(8);
    memset(query + query_length, 0x5a, 8);
    query_length += 8;
    answer();
    assert_int_equal(reply[3] & 15, 0);
    assert_opt(question_end() + 16, 0, 0);
}

static void test_other_additional_records_are_skipped(void **state)
{
    (void)state;
    ask("host0001.example", 1, 1);
    query[11] = 1;
    add16(0xc00c); /* compressed owner */
    add16(1);
    add16(1);
    add16(0);
    add16(0);
    add16(4);
    add16(0x0102);
    add16(0x0304);
    add_opt(0, 0);
    answer();
    assert_int_equal(reply[3] & 15, 0);
    assert_opt(question_end() + 16, 0, 0);
    query[11] = 3; /* says there is one more */
    assert_header_only(1);
}

static void test_hundreds_of_additional_records_are_not_counted_in_the_reply(void **state)
{
    (void)state;
    ask("host0001.example", 1, 1);
    for (unsigned i = 0; i < 300; i++) {
        query[query_length++] = 0;
        add16(16);
        memset(query + query_length, 0, 8);
        query_length += 8;
    }
    query[10] = 300 >> 8;
    query[11] = 300 & 255;
    answer();
    assert_int_equal(reply[3] & 15, 0);
    assert_counts(1, 1, 0, 0);
}

static void test_recursion_desired_is_copied_and_never_offered(void **state)
{
    (void)state;
    ask("host0001.example", 1, 1);
    query[2] = 0;
    query[3] = 0xff; /* RA, Z, AD, CD and a code mean nothing in a query */
    answer();
    assert_int_equal(reply[2], 0x84);
    assert_int_equal(reply[3], 0);
    query[2] = 1;
    answer();
    assert_int_equal(reply[2], 0x85);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_one_of_ten_thousand_names_gets_its_address),
        cmocka_unit_test(test_letters_match_in_either_case_and_come_back_as_they_were_sent),
        cmocka_unit_test(test_bytes_next_to_the_letters_are_not_folded),
        cmocka_unit_test(test_the_server_itself_has_a_name),
        cmocka_unit_test(test_a_name_past_the_last_does_not_exist),
        cmocka_unit_test(test_another_type_of_a_name_there_is_gets_no_data),
        cmocka_unit_test(test_any_gets_the_one_record_there_is),
        cmocka_unit_test(test_the_zone_answers_for_its_soa_and_ns),
        cmocka_unit_test(test_names_outside_the_zone_are_refused),
        cmocka_unit_test(test_the_zones_name_inside_a_label_is_not_the_zone),
        cmocka_unit_test(test_classes_other_than_in_are_refused),
        cmocka_unit_test(test_zone_transfers_are_refused),
        cmocka_unit_test(test_other_opcodes_are_not_implemented),
        cmocka_unit_test(test_an_opt_is_answered_with_an_opt_and_the_do_bit_is_copied),
        cmocka_unit_test(test_options_inside_the_opt_are_passed_over),
        cmocka_unit_test(test_other_additional_records_are_skipped),
        cmocka_unit_test(test_hundreds_of_additional_records_are_not_counted_in_the_reply),
        cmocka_unit_test(test_recursion_desired_is_copied_and_never_offered),
    };

    return cmocka_run_group_tests(tests, dns_set_up, dns_tear_down);
}
