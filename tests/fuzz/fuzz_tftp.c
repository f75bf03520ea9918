/*
 * fuzz_tftp: any conversation with the TFTP client.
 *
 * The input is a script. Byte 0: the room for the file. Then steps: one byte says what, one
 * how much: a packet of any bytes, which follow (from the server, from its other port, from
 * a stranger), a well-formed block of that number, some time, the end of a wait. Checked
 * whatever happens: nothing is written outside the buffer, the sink sees every byte in order,
 * at most two packets come out for one that went in, a deadline that is reached is not waited
 * for again, and a result does not change any more.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "boot_source.h"
#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "tftp.h"

#define PORT 20000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct counter {
    struct boot_sink sink;
    const uint8_t *at;
    const uint8_t *begin;
};

static const struct net_address server = {{192, 0, 2, 1}}, stranger = {{192, 0, 2, 2}};

static void require(int condition)
{
    if (!condition)
        abort();
}

static void restart(struct boot_sink *self)
{
    struct counter *counter = (struct counter *)self;

    counter->at = counter->begin;
}

static void update(struct boot_sink *self, const void *bytes, size_t length)
{
    struct counter *counter = (struct counter *)self;

    require(bytes == counter->at && length > 0);
    counter->at += length;
}

static uint32_t no_jitter(void)
{
    return 0;
}

static void receive(struct tftp_client *client, struct net_address from, uint16_t port,
                    const uint8_t *bytes, size_t length, uint64_t now_us)
{
    uint8_t *exact = malloc(length ? length : 1);

    memcpy(exact, bytes, length);
    tftp_receive(client, from, port, exact, length, now_us);
    free(exact);
}

static void drain(struct tftp_client *client)
{
    uint8_t *packet = malloc(TFTP_PACKET_MAX);
    size_t length;
    uint16_t port;
    unsigned count = 0;

    while (tftp_next_packet(client, packet, &length, &port)) {
        require(length >= 4 && length <= TFTP_PACKET_MAX && port != 0);
        require(++count <= 2);
    }
    free(packet);
}

static uint64_t wait_for_deadline(struct tftp_client *client, uint64_t now_us)
{
    uint64_t deadline = tftp_deadline(client);

    if (deadline == CLOCK_NEVER)
        return now_us;
    if (deadline > now_us)
        now_us = deadline;
    tftp_tick(client, now_us);
    /* A pause that is over, then the request: two steps at one moment are the most. */
    for (unsigned i = 0; tftp_deadline(client) <= now_us; i++) {
        require(i < 4);
        tftp_tick(client, now_us);
    }
    return now_us;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct counter counter = {.sink = {restart, update}};
    struct tftp_request request = {.server = server,
                                   .file = "f",
                                   .sink = &counter.sink,
                                   .random = no_jitter,
                                   .patience_us = 60000000};
    static struct tftp_client client;
    uint64_t now_us = 1000;
    int64_t result = ERROR_BUSY;
    uint8_t block[4 + 1468];

    if (length == 0)
        return 0;
    request.capacity = 1 + (size_t)bytes[0] * 64;
    request.buffer = malloc(request.capacity);
    counter.begin = counter.at = request.buffer;
    require(tftp_begin(&client, &request, now_us) == 0);
    for (size_t at = 1; at < length;) {
        uint8_t step = bytes[at++] % 8;
        uint8_t value = at < length ? bytes[at++] : 0;
        size_t size = value < length - at ? value : length - at;

        switch (step) {
        case 0:
        case 1:
            receive(&client, server, PORT, bytes + at, size, now_us);
            at += size;
            break;
        case 2:
            receive(&client, server, PORT + 1, bytes + at, size, now_us);
            at += size;
            break;
        case 3:
            receive(&client, stranger, PORT, bytes + at, size, now_us);
            at += size;
            break;
        case 4:
        case 5:
            /* A full block, or a short one. */
            memset(block, value, sizeof block);
            bytes_put_be16(block, 3);
            bytes_put_be16(block + 2, value);
            receive(&client, server, PORT, block, 4 + (step == 4 ? client.blocks.block_bytes : 7),
                    now_us);
            break;
        case 6:
            now_us += value * 100u;
            tftp_tick(&client, now_us);
            break;
        default:
            now_us = wait_for_deadline(&client, now_us);
            break;
        }
        drain(&client);
        require(client.blocks.length <= request.capacity);
        require((size_t)(counter.at - counter.begin) == client.blocks.length);
        require(result == ERROR_BUSY || tftp_result(&client) == result);
        result = tftp_result(&client);
        require(result <= (int64_t)request.capacity && result != 0);
        require(memchr(client.message, '\0', sizeof client.message) != NULL);
    }
    free(request.buffer);
    return 0;
}
