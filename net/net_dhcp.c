/*
 * net_dhcp: getting, keeping and taking over an address with lwIP's DHCP client.
 *
 * lwIP runs the protocol (RFC 2131); net_dhcp_reply.c decides what it gets to see, and this
 * file when it acts. lwIP counts in ticks and wants to be called twice a second for ever; here
 * every moment is a deadline in microseconds, and at the deadline lwIP's counter is set to "one
 * tick left" and its timer function called once.
 *
 *   a request without answer   repeated after 0.5 s, doubled up to 15.5 s, each plus
 *                              0-0.5 s at random (RFC 2131, 4.1), for ever
 *   half of the lease          renew: ask the server; 7/8: rebind: ask anybody;
 *                              repeated when half of the time left has passed, but not
 *                              more often than every minute
 *   end of the lease           the address is given up, and DHCP starts over
 *
 * Lacks: DECLINE (no ARP probe of the address: it costs seconds), RELEASE (the address
 * goes on to the next program of this machine).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "clock.h"
#include "log.h"
#include "lwip/dhcp.h"
#include "lwip/netif.h"
#include "lwip/prot/dhcp.h"
#include "net_dhcp_parts.h"
#include "net_interface.h"
#include "random.h"

#define SECOND_US         UINT64_C(1000000)
#define RETRY_FIRST_US    500000
#define RETRY_LAST_US     15500000
#define RETRY_JITTER_US   500000
#define KEEP_RETRY_MIN_US (60 * SECOND_US)
#define FOR_EVER          0xffffffffu

static struct {
    struct dhcp dhcp; /* lwIP's */
    bool running;
    bool have_lease;
    struct net_lease lease;
    uint64_t retry_us;  /* the request under way is repeated */
    uint64_t keep_us;   /* renew or rebind */
    uint64_t rebind_us; /* from here on keep_us means rebind */
    uint64_t expiry_us;
} client;

void net_dhcp_init(const struct net_identity *identity)
{
    memset(&client, 0, sizeof client);
    net_dhcp_identify(identity);
    net_dhcp_reply_init();
    client.retry_us = client.keep_us = client.expiry_us = CLOCK_NEVER;
}

const struct dhcp *net_dhcp_of_lwip(void)
{
    return client.running ? &client.dhcp : NULL;
}

/* ---- time ---- */

/* lwIP counts its attempts in tries, from 1 on. */
static uint64_t retry_delay_us(unsigned tries)
{
    uint64_t delay = RETRY_LAST_US;

    if (tries <= 5)
        delay = (uint64_t)RETRY_FIRST_US << (tries ? tries - 1 : 0);
    return delay + random_u32() % RETRY_JITTER_US;
}

void net_dhcp_take_over_timer(void)
{
    unsigned state = client.dhcp.state;

    if (state != DHCP_STATE_SELECTING && state != DHCP_STATE_REQUESTING &&
        state != DHCP_STATE_REBOOTING) {
        client.retry_us = CLOCK_NEVER;
    } else if (client.dhcp.request_timeout != 0) {
        client.retry_us = clock_now_us() + retry_delay_us(client.dhcp.tries);
    }
    client.dhcp.request_timeout = 0;
}

static void repeat_request(void)
{
    client.retry_us = CLOCK_NEVER;
    client.dhcp.request_timeout = 1;
    dhcp_fine_tmr();
    net_dhcp_take_over_timer();
}

/* Half of what is left until end, but at least a minute: when to ask again. */
static uint64_t half_way(uint64_t now, uint64_t end)
{
    uint64_t wait = end > now ? (end - now) / 2 : 0;

    return now + (wait > KEEP_RETRY_MIN_US ? wait : KEEP_RETRY_MIN_US);
}

static void keep_lease(uint64_t now)
{
    if (now < client.rebind_us) {
        uint64_t again = half_way(now, client.rebind_us);

        client.keep_us = again < client.rebind_us ? again : client.rebind_us;
        (void)dhcp_renew(net_interface()); /* not sent: repeated at keep_us */
    } else {
        client.keep_us = half_way(now, client.expiry_us);
        client.dhcp.t2_rebind_time = 1;
        dhcp_coarse_tmr();
        client.dhcp.t2_rebind_time = 0;
    }
    net_dhcp_take_over_timer();
}

/* Sets the deadlines of a lease that has seconds left. Times a server chose are taken
 * only if they make sense: renew < rebind < end. */
