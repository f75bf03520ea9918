/*
 * test_files: what a running service does with pushes, and what it lets be read.
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
#include <stdlib.h>
#include <string.h>

#include "boot_record.h"
#include "clock.h"
#include "error.h"
#include "files.h"
#include "guardian.h"
#include "log.h"
#include "recorder.h"
#include "service.h"
#include "service_parts.h"
#include "sim.h"
#include "sim_board.h"
#include "sim_cpu.h"
#include "sim_guard.h"
#include "timeline.h"

#define UPLOAD_BASE  0x37000000u
#define UPLOAD_BYTES 0x4000000u

static const struct tftp_server_peer client = {{{192, 0, 2, 9}}, 4000};
static const struct service_info info = {.name = "demo",
                                         .version = "1.4.2",
                                         .location = "sd:demo.elf",
                                         .serial = "00000000c0ffee01",
                                         .image_digest = {0xd1, 0x5e, 0xa5, 0xe0, [31] = 1},
                                         .boot_id = 0xc0ffee};
static struct boot_record record;
static char reason[TFTP_SERVER_REASON_BYTES];

/* ---- net_files, played ---- */

static struct {
    struct tftp_server_files *files;
    const char *name, *host;
    struct net_address syslog;
    int start_status;
    struct tftp_server_peer remembered;
    uint16_t remembered_block;
    const struct net_files_kept *kept;
    char live[4096]; /* what it was told of the log */
    unsigned works;
    void (*work)(void); /* what comes in while it works */
} net;

bool net_files_active;

int net_files_start(struct tftp_server_files *files, const char *name, const char *host,
                    struct net_address syslog)
{
    net.files = files;
    net.name = name;
    net.host = host;
    net.syslog = syslog;
    return net.start_status;
}

void net_files_stop(void)
{
    net.files = NULL;
}

void net_files_work(void)
{
    net.works++;
    if (net.work)
        net.work();
}

uint64_t net_files_deadline_us(void)
{
    return 123456;
}

void net_files_log(const char *text, size_t length)
{
    size_t used = strlen(net.live);

    snprintf(net.live + used, sizeof net.live - used, "%.*s", (int)length, text);
}

void net_files_keep(const struct net_files_kept *kept)
{
    net.kept = kept;
}

void net_files_remember(const struct tftp_server_peer *peer, uint16_t last_block)
{
    net.remembered = *peer;
    net.remembered_block = last_block;
}

bool net_files_last(struct tftp_server_peer *peer, uint16_t *last_block)
{
    (void)peer;
    (void)last_block;
    return false;
}

/* ---- set-up ---- */

static int set_up(void **state)
{
    (void)state;
    sim_reset();
    sim_cpu_reset();
    sim_board_reset();
    sim_guard_begin();
    memset(&net, 0, sizeof net);
    memset(reason, '!', sizeof reason);
    net_files_active = false;
    timeline_take(NULL, 0);
    record = (struct boot_record){
        .loader.features = BOOT_FEATURE_GUARD,
        .upload = {UPLOAD_BASE, UPLOAD_BYTES, BOOT_DEPLOY_ANY, {192, 0, 2, 5}},
    };
    service_end_init(&sim_board.machine, &record);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    log_set_recorder(NULL);
    sim_guard_reset();
    guardian_init(&(struct boot_record){0});
    return 0;
}

static void begin(void)
{
    guardian_init(&record);
    recorder_start();
    files_start(&info, &record, clock_now_us());
}

static void begin_without_guard(void)
{
    sim_guard_reset();
    record = (struct boot_record){0};
    begin();
}

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

/* ---- pushes ---- */

static int write_file(const char *name, int64_t announced)
{
    uint8_t *buffer = NULL;
    size_t capacity = 0;
    int status = net.files->write(net.files, &client, name, announced, &buffer, &capacity, reason);

    if (status == 0) {
        assert_int_equal((uintptr_t)buffer, UPLOAD_BASE);
        assert_int_equal(capacity, UPLOAD_BYTES);
    }
    return status;
}

static void poll(void *context)
{
    (void)context;
    if (files_are_active())
        files_poll();
}

static void finish(void)
{
    net.files->write_done(net.files);
}

