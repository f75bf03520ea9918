/*
 * chip_lan9514_stream: what a host puts into the LAN9514's bulk OUT, commands and frames, gathered
 * and sent as one transfer; and what is then to be on the cable.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHIP_LAN9514_STREAM_H
#define CHIP_LAN9514_STREAM_H

#include "chip_lan9514_bench.h"

#define FIRST (1u << 13)
#define LAST  (1u << 12)
#define CK    (1u << 14)

static uint8_t stream[8 * 2048];
static unsigned stream_length;

static inline int begin(void **state)
{
    stream_length = 0;
    return make_running_chip(state);
}

static inline void add_words(uint32_t a, uint32_t b)
{
    bytes_put_le32(stream + stream_length, a);
    bytes_put_le32(stream + stream_length + 4, b);
    stream_length += 8;
}

static inline void add_bytes(const void *bytes, unsigned length)
{
    memcpy(stream + stream_length, bytes, length);
    stream_length += length;
}

static inline void align(void)
{
    while (stream_length & 3)
        stream[stream_length++] = 0xee;
}

static inline void add_frame(const uint8_t *frame, unsigned length)
{
    add_words(length | FIRST | LAST, length);
    add_bytes(frame, length);
}

static inline int put_stream(void)
{
    int got = put_transfer(stream, stream_length);

    stream_length = 0;
    return got;
}

static inline void expect_sent(const uint8_t *frame, unsigned length)
{
    assert_int_equal(sent_length, length < 60 ? 60 : length);
    assert_memory_equal(sent, frame, length);
    for (unsigned i = length; i < 60; i++)
        assert_int_equal(sent[i], 0);
}

#endif
