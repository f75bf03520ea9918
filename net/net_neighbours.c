/*
 * net_neighbours: what ARP knows, given on to the next program of this machine and taken
 * over from the one before.
 *
 * lwIP does not tell how old an entry is. What was sent to within the last second has a route
 * (net_route.c), so the neighbours of these routes come first, then the rest.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "lwip/etharp.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/prot/iana.h"
#include "net_interface.h"

static bool is_in_use(uint32_t address, const uint8_t *mac)
{
    const uint8_t *route = net_route(address);

    return route && memcmp(route, mac, ETH_HWADDR_LEN) == 0;
}

unsigned net_neighbours(struct net_neighbour *neighbours, unsigned capacity)
{
    unsigned count = 0;

    if (!net_interface_device())
        return 0;
    for (int in_use = 1; in_use >= 0; in_use--) {
        for (size_t i = 0; i < ARP_TABLE_SIZE && count < capacity; i++) {
            ip4_addr_t *address;
            struct netif *netif;
            struct eth_addr *mac;

            if (!etharp_get_entry(i, &address, &netif, &mac) ||
                is_in_use(address->addr, mac->addr) != in_use)
                continue;
            neighbours[count].address = net_address_from_u32(address->addr);
            memcpy(neighbours[count++].mac, mac->addr, ETH_HWADDR_LEN);
        }
    }
    return count;
}

static void leave_alone(struct pbuf *packet)
{
    (void)packet;
}

/* As the reply to a question of ours, which is what the other program had. */
void net_neighbour_add(const struct net_neighbour *neighbour)
{
    struct netif *netif = net_interface();
    struct pbuf_custom packet = {.custom_free_function = leave_alone};
    uint32_t from = net_address_u32(neighbour->address);
    ip4_addr_t address = {from};
    struct etharp_hdr reply = {
        .hwtype = PP_HTONS(LWIP_IANA_HWTYPE_ETHERNET),
        .proto = PP_HTONS(ETHTYPE_IP),
        .hwlen = ETH_HWADDR_LEN,
        .protolen = sizeof from,
        .opcode = PP_HTONS(ARP_REPLY),
    };

    /* Broadcasts and groups lwIP passes over itself. */
    if (!net_interface_device() ||
        !ip4_addr_net_eq(&address, netif_ip4_addr(netif), netif_ip4_netmask(netif)) ||
        !net_can_be_answered(from, neighbour->mac))
        return;
    memcpy(&reply.shwaddr, neighbour->mac, ETH_HWADDR_LEN);
    memcpy(&reply.sipaddr, &from, sizeof from);
    memcpy(&reply.dhwaddr, netif->hwaddr, ETH_HWADDR_LEN);
    memcpy(&reply.dipaddr, netif_ip4_addr(netif), sizeof reply.dipaddr);
    etharp_input(
        pbuf_alloced_custom(PBUF_RAW, sizeof reply, PBUF_REF, &packet, &reply, sizeof reply),
        netif);
}
