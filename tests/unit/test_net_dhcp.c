/*
 * Unit tests of net/: DHCP against a server at the other end of a simulated cable, with
 * the answers good, bad, late and missing.
 *
 * The server answers from inside the send of our request, so every answer here arrives
 * before the call that asked for it has returned.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "net.h"
#include "net_address.h"
#include "net_dhcp_message.h"
#include "sim.h"
#include "sim_net.h"

#define SECOND  UINT64_C(1000000)
#define OPTIONS 240

static struct sim_net sim;

static int set_up(void **state)
{
    (void)state;
    sim_net_start(&sim);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (!sim_net_stop(&sim) || sim.peer.bad_checksums != 0)
        return -1;
    return sim.peer.releases == 0 ? 0 : -1; /* the address goes on to another program */
}

static struct net_lease get_lease(void)
{
    struct net_lease lease;

    net_dhcp_start();
    sim_net_settle();
    assert_true(net_lease(&lease));
    return lease;
}

static void assert_address(struct net_address address, int a, int b, int c, int d)
{
    const uint8_t expected[] = {(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d};

    assert_memory_equal(address.ip, expected, 4);
}

/* The server's answers are spoilt by edit: no address may come of it, the log says
 * complaint, and when the server mends its ways all is well. */
static void refuse(sim_dhcp_edit *edit, const char *complaint)
{
    sim_log_clear();
    sim.peer.edit = edit;
    net_dhcp_start();
    sim_net_run_us(&sim, 3 * SECOND);
    assert_false(net_lease(NULL));
    assert_non_null(strstr(sim_log(), complaint));
    sim.peer.edit = NULL;
    sim_net_run_us(&sim, 20 * SECOND);
    assert_true(net_lease(NULL));
}

/* Where option code stands in a message that the simulated server made. */
static uint8_t *option(uint8_t *message, uint8_t code)
{
    uint8_t *at = message + OPTIONS;

    while (*at != code)
        at += 2 + at[1];
    return at;
}

/* ---- bad input ---- */

static void no_end(struct sim_peer *peer, uint8_t type, uint8_t *message, size_t *length)
{
    (void)peer, (void)type, (void)message;
    *length -= 1;
}

static void test_a_reply_without_end_option_is_ignored(void **state)
{
    (void)state;
    refuse(no_end, "no end option");
}

static size_t cut_to;

static void cut(struct sim_peer *peer, uint8_t type, uint8_t *message, size_t *length)
{
    (void)peer, (void)type, (void)message;
    *length = cut_to;
}

static void test_a_reply_shorter_than_its_fixed_part_is_ignored(void **state)
{
    (void)state;
    for (cut_to = 34; cut_to <= 240; cut_to += 103)
        refuse(cut, "shorter than its fixed part");
    /* Cut so short that it cannot be told whose it is: not even worth a line. */
    for (cut_to = 0; cut_to < 34; cut_to++) {
        sim.peer.edit = cut;
        net_dhcp_start();
        sim_net_settle();
        assert_false(net_lease(NULL));
    }
}

static void test_a_reply_cut_at_every_byte_gives_no_address(void **state)
{
    (void)state;
    sim.peer.edit = cut;
    for (cut_to = 241; cut_to < 241 + 3 + sim.peer.option_bytes; cut_to++) {
        net_dhcp_start();
        sim_net_settle();
        assert_false(net_lease(NULL));
    }
    net_dhcp_start(); /* now whole: the last byte is the end option */
    sim_net_settle();
    assert_true(net_lease(NULL));
}

static void long_option(struct sim_peer *peer, uint8_t type, uint8_t *message, size_t *length)
{
    (void)peer, (void)type;
    message[*length - 1] = 200; /* a code nobody knows, 255 bytes of which there are 2 */
    message[(*length)++] = 255;
    message[(*length)++] = 1;
    message[(*length)++] = 255;
}

static void no_length(struct sim_peer *peer, uint8_t type, uint8_t *message, size_t *length)
{
    (void)peer, (void)type;
    message[*length - 1] = 3;
}

static void test_an_option_that_ends_behind_the_message_is_refused(void **state)
{
    (void)state;
    refuse(long_option, "an option ends behind the message; it is option 200");
    refuse(no_length, "the last option has no length; it is option 3");
}

static void test_a_file_field_without_nul_is_ignored(void **state)
{
    struct net_lease lease;

    (void)state;
    memset(sim.peer.file, 'f', sizeof sim.peer.file);
    memset(sim.peer.sname, 's', sizeof sim.peer.sname);
    lease = get_lease();
    assert_string_equal(lease.boot_file, "");
    assert_non_null(strstr(sim_log(), "file field ignored"));
    sim.peer.file[127] = 0; /* one less fits */
    lease = get_lease();
    assert_int_equal(strlen(lease.boot_file), 127);
}

static void test_names_that_no_file_has_are_ignored(void **state)
{
    static const struct {
        const char *name;
        uint8_t length;
        const char *expected;
    } cases[] = {
        {"dns.elf", 7, "dns.elf"},
        {"dns.elf\0\0", 9, "dns.elf"}, /* NULs at the end are padding */
        {"/boot/dns.elf", 13, "/boot/dns.elf"},
        {"a..b", 4, "a..b"},
        {"", 0, ""},
        {"dns\0elf", 7, ""},
        {"../dns.elf", 10, ""},
        {"a/../b", 6, ""},
        {"a/..", 4, ""},
        {"..", 2, ""},
        {"\033[2Jdns.elf", 11, ""},
        {"dns.elf\n", 8, ""},
        {"d\xc3\xb6ns.elf", 9, ""},
    };
    uint8_t longest[255];

    (void)state;
    memset(longest, 'x', sizeof longest);

    size_t base = sim.peer.option_bytes;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sim.peer.option_bytes = base;
        sim_peer_add_option(&sim.peer, 67, cases[i].name, cases[i].length);
        assert_string_equal(get_lease().boot_file, cases[i].expected);
    }
    for (unsigned length = 126; length <= 255; length++) {
        sim.peer.option_bytes = base;
        sim_peer_add_option(&sim.peer, 66, longest, (uint8_t)length);
        sim_peer_add_option(&sim.peer, 67, longest, (uint8_t)length);

        struct net_lease lease = get_lease();

        assert_int_equal(strlen(lease.boot_file), length <= 127 ? length : 0);
        assert_int_equal(strlen(lease.boot_server_name), length <= 127 ? length : 0);
    }
}

