/*
 * loader/status and loader/guard_files: the files that the loader has for who asks, in rescue
 * or through the guard.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "start_machine.h"

#include <stdio.h>

#include "guard_files.h"
#include "sim_keys.h"
#include "status.h"

#define ROOM 2048

static char text[ROOM];

static const char *text_now(void)
{
    size_t length = status_text(&loader, text, sizeof text);

    assert_int_equal(length, strlen(text));
    return text;
}

/* ---- status ---- */

static void test_in_rescue_the_loader_says_all_of_it(void **state)
{
    (void)state;
    loader.configuration.deploy = BOOT_DEPLOY_OFF;
    keep.hand_backs = 3;
    keep.redeploys = 2;
    keep.crashes = 1;
    sim_advance_us(41500000);
    assert_string_equal(text_now(), "service = none\n"
                                    "state = none\n"
                                    "boot_id = 00000000\n"
                                    "uptime_ms = 42500\n"
                                    "loader = " PILOTLIGHT_VERSION "\n"
                                    "keys = 0\n"
                                    "deploy = off\n"
                                    "fallback = none\n"
                                    "hand_backs = 3\n"
                                    "redeploys = 2\n"
                                    "crashes = 1\n");
}

/* Its kernel says what is the service's: the two are put together. */
static void test_under_a_service_the_loader_says_only_its_own(void **state)
{
    (void)state;
    loader.service.bytes = 1;
    loader.configuration.deploy = BOOT_DEPLOY_ANY;
    assert_string_equal(text_now(), "loader = " PILOTLIGHT_VERSION "\n"
                                    "keys = 0\n"
                                    "deploy = any\n"
                                    "fallback = none\n"
                                    "hand_backs = 0\n"
                                    "redeploys = 0\n"
                                    "crashes = 0\n");
    loader.configuration.deploy = BOOT_DEPLOY_SIGNED;
    assert_non_null(strstr(text_now(), "\ndeploy = signed\n"));
}

/* Such a loader starts nothing: it is not one that starts everything. */
static void test_a_damaged_table_of_keys_is_not_one_without_keys(void **state)
{
    (void)state;
    sim_keys.crc32c ^= 1;
    const char *now = text_now();

    sim_keys_clear();
    assert_non_null(strstr(now, "\nkeys = damaged\n"));
}

static void test_under_a_service_from_a_slot_it_says_which(void **state)
{
    (void)state;
    loader.service.bytes = 1;
    keep.origin = (struct slot_origin){.slot = 'B', .state = SLOT_TRIAL, .tries = 2};
    assert_non_null(strstr(text_now(), "slot = B\nslot_state = trial\ntries = 2\n"));
    keep.origin.state = SLOT_CONFIRMED;
    assert_non_null(strstr(text_now(), "slot = B\nslot_state = confirmed\nloader = "));
    loader.service.bytes = 0; /* in rescue there is none that runs */
    assert_null(strstr(text_now(), "slot"));
}

static void test_fallback_last_end_and_crash_are_told_when_there_are_any(void **state)
{
    (void)state;
    loader.service.bytes = 1;
    keep.fallback = 1;
    strcpy(keep.images[1].name, "dns");
    strcpy(keep.images[1].version, "1.2.3");
    assert_non_null(strstr(text_now(), "\nfallback = dns 1.2.3\n"));
    assert_null(strstr(text, "last_end"));
    assert_null(strstr(text, "core_"));
    strcpy(keep.last_end, "dns 1.2.3 crashed: a null pointer");
    strcpy(keep.crash.name, "dns");
    strcpy(keep.crash.what, "a null pointer");
    keep.crash.number = 7;
    keep.crash.core_bytes = 4000000000;
    const char *end = strstr(text_now(), "last_end = ");

    assert_non_null(end);
    assert_string_equal(end, "last_end = dns 1.2.3 crashed: a null pointer\n"
                             "crash = a null pointer\n"
                             "core_name = dns\n"
                             "core_number = 7\n"
                             "core_bytes = 4000000000\n");
}

/* Everything as long as it can be. */
static void fill(void)
{
    keep.fallback = 0;
    memset(keep.images[0].name, 'n', sizeof keep.images[0].name - 1);
    memset(keep.images[0].version, 'v', sizeof keep.images[0].version - 1);
    memset(keep.last_end, 'e', sizeof keep.last_end - 1);
    memset(keep.crash.name, 'c', sizeof keep.crash.name - 1);
    memset(keep.crash.what, 'w', sizeof keep.crash.what - 1);
    keep.hand_backs = keep.redeploys = keep.crashes = keep.crash.number = UINT32_MAX;
    keep.crash.core_bytes = UINT32_MAX;
}

static void test_no_line_is_cut_in_the_middle_however_little_room_there_is(void **state)
{
    char whole[ROOM];

    (void)state;
    fill();
    strcpy(whole, text_now());
    for (size_t capacity = 1; capacity <= strlen(whole) + 1; capacity++) {
        char *exact = malloc(capacity);
        size_t length = status_text(&loader, exact, capacity);

        assert_true(length < capacity);
        for (const char *line = exact; line < exact + length;) {
            const char *end = memchr(line, '\n', (size_t)(exact + length - line));
            char wanted[ROOM];

            assert_non_null(end);
            snprintf(wanted, sizeof wanted, "%.*s", (int)(end + 1 - line), line);
            assert_non_null(strstr(whole, wanted));
            line = end + 1;
        }
        if (capacity == strlen(whole) + 1)
            assert_int_equal(length, strlen(whole));
        free(exact);
    }
}

/* ---- files ---- */

