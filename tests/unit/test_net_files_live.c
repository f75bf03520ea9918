/*
 * Unit tests of net_files: the log live, a line a datagram, to those who asked and to a syslog
 * server.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_files_bench.h"

#include <stdlib.h>

/* The lines that port has got, by their text. */
static void assert_line(uint16_t port, unsigned sequence, const char *text)
{
    char expected[400], got_line[NET_UDP_MAX + 1];
    const char *time;

    assert_int_equal(bytes_be16(sim.peer.datagram.bytes + UDP), 69);
    assert_int_equal(datagram_port(), port);
    memcpy(got_line, datagram_bytes(), datagram_length());
    got_line[datagram_length()] = '\0';
    time = strstr(got_line, "sysUpTime=\"");
    assert_non_null(time);
    snprintf(expected, sizeof expected,
             "<134>1 - 00000000abcdef01 dns - - [meta sequenceId=\"%u\" sysUpTime=\"%u\"] svc: %s",
             sequence, (unsigned)atoi(time + strlen("sysUpTime=\"")), text);
    assert_string_equal(got_line, expected);
}

static void test_who_reads_live_gets_each_line_from_then_on(void **state)
{
    (void)state;
    says("before");
    subscribe(5000);
    subscribe(5000); /* once more: still one listener */
    sim.peer.datagrams = 0;
    says("first line");
    assert_true(net_files_deadline_us() <= clock_now_us());
    poll_all();
    assert_line(5000, 1, "first line");
    says("second line");
    poll_all();
    assert_line(5000, 2, "second line");
    assert_int_equal(sim.peer.datagrams, 2);
    assert_false(net_files_active);
    assert_int_equal(disk.read_dones, 0); /* the files behind have nothing to do with it */
    assert_string_equal(disk.name, "");
}

static void test_lines_end_after_their_time_unless_it_is_renewed(void **state)
{
    (void)state;
    subscribe(5000);
    passes(NET_FILES_LIVE_US - SECOND);
    subscribe(5000);
    passes(NET_FILES_LIVE_US - SECOND);
    says("still");
    poll_all();
    assert_line(5000, 1, "still");
    passes(2 * SECOND);
    sim.peer.datagrams = 0;
    says("no more");
    poll_all();
    assert_int_equal(sim.peer.datagrams, 0);
    assert_false(net_files_active);
}

static void test_who_does_not_acknowledge_is_sent_no_lines(void **state)
{
    (void)state;
    ARRIVES_FROM(5000, "\0\1live\0octet\0");
    sim.peer.datagrams = 0;
    says("secret");
    poll_all();
    assert_int_equal(sim.peer.datagrams, 0);
    passes(TFTP_SERVER_PATIENCE_US + SECOND);
    says("secret");
    sim.peer.datagrams = 0;
    poll_all();
    assert_int_equal(sim.peer.datagrams, 0);
}

static uint16_t listeners_found(unsigned *count)
{
    uint16_t last = 0;

    sim.peer.datagrams = 0;
    says("x");
    poll_all();
    *count = sim.peer.datagrams;
    last = datagram_port();
    return last;
}

static void test_a_fifth_listener_displaces_the_one_that_asked_longest_ago(void **state)
{
    unsigned count;

    (void)state;
    for (uint16_t port = 5000; port < 5004; port++) {
        passes(SECOND);
        subscribe(port);
    }
    passes(SECOND);
    subscribe(5000); /* again: 5001 is the oldest now */
    assert_int_equal(listeners_found(&count), 5003);
    assert_int_equal(count, 4);
    passes(SECOND);
    subscribe(5004);
    (void)listeners_found(&count);
    assert_int_equal(count, 4);
    passes(NET_FILES_LIVE_US - 3 * SECOND / 2);      /* only 5000 and 5004 asked since */
    assert_int_equal(listeners_found(&count), 5004); /* it has the place of 5001 */
    assert_int_equal(count, 2);
}

