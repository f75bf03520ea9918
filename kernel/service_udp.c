/*
 * service_udp: the service's sockets on top of net.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "check.h"
#include "error.h"
#include "log.h"
#include "net.h"
#include "service.h"
#include "service_parts.h"

/* One of the network's is for pushes (net_files.h). */
#define SOCKETS_MAX (NET_UDP_SOCKETS - 1)

struct service_udp {
    struct net_udp *net; /* null: not open */
    service_udp_receive *receive;
    void *context;
};

static struct service_udp sockets[SOCKETS_MAX];
static unsigned open_count;
static bool network_is_there;

void service_udp_init(void)
{
    network_is_there = true;
}

bool service_udp_any(void)
{
    return open_count > 0;
}

static void receive_datagram(void *context, struct net_address from, uint16_t from_port,
                             const uint8_t *bytes, size_t length)
{
    struct service_udp *socket = context;
    struct service_address sender = {
        .ip = {from.ip[0], from.ip[1], from.ip[2], from.ip[3]},
        .port = from_port,
    };

    socket->receive(socket, socket->context, &sender, bytes, length);
}

static struct service_udp *find_closed(void)
{
    for (unsigned i = 0; i < SOCKETS_MAX; i++) {
        if (!sockets[i].net)
            return &sockets[i];
    }
    return NULL;
}

struct service_udp *service_udp_open(uint16_t port, service_udp_receive *receive, void *context)
{
    struct service_udp *socket = find_closed();

    ASSERT(receive);
    if (!network_is_there || !socket) {
        log_line("udp", "port %u is not opened: %s", port,
                 socket ? "there is no network" : "all sockets are in use");
        return NULL;
    }
    socket->receive = receive;
    socket->context = context;
    socket->net = net_udp_open(port, false, receive_datagram, socket);
    if (!socket->net) {
        log_line("udp", "port %u is not opened: it is taken", port);
        return NULL;
    }
    open_count++;
    return socket;
}

static bool is_open(const struct service_udp *socket)
{
    return socket >= sockets && socket < sockets + SOCKETS_MAX && socket->net;
}

uint16_t service_udp_port(const struct service_udp *socket)
{
    ASSERT(is_open(socket));
    return net_udp_port(socket->net);
}

int service_udp_send(struct service_udp *socket, const struct service_address *to,
                     const void *bytes, size_t length)
{
    struct net_address address = {{to->ip[0], to->ip[1], to->ip[2], to->ip[3]}};

    ASSERT(is_open(socket));
    return net_udp_send(socket->net, address, to->port, bytes, length);
}

void service_udp_close(struct service_udp *socket)
{
    ASSERT(is_open(socket));
    net_udp_close(socket->net);
    socket->net = NULL;
    open_count--;
}
