/*
 * net_frame: Ethernet, IPv4 and UDP headers checked, in the order of their bytes.
 *
 * Every length is compared with what is really there before a byte behind it is read:
 * frame >= IP total length >= UDP length. What follows the IP total length (Ethernet
 * padding) or the UDP length is ignored.
 * References: RFC 791, RFC 768, RFC 1122 (3.2.1.3: sources that are no host).
 * Lacks: VLAN tags, IP options, fragments, multicast, IPv6 - all dropped.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_frame.h"

#include <stdbool.h>

#include "bytes.h"
#include "checksum.h"
#include "ethernet_device.h"

#define TYPE_ARP  0x0806
#define ARP_BYTES 28

#define IP_HEADER_BYTES      20
#define IP_VERSION_AND_WORDS 0x45 /* version 4, five words: no options */
#define IP_LENGTH_AT         2
#define IP_FRAGMENT_AT       6
#define IP_FRAGMENT_MASK     0x3fff /* more-fragments bit and offset */
#define IP_PROTOCOL_AT       9
#define IP_PROTOCOL_UDP      17
#define IP_FROM_AT           12
#define IP_TO_AT             16

#define UDP_HEADER_BYTES 8
#define UDP_LENGTH_AT    4
#define UDP_CHECKSUM_AT  6

/* Ours, or broadcast. Nothing here joins a multicast group. */
static bool is_for(const uint8_t *frame, const uint8_t mac[6])
{
    uint32_t head = net_frame_u32(frame);
    uint16_t tail, mac_tail;

    memcpy(&tail, frame + 4, sizeof tail);
    memcpy(&mac_tail, mac + 4, sizeof mac_tail);
    return (head == net_frame_u32(mac) && tail == mac_tail) ||
           (head == 0xffffffff && tail == 0xffff);
}

static bool header_sum_is_right(const uint8_t *ip)
{
    uint64_t sum = 0;

    for (int i = 0; i < IP_HEADER_BYTES; i += 4)
        sum += net_frame_u32(ip + i);
    return checksum_fold(sum) == 0xffff;
}

static bool source_is_a_host(const uint8_t *from)
{
    return from[0] < 224 && from[0] != 127;
}

/* udp: available bytes, 8 or more, right behind the IP header. */
static enum net_frame_kind parse_udp(const uint8_t *udp, size_t available, struct net_frame *packet)
{
    size_t length = bytes_be16(udp + UDP_LENGTH_AT);

    if (length < UDP_HEADER_BYTES || length > available)
        return NET_FRAME_BAD;
    if (bytes_be16(udp + UDP_CHECKSUM_AT) != 0) {
        /* The pseudo header: both addresses stand right before the UDP header. */
        uint64_t sum = __builtin_bswap16((uint16_t)length) + (uint32_t)(IP_PROTOCOL_UDP << 8);

        sum += checksum_sum(udp - 8, 8 + length);
        if (checksum_fold(sum) != 0xffff)
            return NET_FRAME_DAMAGED;
    }
    packet->from_port = bytes_be16(udp);
    packet->to_port = bytes_be16(udp + 2);
    packet->bytes = udp + UDP_HEADER_BYTES;
    packet->length = length - UDP_HEADER_BYTES;
    return NET_FRAME_UDP;
}

static enum net_frame_kind parse_ip(const uint8_t *ip, size_t available, struct net_frame *packet)
{
    if (available < IP_HEADER_BYTES || ip[0] != IP_VERSION_AND_WORDS)
        return NET_FRAME_BAD;

    size_t total = bytes_be16(ip + IP_LENGTH_AT);

    if (total < IP_HEADER_BYTES || total > available)
        return NET_FRAME_BAD;
    if (!header_sum_is_right(ip))
        return NET_FRAME_DAMAGED;
    if ((bytes_be16(ip + IP_FRAGMENT_AT) & IP_FRAGMENT_MASK) != 0 ||
        !source_is_a_host(ip + IP_FROM_AT))
        return NET_FRAME_BAD;
    packet->from = net_frame_u32(ip + IP_FROM_AT);
    packet->to = net_frame_u32(ip + IP_TO_AT);
    if (ip[IP_PROTOCOL_AT] != IP_PROTOCOL_UDP)
        return NET_FRAME_IP;
    if (total < IP_HEADER_BYTES + UDP_HEADER_BYTES)
        return NET_FRAME_BAD;
    return parse_udp(ip + IP_HEADER_BYTES, total - IP_HEADER_BYTES, packet);
}

enum net_frame_kind net_frame_parse(const uint8_t *frame, size_t length, const uint8_t mac[6],
                                    struct net_frame *packet)
{
    if (length < ETHERNET_HEADER_BYTES)
        return NET_FRAME_BAD;
    if (!is_for(frame, mac))
        return NET_FRAME_FOREIGN;
    length -= ETHERNET_HEADER_BYTES;
    switch (bytes_be16(frame + NET_FRAME_TYPE_AT)) {
    case NET_FRAME_TYPE_IP:
        return parse_ip(frame + ETHERNET_HEADER_BYTES, length, packet);
    case TYPE_ARP:
        return length < ARP_BYTES ? NET_FRAME_BAD : NET_FRAME_ARP;
    default:
        return NET_FRAME_FOREIGN;
    }
}
