/*
 * A TFTP server and its files in memory, asked packet by packet: what its tests share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TFTP_SERVER_BENCH_H
#define TFTP_SERVER_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "tftp_server.h"

#define CAPACITY 65536
#define GUARD    64
#define SECOND   UINT64_C(1000000)

static const struct tftp_server_peer alice = {{{192, 0, 2, 9}}, 40000},
                                     alice_too = {{{192, 0, 2, 9}}, 40001},
                                     bob = {{{192, 0, 2, 10}}, 40000};
static struct tftp_server server;
static uint64_t now_us;

/* What the server did with the files behind it. */
static struct {
    struct tftp_server_files files;
    uint8_t memory[GUARD + CAPACITY + GUARD];
    size_t capacity;
    unsigned writes, written, failed, done, reads, read_dones;
    int write_status, written_status, read_status; /* what they are to answer */
    const char *sentence;                          /* with it */
    size_t length;
    char name[TFTP_SERVER_NAME_MAX];
    int64_t announced;
    char failure[TFTP_SERVER_REASON_BYTES];
    struct tftp_server_peer from;

    const uint8_t *content; /* of the file read */
    size_t content_bytes, content_at;
    int64_t content_error; /* once it is at its end; 0: none */
    int read_result;
} disk;

static uint8_t *upload(void)
{
    return disk.memory + GUARD;
}

static int give_reason(int status, char *reason)
{
    if (status < 0)
        snprintf(reason, TFTP_SERVER_REASON_BYTES, "%s", disk.sentence);
    return status;
}

static int disk_write(struct tftp_server_files *self, const struct tftp_server_peer *from,
                      const char *name, int64_t announced, uint8_t **buffer, size_t *capacity,
                      char *reason)
{
    assert_ptr_equal(self, &disk.files);
    assert_true(strlen(name) < sizeof disk.name);
    strcpy(disk.name, name);
    disk.announced = announced;
    disk.from = *from;
    *buffer = upload();
    *capacity = disk.capacity;
    disk.writes += disk.write_status == 0;
    return give_reason(disk.write_status, reason);
}

static int disk_written(struct tftp_server_files *self, size_t length, char *reason)
{
    assert_ptr_equal(self, &disk.files);
    disk.written++;
    disk.length = length;
    return give_reason(disk.written_status, reason);
}

static void disk_write_failed(struct tftp_server_files *self, const char *reason)
{
    assert_ptr_equal(self, &disk.files);
    disk.failed++;
    snprintf(disk.failure, sizeof disk.failure, "%s", reason);
}

static void disk_write_done(struct tftp_server_files *self)
{
    assert_ptr_equal(self, &disk.files);
    disk.done++;
}

static int disk_read(struct tftp_server_files *self, const struct tftp_server_peer *from,
                     const char *name, char *reason)
{
    assert_ptr_equal(self, &disk.files);
    assert_true(strlen(name) < sizeof disk.name);
    strcpy(disk.name, name);
    disk.from = *from;
    disk.content_at = 0;
    disk.reads += disk.read_status == 0;
    return give_reason(disk.read_status, reason);
}

static int64_t disk_read_bytes(struct tftp_server_files *self, uint8_t *bytes, size_t capacity,
                               char *reason)
{
    size_t left = disk.content_bytes - disk.content_at;
    size_t size = left < capacity ? left : capacity;

    assert_ptr_equal(self, &disk.files);
    assert_true(capacity > 0 && capacity <= TFTP_SERVER_BLOCK_BYTES);
    if (size < capacity && disk.content_error)
        return give_reason((int)disk.content_error, reason);
    memcpy(bytes, disk.content + disk.content_at, size);
    disk.content_at += size;
    return (int64_t)size;
}

static void disk_read_done(struct tftp_server_files *self, int status)
{
    assert_ptr_equal(self, &disk.files);
    disk.read_dones++;
    disk.read_result = status;
}

/* The last packet that came out. */
static uint8_t packet[TFTP_SERVER_PACKET_MAX];
static size_t packet_length;
static struct tftp_server_peer packet_to;

static inline int set_up(void **state)
{
    (void)state;
    now_us = 5 * SECOND;
    memset(&disk, 0, sizeof disk);
    memset(disk.memory, 0xa5, sizeof disk.memory);
    disk.files = (struct tftp_server_files){
        .write = disk_write,
        .written = disk_written,
        .write_failed = disk_write_failed,
        .write_done = disk_write_done,
        .read = disk_read,
        .read_bytes = disk_read_bytes,
        .read_done = disk_read_done,
    };
    disk.capacity = CAPACITY;
    disk.sentence = "";
    tftp_server_init(&server, &disk.files);
    return 0;
}

/* Whatever a test did: nothing outside the buffer was written, and each write that had begun has
 * had one end at most. */
