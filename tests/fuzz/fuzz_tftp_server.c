/*
 * fuzz_tftp_server: any conversation with the TFTP server.
 *
 * The input is a script. Byte 0: the room for a file. Byte 1: how long the file is that is
 * read, and whether what was written is found good. Then steps: one byte says what, one how
 * much: a packet of any bytes, which follow (from one client, from its other port, from
 * another host), a request that is well formed, the block or the ACK that is due or one near
 * it, some time, the end of a wait. Checked whatever happens: the buffer, each write that
 * begins has one end, each read too, what was judged good is what was sent in order, few
 * packets come out for one that went in, an ERROR is text for a terminal, a deadline that is
 * reached is not waited for again, and with time alone the server comes to rest.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "tftp_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const struct tftp_server_peer clients[] = {
    {{{192, 0, 2, 9}}, 40000}, {{{192, 0, 2, 9}}, 40001}, {{{192, 0, 2, 10}}, 40000}};

static struct {
    struct tftp_server_files files;
    uint8_t *memory;
    size_t capacity, content_left;
    bool is_good, is_writing, is_judged, is_reading;
} disk;

static struct tftp_server server;
static uint64_t now_us;

static void require(int condition)
{
    if (!condition)
        abort();
}

static int disk_write(struct tftp_server_files *self, const struct tftp_server_peer *from,
                      const char *name, int64_t announced, uint8_t **buffer, size_t *capacity,
                      char *reason)
{
    require(self == &disk.files && from->port != 0 && strlen(name) < TFTP_SERVER_NAME_MAX);
    require(!disk.is_writing && !disk.is_reading && announced != 0 && announced >= -1);
    if (name[0] == 'x') {
        snprintf(reason, TFTP_SERVER_REASON_BYTES, "%s is \033 not wanted", name);
        return ERROR_REFUSED;
    }
    *buffer = disk.memory;
    *capacity = disk.capacity;
    disk.is_writing = true;
    disk.is_judged = false;
    return 0;
}

static int disk_written(struct tftp_server_files *self, size_t length, char *reason)
{
    require(self == &disk.files && disk.is_writing && !disk.is_judged);
    require(length <= disk.capacity);
    disk.is_judged = disk.is_good;
    disk.is_writing = disk.is_good;
    if (disk.is_good)
        return 0;
    strcpy(reason, "not good");
    return ERROR_CORRUPT;
}

static void disk_write_failed(struct tftp_server_files *self, const char *reason)
{
    require(self == &disk.files && disk.is_writing && strlen(reason) < TFTP_SERVER_REASON_BYTES);
    disk.is_writing = false;
}

static void disk_write_done(struct tftp_server_files *self)
{
    require(self == &disk.files && disk.is_writing && disk.is_judged);
    disk.is_writing = false;
}

static int disk_read(struct tftp_server_files *self, const struct tftp_server_peer *from,
                     const char *name, char *reason)
{
    require(self == &disk.files && from->port != 0 && strlen(name) < TFTP_SERVER_NAME_MAX);
    require(!disk.is_writing && !disk.is_reading);
    if (name[0] == 'x') {
        snprintf(reason, TFTP_SERVER_REASON_BYTES, "no %s", name);
        return ERROR_ABSENT;
    }
    disk.is_reading = true;
    return 0;
}

static int64_t disk_read_bytes(struct tftp_server_files *self, uint8_t *bytes, size_t capacity,
                               char *reason)
{
    size_t size = disk.content_left < capacity ? disk.content_left : capacity;

    require(self == &disk.files && disk.is_reading && capacity > 0);
    if (size < capacity && !disk.is_good) {
        strcpy(reason, "it broke");
        return ERROR_IO;
    }
    memset(bytes, 'c', size);
    disk.content_left -= size;
    return (int64_t)size;
}

static void disk_read_done(struct tftp_server_files *self, int status)
{
    require(self == &disk.files && disk.is_reading && status <= 0);
    disk.is_reading = false;
}

static void receive(unsigned client, const uint8_t *bytes, size_t length)
{
    uint8_t *exact = malloc(length ? length : 1);

    memcpy(exact, bytes, length);
    tftp_server_receive(&server, &clients[client % 3], exact, length, now_us);
    free(exact);
}

static void check_packet(const uint8_t *packet, size_t length, const struct tftp_server_peer *to)
{
    require(length >= 4 && length <= TFTP_SERVER_PACKET_MAX && to->port != 0);
    if (packet[1] == 5) {
        require(packet[length - 1] == '\0' && strlen((const char *)packet + 4) == length - 5);
        for (size_t i = 4; i < length - 1; i++)
            require(packet[i] >= 0x20 && packet[i] <= 0x7e);
    }
}

static void drain(void)
{
    uint8_t *packet = malloc(TFTP_SERVER_PACKET_MAX);
    struct tftp_server_peer to;
    size_t length;
    unsigned count = 0;

    while (tftp_server_next_packet(&server, packet, &length, &to)) {
        check_packet(packet, length, &to);
        require(++count <= TFTP_SERVER_WINDOW + 3);
    }
    free(packet);
    require(disk.is_writing == (tftp_server_state(&server) == TFTP_SERVER_RECEIVING));
    require(disk.is_reading == (tftp_server_state(&server) == TFTP_SERVER_SENDING));
}

static void wait_for_deadline(void)
{
    uint64_t deadline = tftp_server_deadline(&server);

    if (deadline == CLOCK_NEVER)
        return;
    if (deadline > now_us)
        now_us = deadline;
    tftp_server_tick(&server, now_us);
    require(tftp_server_deadline(&server) > now_us);
}

static void request(unsigned value)
{
    static const uint8_t requests[][48] = {
        "\0\2dns.elf\0octet",
        "\0\1log\0octet",
        "\0\2dns.elf\0octet\0blksize\0008\0windowsize\0004",
        "\0\1log\0octet\0blksize\0008\0windowsize\0004",
        "\0\2dns.elf\0octet\0tsize\000100\0timeout\0001",
        "\0\1log\0octet\0windowsize\00016\0blksize\0001468",
        "\0\2xdns\0octet",
        "\0\2dns.elf\0netascii",
    };

    receive(value / 8, requests[value % 8], sizeof requests[0]);
}

/* The block or ACK that is due, or one beside it. */
static void follow(unsigned opcode, unsigned value)
{
    static const int8_t beside[] = {0, 0, 0, 0, 1, -1, 2, -2};
    uint8_t packet[4 + TFTP_SERVER_BLOCK_BYTES] = {0, (uint8_t)opcode};
    uint64_t number = opcode == 3 ? server.received + 1 : server.next - 1;
    size_t size = value & 0x80 ? 3 : server.block_bytes;

    bytes_put_be16(packet + 2, (uint16_t)(number + (uint64_t)beside[value & 7]));
    if (value & 0x40) /* near the end of the numbers */
        bytes_put_be16(packet + 2, (uint16_t)(65536 - (value & 7)));
    receive(0, packet, opcode == 3 ? 4 + size : 4);
}

