/*
 * chip_lan9514_bench: a bare model of the LAN9514 with a clock, a cable and a host that the test
 * plays itself. For test_chip_lan9514*.c.
 *
 * Register numbers and bits are written out once more here, from the data sheet: a test that
 * took the model's would agree with its mistakes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHIP_LAN9514_BENCH_H
#define CHIP_LAN9514_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "chip.h"

enum {
    INT_STS = 0x08,
    RX_CFG = 0x0c,
    TX_CFG = 0x10,
    HW_CFG = 0x14,
    RX_FIFO_INF = 0x18,
    PM_CTRL = 0x20,
    AFC_CFG = 0x2c,
    E2P_CMD = 0x30,
    E2P_DATA = 0x34,
    BURST_CAP = 0x38,
    INT_EP_CTL = 0x68,
    BULK_IN_DLY = 0x6c,
    MAC_CR = 0x100,
    ADDRH = 0x104,
    ADDRL = 0x108,
    HASHH = 0x10c,
    HASHL = 0x110,
    MII_ACCESS = 0x114,
    MII_DATA = 0x118,
    FLOW = 0x11c,
    COE_CR = 0x130,
};

#define LRST (1u << 3)
#define BCE  (1u << 1)
#define MEF  (1u << 5)
#define BIR  (1u << 12)

#define TXEN (1u << 3)
#define RXEN (1u << 2)
#define FDPX (1u << 20)

static struct chip *chip;
static uint64_t time_us;
static char broken_rule[64];
static unsigned complaints;

/* What has left on the cable. */
static uint8_t sent[CHIP_FRAME_MAX];
static unsigned sent_length, sent_count;

/* The last burst. */
static uint8_t burst[40 * 1024];

static const uint8_t own_mac[6] = {0xb8, 0x27, 0xeb, 0x01, 0x02, 0x03};

static uint64_t bench_now_us(void *owner)
{
    (void)owner;
    return time_us;
}

static void bench_transmit(void *owner, const uint8_t *frame, unsigned length)
{
    (void)owner;
    assert_in_range(length, 60, CHIP_FRAME_MAX);
    memcpy(sent, frame, length);
    sent_length = length;
    sent_count++;
}

static void bench_complain(void *owner, const char *rule, const char *text)
{
    (void)owner;
    assert_true(strlen(text) > 10);
    strncpy(broken_rule, rule, sizeof broken_rule - 1);
    complaints++;
}

static inline int make_chip(void **state)
{
    static const struct chip_carrier carrier = {
        .now_us = bench_now_us, .transmit = bench_transmit, .complain = bench_complain};

    (void)state;
    time_us = 1000000;
    broken_rule[0] = '\0';
    complaints = sent_count = sent_length = 0;
    chip = malloc(chip_lan9514.bytes);
    assert_non_null(chip);
    chip_init(chip, &chip_lan9514, &carrier);
    memcpy(chip->eeprom_mac, own_mac, sizeof own_mac);
    chip_lan9514.power_on(chip);
    return 0;
}

/* A test that expected a complaint has taken it (see broke). */
static inline int free_chip(void **state)
{
    (void)state;
    free(chip);
    if (complaints)
        print_error("unexpected complaint: %s\n", broken_rule);
    return complaints ? -1 : 0;
}

static inline void expect_rule(const char *rule)
{
    assert_int_equal(complaints, 1);
    assert_string_equal(broken_rule, rule);
    complaints = 0;
}

/* ---- the host ---- */

static inline uint32_t get(uint16_t number)
{
    struct chip_setup setup = {0xc0, 0xa1, 0, number, 4};
    uint8_t data[4];

    assert_int_equal(chip_lan9514.control(chip, &setup, data), 4);
    time_us += 10;
    return bytes_le32(data);
}

static inline void set(uint16_t number, uint32_t value)
{
    struct chip_setup setup = {0x40, 0xa0, 0, number, 4};
    uint8_t data[4];

    bytes_put_le32(data, value);
    assert_int_equal(chip_lan9514.control(chip, &setup, data), 4);
    time_us += 10;
}

static inline void wait_mii(void)
{
    for (unsigned i = 0; get(MII_ACCESS) & 1; i++)
        assert_true(i < 100);
}

static inline uint16_t get_mii(unsigned number)
{
    wait_mii();
    set(MII_ACCESS, 1u << 11 | number << 6 | 1);
    wait_mii();
    return (uint16_t)get(MII_DATA);
}

static inline void set_mii(unsigned number, uint16_t value)
{
    wait_mii();
    set(MII_DATA, value);
    set(MII_ACCESS, 1u << 11 | number << 6 | 3);
    wait_mii();
}

/* Link up, MAC on: only own frames and broadcasts pass, an empty pipe says NAK. */
static inline void bring_up(uint32_t hw_cfg)
{
    set_mii(4, 0x05e1);
    set_mii(0, 0x1200);
    time_us += chip->negotiation_us;
    assert_int_equal(get_mii(1) & 4, 4);
    set(HW_CFG, hw_cfg);
    set(BURST_CAP, 37);
    set(MAC_CR, FDPX | TXEN | RXEN);
    set(TX_CFG, 4);
}

/* Both FIFOs are emptied as the sheet wants it: when nothing passes any more. */
static inline void flush(void)
{
    uint32_t control = get(MAC_CR);

    set(TX_CFG, 2);
    set(MAC_CR, control & ~(TXEN | RXEN));
    time_us += 1300;
    set(RX_CFG, 1);
    set(TX_CFG, 1);
    set(INT_STS, 3u << 16);
    set(MAC_CR, control);
    set(TX_CFG, 4);
}

static inline int make_running_chip(void **state)
{
    make_chip(state);
    bring_up(BIR | MEF | BCE);
    return 0;
}

/* One transfer. Returns its bytes, in burst; CHIP_NAK or CHIP_STALL if it did not begin. */
static inline int get_burst(void)
{
    unsigned filled = 0;
    int got;

    do {
        got = chip_lan9514.bulk_in(chip, burst + filled, CHIP_PACKET_BYTES);
        if (got < 0) {
            assert_int_equal(filled, 0);
            return got;
        }
        filled += (unsigned)got;
        assert_true(filled + CHIP_PACKET_BYTES <= sizeof burst);
    } while (got == CHIP_PACKET_BYTES);
    return (int)filled;
}

/* One transfer, cut into packets. Returns what the last packet got. */
static inline int put_transfer(const uint8_t *bytes, unsigned length)
{
    unsigned at = 0;
    int got;

    do {
        unsigned part = length - at < CHIP_PACKET_BYTES ? length - at : CHIP_PACKET_BYTES;

        got = chip_lan9514.bulk_out(chip, bytes + at, part);
        at += part;
    } while (got >= 0 && at < length);
    return got;
}

/* ---- frames ---- */

/* Of a type nobody looks into, with bytes that tell where they stand. */
static inline void make_frame(uint8_t *frame, unsigned length, const uint8_t *to)
{
    memcpy(frame, to, 6);
    memset(frame + 6, 0x22, 6);
    bytes_put_be16(frame + 12, 0x88b5);
    for (unsigned i = 14; i < length; i++)
        frame[i] = (uint8_t)(i * 7 + i / 256 + length);
}

static inline void deliver(unsigned length)
{
    uint8_t frame[CHIP_FRAME_MAX];

    make_frame(frame, length, own_mac);
    chip_lan9514.receive(chip, frame, length);
}

#endif