static inline int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < GUARD; i++) {
        assert_int_equal(disk.memory[i], 0xa5);
        assert_int_equal(disk.memory[GUARD + CAPACITY + i], 0xa5);
    }
    assert_true(disk.done <= disk.written);
    assert_true(disk.read_dones <= disk.reads);
    if (tftp_server_state(&server) == TFTP_SERVER_IDLE) {
        unsigned refused = disk.written_status < 0 ? disk.written : 0;

        assert_int_equal(disk.writes, disk.failed + disk.done + refused);
        assert_int_equal(disk.reads, disk.read_dones);
        assert_true(tftp_server_deadline(&server) == CLOCK_NEVER);
    }
    return 0;
}

#define SERVER_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static inline bool packet_comes_out(void)
{
    return tftp_server_next_packet(&server, packet, &packet_length, &packet_to);
}

static inline void assert_nothing_comes_out(void)
{
    assert_false(packet_comes_out());
}

/* Copies the bytes to a block of their exact size, so that a read past them is found. */
static inline void receive_from(struct tftp_server_peer from, const void *bytes, size_t length)
{
    uint8_t *exact = malloc(length ? length : 1);

    memcpy(exact, bytes, length);
    tftp_server_receive(&server, &from, exact, length, now_us);
    free(exact);
}

/* A packet given as text, the NUL behind the literal not counted. */
#define SENDS(who, literal) receive_from(who, literal, sizeof literal - 1)

/* The byte that stands at place i of a file of these tests. */
static inline uint8_t file_byte(size_t i)
{
    return (uint8_t)(i * 7 + i / 251);
}

/* DATA of the given bytes of the file. */
static inline void sends_data(struct tftp_server_peer who, uint16_t number, size_t at, size_t size)
{
    uint8_t bytes[4 + 2000];

    bytes_put_be16(bytes, 3);
    bytes_put_be16(bytes + 2, number);
    for (size_t i = 0; i < size; i++)
        bytes[4 + i] = file_byte(at + i);
    receive_from(who, bytes, 4 + size);
}

static inline void sends_ack(struct tftp_server_peer who, uint16_t number)
{
    uint8_t bytes[4];

    bytes_put_be16(bytes, 4);
    bytes_put_be16(bytes + 2, number);
    receive_from(who, bytes, sizeof bytes);
}

static inline bool is_to(struct tftp_server_peer who)
{
    return memcmp(packet_to.address.ip, who.address.ip, 4) == 0 && packet_to.port == who.port;
}

static inline void assert_packet(struct tftp_server_peer who, const void *bytes, size_t length)
{
    assert_true(packet_comes_out());
    assert_int_equal(packet_length, length);
    assert_memory_equal(packet, bytes, length);
    assert_true(is_to(who));
}

#define ASSERT_PACKET(who, literal) assert_packet(who, literal, sizeof literal - 1)

static inline void assert_ack(struct tftp_server_peer who, uint16_t number)
{
    uint8_t bytes[4] = {0, 4, (uint8_t)(number >> 8), (uint8_t)number};

    assert_packet(who, bytes, sizeof bytes);
    assert_nothing_comes_out();
}

static inline void assert_error(struct tftp_server_peer who, uint16_t code, const char *text)
{
    assert_true(packet_comes_out());
    assert_true(is_to(who));
    assert_int_equal(bytes_be16(packet), 5);
    assert_int_equal(packet[packet_length - 1], 0);
    assert_string_equal(packet + 4, text);
    assert_int_equal(bytes_be16(packet + 2), code);
    assert_int_equal(packet_length, 4 + strlen(text) + 1);
    assert_nothing_comes_out();
}

/* Block number of a read: size bytes of the file from at on. */
static inline void assert_data(struct tftp_server_peer who, uint16_t number, size_t at, size_t size)
{
    assert_true(packet_comes_out());
    assert_true(is_to(who));
    assert_int_equal(bytes_be16(packet), 3);
    assert_int_equal(bytes_be16(packet + 2), number);
    assert_int_equal(packet_length, 4 + size);
    assert_memory_equal(packet + 4, disk.content + at, size);
}

/* Time passes, the server ticks when it wants to. What comes out is not looked at. Returns
 * the number of packets. */
static inline unsigned passes(uint64_t duration_us)
{
    uint64_t end = now_us + duration_us;
    unsigned count = 0;

    while (packet_comes_out())
        count++;
    while (tftp_server_deadline(&server) <= end) {
        if (tftp_server_deadline(&server) > now_us)
            now_us = tftp_server_deadline(&server);
        tftp_server_tick(&server, now_us);
        while (packet_comes_out())
            count++;
    }
    now_us = end;
    return count;
}

#endif
