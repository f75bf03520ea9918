/*
 * sim_peer: the other machine on a sim_cable. See sim_peer.h.
 *
 * Its checksum is the slow, obvious one: it shares no code with what it tests.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_peer.h"

#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "sim.h"

#define IP           14
#define UDP          34
#define DATA         42
#define DHCP_OPTIONS 240

static uint32_t add_words(uint32_t sum, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    return sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static uint16_t udp_sum(const uint8_t *frame, size_t available)
{
    size_t length = bytes_be16(frame + UDP + 4);

    if (length > available)
        length = available;

    uint32_t sum = 17 + bytes_be16(frame + UDP + 4);

    sum = add_words(sum, frame + IP + 12, 8);
    return fold(add_words(sum, frame + UDP, length));
}

void sim_frame_seal(struct sim_frame *frame)
{
    bytes_put_be16(frame->bytes + IP + 10, 0);
    bytes_put_be16(frame->bytes + IP + 10, fold(add_words(0, frame->bytes + IP, 20)));
    if (frame->bytes[IP + 9] != 17 || frame->length < DATA)
        return;
    bytes_put_be16(frame->bytes + UDP + 6, 0);

    uint16_t sum = udp_sum(frame->bytes, frame->length - UDP);

    bytes_put_be16(frame->bytes + UDP + 6, sum ? sum : 0xffff);
}

void sim_peer_make_udp(struct sim_peer *peer, struct sim_frame *frame, const uint8_t from[4],
                       uint16_t from_port, const uint8_t to[4], uint16_t to_port, const void *bytes,
                       size_t length)
{
    uint8_t *f = frame->bytes;
    bool broadcast = to[3] == 255;

    memset(f, 0, DATA);
    if (broadcast)
        memset(f, 0xff, 6);
    else
        memcpy(f, peer->board_mac, 6);
    memcpy(f + 6, peer->end->device.mac, 6);
    bytes_put_be16(f + 12, 0x0800);
    f[IP] = 0x45;
    bytes_put_be16(f + IP + 2, (uint16_t)(28 + length));
    f[IP + 8] = 64;
    f[IP + 9] = 17;
    memcpy(f + IP + 12, from, 4);
    memcpy(f + IP + 16, to, 4);
    bytes_put_be16(f + UDP, from_port);
    bytes_put_be16(f + UDP + 2, to_port);
    bytes_put_be16(f + UDP + 4, (uint16_t)(8 + length));
    memcpy(f + DATA, bytes, length);
    frame->length = (uint32_t)(DATA + length);
    sim_frame_seal(frame);
}

void sim_peer_send(struct sim_peer *peer, const struct sim_frame *frame)
{
    uint8_t *buffer = peer->end->device.send_buffer(&peer->end->device);

    memcpy(buffer, frame->bytes, frame->length);
    if (peer->end->device.send(&peer->end->device, frame->length) != 0)
        sim_stop("sim_peer: a frame of %u bytes could not be sent", (unsigned)frame->length);
}

void sim_peer_add_option(struct sim_peer *peer, uint8_t code, const void *bytes, uint8_t length)
{
    uint8_t *at = peer->options + peer->option_bytes;

    at[0] = code;
    at[1] = length;
    memcpy(at + 2, bytes, length);
    peer->option_bytes += 2u + length;
}

void sim_peer_send_dhcp(struct sim_peer *peer, uint8_t type)
{
    static const uint8_t cookie[] = {0x63, 0x82, 0x53, 0x63, 53, 1};
    uint8_t message[SIM_PEER_DHCP_MAX] = {2, 1, 6, 0};
    struct sim_frame frame;
    size_t length = DHCP_OPTIONS + 3;

    memcpy(message + 4, peer->request + 4, 4);
    memcpy(message + 28, peer->request + 28, 16);
    if (type != 6) {
        memcpy(message + 16, peer->offered, 4);
        memcpy(message + 20, peer->siaddr, 4);
        memcpy(message + 44, peer->sname, sizeof peer->sname);
        memcpy(message + 108, peer->file, sizeof peer->file);
    }
    memcpy(message + 236, cookie, sizeof cookie);
    message[DHCP_OPTIONS + 2] = type;
    memcpy(message + length, peer->options, peer->option_bytes);
    length += peer->option_bytes;
    message[length++] = 255;
    if (peer->edit)
        peer->edit(peer, type, message, &length);
    sim_peer_make_udp(peer, &frame, peer->ip, 67, peer->offered, 68, message, length);
    sim_peer_send(peer, &frame);
}

static void take_arp(struct sim_peer *peer, const uint8_t *f)
{
    struct sim_frame reply = {.length = 60};
    uint8_t *r = reply.bytes;

    if (bytes_be16(f + 20) != 1)
        return;
    if (memcmp(f + 28, f + 38, 4) == 0)
        return; /* an announcement, no question */
    peer->arp_requests++;
    if (peer->silent_arp || memcmp(f + 38, peer->ip, 4) != 0)
        return;
    memcpy(r, f + 6, 6);
    memcpy(r + 6, peer->end->device.mac, 6);
    memcpy(r + 12, f + 12, 8);
    r[21] = 2;
    memcpy(r + 22, peer->end->device.mac, 6);
    memcpy(r + 28, peer->ip, 4);
    memcpy(r + 32, f + 22, 10);
    sim_peer_send(peer, &reply);
}

