/*
 * Unit tests of net_files: the kept log, which the syslog server gets from where it was sent to.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_files_bench.h"

#include "syslog_line.h"

static struct {
    char text[4000];
    uint64_t oldest; /* what is before it is lost */
} keeper;
static struct boot_log_sent sent;

static int64_t read_kept(uint64_t *position, void *buffer, size_t capacity)
{
    if (*position < keeper.oldest)
        *position = keeper.oldest;
    size_t part = strnlen(keeper.text + *position, capacity);

    memcpy(buffer, keeper.text + *position, part);
    *position += part;
    return (int64_t)part;
}

static void keep(const char *piece)
{
    strcat(keeper.text, piece);
    net_files_log(piece, strlen(piece));
}

static const char first[] = "[   1.000000] svc: first\n", second[] = "[   2.000000] svc: second\n";

/* first is said before the program, which begins with second. */
static void start_kept(uint64_t position, uint32_t sequence)
{
    static struct net_files_kept kept;
    struct net_address server;

    memcpy(server.ip, them, 4);
    net_files_stop();
    memset(&keeper, 0, sizeof keeper);
    strcpy(keeper.text, first);
    sent = (struct boot_log_sent){.position = position, .sequence = sequence};
    kept = (struct net_files_kept){read_kept, strlen(first), &sent};
    assert_int_equal(net_files_start(&disk.files, "dns", "00000000abcdef01", server), 0);
    net_files_keep(&kept);
}

static void assert_kept_line(const char *name, unsigned sequence, const char *rest)
{
    char expected[400];
    int length = snprintf(expected, sizeof expected,
                          "<134>1 - 00000000abcdef01 %s - - [meta sequenceId=\"%u\" sysUpTime=%s",
                          name, sequence, rest);

    assert_datagram(514, expected, (size_t)length);
}

static void test_the_syslog_server_gets_what_was_logged_before_from_where_it_was_sent(void **state)
{
    (void)state;
    start_kept(0, 41);
    passes(SECOND / 10);
    assert_kept_line("pilotlight", 42, "\"100\"] svc: first");
    keep(second);
    passes(SECOND / 100);
    assert_kept_line("dns", 43, "\"200\"] svc: second");
    assert_int_equal(sent.position, strlen(keeper.text));
    assert_int_equal(sent.sequence, 43);
    assert_false(net_files_active);
    assert_in_range(sim.peer.datagrams, 2, 3); /* the first set ARP going */
}

static void test_nothing_counts_as_sent_before_a_mac_is_known(void **state)
{
    (void)state;
    sim.peer.silent_arp = true;
    start_kept(0, 0);
    keep(second);
    passes(5 * SECOND);
    assert_int_equal(sim.peer.datagrams, 0);
    assert_int_equal(sent.position, 0);
    assert_false(net_files_active); /* no packet pays for a server that is not there */
    sim.peer.silent_arp = false;
    keep("[   3.000000] svc: third\n");
    passes(3 * SECOND);
    assert_int_equal(sent.position, strlen(keeper.text));
    assert_kept_line("dns", 3, "\"300\"] svc: third");
    assert_in_range(sim.peer.datagrams, 3, 4);
}

static void test_kept_lines_wait_for_a_device_that_is_full_however_long(void **state)
{
    (void)state;
    start_kept(0, 0);
    passes(SECOND / 10);
    sim.cable.end[0].send_is_full = true;
    keep(second);
    passes(5 * SECOND);
    assert_int_equal(sent.position, strlen(first));
    assert_false(net_files_active);
    sim.cable.end[0].send_is_full = false;
    keep("[   3.000000] svc: third\n");
    passes(SECOND / 10);
    assert_kept_line("dns", 3, "\"300\"] svc: third");
}

static void test_kept_lines_go_out_few_at_a_time(void **state)
{
    (void)state;
    start_kept(0, 0);
    passes(SECOND / 10);
    sim.peer.datagrams = 0;
    for (int i = 0; i < 40; i++)
        strcat(keeper.text, second);
    keep(second);
    net_files_poll();
    sim_net_settle();
    assert_in_range(sim.peer.datagrams, 1, 8);
    assert_true(net_files_deadline_us() <= clock_now_us() + 1000);
    passes(SECOND / 10);
    assert_int_equal(sim.peer.datagrams, 41);
    assert_int_equal(sent.sequence, 42);
}

static void test_a_gap_in_the_kept_log_leaves_a_number_out(void **state)
{
    (void)state;
    start_kept(0, 2147483646);
    strcat(keeper.text, second);
    keeper.oldest = strlen(first);
    passes(SECOND / 10);
    assert_kept_line("dns", 1, "\"200\"] svc: second");
}

static void test_a_kept_line_is_sent_when_it_is_whole_and_cut_when_it_is_too_long(void **state)
{
    char text[SYSLOG_LINE_MAX + 51];

    (void)state;
    start_kept(strlen(first), 0);
    keep("no time, ");
    passes(SECOND / 10);
    assert_int_equal(sent.sequence, 0);
    assert_false(net_files_active);
    keep("whole\n\n");
    passes(SECOND / 10);
    assert_int_equal(sent.sequence, 1);
    assert_int_equal(sent.position + 1, strlen(keeper.text)); /* the empty line is none */
    memset(text, 'x', sizeof text);
    strcpy(text + sizeof text - 2, "\n");
    keep(text);
    passes(SECOND / 10);
    assert_int_equal(sent.sequence, 3);
    assert_int_equal(sent.position, strlen(keeper.text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILES_TEST(test_the_syslog_server_gets_what_was_logged_before_from_where_it_was_sent),
        FILES_TEST(test_nothing_counts_as_sent_before_a_mac_is_known),
        FILES_TEST(test_kept_lines_wait_for_a_device_that_is_full_however_long),
        FILES_TEST(test_kept_lines_go_out_few_at_a_time),
        FILES_TEST(test_a_gap_in_the_kept_log_leaves_a_number_out),
        FILES_TEST(test_a_kept_line_is_sent_when_it_is_whole_and_cut_when_it_is_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
