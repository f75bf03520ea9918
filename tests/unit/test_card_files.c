/*
 * test_card_files: what a `select` may say.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "card_files.h"
#include "error.h"

static struct guard_select selected;

/* From a copy that ends with the text: a byte read too far is found. */
static int read_select(const char *text)
{
    size_t length = strlen(text);
    char *copy = malloc(length + 1);
    int status;

    memcpy(copy, text, length);
    char *exact = realloc(copy, length != 0 ? length : 1);

    memset(&selected, 0xee, sizeof selected);
    status = card_files_read_select(exact, length, &selected);
    free(exact);
    return status;
}

static void check(const char *text, const char *name, uint32_t when)
{
    assert_int_equal(read_select(text), 0);
    assert_string_equal(selected.name, name);
    assert_int_equal(selected.when, when);
    assert_string_equal(selected.reason, "");
}

static void test_a_service_and_a_time_are_read(void **state)
{
    (void)state;
    check("echo now\n", "echo", GUARD_NOW);
    check("echo once", "echo", GUARD_ONCE);
    check("echo always\r\n", "echo", GUARD_ALWAYS);
    check(" \t dns \t once \n\n", "dns", GUARD_ONCE);
    check("dns", "dns", GUARD_NOW);
    check("abcdefghijklmnopqrstuvwxyz01234 now", "abcdefghijklmnopqrstuvwxyz01234", GUARD_NOW);
}

static void check_refused(const char *text, const char *reason)
{
    assert_int_equal(read_select(text), ERROR_INVALID);
    assert_string_equal(selected.reason, reason);
}

static void test_what_is_wrong_is_said(void **state)
{
    (void)state;
    check_refused("", "a select says SERVICE now, once or always: it is empty");
    check_refused(" \n", "a select says SERVICE now, once or always: it is empty");
    check_refused("abcdefghijklmnopqrstuvwxyz012345 now",
                  "a select names a service of up to 31 characters");
    check_refused("echo soon", "a select says now, once or always behind the service");
    check_refused("echo onc", "a select says now, once or always behind the service");
    check_refused("echo onced", "a select says now, once or always behind the service");
    check_refused("echo now please", "a select has two words, SERVICE and now, once or always");
}

static void test_names_for_a_slot_begin_with_its_folder(void **state)
{
    (void)state;
    assert_true(card_files_is_install("slot/dns.elf"));
    assert_true(card_files_is_install("slot/"));
    assert_false(card_files_is_install("slot"));
    assert_false(card_files_is_install("dns.elf"));
    assert_false(card_files_is_install("a/slot/dns.elf"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_service_and_a_time_are_read),
        cmocka_unit_test(test_what_is_wrong_is_said),
        cmocka_unit_test(test_names_for_a_slot_begin_with_its_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
