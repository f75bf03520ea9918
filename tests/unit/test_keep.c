/*
 * keep: what the loader knows of before is what was, or nothing.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "log.h"
#include "start_machine.h"

static int keep_setup(void **state)
{
    int failed = setup(state);

    log_set_recorder(NULL);
    return failed;
}

static int keep_teardown(void **state)
{
    (void)state;
    log_set_recorder(NULL);
    return 0;
}

/* A new run of the loader: bss is empty, memory is as it was. */
static bool open_again(bool restarted)
{
    log_set_recorder(NULL);
    sim_cpu_reset();
    loader.keep = NULL;
    memset(&loader.log_store, 0, sizeof loader.log_store);
    loader.before_reset = loader.before_reset_end = 0;
    return keep_open(&loader, restarted);
}

static bool log_has(const char *text)
{
    static char all[70000];
    uint64_t position = 0;
    size_t length = log_store_read(&loader.log_store, &position, all, sizeof all - 1);

    all[length] = '\0';
    return strstr(all, text) != NULL;
}

static void test_power_on_begins_with_nothing(void **state)
{
    (void)state; /* RAM is full of 0xa5 */
    assert_false(keep_open(&loader, false));
    assert_true(sim_cpu_is_mapped(loader.resident.base, loader.resident.bytes));
    assert_int_equal(loader.keep->running, KEEP_NOTHING);
    assert_int_equal(loader.keep->fallback, KEEP_NOTHING);
    assert_true(loader.keep->at_rest);
    assert_int_equal(loader.keep->hand_backs, 0);
    assert_int_equal(loader.before_reset, loader.before_reset_end);
}

static void test_what_was_sealed_is_there_after_a_restart(void **state)
{
    (void)state;
    keep_open(&loader, false);
    loader.keep->hand_backs = 7;
    strcpy(loader.keep->name, "dns");
    log_line("x", "said before");
    keep_seal(loader.keep);
    assert_true(open_again(true));
    assert_int_equal(loader.keep->hand_backs, 7);
    assert_string_equal(loader.keep->name, "dns");
    assert_true(log_has("x: said before\n"));
}

static void test_each_changed_byte_makes_it_start_from_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(struct keep); i += 61) {
        open_again(false);
        loader.keep->hand_backs = 7;
        keep_seal(loader.keep);
        ((uint8_t *)loader.keep)[i] ^= 4;
        assert_false(open_again(true));
        assert_int_equal(loader.keep->hand_backs, 0);
    }
}

static void test_after_a_reset_only_the_past_is_told(void **state)
{
    (void)state;
    keep_open(&loader, false);
    loader.keep->hand_backs = 7;
    loader.keep->fallback = 1;
    loader.keep->crash.number = 3;
    strcpy(loader.keep->name, "dns");
    strcpy(loader.keep->last_end, "dns 1.0.0 hung");
    log_line("x", "the last line");
    keep_seal(loader.keep);
    assert_false(open_again(false));
    assert_int_equal(loader.keep->hand_backs, 0);
    assert_int_equal(loader.keep->fallback, KEEP_NOTHING);
    assert_string_equal(loader.keep->last_end, "dns 1.0.0 hung");
    assert_int_equal(loader.keep->crash.number, 3); /* core files get new numbers */
    log_line("x", "of the run after");
    assert_int_equal(loader.before_reset_end - loader.before_reset,
                     strlen("[   1.000000] x: the last line\n"));
}

static void test_lines_are_recorded_from_the_beginning(void **state)
{
    (void)state;
    keep_open(&loader, false);
    log_line("x", "one");
    log_line("x", "two");
    assert_true(log_has("x: one\n"));
    assert_true(log_has("x: two\n"));
}

static void test_what_no_console_has_is_drained_after_the_restart_and_not_recorded_twice(
    void **state)
{
    (void)state;
    keep_open(&loader, false);
    log_line("x", "slow");
    uint64_t end = log_store_end(&loader.log_store);

    loader.keep->log_undrained = 6; /* "slow\n" and the blank before it */
    keep_seal(loader.keep);
    sim_log_clear();
    assert_true(open_again(true));
    assert_string_equal(sim_log(), " slow\n");
    assert_int_equal(log_store_end(&loader.log_store), end);
}

