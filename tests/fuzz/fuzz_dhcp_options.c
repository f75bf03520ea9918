/*
 * fuzz_dhcp_options: any bytes as a DHCP server's answers, through the whole stack.
 *
 * The input is a flags byte, then sname and file if the flags say so, then the options.
 * It is sent as the answer to every DISCOVER and REQUEST of two seconds; the message type
 * is put before it unless the flags say that the options have it. The rest of the message
 * is right. Whatever comes: a lease, if there is one, makes sense, and the pools are
 * empty in the end.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net_dhcp_message.h"
#include "sim.h"
#include "sim_net.h"

#define FLAG_FIELDS   1 /* sname and file come first, 192 bytes */
#define FLAG_OWN_TYPE 2 /* the options have the message type themselves */
#define FIXED_BYTES   240
#define FIELDS_AT     44
#define FIELDS_BYTES  192

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct sim_net sim;
static const uint8_t *input;
static size_t input_bytes;

static void require(int condition)
{
    if (!condition)
        abort();
}

static void answer(struct sim_peer *peer, uint8_t type, uint8_t *message, size_t *length)
{
    const uint8_t *at = input + 1;
    size_t left = input_bytes - 1, begin = FIXED_BYTES;

    (void)peer;
    if (input[0] & FLAG_FIELDS && left >= FIELDS_BYTES) {
        memcpy(message + FIELDS_AT, at, FIELDS_BYTES);
        at += FIELDS_BYTES;
        left -= FIELDS_BYTES;
    }
    if (!(input[0] & FLAG_OWN_TYPE)) {
        memcpy(message + begin, (uint8_t[]){53, 1, type}, 3);
        begin += 3;
    }
    if (left > SIM_PEER_DHCP_MAX - begin)
        left = SIM_PEER_DHCP_MAX - begin;
    memcpy(message + begin, at, left);
    *length = begin + left;
}

/* Nothing outside may be printed, asked for as a file, or used as a host, that is none. */
static void check_lease(const struct net_lease *lease)
{
    const char *const names[] = {lease->boot_file, lease->boot_server_name};

    require(lease->address.ip[0] != 0 && lease->address.ip[0] < 224);
    require(lease->boot_server.ip[0] != 0 && lease->boot_server.ip[0] < 224);
    require(lease->seconds > 0);
    for (int i = 0; i < 2; i++) {
        require(memchr(names[i], 0, NET_NAME_MAX) != NULL);
        require(strncmp(names[i], "../", 3) != 0 && strstr(names[i], "/../") == NULL);
        for (const char *c = names[i]; *c; c++)
            require(*c >= 0x20 && *c <= 0x7e);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct net_lease lease;

    if (length == 0)
        return 0;
    input = bytes;
    input_bytes = length;
    sim_net_start(&sim);
    sim.peer.edit = answer;
    net_dhcp_start();
    sim_net_run_us(&sim, 2000000);
    if (net_lease(&lease))
        check_lease(&lease);
    require(sim_net_stop(&sim));
    return 0;
}
