/*
 * test_self_test_boot: what `pilot selftest` reads out of a board's log.
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

#undef fail /* of cmocka's; pilot has one of its own */
#include "pilot_selftest.h"

#define MARK "reset 9af4611eddaf0571"

/* What the file under test wants of the rest of pilot, and does not get here. */

_Noreturn void fail(const char *format, ...)
{
    print_error("%s\n", format);
    abort();
}

int pilot_tftp_read(struct pilot_transfer *transfer, size_t limit, struct pilot_file *file)
{
    (void)transfer, (void)limit, (void)file;
    return -1;
}

void pilot_selftest_mark(const struct pilot_selftest *test, char mark[32])
{
    (void)test, (void)mark;
}

void pilot_selftest_verdict(enum self_test_verdict verdict, const char *name, const char *format,
                            ...)
{
    (void)verdict, (void)name, (void)format;
}

static struct pilot_selftest_boot read_boot(const char *log)
{
    struct pilot_selftest_boot boot;

    pilot_selftest_read_boot(log, strlen(log), MARK, &boot);
    return boot;
}

#define BEFORE                                                                                     \
    "[   0.100000] loader: Pilotlight 0.1.0 on Raspberry Pi 3 Model B, serial 1\n"                 \
    "[   0.200000] network: lan95xx b8:27:eb:00:00:01\n"                                           \
    "[   0.300000] net: link up\n"                                                                 \
    "[   0.400000] dhcp: 192.0.2.7 from 192.0.2.1\n"                                               \
    "[   9.000000] self-test: 52 pieces of 64 KB are left in memory; " MARK "\n"
#define START "[   9.500000] loader: Pilotlight 0.1.0 on Raspberry Pi 3 Model B, serial 1\n"

static void test_the_times_are_those_of_the_last_start(void **state)
{
    struct pilot_selftest_boot boot =
        read_boot(BEFORE START "[  10.000000] network: lan95xx b8:27:eb:00:00:01\n"
                               "[  11.500000] lan95xx: 100 Mbit/s, full duplex, PAUSE on\n"
                               "[  11.500001] net: link up\n"
                               "[  11.750000] dhcp: 192.0.2.7 from 192.0.2.1\n"
                               "[  20.000000] net: link down\n"
                               "[  22.000000] net: link up\n"
                               "[  23.000000] dhcp: 192.0.2.7 from 192.0.2.1\n");

    (void)state;
    assert_true(boot.has_begun);
    assert_true(boot.is_kept);
    assert_int_equal(boot.adapter_us, 10000000);
    assert_int_equal(boot.link_us, 11500001);
    assert_int_equal(boot.address_us, 11750000);
}

static void test_a_link_that_was_there_has_no_time(void **state)
{
    struct pilot_selftest_boot boot =
        read_boot(BEFORE START "[  10.000000] network: cdc-ecm 52:54:00:12:34:57\n"
                               "[  10.007000] dhcp: 10.0.2.15 from 10.0.2.2\n");

    (void)state;
    assert_int_equal(boot.adapter_us, 10000000);
    assert_int_equal(boot.link_us, 0);
    assert_int_equal(boot.address_us, 10007000);
}

static void test_other_lines_of_the_network_are_no_adapter(void **state)
{
    struct pilot_selftest_boot boot =
        read_boot(BEFORE START "[  10.000000] network: no Ethernet device: timeout\n"
                               "[  10.001000] net: link up\n"
                               "[  10.007000] dhcp: 10.0.2.15 from 10.0.2.2\n");

    (void)state;
    assert_int_equal(boot.adapter_us, 0);
    assert_int_equal(boot.link_us, 0);
    assert_int_equal(boot.address_us, 0);
}

static void test_the_mark_counts_only_before_the_start_and_from_the_test(void **state)
{
    (void)state;
    assert_false(read_boot(START "[  12.000000] self-test: " MARK "\n").is_kept);
    assert_false(read_boot("[   9.000000] dns: " MARK "\n" START).is_kept);
    assert_false(read_boot("[   9.000000] self-test: reset 0000000000000000\n" START).is_kept);
    assert_true(read_boot("[   9.000000] self-test: " MARK "\n" START).is_kept);
    assert_true(read_boot("[   9.000000] self-test: left; " MARK "\n" START).is_kept);
    /* RAM may lose a few bits; another run's number is no damage. */
    assert_true(read_boot("[   9.000000] self-test: left; resgt 9af4610eddaf0579\n" START).is_kept);
    assert_false(
        read_boot("[   9.000000] self-test: left; reset 1bf4612eddaf1472\n" START).is_kept);
}

static void test_a_log_without_a_start_or_with_anything_else_tells_nothing(void **state)
{
    static const char junk[] =
        "\n[\n[   1.0] \nloader: Pilotlight 0.1.0\n[  1.000000] loader:\n\377\n"
        "[   9.000000] self-test: " MARK;
    struct pilot_selftest_boot boot = read_boot(junk);

    (void)state;
    assert_false(boot.has_begun);
    assert_false(boot.is_kept);
    boot = read_boot("");
    assert_false(boot.has_begun);
}

static void test_a_log_cut_anywhere_is_read_without_a_byte_too_far(void **state)
{
    static const char log[] = BEFORE START "[  10.000000] network: lan95xx b8:27:eb:00:00:01\n";
    struct pilot_selftest_boot boot;

    (void)state;
    for (size_t length = 0; length < sizeof log; length++) {
        char *copy = malloc(length + 1); /* the sanitizer watches its end */

        assert_non_null(copy);
        memcpy(copy, log, length);
        pilot_selftest_read_boot(copy, length, MARK, &boot);
        assert_int_equal(boot.link_us > boot.adapter_us + 1000000, 0);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_times_are_those_of_the_last_start),
        cmocka_unit_test(test_a_link_that_was_there_has_no_time),
        cmocka_unit_test(test_other_lines_of_the_network_are_no_adapter),
        cmocka_unit_test(test_the_mark_counts_only_before_the_start_and_from_the_test),
        cmocka_unit_test(test_a_log_without_a_start_or_with_anything_else_tells_nothing),
        cmocka_unit_test(test_a_log_cut_anywhere_is_read_without_a_byte_too_far),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
