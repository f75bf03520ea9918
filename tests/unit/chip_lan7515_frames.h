/*
 * chip_lan7515_frames: frames with commands for the LAN7515's bulk OUT, and packets in them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHIP_LAN7515_FRAMES_H
#define CHIP_LAN7515_FRAMES_H

#include "chip_lan7515_bench.h"

#define FCS        (1u << 22)
#define LARGE      (1u << 27)
#define IP_SUM     (1u << 26)
#define TCPUDP_SUM (1u << 25)
#define INSERT_TAG (1u << 24)
#define SWAP_TAG   (1u << 23)

static uint8_t transfer[70000];

/* Puts a command and a frame at the next multiple of 4 from at. Returns where they end. */
static inline unsigned put(unsigned at, uint32_t a, uint32_t b, const uint8_t *frame,
                           unsigned length)
{
    while (at % 4)
        transfer[at++] = 0xee;
    put_little32(transfer + at, a | length);
    put_little32(transfer + at + 4, b);
    memcpy(transfer + at + 8, frame, length);
    return at + 8 + length;
}

static inline void send_frame(uint32_t a, uint32_t b, const uint8_t *frame, unsigned length)
{
    send_transfer(transfer, put(0, a, b, frame, length));
}

static inline void send_pattern(uint32_t a, uint32_t b, unsigned length)
{
    uint8_t frame[CHIP_FRAME_MAX];

    make_frame(frame, "\x02\x11\x22\x33\x44\x66", length, 3);
    send_frame(a, b, frame, length);
}

static inline unsigned sum_of(unsigned sum, const uint8_t *bytes, unsigned length)
{
    for (unsigned i = 0; i < length; i++)
        sum += (unsigned)bytes[i] << (i % 2 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static inline void put_big16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline unsigned big16(const uint8_t *at)
{
    return (unsigned)(at[0] << 8 | at[1]);
}

static inline unsigned big32(const uint8_t *at)
{
    return big16(at) << 16 | big16(at + 2);
}

/* Of the TCP or UDP packet in an IPv4 frame (header of 20 bytes): 0xffff if it is right. */
static inline unsigned transport_sum(const uint8_t *frame, unsigned protocol)
{
    unsigned length = big16(frame + 16) - 20;

    return sum_of(sum_of(protocol + length, frame + 26, 8), frame + 34, length);
}

/* An IPv4 frame without checksums, length bytes in all. */
static inline void make_ip(uint8_t *frame, unsigned protocol, unsigned length)
{
    make_frame(frame, THEIR_MAC, length, 11);
    put_big16(frame + 12, 0x0800);
    memset(frame + 14, 0, 20);
    frame[14] = 0x45;
    put_big16(frame + 16, length - 14);
    put_big16(frame + 18, 0x1234);
    frame[22] = 64;
    frame[23] = (uint8_t)protocol;
    put_big16(frame + 24, 0x2222);
    memcpy(frame + 26, "\xc0\xa8\x00\x01\xc0\xa8\x00\x02", 8);
    put_big16(frame + 34, 4000);
    put_big16(frame + 36, 80);
    if (protocol == 17) {
        put_big16(frame + 38, length - 34);
        put_big16(frame + 40, 0x1111);
    } else {
        put_big16(frame + 38, 0x00ff); /* sequence number 0x00fffff0 */
        put_big16(frame + 40, 0xfff0);
        frame[46] = 0x50;
        frame[47] = 0x99; /* CWR, ACK, PSH, FIN */
        put_big16(frame + 50, 0x1111);
    }
}

#endif
