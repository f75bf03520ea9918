/*
 * A conversation with the TFTP client, packet by packet: what its tests share. Each test
 * program has its own client, server and buffer with guards around it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TFTP_CONVERSATION_H
#define TFTP_CONVERSATION_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "tftp.h"

#define CAPACITY 8192
#define GUARD    64
#define PORT     33333 /* the server's, of the transfer */

static const struct net_address server = {{192, 0, 2, 1}}, stranger = {{192, 0, 2, 66}};
static uint8_t memory[GUARD + CAPACITY + GUARD];
static struct tftp_client client;
static struct tftp_request request;
static uint64_t now_us;

/* The last packet that came out. */
static uint8_t packet[TFTP_PACKET_MAX];
static size_t packet_length;
static uint16_t packet_port;

static inline uint32_t no_jitter(void)
{
    return 0;
}

static inline int set_up(void **state)
{
    (void)state;
    now_us = 5000000;
    memset(memory, 0xa5, sizeof memory);
    request = (struct tftp_request){.server = server,
                                    .file = "dns.elf",
                                    .buffer = memory + GUARD,
                                    .capacity = CAPACITY,
                                    .random = no_jitter,
                                    .patience_us = 60000000};
    assert_int_equal(tftp_begin(&client, &request, now_us), 0);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < GUARD; i++) {
        assert_int_equal(memory[i], 0xa5);
        assert_int_equal(memory[GUARD + CAPACITY + i], 0xa5);
    }
    return 0;
}

static inline bool packet_comes_out(void)
{
    return tftp_next_packet(&client, packet, &packet_length, &packet_port);
}

static inline void assert_nothing_comes_out(void)
{
    assert_false(packet_comes_out());
}

/* Copies the bytes to a block of their exact size, so that a read past them is found. */
static inline void receive_from(struct net_address from, uint16_t port, const void *bytes,
                                size_t length)
{
    uint8_t *exact = malloc(length ? length : 1);

    memcpy(exact, bytes, length);
    tftp_receive(&client, from, port, exact, length, now_us);
    free(exact);
}

/* A packet from the server given as text, the NUL behind the literal not counted. */
#define SERVER_SENDS(literal) receive_from(server, PORT, literal, sizeof literal - 1)

static inline void server_sends_data(uint16_t number, size_t length)
{
    uint8_t bytes[4 + 2000];

    bytes_put_be16(bytes, 3);
    bytes_put_be16(bytes + 2, number);
    memset(bytes + 4, number, length);
    receive_from(server, PORT, bytes, 4 + length);
}

static inline void assert_ack(uint16_t number)
{
    assert_true(packet_comes_out());
    assert_int_equal(packet_length, 4);
    assert_int_equal(bytes_be16(packet), 4);
    assert_int_equal(bytes_be16(packet + 2), number);
    assert_int_equal(packet_port, PORT);
    assert_nothing_comes_out();
}

static inline void assert_error_to(uint16_t port, uint16_t code)
{
    assert_true(packet_comes_out());
    assert_int_equal(bytes_be16(packet), 5);
    assert_int_equal(bytes_be16(packet + 2), code);
    assert_int_equal(packet[packet_length - 1], 0);
    assert_int_equal(packet_port, port);
}

/* The request comes out, and is exactly these bytes. */
#define ASSERT_REQUEST(literal)                                                                    \
    do {                                                                                           \
        assert_true(packet_comes_out());                                                           \
        assert_int_equal(packet_length, sizeof literal);                                           \
        assert_memory_equal(packet, literal, sizeof literal);                                      \
        assert_int_equal(packet_port, 69);                                                         \
        assert_nothing_comes_out();                                                                \
    } while (0)

#define REQUEST_ALL                                                                                \
    "\0\1dns."                                                                                     \
    "elf\0octet\0blksize\0001468\0tsize\0000\0timeout\0001\0windowsize\00064\0utimeout\000100000"
#define REQUEST_TWO  "\0\1dns.elf\0octet\0blksize\0001468\0tsize\0000"
#define REQUEST_NONE "\0\1dns.elf\0octet"

static inline void begin_transfer(void)
{
    ASSERT_REQUEST(REQUEST_ALL);
    SERVER_SENDS("\0\6blksize\000512\0tsize\0002000\0timeout\0001\0windowsize\0004\0");
    assert_ack(0);
}

#endif
