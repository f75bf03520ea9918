/*
 * Unit tests of net/: how a DHCP lease is asked for, and how an address is read. What becomes of a
 * lease: test_net_dhcp_lease.c. Replies: test_net_dhcp_message.c, test_net_dhcp_reply.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "dhcp_bench.h"

static void test_discover_says_who_and_what_we_are(void **state)
{
    static const uint8_t class[] = {60, 10, 'p', 'i', 'l', 'o', 't', 'l', 'i', 'g', 'h', 't'};
    static const uint8_t architecture[] = {93, 2, 0, 0x16};
    static const uint8_t uuid[] = {97,  17,  0,   '0', '0', '0', '0', '0', '0', '0',
                                   '0', 'd', 'e', 'a', 'd', 'b', 'e', 'e', 'f'};
    static const uint8_t wanted[] = {1, 3, 6, 12, 54, 66, 67, 43};

    (void)state;
    (void)get_lease();
    assert_memory_equal(option(sim.peer.request, 60), class, sizeof class);
    assert_memory_equal(option(sim.peer.request, 93), architecture, sizeof architecture);
    assert_memory_equal(option(sim.peer.request, 97), uuid, sizeof uuid);

    const uint8_t *list = option(sim.peer.request, 55);

    for (size_t i = 0; i < sizeof wanted; i++)
        assert_non_null(memchr(list + 2, wanted[i], list[1]));
    assert_int_equal(option(sim.peer.request, 255)[0], 255);
}

static void test_discover_is_repeated_after_half_a_second_and_slower_and_slower(void **state)
{
    static const uint64_t least[] = {500, 1000, 2000, 4000, 8000, 15500, 15500, 15500};
    uint64_t began;

    (void)state;
    sim.peer.serves_dhcp = false;
    began = clock_now_us();
    net_dhcp_start();
    sim_net_settle();
    assert_int_equal(sim.peer.discovers, 1);
    assert_true(sim.peer.discover_at_us[0] - began < 1000);
    sim_net_run_us(&sim, 70 * SECOND);
    assert_true(sim.peer.discovers >= 8);
    for (int i = 0; i < 7; i++) {
        uint64_t gap = sim.peer.discover_at_us[i + 1] - sim.peer.discover_at_us[i];

        assert_in_range(gap, least[i] * 1000, least[i] * 1000 + 501000);
    }
    sim.peer.serves_dhcp = true; /* for ever: the server comes back after an hour */
    sim_net_run_us(&sim, 20 * SECOND);
    assert_true(net_lease(NULL));
}

static void test_a_lost_request_is_repeated(void **state)
{
    (void)state;
    sim.peer.answer_after = 1; /* the first DISCOVER and the first REQUEST get lost */
    net_dhcp_start();
    sim_net_run_us(&sim, 2100000);
    assert_true(net_lease(NULL));
    assert_int_equal(sim.peer.requests, 2);
}

static void test_discover_goes_out_when_the_cable_is_plugged_in(void **state)
{
    (void)state;
    sim_cable_plug(&sim.cable, false);
    sim_net_run_us(&sim, 2 * SECOND);
    net_dhcp_start();
    sim_net_run_us(&sim, 30 * SECOND);
    assert_int_equal(sim.peer.discovers, 0);
    sim_cable_plug(&sim.cable, true);
    sim_net_run_us(&sim, 110000); /* the cable is looked at every 100 ms */
    assert_true(net_lease(NULL));
}

static void test_a_replugged_cable_confirms_the_lease(void **state)
{
    (void)state;
    (void)get_lease();
    sim_cable_plug(&sim.cable, false);
    sim_net_run_us(&sim, 5 * SECOND);
    assert_true(net_lease(NULL));
    sim_cable_plug(&sim.cable, true);
    sim_net_run_us(&sim, SECOND);
    assert_int_equal(sim.peer.requests, 2);
    assert_int_equal(sim.peer.discovers, 1);
    assert_true(net_lease(NULL));
}

static void test_a_lossy_cable_gets_its_lease(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 50; seed++) {
        sim.cable.random = seed * 77777 + 5;
        sim.cable.loss_percent = 30;
        sim.cable.duplicate_percent = 20;
        sim.cable.reorder_percent = 20;
        net_dhcp_start();
        sim_net_run_us(&sim, 120 * SECOND);
        assert_true(net_lease(NULL));
    }
}

static void test_addresses_are_read_in_one_form_only(void **state)
{
    static const char *const bad[] = {"",          "1",      "1.2.3",    "1.2.3.4.5", "1.2.3.256",
                                      "01.2.3.4",  "1.2.3.", " 1.2.3.4", "1.2.3.4 ",  "1.2.3.0004",
                                      "0x1.2.3.4", "1..3.4", "a.b.c.d",  "1.2.3.-4"};
    struct net_address address;

    (void)state;
    assert_true(net_address_parse("192.0.2.255", &address));
    assert_address(address, 192, 0, 2, 255);
    assert_true(net_address_parse("0.0.0.0", &address));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(net_address_parse(bad[i], &address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_CABLE(test_discover_says_who_and_what_we_are),
        ON_CABLE(test_discover_is_repeated_after_half_a_second_and_slower_and_slower),
        ON_CABLE(test_a_lost_request_is_repeated),
        ON_CABLE(test_discover_goes_out_when_the_cable_is_plugged_in),
        ON_CABLE(test_a_replugged_cable_confirms_the_lease),
        ON_CABLE(test_a_lossy_cable_gets_its_lease),
        cmocka_unit_test(test_addresses_are_read_in_one_form_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
