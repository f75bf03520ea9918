/*
 * Unit tests of net_files: the TFTP server on its socket, and the log live.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "log.h"
#include "net_files.h"
#include "syslog_line.h"

#define SECOND UINT64_C(1000000)
#define PORT   4000 /* the client's */

static const struct net_address nobody;

static struct {
    struct tftp_server_files files;
    uint8_t memory[4096];
    unsigned written, failed, done, read_dones;
    bool polling;       /* net_poll is running */
    unsigned done_then; /* write_done while it was */
    char name[64];
} disk;

static int disk_write(struct tftp_server_files *self, const struct tftp_server_peer *from,
                      const char *name, int64_t announced, uint8_t **buffer, size_t *capacity,
                      char *reason)
{
    (void)announced;
    assert_ptr_equal(self, &disk.files);
    assert_memory_equal(from->address.ip, them, 4);
    snprintf(disk.name, sizeof disk.name, "%s", name);
    *buffer = disk.memory;
    *capacity = sizeof disk.memory;
    if (strcmp(name, "no.elf") != 0)
        return 0;
    strcpy(reason, "not that one");
    return ERROR_REFUSED;
}

static int disk_written(struct tftp_server_files *self, size_t length, char *reason)
{
    (void)self;
    assert_in_range(length, 0, sizeof disk.memory);
    disk.written++;
    if (memcmp(disk.memory, "bad", 3) != 0)
        return 0;
    strcpy(reason, "a bad image");
    return ERROR_CORRUPT;
}

static void disk_write_failed(struct tftp_server_files *self, const char *reason)
{
    assert_ptr_equal(self, &disk.files);
    assert_non_null(reason);
    disk.failed++;
}

static void disk_write_done(struct tftp_server_files *self)
{
    assert_ptr_equal(self, &disk.files);
    disk.done++;
    disk.done_then += disk.polling;
}

static int disk_read(struct tftp_server_files *self, const struct tftp_server_peer *from,
                     const char *name, char *reason)
{
    (void)from;
    assert_ptr_equal(self, &disk.files);
    snprintf(disk.name, sizeof disk.name, "%s", name);
    if (strcmp(name, "log") == 0)
        return 0;
    strcpy(reason, "there is only log");
    return ERROR_ABSENT;
}

static int64_t disk_read_bytes(struct tftp_server_files *self, uint8_t *bytes, size_t capacity,
                               char *reason)
{
    (void)reason;
    assert_ptr_equal(self, &disk.files);
    assert_true(capacity >= 5);
    memcpy(bytes, "hello", 5);
    return 5;
}

static void disk_read_done(struct tftp_server_files *self, int status)
{
    assert_ptr_equal(self, &disk.files);
    disk.read_dones += status == 0;
}

static int set_up_files(void **state)
{
    (void)set_up(state);
    memset(&disk, 0, sizeof disk);
    disk.files =
        (struct tftp_server_files){disk_write, disk_written,    disk_write_failed, disk_write_done,
                                   disk_read,  disk_read_bytes, disk_read_done};
    assert_int_equal(net_files_start(&disk.files, "dns", "00000000abcdef01", nobody), 0);
    return 0;
}

static int tear_down_files(void **state)
{
    net_files_stop();
    sim_net_settle();
    return tear_down(state);
}

#define FILES_TEST(test) cmocka_unit_test_setup_teardown(test, set_up_files, tear_down_files)

static void poll_all(void)
{
    for (int i = 0; i < 3; i++) {
        disk.polling = true;
        sim_net_settle();
        disk.polling = false;
        net_files_poll();
    }
}

/* Time passes as in an event loop. */
static void passes(uint64_t duration_us)
{
    uint64_t end = clock_now_us() + duration_us;

    while (clock_now_us() < end) {
        uint64_t next = net_deadline_us();

        if (net_files_deadline_us() < next)
            next = net_files_deadline_us();
        clock_wait_until(next < end ? next : end);
        poll_all();
    }
}

static void arrives_from(uint16_t port, const void *bytes, size_t length)
{
    struct sim_frame frame;

    sim_peer_make_udp(&sim.peer, &frame, them, port, us, 69, bytes, length);
    sim_peer_send(&sim.peer, &frame);
    poll_all();
}

