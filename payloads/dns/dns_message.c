/*
 * dns_message: parses a query and writes its reply. The table of cases is in the header.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "dns_message.h"

#include <stdbool.h>
#include <string.h>

#define HEADER_BYTES 12
#define LABEL_MAX    63
#define ZONE_BYTES   9 /* length byte, "example", 0 */

enum header_place { FLAGS = 2, CODES = 3, QDCOUNT = 4, ANCOUNT = 6, NSCOUNT = 8, ARCOUNT = 10 };

enum flags { FLAG_RD = 0x01, FLAG_AA = 0x04, OPCODE_MASK = 0x78, FLAG_QR = 0x80 };

enum code { NOERROR = 0, FORMERR = 1, NXDOMAIN = 3, NOTIMP = 4, REFUSED = 5, BADVERS = 16 };

enum type {
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_SOA = 6,
    TYPE_OPT = 41,
    TYPE_IXFR = 251,
    TYPE_AXFR = 252,
    TYPE_ANY = 255
};

#define CLASS_IN 1
#define POINTER  0xc000u /* compression: an offset from the message's start */

struct question {
    unsigned name_bytes; /* on the wire */
    unsigned last_label; /* where in the name its last label begins */
    uint16_t type, class;
};

struct edns {
    bool present;
    uint8_t version;
    uint8_t flags; /* the upper byte: DO is its bit 7 */
};

struct reply {
    uint8_t *bytes;
    uint8_t *end;
    unsigned code;
    unsigned zone; /* offset of `example` in the question */
};

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint8_t *put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
    return put16(put16(at, value >> 16), value & 0xffff);
}

/* Finds the name's end and last label. Returns false if it does not end within room
 * bytes, is too long, or has anything but plain labels. */
static bool parse_name(struct question *question, const uint8_t *name, size_t room)
{
    unsigned at = 0;

    if (room > DNS_NAME_MAX)
        room = DNS_NAME_MAX;
    question->last_label = 0;
    while (at < room && name[at] != 0) {
        if (name[at] > LABEL_MAX)
            return false;
        question->last_label = at;
        at += 1u + name[at];
    }
    question->name_bytes = at + 1;
    return at < room;
}

/* Returns where the question ends in the query, or 0 if it is malformed. */
static size_t parse_question(struct question *question, const uint8_t *query, size_t length)
{
    size_t end;

    if (!parse_name(question, query + HEADER_BYTES, length - HEADER_BYTES))
        return 0;
    end = HEADER_BYTES + question->name_bytes;
    if (length - end < 4)
        return 0;
    question->type = get16(query + end);
    question->class = get16(query + end + 2);
    return end + 4;
}

/* Returns what follows a record's owner name at `at`, or 0 if it runs past length. */
static size_t skip_name(const uint8_t *query, size_t at, size_t length)
{
    while (at < length && query[at] != 0) {
        if ((query[at] & POINTER >> 8) == POINTER >> 8)
            return at + 2;
        if (query[at] > LABEL_MAX)
            return 0;
        at += 1u + query[at];
    }
    return at + 1;
}

/* Goes through the additional records, which must end with the message, for the OPT. */
static bool parse_additional(struct edns *edns, const uint8_t *query, size_t at, size_t length)
{
    for (unsigned count = get16(query + ARCOUNT); count > 0; count--) {
        size_t fields = skip_name(query, at, length);
        size_t next;

        if (fields == 0 || fields > length || length - fields < 10)
            return false;
        /* May lie past the message: then the next record does, too, or the end is wrong. */
        next = fields + 10 + get16(query + fields + 8);
        if (get16(query + fields) == TYPE_OPT) {
            if (edns->present || fields != at + 1)
                return false;
            *edns = (struct edns){true, query[fields + 5], query[fields + 6]};
        }
        at = next;
    }
    return at == length;
}

/* The first 12 bytes of an A record whose owner is the question's name. */
static void put_address(struct reply *reply, const uint8_t address[4])
{
    static const uint8_t head[12] = {
        POINTER >> 8,         HEADER_BYTES,           0, TYPE_A, 0, CLASS_IN, 0, 0,
        DNS_TTL_SECONDS >> 8, DNS_TTL_SECONDS & 0xff, 0, 4,
    };

    memcpy(reply->end, head, sizeof head);
    memcpy(reply->end + sizeof head, address, 4);
    reply->end += sizeof head + 4;
    reply->bytes[ANCOUNT + 1] = 1;
}

/* A record of `example` up to its data's length, which is to follow. */
static uint8_t *put_zone_record(struct reply *reply, unsigned type, uint32_t ttl)
{
    uint8_t *at = put16(reply->end, POINTER | reply->zone);

    return put32(put16(put16(at, type), CLASS_IN), ttl);
}

/* A name of one label below `example`. */
static uint8_t *put_name(const struct reply *reply, uint8_t *at, const char *label, size_t bytes)
{
    memcpy(at, label, bytes);
    return put16(at + bytes, POINTER | reply->zone);
}

static void put_ns(struct reply *reply)
{
    uint8_t *at = put_zone_record(reply, TYPE_NS, DNS_TTL_SECONDS);

    reply->end = put_name(reply, put16(at, 5), "\2ns", 3);
    reply->bytes[ANCOUNT + 1] = 1;
}