static void test_a_push_that_is_found_good_is_handed_back(void **state)
{
    const struct boot_hand_back *request = &sim_guard.handed_back.hand_back;
    uint64_t begun_us;

    (void)state;
    sim_advance_us(2 * (uint64_t)UINT32_MAX); /* a board that is up for hours */
    begin();
    begun_us = clock_now_us();
    assert_int_equal(write_file("dns.elf", -1), 0);
    sim_advance_us(21000);
    assert_int_equal(net.files->written(net.files, 96080, reason), 0);
    assert_int_equal(sim_guard.checked_bytes, 96080);
    net_files_active = true;
    poll(NULL); /* the last ACK is not out yet */
    assert_int_equal(sim_guard_calls(GUARD_HAND_BACK), 0);
    net.work = finish;
    assert_true(sim_expect_stop(poll, NULL));
    assert_string_equal(sim_stop_message(), "handed back");
    assert_int_equal(request->kind, BOOT_HAND_BACK_IMAGE);
    assert_int_equal(request->image_bytes, 96080);
    assert_string_equal(request->name, "push:192.0.2.9/dns.elf");
    assert_in_range(request->push_begun_us, begun_us, begun_us + 10);
    assert_in_range(request->push_ended_us - request->push_begun_us, 21000, 21010);
    assert_int_equal(sim_board.quiesces, 1);
    assert_non_null(
        strstr(sim_log(), "push: 192.0.2.9/dns.elf, 96080 bytes in 21 ms: handing back\n"));
}

static void test_nothing_of_an_earlier_push_is_left_at_the_next_start(void **state)
{
    (void)state;
    begin();
    write_file("dns.elf", -1);
    finish();
    begin();
    net_files_active = true;
    poll(NULL);
    assert_int_equal(net.works, 1);
}

static void test_a_push_that_the_loader_refuses_gets_its_sentence(void **state)
{
    (void)state;
    begin();
    sim_guard_answer(GUARD_CHECK_IMAGE, ERROR_CORRUPT);
    strcpy(sim_guard.reason, "segment 2 reaches past the end of the file");
    assert_int_equal(write_file("dns.elf", -1), 0);
    assert_int_equal(net.files->written(net.files, 5000, reason), ERROR_CORRUPT);
    assert_string_equal(reason, "segment 2 reaches past the end of the file");
    net_files_active = true;
    poll(NULL);
    assert_int_equal(sim_guard_calls(GUARD_HAND_BACK), 0);
}

static void test_a_push_that_came_to_nothing_leaves_the_service_running(void **state)
{
    (void)state;
    begin();
    assert_int_equal(write_file("dns.elf", 70000), 0);
    net.files->write_failed(net.files, "the client is silent");
    net_files_active = true;
    poll(NULL);
    assert_int_equal(sim_guard_calls(GUARD_CHECK_IMAGE), 0);
    assert_int_equal(sim_guard_calls(GUARD_HAND_BACK), 0);
}

static void test_with_deploy_off_no_push_begins(void **state)
{
    (void)state;
    record.upload.deploy = BOOT_DEPLOY_OFF;
    begin();
    assert_int_equal(write_file("dns.elf", -1), ERROR_REFUSED);
    assert_string_equal(reason, "pushes are off (deploy = off)");
}

static void test_without_a_loader_no_push_begins(void **state)
{
    (void)state;
    begin_without_guard();
    assert_int_equal(write_file("dns.elf", -1), ERROR_REFUSED);
    assert_string_equal(reason, "no loader stands under this service");
}

static void test_a_file_announced_larger_than_the_room_is_refused_before_it_comes(void **state)
{
    (void)state;
    begin();
    assert_int_equal(write_file("dns.elf", UPLOAD_BYTES), 0);
    assert_int_equal(write_file("dns.elf", UPLOAD_BYTES + 1), ERROR_TOO_LARGE);
    assert_string_equal(reason, "an image of 67108865 bytes: there is room for 67108864");
}

static void test_the_longest_name_fits_into_the_hand_back(void **state)
{
    char name[TFTP_SERVER_NAME_MAX];

    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    begin();
    assert_int_equal(write_file(name, -1), 0);
    net.files->written(net.files, 1, reason);
    net.work = finish;
    net_files_active = true;
    assert_true(sim_expect_stop(poll, NULL));
    assert_string_equal(sim_guard.handed_back.hand_back.name + strlen("push:192.0.2.9/"), name);
}

/* ---- for the card ---- */

static void test_an_image_for_a_slot_is_installed_before_it_is_handed_back(void **state)
{
    (void)state;
    begin();
    assert_int_equal(write_file("slot/dns.elf", -1), 0);
    assert_int_equal(net.files->written(net.files, 96080, reason), 0);
    assert_int_equal(sim_guard_calls(GUARD_INSTALL), 1);
    assert_int_equal(sim_guard_calls(GUARD_CHECK_IMAGE), 0);
    assert_int_equal(sim_guard.checked_bytes, 96080);
    net.work = finish;
    net_files_active = true;
    assert_true(sim_expect_stop(poll, NULL));
    assert_int_equal(sim_guard.handed_back.hand_back.kind, BOOT_HAND_BACK_IMAGE);
    assert_string_equal(sim_guard.handed_back.hand_back.name, "push:192.0.2.9/slot/dns.elf");
}

