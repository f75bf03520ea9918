/*
 * traffic: what measurements of the network talk to (tests/bench): it echoes on port 7, counts
 * what arrives on port 9, and sends as fast as it can from port 19.
 *
 *   port 9:  every datagram is counted, but one that begins with "report": that is answered
 *            "N M\n", the datagrams and bytes since the last report.
 *   port 19: "send N B" is answered with N datagrams of B bytes, the first four of which are
 *            their number, from 0, most significant byte first. A new request ends the one before.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <service.h>
#include <stdio.h>
#include <string.h>

SERVICE("traffic", "1.0.0", .required_features = IMAGE_FEATURE_NETWORK);

#define ECHO_PORT   7
#define COUNT_PORT  9
#define SEND_PORT   19
#define SENDS_AWAKE 64 /* datagrams sent in one go, so that requests are heard meanwhile */

static uint32_t counted_datagrams;
static uint64_t counted_bytes;

static struct service_udp *sender;
static struct service_timer send_timer;
static struct service_address send_to;
static uint32_t send_next, send_end;
static size_t send_bytes;

static void echo(struct service_udp *socket, void *context, const struct service_address *from,
                 const uint8_t *bytes, size_t length)
{
    (void)context;
    service_udp_send(socket, from, bytes, length);
}

static void count(struct service_udp *socket, void *context, const struct service_address *from,
                  const uint8_t *bytes, size_t length)
{
    char text[40];

    (void)context;
    if (length < 6 || memcmp(bytes, "report", 6) != 0) {
        counted_datagrams++;
        counted_bytes += length;
        return;
    }
    int text_bytes = snprintf(text, sizeof text, "%lu %lu\n", (unsigned long)counted_datagrams,
                              (unsigned long)counted_bytes);

    service_udp_send(socket, from, text, (size_t)text_bytes);
    counted_datagrams = 0;
    counted_bytes = 0;
}

static void send_some(void *context)
{
    static uint8_t bytes[SERVICE_UDP_MAX];

    (void)context;
    for (unsigned i = 0; i < SENDS_AWAKE && send_next != send_end; i++) {
        for (unsigned at = 0; at < 4; at++)
            bytes[at] = (uint8_t)(send_next >> (24 - 8 * at));
        /* Busy or without a way: the same one again in the next round of the event loop. */
        if (service_udp_send(sender, &send_to, bytes, send_bytes) < 0)
            break;
        send_next++;
    }
    if (send_next != send_end)
        service_timer_once(&send_timer, 0, send_some, NULL);
}

static void take_request(struct service_udp *socket, void *context,
                         const struct service_address *from, const uint8_t *bytes, size_t length)
{
    char text[40] = "";
    unsigned long datagrams, each;

    (void)socket, (void)context;
    memcpy(text, bytes, length < sizeof text ? length : sizeof text - 1);
    if (sscanf(text, "send %lu %lu", &datagrams, &each) != 2 || datagrams > UINT32_MAX ||
        each < 8 || each > SERVICE_UDP_MAX) {
        service_log("port %u: \"send N B\" is understood, with 8 to %u bytes", SEND_PORT,
                    SERVICE_UDP_MAX);
        return;
    }
    send_to = *from;
    send_next = 0;
    send_end = (uint32_t)datagrams;
    send_bytes = each;
    service_timer_once(&send_timer, 0, send_some, NULL);
}

int service_main(const struct service_info *info)
{
    (void)info;
    sender = service_udp_open(SEND_PORT, take_request, NULL);
    if (!sender || !service_udp_open(ECHO_PORT, echo, NULL) ||
        !service_udp_open(COUNT_PORT, count, NULL))
        return ERROR_ABSENT;
    service_log("echo on %u, counter on %u, source on %u", ECHO_PORT, COUNT_PORT, SEND_PORT);
    return 0;
}
