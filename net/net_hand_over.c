/*
 * net_hand_over: see net_hand_over.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_hand_over.h"

#include <string.h>

#include "clock.h"
#include "net_address.h"
#include "net_files.h"

#define FOR_EVER UINT32_MAX

/* Of seconds that counted from since_us on. */
static uint32_t left(uint32_t seconds, uint64_t since_us)
{
    /* A second that has begun counts: many short hand-overs must not stop the time. */
    uint64_t passed_s = (clock_now_us() - since_us + 999999) / 1000000;

    if (seconds == FOR_EVER)
        return FOR_EVER;
    return passed_s < seconds ? seconds - (uint32_t)passed_s : 0;
}

uint32_t net_hand_over_seconds_left(const struct boot_lease *lease, uint64_t described_us)
{
    return left(lease->seconds_left, described_us);
}

/* ---- giving ---- */

static void describe_lease(struct boot_lease *out, const struct net_lease *lease)
{
    memset(out, 0, sizeof *out);
    memcpy(out->address, lease->address.ip, sizeof out->address);
    memcpy(out->mask, lease->mask.ip, sizeof out->mask);
    memcpy(out->gateway, lease->gateway.ip, sizeof out->gateway);
    memcpy(out->server, lease->dhcp_server.ip, sizeof out->server);
    memcpy(out->dns, lease->dns.ip, sizeof out->dns);
    out->seconds_left = left(lease->seconds, lease->granted_at_us);
}

static void describe_neighbours(struct hand_over *over)
{
    struct net_neighbour neighbours[HAND_OVER_NEIGHBOURS];

    over->neighbour_count = net_neighbours(neighbours, HAND_OVER_NEIGHBOURS);
    for (unsigned i = 0; i < over->neighbour_count; i++) {
        struct boot_neighbour *out = &over->neighbours[i];

        memset(out, 0, sizeof *out);
        memcpy(out->address, neighbours[i].address.ip, sizeof out->address);
        memcpy(out->mac, neighbours[i].mac, sizeof out->mac);
    }
}

void net_hand_over_describe(struct hand_over *over, const uint8_t mac[6])
{
    struct tftp_server_peer peer;
    struct net_lease lease;
    uint16_t block;

    over->has_lease = net_lease(&lease);
    if (over->has_lease) {
        describe_lease(&over->lease, &lease);
        memcpy(over->lease.mac, mac, sizeof over->lease.mac);
    }
    describe_neighbours(over);
    over->has_transfer = net_files_last(&peer, &block);
    if (over->has_transfer) {
        memcpy(over->transfer.address, peer.address.ip, sizeof over->transfer.address);
        over->transfer.port = peer.port;
        over->transfer.block = block;
    }
}

/* ---- taking ---- */

/* A static address may come without a mask: 0.0.0.0. */
static bool can_be_ours(const struct net_lease *lease)
{
    static const struct net_address none;

    return (memcmp(&lease->mask, &none, sizeof none) == 0 || net_mask_is_valid(lease->mask)) &&
           net_address_is_host(lease->address, lease->mask);
}

static void adopt_neighbours(const struct hand_over *over)
{
    for (unsigned i = 0; i < over->neighbour_count; i++) {
        const struct boot_neighbour *given = &over->neighbours[i];
        struct net_neighbour neighbour;

        memcpy(neighbour.address.ip, given->address, sizeof neighbour.address.ip);
        memcpy(neighbour.mac, given->mac, sizeof neighbour.mac);
        net_neighbour_add(&neighbour);
    }
}

bool net_hand_over_adopt(const struct hand_over *over, const uint8_t mac[6], uint64_t described_us,
                         struct net_lease *lease)
{
    const struct boot_lease *given = &over->lease;
    uint32_t seconds_left = net_hand_over_seconds_left(given, described_us);

    if (!over->has_lease || seconds_left == 0 || memcmp(given->mac, mac, sizeof given->mac) != 0)
        return false;
    memcpy(lease->address.ip, given->address, sizeof lease->address.ip);
    memcpy(lease->mask.ip, given->mask, sizeof lease->mask.ip);
    memcpy(lease->gateway.ip, given->gateway, sizeof lease->gateway.ip);
    memcpy(lease->dhcp_server.ip, given->server, sizeof lease->dhcp_server.ip);
    memcpy(lease->dns.ip, given->dns, sizeof lease->dns.ip);
    if (!can_be_ours(lease))
        return false;
    net_adopt(lease, seconds_left);
    adopt_neighbours(over);
    return true;
}

void net_hand_over_remember(const struct hand_over *over)
{
    struct tftp_server_peer peer = {.port = over->transfer.port};

    if (!over->has_transfer)
        return;
    memcpy(peer.address.ip, over->transfer.address, sizeof peer.address.ip);
    net_files_remember(&peer, over->transfer.block);
}
