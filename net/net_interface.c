/*
 * net_interface: the one Ethernet interface, between its driver and lwIP: its address, its cable,
 * its time, and what lwIP sends. net_receive.c takes what arrives.
 *
 * A frame to send is gathered into the driver's buffer: the only copy there is.
 * Time: lwIP's timers are compiled out. A tick every second ages the ARP table; the cable is
 * looked at every 250 ms, every 100 ms while it is out, and at once when the device says that
 * something has changed. DHCP adds its own moments.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_interface.h"

#include <string.h>

#include "bytes.h"
#include "check.h"
#include "clock.h"
#include "error.h"
#include "ethernet_device.h"
#include "log.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/ip4.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "netif/ethernet.h"

#define TICK_US      1000000 /* what etharp_tmr wants */
#define LOOK_UP_US   250000
#define LOOK_DOWN_US 100000

struct net_statistics net_counters;

static struct {
    bool is_started;
    struct ethernet_device *device; /* null: it is gone, too */
    struct netif netif;
    uint64_t tick_us; /* the next one, and ... */
    uint64_t look_us; /* ... the next look at the cable */
    bool polling;
} interface;

void net_lwip_assertion_failed(void)
{
    check_failed("an assertion of lwIP", "see the backtrace", 0);
}

struct netif *net_interface(void)
{
    return &interface.netif;
}

struct ethernet_device *net_interface_device(void)
{
    return interface.device;
}

/* ---- sending ---- */

static err_t send_frame(struct netif *netif, struct pbuf *packet)
{
    struct ethernet_device *device = interface.device;
    uint32_t length = 0;

    (void)netif;
    if (!device)
        return ERR_IF;
    if (packet->tot_len > ETHERNET_FRAME_MAX)
        return ERR_BUF;

    uint8_t *buffer = device->send_buffer(device);

    if (!buffer)
        return ERR_WOULDBLOCK;
    for (const struct pbuf *part = packet; part; part = part->next) {
        memcpy(buffer + length, part->payload, part->len);
        length += part->len;
    }
    if (bytes_be16(buffer + NET_FRAME_TYPE_AT) == NET_FRAME_TYPE_IP)
        net_route_learn(buffer);
    switch (device->send(device, length)) {
    case 0:
        return ERR_OK;
    case ERROR_BUSY:
        return ERR_WOULDBLOCK;
    default:
        return ERR_IF;
    }
}

int net_interface_send_ip(struct pbuf *packet, uint32_t to, uint8_t protocol)
{
    struct netif *netif = &interface.netif;
    ip4_addr_t destination = {to};

    if (!interface.device || !netif_is_link_up(netif) || to == 0 ||
        ip4_addr_isany_val(*netif_ip4_addr(netif)))
        return ERROR_ABSENT;
    switch (
        ip4_output_if(packet, netif_ip4_addr(netif), &destination, NET_TTL, 0, protocol, netif)) {
    case ERR_OK:
        return 0;
    case ERR_WOULDBLOCK:
        return ERROR_BUSY;
    case ERR_MEM:
        return ERROR_NO_MEMORY;
    default: /* no route, or the device is gone */
        return ERROR_ABSENT;
    }
}

/* ---- cable and time ---- */

/* Tells lwIP and DHCP what the device has seen of the cable. Returns true if it is news. */
static bool follow_link(bool up)
{
    if (up == netif_is_link_up(&interface.netif))
        return false;
    log_line("net", up ? "link up" : "link down");
    net_routes_forget();
    if (up)
        netif_set_link_up(&interface.netif); /* wakes DHCP, announces our address */
    else
        netif_set_link_down(&interface.netif);
    net_dhcp_link_changed(up);
    return true;
}

/* Looks at the cable. */
static enum net_poll_result look(struct ethernet_device *device, uint64_t now)
{
    /* An error leaves the state as last seen; a device that is gone reports link down. */
    int status = device->update_link(device);
    bool changed = follow_link(device->link_is_up(device));

    interface.look_us = now + (netif_is_link_up(&interface.netif) ? LOOK_UP_US : LOOK_DOWN_US);
    if (status == ERROR_IO) {
        device->link_event = false; /* of what is gone: else each poll would look */
        return NET_POLL_GONE;
    }
    return changed ? NET_POLL_DONE : NET_POLL_NOTHING;
}

