/*
 * tftp_server_write_bench: a write as alice begins it, for the tests of files that come in.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TFTP_SERVER_WRITE_BENCH_H
#define TFTP_SERVER_WRITE_BENCH_H

#include "tftp_server_bench.h"

static inline void begin(void)
{
    SENDS(alice, "\0\2dns.elf\0octet\0");
    assert_ack(alice, 0);
}

/* Windows of 4 blocks of 100 bytes. */
static inline void begin_windows(void)
{
    SENDS(alice, "\0\2dns.elf\0octet\0blksize\000100\0windowsize\0004\0");
    ASSERT_PACKET(alice, "\0\6blksize\000100\0windowsize\0004\0");
}

/* Block number of a file in blocks of 100 bytes. */
static inline void sends(unsigned block)
{
    sends_data(alice, (uint16_t)block, (block - 1) * 100, 100);
}

static inline void assert_file(size_t length)
{
    assert_int_equal(disk.written, 1);
    assert_int_equal(disk.done, 1);
    assert_int_equal(disk.failed, 0);
    assert_int_equal(disk.length, length);
    for (size_t i = 0; i < length; i++)
        assert_int_equal(upload()[i], file_byte(i));
    assert_int_equal(tftp_server_state(&server), TFTP_SERVER_IDLE);
}

#endif
