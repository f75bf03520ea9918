/*
 * chip_lan7515_bench: the bare model of the LAN7515, with a clock, a cable's end and a book of
 * complaints in place of a carrier, and the little of a driver that every test needs.
 *
 * Numbers are written out here: the model's own definitions would agree with themselves.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHIP_LAN7515_BENCH_H
#define CHIP_LAN7515_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chip.h"

#define BENCH_MODEL_BYTES (256 * 1024)
#define BENCH_SENT        16

#define OUR_MAC   "\xb8\x27\xeb\x01\x02\x03"
#define THEIR_MAC "\x02\x11\x22\x33\x44\x55"

static union {
    struct chip chip;
    uint8_t room[BENCH_MODEL_BYTES];
} model;
static struct chip *const chip = &model.chip;

static uint64_t bench_now_us;
static unsigned sent_count;
static unsigned sent_lengths[BENCH_SENT];
static uint8_t sent[BENCH_SENT][CHIP_FRAME_MAX];
static unsigned complaints;
static char complaint[64]; /* the first one's rule */
static char complaint_text[256];

static uint64_t tell_time(void *owner)
{
    (void)owner;
    return bench_now_us;
}

static void keep_frame(void *owner, const uint8_t *frame, unsigned length)
{
    (void)owner;
    assert_in_range(length, 60, CHIP_FRAME_MAX);
    if (sent_count < BENCH_SENT) {
        memcpy(sent[sent_count], frame, length);
        sent_lengths[sent_count] = length;
    }
    sent_count++;
}

static void note_complaint(void *owner, const char *rule, const char *text)
{
    (void)owner;
    if (complaints++ == 0) {
        snprintf(complaint, sizeof complaint, "%s", rule);
        snprintf(complaint_text, sizeof complaint_text, "%s", text);
    }
}

static inline void expect_complaint(const char *rule)
{
    assert_string_equal(complaint, rule);
    assert_true(strlen(complaint_text) > 10);
    complaints = 0;
    complaint[0] = 0;
}

static inline void expect_silence(void)
{
    if (complaints > 0)
        fail_msg("%s: %s", complaint, complaint_text);
}

static inline uint32_t little32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline void write_register(unsigned offset, uint32_t value)
{
    struct chip_setup setup = {0x40, 0xa0, 0, (uint16_t)offset, 4};
    uint8_t data[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                       (uint8_t)(value >> 24)};

    bench_now_us += 100; /* what a control transfer takes, at least */
    assert_int_equal(chip->type->control(chip, &setup, data), 4);
}

static inline uint32_t read_register(unsigned offset)
{
    struct chip_setup setup = {0xc0, 0xa1, 0, (uint16_t)offset, 4};
    uint8_t data[4];

    bench_now_us += 100;
    assert_int_equal(chip->type->control(chip, &setup, data), 4);
    return little32(data);
}

static inline uint32_t read_count(unsigned number)
{
    struct chip_setup setup = {0xc0, 0xa2, 0, 0, 188};
    uint8_t data[188];

    assert_int_equal(chip->type->control(chip, &setup, data), 188);
    return little32(data + 4 * number);
}

static inline uint16_t read_mii(unsigned number)
{
    write_register(0x120, 1 << 11 | number << 6 | 1);
    while (read_register(0x120) & 1)
        ;
    return (uint16_t)read_register(0x124);
}

static inline void write_mii(unsigned number, uint16_t value)
{
    write_register(0x124, value);
    write_register(0x120, 1 << 11 | number << 6 | 2 | 1);
    while (read_register(0x120) & 1)
        ;
}

static inline void write_table(unsigned address, uint32_t value)
{
    write_register(0x24, 1);
    write_register(0x2c, address);
    write_register(0x30, value);
    write_register(0x28, 1);
    while (!(read_register(0x24) & 0x80000000u))
        ;
}

/* Power-on, without a driver. The link comes up within 2 ms. */
static inline void power_on(void)
{
    static const struct chip_carrier carrier = {NULL, tell_time, keep_frame, note_complaint};

    bench_now_us = 1000000;
    sent_count = 0;
    complaints = 0;
    complaint[0] = 0;
    assert_in_range(chip_lan7515.bytes, sizeof(struct chip), BENCH_MODEL_BYTES);
    chip_init(chip, &chip_lan7515, &carrier);
    chip->negotiation_us = 2000;
    memcpy(chip->eeprom_mac, OUR_MAC, 6);
    chip->type->power_on(chip);
}

/* What a driver does, up to frames in both directions: our address and broadcasts come in, one
 * record in each burst, with their checksum; an empty pipe is an empty packet. */
static inline void bring_up(void)
{
    power_on();
    write_register(0x404, 0x01eb27b8); /* MAF_LO(0) */
    write_register(0x400, 0x80000302); /* MAF_HI(0) */
    write_register(0x0b0, 1 << 10 | 1 << 1);
    write_register(0x0c4, 0x80000000);
    write_register(0x108, 1);
    write_register(0x0c0, 0x80000000);
    write_register(0x104, 1518u << 16 | 1);
    bench_now_us += 2000;
    assert_true(read_mii(1) & 4);
    assert_true(chip->type->is_receiving(chip));
    expect_silence();
}

/* A frame with a pattern for a payload. type: EtherType, and what follows is no IP. */
static inline void make_frame(uint8_t *frame, const char *to, unsigned length, uint8_t seed)
{
    memcpy(frame, to, 6);
    memcpy(frame + 6, THEIR_MAC, 6);
    frame[12] = 0x88;
    frame[13] = 0xb5;
    for (unsigned i = 14; i < length; i++)
        frame[i] = (uint8_t)(seed + i * 7);
}

static inline void deliver(const char *to, unsigned length, uint8_t seed)
{
    uint8_t frame[CHIP_FRAME_MAX];

    make_frame(frame, to, length, seed);
    chip->type->receive(chip, frame, length);
}

/* One whole burst. Returns its bytes. */
static inline unsigned take_burst(uint8_t *bytes, unsigned capacity)
{
    unsigned length = 0;
    int got;

    do {
        assert_true(length + CHIP_PACKET_BYTES <= capacity);
        got = chip->type->bulk_in(chip, bytes + length, CHIP_PACKET_BYTES);
        assert_in_range(got, 0, CHIP_PACKET_BYTES);
        length += (unsigned)got;
    } while (got == CHIP_PACKET_BYTES);
    return length;
}

/* The CRC of IEEE 802.3, bit by bit, as it lies behind a frame. */
static inline uint32_t crc_of(const uint8_t *bytes, unsigned length)
{
    uint32_t crc = 0xffffffffu;

    for (unsigned i = 0; i < length * 8; i++)
        crc = crc >> 1 ^ (((crc ^ bytes[i / 8] >> i % 8) & 1) ? 0xedb88320u : 0);
    return ~crc;
}

static inline void put_little32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* Sends bytes as one transfer: full packets, and the rest or (if there is none) nothing. */
static inline void send_transfer(const uint8_t *bytes, unsigned length)
{
    for (unsigned at = 0; at < length; at += CHIP_PACKET_BYTES) {
        unsigned packet = length - at < CHIP_PACKET_BYTES ? length - at : CHIP_PACKET_BYTES;

        assert_int_equal(chip->type->bulk_out(chip, bytes + at, packet), packet);
    }
}

#endif
