/*
 * dns_message: a query in, the reply out; bytes only.
 *
 * Authoritative for the zone `example`, nothing else: no recursion, no transfers, no
 * updates. The work per query is bounded by its length and does not grow with the number
 * of records.
 *
 *     query                                               reply
 *     shorter than a header; a response (QR)              none
 *     opcode other than QUERY                             NOTIMP
 *     malformed, see below                                FORMERR
 *     EDNS version above 0                                BADVERS
 *     class other than IN; name outside `example`;
 *     types AXFR and IXFR                                 REFUSED
 *     A (or ANY) of a name with an address                its A record
 *     SOA, NS (or ANY: SOA) of `example`                  that record
 *     another type of a name there is                     NOERROR, the SOA in authority
 *     a name in `example` there is not                    NXDOMAIN, the SOA in authority
 *
 * Malformed is: QDCOUNT not 1, ANCOUNT or NSCOUNT not 0; a name over 255 bytes, a label
 * over 63, a compression pointer in the question; anything cut short; bytes left over; two OPT
 * records or one whose owner is not the root. Additional records other than OPT are
 * skipped. FORMERR and NOTIMP carry the header only, for the rest cannot be trusted.
 *
 * Replies repeat the question byte for byte (the case of letters too, which resolvers
 * use as a nonce), copy RD, and have RA 0. Where the query has an OPT the reply has one,
 * its DO bit copied, our payload size in it.
 * References: RFC 1034, 1035, 2308 (negative answers), 6891 (EDNS0), 8482 (ANY),
 * 4343 (case).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef DNS_MESSAGE_H
#define DNS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "dns_records.h"

/* Replies are never longer: header 12, question 259, SOA 50, OPT 11. Below the 512 that
 * everyone takes, so that no reply is ever truncated. */
#define DNS_REPLY_MAX 332

#define DNS_TTL_SECONDS      3600 /* of A, NS and SOA records */
#define DNS_NEGATIVE_SECONDS 300  /* how long "there is none" may be remembered */
#define DNS_PAYLOAD_MAX      1232 /* what we say we take: fits an Ethernet frame */

/*
 * Answers the query of length bytes. reply: DNS_REPLY_MAX bytes of room, not overlapping
 * the query. Returns the reply's length, 0 if there is to be none.
 */
size_t dns_message_answer(const struct dns_records *records, const uint8_t *query, size_t length,
                          uint8_t *reply);

#endif
