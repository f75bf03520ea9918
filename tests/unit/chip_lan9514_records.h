/*
 * chip_lan9514_records: records as they stand in the LAN9514's bursts, for tests of its reception.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHIP_LAN9514_RECORDS_H
#define CHIP_LAN9514_RECORDS_H

#include "chip_lan9514_bench.h"

#include "chip_frame.h"

#define LENGTH(status) ((status) >> 16 & 0x3fff)
#define ERROR          (1u << 15)

static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t stranger[6] = {0x02, 0, 0, 0, 0, 9};
static const uint8_t all_hosts[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};
static const uint8_t other_group[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb};

/* With another setup than make_running_chip's. */
static inline void set_up(uint32_t hw_cfg, uint32_t coe_cr)
{
    set(MAC_CR, 0);
    set(HW_CFG, hw_cfg);
    set(COE_CR, coe_cr);
    set(MAC_CR, FDPX | TXEN | RXEN);
}

/* Expects at `at` of the burst the frame that deliver(length) has sent. Returns its record's
 * length. */
static inline unsigned expect_frame(unsigned at, unsigned length, unsigned offset)
{
    uint8_t frame[CHIP_FRAME_MAX];
    uint32_t status = bytes_le32(burst + at);

    make_frame(frame, length, own_mac);
    assert_int_equal(LENGTH(status), length + 4);
    assert_int_equal(status & ~0x3fff0000u, 1u << 5); /* an Ethernet type, nothing else */
    assert_memory_equal(burst + at + 4 + offset, frame, length);
    assert_int_equal(bytes_le32(burst + at + 4 + offset + length), chip_frame_fcs(frame, length));
    return 4 + offset + length + 4;
}

static inline unsigned aligned(unsigned length)
{
    return (length + 3) & ~3u;
}

#endif
