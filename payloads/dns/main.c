/*
 * dns: an authoritative name server with synthetic records, for measuring.
 *
 *     dns [COUNT]
 *
 * COUNT records, 10,000 unless told: host0000.example has the address 10.0.0.0, and so
 * on (dns_hosts.h). What it answers to what is in dns_message.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <service.h>
#include <stdlib.h>

#include "dns_hosts.h"
#include "dns_message.h"
#include "dns_records.h"

SERVICE("dns", "1.0.0", .required_features = IMAGE_FEATURE_NETWORK);

#define PORT              53
#define COUNT_UNLESS_TOLD 10000

static struct dns_records records;

static void receive(struct service_udp *socket, void *context, const struct service_address *from,
                    const uint8_t *bytes, size_t length)
{
    static uint8_t reply[DNS_REPLY_MAX];
    size_t reply_length = dns_message_answer(&records, bytes, length, reply);

    (void)context;
    /* A reply that cannot be sent now is lost: the resolver asks again. */
    if (reply_length > 0)
        service_udp_send(socket, from, reply, reply_length);
}

/* Reads the number of records from the arguments. Returns 0 or ERROR_INVALID (logged). */
static int parse_arguments(const struct service_info *info, uint32_t *count)
{
    char *end;
    unsigned long value;

    *count = COUNT_UNLESS_TOLD;
    if (info->argc == 1)
        return 0;
    value = strtoul(info->argv[1], &end, 10);
    if (info->argc > 2 || info->argv[1][0] < '0' || info->argv[1][0] > '9' || *end != '\0' ||
        value == 0 || value > DNS_HOSTS_MAX) {
        service_log("the argument is \"%s\"%s, but must be one number of records, 1 to %u",
                    info->argv[1], info->argc > 2 ? " and more" : "", DNS_HOSTS_MAX);
        return ERROR_INVALID;
    }
    *count = (uint32_t)value;
    return 0;
}

static bool is_known(const struct service_address *address)
{
    return address->ip[0] | address->ip[1] | address->ip[2] | address->ip[3];
}

int service_main(const struct service_info *info)
{
    uint32_t count;
    int status = parse_arguments(info, &count);

    if (status < 0)
        return status;
    status = dns_hosts_init(&records, count, is_known(&info->address) ? info->address.ip : NULL);
    if (status < 0) {
        service_log("%u records do not fit into %lu KB of heap", (unsigned)count,
                    (unsigned long)info->heap_bytes / 1024);
        return status;
    }
    if (!service_udp_open(PORT, receive, NULL))
        return ERROR_ABSENT;
    service_log("%u records in %lu KB, listening on %u.%u.%u.%u udp/%u", (unsigned)records.count,
                (unsigned long)dns_records_bytes(&records) / 1024, info->address.ip[0],
                info->address.ip[1], info->address.ip[2], info->address.ip[3], PORT);
    return 0;
}
