/*
 * echo: sends every datagram back to where it came from (RFC 862, UDP port 7).
 *
 * A datagram from a port below 1024 is not answered: it could be another machine's echo
 * or chargen service, and the two would never stop.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <service.h>

SERVICE("echo", "1.0.0", .required_features = IMAGE_FEATURE_NETWORK);

#define PORT              7
#define FIRST_CLIENT_PORT 1024

static void echo(struct service_udp *socket, void *context, const struct service_address *from,
                 const uint8_t *bytes, size_t length)
{
    (void)context;
    /* A reply that cannot be sent now is lost, as any datagram may be. */
    if (from->port >= FIRST_CLIENT_PORT)
        service_udp_send(socket, from, bytes, length);
}

int service_main(const struct service_info *info)
{
    if (!service_udp_open(PORT, echo, NULL))
        return ERROR_ABSENT;
    service_log("listening on %u.%u.%u.%u udp/%u", info->address.ip[0], info->address.ip[1],
                info->address.ip[2], info->address.ip[3], PORT);
    return 0;
}
