/*
 * net_files_bench: the TFTP server on its socket, for the tests of net_files: files behind it that
 * remember what they were asked, an event loop's turns, and clients by their ports.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NET_FILES_BENCH_H
#define NET_FILES_BENCH_H

#include "net_bench.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "net_files.h"

#define SECOND UINT64_C(1000000)
#define PORT   4000 /* the client's */

static const struct net_address nobody;

static struct {
    struct tftp_server_files files;
    uint8_t memory[4096];
    unsigned written, failed, done, read_dones;
    bool polling;       /* net_poll is running */
    unsigned done_then; /* write_done while it was */
    char name[64];
} disk;

static inline int disk_write(struct tftp_server_files *self, const struct tftp_server_peer *from,
                             const char *name, int64_t announced, uint8_t **buffer,
                             size_t *capacity, char *reason)
{
    (void)announced;
    assert_ptr_equal(self, &disk.files);
    assert_memory_equal(from->address.ip, them, 4);
    snprintf(disk.name, sizeof disk.name, "%s", name);
    *buffer = disk.memory;
    *capacity = sizeof disk.memory;
    if (strcmp(name, "no.elf") != 0)
        return 0;
    strcpy(reason, "not that one");
    return ERROR_REFUSED;
}

static inline int disk_written(struct tftp_server_files *self, size_t length, char *reason)
{
    (void)self;
    assert_in_range(length, 0, sizeof disk.memory);
    disk.written++;
    if (memcmp(disk.memory, "bad", 3) != 0)
        return 0;
    strcpy(reason, "a bad image");
    return ERROR_CORRUPT;
}

static inline void disk_write_failed(struct tftp_server_files *self, const char *reason)
{
    assert_ptr_equal(self, &disk.files);
    assert_non_null(reason);
    disk.failed++;
}

static inline void disk_write_done(struct tftp_server_files *self)
{
    assert_ptr_equal(self, &disk.files);
    disk.done++;
    disk.done_then += disk.polling;
}

static inline int disk_read(struct tftp_server_files *self, const struct tftp_server_peer *from,
                            const char *name, char *reason)
{
    (void)from;
    assert_ptr_equal(self, &disk.files);
    snprintf(disk.name, sizeof disk.name, "%s", name);
    if (strcmp(name, "log") == 0)
        return 0;
    strcpy(reason, "there is only log");
    return ERROR_ABSENT;
}

static inline int64_t disk_read_bytes(struct tftp_server_files *self, uint8_t *bytes,
                                      size_t capacity, char *reason)
{
    (void)reason;
    assert_ptr_equal(self, &disk.files);
    assert_true(capacity >= 5);
    memcpy(bytes, "hello", 5);
    return 5;
}

static inline void disk_read_done(struct tftp_server_files *self, int status)
{
    assert_ptr_equal(self, &disk.files);
    disk.read_dones += status == 0;
}

static inline int set_up_files(void **state)
{
    (void)set_up(state);
    memset(&disk, 0, sizeof disk);
    disk.files =
        (struct tftp_server_files){disk_write, disk_written,    disk_write_failed, disk_write_done,
                                   disk_read,  disk_read_bytes, disk_read_done};
    assert_int_equal(net_files_start(&disk.files, "dns", "00000000abcdef01", nobody), 0);
    return 0;
}

static inline int tear_down_files(void **state)
{
    net_files_stop();
    sim_net_settle();
    return tear_down(state);
}

#define FILES_TEST(test) cmocka_unit_test_setup_teardown(test, set_up_files, tear_down_files)

static inline void poll_all(void)
{
    for (int i = 0; i < 3; i++) {
        disk.polling = true;
        sim_net_settle();
        disk.polling = false;
        net_files_poll();
    }
}

/* Time passes as in an event loop. */
static inline void passes(uint64_t duration_us)
{
    uint64_t end = clock_now_us() + duration_us;

    while (clock_now_us() < end) {
        uint64_t next = net_deadline_us();

        if (net_files_deadline_us() < next)
            next = net_files_deadline_us();
        clock_wait_until(next < end ? next : end);
        poll_all();
    }
}

static inline void arrives_from(uint16_t port, const void *bytes, size_t length)
{
    struct sim_frame frame;

    sim_peer_make_udp(&sim.peer, &frame, them, port, us, 69, bytes, length);
    sim_peer_send(&sim.peer, &frame);
    poll_all();
}

#define ARRIVES(literal)            arrives_from(PORT, literal, sizeof literal - 1)
#define ARRIVES_FROM(port, literal) arrives_from(port, literal, sizeof literal - 1)

static inline const uint8_t *datagram_bytes(void)
{
    return sim.peer.datagram.bytes + DATA;
}

static inline size_t datagram_length(void)
{
    return bytes_be16(sim.peer.datagram.bytes + UDP + 4) - 8u;
}

static inline uint16_t datagram_port(void)
{
    return bytes_be16(sim.peer.datagram.bytes + UDP + 2);
}

/* The last datagram, from port 69 to this one. */
static inline void assert_datagram(uint16_t port, const void *bytes, size_t length)
{
    assert_int_equal(bytes_be16(sim.peer.datagram.bytes + UDP), 69);
    assert_int_equal(datagram_port(), port);
    assert_int_equal(datagram_length(), length);
    assert_memory_equal(datagram_bytes(), bytes, length);
}

#define ASSERT_DATAGRAM(port, literal) assert_datagram(port, literal, sizeof literal - 1)

static inline void subscribe(uint16_t port)
{
    ARRIVES_FROM(port, "\0\1live\0octet\0");
    ASSERT_DATAGRAM(port, "\0\3\0\1");
    ARRIVES_FROM(port, "\0\4\0\1");
    assert_false(net_files_busy());
}

static inline void says(const char *text)
{
    char line[LOG_LINE_MAX];
    uint64_t at_us = clock_now_us();
    int length = snprintf(line, sizeof line, "[%4u.%06u] svc: %s\n", (unsigned)(at_us / 1000000),
                          (unsigned)(at_us % 1000000), text);

    net_files_log(line, (size_t)length);
}

#endif
