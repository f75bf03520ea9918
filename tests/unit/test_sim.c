/*
 * The simulator's own promises: what would go wrong silently on the board stops a test.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "check.h"
#include "clock.h"
#include "dma.h"
#include "error.h"
#include "irq.h"
#include "mmio.h"
#include "power.h"
#include "random.h"
#include "sim.h"

static DMA_ALIGNED uint8_t buffer[128];

static int set_up(void **state)
{
    (void)state;
    sim_reset();
    memset(buffer, 0, sizeof(buffer));
    return 0;
}

static void read_unmapped(void *context)
{
    (void)context;
    mmio_read32(0x1000);
}

static void fail_assertion(void *context)
{
    (void)context;
    ASSERT(1 == 2);
}

static void device_reads(void *context)
{
    uint8_t bytes[8];

    sim_dma_read(dma_bus_address(context), bytes, sizeof(bytes));
}

static void device_writes(void *context)
{
    sim_dma_write(dma_bus_address(context), "device!", 8);
}

static void sleep_for_ever(void *context)
{
    (void)context;
    clock_wait_until(CLOCK_NEVER);
}

static void reset_the_machine(void *context)
{
    (void)context;
    power_reset();
}

static void wait_ten_seconds(void *context)
{
    (void)context;
    clock_delay_us(10000000);
}

static void test_a_register_nobody_owns_stops_the_test(void **state)
{
    (void)state;
    assert_true(sim_expect_stop(read_unmapped, NULL));
    assert_non_null(strstr(sim_stop_message(), "0x1000"));
}

static unsigned accesses_seen;

static uint32_t see_read(struct sim_device *device, uint32_t offset)
{
    (void)device;
    (void)offset;
    return accesses_seen++;
}

static void see_write(struct sim_device *device, uint32_t offset, uint32_t value)
{
    (void)device;
    (void)offset;
    (void)value;
    accesses_seen++;
}

static void access_ten_times(void *context)
{
    (void)context;
    for (unsigned i = 0; i < 5; i++) {
        mmio_read32(0x2000);
        mmio_write32(0x2004, i);
    }
}

static void test_a_program_crashes_before_the_access_it_shall_crash_at(void **state)
{
    struct sim_device device = {"seen", 0x2000, 8, see_read, see_write, NULL};

    (void)state;
    sim_map(&device);
    for (unsigned moment = 1; moment <= 10; moment++) {
        accesses_seen = 0;
        sim_crash_after(moment);
        assert_true(sim_expect_stop(access_ten_times, NULL));
        assert_string_equal(sim_stop_message(), "crash");
        assert_int_equal(accesses_seen, moment - 1);
        assert_false(sim_expect_stop(access_ten_times, NULL)); /* once */
    }
    sim_crash_after(3);
    sim_crash_after(0);
    assert_false(sim_expect_stop(access_ten_times, NULL));
}

static void test_a_failed_assertion_stops_with_its_text(void **state)
{
    (void)state;
    assert_true(sim_expect_stop(fail_assertion, NULL));
    assert_non_null(strstr(sim_stop_message(), "1 == 2"));
}

static void test_memory_that_was_never_cleaned_is_not_read_by_a_device(void **state)
{
    (void)state;
    assert_true(sim_expect_stop(device_reads, buffer));
    dma_clean(buffer, 8);
    assert_false(sim_expect_stop(device_reads, buffer));
}

static void test_a_device_sees_old_data_until_the_next_clean(void **state)
{
    uint8_t seen[4];

    (void)state;
    memcpy(buffer, "old", 4);
    dma_clean(buffer, 4);
    memcpy(buffer, "new", 4);
    sim_dma_read(dma_bus_address(buffer), seen, 4);
    assert_string_equal(seen, "old");
}

static void test_the_cpu_sees_what_a_device_wrote_after_invalidate_only(void **state)
{
    (void)state;
    dma_invalidate(buffer, sizeof(buffer));
    device_writes(buffer + 60);
    assert_memory_not_equal(buffer + 60, "device!", 8);
    dma_invalidate(buffer, sizeof(buffer));
    assert_memory_equal(buffer + 60, "device!", 8);
}

