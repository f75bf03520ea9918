/*
 * Unit tests of net/: DHCP replies that are bad, and what comes of them. Replies that are not
 * ours, or say much: test_net_dhcp_reply.c.
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
        ON_CABLE(test_random_replies_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
