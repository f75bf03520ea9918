/*
 * Unit tests of net_files: the TFTP server on its socket, and who answers for what it does.
 * Lines of the log: test_net_files_live.c, test_net_files_kept.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_files_bench.h"

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
        FILES_TEST(test_live_is_only_live_when_it_is_read_and_only_by_its_whole_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
