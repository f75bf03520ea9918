/*
 * test_self_test_publish: files of a service's own over the board's TFTP server, and a reset that
 * a service asks for.
 *
 * net_files, which has the socket, is played here: the test calls what it would call.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "boot_record.h"
#include "error.h"
#include "files.h"
#include "guardian.h"
#include "log.h"
#include "service.h"
#include "service_parts.h"
#include "sim.h"
#include "sim_board.h"
#include "sim_guard.h"

static const struct service_info info = {.name = "demo", .version = "1.0.0", .serial = "1"};
static const struct tftp_server_peer client = {{{192, 0, 2, 9}}, 4000};
static struct boot_record record;
static struct tftp_server_files *files;
static char reason[TFTP_SERVER_REASON_BYTES];

bool net_files_active;

int net_files_start(struct tftp_server_files *behind, const char *name, const char *host,
                    struct net_address syslog)
{
    (void)name, (void)host, (void)syslog;
    files = behind;
    return 0;
}

void net_files_stop(void)
{
}

void net_files_work(void)
{
}

uint64_t net_files_deadline_us(void)
{
    return UINT64_MAX;
}

void net_files_log(const char *text, size_t length)
{
    (void)text, (void)length;
}

void net_files_keep(const struct net_files_kept *kept)
{
    (void)kept;
}

void net_files_remember(const struct tftp_server_peer *peer, uint16_t last_block)
{
    (void)peer, (void)last_block;
}

bool net_files_last(struct tftp_server_peer *peer, uint16_t *last_block)
{
    (void)peer, (void)last_block;
    return false;
}

static const char *const names[] = {"a", "b", "c", "d"};

static void withdraw_all(void)
{
    for (unsigned i = 0; i < SERVICE_PUBLISHED_MAX; i++)
        assert_int_equal(service_publish(names[i], NULL, 0), 0);
    assert_int_equal(service_publish("report", NULL, 0), 0);
}

static int set_up(void **state)
{
    (void)state;
    sim_reset();
    sim_board_reset();
    sim_guard_reset();
    record = (struct boot_record){0};
    guardian_init(&record);
    files_start(&info, &record, 0);
    withdraw_all();
    memset(reason, 0, sizeof reason);
    return 0;
}

static int begin(const char *name)
{
    return files->read(files, &client, name, reason);
}

/* Reads on, so many bytes at a time, and expects this text. */
static void expect(const char *text, size_t length, size_t at_a_time)
{
    uint8_t bytes[64];
    size_t done = 0;
    int64_t got;

    assert_in_range(at_a_time, 1, sizeof bytes);
    do {
        got = files->read_bytes(files, bytes, at_a_time, reason);
        assert_in_range(got, 0, (int64_t)at_a_time);
        assert_true(done + (size_t)got <= length);
        assert_memory_equal(bytes, text + done, (size_t)got);
        done += (size_t)got;
    } while (got == (int64_t)at_a_time);
    assert_int_equal(done, length);
    files->read_done(files, 0);
}

static void test_what_is_published_can_be_read_in_pieces_of_any_size(void **state)
{
    static const char text[] = "what was found: nothing";

    (void)state;
    assert_int_equal(service_publish("report", text, strlen(text)), 0);
    for (size_t pieces = 1; pieces <= sizeof text; pieces++) {
        assert_int_equal(begin("report"), 0);
        expect(text, strlen(text), pieces);
    }
}

static void test_an_empty_file_is_a_file(void **state)
{
    (void)state;
    assert_int_equal(service_publish("report", "", 0), 0);
    assert_int_equal(begin("report"), 0);
    expect("", 0, 16);
}

static void test_nothing_of_a_loader_is_appended_where_there_is_one(void **state)
{
    (void)state;
    sim_guard_begin();
    record.loader.features = BOOT_FEATURE_GUARD;
    guardian_init(&record);
    unsigned reads = sim_guard_calls(GUARD_READ);

    assert_int_equal(service_publish("report", "ours", 4), 0);
    assert_int_equal(begin("report"), 0);
    expect("ours", 4, 16);
    assert_int_equal(sim_guard_calls(GUARD_READ), reads);
    sim_guard_reset();
    guardian_init(&(struct boot_record){0});
}

static void test_the_status_read_next_is_not_the_file_read_before(void **state)
{
    uint8_t bytes[512];

    (void)state;
    assert_int_equal(service_publish("report", "ours", 4), 0);
    assert_int_equal(begin("report"), 0);
    expect("ours", 4, 16);
    assert_int_equal(begin("status"), 0);
    assert_true(files->read_bytes(files, bytes, sizeof bytes, reason) > 20);
    assert_memory_equal(bytes, "service = demo\n", 15);
    files->read_done(files, 0);
}

static void test_names_of_the_kernels_own_and_odd_ones_are_refused(void **state)
{
    static const char *const bad[] = {"log",
                                      "status",
                                      "core",
                                      "slots",
                                      "select",
                                      "live",
                                      "",
                                      "Report",
                                      "a.b",
                                      "a/b",
                                      "slot/report",
                                      " ",
                                      "a\n",
                                      "01234567890123456789012345678901"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(service_publish(bad[i], "x", 1), ERROR_INVALID);
        assert_int_equal(service_publish(bad[i], NULL, 0), ERROR_INVALID);
    }
    assert_int_equal(service_publish("0123456789012345678901234567890", "x", 1), 0);
    assert_int_equal(service_publish("0123456789012345678901234567890", NULL, 0), 0);
    assert_int_equal(service_publish("logs", "x", 1), 0);
    assert_int_equal(service_publish("logs", NULL, 0), 0);
}

