/*
 * The network boot source: where server and file come from, and what is asked for. Servers that
 * are away or slow: test_boot_from_tftp_wait.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "boot_from_tftp_bench.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_server_and_file_come_from_the_lease),
        TEST(test_no_wait_is_lost_on_a_good_cable),
        TEST(test_file_for_this_board_comes_first),
        TEST(test_configured_file_overrides_the_lease),
        TEST(test_nobody_names_a_file_and_the_default_is_asked_for),
        TEST(test_absolute_name_is_asked_for_as_it_is),
        TEST(test_static_address_and_server_need_no_dhcp),
        TEST(test_no_server_anywhere_is_absent_and_says_what_to_do),
        TEST(test_missing_file_is_absent_and_named),
        TEST(test_file_that_is_too_large_is_refused_in_words),
        TEST(test_each_attempt_has_a_port_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
