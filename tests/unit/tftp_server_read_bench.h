/*
 * tftp_server_read_bench: a read as alice begins it, for the tests of files that go out.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TFTP_SERVER_READ_BENCH_H
#define TFTP_SERVER_READ_BENCH_H

#include "tftp_server_bench.h"

static uint8_t content[100000];

static inline int set_up_content(void **state)
{
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = file_byte(i);
    (void)set_up(state);
    disk.content = content;
    return 0;
}

#define READ_TEST(test) cmocka_unit_test_setup_teardown(test, set_up_content, tear_down)

static inline void begin(size_t length)
{
    disk.content_bytes = length;
    SENDS(alice, "\0\1log\0octet\0");
}

/* Windows of 4 blocks of 100 bytes, the OACK acknowledged. */
static inline void begin_windows(size_t length)
{
    disk.content_bytes = length;
    SENDS(alice, "\0\1log\0octet\0blksize\000100\0windowsize\0004\0");
    ASSERT_PACKET(alice, "\0\6blksize\000100\0windowsize\0004\0");
    assert_nothing_comes_out();
    sends_ack(alice, 0);
}

static inline void assert_blocks(unsigned first, unsigned last)
{
    for (unsigned block = first; block <= last; block++)
        assert_data(alice, (uint16_t)block, (block - 1) * 100, 100);
    assert_nothing_comes_out();
}

static inline void assert_read(void)
{
    assert_int_equal(disk.read_dones, 1);
    assert_int_equal(disk.read_result, 0);
    assert_int_equal(tftp_server_state(&server), TFTP_SERVER_IDLE);
    assert_nothing_comes_out();
}

#endif