#define ARRIVES(literal)            arrives_from(PORT, literal, sizeof literal - 1)
#define ARRIVES_FROM(port, literal) arrives_from(port, literal, sizeof literal - 1)

static const uint8_t *datagram_bytes(void)
{
    return sim.peer.datagram.bytes + DATA;
}

static size_t datagram_length(void)
{
    return bytes_be16(sim.peer.datagram.bytes + UDP + 4) - 8u;
}

static uint16_t datagram_port(void)
{
    return bytes_be16(sim.peer.datagram.bytes + UDP + 2);
}

/* The last datagram, from port 69 to this one. */
static void assert_datagram(uint16_t port, const void *bytes, size_t length)
{
    assert_int_equal(bytes_be16(sim.peer.datagram.bytes + UDP), 69);
    assert_int_equal(datagram_port(), port);
    assert_int_equal(datagram_length(), length);
    assert_memory_equal(datagram_bytes(), bytes, length);
}

#define ASSERT_DATAGRAM(port, literal) assert_datagram(port, literal, sizeof literal - 1)

static void subscribe(uint16_t port)
{
    ARRIVES_FROM(port, "\0\1live\0octet\0");
    ASSERT_DATAGRAM(port, "\0\3\0\1");
    ARRIVES_FROM(port, "\0\4\0\1");
    assert_false(net_files_busy());
}

static void says(const char *text)
{
    char line[LOG_LINE_MAX];
    uint64_t at_us = clock_now_us();
    int length = snprintf(line, sizeof line, "[%4u.%06u] svc: %s\n", (unsigned)(at_us / 1000000),
                          (unsigned)(at_us % 1000000), text);

    net_files_log(line, (size_t)length);
}

/* ---- transfers ---- */

static void test_a_write_is_answered_from_port_69_and_done_outside_of_net_poll(void **state)
{
    (void)state;
    assert_false(net_files_busy());
    ARRIVES("\0\2dns.elf\0octet\0");
    ASSERT_DATAGRAM(PORT, "\0\4\0\0");
    assert_true(net_files_busy());
    ARRIVES("\0\3\0\1image");
    ASSERT_DATAGRAM(PORT, "\0\4\0\1");
    assert_int_equal(sim.peer.datagrams, 2);
    assert_int_equal(disk.written, 1);
    assert_int_equal(disk.done, 1);
    assert_int_equal(disk.done_then, 0);
    assert_memory_equal(disk.memory, "image", 5);
    assert_false(net_files_busy());
}

static void test_nothing_is_due_once_a_transfer_is_over(void **state)
{
    (void)state;
    assert_false(net_files_active);
    assert_true(net_files_deadline_us() == CLOCK_NEVER);
    ARRIVES("\0\2dns.elf\0octet\0");
    assert_true(net_files_active);
    assert_true(net_files_deadline_us() != CLOCK_NEVER);
    ARRIVES("\0\3\0\1image");
    assert_false(net_files_active);
    assert_true(net_files_deadline_us() == CLOCK_NEVER);
}

static void test_an_unanswered_write_ends_by_itself(void **state)
{
    (void)state;
    ARRIVES("\0\2dns.elf\0octet\0");
    passes(TFTP_SERVER_PATIENCE_US + SECOND);
    assert_int_equal(disk.failed, 1);
    assert_false(net_files_busy());
    assert_int_equal(bytes_be16(datagram_bytes()), 5);
    assert_in_range(sim.peer.datagrams, 6, 9); /* the ACK again and again */
    assert_false(net_files_active);
}

static void test_done_waits_until_the_device_has_taken_the_last_ack(void **state)
{
    (void)state;
    ARRIVES("\0\2dns.elf\0octet\0");
    sim.cable.end[0].send_is_full = true;
    ARRIVES("\0\3\0\1image");
    passes(SECOND / 20);
    assert_int_equal(disk.written, 1);
    assert_int_equal(disk.done, 0);
    poll_all();
    assert_in_range(net_files_deadline_us(), clock_now_us(), clock_now_us() + 1000);
    sim.cable.end[0].send_is_full = false;
    passes(1000);
    ASSERT_DATAGRAM(PORT, "\0\4\0\1");
    assert_int_equal(disk.done, 1);
    assert_false(net_files_active);
}

