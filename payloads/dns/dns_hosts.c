/*
 * dns_hosts: see dns_hosts.h. Ten thousand names are made before the service answers, so
 * the number is counted up in the key itself, digit by digit, and never formatted.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "dns_hosts.h"

#include <service.h>
#include <stdbool.h>
#include <string.h>

#define DIGITS_LEAST 4
#define DIGITS_MOST  6
/* Bytes of a host's name on the wire besides its digits: length, "host", length,
 * "example", 0. */
#define NAME_BYTES   14
#define DIGITS_PLACE 5

static const uint8_t server_name[] = "\2ns\7example";

/* Makes the key of the name with so many digits, all 0. */
static void begin_name(struct dns_key *key, unsigned digits)
{
    uint8_t name[NAME_BYTES + DIGITS_MOST + 1];

    name[0] = (uint8_t)(4 + digits);
    memcpy(name + 1, "host", 4);
    memset(name + DIGITS_PLACE, '0', digits);
    memcpy(name + DIGITS_PLACE + digits, "\7example", 9);
    dns_key_make(key, name, NAME_BYTES + digits);
}

/* Adds 1 to the number in the key's name. Returns false when all its digits were 9. */
static bool count_up(struct dns_key *key, unsigned digits)
{
    uint8_t *first = (uint8_t *)key->words + DIGITS_PLACE;
    uint8_t *digit = first + digits;

    while (digit > first) {
        if (*--digit != '9') {
            ++*digit;
            return true;
        }
        *digit = '0';
    }
    return false;
}

static int add_hosts(struct dns_records *records, uint32_t count)
{
    struct dns_key key;
    unsigned digits = DIGITS_LEAST;
    int status = 0;

    begin_name(&key, digits);
    for (uint32_t i = 0; i < count && status == 0; i++) {
        const uint8_t address[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};

        status = dns_records_add(records, &key, address);
        if (!count_up(&key, digits)) {
            begin_name(&key, ++digits);
            ((uint8_t *)key.words)[DIGITS_PLACE] = '1';
        }
        dns_key_hash(&key);
    }
    return status;
}

/* Bytes of all the names on the wire. */
static size_t names_bytes(uint32_t count)
{
    size_t bytes = 0;
    uint32_t from = 0, to = 10000;

    for (unsigned digits = DIGITS_LEAST; from < count; digits++, from = to, to *= 10)
        bytes += ((to < count ? to : count) - from) * (size_t)(NAME_BYTES + digits);
    return bytes;
}

int dns_hosts_init(struct dns_records *records, uint32_t count, const uint8_t server[4])
{
    struct dns_key key;
    int status;

    if (count == 0 || count > DNS_HOSTS_MAX)
        return ERROR_INVALID;
    status = dns_records_init(records, count + 1, names_bytes(count) + sizeof server_name);
    if (status < 0)
        return status;
    status = add_hosts(records, count);
    if (status == 0 && server) {
        dns_key_make(&key, server_name, sizeof server_name);
        status = dns_records_add(records, &key, server);
    }
    if (status < 0)
        dns_records_free(records);
    return status;
}