/* What is due. */
static enum net_poll_result keep_time(uint64_t now)
{
    struct ethernet_device *device = interface.device;
    bool is_tick = now >= interface.tick_us;

    /* The tick looks as well: else each would have its own moments to wake the processor. */
    if (!is_tick && now < interface.look_us && !(device && device->link_event))
        return NET_POLL_NOTHING;
    if (is_tick) {
        interface.tick_us = now + TICK_US;
        net_routes_forget();
        if (netif_is_link_up(&interface.netif))
            etharp_tmr();
    }
    return device ? look(device, now) : NET_POLL_NOTHING;
}

enum net_poll_result net_poll(void)
{
    if (!interface.is_started)
        return NET_POLL_NOTHING;
    ASSERT(!interface.polling); /* callbacks must not poll */
    interface.polling = true;

    enum net_poll_result result = net_receive();
    uint64_t now = clock_now_us();
    enum net_poll_result news = keep_time(now);

    if (net_dhcp_poll(now) && news == NET_POLL_NOTHING)
        news = NET_POLL_DONE;
    interface.polling = false;
    return news > result ? news : result;
}

uint64_t net_deadline_us(void)
{
    if (!interface.is_started)
        return CLOCK_NEVER;

    uint64_t dhcp = net_dhcp_deadline_us();
    uint64_t own = interface.look_us < interface.tick_us ? interface.look_us : interface.tick_us;

    return dhcp < own ? dhcp : own;
}

/* ---- start, stop, address ---- */

static err_t fill_in_netif(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
    netif->linkoutput = send_frame;
    netif->mtu = ETHERNET_FRAME_MAX - ETHERNET_HEADER_BYTES;
    netif->hwaddr_len = ETH_HWADDR_LEN;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    return ERR_OK;
}

int net_start(struct ethernet_device *device, const struct net_identity *identity)
{
    if (!device || !identity || !identity->class_id || !net_mac_is_valid(identity->mac) ||
        strlen(identity->class_id) > NET_CLASS_ID_MAX || interface.is_started)
        return ERROR_INVALID;
    memset(&interface, 0, sizeof interface);
    memset(&net_counters, 0, sizeof net_counters);
    net_routes_forget();
    net_receive_start();
    lwip_init();
    interface.is_started = true;
    interface.device = device;
    netif_add(&interface.netif, NULL, NULL, NULL, NULL, fill_in_netif, ethernet_input);
    memcpy(interface.netif.hwaddr, identity->mac, ETH_HWADDR_LEN);
    netif_set_default(&interface.netif);
    netif_set_up(&interface.netif);
    if (device->link_is_up(device))
        netif_set_link_up(&interface.netif);
    interface.look_us = clock_now_us(); /* the first net_poll looks at the cable */
    interface.tick_us = interface.look_us + TICK_US;
    net_dhcp_init(identity);
    return 0;
}

void net_stop(void)
{
    if (!interface.is_started)
        return;
    ASSERT(!interface.polling);
    net_udp_close_all();
    net_dhcp_end();
    netif_remove(&interface.netif);
    interface.device = NULL;
    interface.is_started = false;
}

void net_lose_device(void)
{
    ASSERT(!interface.polling);
    if (!interface.device)
        return;
    interface.device = NULL;
    interface.look_us = CLOCK_NEVER;
    follow_link(false);
}

int net_regain_device(struct ethernet_device *device)
{
    if (!interface.is_started || interface.device || !net_mac_is_valid(device->mac))
        return ERROR_INVALID;
    interface.device = device;
    interface.look_us = clock_now_us();
    if (memcmp(interface.netif.hwaddr, device->mac, ETH_HWADDR_LEN) != 0) {
        memcpy(interface.netif.hwaddr, device->mac, ETH_HWADDR_LEN);
        net_dhcp_mac_changed();
    }
    return 0;
}

void net_interface_set_address(uint32_t address, uint32_t mask, uint32_t gateway)
{
    ip4_addr_t a = {address}, m = {mask}, g = {gateway};

    net_routes_forget();
    netif_set_addr(&interface.netif, &a, &m, &g);
}

void net_statistics(struct net_statistics *statistics)
{
    *statistics = net_counters;
}
