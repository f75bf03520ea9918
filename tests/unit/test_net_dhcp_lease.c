/*
 * Unit tests of net/: a DHCP lease over its time, and in the program that comes next.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "dhcp_bench.h"

static void test_a_lease_is_renewed_at_half_and_rebound_at_seven_eighths(void **state)
{
    struct net_lease lease;

    (void)state;
    lease = get_lease();
    assert_int_equal(lease.seconds, 3600);
    sim_net_run_us(&sim, 1799 * SECOND);
    assert_int_equal(sim.peer.requests, 1);
    sim_net_run_us(&sim, 2 * SECOND);
    assert_int_equal(sim.peer.requests, 2); /* renewed */
    sim.peer.serves_dhcp = false;
    sim_net_run_us(&sim, 3148 * SECOND); /* just before 7/8 of the next hour */
    assert_in_range(sim.peer.requests, 5, 10);
    assert_memory_equal(sim.peer.request + 12, lease.address.ip, 4); /* ciaddr */

    unsigned renewals = sim.peer.requests;

    sim_net_run_us(&sim, 4 * SECOND);
    assert_int_equal(sim.peer.requests, renewals + 1); /* the first rebind */
    sim.peer.serves_dhcp = true;
    sim_net_run_us(&sim, 240 * SECOND);
    assert_int_equal(sim.peer.discovers, 1);
    assert_true(net_lease(&lease));
    assert_true(clock_now_us() - lease.granted_at_us < 240 * SECOND);
}

static void test_a_lease_that_ends_takes_the_address_away(void **state)
{
    struct net_udp *socket;

    (void)state;
    (void)get_lease();
    socket = net_udp_open(0, false, NULL, NULL);
    sim.peer.serves_dhcp = false;
    sim_net_run_us(&sim, 3599 * SECOND);
    assert_true(net_lease(NULL));
    sim_net_run_us(&sim, 2 * SECOND);
    assert_false(net_lease(NULL));
    assert_true(net_udp_send(socket, (struct net_address){{10, 0, 0, 1}}, 9, "x", 1) < 0);
    assert_true(sim.peer.discovers > 1);
}

static void set_times(uint32_t lease, uint32_t renew, uint32_t rebind)
{
    uint8_t bytes[4];

    sim.peer.option_bytes = 0;
    sim_peer_add_option(&sim.peer, 54, sim.peer.ip, 4);
    bytes_put_be32(bytes, lease);
    sim_peer_add_option(&sim.peer, 51, bytes, 4);
    bytes_put_be32(bytes, renew);
    sim_peer_add_option(&sim.peer, 58, bytes, 4);
    bytes_put_be32(bytes, rebind);
    sim_peer_add_option(&sim.peer, 59, bytes, 4);
}

