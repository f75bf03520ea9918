/*
 * test_dns_records: the table behind the DNS service.
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
#include "dns_records.h"
#include "service.h"

/* The key of a name on the wire, made from a buffer of exactly its size. */
static struct dns_key key_of(const void *name, unsigned length)
{
    uint8_t *exact = malloc(length);
    struct dns_key key;

    memset(&key, 0xa5, sizeof key);
    memcpy(exact, name, length);
    dns_key_make(&key, exact, length);
    free(exact);
    return key;
}

static struct dns_key host_key(unsigned i)
{
    char name[40];
    int digits = snprintf(name, sizeof name, "%04u", i);
    int length;

    length = snprintf(name, sizeof name, "%chost%04u\7example", 4 + digits, i);
    return key_of(name, (unsigned)length + 1);
}

static void test_a_key_reads_nothing_outside_a_name_of_any_length(void **state)
{
    uint8_t name[DNS_NAME_MAX];

    (void)state;
    memset(name, 'Q', sizeof name);
    for (unsigned length = 1; length <= DNS_NAME_MAX; length++) {
        struct dns_key key = key_of(name, length);
        const uint8_t *bytes = (const uint8_t *)key.words;

        assert_int_equal(key.length, length);
        for (unsigned i = 0; i < length; i++)
            assert_int_equal(bytes[i], 'q');
        for (unsigned i = length; i < (length + 7) / 8 * 8; i++)
            assert_int_equal(bytes[i], 0);
    }
}

static void test_only_the_26_letters_are_folded(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        for (unsigned place = 0; place < 8; place++) {
            uint8_t name[8] = {0};
            struct dns_key key;

            name[place] = (uint8_t)byte;
            key = key_of(name, 8);
            for (unsigned i = 0; i < 8; i++) {
                unsigned expected = i != place ? 0 : byte >= 'A' && byte <= 'Z' ? byte + 32 : byte;

                assert_int_equal(((const uint8_t *)key.words)[i], expected);
            }
        }
    }
}

static void test_equal_names_have_equal_hashes_and_others_do_not(void **state)
{
    struct dns_key a = host_key(1), b = key_of("\10HOST0001\7EXAMPLE", 18), c = host_key(2);

    (void)state;
    assert_true(a.hash == b.hash);
    assert_true(a.hash != c.hash);
}

static void test_a_record_is_found_and_a_second_of_its_name_is_not_taken(void **state)
{
    const uint8_t first[4] = {192, 0, 2, 1}, second[4] = {192, 0, 2, 2};
    struct dns_key key = host_key(7), other = host_key(8);
    struct dns_records records;

    (void)state;
    assert_int_equal(dns_records_init(&records, 2, 40), 0);
    assert_null(dns_records_find(&records, &key));
    assert_int_equal(dns_records_add(&records, &key, first), 0);
    assert_int_equal(dns_records_add(&records, &key, second), ERROR_INVALID);
    assert_memory_equal(dns_records_find(&records, &key), first, 4);
    assert_null(dns_records_find(&records, &other));
    assert_int_equal(records.count, 1);
    dns_records_free(&records);
}

static void test_more_names_than_announced_are_refused_and_nothing_is_overwritten(void **state)
{
    const uint8_t address[4] = {192, 0, 2, 1};
    struct dns_records records;
    struct dns_key key;
    unsigned taken = 0;

    (void)state;
    assert_int_equal(dns_records_init(&records, 3, 3 * 18), 0);
    for (unsigned i = 0; i < 1000; i++) {
        key = host_key(i);
        if (dns_records_add(&records, &key, address) == 0)
            taken++;
    }
    assert_in_range(taken, 3, 15);
    assert_int_equal(records.count, taken);
    for (unsigned i = 0; i < taken; i++) {
        key = host_key(i);
        assert_non_null(dns_records_find(&records, &key));
    }
    key = host_key(taken);
    assert_null(dns_records_find(&records, &key));
    dns_records_free(&records);
}

static void test_the_table_keeps_a_slot_empty_so_that_every_search_ends(void **state)
{
    const uint8_t address[4] = {192, 0, 2, 1};
    struct dns_records records;
    struct dns_key key;
    unsigned taken = 0;

    (void)state;
    assert_int_equal(dns_records_init(&records, 3, 1000), 0); /* room for 60 short names */
    for (unsigned i = 0; i < 60; i++) {
        uint8_t name[3] = {1, (uint8_t)i, 0};

        key = key_of(name, sizeof name);
        if (dns_records_add(&records, &key, address) == 0)
            taken++;
    }
    assert_int_equal(taken, records.slot_mask);
    key = host_key(1);
    assert_null(dns_records_find(&records, &key));
    dns_records_free(&records);
}

