/*
 * uplink: the loader's way onto the network, warm if a service left it running.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "uplink.h"

#include <string.h>

#include "clock.h"
#include "error.h"
#include "ethernet_device.h"
#include "irq.h"
#include "loader.h"
#include "log.h"
#include "net.h"
#include "net_files.h"
#include "net_hand_over.h"
#include "phases.h"
#include "rescue.h"

#define LOG_DRAIN_US 1000 /* a console that is behind takes some bytes more by then */

static void set_static(const struct configuration *configuration)
{
    struct net_lease lease = {
        .address = configuration->address,
        .mask = configuration->mask,
        .gateway = configuration->gateway,
        .dns = configuration->dns,
        .boot_server = configuration->server,
        .seconds = UINT32_MAX,
    };

    net_static(&lease);
}

/* The address that a service had: usable at once. One without a DHCP server comes from a
 * configuration, and ours has none. */
static bool adopt_lease(struct loader *loader)
{
    static const uint8_t none[4];
    const struct keep *keep = loader->keep;
    struct net_lease lease = {.boot_server = keep->boot_server};

    memcpy(lease.boot_file, keep->boot_file, sizeof lease.boot_file);
    return memcmp(keep->over.lease.server, none, sizeof none) != 0 &&
           net_hand_over_adopt(&keep->over, loader->board.ethernet->mac, keep->over_us, &lease);
}

/* Takes the devices over, if they were described and it is wanted. */
static int adopt_device(struct loader *loader)
{
    struct keep *keep = loader->keep;

    if (!keep->over.has_usb)
        return ERROR_ABSENT;
    if (!keep->at_rest) /* a service that was cut off: it is what that one was given */
        keep->over.usb.in.toggle = keep->over.usb.out.toggle = BOOT_USB_TOGGLE_UNKNOWN;
    int status = board_adopt_network(&loader->board, &keep->over.usb);

    keep->over.has_usb = false; /* from here on nobody knows the toggles but the driver */
    if (status < 0)
        log_line("network", "not taken over: %s", error_name(status));
    return status;
}

static int start_device(struct loader *loader)
{
    if (loader->board.ethernet != NULL)
        return 0;
    int status = adopt_device(loader);

    if (status < 0)
        status = board_start_network(&loader->board);
    phases_end(BOOT_PHASE_USB);
    if (status < 0)
        log_line("network", "no Ethernet device: %s", error_name(status));
    return status;
}

int uplink_start(struct loader *loader)
{
    if (loader->network_is_up)
        return 0;
    int status = start_device(loader);

    if (status < 0)
        return status;
    struct ethernet_device *ethernet = loader->board.ethernet;
    struct net_identity identity = {.class_id = "pilotlight"};

    memcpy(identity.mac, ethernet->mac, sizeof identity.mac);
    memcpy(identity.serial, loader->board.serial, sizeof identity.serial);
    status = net_start(ethernet, &identity);
    log_line("network", "%s %02x:%02x:%02x:%02x:%02x:%02x%s", ethernet->name, identity.mac[0],
             identity.mac[1], identity.mac[2], identity.mac[3], identity.mac[4], identity.mac[5],
             status < 0 ? ": this address can not be used" : "");
    if (status < 0)
        return status;
    loader->network_is_up = true;
    if (loader->configuration.is_static)
        set_static(&loader->configuration);
    else if (!adopt_lease(loader))
        net_dhcp_start();
    rescue_start(loader);
    return 0;
}

void uplink_forget(struct loader *loader)
{
    loader->keep->over.has_usb = loader->keep->over.has_lease = false;
    if (!loader->network_is_up)
        return;
    net_files_stop();
    net_stop();
    board_stop_network(&loader->board);
    loader->network_is_up = false;
}

bool uplink_turn(struct loader *loader, uint64_t deadline_us)
{
    enum net_poll_result result = NET_POLL_NOTHING;
    uint64_t wake_us = deadline_us, log_us;

    irq_dispatch();
    if (loader->network_is_up) {
        result = net_poll();
        net_files_poll();
        if (net_deadline_us() < wake_us)
            wake_us = net_deadline_us();
        if (net_files_deadline_us() < wake_us)
            wake_us = net_files_deadline_us();
    }
    log_us = log_drain() ? CLOCK_NEVER : clock_now_us() + LOG_DRAIN_US;
    if (log_us < wake_us)
        wake_us = log_us;
    if (result == NET_POLL_NOTHING && !loader_is_asked(loader))
        clock_wait_until(wake_us);
    return !rescue_took_staging() && !rescue_has_a_push(loader) && !loader_is_asked(loader);
}

void uplink_idle(struct loader *loader, uint64_t deadline_us)
{
    while (!loader_is_asked(loader) && (rescue_has_a_push(loader) || !clock_passed(deadline_us)))
        uplink_turn(loader, deadline_us > clock_now_us() ? deadline_us : CLOCK_NEVER);
}

/* ---- handing over ---- */

static void describe_net(struct loader *loader)
{
    struct keep *keep = loader->keep;
    struct net_lease lease;

    if (net_lease(&lease)) {
        keep->boot_server = lease.boot_server;
        memcpy(keep->boot_file, lease.boot_file, sizeof keep->boot_file);
    }
    net_hand_over_describe(&keep->over, loader->board.ethernet->mac);
}

/* Devices that this run of the loader did not touch are as the last program left them. */
void uplink_hand_over(struct loader *loader)
{
    struct keep *keep = loader->keep;
    bool was_running = loader->board.ethernet != NULL;

    if (loader->board.card != NULL)
        keep->over.has_card = board_describe_card(&loader->board, &keep->over.card) == 0;
    if (loader->network_is_up) {
        describe_net(loader);
        net_files_stop();
        net_stop();
        loader->network_is_up = false;
    } else {
        keep->over.lease.seconds_left =
            net_hand_over_seconds_left(&keep->over.lease, keep->over_us);
        keep->over.has_lease = keep->over.has_lease && keep->over.lease.seconds_left != 0;
    }
    keep->over_us = clock_now_us();
    int status = board_quiesce(&loader->board);

    if (status < 0)
        log_line("loader", "devices did not stop: %s; they were reset", error_name(status));
    if (was_running)
        keep->over.has_usb = board_describe_network(&keep->over.usb) == 0;
    keep->at_rest = true;
}

void uplink_recover(struct loader *loader)
{
    struct keep *keep = loader->keep;

    if (keep->at_rest)
        return;
    start_device(loader);
    keep->at_rest = true;
}