static void test_times_that_make_no_sense_give_way_to_the_usual_ones(void **state)
{
    static const uint32_t times[][3] = {{1000, 0, 0},       {1000, 5000, 4000}, {1000, 900, 800},
                                        {1000, 0, 1000},    {1000, 1, 0},       {1, 0, 0},
                                        {0x24924925, 0, 0}, {0xfffffffe, 0, 0}, {2, 1, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        set_times(times[i][0], times[i][1], times[i][2]);
        sim.peer.requests = sim.peer.discovers = 0;
        (void)get_lease();
        sim_net_run_us(&sim, 20 * SECOND);
        assert_true(net_lease(NULL));
        assert_in_range(sim.peer.requests, 1, 60); /* no storm of renewals */
    }
}

static void test_a_lease_with_senseless_times_is_renewed_and_rebound_in_time(void **state)
{
    static const uint32_t times[][3] = {{1000, 0, 0}, {1000, 5000, 4000}, {1000, 875, 0}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        set_times(times[i][0], times[i][1], times[i][2]);
        sim.peer.serves_dhcp = true;
        (void)get_lease();
        sim.peer.serves_dhcp = false;
        sim.peer.requests = 0;
        sim_net_run_us(&sim, 499 * SECOND);
        assert_int_equal(sim.peer.requests, 0);
        sim_net_run_us(&sim, 2 * SECOND);
        assert_int_equal(sim.peer.requests, 1);
        sim_net_run_us(&sim, 373 * SECOND);
        assert_false(sim.peer.request_was_broadcast);
        sim_net_run_us(&sim, 2 * SECOND);
        assert_true(sim.peer.request_was_broadcast);
        assert_true(net_lease(NULL));
    }
}

static void test_a_lease_for_ever_is_never_renewed(void **state)
{
    (void)state;
    set_times(0xffffffff, 0, 0);
    (void)get_lease();
    sim_net_run_us(&sim, 200000 * SECOND);
    assert_true(net_lease(NULL));
    assert_int_equal(sim.peer.requests, 1);
}

static struct net_lease other_programs_lease(void)
{
    return (struct net_lease){.address = {{10, 0, 0, 77}},
                              .mask = {{255, 255, 255, 0}},
                              .gateway = {{10, 0, 0, 1}},
                              .dhcp_server = {{10, 0, 0, 1}}};
}

static void test_an_adopted_address_is_usable_at_once_and_confirmed(void **state)
{
    struct net_lease lease = other_programs_lease(), now;
    struct net_udp *socket;

    (void)state;
    lease.dhcp_server.ip[3] = 99; /* a server that is no more: the new one is remembered */
    sim.peer.answer_after = 1;
    net_adopt(&lease, 1000);
    assert_true(net_lease(&now));
    assert_int_equal(now.seconds, 1000);
    socket = net_udp_open(0, false, NULL, NULL);
    assert_int_equal(net_udp_send(socket, (struct net_address){{10, 0, 0, 1}}, 9, "x", 1), 0);
    sim_net_settle();
    assert_int_equal(sim.peer.datagrams, 1);
    assert_int_equal(sim.peer.discovers, 0);
    assert_int_equal(sim.peer.requests, 1);
    assert_memory_equal(option(sim.peer.request, 50) + 2, lease.address.ip, 4);
    sim_net_run_us(&sim, SECOND); /* the server answers the second request */
    assert_int_equal(sim.peer.requests, 2);
    assert_true(net_lease(&now));
    assert_int_equal(now.seconds, 3600);
    assert_address(now.dhcp_server, 10, 0, 0, 1);
    assert_int_equal(sim.peer.discovers, 0);
}

static void test_an_adopted_address_that_is_refused_is_given_up(void **state)
{
    struct net_lease lease = other_programs_lease(), now;

    (void)state;
    sim.peer.refuses = true;
    net_adopt(&lease, 1000);
    sim_net_settle();
    assert_false(net_lease(&now));
    assert_int_equal(sim.peer.discovers, 1);
    sim.peer.refuses = false;
    sim.peer.offered[3] = 78;
    sim_net_run_us(&sim, 20 * SECOND);
    assert_true(net_lease(&now));
    assert_address(now.address, 10, 0, 0, 78);
}

static void test_a_refusal_from_another_port_is_ignored(void **state)
{
    static const uint8_t cookie_and_options[] = {0x63, 0x82, 0x53, 0x63, 53, 1, 6, 255};
    struct net_lease lease = other_programs_lease();
    uint8_t message[248] = {2, 1, 6, 0};
    struct sim_frame frame;

    (void)state;
    sim.peer.serves_dhcp = false;
    net_adopt(&lease, 1000);
    memcpy(message + 4, sim.peer.request + 4, 4);
    memcpy(message + 28, sim.peer.request + 28, 6);
    memcpy(message + 236, cookie_and_options, sizeof cookie_and_options);
    sim_peer_make_udp(&sim.peer, &frame, sim.peer.ip, 1067, lease.address.ip, 68, message,
                      sizeof message);
    sim_peer_send(&sim.peer, &frame);
    sim_net_settle();
    assert_true(net_lease(NULL));
    assert_int_equal(sim.peer.discovers, 0);
    sim_peer_make_udp(&sim.peer, &frame, sim.peer.ip, 67, lease.address.ip, 68, message,
                      sizeof message);
    sim_peer_send(&sim.peer, &frame); /* the same from the right one has effect */
    sim_net_settle();
    assert_false(net_lease(NULL));
    assert_int_equal(sim.peer.discovers, 1);
}

static void test_an_adopted_address_lasts_without_a_server_until_its_end(void **state)
{
    struct net_lease lease = other_programs_lease();

    (void)state;
    sim.peer.serves_dhcp = false;
    net_adopt(&lease, 100);
    sim_net_run_us(&sim, 99 * SECOND);
    assert_true(net_lease(NULL));
    sim_net_run_us(&sim, 2 * SECOND);
    assert_false(net_lease(NULL));
}

static void test_adopting_before_the_link_is_up_confirms_at_link_up(void **state)
{
    struct net_lease lease = other_programs_lease();

    (void)state;
    sim_cable_plug(&sim.cable, false);
    sim_net_run_us(&sim, 2 * SECOND);
    net_adopt(&lease, 1000);
    sim_net_run_us(&sim, 5 * SECOND);
    assert_true(net_lease(NULL));
    assert_int_equal(sim.peer.requests, 0);
    sim_cable_plug(&sim.cable, true);
    sim_net_run_us(&sim, SECOND);
    assert_int_equal(sim.peer.requests, 1);
    assert_true(net_lease(NULL));
}

static void test_a_static_address_asks_nobody(void **state)
{
    struct net_lease lease = other_programs_lease();

    (void)state;
    memset(&lease.dhcp_server, 0, sizeof lease.dhcp_server);
    net_dhcp_start();
    net_adopt(&lease, 1000);
    sim_net_run_us(&sim, 5000 * SECOND);
    assert_true(net_lease(&lease));
    assert_int_equal(sim.peer.requests, 0);
    assert_int_equal(sim.peer.discovers, 1);
}

static void test_a_bound_and_idle_client_wakes_four_times_a_second(void **state)
{
    (void)state;
    (void)get_lease();
    sim.wake_ups = 0;
    sim_net_run_us(&sim, 100 * SECOND);
    assert_in_range(sim.wake_ups, 399, 402);
}

static void test_the_clock_may_pass_what_32_bits_of_milliseconds_hold(void **state)
{
    (void)state;
    (void)get_lease();
    sim_advance_us(UINT64_C(0xffffffff) * 1000 - clock_now_us() - 1000000);
    sim_net_run_us(&sim, 7200 * SECOND); /* over the edge at 49.7 days */
    assert_true(net_lease(NULL));
    assert_true(sim.peer.requests >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_CABLE(test_a_lease_is_renewed_at_half_and_rebound_at_seven_eighths),
        ON_CABLE(test_a_lease_that_ends_takes_the_address_away),
        ON_CABLE(test_times_that_make_no_sense_give_way_to_the_usual_ones),
        ON_CABLE(test_a_lease_with_senseless_times_is_renewed_and_rebound_in_time),
        ON_CABLE(test_a_lease_for_ever_is_never_renewed),
        ON_CABLE(test_an_adopted_address_is_usable_at_once_and_confirmed),
        ON_CABLE(test_an_adopted_address_that_is_refused_is_given_up),
        ON_CABLE(test_a_refusal_from_another_port_is_ignored),
        ON_CABLE(test_an_adopted_address_lasts_without_a_server_until_its_end),
        ON_CABLE(test_adopting_before_the_link_is_up_confirms_at_link_up),
        ON_CABLE(test_a_static_address_asks_nobody),
        ON_CABLE(test_a_bound_and_idle_client_wakes_four_times_a_second),
        ON_CABLE(test_the_clock_may_pass_what_32_bits_of_milliseconds_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