static uint8_t overload;

/* Options 52 in the options, and in the file field another one. */
static void nested(struct sim_peer *peer, uint8_t type, uint8_t *message, size_t *length)
{
    static const uint8_t in_file[] = {52, 1, 3, 255};

    (void)peer, (void)type;
    message[*length - 1] = 52;
    message[(*length)++] = 1;
    message[(*length)++] = overload;
    message[(*length)++] = 255;
    if (overload == 1 || overload == 3)
        memcpy(message + 108, in_file, sizeof in_file);
    if (overload == 2)
        memcpy(message + 44, in_file, sizeof in_file);
}

static void test_nested_or_impossible_overload_is_refused(void **state)
{
    (void)state;
    for (overload = 0; overload < 5; overload++)
        refuse(nested, "option 52 (overload)");
}

static void overloaded(struct sim_peer *peer, uint8_t type, uint8_t *message, size_t *length)
{
    static const uint8_t in_file[] = {67, 7, 'd', 'n', 's', '.', 'e', 'l', 'f', 255};
    static const uint8_t in_sname[] = {66, 8, '1', '0', '.', '0', '.', '0', '.', '9', 255};

    nested(peer, type, message, length);
    memcpy(message + 108, in_file, sizeof in_file);
    memcpy(message + 44, in_sname, sizeof in_sname);
}

static void test_overloaded_fields_are_read_as_options(void **state)
{
    struct net_lease lease;

    (void)state;
    overload = 3;
    sim.peer.edit = overloaded;
    lease = get_lease();
    assert_string_equal(lease.boot_file, "dns.elf");
    assert_address(lease.boot_server, 10, 0, 0, 9);
}

static struct {
    uint8_t code, length, value[4];
    bool change_length;
} change;

static void change_option(struct sim_peer *peer, uint8_t type, uint8_t *message, size_t *length)
{
    uint8_t *at = option(message, change.code);

    (void)peer, (void)type;
    if (change.change_length) { /* what is too much or missing is taken from behind */
        uint8_t *end = at + 2 + at[1];

        memmove(at + 2 + change.length, end, (size_t)(message + *length - end));
        *length = *length + change.length - at[1];
        at[1] = change.length;
    }
    memcpy(at + 2, change.value, at[1] < 4 ? at[1] : 4);
}

static void test_options_of_wrong_length_or_value_are_refused(void **state)
{
    static const uint8_t addresses[] = {1, 3, 6, 54}, times[] = {51};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (uint8_t length = 0; length < 8; length++) {
            if (length == 4)
                continue;
            memset(&change, 0, sizeof change);
            change.code = addresses[i];
            change.length = length;
            change.change_length = true;
            refuse(change_option, "address option (1, 3, 6, 54) has length");
        }
    }
    for (uint8_t length = 0; length < 8; length++) {
        if (length == 4)
            continue;
        memset(&change, 0, sizeof change);
        change.code = times[0];
        change.length = length;
        change.change_length = true;
        refuse(change_option, "time option (51, 58, 59) has length");
    }
    memset(&change, 0, sizeof change);
    change.code = 51;
    refuse(change_option, "option 51 (lease time) is 0");
    change.code = 54;
    refuse(change_option, "option 54 (server) is no host");
    change.value[0] = 239;
    refuse(change_option, "option 54 (server) is no host");
    change.code = 1;
    refuse(change_option, "option 1 (mask) is no mask");
    change.value[0] = 0;
    refuse(change_option, "option 1 (mask) is no mask");
}

