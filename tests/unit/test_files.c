/*
 * test_files: what a running service lets be read, and what it lets be heard of its log.
 * Pushes: test_files_push.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "files_bench.h"

#include <stdlib.h>

/* ---- start ---- */

static void test_the_server_is_opened_under_the_services_name(void **state)
{
    (void)state;
    begin();
    assert_non_null(net.files);
    assert_string_equal(net.name, "demo");
    assert_string_equal(net.host, "00000000c0ffee01");
    assert_memory_equal(net.syslog.ip, "\300\0\2\5", 4);
    assert_true(sim_cpu_is_mapped(UPLOAD_BASE, UPLOAD_BYTES));
    assert_int_equal(net.remembered.port, 0);
}

static void test_a_push_that_brought_us_is_remembered(void **state)
{
    (void)state;
    record.over.has_transfer = true;
    record.over.transfer = (struct boot_transfer){{192, 0, 2, 9}, 4000, 65};
    begin();
    assert_memory_equal(net.remembered.address.ip, client.address.ip, 4);
    assert_int_equal(net.remembered.port, 4000);
    assert_int_equal(net.remembered_block, 65);
}

static void test_a_server_that_cannot_be_opened_is_named(void **state)
{
    (void)state;
    net.start_status = ERROR_BUSY;
    record.over.has_transfer = true;
    begin();
    assert_non_null(strstr(sim_log(), "kernel: no pushes: port 69 is not opened: busy\n"));
    assert_int_equal(net.remembered_block, 0);
    assert_null(net.kept);
}

/* ---- reads ---- */

/* All of a file, in blocks of so many bytes. */
static char *read_file(const char *name, size_t block)
{
    static char text[70000];
    size_t length = 0;
    int64_t got;

    assert_int_equal(net.files->read(net.files, &client, name, reason), 0);
    do {
        uint8_t *bytes = malloc(block);

        got = net.files->read_bytes(net.files, bytes, block, reason);
        assert_in_range(got, 0, block);
        assert_true(length + (size_t)got < sizeof text);
        memcpy(text + length, bytes, (size_t)got);
        free(bytes);
        length += (size_t)got;
    } while ((size_t)got == block);
    text[length] = '\0';
    net.files->read_done(net.files, 0);
    return text;
}

static void test_status_tells_of_the_service_and_then_of_the_loader(void **state)
{
    static const struct boot_timestamp stamps[] = {{800000, BOOT_PHASE_PUSH_BEGIN, 0},
                                                   {900000, BOOT_PHASE_HAND_BACK, 0}};
    static const char loaders[] = "loader = 0.1.0\nredeploys = 3\n";
    char *text;

    (void)state;
    sim_guard.status = (struct sim_guard_file){loaders, sizeof loaders - 1};
    timeline_take(stamps, 2);
    begin();
    sim_advance_us(1000000);
    timeline_mark(BOOT_PHASE_SERVICE_MAIN);
    sim_advance_us(500000);
    text = read_file("status", 512);
    assert_ptr_equal(strstr(text, "service = demo\nversion = 1.4.2\nlocation = sd:demo.elf\n"
                                  "boot_id = 00c0ffee\nstate = trial\n"
                                  "sha256 = d15ea5e0000000000000000000000000"
                                  "00000000000000000000000000000001\n"
                                  "uptime_ms = 1500\n"
                                  "phases = hand-back 100.0, main 1100.0, in all 1200 ms\n"
                                  "answered_after_ms = 1100\n"),
                     text);
    assert_string_equal(strstr(text, "answered_after_ms = 1100\n") + 25, loaders);
}

static void test_status_is_the_same_in_blocks_of_any_size(void **state)
{
    static const char loaders[] = "loader = 0.1.0\n";
    static char whole[1000];

    (void)state;
    sim_guard.status = (struct sim_guard_file){loaders, sizeof loaders - 1};
    begin();
    strcpy(whole, read_file("status", 512));
    for (size_t block = 8; block < 200; block++)
        assert_string_equal(read_file("status", block), whole);
}

static void test_a_confirmed_service_says_so(void **state)
{
    (void)state;
    begin();
    service_confirm();
    assert_non_null(strstr(read_file("status", 512), "state = confirmed\n"));
}

static void test_status_of_a_first_start_has_no_time_since_a_hand_back(void **state)
{
    (void)state;
    begin();
    timeline_mark(BOOT_PHASE_SERVICE_MAIN);
    assert_null(strstr(read_file("status", 512), "answered_after_ms"));
}

static void test_without_a_loader_status_is_what_the_service_knows(void **state)
{
    char *text;

    (void)state;
    begin_without_guard();
    text = read_file("status", 512);
    assert_ptr_equal(strstr(text, "service = demo\n"), text);
    assert_non_null(strstr(text, "state = unguarded\n"));
    assert_string_equal(text + strlen(text) - 2, "0\n"); /* uptime_ms comes last */
}

