/*
 * chip_lan7515_offload: checksums, VLAN tags and large send, and the parsing all of them need.
 *
 * Large send (LSO) cuts one TCP segment of several kilobytes into frames of MSS bytes each:
 * lengths, IPv4's number, sequence numbers, FIN and PSH, checksums.
 * Reference: RFC 791, 793, 1071, 8200 (extension headers are not followed).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515.h"

#include <string.h>

#include "bytes.h"
#include "chip_frame.h"

enum {
    ICMP = 1,
    IGMP = 2,
    TCP = 6,
    UDP = 17,
    IPV6_BYTES = 40,
    IPV4_BYTES = 20,
    TCP_BYTES = 20,
    UDP_BYTES = 8
};
enum { TCP_FIN = 0x01, TCP_PSH = 0x08, TCP_CWR = 0x80 };

static void parse4(const uint8_t *frame, unsigned length, struct lan7515_headers *headers)
{
    const uint8_t *ip = frame + headers->ip;
    unsigned bytes = (ip[0] & 0xf) * 4u;
    headers->protocol = ip[9];
    headers->fragment = bytes_be16(ip + 6) & 0x3fff;
    headers->end = headers->ip + bytes_be16(ip + 2);
    if (bytes >= IPV4_BYTES && headers->ip + bytes <= length) {
        headers->transport = headers->ip + bytes;
    }
}

static void parse6(const uint8_t *frame, struct lan7515_headers *headers)
{
    const uint8_t *ip = frame + headers->ip;
    headers->version6 = true;
    headers->protocol = ip[6];
    headers->transport = headers->ip + IPV6_BYTES;
    headers->end = headers->transport + bytes_be16(ip + 4);
}

struct lan7515_headers lan7515_parse(const uint8_t *frame, unsigned length)
{
    struct lan7515_headers headers = {0};
    unsigned at = length >= 18 && bytes_be16(frame + 12) == 0x8100 ? 16 : 12;
    unsigned type = bytes_be16(frame + at);
    unsigned ip = at + 2;
    if (type == 0x0800 && length >= ip + IPV4_BYTES && frame[ip] >> 4 == 4) {
        headers.ip = ip;
        parse4(frame, length, &headers);
    } else if (type == 0x86dd && length >= ip + IPV6_BYTES && frame[ip] >> 4 == 6) {
        headers.ip = ip;
        parse6(frame, &headers);
    }
    unsigned needs = headers.protocol == TCP ? TCP_BYTES : UDP_BYTES;
    if ((headers.protocol != TCP && headers.protocol != UDP) || headers.end > length ||
        headers.transport + needs > headers.end) {
        headers.transport = 0;
    }
    return headers;
}

static uint16_t transport_sum(const uint8_t *frame, const struct lan7515_headers *headers)
{
    const uint8_t *addresses = frame + headers->ip + (headers->version6 ? 8 : 12);
    return chip_frame_payload_sum(addresses, headers->version6 ? 32 : 8, (uint8_t)headers->protocol,
                                  frame + headers->transport, headers->end - headers->transport);
}

bool lan7515_transport_is_right(const uint8_t *frame, const struct lan7515_headers *headers)
{
    const uint8_t *transport = frame + headers->transport;
    if (headers->protocol == UDP && bytes_be16(transport + 6) == 0) {
        return true; /* the sender did not compute one */
    }
    return transport_sum(frame, headers) == 0xffff;
}

/* Clears the two bytes at `at`, which are among these, and puts the checksum of all there. */
static void fill_sum(uint8_t *at, const uint8_t *bytes, unsigned length)
{
    bytes_put_le16(at, 0);
    bytes_put_le16(at, (uint16_t)~chip_frame_sum(bytes, length));
}

static void fill_ip_sum(uint8_t *ip)
{
    fill_sum(ip + 10, ip, (ip[0] & 0xf) * 4u);
}

static void fill_transport_sum(uint8_t *frame, const struct lan7515_headers *headers)
{
    uint8_t *at = frame + headers->transport + (headers->protocol == TCP ? 16 : 6);
    bytes_put_le16(at, 0);
    uint16_t sum = (uint16_t)~transport_sum(frame, headers);
    bytes_put_le16(at, headers->protocol == UDP && sum == 0 ? 0xffff : sum); /* UDP: 0 is "none" */
}

/* ICMP and IGMP have theirs at the same place, over the whole message. */
static void fill_message_sum(uint8_t *frame, unsigned length, unsigned protocol)
{
    struct lan7515_headers headers = lan7515_parse(frame, length);
    if (!headers.ip || headers.version6 || headers.protocol != protocol || headers.fragment) {
        return;
    }
    unsigned at = headers.ip + (frame[headers.ip] & 0xf) * 4u;
    if (headers.end <= length && at + 8 <= headers.end) {
        fill_sum(frame + at + 2, frame + at, headers.end - at);
    }
}

