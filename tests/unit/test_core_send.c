/*
 * loader/core_send: a core file reaches the server, or one line says why not, in time.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "core_send.h"
#include "push_machine.h"

#define CORE_BYTES  5000
#define SERVER_PORT 7000
#define SEND_MAX_US (17 * SECOND) /* for an address and for the file, and the last packet's wait */

/* A TFTP server that takes one file. */
static struct {
    bool is_mute;
    bool knows_options;
    const char *refuses;        /* each request, with ERROR code and this text; or null */
    bool refuses_options;       /* requests with options, with ERROR 8 */
    unsigned silent_after;      /* blocks; 0: it never falls silent */
    unsigned requests, options; /* how many came, and of them with options */
    uint32_t block_bytes;
    char name[64];
    uint8_t bytes[CORE_BYTES + 1];
    size_t length;
    unsigned blocks;
} server;

static uint8_t *core;

static struct {
    void (*take)(void *);
    void *context;
} under;

static void answer(uint16_t port, const void *bytes, size_t length)
{
    const uint8_t *board = net.peer.datagram.bytes + 26; /* who sent it */
    uint8_t to[4];
    struct sim_frame frame;

    memcpy(to, board, 4);
    sim_peer_make_udp(&net.peer, &frame, net.peer.ip, SERVER_PORT, to, port, bytes, length);
    sim_peer_send(&net.peer, &frame);
    sim_irq_set(USB_INTERRUPT, true);
}

static void refuse(uint16_t port, uint8_t code, const char *text)
{
    uint8_t packet[64] = {0, 5, 0, code};

    strcpy((char *)packet + 4, text);
    answer(port, packet, 4 + strlen(text) + 1);
}

static void take_request(uint16_t port, const uint8_t *bytes, size_t length)
{
    const char *mode = (const char *)bytes + 2 + strlen((const char *)bytes + 2) + 1;
    bool has_options = mode + 6 < (const char *)bytes + length;

    server.requests++;
    server.options += has_options;
    snprintf(server.name, sizeof server.name, "%.63s", (const char *)bytes + 2);
    assert_string_equal(mode, "octet");
    server.length = server.blocks = 0;
    server.block_bytes = 512;
    if (server.refuses != NULL) {
        refuse(port, 2, server.refuses);
    } else if (has_options && server.refuses_options) {
        refuse(port, 8, "no options");
    } else if (has_options && server.knows_options) {
        server.block_bytes = 1024;
        answer(port, "\0\6blksize\0001024", 15);
    } else {
        answer(port, "\0\4\0", 4);
    }
}

static void take_data(uint16_t port, const uint8_t *bytes, size_t length)
{
    uint16_t number = bytes_be16(bytes + 2);
    uint8_t ack[4] = {0, 4, bytes[2], bytes[3]};

    if (server.silent_after != 0 && number > server.silent_after)
        return;
    if (number == server.blocks + 1) {
        assert_true(server.length + length - 4 <= CORE_BYTES);
        assert_true(length - 4 <= server.block_bytes);
        memcpy(server.bytes + server.length, bytes + 4, length - 4);
        server.length += length - 4;
        server.blocks++;
    }
    answer(port, ack, sizeof ack);
}

static void serve(void *context)
{
    const struct sim_frame *frame = &net.peer.datagram;
    unsigned before = net.peer.datagrams;

    (void)context;
    under.take(under.context);
    if (net.peer.datagrams == before || server.is_mute)
        return;
    uint16_t from = bytes_be16(frame->bytes + UDP_AT), to = bytes_be16(frame->bytes + UDP_AT + 2);
    size_t length = bytes_be16(frame->bytes + UDP_AT + 4) - 8u;
    uint8_t bytes[1600];

    memcpy(bytes, frame->bytes + UDP_DATA_AT, length);
    if (to == 69 && bytes_be16(bytes) == 2)
        take_request(from, bytes, length);
    else if (to == SERVER_PORT && bytes_be16(bytes) == 3)
        take_data(from, bytes, length);
}

static int core_setup(void **state)
{
    if (push_setup(state) < 0)
        return -1;
    memset(&server, 0, sizeof server);
    server.knows_options = true;
    under.take = net.peer.end->arrived;
    under.context = net.peer.end->context;
    net.peer.end->arrived = serve;
    loader.configuration.core = CONFIGURATION_CORE_SEND;
    core = (uint8_t *)keep_core_area(&loader).base;
    for (unsigned i = 0; i < CORE_BYTES; i++)
        core[i] = (uint8_t)(i * 5 + i / 256);
    keep.crash.core_bytes = CORE_BYTES;
    keep.crash.number = 12;
    strcpy(keep.crash.name, "dns");
    return 0;
}

