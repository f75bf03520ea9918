/*
 * The network boot source over the real network stack, on a simulated cable.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "boot_from_tftp.h"
#include "clock.h"
#include "error.h"
#include "irq.h"
#include "sim_tftp_cable.h"

#define SERIAL   "00000000deadbeef"
#define CAPACITY 400000
#define ALL      (TFTP_BLKSIZE | TFTP_TSIZE | TFTP_TIMEOUT | TFTP_WINDOWSIZE)

static uint8_t file[300000];
static uint8_t image[CAPACITY];
static struct sim_net net;
static struct sim_tftp_cable cable;
static struct configuration configuration;
static struct boot_from_tftp from_tftp;

static uint64_t gives_up_at_us; /* when the loader has something better to do */

/* The loader's loop without the rest of the loader. */
static bool turn(void *context, uint64_t deadline_us)
{
    assert_ptr_equal(context, &from_tftp);
    if (clock_now_us() >= gives_up_at_us)
        return false;
    irq_dispatch();
    if (net_poll())
        return true;
    if (net_deadline_us() < deadline_us)
        deadline_us = net_deadline_us();
    if (gives_up_at_us < deadline_us)
        deadline_us = gives_up_at_us;
    clock_wait_until(deadline_us);
    return true;
}

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof file; i++)
        file[i] = (uint8_t)(i >> 7 ^ i * 13);
    memset(image, 0, sizeof image);
    sim_net_start(&net);
    sim_tftp_cable_start(&cable, &net);
    cable.tftp.file = file;
    cable.tftp.length = sizeof file;
    cable.tftp.options = ALL;
    cable.tftp.name = "dns.elf";
    net.peer.serves_dhcp = true;
    memcpy(net.peer.siaddr, net.peer.ip, 4);
    configuration_defaults(&configuration);
    gives_up_at_us = CLOCK_NEVER;
    boot_from_tftp_init(&from_tftp, &configuration, SERIAL, turn, &from_tftp);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_null(from_tftp.socket);
    assert_int_equal(net.peer.bad_checksums, 0);
    sim_cancel(&cable.event);
    assert_true(sim_net_stop(&net));
    return 0;
}

static int64_t fetch(uint64_t timeout_us)
{
    return from_tftp.source.fetch(&from_tftp.source, image, sizeof image, NULL,
                                  clock_now_us() + timeout_us);
}

static void assert_fetched(const char *location)
{
    assert_int_equal(fetch(60000000), cable.tftp.length);
    assert_memory_equal(image, file, cable.tftp.length);
    assert_string_equal(from_tftp.source.location(&from_tftp.source), location);
}

static void assert_logged(const char *text)
{
    if (strstr(sim_log(), text) == NULL)
        fail_msg("not in the log: \"%s\"\n%s", text, sim_log());
}

static void test_server_and_file_come_from_the_lease(void **state)
{
    (void)state;
    strcpy(net.peer.file, "dns.elf");
    net_dhcp_start();
    assert_fetched("tftp://10.0.0.1/dns.elf");
    assert_logged("tftp://10.0.0.1/dns.elf: 300000 bytes in ");
    assert_logged(" ms, blocks in a window: 64, packets repeated: 0\n");
    /* One for <serial>/dns.elf, one for dns.elf. */
    assert_int_equal(cable.tftp.requests, 2);
    assert_null(strstr(sim_log(), "not found"));
}

static void test_no_wait_is_lost_on_a_good_cable(void **state)
{
    uint64_t start;

    (void)state;
    strcpy(configuration.file, "dns.elf");
    sim_net_static();
    configuration.server = (struct net_address){{10, 0, 0, 1}};
    start = clock_now_us();
    assert_fetched("tftp://10.0.0.1/dns.elf");
    /* Two requests, an OACK and 4 windows: 7 round trips of 200 us, during some of which the
     * simulator's clock stands still, and the time it counts for looking at the clock. */
    assert_in_range(clock_now_us() - start, 400, 20000);
    assert_int_equal(from_tftp.client.repeated, 0);
}

static void test_file_for_this_board_comes_first(void **state)
{
    (void)state;
    configuration.server = (struct net_address){{10, 0, 0, 1}};
    strcpy(configuration.file, "dns.elf");
    cable.tftp.name = SERIAL "/dns.elf";
    net_dhcp_start();
    assert_fetched("tftp://10.0.0.1/" SERIAL "/dns.elf");
    assert_int_equal(cable.tftp.requests, 1);
}

static void test_configured_file_overrides_the_lease(void **state)
{
    (void)state;
    strcpy(net.peer.file, "pxelinux.0");
    strcpy(configuration.service, "dns");
    net_dhcp_start();
    assert_fetched("tftp://10.0.0.1/dns.elf");
}

static void test_nobody_names_a_file_and_the_default_is_asked_for(void **state)
{
    (void)state;
    cable.tftp.name = BOOT_FROM_TFTP_FILE;
    net_dhcp_start();
    assert_fetched("tftp://10.0.0.1/service.elf");
}