/* ---- large send ---- */

static void send_segment(struct chip_lan7515 *self, const uint8_t *frame,
                         const struct lan7515_headers *headers, unsigned at, unsigned bytes,
                         unsigned number)
{
    uint8_t segment[CHIP_FRAME_MAX];
    unsigned head = headers->transport + (frame[headers->transport + 12] >> 4) * 4u;
    uint8_t *ip = segment + headers->ip, *tcp = segment + headers->transport;
    struct lan7515_headers own = *headers;
    bool last = at + bytes == headers->end;
    memcpy(segment, frame, head);
    memcpy(segment + head, frame + at, bytes);
    own.end = head + bytes;
    uint32_t sequence = bytes_be32(tcp + 4) + (at - head);
    bytes_put_be32(tcp + 4, sequence);
    tcp[13] &= (uint8_t) ~((last ? 0 : TCP_FIN | TCP_PSH) | (number ? TCP_CWR : 0));
    if (headers->version6) {
        bytes_put_be16(ip + 4, (uint16_t)(own.end - headers->ip - IPV6_BYTES));
    } else {
        bytes_put_be16(ip + 2, (uint16_t)(own.end - headers->ip));
        bytes_put_be16(ip + 4, (uint16_t)(bytes_be16(ip + 4) + number));
        fill_ip_sum(ip);
    }
    fill_transport_sum(segment, &own);
    lan7515_send(self, segment, own.end);
}

/* Where the data of the one TCP segment begin that the frame is; 0: it is nothing of the kind. */
static unsigned data_of(const uint8_t *frame, unsigned length,
                        const struct lan7515_headers *headers)
{
    if (!headers->transport || headers->protocol != TCP || headers->fragment ||
        headers->end != length) {
        return 0;
    }
    unsigned bytes = (frame[headers->transport + 12] >> 4) * 4u;
    return bytes >= TCP_BYTES && headers->transport + bytes <= length ? headers->transport + bytes
                                                                      : 0;
}

static void send_large(struct chip_lan7515 *self, uint32_t command_a, unsigned mss, uint8_t *frame,
                       unsigned length)
{
    struct lan7515_headers headers = lan7515_parse(frame, length);
    unsigned head = data_of(frame, length, &headers);
    if (!head || head + mss > CHIP_FRAME_MAX) {
        chip_complain(&self->chip, "wrong-transmit-command",
                      "TX_CMD_A 0x%08x: large send (MSS %u) of a frame of %u bytes that is not "
                      "one TCP segment",
                      command_a, mss, length);
        return;
    }
    unsigned number = 0;
    for (unsigned at = head; at < length || number == 0; at += mss) {
        unsigned bytes = length - at < mss ? length - at : mss;
        send_segment(self, frame, &headers, at, bytes, number++);
    }
}

/* ---- all ---- */

/* frame: 4 bytes of room behind length. Returns the new length. */
static unsigned tag(struct chip_lan7515 *self, uint32_t command_a, uint32_t command_b,
                    uint8_t *frame, unsigned length)
{
    if (command_a & TX_A_INSERT_TAG) {
        memmove(frame + 16, frame + 12, length - 12);
        bytes_put_be16(frame + 12, (uint16_t)self->values[VLAN_TYPE / 4]);
        length += 4;
    }
    if (command_a & (TX_A_INSERT_TAG | TX_A_REPLACE_TAG)) {
        bytes_put_be16(frame + 14, (uint16_t)command_b);
    }
    return length;
}

void lan7515_offload(struct chip_lan7515 *self, uint32_t command_a, uint32_t command_b,
                     uint8_t *frame, unsigned length)
{
    length = tag(self, command_a, command_b, frame, length);
    if (command_a & TX_A_LSO) {
        send_large(self, command_a, command_b >> 16 & 0x3fff, frame, length);
        return;
    }
    struct lan7515_headers headers = lan7515_parse(frame, length);
    if (command_a & TX_A_IP && headers.ip && !headers.version6) {
        fill_ip_sum(frame + headers.ip);
    }
    if (command_a & TX_A_TCPUDP && headers.transport && !headers.fragment) {
        fill_transport_sum(frame, &headers);
    }
    if (command_a & TX_A_ICMP) {
        fill_message_sum(frame, length, ICMP);
    }
    if (command_a & TX_A_IGMP) {
        fill_message_sum(frame, length, IGMP);
    }
    lan7515_send(self, frame, length);
}