static void assert_sent(void)
{
    core_send(&loader);
    assert_says("guard: core.dns.12: sent to the server\n");
    assert_string_equal(server.name, "core.dns.12");
    assert_int_equal(server.length, CORE_BYTES);
    assert_memory_equal(server.bytes, core, CORE_BYTES);
}

static void assert_not_sent(const char *why)
{
    uint64_t begun_us = clock_now_us();

    core_send(&loader);
    assert_says(why);
    assert_silent_about("sent to the server");
    assert_in_range(clock_now_us() - begun_us, 0, SEND_MAX_US);
}

static void test_a_core_reaches_the_server_under_its_name_and_number(void **state)
{
    (void)state;
    assert_sent();
    assert_int_equal(server.requests, 1);
    assert_int_equal(server.block_bytes, 1024);
    assert_int_equal(server.blocks, 5);
}

static void test_a_server_without_options_gets_small_blocks(void **state)
{
    (void)state;
    server.knows_options = false;
    assert_sent();
    assert_int_equal(server.requests, 1);
    assert_int_equal(server.blocks, 10);
}

static void test_a_server_that_cannot_bear_options_gets_the_plain_request(void **state)
{
    (void)state;
    server.refuses_options = true;
    assert_sent();
    assert_int_equal(server.requests, 2);
    assert_int_equal(server.options, 1);
}

static void test_a_refusal_is_told_in_the_servers_words(void **state)
{
    (void)state;
    server.refuses = "no such disk";
    assert_not_sent("guard: core.dns.12: not sent: ");
    assert_says("no such disk");
    assert_int_equal(server.requests, 1); /* it would say so again */
}

static void test_a_server_that_never_answers_costs_a_limited_time(void **state)
{
    (void)state;
    server.is_mute = true;
    assert_not_sent("guard: core.dns.12: not sent: timeout");
    assert_in_range(core_requests, 2, 10);
}

static void test_a_server_that_falls_silent_costs_a_limited_time(void **state)
{
    (void)state;
    server.silent_after = 2;
    assert_not_sent("guard: core.dns.12: not sent: timeout");
    assert_int_equal(server.length, 2048);
}

static void test_the_server_of_the_lease_gets_it_when_none_is_configured(void **state)
{
    (void)state;
    pass_settings("pilot.core=send");
    memcpy(net.peer.siaddr, net.peer.ip, 4);
    assert_sent();
    assert_true(net.peer.discovers > 0);
}

static void test_the_configured_server_counts_more_than_the_leases(void **state)
{
    (void)state;
    pass_settings("pilot.core=send pilot.server=10.0.0.1");
    memcpy(net.peer.siaddr, (uint8_t[]){10, 0, 0, 9}, 4);
    assert_sent();
}

static void test_without_an_address_it_is_given_up(void **state)
{
    (void)state;
    pass_settings("pilot.core=send");
    net.peer.serves_dhcp = false;
    assert_not_sent("guard: core.dns.12: not sent: ");
    assert_int_equal(core_requests, 0);
}

static void test_nothing_is_begun_when_there_is_no_core_or_it_is_to_be_kept(void **state)
{
    (void)state;
    keep.crash.core_bytes = 0;
    core_send(&loader);
    keep.crash.core_bytes = CORE_BYTES;
    loader.configuration.core = CONFIGURATION_CORE_KEEP;
    core_send(&loader);
    assert_false(loader.network_is_up);
    assert_string_equal(sim_log(), "");
}

static void test_without_a_network_the_core_is_only_kept(void **state)
{
    (void)state;
    sim_board.network_status = ERROR_ABSENT;
    core_send(&loader);
    assert_silent_about("guard: ");
    assert_says("no Ethernet device");
}

static void test_each_socket_is_given_back(void **state)
{
    (void)state;
    server.refuses_options = true;
    for (unsigned i = 0; i < 40; i++) {
        sim_log_clear();
        assert_sent();
    }
}

#define CORE_TEST(test) cmocka_unit_test_setup_teardown(test, core_setup, push_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CORE_TEST(test_a_core_reaches_the_server_under_its_name_and_number),
        CORE_TEST(test_a_server_without_options_gets_small_blocks),
        CORE_TEST(test_a_server_that_cannot_bear_options_gets_the_plain_request),
        CORE_TEST(test_a_refusal_is_told_in_the_servers_words),
        CORE_TEST(test_a_server_that_never_answers_costs_a_limited_time),
        CORE_TEST(test_a_server_that_falls_silent_costs_a_limited_time),
        CORE_TEST(test_the_server_of_the_lease_gets_it_when_none_is_configured),
        CORE_TEST(test_the_configured_server_counts_more_than_the_leases),
        CORE_TEST(test_without_an_address_it_is_given_up),
        CORE_TEST(test_nothing_is_begun_when_there_is_no_core_or_it_is_to_be_kept),
        CORE_TEST(test_without_a_network_the_core_is_only_kept),
        CORE_TEST(test_each_socket_is_given_back),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
