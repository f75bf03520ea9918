/*
 * tftp_put: a TFTP write as a state machine: bytes in, bytes out. How a core file gets to the
 * server.
 *
 * One block at a time (RFC 1350), of TFTP_BLOCK_BYTES if the server agrees (RFC 2348), else
 * 512; tsize (RFC 2349), so that it can refuse at once. A core is sent while no service runs, so
 * what counts is that it ends: each wait has a limit, and so has the whole.
 * Used like tftp.h: tick, next_packet until it returns false, wait for a packet or the
 * deadline. The caller opens one socket for it.
 * Not done: windows, retrying without options after ERROR 8 (the caller may begin anew with
 * plain set).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TFTP_PUT_H
#define TFTP_PUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net.h"
#include "tftp.h"

#define TFTP_PUT_PACKET_MAX (4 + TFTP_BLOCK_BYTES)

struct tftp_put {
    struct net_address server;
    uint16_t server_port; /* 0 until the first answer pins it */
    const char *file;     /* stays the caller's, as do bytes */
    const uint8_t *bytes;
    size_t length;
    bool plain; /* no options are offered */

    int64_t result; /* ERROR_BUSY, then the length or an error */
    uint32_t block_bytes;
    uint64_t block; /* being sent; 0: the request */
    bool send_due;
    unsigned tries;
    uint64_t retry_us, end_us;
    char message[96]; /* after an error: one phrase */
};

/*
 * Begins: file of length bytes (0 or more), to be over at end_us. Returns 0 or
 * ERROR_TOO_LARGE (the name does not fit into a request), ERROR_INVALID (no name, server 0.0.0.0).
 */
int tftp_put_begin(struct tftp_put *put, struct net_address server, const char *file,
                   const void *bytes, size_t length, bool plain, uint64_t now_us, uint64_t end_us);

/* Takes a datagram. What is not from the server, or from another port than it chose, changes
 * nothing. */
void tftp_put_receive(struct tftp_put *put, struct net_address from, uint16_t from_port,
                      const uint8_t *bytes, size_t length, uint64_t now_us);

/* Does what is due: repeats, gives up. */
void tftp_put_tick(struct tftp_put *put, uint64_t now_us);

/* The next packet, if one is due, for port *to_port of the server. */
bool tftp_put_next_packet(struct tftp_put *put, uint8_t packet[TFTP_PUT_PACKET_MAX], size_t *length,
                          uint16_t *to_port);

/* When tick must be called at the latest; CLOCK_NEVER when it is over. */
uint64_t tftp_put_deadline(const struct tftp_put *put);

#endif