static void test_lines_beyond_the_queue_are_lost_and_the_numbers_tell(void **state)
{
    char text[16];

    (void)state;
    subscribe(5000);
    sim.peer.datagrams = 0;
    for (unsigned i = 1; i <= 20; i++) {
        snprintf(text, sizeof text, "line %u", i);
        says(text);
    }
    poll_all();
    assert_int_equal(sim.peer.datagrams, 16);
    assert_line(5000, 16, "line 16");
    says("line 21");
    poll_all();
    assert_line(5000, 21, "line 21");
}

static void test_lines_wait_for_a_device_that_is_full_but_not_for_ever(void **state)
{
    (void)state;
    subscribe(5000);
    sim.cable.end[0].send_is_full = true;
    says("patient");
    passes(SECOND / 20);
    sim.cable.end[0].send_is_full = false;
    passes(1000);
    assert_line(5000, 1, "patient");
    sim.cable.end[0].send_is_full = true;
    says("lost");
    passes(SECOND / 5);
    assert_false(net_files_active);
    sim.cable.end[0].send_is_full = false;
    says("next");
    poll_all();
    assert_line(5000, 3, "next");
}

static void device_is_full_now(void *context)
{
    (*(unsigned *)context)++;
    sim.cable.end[0].send_is_full = true;
}

static void test_a_line_that_one_listener_has_does_not_wait_for_the_other(void **state)
{
    unsigned arrived = 0;

    (void)state;
    subscribe(5000);
    subscribe(5001);
    sim.cable.end[1].arrived = device_is_full_now;
    sim.cable.end[1].context = &arrived;
    says("for both");
    poll_all();
    assert_int_equal(arrived, 1);
    assert_false(net_files_active);
    sim.cable.end[0].send_is_full = false;
    passes(1000);
    assert_int_equal(arrived, 1);
}

static void test_a_line_that_was_lost_takes_no_patience_from_the_next(void **state)
{
    unsigned arrived = 0;

    (void)state;
    subscribe(5000);
    subscribe(5001);
    sim.cable.end[1].arrived = device_is_full_now;
    sim.cable.end[1].context = &arrived;
    says("for both"); /* 5001 does not get it */
    poll_all();
    passes(SECOND / 5);
    says("patient");
    poll_all();
    passes(SECOND / 20);
    assert_int_equal(arrived, 1);
    sim.cable.end[0].send_is_full = false;
    passes(1000);
    assert_int_equal(arrived, 2);
}

static void test_a_syslog_server_gets_the_log_for_ever(void **state)
{
    struct net_address server;

    (void)state;
    memcpy(server.ip, them, 4);
    net_files_stop();
    assert_int_equal(net_files_start(&disk.files, "dns", "00000000abcdef01", server), 0);
    says("one");
    poll_all();
    assert_line(514, 1, "one");
    passes(100 * SECOND);
    says("two");
    poll_all();
    assert_line(514, 2, "two");
    for (uint16_t port = 5000; port < 5006; port++) /* nobody displaces it */
        subscribe(port);
    sim.peer.datagrams = 0;
    says("three");
    poll_all();
    assert_int_equal(sim.peer.datagrams, 5);
    assert_line(514, 3, "three");
}

static void test_a_push_goes_on_while_lines_are_sent(void **state)
{
    (void)state;
    subscribe(5000);
    ARRIVES("\0\2dns.elf\0octet\0");
    says("a line");
    poll_all();
    assert_line(5000, 1, "a line");
    ARRIVES("\0\3\0\1image");
    assert_int_equal(disk.done, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILES_TEST(test_who_reads_live_gets_each_line_from_then_on),
        FILES_TEST(test_lines_end_after_their_time_unless_it_is_renewed),
        FILES_TEST(test_who_does_not_acknowledge_is_sent_no_lines),
        FILES_TEST(test_a_fifth_listener_displaces_the_one_that_asked_longest_ago),
        FILES_TEST(test_lines_beyond_the_queue_are_lost_and_the_numbers_tell),
        FILES_TEST(test_lines_wait_for_a_device_that_is_full_but_not_for_ever),
        FILES_TEST(test_a_line_that_one_listener_has_does_not_wait_for_the_other),
        FILES_TEST(test_a_line_that_was_lost_takes_no_patience_from_the_next),
        FILES_TEST(test_a_syslog_server_gets_the_log_for_ever),
        FILES_TEST(test_a_push_goes_on_while_lines_are_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
