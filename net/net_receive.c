/*
 * net_receive: what becomes of each frame that arrives.
 *
 * Received frames are lent by the driver and looked at where they lie: net_frame.c checks them,
 * net_udp.c serves datagrams for our sockets, and only what is left (ARP, ping, DHCP, what nobody
 * wants) is wrapped in a pbuf that points into the driver's buffer and goes through lwIP.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "check.h"
#include "ethernet_device.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "net_interface.h"

#define FRAMES_PER_POLL 32 /* a flood must not keep the caller from its other work */

static const uint8_t *frame; /* lent to us; null: none */
static uint32_t frame_bytes;
static struct pbuf_custom lent; /* around frame while lwIP has it */
static bool lent_in_use;

void net_receive_start(void)
{
    frame = NULL;
    lent_in_use = false;
}

const uint8_t *net_receive_frame(void)
{
    return frame;
}

static void lent_is_free(struct pbuf *packet)
{
    (void)packet;
    lent_in_use = false;
}

void net_receive_pass_on(void)
{
    struct netif *netif = net_interface();

    ASSERT(frame && !lent_in_use);
    lent_in_use = true;
    lent.custom_free_function = lent_is_free;

    /* lwIP does not write to a received packet it cannot prepend to, and PBUF_REF is one. */
    struct pbuf *packet = pbuf_alloced_custom(PBUF_RAW, (u16_t)frame_bytes, PBUF_REF, &lent,
                                              (void *)(uintptr_t)frame, (u16_t)frame_bytes);

    netif->input(packet, netif);
    /* Were it kept, it would dangle after receive_done. Nothing compiled in keeps one. */
    ASSERT(!lent_in_use);
}

static bool is_broadcast(uint32_t to)
{
    uint32_t mask = netif_ip4_netmask(net_interface())->addr;
    uint32_t address = netif_ip4_addr(net_interface())->addr;

    if (to == 0xffffffff)
        return true;
    if (to != (address | ~mask))
        return false;
    return mask != 0 && (~mask >> 24) > 1; /* /31 and /32 have none (RFC 3021) */
}

static void take_ip(const struct net_frame *packet, bool is_udp)
{
    uint32_t address = netif_ip4_addr(net_interface())->addr;
    bool ours = packet->to == address && address != 0;
    bool broadcast = !ours && address != 0 && is_broadcast(packet->to);

    /* DHCP answers arrive before there is an address, for the one that is offered. */
    if (is_udp && packet->to_port == NET_DHCP_CLIENT_PORT) {
        net_dhcp_input(packet);
        return;
    }
    if (!(ours || (is_udp && broadcast)) || is_broadcast(packet->from)) {
        net_counters.ip_dropped++;
        return;
    }
    if (is_udp && net_udp_input(packet, broadcast))
        return;
    net_counters.udp_dropped += is_udp;
    if (ours)
        net_receive_pass_on(); /* ping, or somebody to be told that nobody is here */
}

static void take_frame(void)
{
    struct net_frame packet;

    switch (net_frame_parse(frame, frame_bytes, net_interface()->hwaddr, &packet)) {
    case NET_FRAME_UDP:
        take_ip(&packet, true);
        break;
    case NET_FRAME_IP:
        take_ip(&packet, false);
        break;
    case NET_FRAME_ARP:
        net_receive_pass_on();
        break;
    case NET_FRAME_DAMAGED:
        net_counters.checksum_errors++;
        net_counters.ip_dropped++;
        break;
    case NET_FRAME_BAD:
        net_counters.ip_dropped++;
        break;
    case NET_FRAME_FOREIGN:
        break;
    }
}

enum net_poll_result net_receive(void)
{
    struct ethernet_device *device = net_interface_device();

    for (int count = 0; device && count < FRAMES_PER_POLL; count++) {
        int length = device->receive(device, &frame);

        if (length <= 0)
            return count > 0 ? NET_POLL_DONE : NET_POLL_NOTHING;
        frame_bytes = (uint32_t)length;
        take_frame();
        frame = NULL;
        device->receive_done(device);
    }
    return device ? NET_POLL_MORE : NET_POLL_NOTHING;
}
