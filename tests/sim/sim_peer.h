/*
 * sim_peer: the other machine on a sim_cable: it answers ARP, serves DHCP, and sends and
 * receives UDP datagrams and raw frames. All its frames are made by hand here, so a test
 * can make one and then spoil it.
 *
 * It takes its frames when they arrive, from inside the sender's send.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_PEER_H
#define SIM_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim_cable.h"

#define SIM_PEER_DHCP_MAX 1400

/* A frame under construction or received. */
struct sim_frame {
    uint8_t bytes[ETHERNET_FRAME_MAX];
    uint32_t length;
};

struct sim_peer;

/* The DHCP server's answer, to be changed before it is sent. type is 2, 5 or 6. */
typedef void sim_dhcp_edit(struct sim_peer *peer, uint8_t type, uint8_t *message, size_t *length);

struct sim_peer {
    struct sim_cable_end *end;
    uint8_t ip[4];   /* 10.0.0.1 */
    bool silent_arp; /* answers no ARP request */
    unsigned arp_requests;

    /* DHCP server */
    bool serves_dhcp;
    unsigned answer_after;              /* requests of each kind to ignore first */
    bool refuses;                       /* NAK instead of ACK */
    uint8_t offered[4];                 /* 10.0.0.77 */
    uint8_t options[SIM_PEER_DHCP_MAX]; /* behind the message type; without end option */
    size_t option_bytes;
    uint8_t siaddr[4];
    char sname[64], file[128];
    sim_dhcp_edit *edit;
    unsigned discovers, requests, releases;
    uint64_t discover_at_us[16]; /* when, the first 16 */
    uint8_t request[576];        /* the last DHCP message received */
    size_t request_bytes;
    bool request_was_broadcast; /* by IP */

    /* The last datagram that was not DHCP, and how many there were. */
    struct sim_frame datagram;
    unsigned datagrams;
    unsigned icmp; /* ICMP messages received */
    uint8_t icmp_type, icmp_code;
    size_t icmp_bytes;
    unsigned bad_checksums; /* of whatever arrived */
    uint8_t board_mac[6];   /* of whoever sent last */
};

/* Sits down at cable's end[1], a DHCP server with mask, router, DNS, server id and a
 * lease of an hour. */
void sim_peer_init(struct sim_peer *peer, struct sim_cable *cable);

/* Appends a DHCP option to what the server sends. */
void sim_peer_add_option(struct sim_peer *peer, uint8_t code, const void *bytes, uint8_t length);

/* Makes a UDP datagram with right lengths and checksums, from ip to ip. */
void sim_peer_make_udp(struct sim_peer *peer, struct sim_frame *frame, const uint8_t from[4],
                       uint16_t from_port, const uint8_t to[4], uint16_t to_port, const void *bytes,
                       size_t length);

/* Computes the IP header's checksum (and UDP's, if it is UDP) anew, after changes. */
void sim_frame_seal(struct sim_frame *frame);

/* Sends frame->length bytes as they are. */
void sim_peer_send(struct sim_peer *peer, const struct sim_frame *frame);

/* Sends the DHCP server's answer of this type, asked or not. */
void sim_peer_send_dhcp(struct sim_peer *peer, uint8_t type);

#endif
