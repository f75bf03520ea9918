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
#include "net_hand_over.h"
#include "service_parts.h"

#define ADDRESS_WAIT_US 10000000
#define PUSHED          "push:" /* begins the location of an image that was */

static struct {
    bool is_owed; /* the network worked before us, and we have not shown that it does */
    const struct ethernet_device *device;
} proof;

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
    struct net_lease lease = {0};
    int status;

    proof.is_owed =
        record->over.has_lease || strncmp(record->service.location, PUSHED, sizeof PUSHED - 1) == 0;
    proof.device = NULL;
    status = start_device(board, record);
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
    proof.device = board->ethernet;
    service_udp_init();
    if (net_hand_over_adopt(&record->over, identity.mac, clock_now_us(), &lease))
        return 0;
    return wait_for_address();
}

bool network_is_proven(void)
{
    static const struct net_address none;
    struct net_lease lease;

    if (proof.is_owed && proof.device && net_lease(&lease) &&
        (proof.device->statistics.frames_received != 0 ||
         memcmp(&lease.dhcp_server, &none, sizeof none) == 0))
        proof.is_owed = false;
    return !proof.is_owed;
}
