/*
 * net_frame: what a received frame is, decided before anything acts on it.
 *
 * Bytes in, verdict out: no state, nothing kept, nothing written. Everything the stack
 * sees has passed here, so this is the one place to look for what gets in.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NET_FRAME_H
#define NET_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NET_FRAME_TYPE_AT 12 /* where an Ethernet frame says what it carries */
#define NET_FRAME_TYPE_IP 0x0800

enum net_frame_kind {
    NET_FRAME_BAD,     /* a field contradicts the frame */
    NET_FRAME_DAMAGED, /* a checksum is wrong */
    NET_FRAME_FOREIGN, /* well formed or not looked at: not for us (MAC, protocol) */
    NET_FRAME_ARP,
    NET_FRAME_IP,  /* a whole IPv4 packet with a right header, not UDP */
    NET_FRAME_UDP, /* a whole UDP datagram with a right checksum */
};

/* One IPv4 packet; the UDP fields are set for NET_FRAME_UDP only. Addresses are as in
 * memory: four bytes in network order read as one integer. */
struct net_frame {
    uint32_t from, to;
    uint16_t from_port, to_port;
    const uint8_t *bytes; /* the datagram's payload, inside the frame */
    size_t length;
};

/*
 * Looks at a frame of length bytes that arrived for mac. Refused as NET_FRAME_BAD: IP
 * version other than 4; header length other than 20 bytes (options); total length
 * below that or over the frame; fragments; a source that is no host (multicast, limited
 * broadcast, 127/8); UDP length below 8 or over the packet; an ARP packet that is cut off.
 * As NET_FRAME_DAMAGED: wrong checksum of the IP header, or of UDP (0 means that the sender
 * computed none, RFC 768: accepted).
 * Reads nothing outside the frame. packet is written for _IP and _UDP only.
 */
enum net_frame_kind net_frame_parse(const uint8_t *frame, size_t length, const uint8_t mac[6],
                                    struct net_frame *packet);

/* Four bytes from anywhere as one integer in memory's order: an address as above. */
static inline uint32_t net_frame_u32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof value);
    return value;
}

#endif
