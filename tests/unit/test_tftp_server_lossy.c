/*
 * Unit tests of tftp_server: whole transfers over a network that loses, repeats and
 * reorders, with clients that behave as the usual ones do.
 *
 * The clients: one block at a time and deaf to repeated ACKs, as tftp-hpa (5 s between
 * repeats); with a window, going back to what an ACK says (RFC 7440). Each seed is one
 * network. What must hold for all: the bytes arrive, the files hear of it once, and the
 * number of packets stays in proportion.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftp_server_bench.h"

#define FILE_BYTES  20000
#define BLOCK_BYTES 100
#define BLOCKS      (FILE_BYTES / BLOCK_BYTES + 1)
#define IN_FLIGHT   512
#define SEEDS       60
#define LATENCY_US  200

static uint8_t content[FILE_BYTES];

/* ---- the network ---- */

static struct flight {
    uint64_t at_us; /* 0: free */
    bool to_server;
    size_t length;
    uint8_t bytes[4 + BLOCK_BYTES];
} flights[IN_FLIGHT];

static struct {
    unsigned lose, repeat, delay; /* percent */
    uint64_t random;
    unsigned packets;
} network;

static unsigned percent(void)
{
    network.random = network.random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(network.random >> 33) % 100;
}

static void put_on(bool to_server, const uint8_t *bytes, size_t length)
{
    unsigned copies = 1 + (percent() < network.repeat);

    assert_true(length <= sizeof flights[0].bytes);
    network.packets++;
    if (percent() < network.lose)
        return;
    while (copies-- > 0) {
        struct flight *flight = flights;

        while (flight->at_us != 0)
            assert_true(++flight < flights + IN_FLIGHT);
        flight->at_us = now_us + LATENCY_US + (percent() < network.delay ? percent() * 50 : 0);
        flight->to_server = to_server;
        flight->length = length;
        memcpy(flight->bytes, bytes, length);
    }
}

static struct flight *first_flight(void)
{
    struct flight *first = NULL;

    for (struct flight *flight = flights; flight < flights + IN_FLIGHT; flight++)
        if (flight->at_us != 0 && (!first || flight->at_us < first->at_us))
            first = flight;
    return first;
}

/* ---- the clients ---- */

static struct {
    bool writes;
    unsigned window;
    uint64_t patience_us; /* between repeats */
    uint64_t retry_us;
    uint8_t request[64];
    size_t request_bytes;
    bool begun, finished, failed;
    unsigned acked; /* writes: the server's; reads: ours, sent last */
    unsigned received;
    bool gap_told;
    uint8_t file[FILE_BYTES + BLOCK_BYTES];
    size_t length;
} client;

static void client_sends_ack(void)
{
    uint8_t ack[4] = {0, 4, (uint8_t)(client.received >> 8), (uint8_t)client.received};

    client.acked = client.received;
    put_on(true, ack, sizeof ack);
}

static void client_sends_window(void)
{
    for (unsigned block = client.acked + 1; block <= client.acked + client.window; block++) {
        uint8_t data[4 + BLOCK_BYTES];
        size_t at = (block - 1) * BLOCK_BYTES;
        size_t size = block < BLOCKS ? BLOCK_BYTES : FILE_BYTES % BLOCK_BYTES;

        if (block > BLOCKS)
            return;
        bytes_put_be16(data, 3);
        bytes_put_be16(data + 2, (uint16_t)block);
        memcpy(data + 4, content + at, size);
        put_on(true, data, 4 + size);
    }
}

static void client_repeats(void)
{
    client.retry_us = now_us + client.patience_us;
    if (!client.begun)
        put_on(true, client.request, client.request_bytes);
    else if (client.writes)
        client_sends_window();
    else
        client_sends_ack();
}

static void client_takes_ack(unsigned number)
{
    bool is_new = !client.begun || (number > client.acked && number <= BLOCKS);

    /* Without a window a repeated ACK says nothing; with one, go on from there (RFC 7440). */
    if (!is_new && (client.window == 1 || number != client.acked))
        return;
    client.begun = true;
    client.acked = number;
    client.finished = number == BLOCKS;
    client.retry_us = now_us + client.patience_us;
    client_sends_window();
}

static void client_takes_data(const struct flight *flight, unsigned number)
{
    size_t size = flight->length - 4;

    client.begun = true;
    if (number != client.received + 1) {
        if (client.window == 1 && number == client.received)
            client_sends_ack();
        else if (client.window > 1 && !client.gap_told)
            client_sends_ack();
        client.gap_told = true;
        return;
    }
    client.gap_told = false;
    memcpy(client.file + client.length, flight->bytes + 4, size);
    client.length += size;
    client.received++;
    client.retry_us = now_us + client.patience_us;
    if (size < BLOCK_BYTES || client.received - client.acked >= client.window)
        client_sends_ack();
    client.finished = client.finished || size < BLOCK_BYTES;
}

static void client_takes(const struct flight *flight)
{
    unsigned number = bytes_be16(flight->bytes + 2);

    switch (bytes_be16(flight->bytes)) {
    case 3:
        client_takes_data(flight, number);
        break;
    case 4:
        client_takes_ack(number);
        break;
    case 5:
        client.failed = true;
        break;
    default: /* an OACK: block 0 */
        if (client.begun)
            break;
        if (client.writes) {
            client_takes_ack(0);
        } else {
            client.begun = true;
            client_sends_ack();
        }
        break;
    }
}

/* ---- a transfer ---- */