static void test_an_address_that_no_host_can_have_is_refused(void **state)
{
    static const uint8_t bad[][4] = {{0, 0, 0, 0},    {127, 0, 0, 1}, {224, 0, 0, 5},
                                     {10, 0, 0, 255}, {10, 0, 0, 0},  {255, 255, 255, 255},
                                     {240, 1, 2, 3}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memcpy(sim.peer.offered, bad[i], 4);
        net_dhcp_start();
        /* Sent to us by MAC; the address in the IP header must be one that passes. */
        sim_net_run_us(&sim, SECOND);
        assert_false(net_lease(NULL));
        assert_non_null(strstr(sim_log(), "the offered address is no host's"));
        sim_log_clear();
        sim_net_run_us(&sim, SECOND);
    }
}

static void wrong_xid(struct sim_peer *peer, uint8_t type, uint8_t *message, size_t *length)
{
    (void)peer, (void)type, (void)length;
    message[7] ^= 1;
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

static void test_random_replies_do_no_harm(void **state)
{
    (void)state;
    srand(1);
    net_dhcp_start();
    sim.peer.serves_dhcp = false;
    sim_net_run_us(&sim, SECOND);
    for (int i = 0; i < 3000; i++) {
        size_t length = 240 + (size_t)rand() % 300;
        uint8_t *message = malloc(length); /* of exactly this length: the sanitizer looks on */
        struct net_dhcp_message parsed;
        const char *problem;
        unsigned value;

        for (size_t k = 0; k < length; k++)
            message[k] = (uint8_t)(rand() % 4 ? rand() % 70 : rand());
        memcpy(message + 236, "\x63\x82\x53\x63\x35\x01\x05", 7 < length - 236 ? 7 : length - 236);
        if (net_dhcp_message_parse(&parsed, message, length, &problem, &value) < 0)
            assert_non_null(problem);
        free(message);
    }
}

/* ---- protocol ---- */

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

static void test_a_bound_and_idle_client_wakes_once_a_second(void **state)
{
    (void)state;
    (void)get_lease();
    sim.wake_ups = 0;
    sim_net_run_us(&sim, 100 * SECOND);
    assert_in_range(sim.wake_ups, 99, 102);
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

#define ON_CABLE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_CABLE(test_a_reply_without_end_option_is_ignored),
        ON_CABLE(test_a_reply_shorter_than_its_fixed_part_is_ignored),
        ON_CABLE(test_a_reply_cut_at_every_byte_gives_no_address),
        ON_CABLE(test_an_option_that_ends_behind_the_message_is_refused),
        ON_CABLE(test_a_file_field_without_nul_is_ignored),
        ON_CABLE(test_names_that_no_file_has_are_ignored),
        ON_CABLE(test_nested_or_impossible_overload_is_refused),
        ON_CABLE(test_overloaded_fields_are_read_as_options),
        ON_CABLE(test_options_of_wrong_length_or_value_are_refused),
        ON_CABLE(test_an_address_that_no_host_can_have_is_refused),
        ON_CABLE(test_replies_to_others_are_ignored_in_silence),
        ON_CABLE(test_a_second_offer_and_another_servers_answer_are_ignored),
        ON_CABLE(test_a_storm_of_refusals_is_answered_every_ten_seconds),
        ON_CABLE(test_server_name_option_may_be_a_name_or_an_address),
        ON_CABLE(test_a_long_list_of_dns_servers_gives_the_first),
        ON_CABLE(test_random_replies_do_no_harm),
        ON_CABLE(test_discover_says_who_and_what_we_are),
        ON_CABLE(test_discover_is_repeated_after_half_a_second_and_slower_and_slower),
        ON_CABLE(test_a_lost_request_is_repeated),
        ON_CABLE(test_discover_goes_out_when_the_cable_is_plugged_in),
        ON_CABLE(test_a_replugged_cable_confirms_the_lease),
        ON_CABLE(test_a_lossy_cable_gets_its_lease),
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
        ON_CABLE(test_a_bound_and_idle_client_wakes_once_a_second),
        ON_CABLE(test_the_clock_may_pass_what_32_bits_of_milliseconds_hold),
        cmocka_unit_test(test_addresses_are_read_in_one_form_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
