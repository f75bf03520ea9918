/*
 * traffic: what measurements of the network talk to (tests/bench): it echoes on port 7, counts
 * what arrives on port 9, and sends as fast as it can from port 19.
 *
 *   port 9:  every datagram is counted, but "report K": that is answered "K N M\n", the
 *            datagrams and bytes since the start; and "errors K": that is answered "K E\n", the
 *            errors of the Ethernet device.
 *   port 19: "send K N B" is answered with N datagrams of B bytes. They begin with K and their own
 *            number, from 0, in four bytes each, most significant byte first. A new request ends
 *            the one before.
 *
 * K is whatever the asker likes: it tells a late answer from the one that is waited for.
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
static uint32_t send_request;
static size_t send_bytes;

static void echo(struct service_udp *socket, void *context, const struct service_address *from,
                 const uint8_t *bytes, size_t length)
{
    (void)context;
    service_udp_send(socket, from, bytes, length);
}

static unsigned long device_errors(void)
{
    struct service_statistics statistics;

    service_statistics(&statistics);
    return (unsigned long)statistics.receive_errors + statistics.send_errors;
}

static void count(struct service_udp *socket, void *context, const struct service_address *from,
                  const uint8_t *bytes, size_t length)
{
    char question[20] = "", answer[70];
    unsigned long request;
    int answer_bytes;

    (void)context;
    /* Before the questions' form is looked at, which takes longer than all else. */
    if (length < 7 || (memcmp(bytes, "report ", 7) != 0 && memcmp(bytes, "errors ", 7) != 0)) {
        counted_datagrams++;
        counted_bytes += length;
        return;
    }
    memcpy(question, bytes, length < sizeof question ? length : sizeof question - 1);
    if (sscanf(question, "report %lu", &request) == 1) {
        answer_bytes = snprintf(answer, sizeof answer, "%lu %lu %lu\n", request,
                                (unsigned long)counted_datagrams, (unsigned long)counted_bytes);
    } else if (sscanf(question, "errors %lu", &request) == 1) {
        answer_bytes = snprintf(answer, sizeof answer, "%lu %lu\n", request, device_errors());
    } else {
        counted_datagrams++;
        counted_bytes += length;
        return;
    }
    service_udp_send(socket, from, answer, (size_t)answer_bytes);
}

static void send_some(void *context)
{
    static uint8_t bytes[SERVICE_UDP_MAX];

    (void)context;
    for (unsigned i = 0; i < SENDS_AWAKE && send_next != send_end; i++) {
        for (unsigned at = 0; at < 4; at++) {
            bytes[at] = (uint8_t)(send_request >> (24 - 8 * at));
            bytes[4 + at] = (uint8_t)(send_next >> (24 - 8 * at));
        }
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
    char text[60] = "";
    unsigned long request, datagrams, each;

    (void)socket, (void)context;
    memcpy(text, bytes, length < sizeof text ? length : sizeof text - 1);
    if (sscanf(text, "send %lu %lu %lu", &request, &datagrams, &each) != 3 ||
        request > UINT32_MAX || datagrams > UINT32_MAX || each < 8 || each > SERVICE_UDP_MAX) {
        service_log("port %u: \"send K N B\" is understood, with 8 to %u bytes", SEND_PORT,
                    SERVICE_UDP_MAX);
        return;
    }
    send_to = *from;
    send_request = (uint32_t)request;
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
