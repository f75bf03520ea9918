/*
 * test_network: how a service comes to its address, and whether it can be reached there.
 * A device that is gone: test_network_gone.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "network_bench.h"

#include "service.h"

static void receive_nothing(struct service_udp *socket, void *context,
                            const struct service_address *from, const uint8_t *bytes, size_t length)
{
    (void)socket;
    (void)context;
    (void)from;
    (void)bytes;
    (void)length;
}

static void give_lease(void)
{
    record.over.lease = (struct boot_lease){
        .mac = {2, 0, 0, 0, 0, 1},
        .address = {10, 0, 0, 9},
        .mask = {255, 255, 255, 0},
        .gateway = {10, 0, 0, 1},
        .server = {10, 0, 0, 1},
        .dns = {10, 0, 0, 3},
        .seconds_left = 1000,
    };
    record.over.has_lease = true;
}

static void test_without_a_lease_the_address_comes_by_dhcp(void **state)
{
    struct net_lease lease;

    (void)state;
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_true(net_lease(&lease));
    assert_memory_equal(lease.address.ip, peer.offered, 4);
    assert_in_range(peer.discovers, 1, 2);
}

static void test_the_loaders_lease_is_used_at_once(void **state)
{
    uint64_t start_us = clock_now_us();
    struct net_lease lease;

    (void)state;
    give_lease();
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_in_range(clock_now_us() - start_us, 0, 1000);
    assert_true(net_lease(&lease));
    assert_memory_equal(lease.address.ip, "\12\0\0\11", 4);
    assert_memory_equal(lease.mask.ip, "\377\377\377\0", 4);
    assert_memory_equal(lease.gateway.ip, "\12\0\0\1", 4);
    assert_memory_equal(lease.dns.ip, "\12\0\0\3", 4);
    assert_int_equal(peer.discovers, 0);
}

static void test_a_lease_of_another_device_is_not_used(void **state)
{
    struct net_lease lease;

    (void)state;
    give_lease();
    record.over.lease.mac[5] = 9;
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_true(net_lease(&lease));
    assert_memory_equal(lease.address.ip, peer.offered, 4);
}

static void test_a_lease_without_an_address_is_not_used(void **state)
{
    struct net_lease lease;

    (void)state;
    give_lease();
    memset(record.over.lease.address, 0, 4);
    memset(record.over.lease.server, 0, 4);
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_true(net_lease(&lease));
    assert_memory_equal(lease.address.ip, peer.offered, 4);
}

static void test_without_a_server_the_start_goes_on_after_ten_seconds(void **state)
{
    uint64_t start_us = clock_now_us();

    (void)state;
    peer.serves_dhcp = false;
    assert_int_equal(network_start(&sim_board.machine, &record), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - start_us, 9990000, 10100000);
    assert_non_null(strstr(sim_log(), "network: no address within 10 s; still asking"));
    assert_in_range(peer.discovers, 0, 16);
}

static void test_without_a_device_there_is_no_network_and_no_socket(void **state)
{
    (void)state;
    sim_board.network_status = ERROR_ABSENT;
    assert_int_equal(network_start(&sim_board.machine, &record), ERROR_ABSENT);
    assert_non_null(strstr(sim_log(), "network: none: absent"));
    assert_null(sim_board.machine.ethernet);
    assert_null(service_udp_open(7, receive_nothing, NULL));
    assert_non_null(strstr(sim_log(), "udp: port 7 is not opened: there is no network"));
}

static void test_a_device_without_a_proper_mac_is_not_used(void **state)
{
    (void)state;
    memset(cable.end[0].device.mac, 0xff, 6);
    assert_int_equal(network_start(&sim_board.machine, &record), ERROR_INVALID);
    assert_non_null(strstr(sim_log(), "does not start: invalid"));
}

/* ---- taken over running ---- */

static void give_device(void)
{
    sim_board.adopt_network_status = 0;
    record.loader.features = BOOT_FEATURE_WARM;
    record.over.has_usb = true;
    record.over.usb = (struct boot_usb){.driver = "cdc-ecm", .device_count = 1};
}

static void test_a_device_that_the_loader_left_running_is_not_started_anew(void **state)
{
    (void)state;
    give_device();
    give_lease();
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_int_equal(sim_board.network_adoptions, 1);
    assert_string_equal(sim_board.adopted_network.driver, "cdc-ecm");
    assert_int_equal(sim_board.network_starts, 0);
    assert_string_equal(sim_log(), "");
}

static void test_a_device_that_cannot_be_taken_over_is_started_anew(void **state)
{
    (void)state;
    give_device();
    give_lease();
    sim_board.adopt_network_status = ERROR_CORRUPT;
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_int_equal(sim_board.network_starts, 1);
    assert_ptr_equal(sim_board.machine.ethernet, &cable.end[0].device);
    assert_non_null(strstr(sim_log(), "network: not taken over from the loader: corrupt\n"));
}

