/*
 * guard_calls: what a service asks is answered, and what it must not ask is refused and has
 * changed nothing. How it ends: test_guard_calls_hand_back.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guard_calls_bench.h"

#include "clock.h"
#include "irq.h"

static void test_the_version_is_told(void **state)
{
    (void)state;
    assert_int_equal(call(GUARD_VERSION, 0, 0, 0, 0), GUARD_INTERFACE);
}

static void test_with_each_call_the_timer_reaches_the_guard_again(void **state)
{
    (void)state;
    irq_route_guard_timer(false); /* the register is the service's as well */
    call(GUARD_VERSION, 0, 0, 0, 0);
    assert_true(sim_irq_guard_timer_is_fiq());
}

static void test_an_unknown_function_is_not_supported(void **state)
{
    (void)state;
    assert_int_equal(call(GUARD_SELECT + 1, SERVICES_PAGE, 8, SERVICES_PAGE, 8), -1);
    assert_int_equal(call(0, 0, 0, 0, 0), -1);
    assert_int_equal(call(0xffffffff00000000u | GUARD_VERSION, 0, 0, 0, 0), -1);
}

/* Every call that takes a pointer, with a length that would be right. */
static const struct {
    uint64_t function;
    uint64_t bytes;    /* what it reads or writes there */
    uint64_t align;    /* what it has to be a multiple of */
    unsigned argument; /* which one it is */
} pointers[] = {
    {GUARD_MEMORY, sizeof(struct guard_memory), 8, 1},
    {GUARD_LOG, 16, 1, 1},
    {GUARD_CHECK_IMAGE, sizeof(struct guard_image), 8, 1},
    {GUARD_HAND_BACK, 256, 8, 1},
    {GUARD_READ, 64, 1, 3},
    {GUARD_CRASH, sizeof(struct guard_crash), 8, 1},
};

static int64_t call_with_pointer(unsigned i, uint64_t address)
{
    if (pointers[i].argument == 3)
        return call(pointers[i].function, GUARD_FILE_LOG, 0, address, pointers[i].bytes);
    return call(pointers[i].function, address, pointers[i].bytes, 0, 0);
}

static void test_pointers_out_of_the_services_memory_are_invalid(void **state)
{
    uint64_t end = sim_stage2.services[0].base + sim_stage2.services[0].bytes;

    (void)state;
    for (unsigned i = 0; i < sizeof pointers / sizeof *pointers; i++) {
        const uint64_t bad[] = {
            8,                               /* a null pointer, nearly */
            RAM,                             /* the spin table's block */
            loader.resident.base,            /* the loader */
            loader.resident.base + 0x100000, /* what it keeps */
            loader.keeping.base,             /* the kept images */
            0x3f201000,                      /* devices */
            0x40000040,                      /* the core's own */
            0x100000000,                     /* above 4 GiB */
            UINT64_MAX & ~7ull,              /* wraps */
            end - pointers[i].bytes + 8,     /* begins inside, ends outside */
            sim_stage2.services[0].base - 8, /* begins outside */
        };

        for (unsigned j = 0; j < sizeof bad / sizeof *bad; j++)
            if (call_with_pointer(i, bad[j]) != ERROR_INVALID)
                fail_msg("function 0x%lx takes 0x%lx", (unsigned long)pointers[i].function,
                         (unsigned long)bad[j]);
    }
    assert_int_equal(keep.hand_backs, 0);
    assert_int_equal(keep.crashes, 0);
}

/* As placed: text, constants and data begin on pages behind each other. */
#define PLACED(at) (IMAGE_AT + (at))