static void test_the_log_is_the_loaders_from_its_beginning(void **state)
{
    (void)state;
    sim_guard_put_log("of the one before\n", 18);
    begin();
    log_line("test", "ours");
    assert_string_equal(read_file("log", 16), sim_guard.log);
    assert_ptr_equal(strstr(read_file("log", 512), "of the one before\n"), read_file("log", 512));
}

static void test_a_core_is_read_to_its_end(void **state)
{
    static char core[5000];

    (void)state;
    memset(core, 'c', sizeof core);
    sim_guard.core = (struct sim_guard_file){core, sizeof core};
    sim_guard.read_at_once = 300;
    begin();
    assert_int_equal(strlen(read_file("core", 512)), sizeof core);
}

static void test_the_table_of_slots_is_the_loaders(void **state)
{
    static const char slots[] = "service slot state\ndns     A    confirmed\n";

    (void)state;
    sim_guard.slots = (struct sim_guard_file){slots, sizeof slots - 1};
    begin();
    assert_string_equal(read_file("slots", 512), slots);
}

static void test_what_is_not_there_is_refused_with_a_sentence(void **state)
{
    (void)state;
    begin();
    assert_int_equal(net.files->read(net.files, &client, "core", reason), ERROR_ABSENT);
    assert_string_equal(reason, "there is no core now");
    assert_int_equal(net.files->read(net.files, &client, "passwd", reason), ERROR_ABSENT);
    assert_string_equal(reason, "no such file: there are status, log, core, slots and live");
    assert_int_equal(net.files->read(net.files, &client, "slots", reason), ERROR_ABSENT);
    assert_string_equal(reason, "there is no slots now");
    begin_without_guard();
    assert_int_equal(net.files->read(net.files, &client, "log", reason), ERROR_ABSENT);
    assert_string_equal(reason, "no loader under this service keeps a log");
}

static void test_a_core_that_goes_while_it_is_read_is_an_error(void **state)
{
    static char core[2000];
    uint8_t bytes[512];

    (void)state;
    sim_guard.core = (struct sim_guard_file){core, sizeof core};
    begin();
    assert_int_equal(net.files->read(net.files, &client, "core", reason), 0);
    assert_int_equal(net.files->read_bytes(net.files, bytes, 512, reason), 512);
    sim_guard.core.bytes = NULL;
    assert_int_equal(net.files->read_bytes(net.files, bytes, 512, reason), ERROR_ABSENT);
    assert_string_equal(reason, "the file is gone: absent");
}

/* ---- live ---- */

static void test_what_is_logged_goes_live(void **state)
{
    (void)state;
    begin();
    log_line("test", "a: b");
    log_bytes("raw\n", 4);
    assert_non_null(strstr(net.live, "] test: a: b\nraw\n"));
}

static void test_the_loaders_log_is_what_the_syslog_server_gets(void **state)
{
    static const char before[] = "[   0.000001] loader: before us\n";
    const struct boot_log_sent sent = {.position = 5, .sequence = 7};
    uint64_t position = 2;
    char text[8];

    (void)state;
    sim_guard_put_log(before, strlen(before));
    record.over.has_log = true;
    record.over.log.sent = sent;
    begin();
    assert_non_null(net.kept);
    assert_memory_equal(net.kept->sent, &sent, sizeof sent);
    assert_int_equal(net.kept->begun, strlen(before));
    assert_int_equal(net.kept->read(&position, text, 5), 5);
    assert_memory_equal(text, "  0.0", 5);
    assert_int_equal(position, 7);
    /* The guard is told by it as well, should we crash. */
    assert_ptr_equal(net.kept->sent, &sim_guard.memory->log);
    assert_int_equal(sim_guard.memory->log_is_told, 1);
    begin_without_guard();
    assert_null(net.kept);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_the_server_is_opened_under_the_services_name),
        TEST(test_a_push_that_brought_us_is_remembered),
        TEST(test_a_server_that_cannot_be_opened_is_named),
        TEST(test_the_table_of_slots_is_the_loaders),
        TEST(test_status_tells_of_the_service_and_then_of_the_loader),
        TEST(test_status_is_the_same_in_blocks_of_any_size),
        TEST(test_a_confirmed_service_says_so),
        TEST(test_status_of_a_first_start_has_no_time_since_a_hand_back),
        TEST(test_without_a_loader_status_is_what_the_service_knows),
        TEST(test_the_log_is_the_loaders_from_its_beginning),
        TEST(test_a_core_is_read_to_its_end),
        TEST(test_what_is_not_there_is_refused_with_a_sentence),
        TEST(test_a_core_that_goes_while_it_is_read_is_an_error),
        TEST(test_what_is_logged_goes_live),
        TEST(test_the_loaders_log_is_what_the_syslog_server_gets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
