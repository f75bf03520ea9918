/*
 * net_route: the Ethernet headers that take packets to the addresses in use just now.
 *
 * Where lwIP sent a packet is remembered until the next tick, and net_udp.c sends there
 * without it. So lwIP sees one packet a second to each address, which is enough for its
 * ARP table to stay fresh. An answer to somebody ARP does not know yet goes back the way
 * the question came.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "bytes.h"
#include "ethernet_device.h"
#include "lwip/etharp.h"
#include "lwip/netif.h"
#include "net_interface.h"

#define ROUTES     8 /* by the last three bits of the address */
#define MAC_BYTES  6
#define IP_FROM_AT 26
#define IP_TO_AT   30

static struct {
    uint32_t to; /* 0: empty */
    uint8_t header[ETHERNET_HEADER_BYTES];
} routes[ROUTES];

static unsigned route_index(uint32_t to)
{
    return (to >> 24) % ROUTES; /* the last byte, in memory order */
}

const uint8_t *net_route(uint32_t to)
{
    unsigned i = route_index(to);

    return routes[i].to == to ? routes[i].header : NULL;
}

void net_routes_forget(void)
{
    memset(routes, 0, sizeof routes);
}

/* Returns where to put the header for this address; its place counts as filled. */
static uint8_t *take_route(uint32_t to)
{
    unsigned i = route_index(to);

    routes[i].to = to;
    return routes[i].header;
}

void net_route_learn(const uint8_t *frame)
{
    memcpy(take_route(net_frame_u32(frame + IP_TO_AT)), frame, ETHERNET_HEADER_BYTES);
}

bool net_mac_is_valid(const uint8_t mac[MAC_BYTES])
{
    return (mac[0] & 1) == 0 && (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]) != 0;
}

/* Besides what net_frame.c and net_receive.c have refused: no host has address 0.x.x.x
 * (RFC 1122, 3.2.1.3), our network's number or our address, none has these MACs. */
bool net_can_be_answered(uint32_t from, const uint8_t mac[MAC_BYTES])
{
    const struct netif *netif = net_interface();
    uint32_t address = netif_ip4_addr(netif)->addr;
    uint32_t mask = netif_ip4_netmask(netif)->addr;
    bool has_number = mask != 0 && (~mask >> 24) > 1; /* /31 and /32 have none (RFC 3021) */

    return (from & 0xff) != 0 && from != address && !(has_number && from == (address & mask)) &&
           net_mac_is_valid(mac) && memcmp(mac, netif->hwaddr, MAC_BYTES) != 0;
}

/* Whom ARP has to ask for the way to an address; 0: there is none. */
static uint32_t next_hop(uint32_t to)
{
    const struct netif *netif = net_interface();
    uint32_t differs = (to ^ netif_ip4_addr(netif)->addr) & netif_ip4_netmask(netif)->addr;

    return differs ? netif_ip4_gw(netif)->addr : to;
}

/*
 * While ARP is under way lwIP keeps one datagram for each address, so without this the
 * first burst of questions would get one answer. It gives away nothing that ARP guards:
 * who can put a frame with a wrong source on our wire can put a wrong ARP reply there just
 * as well, and what ARP knows goes before. Somebody beyond a router cannot do that; but all
 * he can make us take for the way to a neighbour is the router, only while ARP does not
 * know that neighbour, and ARP is asked at once and decides from the next tick on.
 */
const uint8_t *net_route_back(uint32_t to)
{
    const uint8_t *frame = net_receive_frame();
    struct netif *netif = net_interface();
    ip4_addr_t next = {next_hop(to)};
    const ip4_addr_t *known;
    struct eth_addr *mac;

    /* Whoever sends while there is a frame was called back with the datagram in it. */
    if (!frame || net_frame_u32(frame + IP_FROM_AT) != to ||
        net_frame_u32(frame + IP_TO_AT) != netif_ip4_addr(netif)->addr || !netif_is_link_up(netif))
        return NULL;
    if (next.addr == 0 || !net_can_be_answered(to, frame + MAC_BYTES) ||
        etharp_find_addr(netif, &next, &mac, &known) >= 0)
        return NULL;
    /* A request that cannot be sent now is sent with the next tick. */
    (void)etharp_query(netif, &next, NULL);

    uint8_t *header = take_route(to);

    memcpy(header, frame + MAC_BYTES, MAC_BYTES);
    memcpy(header + MAC_BYTES, netif->hwaddr, MAC_BYTES);
    bytes_put_be16(header + NET_FRAME_TYPE_AT, NET_FRAME_TYPE_IP);
    return header;
}
