/*
 * core_send: a crashed service's core file to the boot server, when pilot.conf says core = send.
 *
 * Before the next service is started, since the loader has the network only then: this is what
 * the setting costs. The server must allow the file to be made (tftpd-hpa: --create).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "core_send.h"

#include <stdio.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "loader.h"
#include "log.h"
#include "tftp_put.h"
#include "uplink.h"

#define SEND_US    10000000
#define ADDRESS_US 5000000

static struct tftp_put put;
static uint8_t packet[TFTP_PUT_PACKET_MAX];

static void receive(void *context, struct net_address from, uint16_t from_port,
                    const uint8_t *bytes, size_t length)
{
    (void)context;
    tftp_put_receive(&put, from, from_port, bytes, length, clock_now_us());
}

static void run(struct loader *loader, struct net_udp *socket)
{
    size_t length;
    uint16_t port;

    while (put.result == ERROR_BUSY && !loader->push_is_here) {
        tftp_put_tick(&put, clock_now_us());
        /* What can not be sent is as good as lost on the way. */
        while (tftp_put_next_packet(&put, packet, &length, &port))
            net_udp_send(socket, put.server, port, packet, length);
        if (put.result == ERROR_BUSY)
            uplink_turn(loader, tftp_put_deadline(&put));
    }
}

static struct net_address choose_server(struct loader *loader)
{
    uint64_t deadline_us = clock_now_us() + ADDRESS_US;
    struct net_lease lease = {0};

    while (!net_lease(&lease) && !clock_passed(deadline_us) && !loader->push_is_here)
        uplink_turn(loader, deadline_us);
    return bytes_be32(loader->configuration.server.ip) != 0 ? loader->configuration.server
                                                            : lease.boot_server;
}

void core_send(struct loader *loader)
{
    const struct boot_crash *crash = &loader->keep->crash;
    const void *core = (const void *)keep_core_area(loader).base;
    char name[64];

    if (loader->configuration.core != CONFIGURATION_CORE_SEND || crash->core_bytes == 0 ||
        uplink_start(loader) < 0)
        return;
    snprintf(name, sizeof name, "core.%s.%u", crash->name, (unsigned)crash->number);
    struct net_udp *socket = net_udp_open(0, false, receive, NULL);
    uint64_t end_us = clock_now_us() + SEND_US;
    int64_t status = socket == NULL ? ERROR_BUSY : ERROR_UNSUPPORTED;

    /* With options first; a server that cannot bear them gets the plain request. */
    for (int plain = 0; plain < 2 && status == ERROR_UNSUPPORTED; plain++) {
        status = tftp_put_begin(&put, choose_server(loader), name, core, crash->core_bytes,
                                plain != 0, clock_now_us(), end_us);
        if (status == 0) {
            run(loader, socket);
            status = put.result;
        }
    }
    if (loader->push_is_here && status == ERROR_BUSY)
        snprintf(put.message, sizeof put.message, "an image was pushed");
    if (status > 0)
        log_line("guard", "%s: sent to the server", name);
    else
        log_line("guard", "%s: not sent: %s%s%s", name, error_name((int)status),
                 put.message[0] ? ": " : "", put.message);
    if (socket != NULL)
        net_udp_close(socket);
}
