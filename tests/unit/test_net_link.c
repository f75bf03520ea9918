/*
 * When the stack looks at the cable: often, at once after an event of the device, and without
 * making anything else of it faster.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_bench.h"

#include "clock.h"

static struct sim_cable_end *const end = &sim.cable.end[0];

static unsigned looks_within_us(uint64_t duration_us)
{
    unsigned before = end->looks;

    sim_net_run_us(&sim, duration_us);
    return end->looks - before;
}

static unsigned times_logged(const char *sentence)
{
    unsigned count = 0;

    for (const char *at = sim_log(); (at = strstr(at, sentence)) != NULL; at++)
        count++;
    return count;
}

static void test_cable_is_looked_at_every_250_ms(void **state)
{
    (void)state;
    assert_in_range(looks_within_us(100000000), 399, 401);
}

static void test_unplugged_cable_is_looked_at_every_100_ms(void **state)
{
    (void)state;
    sim_cable_plug(&sim.cable, false);
    sim_net_run_us(&sim, 300000);
    assert_int_equal(times_logged("link down"), 1);
    assert_in_range(looks_within_us(10000000), 99, 110); /* the tick's among them */
    sim_cable_plug(&sim.cable, true);
    sim_net_run_us(&sim, 101000);
    assert_int_equal(times_logged("link up"), 1);
    assert_in_range(looks_within_us(10000000), 39, 41);
}

static void test_event_of_the_device_is_followed_in_the_same_poll(void **state)
{
    (void)state;
    end->tells_events = true;
    sim_net_run_us(&sim, 20000);
    sim_cable_plug(&sim.cable, false);
    assert_true(end->device.link_event);
    assert_int_equal(net_poll(), NET_POLL_DONE);
    assert_int_equal(times_logged("link down"), 1);
    assert_false(end->device.link_event);
    sim_cable_plug(&sim.cable, true);
    assert_int_equal(net_poll(), NET_POLL_DONE);
    assert_int_equal(times_logged("link up"), 1);
}

static void test_event_without_news_is_one_look(void **state)
{
    unsigned before = end->looks;

    (void)state;
    end->device.link_event = true;
    assert_int_equal(net_poll(), NET_POLL_NOTHING);
    assert_int_equal(end->looks - before, 1);
    assert_int_equal(net_poll(), NET_POLL_NOTHING);
    assert_int_equal(end->looks - before, 1);
}

static int look_and_learn_nothing(struct ethernet_device *device)
{
    (void)device;
    end->looks++;
    return ERROR_TIMEOUT;
}

/* A chip whose registers cannot be read for a while, and which goes on to say that there is
 * something to see. */
static void test_event_that_stays_does_not_keep_the_processor_awake(void **state)
{
    unsigned wake_ups;

    (void)state;
    sim_net_run_us(&sim, 1000000);
    end->device.update_link = look_and_learn_nothing;
    end->device.link_event = true;
    wake_ups = sim.wake_ups;
    sim_net_run_us(&sim, 10000000);
    assert_in_range(sim.wake_ups - wake_ups, 39, 42);
    assert_int_equal(times_logged("link"), 0);
}

static unsigned datagrams_from(struct net_udp *from)
{
    struct net_address peer = {{10, 0, 0, 1}};
    unsigned before = sim.peer.datagrams;

    assert_int_equal(net_udp_send(from, peer, 9, "x", 1), 0);
    sim_net_settle();
    return sim.peer.datagrams - before;
}

/* ARP keeps an address for 300 ticks: were each look a tick, or each event, they would be over
 * after 75 seconds, or 30. */
static void test_looks_and_events_do_not_age_what_arp_knows(void **state)
{
    struct net_udp *from = net_udp_open(4000, false, take, &got);
    unsigned asked;

    (void)state;
    assert_non_null(from);
    datagrams_from(from);
    asked = sim.peer.arp_requests;
    assert_int_equal(datagrams_from(from), 1);
    for (unsigned i = 0; i < 2500; i++) {
        end->device.link_event = true;
        sim_net_run_us(&sim, 100000);
    }
    assert_int_equal(datagrams_from(from), 1);
    assert_int_equal(sim.peer.arp_requests, asked);
    sim_net_run_us(&sim, 100000000); /* 350 s in all */
    datagrams_from(from);
    assert_true(sim.peer.arp_requests > asked);
}

static void test_device_that_is_gone_is_a_cable_that_is_out(void **state)
{
    (void)state;
    end->gone = true;
    sim_net_run_us(&sim, 260000);
    assert_int_equal(times_logged("link down"), 1);
    assert_in_range(looks_within_us(10000000), 99, 110);
}

static unsigned times_gone_within_us(uint64_t duration_us)
{
    uint64_t end_us = clock_now_us() + duration_us;
    unsigned count = 0;

    while (clock_now_us() < end_us) {
        enum net_poll_result result = net_poll();

        count += result == NET_POLL_GONE;
        if (result == NET_POLL_NOTHING)
            sim_advance_us(net_deadline_us() - clock_now_us());
    }
    return count;
}