static void take_dhcp(struct sim_peer *peer, const uint8_t *message, size_t length)
{
    uint8_t type = message[DHCP_OPTIONS + 2];
    unsigned *count = type == 1 ? &peer->discovers : type == 3 ? &peer->requests : &peer->releases;

    if (type == 1 && peer->discovers < 16)
        peer->discover_at_us[peer->discovers] = clock_now_us();
    (*count)++;
    memcpy(peer->request, message, length < sizeof peer->request ? length : sizeof peer->request);
    peer->request_bytes = length;
    if (!peer->serves_dhcp || *count <= peer->answer_after || type == 7)
        return;
    sim_peer_send_dhcp(peer, type == 1 ? 2 : peer->refuses ? 6 : 5);
}

static void take_ip(struct sim_peer *peer, const uint8_t *f, uint32_t length)
{
    size_t total = bytes_be16(f + IP + 2);

    if (fold(add_words(0, f + IP, 20)) != 0)
        peer->bad_checksums++;
    if (f[IP + 9] == 1) {
        peer->icmp++;
        peer->icmp_type = f[UDP];
        peer->icmp_code = f[UDP + 1];
        peer->icmp_bytes = total - 20;
        if (fold(add_words(0, f + UDP, total - 20)) != 0)
            peer->bad_checksums++;
    } else if (f[IP + 9] == 17) {
        if (udp_sum(f, length - UDP) != 0)
            peer->bad_checksums++;
        if (bytes_be16(f + UDP + 2) == 67) {
            peer->request_was_broadcast = f[IP + 19] == 255;
            take_dhcp(peer, f + DATA, total - 28);
            return;
        }
        memcpy(peer->datagram.bytes, f, length);
        peer->datagram.length = length;
        peer->datagrams++;
    }
}

static void take_frames(void *context)
{
    struct sim_peer *peer = context;
    struct ethernet_device *device = &peer->end->device;
    const uint8_t *frame;
    int length;

    while ((length = device->receive(device, &frame)) > 0) {
        struct sim_frame copy = {.length = (uint32_t)length};

        memcpy(copy.bytes, frame, (size_t)length);
        device->receive_done(device);
        memcpy(peer->board_mac, copy.bytes + 6, 6);
        if (bytes_be16(copy.bytes + 12) == 0x0806)
            take_arp(peer, copy.bytes);
        else if (bytes_be16(copy.bytes + 12) == 0x0800)
            take_ip(peer, copy.bytes, copy.length);
    }
}

void sim_peer_init(struct sim_peer *peer, struct sim_cable *cable)
{
    static const uint8_t mask[] = {255, 255, 255, 0}, lease[] = {0, 0, 0x0e, 0x10};

    memset(peer, 0, sizeof *peer);
    peer->end = &cable->end[1];
    peer->end->arrived = take_frames;
    peer->end->context = peer;
    memcpy(peer->ip, (uint8_t[]){10, 0, 0, 1}, 4);
    memcpy(peer->offered, (uint8_t[]){10, 0, 0, 77}, 4);
    memcpy(peer->board_mac, cable->end[0].device.mac, 6);
    peer->serves_dhcp = true;
    sim_peer_add_option(peer, 54, peer->ip, 4);
    sim_peer_add_option(peer, 51, lease, 4);
    sim_peer_add_option(peer, 1, mask, 4);
    sim_peer_add_option(peer, 3, peer->ip, 4);
    sim_peer_add_option(peer, 6, peer->ip, 4);
}
