/*
 * test_dns_message: every row of the table in dns_message.h, and its bounds.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns_hosts.h"
#include "dns_message.h"

#define RECORDS 10000

static struct dns_records records;
static uint8_t query[4000], reply[DNS_REPLY_MAX];
static size_t query_length, reply_length;

static int set_up(void **state)
{
    static const uint8_t server[4] = {192, 0, 2, 7};

    (void)state;
    return dns_hosts_init(&records, RECORDS, server);
}

static int tear_down(void **state)
{
    (void)state;
    dns_records_free(&records);
    return 0;
}

static void add16(unsigned value)
{
    query[query_length++] = (uint8_t)(value >> 8);
    query[query_length++] = (uint8_t)value;
}

/* "host0001.example" to labels. */
static void add_name(const char *name)
{
    while (*name) {
        size_t bytes = strcspn(name, ".");

        query[query_length++] = (uint8_t)bytes;
        memcpy(query + query_length, name, bytes);
        query_length += bytes;
        name += bytes + (name[bytes] == '.');
    }
    query[query_length++] = 0;
}

static void begin(unsigned flags, unsigned questions)
{
    query_length = 0;
    add16(0xbeef);
    add16(flags);
    add16(questions);
    add16(0);
    add16(0);
    add16(0);
}

static void ask(const char *name, unsigned type, unsigned class)
{
    begin(0x0100, 1);
    add_name(name);
    add16(type);
    add16(class);
}

static void add_opt(unsigned version, unsigned flags)
{
    query[11]++;
    query[query_length++] = 0;
    add16(41);
    add16(4096);
    query[query_length++] = 0;
    query[query_length++] = (uint8_t)version;
    add16(flags);
    add16(0);
}

/* Hands the query over in a buffer of exactly its size, so that the sanitizer sees a read
 * beyond it, and takes the reply into one of exactly the size promised. */
static void answer(void)
{
    uint8_t *exact = malloc(query_length ? query_length : 1);
    uint8_t *room = malloc(DNS_REPLY_MAX);

    memcpy(exact, query, query_length);
    reply_length = dns_message_answer(&records, exact, query_length, room);
    assert_in_range(reply_length, 0, DNS_REPLY_MAX);
    memcpy(reply, room, reply_length);
    free(exact);
    free(room);
    if (reply_length == 0)
        return;
    assert_memory_equal(reply, query, 2);
    assert_int_equal(reply[2] & 0x80, 0x80);            /* QR */
    assert_int_equal(reply[2] & 0x79, query[2] & 0x79); /* opcode and RD as asked */
    assert_int_equal(reply[2] & 0x02, 0);               /* TC */
    assert_int_equal(reply[3] & 0xf0, 0);               /* RA, Z, AD, CD */
}

static unsigned get16(size_t at)
{
    return (unsigned)(reply[at] << 8 | reply[at + 1]);
}

static void assert_counts(unsigned questions, unsigned answers, unsigned authorities,
                          unsigned additionals)
{
    assert_int_equal(get16(4), questions);
    assert_int_equal(get16(6), answers);
    assert_int_equal(get16(8), authorities);
    assert_int_equal(get16(10), additionals);
}

static size_t question_end(void)
{
    size_t at = 12;

    while (query[at] != 0)
        at += 1u + query[at];
    return at + 5;
}

static void assert_question_repeated(void)
{
    assert_memory_equal(reply + 12, query + 12, question_end() - 12);
}

static void assert_header_only(unsigned code)
{
    answer();
    assert_int_equal(reply_length, 12);
    assert_int_equal(reply[3] & 15, code);
    assert_int_equal(reply[2] & 0x04, 0);
    assert_counts(0, 0, 0, 0);
}

/* Reads the name at `at`, pointers followed, into text; returns what follows it. */
static size_t read_name(size_t at, char *text)
{
    size_t after = 0;
    char *to = text;

    for (int steps = 0; steps < 200; steps++) {
        assert_in_range(at, 0, reply_length - 1);
        if (reply[at] == 0) {
            *to = '\0';
            return after ? after : at + 1;
        }
        if (reply[at] >= 0xc0) {
            if (!after)
                after = at + 2;
            at = get16(at) & 0x3fff;
            continue;
        }
        memcpy(to, reply + at + 1, reply[at]);
        to += reply[at];
        *to++ = '.';
        at += 1u + reply[at];
    }
    fail_msg("the name does not end");
    return 0;
}

