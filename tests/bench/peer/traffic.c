/*
 * traffic: payloads/traffic once more, for the Linux that our figures stand beside: what is
 * measured on both is asked for, counted and sent in the same way.
 *
 *   port 7:  every datagram goes back to where it came from.
 *   port 9:  every datagram is counted, but "report K": that is answered "K N M\n", the
 *            datagrams and bytes since the start. (Errors of the device Linux tells in /sys.)
 *   port 19: "send K N B" is answered with N datagrams of B bytes. They begin with K and their own
 *            number, from 0, in four bytes each, most significant byte first. A new request ends
 *            the one before.
 *
 * K is whatever the asker likes: it tells a late answer from the one that is waited for.
 *
 * Each port has a process of its own with blocking calls: the cheapest a Linux program of
 * this kind can be without batching (recvmmsg), which a program for one port would not have.
 * Linux holds a sender back while its device's queue is full. Says "traffic: ready" once a
 * datagram would be taken on all three.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ECHO_PORT     7
#define COUNT_PORT    9
#define SEND_PORT     19
#define DATAGRAM_MAX  1472
#define DATAGRAM_MIN  8
#define SENDS_BETWEEN 64 /* datagrams between looks for a new request */

static uint8_t bytes[DATAGRAM_MAX + 1];
static struct sockaddr_in from;

static void end(const char *what)
{
    fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
    exit(1);
}

static size_t receive(int endpoint)
{
    socklen_t from_bytes = sizeof from;
    ssize_t length = recvfrom(endpoint, bytes, sizeof bytes - 1, 0, (void *)&from, &from_bytes);

    if (length < 0)
        end("receive");
    bytes[length] = 0;
    return (size_t)length;
}

/* False when the way is not there for the moment, as with a cable that was pulled. */
static bool reply(int endpoint, const void *content, size_t length)
{
    return sendto(endpoint, content, length, 0, (void *)&from, sizeof from) == (ssize_t)length;
}

static void echo(int endpoint)
{
    for (;;)
        reply(endpoint, bytes, receive(endpoint));
}

static void count(int endpoint)
{
    uint64_t datagrams = 0, counted = 0;

    for (;;) {
        size_t length = receive(endpoint);
        unsigned long request;
        char text[80];

        if (length < 7 || memcmp(bytes, "report ", 7) != 0) {
            datagrams++;
            counted += length;
            continue;
        }
        if (sscanf((char *)bytes, "report %lu", &request) != 1) {
            fputs("traffic: \"report K\" is understood\n", stderr);
            continue;
        }
        reply(endpoint, text,
              (size_t)snprintf(text, sizeof text, "%lu %llu %llu\n", request,
                               (unsigned long long)datagrams, (unsigned long long)counted));
    }
}

static bool has_request(int endpoint)
{
    uint8_t one;

    return recv(endpoint, &one, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

static void source(int endpoint)
{
    static uint8_t content[DATAGRAM_MAX];
    unsigned long request, datagrams, each;

    for (;;) {
        receive(endpoint);
        if (sscanf((char *)bytes, "send %lu %lu %lu", &request, &datagrams, &each) != 3 ||
            request > UINT32_MAX || datagrams > UINT32_MAX || each < DATAGRAM_MIN ||
            each > DATAGRAM_MAX) {
            fprintf(stderr, "traffic: \"send K N B\" is understood, with %u to %u bytes\n",
                    DATAGRAM_MIN, DATAGRAM_MAX);
            continue;
        }
        for (unsigned long i = 0; i < datagrams; i++) {
            uint32_t numbers[] = {htonl((uint32_t)request), htonl((uint32_t)i)};

            if (i % SENDS_BETWEEN == 0 && has_request(endpoint))
                break;
            memcpy(content, numbers, sizeof numbers);
            if (!reply(endpoint, content, each))
                break;
        }
    }
}

static void serve(uint16_t port, void (*service)(int endpoint))
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)};
    int endpoint = socket(AF_INET, SOCK_DGRAM, 0);

    if (endpoint < 0 || bind(endpoint, (void *)&here, sizeof here) != 0)
        end("socket");
    switch (fork()) {
    case -1:
        end("fork");
        break;
    case 0:
        service(endpoint);
        break;
    default:
        close(endpoint);
    }
}

int main(void)
{
    serve(ECHO_PORT, echo);
    serve(COUNT_PORT, count);
    serve(SEND_PORT, source);
    puts("traffic: ready");
    return 0;
}