static void test_a_device_that_takes_nothing_for_long_does_not_hold_up_what_is_done(void **state)
{
    (void)state;
    ARRIVES("\0\2dns.elf\0octet\0");
    sim.cable.end[0].send_is_full = true;
    ARRIVES("\0\3\0\1image");
    passes(SECOND / 5);
    assert_int_equal(disk.done, 1);
    assert_int_equal(sim.peer.datagrams, 1);
    sim.cable.end[0].send_is_full = false;
    ARRIVES("\0\3\0\1image"); /* its ACK was lost, as it were */
    ASSERT_DATAGRAM(PORT, "\0\4\0\1");
    assert_int_equal(disk.written, 1);
}

static void test_a_file_is_read_from_what_is_behind(void **state)
{
    (void)state;
    ARRIVES("\0\1log\0octet\0");
    ASSERT_DATAGRAM(PORT, "\0\3\0\1hello");
    ARRIVES("\0\4\0\1");
    assert_int_equal(disk.read_dones, 1);
    ARRIVES("\0\1core\0octet\0");
    ASSERT_DATAGRAM(PORT, "\0\5\0\1there is only log\0");
}

static void test_the_last_write_is_told_and_can_be_remembered(void **state)
{
    struct tftp_server_peer peer;
    uint16_t block;

    (void)state;
    assert_false(net_files_last(&peer, &block));
    ARRIVES("\0\2dns.elf\0octet\0");
    ARRIVES("\0\3\0\1image");
    assert_true(net_files_last(&peer, &block));
    assert_int_equal(peer.port, PORT);
    assert_int_equal(block, 1);
    net_files_stop();
    assert_int_equal(net_files_start(&disk.files, "dns", "", nobody), 0); /* the next program */
    assert_false(net_files_last(&peer, &block));
    net_files_remember(&peer, block);
    sim.peer.datagrams = 0;
    ARRIVES("\0\3\0\1image");
    ASSERT_DATAGRAM(PORT, "\0\4\0\1");
    assert_int_equal(sim.peer.datagrams, 1);
    assert_int_equal(disk.written, 1);
}

static void test_stop_and_abort_tell_the_client(void **state)
{
    (void)state;
    ARRIVES("\0\2dns.elf\0octet\0");
    net_files_abort("the service restarts");
    ASSERT_DATAGRAM(PORT, "\0\5\0\0the service restarts\0");
    assert_int_equal(disk.failed, 1);
    assert_false(net_files_busy());
    ARRIVES("\0\2dns.elf\0octet\0");
    net_files_stop();
    assert_int_equal(bytes_be16(datagram_bytes()), 5);
    assert_int_equal(disk.failed, 2);
    assert_false(net_files_busy());
    net_files_stop(); /* once more does nothing */
    assert_int_equal(net_files_start(&disk.files, "dns", "", nobody), 0);
    subscribe(5000);
    sim.cable.end[0].send_is_full = true;
    says("never sent");
    assert_true(net_files_deadline_us() != CLOCK_NEVER);
    net_files_stop();
    assert_true(net_files_deadline_us() == CLOCK_NEVER);
    sim.cable.end[0].send_is_full = false;
    says("to nobody");
    assert_false(net_files_active);
    net_files_abort("nothing");
    net_files_poll();
    net_files_log("x", 1);
    assert_false(net_files_active);
}

static void test_there_is_one_per_program(void **state)
{
    (void)state;
    assert_int_equal(net_files_start(&disk.files, "dns", "", nobody), ERROR_BUSY);
    ARRIVES("\0\2dns.elf\0octet\0"); /* the first goes on */
    ASSERT_DATAGRAM(PORT, "\0\4\0\0");
}

