/*
 * dns_hosts: the records of the experiment in the IncludeOS paper (Bratterud et al.,
 * "IncludeOS: A minimal, resource efficient unikernel for cloud services", 2015): a DNS
 * server with 10,000 synthetic A records.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef DNS_HOSTS_H
#define DNS_HOSTS_H

#include <stdint.h>

#include "dns_records.h"

#define DNS_HOSTS_MAX 1000000u

/*
 * Fills *records: for each i from 0 to count - 1 the name host%04u.example has the
 * address 10.(i >> 16).((i >> 8) & 255).(i & 255). If server is not null, ns.example has
 * that address. count: 1 ... DNS_HOSTS_MAX. Returns 0, ERROR_INVALID (count) or
 * ERROR_NO_MEMORY; records then hold nothing and need not be freed.
 */
int dns_hosts_init(struct dns_records *records, uint32_t count, const uint8_t server[4]);

#endif