static void test_nothing_is_written_into_the_services_code_and_constants(void **state)
{
    static const struct {
        uint64_t address, end; /* whole pages */
    } fixed[] = {{PLACED(BUILDER_TEXT_AT), PLACED(BUILDER_CONSTANTS_AT)},
                 {PLACED(BUILDER_CONSTANTS_AT), PLACED(BUILDER_DATA_AT)}};
    static uint8_t before[BUILDER_DATA_AT];

    (void)state;
    memcpy(before, (void *)IMAGE_AT, sizeof before);
    memcpy((char *)SERVICES_PAGE, "line\n", 5);
    assert_int_equal(call(GUARD_LOG, SERVICES_PAGE, 5, 0, 0), 0);
    for (unsigned i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        const uint64_t bad[] = {fixed[i].address, fixed[i].address + 0x100, fixed[i].end - 8,
                                fixed[i].address - 8};

        for (unsigned j = 0; j < sizeof bad / sizeof *bad; j++) {
            assert_int_equal(call(GUARD_READ, GUARD_FILE_LOG, 0, bad[j], 16), ERROR_INVALID);
            assert_int_equal(call(GUARD_CHECK_IMAGE, bad[j], 0, 0, 0), ERROR_INVALID);
        }
        assert_int_equal(call(GUARD_READ, GUARD_FILE_LOG, 0, PLACED(0), GUARD_READ_MAX),
                         ERROR_INVALID); /* ends behind both */
    }
    assert_memory_equal((void *)IMAGE_AT, before, sizeof before);
    /* What is only read may stand there, */
    assert_int_equal(call(GUARD_LOG, PLACED(BUILDER_CONSTANTS_AT), 16, 0, 0), 0);
    /* and what is written in the first and last bytes of data and right before the image. */
    assert_int_equal(call(GUARD_READ, GUARD_FILE_LOG, 0, PLACED(BUILDER_DATA_AT), 4), 4);
    assert_memory_equal((void *)PLACED(BUILDER_DATA_AT), "line", 4);
    assert_int_equal(call(GUARD_READ, GUARD_FILE_LOG, 0, PLACED(BUILDER_TEXT_AT) - 4, 4), 4);
}

static void test_structs_that_are_not_aligned_are_invalid(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof pointers / sizeof *pointers; i++)
        for (uint64_t odd = 1; odd < pointers[i].align; odd++)
            assert_int_equal(call_with_pointer(i, SERVICES_PAGE + odd), ERROR_INVALID);
}

static void test_lengths_out_of_range_are_invalid(void **state)
{
    (void)state;
    assert_int_equal(call(GUARD_LOG, SERVICES_PAGE, GUARD_LOG_MAX + 1, 0, 0), ERROR_INVALID);
    assert_int_equal(call(GUARD_LOG, SERVICES_PAGE, UINT64_MAX, 0, 0), ERROR_INVALID);
    assert_int_equal(call(GUARD_READ, GUARD_FILE_LOG, 0, SERVICES_PAGE, 0), ERROR_INVALID);
    assert_int_equal(call(GUARD_READ, GUARD_FILE_LOG, 0, SERVICES_PAGE, GUARD_READ_MAX + 1),
                     ERROR_INVALID);
    assert_int_equal(call(GUARD_WATCHDOG, GUARD_WATCHDOG_MAX_MS + 1, 0, 0, 0), ERROR_INVALID);
    assert_int_equal(call(GUARD_HAND_BACK, SERVICES_PAGE, UINT64_MAX & ~7ull, 0, 0), ERROR_INVALID);
    assert_int_equal(call(GUARD_HAND_BACK, SERVICES_PAGE, 4104, 0, 0), ERROR_INVALID);
}

static void test_lines_go_into_the_loaders_log_and_can_be_read_back(void **state)
{
    static const char line[] = "[   1.000000] dns: one\n";
    char *buffer = (char *)SERVICES_PAGE + 4096;

    (void)state;
    memcpy((char *)SERVICES_PAGE, line, sizeof line);
    assert_int_equal(call(GUARD_LOG, SERVICES_PAGE, sizeof line - 1, 0, 0), 0);
    assert_int_equal(call(GUARD_LOG, SERVICES_PAGE, sizeof line - 1, 0, 0), 0);
    assert_int_equal(call(GUARD_READ, GUARD_FILE_LOG, 0, (uint64_t)buffer, 30), 30);
    assert_memory_equal(buffer, line, sizeof line - 1);
    assert_int_equal(registers.x[1], 30);
    assert_int_equal(call(GUARD_READ, GUARD_FILE_LOG, 30, (uint64_t)buffer, 64),
                     2 * (sizeof line - 1) - 30);
    assert_int_equal(call(GUARD_READ, GUARD_FILE_LOG, registers.x[1], (uint64_t)buffer, 64), 0);
}

static void test_files_that_are_not_there_are_absent(void **state)
{
    (void)state;
    assert_int_equal(call(GUARD_READ, GUARD_FILE_CORE, 0, SERVICES_PAGE, 64), ERROR_ABSENT);
    assert_int_equal(call(GUARD_READ, 0, 0, SERVICES_PAGE, 64), ERROR_ABSENT);
    assert_int_equal(call(GUARD_READ, 4, 0, SERVICES_PAGE, 64), ERROR_ABSENT);
    assert_int_equal(call(GUARD_READ, UINT64_MAX, 0, SERVICES_PAGE, 64), ERROR_ABSENT);
}

