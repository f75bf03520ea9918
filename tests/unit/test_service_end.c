/*
 * test_service_end: exit and reboot without a loader: the log first, then the devices, then the
 * power.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "boot_record.h"
#include "clock.h"
#include "console.h"
#include "error.h"
#include "ethernet_device.h"
#include "log.h"
#include "service.h"
#include "service_parts.h"
#include "sim.h"
#include "sim_board.h"

static struct ethernet_device device;
static const struct boot_record no_record;
static size_t line_bytes, line_bytes_at_quiesce;
static bool line_is_dead;

/* A line of 115,200 baud: a byte is due each 87 us of virtual time. */
static size_t take_slowly(struct console *self, const char *bytes, size_t length)
{
    static uint64_t next_us;

    (void)self;
    (void)bytes;
    if (line_is_dead || length == 0 || clock_now_us() < next_us)
        return 0;
    next_us = clock_now_us() + 87;
    line_bytes++;
    return 1;
}

/* A device of the board is stopped: so far has the log come. */
static int stop(struct ethernet_device *self)
{
    (void)self;
    line_bytes_at_quiesce = line_bytes;
    return 0;
}

static int set_up_group(void **state)
{
    static struct console slow = {.name = "slow", .write = take_slowly};

    (void)state;
    sim_reset();
    log_add_console(&slow);
    device.stop = stop;
    service_log_init("demo");
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    line_is_dead = false;
    log_flush(10000000);
    sim_log_clear();
    sim_board_reset();
    sim_board.machine.ethernet = &device;
    service_end_init(&sim_board.machine, &no_record);
    line_bytes = line_bytes_at_quiesce = 0;
    return 0;
}

static void exit_with(void *status)
{
    service_exit(*(int *)status);
}

static void reboot(void *context)
{
    (void)context;
    service_reboot();
}

static void assert_end(void (*end)(void *), void *context, const char *how, const char *sentence)
{
    assert_true(sim_expect_stop(end, context));
    assert_string_equal(sim_stop_message(), how);
    assert_non_null(strstr(sim_log(), sentence));
    assert_int_equal(sim_board.quiesces, 1);
}

static void test_status_0_powers_off(void **state)
{
    (void)state;
    assert_end(exit_with, &(int){0}, "off", "kernel: the service ended with status 0: power off");
}

static void test_any_other_status_resets(void **state)
{
    (void)state;
    assert_end(exit_with, &(int){-8}, "reset", "kernel: the service ended with status -8: reset");
}

static void test_a_reboot_resets(void **state)
{
    (void)state;
    assert_end(reboot, NULL, "reset", "kernel: the service asks for a reset");
}

static void test_the_whole_log_is_out_before_the_devices_stop(void **state)
{
    size_t log_bytes;

    (void)state;
    for (int i = 0; i < 20; i++)
        service_log("line %d of a log that takes more than a hundred milliseconds", i);
    service_log_put('p'); /* a line of stdout that was begun */
    assert_end(exit_with, &(int){0}, "off", "demo: p\n");
    log_bytes = strlen(sim_log());
    assert_in_range(log_bytes, 1300, 3000);
    assert_int_equal(line_bytes_at_quiesce, log_bytes);
}

static void test_a_dead_line_holds_up_the_end_for_two_seconds_at_most(void **state)
{
    uint64_t start_us = clock_now_us();

    (void)state;
    line_is_dead = true;
    assert_end(exit_with, &(int){1}, "reset", "status 1");
    assert_in_range(clock_now_us() - start_us, 1900000, 2100000);
}

static void test_a_device_that_does_not_stop_is_named_and_the_end_comes_all_the_same(void **state)
{
    (void)state;
    sim_board.quiesce_status = ERROR_TIMEOUT;
    assert_end(reboot, NULL, "reset", "kernel: a device did not stop: timeout");
    assert_int_equal(line_bytes, strlen(sim_log()));
}

static void test_without_a_loader_no_other_service_can_be_started(void **state)
{
    (void)state;
    assert_int_equal(service_start_next("echo.elf"), ERROR_UNSUPPORTED);
    assert_int_equal(sim_board.quiesces, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(test_status_0_powers_off),
        TEST(test_any_other_status_resets),
        TEST(test_a_reboot_resets),
        TEST(test_the_whole_log_is_out_before_the_devices_stop),
        TEST(test_a_dead_line_holds_up_the_end_for_two_seconds_at_most),
        TEST(test_a_device_that_does_not_stop_is_named_and_the_end_comes_all_the_same),
        TEST(test_without_a_loader_no_other_service_can_be_started),
    };

    return cmocka_run_group_tests(tests, set_up_group, NULL);
}