/* The same record answers a question for it (in the answer section) and tells in
 * authority for how long a negative answer holds; there its own TTL counts too. */
static void put_soa(struct reply *reply, enum header_place section, uint32_t ttl)
{
    uint8_t *at = put_zone_record(reply, TYPE_SOA, ttl);

    at = put_name(reply, put16(at, 38), "\2ns", 3);
    at = put_name(reply, at, "\12hostmaster", 11);
    at = put32(at, 1);    /* serial: the zone never changes */
    at = put32(at, 3600); /* refresh, retry, expire: nobody copies this zone */
    at = put32(at, 600);
    at = put32(at, 86400);
    reply->end = put32(at, DNS_NEGATIVE_SECONDS);
    reply->bytes[section + 1] = 1;
}

static void put_nothing(struct reply *reply, unsigned code)
{
    reply->code = code;
    put_soa(reply, NSCOUNT, DNS_NEGATIVE_SECONDS);
}

static void put_opt(struct reply *reply, const struct edns *edns)
{
    uint8_t *at = reply->end;

    *at++ = 0;
    at = put16(put16(at, TYPE_OPT), DNS_PAYLOAD_MAX);
    at[0] = (uint8_t)(reply->code >> 4); /* the code's upper bits */
    at[1] = 0;                           /* EDNS version */
    at[2] = edns->flags & 0x80;
    memset(at + 3, 0, 3);
    reply->end = at + 6;
    reply->bytes[ARCOUNT + 1] = 1;
}

static void answer_apex(struct reply *reply, unsigned type)
{
    if (type == TYPE_SOA || type == TYPE_ANY)
        put_soa(reply, ANCOUNT, DNS_TTL_SECONDS);
    else if (type == TYPE_NS)
        put_ns(reply);
    else
        put_nothing(reply, NOERROR);
}

/* The name has at least one label or is the root; its last 0 is known to be there. */
static bool is_in_zone(const struct dns_key *key, const struct question *question)
{
    static const char zone[ZONE_BYTES] = "\7example";
    uint64_t ours, theirs; /* without the 0: one comparison instead of a call */

    if (question->name_bytes - question->last_label != ZONE_BYTES)
        return false;
    memcpy(&ours, zone, sizeof ours);
    memcpy(&theirs, (const char *)key->words + question->last_label, sizeof theirs);
    return ours == theirs;
}

/* Answers a question of class IN. */
static void answer_question(struct reply *reply, const struct dns_records *records,
                            const struct question *question)
{
    struct dns_key key;
    const uint8_t *address;

    dns_key_make(&key, reply->bytes + HEADER_BYTES, question->name_bytes);
    if (!is_in_zone(&key, question) || question->type == TYPE_AXFR || question->type == TYPE_IXFR) {
        reply->code = REFUSED;
        return;
    }
    reply->bytes[FLAGS] |= FLAG_AA;
    reply->zone = HEADER_BYTES + question->last_label;
    if (question->last_label == 0) {
        answer_apex(reply, question->type);
        return;
    }
    address = dns_records_find(records, &key);
    if (!address)
        put_nothing(reply, NXDOMAIN);
    else if (question->type == TYPE_A || question->type == TYPE_ANY)
        put_address(reply, address);
    else
        put_nothing(reply, NOERROR);
}

/* A reply of nothing but the header. */
static size_t refuse(const uint8_t *query, uint8_t *reply, unsigned code)
{
    memcpy(reply, query, 4);
    reply[FLAGS] = FLAG_QR | (query[FLAGS] & (OPCODE_MASK | FLAG_RD));
    reply[CODES] = (uint8_t)code;
    memset(reply + QDCOUNT, 0, HEADER_BYTES - QDCOUNT);
    return HEADER_BYTES;
}

size_t dns_message_answer(const struct dns_records *records, const uint8_t *query, size_t length,
                          uint8_t *bytes)
{
    struct reply reply = {.bytes = bytes};
    struct question question;
    struct edns edns = {.present = false};
    size_t end;

    if (length < HEADER_BYTES || query[FLAGS] & FLAG_QR)
        return 0;
    if (query[FLAGS] & OPCODE_MASK)
        return refuse(query, bytes, NOTIMP);
    if (get16(query + QDCOUNT) != 1 || get16(query + ANCOUNT) != 0 || get16(query + NSCOUNT) != 0)
        return refuse(query, bytes, FORMERR);
    end = parse_question(&question, query, length);
    if (end == 0 || !parse_additional(&edns, query, end, length))
        return refuse(query, bytes, FORMERR);

    memcpy(bytes, query, end);
    bytes[FLAGS] = FLAG_QR | (query[FLAGS] & FLAG_RD);
    bytes[ARCOUNT] = 0;
    bytes[ARCOUNT + 1] = 0;
    reply.end = bytes + end;
    if (edns.present && edns.version != 0)
        reply.code = BADVERS;
    else if (question.class != CLASS_IN)
        reply.code = REFUSED;
    else
        answer_question(&reply, records, &question);
    bytes[CODES] = reply.code & 15;
    if (edns.present)
        put_opt(&reply, &edns);
    return (size_t)(reply.end - bytes);
}
