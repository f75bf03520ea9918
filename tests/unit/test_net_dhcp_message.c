/*
 * Unit tests of net/: DHCP replies that are bad, and what comes of them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "dhcp_bench.h"

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
        ON_CABLE(test_a_reply_that_fills_its_frame_is_read_to_the_last_option),
        ON_CABLE(test_random_replies_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
