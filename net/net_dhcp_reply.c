/*
 * net_dhcp_reply: which DHCP replies lwIP gets to see, and what of them becomes the lease.
 *
 * Only what net_dhcp_message.c finds well-formed and what the state asks for is passed on. A
 * refusal (NAK) makes lwIP start over at once; two hostile or broken servers could keep it
 * going at line speed, so after one of them others are ignored for 10 s.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "clock.h"
#include "log.h"
#include "lwip/dhcp.h"
#include "lwip/netif.h"
#include "lwip/prot/dhcp.h"
#include "net_address.h"
#include "net_dhcp_message.h"
#include "net_dhcp_parts.h"
#include "net_interface.h"

#define NAK_QUIET_US       10000000
#define COMPLAINT_QUIET_US 1000000

static uint64_t nak_quiet_us; /* refusals are ignored until then */
static uint64_t complaint_us; /* no line in the log about bad messages until then */

void net_dhcp_reply_init(void)
{
    nak_quiet_us = complaint_us = 0;
}

static void complain(const char *problem, unsigned value)
{
    uint64_t now = clock_now_us();

    if (now < complaint_us)
        return;
    complaint_us = now + COMPLAINT_QUIET_US;
    log_line("dhcp", "reply ignored: %s %u", problem, value);
}

static bool is_host(struct net_address address)
{
    return address.ip[0] != 0 && address.ip[0] < 224;
}

/* siaddr, then option 66 if it is an address, then the DHCP server itself. */
static void choose_server(struct net_lease *lease, const struct net_dhcp_message *message)
{
    struct net_address named;

    lease->boot_server_name[0] = 0;
    if (is_host(message->next_server)) {
        lease->boot_server = message->next_server;
    } else if (net_address_parse(message->server_name, &named) && is_host(named)) {
        lease->boot_server = named;
    } else {
        lease->boot_server = lease->dhcp_server;
        memcpy(lease->boot_server_name, message->server_name, NET_NAME_MAX);
    }
}

/* lwIP has accepted an acknowledgement and set the address. */
static void commit(const struct net_dhcp_message *message, const struct dhcp *dhcp)
{
    bool is_new = !net_lease(NULL);
    struct net_lease lease = {
        .address = message->address,
        .mask = net_address_from_u32(netif_ip4_netmask(net_interface())->addr),
        .gateway = message->gateway,
        .dns = message->dns,
        .dhcp_server = message->server,
        .seconds = message->lease_s,
        .granted_at_us = clock_now_us(),
    };

    if (net_address_u32(lease.dhcp_server) == 0) /* some do not say who they are */
        lease.dhcp_server = net_address_from_u32(dhcp->server_ip_addr.addr);
    memcpy(lease.boot_file, message->boot_file, NET_NAME_MAX);
    choose_server(&lease, message);
    net_dhcp_grant(&lease, message->renew_s, message->rebind_s);
    if (message->ignored_name)
        log_line("dhcp", "%s ignored: not a plain name of at most %u bytes", message->ignored_name,
                 NET_NAME_MAX - 1);
    if (is_new) {
        const uint8_t *ip = lease.address.ip, *from = lease.dhcp_server.ip;

        log_line("dhcp", "%u.%u.%u.%u from %u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3], from[0],
                 from[1], from[2], from[3]);
    }
}

/* lwIP has accepted a refusal, given up the address and sent DISCOVER. */
static void start_over(void)
{
    nak_quiet_us = clock_now_us() + NAK_QUIET_US;
    log_line("dhcp", "the server refuses the address, starting over");
    net_dhcp_forget_lease();
}

/* Says whether lwIP may see a well-formed reply in the state it is in. */
static bool is_wanted(const struct net_dhcp_message *message, const struct dhcp *dhcp, uint64_t now)
{
    uint32_t server = net_address_u32(message->server);
    unsigned state = dhcp->state;

    if (message->type == NET_DHCP_OFFER)
        return state == DHCP_STATE_SELECTING;
    if (message->type == NET_DHCP_NAK && now < nak_quiet_us)
        return false;
    switch (state) {
    case DHCP_STATE_REQUESTING:
    case DHCP_STATE_RENEWING:
        /* Only the server that was asked may answer; some do not say who they are. */
        return server == 0 || server == dhcp->server_ip_addr.addr;
    case DHCP_STATE_REBOOTING:
    case DHCP_STATE_REBINDING:
        return true;
    default:
        return false;
    }
}

void net_dhcp_input(const struct net_frame *packet)
{
    const struct dhcp *dhcp = net_dhcp_of_lwip();
    struct net_dhcp_message message;
    const char *problem;
    unsigned value;

    if (!dhcp ||
        !net_dhcp_message_is_for(packet->bytes, packet->length, net_interface()->hwaddr, dhcp->xid))
        return;
    if (net_dhcp_message_parse(&message, packet->bytes, packet->length, &problem, &value) < 0) {
        complain(problem, value);
        return;
    }
    if (!is_wanted(&message, dhcp, clock_now_us()))
        return;

    /* The state tells what lwIP made of it: it has its own reasons to ignore a reply. */
    net_receive_pass_on();
    if (message.type == NET_DHCP_ACK && dhcp->state == DHCP_STATE_BOUND)
        commit(&message, dhcp);
    if (message.type == NET_DHCP_NAK && dhcp->state == DHCP_STATE_SELECTING)
        start_over();
    net_dhcp_take_over_timer();
}
