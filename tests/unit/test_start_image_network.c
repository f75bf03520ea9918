/*
 * start_image: what the service learns of the network that the loader has used, and what state its
 * device is left in.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "start_image_bench.h"

#include "sim_net.h"

static struct sim_net net;

static int teardown(void **state)
{
    (void)state;
    if (loader.network_is_up)
        sim_net_stop(&net);
    return 0;
}

/* The stack has been started on a cable; sim_net_start has reset the simulator. */
static void begin_network(void)
{
    sim_net_start(&net);
    loader.board.ethernet = &net.cable.end[0].device;
    loader.network_is_up = true;
}

static void test_a_lease_is_handed_over_with_the_time_it_has_left(void **state)
{
    size_t length;

    (void)state;
    begin_network();
    net_dhcp_start();
    sim_net_run_us(&net, 10000000);
    assert_true(net_lease(NULL));
    sim_advance_us(100000000);
    expect_start();
    const struct boot_lease *lease = entry(BOOT_TAG_LEASE, &length);

    assert_memory_equal(lease->address, ((uint8_t[]){10, 0, 0, 77}), 4);
    assert_memory_equal(lease->server, ((uint8_t[]){10, 0, 0, 1}), 4);
    assert_memory_equal(lease->mac, net.cable.end[0].device.mac, 6);
    assert_in_range(lease->seconds_left, 3600 - 112, 3600 - 100);
}

static void test_a_lease_that_has_run_out_has_no_time_left(void **state)
{
    size_t length;

    (void)state;
    begin_network();
    net_dhcp_start();
    sim_net_run_us(&net, 10000000);
    sim_advance_us(5000000000); /* nobody polled the stack: it still has the address */
    expect_start();
    assert_int_equal(((const struct boot_lease *)entry(BOOT_TAG_LEASE, &length))->seconds_left, 0);
}

static void test_a_static_address_is_for_ever(void **state)
{
    size_t length;

    (void)state;
    begin_network();
    sim_net_static();
    expect_start();
    const struct boot_lease *lease = entry(BOOT_TAG_LEASE, &length);

    assert_memory_equal(lease->address, ((uint8_t[]){10, 0, 0, 2}), 4);
    assert_memory_equal(lease->server, ((uint8_t[4]){0}), 4);
    assert_int_equal(lease->seconds_left, UINT32_MAX);
}

static void test_without_an_address_there_is_no_lease(void **state)
{
    size_t length;

    (void)state;
    expect_start();
    assert_null(transfer_list_find((const void *)sim_cpu.list, BOOT_TAG_LEASE, 0, &length));
    begin_network(); /* up, but no address yet */
    expect_start();
    assert_null(transfer_list_find((const void *)sim_cpu.list, BOOT_TAG_LEASE, 0, &length));
}

static void test_the_device_is_stopped_before_the_service_runs(void **state)
{
    (void)state;
    begin_network();
    sim_net_static();
    expect_start();
    assert_true(net.cable.end[0].stopped);
    assert_int_equal(sim_board.quiesces, 1);
    assert_false(net_poll());
}

static void test_a_refused_image_leaves_the_network_up(void **state)
{
    (void)state;
    begin_network();
    sim_net_static();
    b.header->machine = 62;
    receive(b.bytes, b.length);
    assert_false(sim_expect_stop(start, NULL));
    assert_false(net.cable.end[0].stopped);
    assert_true(net_lease(NULL));
}

static void test_devices_that_do_not_stop_cost_a_line_not_the_start(void **state)
{
    (void)state;
    sim_board.quiesce_status = ERROR_TIMEOUT;
    expect_start();
    assert_non_null(strstr(sim_log(), "devices did not stop: timeout; they were reset\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_lease_is_handed_over_with_the_time_it_has_left,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_lease_that_has_run_out_has_no_time_left, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_static_address_is_for_ever, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_an_address_there_is_no_lease, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_device_is_stopped_before_the_service_runs, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_refused_image_leaves_the_network_up, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_devices_that_do_not_stop_cost_a_line_not_the_start,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
