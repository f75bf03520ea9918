/*
 * loader/uplink: the loader's way onto the network, and what it does while it waits. Taking over
 * and handing over: test_uplink_warm.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "uplink_bench.h"

#include "block_device.h"
#include "console.h"
#include "log.h"

static void test_the_network_comes_up_and_dhcp_gives_an_address(void **state)
{
    struct net_lease lease;

    (void)state;
    assert_int_equal(uplink_start(&loader), 0);
    assert_true(loader.network_is_up);
    assert_non_null(strstr(sim_log(), "network: "));
    assert_non_null(strstr(sim_log(), " 02:00:00:00:00:01\n"));
    idle_us(5000000);
    assert_true(net_lease(&lease));
    assert_memory_equal(lease.address.ip, peer.offered, 4);
}

static void test_a_started_network_is_not_started_again(void **state)
{
    (void)state;
    assert_int_equal(uplink_start(&loader), 0);
    idle_us(5000000);
    assert_int_equal(uplink_start(&loader), 0);
    assert_int_equal(sim_board.network_starts, 1);
    assert_true(net_lease(NULL));
}

static void test_a_static_configuration_needs_no_dhcp(void **state)
{
    struct net_lease lease;

    (void)state;
    loader.configuration.is_static = true;
    loader.configuration.address = (struct net_address){{10, 0, 0, 5}};
    loader.configuration.mask = (struct net_address){{255, 255, 255, 0}};
    loader.configuration.gateway = (struct net_address){{10, 0, 0, 1}};
    loader.configuration.dns = (struct net_address){{10, 0, 0, 3}};
    loader.configuration.server = (struct net_address){{10, 0, 0, 4}};
    assert_int_equal(uplink_start(&loader), 0);
    assert_true(net_lease(&lease));
    assert_int_equal(lease.address.ip[3], 5);
    assert_int_equal(lease.gateway.ip[3], 1);
    assert_int_equal(lease.dns.ip[3], 3);
    assert_int_equal(lease.boot_server.ip[3], 4);
    assert_int_equal(lease.seconds, UINT32_MAX);
    idle_us(5000000);
    assert_int_equal(peer.discovers, 0);
}

static void test_a_board_without_ethernet_is_said_in_one_line(void **state)
{
    (void)state;
    sim_board.network_status = ERROR_ABSENT;
    assert_int_equal(uplink_start(&loader), ERROR_ABSENT);
    assert_false(loader.network_is_up);
    assert_string_equal(sim_log() + 12, "] network: no Ethernet device: absent\n");
    sim_board.network_status = 0; /* somebody plugs one in */
    assert_int_equal(uplink_start(&loader), 0);
}

static void test_a_device_with_an_impossible_mac_is_said_too(void **state)
{
    (void)state;
    cable.end[0].device.mac[0] = 0xff; /* a group's */
    assert_int_equal(uplink_start(&loader), ERROR_INVALID);
    assert_false(loader.network_is_up);
    assert_non_null(strstr(sim_log(), ": this address can not be used\n"));
    assert_non_null(strstr(sim_log(), " ff:"));
    assert_null(strstr(sim_log(), "no Ethernet device"));
}

static void test_a_network_that_failed_is_started_anew(void **state)
{
    (void)state;
    assert_int_equal(uplink_start(&loader), 0);
    idle_us(5000000);
    struct block_device some_card, *card = &some_card;

    loader.board.card = card;
    uplink_forget(&loader);
    assert_ptr_equal(loader.board.card, card); /* the next source may be the card */
    assert_false(loader.network_is_up);
    assert_int_equal(sim_board.quiesces, 1);
    assert_false(net_lease(NULL));
    uplink_forget(&loader); /* once is enough */
    assert_int_equal(sim_board.quiesces, 1);

    sim_cable_clear(&cable); /* the device comes back after its reset */
    sim_cable_init(&cable, 1);
    sim_peer_init(&peer, &cable);
    assert_int_equal(uplink_start(&loader), 0);
    assert_int_equal(sim_board.network_starts, 2);
    idle_us(5000000);
    assert_true(net_lease(NULL));
}

static void test_idling_ends_at_its_deadline_with_and_without_network(void **state)
{
    uint64_t begin_us = clock_now_us();

    (void)state;
    idle_us(3000000);
    assert_in_range(clock_now_us() - begin_us, 3000000, 3000010);
    assert_int_equal(uplink_start(&loader), 0);
    begin_us = clock_now_us();
    idle_us(3000000);
    assert_in_range(clock_now_us() - begin_us, 3000000, 3010000);
    begin_us = clock_now_us();
    uplink_idle(&loader, begin_us - 1); /* past */
    assert_in_range(clock_now_us() - begin_us, 0, 10);
}

static void test_idling_keeps_dhcp_going(void **state)
{
    (void)state;
    peer.answer_after = 3; /* the server misses the first three */
    assert_int_equal(uplink_start(&loader), 0);
    idle_us(30000000);
    assert_true(peer.discovers >= 4);
    assert_true(net_lease(NULL));
}

static void test_idling_sleeps_instead_of_spinning(void **state)
{
    (void)state;
    rounds = 0;
    idle_us(10000000);
    assert_in_range(rounds, 1, 2);
    assert_int_equal(uplink_start(&loader), 0);
    idle_us(5000000);
    rounds = 0;
    idle_us(10000000);
    assert_in_range(rounds, 1, 200); /* the stack's timers */
}

static size_t room;
static size_t written_bytes;

static size_t take(struct console *self, const char *bytes, size_t length)
{
    size_t taken = length < room ? length : room;

    (void)self;
    (void)bytes;
    room -= taken;
    written_bytes += taken;
    return taken;
}

static void make_room(void *context)
{
    struct sim_event *event = context;

    room = 16;
    sim_after_us(event, 1400, make_room, event); /* a FIFO at 115,200 baud */
}

static void test_idling_drains_a_slow_console(void **state)
{
    static struct console slow = {"slow", take, NULL}; /* stays in the log for good */
    static struct sim_event event;

    (void)state;
    room = 0;
    log_add_console(&slow);
    for (unsigned i = 0; i < 20; i++)
        log_line("s", "a line of text to keep a serial line busy for a while");
    written_bytes = 0;
    make_room(&event);
    idle_us(1000000);
    sim_cancel(&event);
    room = SIZE_MAX;
    assert_true(written_bytes >= 20 * 70);
    assert_true(log_drain());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_network_comes_up_and_dhcp_gives_an_address, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_started_network_is_not_started_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_static_configuration_needs_no_dhcp, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_board_without_ethernet_is_said_in_one_line, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_device_with_an_impossible_mac_is_said_too, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_network_that_failed_is_started_anew, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_idling_ends_at_its_deadline_with_and_without_network,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_idling_keeps_dhcp_going, setup, teardown),
        cmocka_unit_test_setup_teardown(test_idling_sleeps_instead_of_spinning, setup, teardown),
        cmocka_unit_test_setup_teardown(test_idling_drains_a_slow_console, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