static void set_lease_times(uint64_t now, uint32_t seconds, uint32_t renew_s, uint32_t rebind_s)
{
    client.keep_us = client.rebind_us = client.expiry_us = CLOCK_NEVER;
    if (seconds == FOR_EVER)
        return;

    uint64_t length = seconds * SECOND_US;
    uint64_t rebind = rebind_s * SECOND_US;
    uint64_t renew = renew_s * SECOND_US;

    if (rebind == 0 || rebind >= length)
        rebind = length - length / 8;
    if (renew == 0 || renew >= rebind)
        renew = rebind < length / 2 ? rebind / 2 : length / 2;
    client.keep_us = now + renew;
    client.rebind_us = now + rebind;
    client.expiry_us = now + length;
}

/* ---- start and end ---- */

void net_dhcp_forget_lease(void)
{
    client.have_lease = false;
    client.keep_us = client.expiry_us = CLOCK_NEVER;
}

void net_dhcp_end(void)
{
    if (client.running) {
        /* In this state lwIP stops without telling the server: no RELEASE. */
        client.dhcp.state = DHCP_STATE_INIT;
        dhcp_release_and_stop(net_interface());
        dhcp_remove_struct(net_interface());
    }
    client.running = false;
    client.retry_us = CLOCK_NEVER;
    net_dhcp_forget_lease();
}

static void start(void)
{
    client.running = true;
    dhcp_set_struct(net_interface(), &client.dhcp);
    (void)dhcp_start(net_interface()); /* fails only without memory for its one pcb */
}

void net_dhcp_start(void)
{
    net_dhcp_end();
    net_interface_set_address(0, 0, 0);
    start();
    net_dhcp_take_over_timer();
}

static void use(const struct net_lease *lease)
{
    client.lease = *lease;
    client.have_lease = true;
    net_interface_set_address(net_address_u32(lease->address), net_address_u32(lease->mask),
                              net_address_u32(lease->gateway));
}

void net_static(const struct net_lease *lease)
{
    net_dhcp_end();
    use(lease);
    client.lease.dhcp_server = (struct net_address){{0}};
    client.lease.seconds = FOR_EVER;
    client.lease.granted_at_us = clock_now_us();
}

void net_adopt(const struct net_lease *lease, uint32_t seconds_left)
{
    struct netif *netif = net_interface();
    bool up = netif_is_link_up(netif);

    if (net_address_u32(lease->dhcp_server) == 0) {
        net_static(lease);
        return;
    }
    net_dhcp_end();
    use(lease);
    client.lease.seconds = seconds_left;
    client.lease.granted_at_us = clock_now_us();
    set_lease_times(client.lease.granted_at_us, seconds_left, 0, 0);

    /*
     * lwIP confirms a lease it holds when the link comes up (INIT-REBOOT). So it starts
     * with the link seemingly down, is told that it is bound, and then sees the link.
     */
    netif->flags &= (u8_t)~NETIF_FLAG_LINK_UP;
    start();
    client.dhcp.state = DHCP_STATE_BOUND;
    client.dhcp.offered_ip_addr.addr = net_address_u32(lease->address);
    client.dhcp.server_ip_addr.addr = net_address_u32(lease->dhcp_server);
    if (up) {
        netif->flags |= NETIF_FLAG_LINK_UP;
        dhcp_network_changed_link_up(netif);
    }
    net_dhcp_take_over_timer();
}

void net_dhcp_grant(const struct net_lease *lease, uint32_t renew_s, uint32_t rebind_s)
{
    client.lease = *lease;
    client.have_lease = true;
    /* lwIP does not learn who confirmed a lease it was told about. */
    client.dhcp.server_ip_addr.addr = net_address_u32(lease->dhcp_server);
    net_routes_forget();
    set_lease_times(lease->granted_at_us, lease->seconds, renew_s, rebind_s);
}

bool net_lease(struct net_lease *lease)
{
    if (client.have_lease && lease)
        *lease = client.lease;
    return client.have_lease;
}

static void expire(void)
{
    log_line("dhcp", "the lease of %u s has ended", (unsigned)client.lease.seconds);
    net_dhcp_start();
}

void net_dhcp_link_changed(bool up)
{
    /* Down: nothing to repeat. Up: lwIP has just sent its first request. */
    client.retry_us = CLOCK_NEVER;
    if (client.running && up)
        net_dhcp_take_over_timer();
}

void net_dhcp_mac_changed(void)
{
    if (client.running)
        net_dhcp_start();
}

bool net_dhcp_poll(uint64_t now)
{
    if (now >= client.expiry_us)
        expire();
    else if (now >= client.keep_us)
        keep_lease(now);
    else if (now >= client.retry_us)
        repeat_request();
    else
        return false;
    return true;
}

uint64_t net_dhcp_deadline_us(void)
{
    uint64_t first = client.retry_us < client.keep_us ? client.retry_us : client.keep_us;

    return first < client.expiry_us ? first : client.expiry_us;
}