static void test_with_warm_off_nothing_is_taken_over(void **state)
{
    (void)state;
    give_device();
    record.loader.features = 0;
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_int_equal(sim_board.network_adoptions, 0);
    assert_int_equal(sim_board.network_starts, 1);
}

static void test_neighbours_of_the_loader_need_no_arp(void **state)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 5};
    struct net_neighbour neighbour;

    (void)state;
    give_device();
    give_lease();
    record.over.neighbour_count = 1;
    record.over.neighbours[0] =
        (struct boot_neighbour){.address = {10, 0, 0, 5}, .mac = {2, 0, 0, 0, 0, 5}};
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_int_equal(net_neighbours(&neighbour, 1), 1);
    assert_memory_equal(neighbour.address.ip, "\12\0\0\5", 4);
    assert_memory_equal(neighbour.mac, mac, 6);
}

/* ---- whether the board can be reached ---- */

static void test_a_network_that_never_was_known_to_work_owes_no_proof(void **state)
{
    (void)state;
    strcpy(record.service.location, "sd:demo.elf");
    peer.serves_dhcp = false;
    assert_int_equal(network_start(&sim_board.machine, &record), ERROR_TIMEOUT);
    assert_true(network_is_proven());
    tear_down(NULL);
    set_up(NULL);
    sim_board.network_status = ERROR_ABSENT;
    assert_int_equal(network_start(&sim_board.machine, &record), ERROR_ABSENT);
    assert_true(network_is_proven());
}

static void test_an_address_by_dhcp_is_proof_enough(void **state)
{
    (void)state;
    strcpy(record.service.location, "push:10.0.0.1/demo.elf");
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_true(network_is_proven());
    net_stop(); /* whatever comes later */
    assert_true(network_is_proven());
}

static void test_a_pushed_image_owes_an_address_until_it_has_one(void **state)
{
    (void)state;
    strcpy(record.service.location, "push:10.0.0.1/demo.elf");
    peer.serves_dhcp = false;
    assert_int_equal(network_start(&sim_board.machine, &record), ERROR_TIMEOUT);
    assert_false(network_is_proven());
    peer.serves_dhcp = true;
    run_for_us(20000000);
    assert_true(network_is_proven());
}

static void test_an_address_that_was_taken_over_is_no_proof_until_something_is_received(
    void **state)
{
    (void)state;
    give_lease();
    peer.serves_dhcp = false;
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    run_for_us(1000000);
    assert_int_equal(cable.end[0].device.statistics.frames_received, 0);
    assert_false(network_is_proven());
    peer.serves_dhcp = true; /* the request is repeated, and answered */
    run_for_us(20000000);
    assert_true(network_is_proven());
}

static void test_a_static_address_on_a_silent_net_is_taken_for_good(void **state)
{
    (void)state;
    give_lease();
    memset(record.over.lease.server, 0, 4);
    assert_int_equal(network_start(&sim_board.machine, &record), 0);
    assert_true(network_is_proven());
}

static void test_without_its_device_a_network_that_worked_is_not_proven(void **state)
{
    (void)state;
    give_lease();
    sim_board.network_status = ERROR_ABSENT;
    assert_int_equal(network_start(&sim_board.machine, &record), ERROR_ABSENT);
    run_for_us(20000000);
    assert_false(network_is_proven());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_without_a_device_there_is_no_network_and_no_socket), /* first: no network yet */
        TEST(test_without_a_lease_the_address_comes_by_dhcp),
        TEST(test_the_loaders_lease_is_used_at_once),
        TEST(test_a_lease_of_another_device_is_not_used),
        TEST(test_a_lease_without_an_address_is_not_used),
        TEST(test_without_a_server_the_start_goes_on_after_ten_seconds),
        TEST(test_a_device_without_a_proper_mac_is_not_used),
        TEST(test_a_device_that_the_loader_left_running_is_not_started_anew),
        TEST(test_a_device_that_cannot_be_taken_over_is_started_anew),
        TEST(test_with_warm_off_nothing_is_taken_over),
        TEST(test_neighbours_of_the_loader_need_no_arp),
        TEST(test_a_network_that_never_was_known_to_work_owes_no_proof),
        TEST(test_an_address_by_dhcp_is_proof_enough),
        TEST(test_a_pushed_image_owes_an_address_until_it_has_one),
        TEST(test_an_address_that_was_taken_over_is_no_proof_until_something_is_received),
        TEST(test_a_static_address_on_a_silent_net_is_taken_for_good),
        TEST(test_without_its_device_a_network_that_worked_is_not_proven),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