static void test_a_card_that_cannot_take_an_image_leaves_the_service_running(void **state)
{
    (void)state;
    begin();
    sim_guard_answer(GUARD_INSTALL, ERROR_REFUSED);
    strcpy(sim_guard.reason, "the card is read-only");
    assert_int_equal(write_file("slot/dns.elf", -1), 0);
    assert_int_equal(net.files->written(net.files, 5000, reason), ERROR_REFUSED);
    assert_string_equal(reason, "the card is read-only");
    net_files_active = true;
    poll(NULL);
    assert_int_equal(sim_guard_calls(GUARD_HAND_BACK), 0);
}

static void test_a_loader_that_knows_no_slots_is_named(void **state)
{
    (void)state;
    begin();
    sim_guard_answer(GUARD_INSTALL, ERROR_INVALID);
    assert_int_equal(write_file("slot/dns.elf", -1), 0);
    assert_int_equal(net.files->written(net.files, 5000, reason), ERROR_INVALID);
    assert_string_equal(reason, "the loader under this service says no: invalid");
}

static int write_select(const char *text)
{
    uint8_t *buffer = NULL;
    size_t capacity = 0;
    int status = net.files->write(net.files, &client, "select", (int64_t)strlen(text), &buffer,
                                  &capacity, reason);

    assert_int_equal(status, 0);
    assert_in_range(strlen(text), 1, capacity);
    memcpy(buffer, text, strlen(text));
    return net.files->written(net.files, strlen(text), reason);
}

static void test_a_service_selected_for_later_leaves_this_one_running(void **state)
{
    (void)state;
    begin();
    assert_int_equal(write_select("echo always\n"), 0);
    assert_string_equal(sim_guard.selected.name, "echo");
    assert_int_equal(sim_guard.selected.when, GUARD_ALWAYS);
    finish();
    net_files_active = true;
    poll(NULL);
    assert_int_equal(sim_guard_calls(GUARD_HAND_BACK), 0);
}

static void test_a_service_selected_now_is_handed_over_to(void **state)
{
    (void)state;
    begin();
    write_file("dns.elf", -1); /* nothing of it is left */
    assert_int_equal(write_select("echo now\n"), 0);
    assert_int_equal(sim_guard.selected.when, GUARD_NOW);
    net.work = finish;
    net_files_active = true;
    assert_true(sim_expect_stop(poll, NULL));
    assert_int_equal(sim_guard.handed_back.hand_back.kind, BOOT_HAND_BACK_NEXT);
    assert_string_equal(sim_guard.handed_back.hand_back.name, "echo");
}

static void test_a_selection_that_cannot_be_gets_its_sentence(void **state)
{
    (void)state;
    begin();
    assert_int_equal(write_select("echo soon"), ERROR_INVALID);
    assert_string_equal(reason, "a select says now, once or always behind the service");
    assert_int_equal(sim_guard_calls(GUARD_SELECT), 0);
    sim_guard_answer(GUARD_SELECT, ERROR_ABSENT);
    strcpy(sim_guard.reason, "there is no service echo on the card");
    assert_int_equal(write_select("echo"), ERROR_ABSENT);
    assert_string_equal(reason, "there is no service echo on the card");
    net_files_active = true;
    poll(NULL);
    assert_int_equal(sim_guard_calls(GUARD_HAND_BACK), 0);
}

static void test_with_deploy_off_nothing_can_be_selected(void **state)
{
    uint8_t *buffer;
    size_t capacity;

    (void)state;
    record.upload.deploy = BOOT_DEPLOY_OFF;
    begin();
    assert_int_equal(net.files->write(net.files, &client, "select", -1, &buffer, &capacity, reason),
                     ERROR_REFUSED);
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
        TEST(test_a_push_that_is_found_good_is_handed_back),
        TEST(test_nothing_of_an_earlier_push_is_left_at_the_next_start),
        TEST(test_a_push_that_the_loader_refuses_gets_its_sentence),
        TEST(test_a_push_that_came_to_nothing_leaves_the_service_running),
        TEST(test_with_deploy_off_no_push_begins),
        TEST(test_without_a_loader_no_push_begins),
        TEST(test_a_file_announced_larger_than_the_room_is_refused_before_it_comes),
        TEST(test_the_longest_name_fits_into_the_hand_back),
        TEST(test_an_image_for_a_slot_is_installed_before_it_is_handed_back),
        TEST(test_a_card_that_cannot_take_an_image_leaves_the_service_running),
        TEST(test_a_loader_that_knows_no_slots_is_named),
        TEST(test_a_service_selected_for_later_leaves_this_one_running),
        TEST(test_a_service_selected_now_is_handed_over_to),
        TEST(test_a_selection_that_cannot_be_gets_its_sentence),
        TEST(test_with_deploy_off_nothing_can_be_selected),
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