static void test_after_power_on_the_log_is_sent_from_there_on(void **state)
{
    (void)state;
    keep_open(&loader, false);
    log_line("x", "sent before the reset, or never");
    uint64_t end = log_store_end(&loader.log_store);

    assert_false(open_again(false));
    assert_int_equal(loader.keep->log_sent.position, end);
    assert_int_equal(loader.log_begun, end);
    log_line("x", "ours");
    end = log_store_end(&loader.log_store);
    keep_log_sent(&loader, &(struct boot_log_sent){.position = end, .sequence = 3});
    keep_seal(loader.keep);
    assert_true(open_again(true));
    assert_int_equal(loader.keep->log_sent.position, end);
    assert_int_equal(loader.keep->log_sent.sequence, 3);
    keep_log_sent(&loader, &(struct boot_log_sent){.position = end - 1, .sequence = 2});
    assert_int_equal(loader.keep->log_sent.sequence, 3);
}

static void test_the_tree_is_kept_as_it_was(void **state)
{
    const void *original = loader.fdt;
    size_t bytes = loader.fdt_available;

    (void)state;
    keep_open(&loader, false);
    keep_fdt(&loader);
    assert_ptr_not_equal(loader.fdt, original);
    assert_memory_equal(loader.fdt, original, bytes);
    assert_int_equal(loader.keep->fdt_bytes, bytes);
    assert_true((uint64_t)loader.fdt > loader.resident.base);
    assert_true((uint64_t)loader.fdt + bytes <= loader.resident.base + loader.resident.bytes);
}

static void test_a_tree_too_large_to_keep_stays_where_it_is(void **state)
{
    const void *original = loader.fdt;

    (void)state;
    keep_open(&loader, false);
    loader.fdt_available = 0x80001;
    keep_fdt(&loader);
    assert_ptr_equal(loader.fdt, original);
    assert_int_equal(loader.keep->fdt_bytes, 0);
    assert_non_null(strstr(sim_log(), "the device tree is too large to be kept: 524289 bytes"));
}

static void test_areas_of_images_and_core_do_not_overlap_and_lie_in_the_keeping_area(void **state)
{
    struct board_range a = keep_image_area(&loader, 0), c = keep_image_area(&loader, 1),
                       core = keep_core_area(&loader);

    (void)state;
    assert_true(a.bytes > 0 && a.bytes == c.bytes && a.bytes == core.bytes);
    assert_int_equal(a.base, loader.keeping.base);
    assert_int_equal(a.base + a.bytes, c.base);
    assert_int_equal(c.base + c.bytes, core.base);
    assert_true(core.base + core.bytes <= loader.keeping.base + loader.keeping.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_power_on_begins_with_nothing, keep_setup,
                                        keep_teardown),
        cmocka_unit_test_setup_teardown(test_what_was_sealed_is_there_after_a_restart, keep_setup,
                                        keep_teardown),
        cmocka_unit_test_setup_teardown(test_each_changed_byte_makes_it_start_from_nothing,
                                        keep_setup, keep_teardown),
        cmocka_unit_test_setup_teardown(test_after_a_reset_only_the_past_is_told, keep_setup,
                                        keep_teardown),
        cmocka_unit_test_setup_teardown(test_lines_are_recorded_from_the_beginning, keep_setup,
                                        keep_teardown),
        cmocka_unit_test_setup_teardown(
            test_what_no_console_has_is_drained_after_the_restart_and_not_recorded_twice,
            keep_setup, keep_teardown),
        cmocka_unit_test_setup_teardown(test_after_power_on_the_log_is_sent_from_there_on,
                                        keep_setup, keep_teardown),
        cmocka_unit_test_setup_teardown(test_the_tree_is_kept_as_it_was, keep_setup, keep_teardown),
        cmocka_unit_test_setup_teardown(test_a_tree_too_large_to_keep_stays_where_it_is, keep_setup,
                                        keep_teardown),
        cmocka_unit_test_setup_teardown(
            test_areas_of_images_and_core_do_not_overlap_and_lie_in_the_keeping_area, keep_setup,
            keep_teardown),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