static void test_absolute_name_is_asked_for_as_it_is(void **state)
{
    (void)state;
    strcpy(configuration.file, "/srv/dns.elf");
    cable.tftp.name = "/srv/dns.elf";
    net_dhcp_start();
    assert_fetched("tftp://10.0.0.1/srv/dns.elf");
    assert_int_equal(cable.tftp.requests, 1);
}

static void test_static_address_and_server_need_no_dhcp(void **state)
{
    (void)state;
    net.peer.serves_dhcp = false;
    sim_net_static();
    configuration.server = (struct net_address){{10, 0, 0, 1}};
    strcpy(configuration.file, "dns.elf");
    assert_fetched("tftp://10.0.0.1/dns.elf");
    assert_int_equal(net.peer.discovers, 0);
}

static void test_no_server_anywhere_is_absent_and_says_what_to_do(void **state)
{
    (void)state;
    sim_net_static();
    assert_int_equal(fetch(60000000), ERROR_ABSENT);
    assert_logged("DHCP names no boot server; set server in pilot.conf");
}

static void test_no_address_ends_at_the_deadline(void **state)
{
    uint64_t start = clock_now_us();

    (void)state;
    net.peer.serves_dhcp = false;
    net_dhcp_start();
    assert_int_equal(fetch(7000000), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - start, 7000000, 7100000);
    assert_logged("no address: no answer from a DHCP server, or no cable");
}

static void test_missing_file_is_absent_and_named(void **state)
{
    (void)state;
    strcpy(configuration.file, "other.elf");
    net_dhcp_start();
    assert_int_equal(fetch(60000000), ERROR_ABSENT);
    assert_logged("tftp://10.0.0.1/other.elf: the server says \"File not found\" (error 1)");
    assert_int_equal(cable.tftp.requests, 2);
}

static void test_file_that_is_too_large_is_refused_in_words(void **state)
{
    (void)state;
    strcpy(configuration.file, "dns.elf");
    net_dhcp_start();
    assert_int_equal(
        from_tftp.source.fetch(&from_tftp.source, image, 1000, NULL, clock_now_us() + 60000000),
        ERROR_TOO_LARGE);
    assert_logged("dns.elf: the file has 300000 bytes, there is room for 1000");
    assert_int_equal(image[0], 0);
    /* And the next one works. */
    assert_fetched("tftp://10.0.0.1/dns.elf");
}

static void test_lossy_cable_delivers(void **state)
{
    (void)state;
    strcpy(configuration.file, "dns.elf");
    net_dhcp_start();
    net.cable.loss_percent = 5;
    net.cable.duplicate_percent = 5;
    net.cable.reorder_percent = 5;
    assert_fetched("tftp://10.0.0.1/dns.elf");
}

static void test_cable_that_is_plugged_in_late_delivers(void **state)
{
    (void)state;
    strcpy(configuration.file, "dns.elf");
    sim_cable_plug(&net.cable, false);
    net_dhcp_start();
    assert_int_equal(fetch(3000000), ERROR_TIMEOUT);
    sim_cable_plug(&net.cable, true);
    assert_fetched("tftp://10.0.0.1/dns.elf");
}

static void test_each_attempt_has_a_port_of_its_own(void **state)
{
    (void)state;
    strcpy(configuration.file, "dns.elf");
    cable.tftp.refuses_options = 1;
    cable.tftp.refuse_code = 8;
    net_dhcp_start();
    assert_fetched("tftp://10.0.0.1/dns.elf");
    assert_logged("/dns.elf: the server says \"no options\" (error 8); asking again");
    /* One for <serial>/dns.elf, which is not there, and three for dns.elf. */
    assert_int_equal(cable.tftp.requests, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_in_range(cable.tftp.request_ports[i], 49152, 65535);
        for (unsigned j = 0; j < i; j++)
            assert_int_not_equal(cable.tftp.request_ports[i], cable.tftp.request_ports[j]);
    }
}

static void test_server_that_is_away_is_reported_at_the_deadline(void **state)
{
    (void)state;
    strcpy(configuration.file, "dns.elf");
    cable.tftp.away_until_us = CLOCK_NEVER;
    net_dhcp_start();
    assert_int_equal(fetch(12000000), ERROR_TIMEOUT);
    assert_logged("/dns.elf: the server does not answer");
}

static void test_packets_that_can_not_leave_are_told_from_a_server_that_is_silent(void **state)
{
    (void)state;
    sim_net_static();
    configuration.server = (struct net_address){{10, 0, 0, 1}};
    strcpy(configuration.file, "dns.elf");
    cable.tftp.away_until_us = CLOCK_NEVER;
    assert_int_equal(fetch(3000000), ERROR_TIMEOUT);
    assert_logged("/dns.elf: the server does not answer\n");
    sim_cable_plug(&net.cable, false);
    assert_int_equal(fetch(3000000), ERROR_TIMEOUT);
    assert_logged("/dns.elf: the server does not answer; nothing can be sent: no cable, no device "
                  "or no address\n");
}

