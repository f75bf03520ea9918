/*
 * fuzz_dns: any bytes as a DNS query. Sanitizers watch the bounds; what a reply must be
 * whatever was asked is checked here.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns_hosts.h"
#include "dns_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require(int condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct dns_records records;
    uint8_t *reply = malloc(DNS_REPLY_MAX);
    size_t reply_length;

    if (records.count == 0)
        require(dns_hosts_init(&records, 100, NULL) == 0);
    reply_length = dns_message_answer(&records, bytes, length, reply);
    require(reply_length <= DNS_REPLY_MAX);
    if (reply_length > 0) {
        require(length >= 12 && reply_length >= 12);
        require(memcmp(reply, bytes, 2) == 0);
        require(reply[2] & 0x80);
        /* No reply provokes another, or two servers could keep each other busy. */
        require(dns_message_answer(&records, reply, reply_length, reply) == 0);
    }
    free(reply);
    return 0;
}