static void test_files_are_known_by_their_names(void **state)
{
    (void)state;
    assert_int_equal(guard_file_named("log"), GUARD_FILE_LOG);
    assert_int_equal(guard_file_named("status"), GUARD_FILE_STATUS);
    assert_int_equal(guard_file_named("core"), GUARD_FILE_CORE);
    assert_int_equal(guard_file_named(""), 0);
    assert_int_equal(guard_file_named("logs"), 0);
    assert_int_equal(guard_file_named("LOG"), 0);
    assert_true(guard_file_exists(&loader, GUARD_FILE_LOG, 0));
    assert_true(guard_file_exists(&loader, GUARD_FILE_STATUS, 0));
    assert_false(guard_file_exists(&loader, 0, 0));
    assert_false(guard_file_exists(&loader, GUARD_FILE_CORE, 0));
    keep.crash.core_bytes = 1;
    assert_true(guard_file_exists(&loader, GUARD_FILE_CORE, 0));
}

/* Reads a file in pieces, each to a heap block of exactly its size. */
static size_t read_in_pieces(enum guard_file which, size_t piece)
{
    uint64_t position = 0;
    size_t total = 0;

    for (;;) {
        char *bytes = malloc(piece);
        size_t length = guard_file_read(&loader, which, &position, bytes, piece);

        assert_true(length <= piece && total + length < sizeof text);
        memcpy(text + total, bytes, length);
        free(bytes);
        total += length;
        assert_true(position == total);
        if (length == 0)
            break;
    }
    text[total] = '\0';
    return total;
}

static void test_a_status_is_of_one_moment_however_it_is_read(void **state)
{
    static char whole[ROOM];
    uint64_t position = 0;
    char piece[40], rest[ROOM];

    (void)state;
    fill();
    loader.service.bytes = 1; /* no uptime, which would not stand still */
    status_text(&loader, whole, sizeof whole);
    assert_int_equal(read_in_pieces(GUARD_FILE_STATUS, 1), strlen(whole));
    assert_string_equal(text, whole);
    assert_int_equal(read_in_pieces(GUARD_FILE_STATUS, 37), strlen(whole));
    assert_string_equal(text, whole);

    assert_int_equal(guard_file_read(&loader, GUARD_FILE_STATUS, &position, piece, sizeof piece),
                     sizeof piece);
    keep.hand_backs = 1; /* meanwhile */
    size_t length = guard_file_read(&loader, GUARD_FILE_STATUS, &position, rest, sizeof rest);

    assert_int_equal(sizeof piece + length, strlen(whole));
    assert_memory_equal(rest, whole + sizeof piece, length);
    position = 0; /* read anew it is new */
    length = guard_file_read(&loader, GUARD_FILE_STATUS, &position, rest, sizeof rest - 1);
    rest[length] = '\0';
    assert_non_null(strstr(rest, "\nhand_backs = 1\n"));
}

static void test_a_core_is_read_to_its_end_and_not_further(void **state)
{
    uint8_t *core = (uint8_t *)keep_core_area(&loader).base;
    uint64_t position;

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        core[i] = (uint8_t)(i * 3 + 1);
    keep.crash.core_bytes = 1000;
    assert_int_equal(read_in_pieces(GUARD_FILE_CORE, 333), 1000);
    assert_memory_equal(text, core, 1000);
    position = 1001;
    assert_int_equal(guard_file_read(&loader, GUARD_FILE_CORE, &position, text, sizeof text), 0);
    assert_int_equal(position, 1001);
    position = UINT64_MAX;
    assert_int_equal(guard_file_read(&loader, GUARD_FILE_CORE, &position, text, sizeof text), 0);
}

static void test_the_log_is_read_from_wherever_one_is(void **state)
{
    static _Alignas(64) uint8_t memory[8192];
    uint64_t position = 0;

    (void)state;
    memset(memory, 0, sizeof memory);
    log_store_open(&loader.log_store, memory, sizeof memory);
    log_store_append(&loader.log_store, "one\n", 4);
    assert_int_equal(guard_file_read(&loader, GUARD_FILE_LOG, &position, text, sizeof text), 4);
    assert_int_equal(guard_file_read(&loader, GUARD_FILE_LOG, &position, text, sizeof text), 0);
    log_store_append(&loader.log_store, "two\n", 4);
    assert_int_equal(guard_file_read(&loader, GUARD_FILE_LOG, &position, text, sizeof text), 4);
    assert_memory_equal(text, "two\n", 4);
}

static void test_a_file_that_nobody_knows_gives_nothing(void **state)
{
    uint64_t position = 0;

    (void)state;
    assert_int_equal(guard_file_read(&loader, 0, &position, text, sizeof text), 0);
    assert_int_equal(guard_file_read(&loader, (enum guard_file)99, &position, text, sizeof text),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_in_rescue_the_loader_says_all_of_it, setup),
        cmocka_unit_test_setup(test_under_a_service_the_loader_says_only_its_own, setup),
        cmocka_unit_test_setup(test_a_damaged_table_of_keys_is_not_one_without_keys, setup),
        cmocka_unit_test_setup(test_under_a_service_from_a_slot_it_says_which, setup),
        cmocka_unit_test_setup(test_fallback_last_end_and_crash_are_told_when_there_are_any, setup),
        cmocka_unit_test_setup(test_no_line_is_cut_in_the_middle_however_little_room_there_is,
                               setup),
        cmocka_unit_test_setup(test_files_are_known_by_their_names, setup),
        cmocka_unit_test_setup(test_a_status_is_of_one_moment_however_it_is_read, setup),
        cmocka_unit_test_setup(test_a_core_is_read_to_its_end_and_not_further, setup),
        cmocka_unit_test_setup(test_the_log_is_read_from_wherever_one_is, setup),
        cmocka_unit_test_setup(test_a_file_that_nobody_knows_gives_nothing, setup),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
