/*
 * dns_query: makes a DNS query piece by piece, has it answered, and looks at the reply.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef DNS_QUERY_H
#define DNS_QUERY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "dns_hosts.h"
#include "dns_message.h"

#define RECORDS 10000

static struct dns_records records;
static uint8_t query[4000], reply[DNS_REPLY_MAX];
static size_t query_length, reply_length;

static inline int dns_set_up(void **state)
{
    static const uint8_t server[4] = {192, 0, 2, 7};

    (void)state;
    return dns_hosts_init(&records, RECORDS, server);
}

static inline int dns_tear_down(void **state)
{
    (void)state;
    dns_records_free(&records);
    return 0;
}

static inline void add16(unsigned value)
{
    query[query_length++] = (uint8_t)(value >> 8);
    query[query_length++] = (uint8_t)value;
}

/* "host0001.example" to labels. */
static inline void add_name(const char *name)
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

static inline void begin(unsigned flags, unsigned questions)
{
    query_length = 0;
    add16(0xbeef);
    add16(flags);
    add16(questions);
    add16(0);
    add16(0);
    add16(0);
}

static inline void ask(const char *name, unsigned type, unsigned class)
{
    begin(0x0100, 1);
    add_name(name);
    add16(type);
    add16(class);
}

static inline void add_opt(unsigned version, unsigned flags)
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
static inline void answer(void)
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

static inline unsigned get16(size_t at)
{
    return (unsigned)(reply[at] << 8 | reply[at + 1]);
}

static inline void assert_counts(unsigned questions, unsigned answers, unsigned authorities,
                                 unsigned additionals)
{
    assert_int_equal(get16(4), questions);
    assert_int_equal(get16(6), answers);
    assert_int_equal(get16(8), authorities);
    assert_int_equal(get16(10), additionals);
}

static inline size_t question_end(void)
{
    size_t at = 12;

    while (query[at] != 0)
        at += 1u + query[at];
    return at + 5;
}

static inline void assert_question_repeated(void)
{
    assert_memory_equal(reply + 12, query + 12, question_end() - 12);
}

static inline void assert_header_only(unsigned code)
{
    answer();
    assert_int_equal(reply_length, 12);
    assert_int_equal(reply[3] & 15, code);
    assert_int_equal(reply[2] & 0x04, 0);
    assert_counts(0, 0, 0, 0);
}

/* Reads the name at `at`, pointers followed, into text; returns what follows it. */
static inline size_t read_name(size_t at, char *text)
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
static inline size_t read_record(size_t at, const char *owner, unsigned type, unsigned ttl,
                                 size_t *after)
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

static inline void assert_soa(size_t at, const char *owner, unsigned ttl, size_t *after)
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

static inline void assert_refused(void)
{
    answer();
    assert_int_equal(reply[3] & 15, 5);
    assert_int_equal(reply[2] & 0x04, 0);
    assert_counts(1, 0, 0, 0);
    assert_question_repeated();
    assert_int_equal(reply_length, question_end());
}

static inline void assert_negative(unsigned code, const char *zone)
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

static inline void assert_opt(size_t at, unsigned extended_code, unsigned flags)
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

static inline void assert_address(const char *owner, const uint8_t address[4])
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

#endif
