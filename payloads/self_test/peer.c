/*
 * peer: `pilot selftest` at the other end of the wire.
 *
 * Its name for the file it pushes has its UDP port in it, self-test.PORT.elf, and the kernel
 * says where a push came from; so we know whom to call. Datagrams are words of text but for
 * probes and clock samples:
 *
 *     we     hello                        until it answers
 *     pilot  begin PART NONCE CHECK       CHECK: the one that is to be corrupted, or -
 *     we     done                         until the next command
 *     pilot  reset | end                  until we are gone
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "self_test.h"
#include "self_test_peer.h"

#define CALL_US     200000
#define CALLS_MAX   50 /* 10 s */
#define WORDS_BYTES 96
#define PUSHED      "push:"

static struct service_udp *udp;
static struct service_address peer; /* port 0: nobody */
static struct service_timer again;
static unsigned calls;
static const char *calling; /* what is said again and again, or null */
static void (*begin_part)(unsigned part);
static void (*receiver)(const uint8_t *bytes, size_t length);
static bool has_begun;

bool peer_is_there(void)
{
    return peer.port != 0;
}

int peer_send(const void *bytes, size_t length)
{
    return peer_is_there() ? service_udp_send(udp, &peer, bytes, length) : ERROR_ABSENT;
}

void peer_receive(void (*receive)(const uint8_t *bytes, size_t length))
{
    receiver = receive;
}

static void call(void *context)
{
    (void)context;
    if (!has_begun && calls++ == CALLS_MAX) {
        service_log("pilot selftest, which pushed this, does not answer at port %u", peer.port);
        service_exit(1);
    } else if (calling) {
        peer_send(calling, strlen(calling));
    }
}

void peer_tell_done(void)
{
    calling = "done";
}

/* begin PART NONCE CHECK */
static void obey_begin(const char *words)
{
    unsigned part;

    if (has_begun ||
        sscanf(words, "begin %u %lx %23s", &part, &self_test.nonce, self_test.corrupt) != 3)
        return;
    if (strcmp(self_test.corrupt, "-") == 0)
        self_test.corrupt[0] = '\0';
    has_begun = true;
    calling = NULL;
    begin_part(part);
}

static void receive(struct service_udp *socket, void *context, const struct service_address *from,
                    const uint8_t *bytes, size_t length)
{
    char words[WORDS_BYTES] = "";

    (void)socket, (void)context;
    if (memcmp(from->ip, peer.ip, sizeof peer.ip) != 0 || from->port != peer.port)
        return;
    if (length < sizeof words)
        memcpy(words, bytes, length);
    if (strncmp(words, "begin ", 6) == 0)
        obey_begin(words);
    else if (strcmp(words, "reset") == 0)
        reset_machine();
    else if (strcmp(words, "end") == 0)
        service_exit(1); /* unlike 0 it means: back to what ran before */
    else if (receiver)
        receiver(bytes, length);
}

int peer_start(void (*begin)(unsigned part))
{
    unsigned ip[4], port;

    begin_part = begin;
    udp = service_udp_open(SELFTEST_PORT, receive, NULL);
    if (!udp)
        return ERROR_ABSENT;
    if (sscanf(self_test.info->location, PUSHED "%u.%u.%u.%u/self-test.%u.elf", &ip[0], &ip[1],
               &ip[2], &ip[3], &port) != 5 ||
        port > UINT16_MAX) {
        service_log("not pushed by pilot selftest; what wants a peer is left out");
        has_begun = true;
        begin_part(1);
        return 0;
    }
    for (int i = 0; i < 4; i++)
        peer.ip[i] = (uint8_t)ip[i];
    peer.port = (uint16_t)port;
    calling = "hello";
    return service_timer_every(&again, CALL_US, call, NULL);
}
