/*
 * fuzz_frames: any bytes as Ethernet frames, through the whole stack.
 *
 * The input is frames one after another, each behind two bytes: its length (less than
 * 1514 + 1 is made of them) and flags. So that the fuzzer gets deep, a flag makes MAC
 * addresses and checksums right. An echo socket answers; another takes broadcasts.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "sim.h"
#include "sim_net.h"

#define FLAG_SEAL 0x80 /* of the first byte: MAC and checksums are made right */
#define FLAG_DHCP 0x40 /* of the first frame: DHCP runs, else a static address */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct sim_net sim;
static struct net_udp *echo;

static void require(int condition)
{
    if (!condition)
        abort();
}

static void reply(void *context, struct net_address from, uint16_t from_port, const uint8_t *bytes,
                  size_t length)
{
    (void)context;
    require(length <= NET_UDP_MAX);
    (void)net_udp_send(echo, from, from_port, bytes, length);
}

static size_t send_one(const uint8_t *bytes, size_t length)
{
    struct sim_frame frame;
    size_t frame_bytes = bytes_be16(bytes) & 0x7ff;
    size_t left = length - 2;

    if (frame_bytes > left)
        frame_bytes = left;
    if (frame_bytes > ETHERNET_FRAME_MAX)
        frame_bytes = ETHERNET_FRAME_MAX;
    memset(&frame, 0, sizeof frame);
    memcpy(frame.bytes, bytes + 2, frame_bytes);
    frame.length = (uint32_t)frame_bytes;
    if (frame_bytes >= ETHERNET_HEADER_BYTES) {
        if (bytes[0] & FLAG_SEAL) {
            memcpy(frame.bytes, sim.cable.end[0].device.mac, 6);
            if (bytes_be16(frame.bytes + 12) == 0x0800 && frame_bytes >= 34)
                sim_frame_seal(&frame);
        }
        sim_peer_send(&sim.peer, &frame);
        sim_net_settle();
    }
    return 2 + frame_bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length == 0)
        return 0;
    sim_net_start(&sim);
    if (bytes[0] & FLAG_DHCP)
        net_dhcp_start();
    else
        sim_net_static();
    echo = net_udp_open(7, false, reply, NULL);
    require(net_udp_open(9, true, reply, NULL) != NULL);
    for (size_t at = 0; length - at > 2;)
        at += send_one(bytes + at, length - at);
    sim_net_run_us(&sim, 3000000);
    require(sim.peer.bad_checksums == 0);
    require(sim_net_stop(&sim));
    return 0;
}