static void test_a_position_behind_the_end_of_a_file_is_its_end(void **state)
{
    (void)state;
    keep.crash.core_bytes = 100;
    assert_int_equal(call(GUARD_READ, GUARD_FILE_CORE, 90, SERVICES_PAGE, 64), 10);
    assert_int_equal(registers.x[1], 100);
    assert_int_equal(call(GUARD_READ, GUARD_FILE_CORE, 101, SERVICES_PAGE, 64), 0);
    assert_int_equal(call(GUARD_READ, GUARD_FILE_CORE, UINT64_MAX, SERVICES_PAGE, 64), 0);
}

static void test_a_watchdog_that_is_fed_moves_on_and_0_ends_it(void **state)
{
    (void)state;
    sim_advance_us(1000000);
    assert_int_equal(call(GUARD_WATCHDOG, 500, 0, 0, 0), 0);
    assert_in_range(sim_stage2.timer_us, clock_now_us() + 499000, clock_now_us() + 500000);
    assert_int_equal(call(GUARD_WATCHDOG, 0, 0, 0, 0), 0);
    /* What remains is the time to confirm. */
    assert_int_equal(sim_stage2.timer_us, loader.service.confirm_at_us);
    assert_int_equal(call(GUARD_CONFIRM, 0, 0, 0, 0), 0);
    assert_int_equal(sim_stage2.timer_us, CLOCK_NEVER);
}

static void test_a_service_that_confirms_is_the_fallback(void **state)
{
    (void)state;
    assert_int_equal(call(GUARD_CONFIRM, 0, 0, 0, 0), 0);
    assert_true(keep.confirmed);
    assert_int_equal(keep.fallback, keep.running);
    assert_int_equal(call(GUARD_CONFIRM, 0, 0, 0, 0), 0); /* again: nothing new */
    keep.running = KEEP_NOTHING;                          /* one that was too large to keep */
    keep.confirmed = false;
    assert_int_equal(call(GUARD_CONFIRM, 0, 0, 0, 0), ERROR_TOO_LARGE);
    assert_true(keep.confirmed);
    assert_int_equal(keep.fallback, 0); /* the one before is better than none */
}

static void test_the_time_of_a_check_is_not_the_services(void **state)
{
    uint64_t watchdog_us = loader.service.watchdog_at_us;
    uint64_t confirm_us = loader.service.confirm_at_us, begun_us = clock_now_us();

    (void)state;
    memcpy((void *)loader.staging.base, b.bytes, b.length);
    struct guard_image *request = (struct guard_image *)SERVICES_PAGE;

    request->length = b.length;
    sim_stage2.question_us = 5000;
    assert_int_equal(call(GUARD_CHECK_IMAGE, SERVICES_PAGE, 0, 0, 0), 0);
    uint64_t spent_us = loader.service.watchdog_at_us - watchdog_us;

    assert_in_range(spent_us, 5000, clock_now_us() - begun_us);
    assert_in_range(loader.service.confirm_at_us - confirm_us, 5000, clock_now_us() - begun_us);
    assert_int_equal(sim_stage2.timer_us, loader.service.watchdog_at_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_version_is_told, service_setup),
        cmocka_unit_test_setup(test_with_each_call_the_timer_reaches_the_guard_again,
                               service_setup),
        cmocka_unit_test_setup(test_an_unknown_function_is_not_supported, service_setup),
        cmocka_unit_test_setup(test_pointers_out_of_the_services_memory_are_invalid, service_setup),
        cmocka_unit_test_setup(test_nothing_is_written_into_the_services_code_and_constants,
                               service_setup),
        cmocka_unit_test_setup(test_structs_that_are_not_aligned_are_invalid, service_setup),
        cmocka_unit_test_setup(test_lengths_out_of_range_are_invalid, service_setup),
        cmocka_unit_test_setup(test_lines_go_into_the_loaders_log_and_can_be_read_back,
                               service_setup),
        cmocka_unit_test_setup(test_files_that_are_not_there_are_absent, service_setup),
        cmocka_unit_test_setup(test_a_position_behind_the_end_of_a_file_is_its_end, service_setup),
        cmocka_unit_test_setup(test_a_watchdog_that_is_fed_moves_on_and_0_ends_it, service_setup),
        cmocka_unit_test_setup(test_a_service_that_confirms_is_the_fallback, service_setup),
        cmocka_unit_test_setup(test_the_time_of_a_check_is_not_the_services, service_setup),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