/* Checks a record's fixed part, returns where its data is; *after: where it ends. */
static size_t read_record(size_t at, const char *owner, unsigned type, unsigned ttl, size_t *after)
{
    char name[300];

    at = read_name(at, name);
    assert_string_equal(name, owner);
    assert_int_equal(get16(at), type);
    assert_int_equal(get16(at + 2), 1);
    assert_int_equal(get16(at + 4) << 16 | get16(at + 6), ttl);
    *after = at + 10 + get16(at + 8);
    assert_in_range(*after, 0, reply_length);
    return at + 10;
}

static void assert_soa(size_t at, const char *owner, unsigned ttl, size_t *after)
{
    char name[300];
    size_t data = read_record(at, owner, 6, ttl, after);

    data = read_name(data, name);
    assert_non_null(strstr(name, "ns.example."));
    data = read_name(data, name);
    assert_non_null(strstr(name, "hostmaster.example."));
    assert_int_equal(*after - data, 20);
    assert_int_equal(get16(data + 18), DNS_NEGATIVE_SECONDS);
}

static void assert_refused(void)
{
    answer();
    assert_int_equal(reply[3] & 15, 5);
    assert_int_equal(reply[2] & 0x04, 0);
    assert_counts(1, 0, 0, 0);
    assert_question_repeated();
    assert_int_equal(reply_length, question_end());
}

static void assert_negative(unsigned code, const char *zone)
{
    size_t after;

    answer();
    assert_int_equal(reply[3] & 15, code);
    assert_int_equal(reply[2] & 0x04, 0x04);
    assert_counts(1, 0, 1, 0);
    assert_question_repeated();
    assert_soa(question_end(), zone, DNS_NEGATIVE_SECONDS, &after);
    assert_int_equal(after, reply_length);
}

static void assert_address(const char *owner, const uint8_t address[4])
{
    size_t after, data;

    answer();
    assert_int_equal(reply[3] & 15, 0);
    assert_int_equal(reply[2] & 0x04, 0x04);
    assert_counts(1, 1, 0, 0);
    assert_question_repeated();
    assert_int_equal(get16(question_end()), 0xc00c);
    data = read_record(question_end(), owner, 1, DNS_TTL_SECONDS, &after);
    assert_int_equal(after - data, 4);
    assert_memory_equal(reply + data, address, 4);
    assert_int_equal(after, reply_length);
}

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

static void assert_opt(size_t at, unsigned extended_code, unsigned flags)
{
    assert_int_equal(reply_length - at, 11);
    assert_int_equal(reply[at], 0);
    assert_int_equal(get16(at + 1), 41);
    assert_int_equal(get16(at + 3), DNS_PAYLOAD_MAX);
    assert_int_equal(reply[at + 5], extended_code);
    assert_int_equal(reply[at + 6], 0);
    assert_int_equal(get16(at + 7), flags);
    assert_int_equal(get16(at + 9), 0);
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
        cmocka_unit_test(test_responses_and_stubs_get_no_reply),
        cmocka_unit_test(test_a_question_cut_anywhere_is_malformed),
        cmocka_unit_test(test_question_counts_other_than_one_are_malformed),
        cmocka_unit_test(test_answers_or_authorities_in_a_query_are_malformed),
        cmocka_unit_test(test_a_compression_pointer_in_the_question_is_malformed),
        cmocka_unit_test(test_a_label_over_63_bytes_is_malformed),
        cmocka_unit_test(test_a_name_of_255_bytes_is_answered_and_one_of_256_is_malformed),
        cmocka_unit_test(test_the_longest_reply_is_exactly_the_room_asked_for),
        cmocka_unit_test(test_an_opt_is_answered_with_an_opt_and_the_do_bit_is_copied),
        cmocka_unit_test(test_options_inside_the_opt_are_passed_over),
        cmocka_unit_test(test_a_later_edns_version_gets_badvers),
        cmocka_unit_test(test_an_opt_cut_anywhere_is_malformed),
        cmocka_unit_test(test_a_second_opt_is_malformed),
        cmocka_unit_test(test_an_opt_that_belongs_to_a_name_is_malformed),
        cmocka_unit_test(test_other_additional_records_are_skipped),
        cmocka_unit_test(test_hundreds_of_additional_records_are_not_counted_in_the_reply),
        cmocka_unit_test(test_a_record_that_claims_bytes_past_the_end_is_malformed),
        cmocka_unit_test(test_an_additional_owner_with_a_reserved_label_is_malformed),
        cmocka_unit_test(test_bytes_left_over_are_malformed),
        cmocka_unit_test(test_recursion_desired_is_copied_and_never_offered),
        cmocka_unit_test(test_any_single_changed_byte_still_gets_a_sound_reply),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