static void step(unsigned what, unsigned value, const uint8_t *bytes, size_t size)
{
    switch (what) {
    case 0:
    case 1:
    case 2:
        receive(what, bytes, size);
        break;
    case 3:
        request(value);
        break;
    case 4:
        follow(3, value);
        break;
    case 5:
        follow(4, value);
        break;
    case 6:
        now_us += value * 10000u;
        tftp_server_tick(&server, now_us);
        break;
    default:
        wait_for_deadline();
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length < 2)
        return 0;
    disk.files =
        (struct tftp_server_files){disk_write, disk_written,    disk_write_failed, disk_write_done,
                                   disk_read,  disk_read_bytes, disk_read_done};
    disk.capacity = 1 + (size_t)bytes[0] * 16;
    disk.memory = malloc(disk.capacity);
    disk.content_left = (size_t)bytes[1] * 64;
    disk.is_good = (bytes[1] & 1) == 0;
    disk.is_writing = disk.is_judged = disk.is_reading = false;
    now_us = 1000;
    tftp_server_init(&server, &disk.files);
    for (size_t at = 2; at < length;) {
        unsigned what = bytes[at++] % 8;
        uint8_t value = at < length ? bytes[at++] : 0;
        size_t size = value < length - at ? value : length - at;

        step(what, value, bytes + at, size);
        at += what < 3 ? size : 0;
        drain();
        require(server.length <= disk.capacity);
    }
    for (unsigned i = 0; tftp_server_deadline(&server) != CLOCK_NEVER; i++) {
        require(i < 100);
        wait_for_deadline();
        drain();
    }
    require(tftp_server_state(&server) == TFTP_SERVER_IDLE);
    free(disk.memory);
    return 0;
}
