/*
 * net_udp: sockets for datagrams.
 *
 * Receiving goes straight from a checked frame to the socket's callback; lwIP's own
 * UDP serves DHCP only. Sending has two ways. When lwIP has just sent to the address, or a
 * datagram has just come from it, the way is known, and the frame is written into the driver's
 * buffer here, the caller's bytes being summed as they are copied. Else lwIP's IPv4 and ARP get
 * a chain of two static pbufs, our UDP header with room before it and the caller's bytes; both
 * are marked volatile, so that lwIP copies them if they have to wait for ARP.
 * Lacks: fragments, multicast, loopback to our own address, ICMP errors as results.
 * Reference: RFC 768.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "checksum.h"
#include "error.h"
#include "ethernet_device.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/prot/ip.h"
#include "net_interface.h"
#include "random.h"

#define IP_HEADER_BYTES    20
#define UDP_HEADER_BYTES   8
#define HEADERS_BYTES      (ETHERNET_HEADER_BYTES + IP_HEADER_BYTES + UDP_HEADER_BYTES)
#define HEADROOM_BYTES     48 /* Ethernet 14, IP 20, UDP 8, and rounding */
#define DYNAMIC_PORT_FIRST 49152
#define DYNAMIC_PORT_COUNT 16384

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

    if (!socket || port == NET_DHCP_CLIENT_PORT || (port != 0 && find(port)))
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

/* A datagram on its way out. Addresses are as in memory. */
struct datagram {
    uint32_t from, to;
    uint16_t from_port, to_port;
    const void *bytes;
    size_t length;
};

/* payload_sum: checksum_sum of the payload. */
static void write_udp_header(uint8_t *udp, const struct datagram *datagram, uint16_t payload_sum)
{
    uint16_t length = __builtin_bswap16((uint16_t)(UDP_HEADER_BYTES + datagram->length));
    uint16_t fields[4] = {__builtin_bswap16(datagram->from_port),
                          __builtin_bswap16(datagram->to_port), length};
    uint64_t sum = (uint64_t)datagram->from + datagram->to + (uint32_t)(IP_PROTO_UDP << 8) + length;

    sum += (uint64_t)fields[0] + fields[1] + length + payload_sum;
    fields[3] = (uint16_t)~checksum_fold(sum);
    if (fields[3] == 0)
        fields[3] = 0xffff; /* 0 would mean: none */
    memcpy(udp, fields, sizeof fields);
}

static void write_ip_header(uint8_t *ip, const struct datagram *datagram)
{
    static uint16_t identification;
    uint16_t length = (uint16_t)(IP_HEADER_BYTES + UDP_HEADER_BYTES + datagram->length);
    uint32_t words[5] = {0x45 | (uint32_t)__builtin_bswap16(length) << 16, identification++,
                         NET_TTL | IP_PROTO_UDP << 8, datagram->from, datagram->to};
    uint64_t sum = (uint64_t)words[0] + words[1] + words[2] + words[3] + words[4];

    words[2] |= (uint32_t)(uint16_t)~checksum_fold(sum) << 16;
    memcpy(ip, words, sizeof words);
}

static int send_by_route(const uint8_t *route, const struct datagram *datagram)
{
    struct ethernet_device *device = net_interface_device();
    uint8_t *frame = device->send_buffer(device);

    if (!frame)
        return ERROR_BUSY;
    memcpy(frame, route, ETHERNET_HEADER_BYTES);

    uint8_t *ip = frame + ETHERNET_HEADER_BYTES;
    uint8_t *udp = ip + IP_HEADER_BYTES;

    write_ip_header(ip, datagram);
    write_udp_header(udp, datagram,
                     checksum_copy(udp + UDP_HEADER_BYTES, datagram->bytes, datagram->length));

    int status = device->send(device, (uint32_t)(HEADERS_BYTES + datagram->length));

    return status == ERROR_BUSY || status == 0 ? status : ERROR_ABSENT;
}

static int send_by_lwip(const struct datagram *datagram)
{
    uint8_t *udp = header.headroom + HEADROOM_BYTES - UDP_HEADER_BYTES;

    write_udp_header(udp, datagram, checksum_sum(datagram->bytes, datagram->length));
    set_pbuf(&payload, NULL, (void *)(uintptr_t)datagram->bytes, datagram->length,
             PBUF_TYPE_FLAG_DATA_VOLATILE);
    set_pbuf(&header.pbuf, datagram->length ? &payload : NULL, udp, UDP_HEADER_BYTES,
             PBUF_TYPE_FLAG_STRUCT_DATA_CONTIGUOUS | PBUF_TYPE_FLAG_DATA_VOLATILE);
    return net_interface_send_ip(&header.pbuf, datagram->to, IP_PROTO_UDP);
}

int net_udp_send(struct net_udp *socket, struct net_address to, uint16_t to_port, const void *bytes,
                 size_t length)
{
    struct datagram datagram = {
        .from = netif_ip4_addr(net_interface())->addr,
        .to = net_address_u32(to),
        .from_port = socket->port,
        .to_port = to_port,
        .bytes = bytes,
        .length = length,
    };

    if (length > NET_UDP_MAX)
        return ERROR_TOO_LARGE;
    if (!net_interface_device() || datagram.from == 0 || datagram.to == 0)
        return ERROR_ABSENT;

    const uint8_t *route = net_route(datagram.to);

    if (!route)
        route = net_route_back(datagram.to);

    int status = route ? send_by_route(route, &datagram) : send_by_lwip(&datagram);

    net_counters.udp_sent += status == 0;
    return status;
}