static void test_memory_not_given_away_is_not_written_by_a_device(void **state)
{
    (void)state;
    assert_true(sim_expect_stop(device_writes, buffer));
    dma_invalidate(buffer, sizeof(buffer));
    dma_clean(buffer, 8);
    assert_true(sim_expect_stop(device_writes, buffer));
}

static void test_a_line_the_cpu_dirtied_after_giving_it_away_stops_the_test(void **state)
{
    (void)state;
    dma_invalidate(buffer, sizeof(buffer));
    buffer[3] = 1;
    assert_true(sim_expect_stop(device_writes, buffer));
}

static void count(void *context)
{
    ++*(unsigned *)context;
}

static void quiet_line_9(void *context)
{
    count(context);
    sim_irq_set(9, false);
}

static void raise_line_9(void *context)
{
    (void)context;
    sim_irq_set(9, true);
}

static void test_sleep_ends_at_the_interrupt_or_the_deadline(void **state)
{
    struct sim_event event = {0};
    unsigned calls = 0;
    uint64_t start = clock_now_us();

    (void)state;
    assert_int_equal(irq_enable(9, quiet_line_9, &calls), 0);
    sim_after_us(&event, 500, raise_line_9, NULL);
    clock_wait_until(start + 1000);
    assert_in_range(clock_now_us(), start + 499, start + 502);
    assert_true(irq_dispatch());
    assert_false(irq_dispatch());
    assert_int_equal(calls, 1);
    clock_wait_until(start + 1000);
    assert_in_range(clock_now_us(), start + 1000, start + 1001);
    assert_true(sim_expect_stop(sleep_for_ever, NULL));
    assert_int_equal(irq_enable(IRQ_COUNT, quiet_line_9, NULL), ERROR_INVALID);
}

static void test_events_fire_in_order_once_and_not_when_cancelled(void **state)
{
    struct sim_event first = {0}, second = {0};
    unsigned calls = 0;

    (void)state;
    sim_after_us(&second, 20, count, &calls);
    sim_after_us(&first, 10, count, &calls);
    sim_advance_us(10);
    assert_int_equal(calls, 1);
    sim_cancel(&second);
    sim_advance_us(100);
    assert_int_equal(calls, 1);
}

static void test_the_end_of_the_machine_ends_the_test(void **state)
{
    (void)state;
    assert_true(sim_expect_stop(reset_the_machine, NULL));
    assert_string_equal(sim_stop_message(), "reset");
    assert_int_equal(power_watchdog(15991), ERROR_INVALID);
    assert_int_equal(power_watchdog(9000), 0);
    assert_int_equal(sim_watchdog_ms(), 9000);
    assert_true(sim_expect_stop(wait_ten_seconds, NULL));
    assert_string_equal(sim_stop_message(), "watchdog");
}

static void test_random_numbers_are_the_same_in_every_run(void **state)
{
    uint32_t first = random_u32();

    (void)state;
    assert_int_not_equal(random_u32(), first);
    sim_reset();
    assert_int_equal(random_u32(), first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_register_nobody_owns_stops_the_test, set_up),
        cmocka_unit_test_setup(test_a_program_crashes_before_the_access_it_shall_crash_at, set_up),
        cmocka_unit_test_setup(test_a_failed_assertion_stops_with_its_text, set_up),
        cmocka_unit_test_setup(test_memory_that_was_never_cleaned_is_not_read_by_a_device, set_up),
        cmocka_unit_test_setup(test_a_device_sees_old_data_until_the_next_clean, set_up),
        cmocka_unit_test_setup(test_the_cpu_sees_what_a_device_wrote_after_invalidate_only, set_up),
        cmocka_unit_test_setup(test_memory_not_given_away_is_not_written_by_a_device, set_up),
        cmocka_unit_test_setup(test_a_line_the_cpu_dirtied_after_giving_it_away_stops_the_test,
                               set_up),
        cmocka_unit_test_setup(test_sleep_ends_at_the_interrupt_or_the_deadline, set_up),
        cmocka_unit_test_setup(test_events_fire_in_order_once_and_not_when_cancelled, set_up),
        cmocka_unit_test_setup(test_the_end_of_the_machine_ends_the_test, set_up),
        cmocka_unit_test_setup(test_random_numbers_are_the_same_in_every_run, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
