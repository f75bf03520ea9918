/*
 * net_udp: sockets for datagrams.
 *
 * Receiving goes straight from a checked frame to the socket's callback; lwIP's own
 * UDP serves DHCP only. Sending puts a UDP header into a static pbuf with room for the
 * headers below it, chains the caller's bytes to it and lets lwIP's IPv4 and ARP do the
 * rest. Both pbufs are marked volatile: when a datagram has to wait for ARP, lwIP
 * copies them.
 * Lacks: fragments, multicast, loopback to our own address, ICMP errors as results.
 * Reference: RFC 768.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "error.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/prot/ip.h"
#include "net_interface.h"
#include "random.h"

#define UDP_HEADER_BYTES   8
#define HEADROOM_BYTES     48 /* Ethernet 14, IP 20, UDP 8, and rounding */
#define DYNAMIC_PORT_FIRST 49152
#define DYNAMIC_PORT_COUNT 16384
#define DHCP_CLIENT_PORT   68 /* never a socket's: DHCP may start at any time */

struct net_udp {
    net_udp_receive *receive;
    void *context;
    uint16_t port; /* 0: free */
    bool accept_broadcast;
};

static struct net_udp sockets[NET_UDP_SOCKETS];

/* lwIP finds room for headers between the end of struct pbuf and its payload. */
static struct {
    struct pbuf pbuf;
    uint8_t headroom[HEADROOM_BYTES];
} header;
static struct pbuf payload;

static struct net_udp *find(uint16_t port)
{
    for (struct net_udp *socket = sockets; socket < sockets + NET_UDP_SOCKETS; socket++)
        if (socket->port == port)
            return socket;
    return NULL;
}

struct net_udp *net_udp_open(uint16_t port, bool accept_broadcast, net_udp_receive *receive,
                             void *context)
{
    struct net_udp *socket = find(0);

    if (!socket || port == DHCP_CLIENT_PORT || (port != 0 && find(port)))
        return NULL;
    while (port == 0 || find(port)) /* at most 16 of 16,384 are taken */
        port = (uint16_t)(DYNAMIC_PORT_FIRST + random_u32() % DYNAMIC_PORT_COUNT);
    *socket = (struct net_udp){receive, context, port, accept_broadcast};
    return socket;
}

uint16_t net_udp_port(const struct net_udp *socket)
{
    return socket->port;
}

void net_udp_close(struct net_udp *socket)
{
    socket->port = 0;
}

void net_udp_close_all(void)
{
    memset(sockets, 0, sizeof sockets);
}

bool net_udp_input(const struct net_frame *packet, bool broadcast)
{
    struct net_udp *socket = packet->to_port ? find(packet->to_port) : NULL;

    if (!socket || (broadcast && !socket->accept_broadcast))
        return false;
    net_counters.udp_received++;
    socket->receive(socket->context, net_address_from_u32(packet->from), packet->from_port,
                    packet->bytes, packet->length);
    return true;
}

static void set_pbuf(struct pbuf *pbuf, struct pbuf *next, void *bytes, size_t length, uint8_t type)
{
    *pbuf = (struct pbuf){
        .next = next,
        .payload = bytes,
        .tot_len = (u16_t)(length + (next ? next->tot_len : 0)),
        .len = (u16_t)length,
        .type_internal = type,
        .ref = 1,
        .if_idx = NETIF_NO_INDEX,
    };
}

int net_udp_send(struct net_udp *socket, struct net_address to, uint16_t to_port, const void *bytes,
                 size_t length)
{
    uint8_t *udp = header.headroom + HEADROOM_BYTES - UDP_HEADER_BYTES;
    uint16_t datagram = (uint16_t)(UDP_HEADER_BYTES + length);
    uint32_t from = netif_ip4_addr(net_interface())->addr;
    uint32_t destination = net_address_u32(to);

    if (length > NET_UDP_MAX)
        return ERROR_TOO_LARGE;
    bytes_put_be16(udp, socket->port);
    bytes_put_be16(udp + 2, to_port);
    bytes_put_be16(udp + 4, datagram);

    /* The pseudo header and this one, as words in memory order. */
    uint64_t sum = checksum_sum(bytes, length);

    sum += (uint64_t)from + destination + (uint32_t)(IP_PROTO_UDP << 8);
    sum += (uint32_t)__builtin_bswap16(datagram) * 2u + __builtin_bswap16(socket->port);
    sum += __builtin_bswap16(to_port);

    uint16_t checksum = (uint16_t)~checksum_fold(sum);

    checksum = checksum ? checksum : 0xffff; /* 0 would mean: none */
    memcpy(udp + 6, &checksum, sizeof checksum);

    set_pbuf(&payload, NULL, (void *)(uintptr_t)bytes, length, PBUF_TYPE_FLAG_DATA_VOLATILE);
    set_pbuf(&header.pbuf, length ? &payload : NULL, udp, UDP_HEADER_BYTES,
             PBUF_TYPE_FLAG_STRUCT_DATA_CONTIGUOUS | PBUF_TYPE_FLAG_DATA_VOLATILE);

    int status = net_interface_send_ip(&header.pbuf, destination, IP_PROTO_UDP);

    net_counters.udp_sent += status == 0;
    return status;
}