static void run(void)
{
    memset(flights, 0, sizeof flights);
    client_repeats();
    while (!client.finished || tftp_server_state(&server) != TFTP_SERVER_IDLE) {
        struct flight *flight = first_flight();
        uint64_t deadline_us = tftp_server_deadline(&server);
        uint64_t next_us = flight ? flight->at_us : UINT64_MAX;

        assert_false(client.failed);
        assert_true(now_us < 3600 * SECOND);
        if (deadline_us < next_us)
            next_us = deadline_us;
        /* Once it has everything a client that reads goes away: nobody answers repeats. */
        if (!client.finished && client.retry_us < next_us)
            next_us = client.retry_us;
        assert_true(next_us != UINT64_MAX);
        if (next_us > now_us)
            now_us = next_us;
        tftp_server_tick(&server, now_us);
        if (!client.finished && client.retry_us <= now_us)
            client_repeats();
        if (flight && flight->at_us <= now_us) {
            struct flight taken = *flight;

            flight->at_us = 0;
            if (taken.to_server)
                receive_from(alice, taken.bytes, taken.length);
            else if (!client.finished || !client.writes)
                client_takes(&taken);
        }
        while (packet_comes_out())
            put_on(false, packet, packet_length);
    }
}

static void prepare(bool writes, unsigned window, uint64_t seed)
{
    (void)set_up(NULL);
    disk.content = content;
    disk.content_bytes = FILE_BYTES;
    network.random = seed * 2654435761u + 1;
    network.packets = 0;
    memset(&client, 0, sizeof client);
    client.writes = writes;
    client.window = window;
    client.patience_us = window == 1 && writes ? 5 * SECOND : SECOND;
    client.request_bytes = (size_t)snprintf((char *)client.request, sizeof client.request,
                                            "%c%cf%coctet%cblksize%c%u%cwindowsize%c%u%c", 0,
                                            writes ? 2 : 1, 0, 0, 0, BLOCK_BYTES, 0, 0, window, 0);
}

static void write_all(unsigned window)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        prepare(true, window, seed);
        run();
        assert_int_equal(disk.written, 1);
        assert_int_equal(disk.done, 1);
        assert_int_equal(disk.failed, 0);
        assert_int_equal(disk.length, FILE_BYTES);
        assert_memory_equal(upload(), content, FILE_BYTES);
        assert_in_range(network.packets, 0, 20 * BLOCKS);
        assert_int_equal(tear_down(NULL), 0);
    }
}

static void read_all(unsigned window)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        prepare(false, window, seed);
        run();
        assert_int_equal(client.length, FILE_BYTES);
        assert_memory_equal(client.file, content, FILE_BYTES);
        assert_in_range(network.packets, 0, 20 * BLOCKS);
        assert_int_equal(disk.read_dones, 1);
        assert_int_equal(tear_down(NULL), 0);
    }
}

static void set_network(unsigned lose, unsigned repeat, unsigned delay)
{
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = file_byte(i);
    network.lose = lose;
    network.repeat = repeat;
    network.delay = delay;
}

static void test_a_network_without_faults_needs_one_packet_each_way_for_a_block(void **state)
{
    (void)state;
    set_network(0, 0, 0);
    prepare(true, 1, 1);
    run();
    assert_int_equal(network.packets, 2 * BLOCKS + 2);
    prepare(true, 16, 1);
    run();
    assert_int_equal(network.packets, BLOCKS + (BLOCKS + 15) / 16 + 2);
    prepare(false, 1, 1);
    run();
    assert_int_equal(network.packets, 2 * BLOCKS + 3);
    prepare(false, 16, 1);
    run();
    assert_int_equal(network.packets, BLOCKS + (BLOCKS + 15) / 16 + 3);
}

static void test_writes_without_window_survive_a_network_that_repeats_everything(void **state)
{
    (void)state;
    set_network(0, 100, 0);
    write_all(1);
}

static void test_reads_without_window_survive_a_network_that_repeats_everything(void **state)
{
    (void)state;
    set_network(0, 100, 0);
    read_all(1);
    assert_in_range(network.packets, 0, 4 * BLOCKS); /* our blocks: not one twice */
}

static void test_writes_with_windows_survive_repeats_and_reordering(void **state)
{
    (void)state;
    set_network(0, 20, 20);
    write_all(4);
    write_all(16);
}

static void test_reads_with_windows_survive_repeats_and_reordering(void **state)
{
    (void)state;
    set_network(0, 20, 20);
    read_all(4);
    read_all(16);
}

static void test_writes_without_window_survive_loss_with_a_deaf_client(void **state)
{
    (void)state;
    set_network(1, 1, 1);
    write_all(1);
}

static void test_writes_with_windows_survive_loss(void **state)
{
    (void)state;
    set_network(5, 5, 5);
    write_all(2);
    write_all(16);
}

static void test_reads_survive_loss(void **state)
{
    (void)state;
    set_network(5, 5, 5);
    read_all(1);
    read_all(2);
    read_all(16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_network_without_faults_needs_one_packet_each_way_for_a_block),
        cmocka_unit_test(test_writes_without_window_survive_a_network_that_repeats_everything),
        cmocka_unit_test(test_reads_without_window_survive_a_network_that_repeats_everything),
        cmocka_unit_test(test_writes_with_windows_survive_repeats_and_reordering),
        cmocka_unit_test(test_reads_with_windows_survive_repeats_and_reordering),
        cmocka_unit_test(test_writes_without_window_survive_loss_with_a_deaf_client),
        cmocka_unit_test(test_writes_with_windows_survive_loss),
        cmocka_unit_test(test_reads_survive_loss),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