static unsigned count_in_log(const char *text)
{
    unsigned count = 0;

    for (const char *at = sim_log(); (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

static void test_refusals_are_logged_but_not_a_flood_of_them(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++)
        ARRIVES("\0\2no.elf\0octet\0");
    assert_int_equal(count_in_log("files: to 10.0.0.1: not that one"), 1);
    passes(SECOND);
    ARRIVES("\0\2no.elf\0octet\0");
    assert_int_equal(count_in_log("files: to 10.0.0.1: not that one"), 2);
}

static void test_each_push_that_fails_is_logged_once(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 3; i++) {
        ARRIVES("\0\2dns.elf\0octet\0");
        ARRIVES("\0\3\0\1bad");
        ASSERT_DATAGRAM(PORT, "\0\5\0\0a bad image\0");
        assert_int_equal(count_in_log("files: dns.elf: a bad image"), i);
        ARRIVES("\0\2dns.elf\0octet\0");
        net_files_abort("not now");
        assert_int_equal(count_in_log("files: dns.elf: not now"), i);
    }
    assert_int_equal(count_in_log("files: to"), 0);
    ARRIVES("\0\2no.elf\0octet\0"); /* and what is refused then is not passed over */
    assert_int_equal(count_in_log("files: to 10.0.0.1: not that one"), 1);
}

static void test_a_client_that_gives_up_is_logged(void **state)
{
    (void)state;
    ARRIVES("\0\2dns.elf\0octet\0");
    ARRIVES("\0\5\0\0enough\0");
    assert_int_equal(count_in_log("files: dns.elf: the client gave up: enough"), 1);
    ARRIVES("\0\2no.elf\0octet\0"); /* no ERROR went out for it, so this one counts */
    assert_int_equal(count_in_log("files: to 10.0.0.1: not that one"), 1);
}

/* ---- the log, live ---- */

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

/* ---- the kept log, to the syslog server ---- */

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

static void test_live_is_only_live_when_it_is_read_and_only_by_its_whole_name(void **state)
{
    (void)state;
    ARRIVES("\0\2live\0octet\0");
    assert_string_equal(disk.name, "live"); /* an image of that name */
    ARRIVES("\0\5\0\0enough\0");
    ARRIVES("\0\1live2\0octet\0");
    assert_string_equal(disk.name, "live2");
    ASSERT_DATAGRAM(PORT, "\0\5\0\1there is only log\0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILES_TEST(test_a_write_is_answered_from_port_69_and_done_outside_of_net_poll),
        FILES_TEST(test_nothing_is_due_once_a_transfer_is_over),
        FILES_TEST(test_an_unanswered_write_ends_by_itself),
        FILES_TEST(test_done_waits_until_the_device_has_taken_the_last_ack),
        FILES_TEST(test_a_device_that_takes_nothing_for_long_does_not_hold_up_what_is_done),
        FILES_TEST(test_a_file_is_read_from_what_is_behind),
        FILES_TEST(test_the_last_write_is_told_and_can_be_remembered),
        FILES_TEST(test_stop_and_abort_tell_the_client),
        FILES_TEST(test_there_is_one_per_program),
        FILES_TEST(test_refusals_are_logged_but_not_a_flood_of_them),
        FILES_TEST(test_each_push_that_fails_is_logged_once),
        FILES_TEST(test_a_client_that_gives_up_is_logged),
        FILES_TEST(test_who_reads_live_gets_each_line_from_then_on),
        FILES_TEST(test_lines_end_after_their_time_unless_it_is_renewed),
        FILES_TEST(test_who_does_not_acknowledge_is_sent_no_lines),
        FILES_TEST(test_a_fifth_listener_displaces_the_one_that_asked_longest_ago),
        FILES_TEST(test_lines_beyond_the_queue_are_lost_and_the_numbers_tell),
        FILES_TEST(test_lines_wait_for_a_device_that_is_full_but_not_for_ever),
        FILES_TEST(test_a_line_that_one_listener_has_does_not_wait_for_the_other),
        FILES_TEST(test_a_syslog_server_gets_the_log_for_ever),
        FILES_TEST(test_the_syslog_server_gets_what_was_logged_before_from_where_it_was_sent),
        FILES_TEST(test_nothing_counts_as_sent_before_a_mac_is_known),
        FILES_TEST(test_kept_lines_wait_for_a_device_that_is_full_however_long),
        FILES_TEST(test_kept_lines_go_out_few_at_a_time),
        FILES_TEST(test_a_gap_in_the_kept_log_leaves_a_number_out),
        FILES_TEST(test_a_kept_line_is_sent_when_it_is_whole_and_cut_when_it_is_too_long),
        FILES_TEST(test_a_push_goes_on_while_lines_are_sent),
        FILES_TEST(test_live_is_only_live_when_it_is_read_and_only_by_its_whole_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
