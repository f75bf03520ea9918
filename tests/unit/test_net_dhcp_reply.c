/*
 * Unit tests of net/: whose DHCP replies count, how often, and what is taken of a good one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "dhcp_bench.h"

/* Bad as well, without its end option: yet not ours to complain of. */
static void wrong_xid(struct sim_peer *peer, uint8_t type, uint8_t *message, size_t *length)
{
    (void)peer, (void)type;
    message[7] ^= 1;
    *length -= 1;
}

static void wrong_chaddr(struct sim_peer *peer, uint8_t type, uint8_t *message, size_t *length)
{
    (void)peer, (void)type, (void)length;
    message[33] ^= 1;
}

static void a_request(struct sim_peer *peer, uint8_t type, uint8_t *message, size_t *length)
{
    (void)peer, (void)type, (void)length;
    message[0] = 1;
}

static void test_replies_to_others_are_ignored_in_silence(void **state)
{
    sim_dhcp_edit *const edits[] = {wrong_xid, wrong_chaddr, a_request};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        sim_log_clear();
        sim.peer.edit = edits[i];
        net_dhcp_start();
        sim_net_run_us(&sim, 2 * SECOND);
        assert_false(net_lease(NULL));
        assert_string_equal(sim_log(), "");
    }
}

static void other_server(struct sim_peer *peer, uint8_t type, uint8_t *message, size_t *length)
{
    (void)peer, (void)length;
    if (type != 2)
        option(message, 54)[5] = 9; /* 10.0.0.9 */
}

static void test_a_second_offer_and_another_servers_answer_are_ignored(void **state)
{
    struct net_lease lease;

    (void)state;
    sim.peer.answer_after = 0;
    lease = get_lease();
    assert_address(lease.address, 10, 0, 0, 77);
    sim.peer.offered[3] = 99;
    sim_peer_send_dhcp(&sim.peer, 2);
    sim_peer_send_dhcp(&sim.peer, 5);
    sim_net_settle();
    assert_true(net_lease(&lease));
    assert_address(lease.address, 10, 0, 0, 77);
    assert_int_equal(sim.peer.requests, 1);
    /* Asked one server, another acknowledges. */
    sim.peer.offered[3] = 77;
    sim.peer.edit = other_server;
    net_dhcp_start();
    sim_net_run_us(&sim, SECOND);
    assert_false(net_lease(NULL));
}

static void test_a_storm_of_refusals_is_answered_every_ten_seconds(void **state)
{
    (void)state;
    sim.peer.refuses = true;
    net_dhcp_start();
    sim_net_run_us(&sim, 60 * SECOND);
    assert_false(net_lease(NULL));
    assert_in_range(sim.peer.discovers, 3, 14);
    assert_in_range(sim.peer.requests, 3, 60);
    for (int i = 0; i < 1000; i++)
        sim_peer_send_dhcp(&sim.peer, 6), sim_net_settle();
    assert_in_range(sim.peer.discovers, 3, 16);
    sim.peer.refuses = false;
    sim_net_run_us(&sim, 40 * SECOND);
    assert_true(net_lease(NULL));
}

static void test_server_name_option_may_be_a_name_or_an_address(void **state)
{
    size_t base = sim.peer.option_bytes;
    struct net_lease lease;

    (void)state;
    lease = get_lease(); /* nothing given: the DHCP server */
    assert_address(lease.boot_server, 10, 0, 0, 1);
    sim_peer_add_option(&sim.peer, 66, "boot.example", 12);
    lease = get_lease();
    assert_address(lease.boot_server, 10, 0, 0, 1);
    assert_string_equal(lease.boot_server_name, "boot.example");
    sim.peer.option_bytes = base;
    sim_peer_add_option(&sim.peer, 66, "192.0.2.7", 9);
    lease = get_lease();
    assert_address(lease.boot_server, 192, 0, 2, 7);
    assert_string_equal(lease.boot_server_name, "");
    memcpy(sim.peer.siaddr, (uint8_t[]){192, 0, 2, 8}, 4);
    lease = get_lease(); /* siaddr goes before it */
    assert_address(lease.boot_server, 192, 0, 2, 8);
}

static void many_dns(struct sim_peer *peer, uint8_t type, uint8_t *message, size_t *length)
{
    (void)peer, (void)type;
    message[*length - 1] = 6; /* a second list is not the first */
    message[(*length)++] = 252;
    for (uint8_t i = 0; i < 252; i++)
        message[(*length)++] = i;
    message[(*length)++] = 255;
}

static void test_a_long_list_of_dns_servers_gives_the_first(void **state)
{
    struct net_lease lease;

    (void)state;
    sim.peer.edit = many_dns;
    lease = get_lease();
    assert_address(lease.dns, 10, 0, 0, 1);
    sim.peer.option_bytes -= 6; /* without the first list */
    lease = get_lease();
    assert_address(lease.dns, 0, 1, 2, 3);
}

/* Fills the message with options nobody knows; the boot file is the last. */
static void fill_up(struct sim_peer *peer, uint8_t type, uint8_t *message, size_t *length)
{
    static const uint8_t last[] = {67, 7, 'd', 'n', 's', '.', 'e', 'l', 'f', 255};
    size_t at = *length - 1, end = SIM_PEER_DHCP_MAX - sizeof last;

    (void)peer, (void)type;
    while (at < end) {
        size_t bytes = end - at - 2 < 250 ? end - at - 2 : 250;

        if (end - at - 2 - bytes == 1)
            bytes--; /* an option has two bytes at least */
        message[at] = 200;
        message[at + 1] = (uint8_t)bytes;
        memset(message + at + 2, 67, bytes); /* looks like options, to one that lost count */
        at += 2 + bytes;
    }
    memcpy(message + at, last, sizeof last);
    *length = SIM_PEER_DHCP_MAX;
}

/* A received message is always one piece, the lent frame: no option can lie across two. */
static void test_a_reply_that_fills_its_frame_is_read_to_the_last_option(void **state)
{
    (void)state;
    sim.peer.edit = fill_up;
    assert_string_equal(get_lease().boot_file, "dns.elf");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_CABLE(test_replies_to_others_are_ignored_in_silence),
        ON_CABLE(test_a_second_offer_and_another_servers_answer_are_ignored),
        ON_CABLE(test_a_storm_of_refusals_is_answered_every_ten_seconds),
        ON_CABLE(test_server_name_option_may_be_a_name_or_an_address),
        ON_CABLE(test_a_long_list_of_dns_servers_gives_the_first),
        ON_CABLE(test_a_reply_that_fills_its_frame_is_read_to_the_last_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