static void test_address_that_came_late_leaves_the_server_all_its_time(void **state)
{
    uint64_t start;

    (void)state;
    strcpy(configuration.file, "dns.elf");
    cable.tftp.away_until_us = CLOCK_NEVER;
    sim_cable_plug(&net.cable, false);
    net_dhcp_start();
    sim_cable_plug(&net.cable, true);
    start = clock_now_us();
    assert_int_equal(fetch(4000000), ERROR_TIMEOUT);
    assert_logged("/dns.elf: the server does not answer\n");
    /* The cable is looked at ten times a second: the address takes a moment. */
    assert_in_range(clock_now_us() - start, 4000001, 8100000);
}

static void test_server_that_says_nothing_to_the_first_name_gives_the_second(void **state)
{
    uint64_t start;

    (void)state;
    strcpy(configuration.file, "dns.elf");
    cable.tftp.mute_name = SERIAL "/dns.elf";
    sim_net_static();
    configuration.server = (struct net_address){{10, 0, 0, 1}};
    start = clock_now_us();
    assert_fetched("tftp://10.0.0.1/dns.elf");
    assert_logged("tftp://10.0.0.1/" SERIAL "/dns.elf: the server does not answer\n");
    assert_null(strstr(sim_log(), "there is room for"));
    assert_in_range(clock_now_us() - start, 60000000, 61000000);
}

static void test_server_that_comes_back_late_gives_a_board_its_own_file(void **state)
{
    uint64_t start;

    (void)state;
    strcpy(configuration.file, "dns.elf");
    cable.tftp.name = NULL; /* it has both */
    sim_net_static();
    configuration.server = (struct net_address){{10, 0, 0, 1}};
    start = clock_now_us();
    cable.tftp.away_until_us = start + 45000000;
    assert_fetched("tftp://10.0.0.1/" SERIAL "/dns.elf");
    assert_in_range(clock_now_us() - start, 45000000, 48000000);
}

static void test_server_that_is_away_costs_the_time_once(void **state)
{
    uint64_t start;

    (void)state;
    strcpy(configuration.file, "dns.elf");
    cable.tftp.away_until_us = CLOCK_NEVER;
    sim_net_static();
    configuration.server = (struct net_address){{10, 0, 0, 1}};
    start = clock_now_us();
    assert_int_equal(fetch(12000000), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - start, 12000000, 12100000);
    assert_logged("tftp://10.0.0.1/" SERIAL "/dns.elf: the server does not answer\n");
    assert_logged("tftp://10.0.0.1/dns.elf: the server does not answer\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void test_a_fetch_is_given_up_when_the_loader_wants_to_go_on(void **state)
{
    (void)state;
    strcpy(net.peer.file, "dns.elf");
    net_dhcp_start();
    cable.tftp.away_until_us = CLOCK_NEVER;
    gives_up_at_us = clock_now_us() + 20000000;
    assert_int_equal(fetch(60000000), ERROR_CANCELLED);
    assert_in_range(clock_now_us(), gives_up_at_us, gives_up_at_us + 1100000);
    assert_logged("given up for a push");
}

static void test_waiting_for_an_address_is_given_up_as_well(void **state)
{
    (void)state;
    net.peer.serves_dhcp = false;
    gives_up_at_us = clock_now_us() + 2000000;
    assert_int_equal(fetch(60000000), ERROR_CANCELLED);
    assert_in_range(clock_now_us(), gives_up_at_us, gives_up_at_us + 1100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_fetch_is_given_up_when_the_loader_wants_to_go_on,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_waiting_for_an_address_is_given_up_as_well, set_up,
                                        tear_down),
        TEST(test_server_and_file_come_from_the_lease),
        TEST(test_no_wait_is_lost_on_a_good_cable),
        TEST(test_file_for_this_board_comes_first),
        TEST(test_configured_file_overrides_the_lease),
        TEST(test_nobody_names_a_file_and_the_default_is_asked_for),
        TEST(test_absolute_name_is_asked_for_as_it_is),
        TEST(test_static_address_and_server_need_no_dhcp),
        TEST(test_no_server_anywhere_is_absent_and_says_what_to_do),
        TEST(test_no_address_ends_at_the_deadline),
        TEST(test_missing_file_is_absent_and_named),
        TEST(test_file_that_is_too_large_is_refused_in_words),
        TEST(test_lossy_cable_delivers),
        TEST(test_cable_that_is_plugged_in_late_delivers),
        TEST(test_each_attempt_has_a_port_of_its_own),
        TEST(test_server_that_is_away_is_reported_at_the_deadline),
        TEST(test_packets_that_can_not_leave_are_told_from_a_server_that_is_silent),
        TEST(test_address_that_came_late_leaves_the_server_all_its_time),
        TEST(test_server_that_says_nothing_to_the_first_name_gives_the_second),
        TEST(test_server_that_comes_back_late_gives_a_board_its_own_file),
        TEST(test_server_that_is_away_costs_the_time_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
