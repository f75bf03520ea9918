/*
 * network: device, stack, address, in this order.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "network.h"

#include <string.h>

#include "board.h"
#include "boot_record.h"
#include "clock.h"
#include "error.h"
#include "ethernet_device.h"
#include "event_loop.h"
#include "log.h"
#include "net.h"
#include "service_parts.h"

#define ADDRESS_WAIT_US 10000000

static struct net_address address_of(const uint8_t bytes[4])
{
    struct net_address address;

    memcpy(address.ip, bytes, sizeof address.ip);
    return address;
}

static void adopt(const struct boot_lease *given)
{
    struct net_lease lease = {
        .address = address_of(given->address),
        .mask = address_of(given->mask),
        .gateway = address_of(given->gateway),
        .dns = address_of(given->dns),
        .dhcp_server = address_of(given->server),
        .seconds = given->seconds_left,
        .granted_at_us = clock_now_us(),
    };

    net_adopt(&lease, given->seconds_left);
}

static void add_neighbours(const struct hand_over *over)
{
    for (unsigned i = 0; i < over->neighbour_count; i++) {
        struct net_neighbour neighbour = {.address = address_of(over->neighbours[i].address)};

        memcpy(neighbour.mac, over->neighbours[i].mac, sizeof neighbour.mac);
        net_neighbour_add(&neighbour);
    }
}

/* The device as the loader left it, or from the beginning. */
static int start_device(struct board *board, const struct boot_record *record)
{
    int status;

    if (record->over.has_usb && (record->loader.features & BOOT_FEATURE_WARM)) {
        status = board_adopt_network(board, &record->over.usb);
        if (status == 0)
            return 0;
        log_line("network", "not taken over from the loader: %s", error_name(status));
    }
    return board_start_network(board);
}

static int wait_for_address(void)
{
    uint64_t deadline_us = clock_now_us() + ADDRESS_WAIT_US;

    net_dhcp_start();
    while (!net_lease(NULL)) {
        if (clock_passed(deadline_us)) {
            log_line("network", "no address within 10 s; still asking");
            return ERROR_TIMEOUT;
        }
        event_loop_round(deadline_us);
    }
    return 0;
}

int network_start(struct board *board, const struct boot_record *record)
{
    struct net_identity identity = {.class_id = "pilotlight"};
    int status = start_device(board, record);

    if (status < 0) {
        log_line("network", "none: %s", error_name(status));
        return status;
    }
    memcpy(identity.mac, board->ethernet->mac, sizeof identity.mac);
    memcpy(identity.serial, board->serial, sizeof identity.serial);
    status = net_start(board->ethernet, &identity);
    if (status < 0) {
        log_line("network", "%s does not start: %s", board->ethernet->name, error_name(status));
        return status;
    }
    service_udp_init();
    /* A lease belongs to a MAC address: another device has to ask for its own. */
    if (record->over.has_lease &&
        memcmp(record->over.lease.mac, identity.mac, sizeof identity.mac) == 0) {
        adopt(&record->over.lease);
        add_neighbours(&record->over);
        return 0;
    }
    return wait_for_address();
}