static void test_there_is_room_for_so_many_and_a_withdrawal_makes_some(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SERVICE_PUBLISHED_MAX; i++)
        assert_int_equal(service_publish(names[i], names[i], 1), 0);
    assert_int_equal(service_publish("report", "x", 1), ERROR_NO_MEMORY);
    assert_int_equal(service_publish("b", "B", 1), 0); /* it has its place */
    assert_int_equal(begin("b"), 0);
    expect("B", 1, 16);
    assert_int_equal(service_publish("c", NULL, 0), 0);
    assert_int_equal(begin("c"), ERROR_ABSENT);
    assert_int_equal(service_publish("report", "x", 1), 0);
    assert_int_equal(begin("report"), 0);
    expect("x", 1, 16);
    assert_int_equal(begin("d"), 0);
    expect("d", 1, 16);
}

static void test_a_file_that_changes_while_it_is_read_ends_the_read(void **state)
{
    uint8_t bytes[4];

    (void)state;
    assert_int_equal(service_publish("report", "first, long", 11), 0);
    assert_int_equal(begin("report"), 0);
    assert_int_equal(files->read_bytes(files, bytes, sizeof bytes, reason), 4);
    assert_int_equal(service_publish("report", "second, long", 12), 0);
    assert_int_equal(files->read_bytes(files, bytes, sizeof bytes, reason), ERROR_CANCELLED);
    assert_string_equal(reason, "the service has changed the file");
    assert_int_equal(begin("report"), 0);
    expect("second, long", 12, 5);
}

static void test_a_file_taken_back_is_not_read_even_if_its_place_is_used_again(void **state)
{
    uint8_t bytes[4];

    (void)state;
    assert_int_equal(service_publish("report", "first, long", 11), 0);
    assert_int_equal(begin("report"), 0);
    assert_int_equal(files->read_bytes(files, bytes, sizeof bytes, reason), 4);
    assert_int_equal(service_publish("report", NULL, 0), 0);
    assert_int_equal(files->read_bytes(files, bytes, sizeof bytes, reason), ERROR_CANCELLED);
    assert_int_equal(service_publish("a", "another", 7), 0);
    assert_int_equal(service_publish("report", "first, long", 11), 0);
    assert_int_equal(files->read_bytes(files, bytes, sizeof bytes, reason), ERROR_CANCELLED);
}

static void test_what_is_published_is_named_to_who_asks_for_another(void **state)
{
    (void)state;
    assert_int_equal(begin("notes"), ERROR_ABSENT);
    assert_string_equal(reason, "no such file: there are status, log, core, slots and live");
    assert_int_equal(service_publish("report", "x", 1), 0);
    assert_int_equal(begin("notes"), ERROR_ABSENT);
    assert_string_equal(reason,
                        "no such file: there are status, log, core, slots and live, report");
    assert_int_equal(service_publish("report", NULL, 0), 0);
}

static void reset(void *context)
{
    (void)context;
    service_reset();
}

static void test_a_reset_brings_the_devices_to_rest_first_with_a_loader_too(void **state)
{
    (void)state;
    sim_guard_begin();
    record.loader.features = BOOT_FEATURE_GUARD;
    guardian_init(&record);
    service_end_init(&sim_board.machine, &record);
    assert_true(sim_expect_stop(reset, NULL));
    assert_string_equal(sim_stop_message(), "reset");
    assert_int_equal(sim_board.quiesces, 1);
    assert_int_equal(sim_guard_calls(GUARD_HAND_BACK), 0);
    assert_non_null(strstr(sim_log(), "kernel: the service resets the machine\n"));
    sim_guard_reset();
    guardian_init(&(struct boot_record){0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_is_published_can_be_read_in_pieces_of_any_size, set_up),
        cmocka_unit_test_setup(test_an_empty_file_is_a_file, set_up),
        cmocka_unit_test_setup(test_nothing_of_a_loader_is_appended_where_there_is_one, set_up),
        cmocka_unit_test_setup(test_the_status_read_next_is_not_the_file_read_before, set_up),
        cmocka_unit_test_setup(test_names_of_the_kernels_own_and_odd_ones_are_refused, set_up),
        cmocka_unit_test_setup(test_there_is_room_for_so_many_and_a_withdrawal_makes_some, set_up),
        cmocka_unit_test_setup(test_a_file_that_changes_while_it_is_read_ends_the_read, set_up),
        cmocka_unit_test_setup(test_a_file_taken_back_is_not_read_even_if_its_place_is_used_again,
                               set_up),
        cmocka_unit_test_setup(test_what_is_published_is_named_to_who_asks_for_another, set_up),
        cmocka_unit_test_setup(test_a_reset_brings_the_devices_to_rest_first_with_a_loader_too,
                               set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
