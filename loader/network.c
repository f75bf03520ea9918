/*
 * network: the loader's way onto the network.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "clock.h"
#include "error.h"
#include "ethernet_device.h"
#include "irq.h"
#include "loader.h"
#include "log.h"
#include "net.h"
#include "phases.h"

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

int network_start(struct loader *loader)
{
    if (loader->network_is_up)
        return 0;
    int status = board_start_network(&loader->board);

    phases_end(BOOT_PHASE_USB);
    if (status < 0) {
        log_line("network", "no Ethernet device: %s", error_name(status));
        return status;
    }
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
    else
        net_dhcp_start();
    return 0;
}

void network_forget(struct loader *loader)
{
    if (!loader->network_is_up)
        return;
    net_stop();
    board_stop_network(&loader->board);
    loader->network_is_up = false;
}

void network_idle(const struct loader *loader, uint64_t deadline_us)
{
    while (!clock_passed(deadline_us)) {
        uint64_t wake_us = deadline_us;

        irq_dispatch();
        if (loader->network_is_up) {
            if (net_poll())
                continue;
            if (net_deadline_us() < wake_us)
                wake_us = net_deadline_us();
        }
        if (!log_drain() && clock_now_us() + 1000 < wake_us)
            wake_us = clock_now_us() + 1000;
        clock_wait_until(wake_us);
    }
}