static void test_names_of_equal_hash_are_told_apart(void **state)
{
    const uint8_t first[4] = {192, 0, 2, 1}, second[4] = {192, 0, 2, 2};
    struct dns_key a = host_key(1), b = host_key(2), c = key_of("\3abc\0", 5);
    struct dns_records records;

    (void)state;
    b.hash = c.hash = a.hash;
    assert_int_equal(dns_records_init(&records, 3, 60), 0);
    assert_int_equal(dns_records_add(&records, &a, first), 0);
    assert_null(dns_records_find(&records, &b));
    assert_int_equal(dns_records_add(&records, &b, second), 0);
    assert_memory_equal(dns_records_find(&records, &a), first, 4);
    assert_memory_equal(dns_records_find(&records, &b), second, 4);
    assert_null(dns_records_find(&records, &c));
    dns_records_free(&records);
}

static void test_names_of_255_bytes_are_kept_apart_by_their_last_byte(void **state)
{
    uint8_t name[DNS_NAME_MAX];
    uint8_t address[4] = {10, 0, 0, 0};
    struct dns_records records;
    struct dns_key key;

    (void)state;
    memset(name, 'n', sizeof name);
    assert_int_equal(dns_records_init(&records, 100, 100 * sizeof name), 0);
    for (unsigned i = 0; i < 100; i++) {
        name[sizeof name - 1] = (uint8_t)(i + 128);
        address[3] = (uint8_t)i;
        key = key_of(name, sizeof name);
        assert_int_equal(dns_records_add(&records, &key, address), 0);
    }
    for (unsigned i = 0; i < 100; i++) {
        name[sizeof name - 1] = (uint8_t)(i + 128);
        key = key_of(name, sizeof name);
        assert_int_equal(dns_records_find(&records, &key)[3], i);
    }
    dns_records_free(&records);
}

static void test_hosts_go_on_with_five_digits_past_ten_thousand(void **state)
{
    static const unsigned some[] = {0, 255, 256, 9999, 10000, 65535, 65536, 99999, 100000, 123455};
    struct dns_records records;

    (void)state;
    assert_int_equal(dns_hosts_init(&records, 123456, NULL), 0);
    assert_int_equal(records.count, 123456);
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        struct dns_key key = host_key(some[i]);
        const uint8_t address[4] = {10, (uint8_t)(some[i] >> 16), (uint8_t)(some[i] >> 8),
                                    (uint8_t)some[i]};

        assert_non_null(dns_records_find(&records, &key));
        assert_memory_equal(dns_records_find(&records, &key), address, 4);
    }
    struct dns_key past = host_key(123456);

    assert_null(dns_records_find(&records, &past));
    dns_records_free(&records);
}

static void test_counts_out_of_range_are_refused(void **state)
{
    struct dns_records records;

    (void)state;
    assert_int_equal(dns_hosts_init(&records, 0, NULL), ERROR_INVALID);
    assert_int_equal(dns_hosts_init(&records, DNS_HOSTS_MAX + 1, NULL), ERROR_INVALID);
    assert_int_equal(dns_hosts_init(&records, UINT32_MAX, NULL), ERROR_INVALID);
}

static void test_a_million_records_fit_and_are_all_right(void **state)
{
    struct dns_records records;

    (void)state;
    assert_int_equal(dns_hosts_init(&records, DNS_HOSTS_MAX, NULL), 0);
    for (unsigned i = 0; i < DNS_HOSTS_MAX; i += 997) {
        struct dns_key key = host_key(i);
        const uint8_t address[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};

        assert_memory_equal(dns_records_find(&records, &key), address, 4);
    }
    dns_records_free(&records);
}

static void test_ten_thousand_records_take_less_than_half_a_megabyte(void **state)
{
    struct dns_records records;

    (void)state;
    assert_int_equal(dns_hosts_init(&records, 10000, NULL), 0);
    assert_in_range(dns_records_bytes(&records), 300000, 512 * 1024);
    dns_records_free(&records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_reads_nothing_outside_a_name_of_any_length),
        cmocka_unit_test(test_only_the_26_letters_are_folded),
        cmocka_unit_test(test_equal_names_have_equal_hashes_and_others_do_not),
        cmocka_unit_test(test_a_record_is_found_and_a_second_of_its_name_is_not_taken),
        cmocka_unit_test(test_more_names_than_announced_are_refused_and_nothing_is_overwritten),
        cmocka_unit_test(test_the_table_keeps_a_slot_empty_so_that_every_search_ends),
        cmocka_unit_test(test_names_of_equal_hash_are_told_apart),
        cmocka_unit_test(test_names_of_255_bytes_are_kept_apart_by_their_last_byte),
        cmocka_unit_test(test_hosts_go_on_with_five_digits_past_ten_thousand),
        cmocka_unit_test(test_counts_out_of_range_are_refused),
        cmocka_unit_test(test_a_million_records_fit_and_are_all_right),
        cmocka_unit_test(test_ten_thousand_records_take_less_than_half_a_megabyte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