static void test_device_that_is_gone_is_reported_at_each_look(void **state)
{
    (void)state;
    assert_int_equal(times_gone_within_us(1000000), 0);
    end->gone = true;
    assert_in_range(times_gone_within_us(10000000), 96, 111);
}

static int look_at_nothing(struct ethernet_device *device)
{
    (void)device;
    end->link_seen_up = false;
    return ERROR_IO;
}

/* It had called for help in vain: nobody clears its event any more. */
static void test_event_of_a_device_that_is_gone_does_not_keep_the_processor_awake(void **state)
{
    (void)state;
    end->device.update_link = look_at_nothing;
    end->device.link_event = true;
    assert_int_equal(net_poll(), NET_POLL_GONE);
    assert_int_equal(net_poll(), NET_POLL_NOTHING);
}

static void lose(void)
{
    end->gone = true;
    sim_net_run_us(&sim, 260000);
    net_lose_device();
}

static void bring_back(void)
{
    end->gone = false;
    assert_int_equal(net_regain_device(&end->device), 0);
    sim_net_settle();
}

static void test_without_its_device_the_stack_does_not_touch_it_and_goes_on(void **state)
{
    struct net_udp *from = net_udp_open(4000, false, take, &got);
    struct net_address peer = {{10, 0, 0, 1}};
    struct sim_frame frame;
    unsigned wake_ups;

    (void)state;
    datagrams_from(from);
    lose();
    end->device = (struct ethernet_device){0}; /* calling any of its functions ends the test */
    assert_int_equal(net_udp_send(from, peer, 9, "x", 1), ERROR_ABSENT);
    wake_ups = sim.wake_ups;
    sim_net_run_us(&sim, 10000000);
    assert_in_range(sim.wake_ups - wake_ups, 9, 11);
    assert_int_equal(net_udp_send(from, peer, 9, "x", 1), ERROR_ABSENT);
    assert_true(net_lease(NULL));
    assert_int_equal(times_logged("link down"), 1);

    struct sim_cable other;

    sim_cable_init(&other, 1);
    end->device = other.end[0].device;
    bring_back();
    assert_int_equal(times_logged("link up"), 1);
    assert_int_equal(datagrams_from(from), 1);
    frame = datagram(4000, "y", 1);
    arrive(&frame);
    assert_int_equal(got.count, 1);
}

static void test_an_address_that_is_configured_stays_with_another_mac(void **state)
{
    struct net_udp *from = net_udp_open(4000, false, take, &got);
    struct net_lease lease;

    (void)state;
    lose();
    end->device.mac[5] = 9;
    bring_back();
    assert_true(net_lease(&lease));
    assert_memory_equal(lease.address.ip, us, 4);
    datagrams_from(from);
    assert_int_equal(datagrams_from(from), 1);
    assert_int_equal(sim.peer.board_mac[5], 9);
}

static void test_without_a_device_the_link_is_down(void **state)
{
    (void)state;
    net_lose_device();
    assert_int_equal(times_logged("link down"), 1);
    net_lose_device();
    assert_int_equal(times_logged("link down"), 1);
    bring_back();
    assert_int_equal(times_logged("link up"), 1);
}

static void test_a_device_comes_only_where_one_is_missing_and_with_a_proper_mac(void **state)
{
    (void)state;
    assert_int_equal(net_regain_device(&end->device), ERROR_INVALID);
    lose();
    net_lose_device();
    end->device.mac[0] = 1;
    assert_int_equal(net_regain_device(&end->device), ERROR_INVALID);
    end->device.mac[0] = 2;
    bring_back();
    lose();
    net_stop(); /* without one, too */
    assert_int_equal(net_regain_device(&end->device), ERROR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_CABLE(test_cable_is_looked_at_every_250_ms),
        ON_CABLE(test_unplugged_cable_is_looked_at_every_100_ms),
        ON_CABLE(test_event_of_the_device_is_followed_in_the_same_poll),
        ON_CABLE(test_event_without_news_is_one_look),
        ON_CABLE(test_event_that_stays_does_not_keep_the_processor_awake),
        ON_CABLE(test_looks_and_events_do_not_age_what_arp_knows),
        ON_CABLE(test_device_that_is_gone_is_a_cable_that_is_out),
        ON_CABLE(test_device_that_is_gone_is_reported_at_each_look),
        ON_CABLE(test_event_of_a_device_that_is_gone_does_not_keep_the_processor_awake),
        ON_CABLE(test_without_its_device_the_stack_does_not_touch_it_and_goes_on),
        ON_CABLE(test_without_a_device_the_link_is_down),
        ON_CABLE(test_an_address_that_is_configured_stays_with_another_mac),
        ON_CABLE(test_a_device_comes_only_where_one_is_missing_and_with_a_proper_mac),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
