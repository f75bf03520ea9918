/*
 * crash: whatever ends a service is on record when the loader starts anew.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <linux/elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "guard.h"
#include "guard_call.h"
#include "log.h"
#include "start_machine.h"

#define HEAP (IMAGE_AT + 0x20000)
#define PAGE (IMAGE_AT + 0x10000) /* the service's, in no segment */

#define DATA_ABORT  ((uint64_t)0x24 << 26)
#define BRK         ((uint64_t)0x3c << 26)
#define UNDEFINED_0 0

static struct guard_registers registers;

static int service_setup(void **state)
{
    if (setup(state) < 0)
        return -1;
    log_set_recorder(NULL);
    keep_open(&loader, false);
    keep_fdt(&loader);
    expect_start();
    sim_stage2.services[0] =
        (struct board_range){RAM + 2 * MIB, loader.list.base - (RAM + 2 * MIB)};
    sim_stage2.service_count = 1;
    registers = (struct guard_registers){.pc = IMAGE_AT + BUILDER_TEXT_AT + 8, .sp = HEAP};
    registers.x[30] = 0x1234;
    sim_log_clear();
    return 0;
}

static int service_teardown(void **state)
{
    (void)state;
    log_set_recorder(NULL);
    return 0;
}

static void stop(void *context)
{
    (void)context;
    guard_stopped(&registers);
}

static void expire(void *context)
{
    (void)context;
    guard_expired(&registers);
}

static void call(void *context)
{
    (void)context;
    guard_called(&registers);
}

static void expect_end(void (*how)(void *), enum policy_reason reason, const char *what)
{
    if (!sim_expect_stop(how, NULL))
        fail_msg("the service goes on");
    assert_string_equal(sim_stop_message(), "loader restarted");
    assert_int_equal(loader.keep->reason, reason);
    assert_string_equal(loader.keep->crash.what, what);
    assert_string_equal(loader.keep->crash.name, "hello");
    assert_int_equal(loader.keep->crash.number, 1);
    assert_true(loader.keep->crash.core_bytes > 0);
    assert_true(loader.keep->crash_is_news);
    assert_false(loader.keep->at_rest); /* its devices may still be at work */
    assert_true(sim_stage2.parks >= 1);
    assert_int_equal(sim_stage2.timer_us, CLOCK_NEVER);
}

/* The core's program header for the memory at address; null: it is not in there. */
static const Elf64_Phdr *core_holds(uint64_t address)
{
    const uint8_t *core = (const uint8_t *)keep_core_area(&loader).base;
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)core;
    const Elf64_Phdr *segment = (const Elf64_Phdr *)(core + header->e_phoff);

    assert_memory_equal(header->e_ident, ELFMAG, 4);
    assert_int_equal(header->e_type, ET_CORE);
    for (unsigned i = 0; i < header->e_phnum; i++)
        if (segment[i].p_type == PT_LOAD && address - segment[i].p_vaddr < segment[i].p_memsz)
            return &segment[i];
    return NULL;
}

static void test_an_access_the_map_does_not_allow_is_told_with_its_address(void **state)
{
    (void)state;
    registers.syndrome = DATA_ABORT | 64 | 6;
    registers.address = loader.resident.base + 0x40;
    expect_end(stop, POLICY_CRASH, "writing 0x11e00040, which is not the service's");
    assert_non_null(strstr(sim_log(),
                           "guard: hello 1.0.0 crashed: writing 0x11e00040, which is not the "
                           "service's; pc 0x10201008 lr 0x1234\n"));
    assert_string_equal(loader.keep->last_end,
                        "hello 1.0.0 crashed: writing 0x11e00040, which is not the service's");
}

static void test_a_brk_with_a_sentence_brings_it(void **state)
{
    (void)state;
    strcpy((char *)PAGE, "assertion failed: \033[31mn > 0");
    registers.syndrome = BRK | GUARD_BREAK;
    registers.x[0] = PAGE;
    expect_end(stop, POLICY_CRASH, "assertion failed: .[31mn > 0");
}

static void test_a_brk_whose_sentence_lies_in_the_loader_shows_none_of_it(void **state)
{
    (void)state;
    registers.syndrome = BRK | GUARD_BREAK;
    registers.x[0] = loader.resident.base;
    expect_end(stop, POLICY_CRASH, "it gave no reason");
}

static void test_a_sentence_without_an_end_is_cut(void **state)
{
    (void)state;
    memset((char *)PAGE, 'x', 4096);
    registers.syndrome = BRK | GUARD_BREAK;
    registers.x[0] = PAGE;
    assert_true(sim_expect_stop(stop, NULL));
    assert_int_equal(strlen(loader.keep->crash.what), GUARD_REASON_BYTES - 1);
}

static void test_other_brks_and_exceptions_are_told_by_number(void **state)
{
    (void)state;
    registers.syndrome = BRK | 1000;
    expect_end(stop, POLICY_CRASH, "BRK 0x3e8");
    service_setup(state);
    loader.keep->crash.number = 0;
    registers.syndrome = UNDEFINED_0;
    expect_end(stop, POLICY_CRASH, "exception class 0x0");
}

static void test_a_report_of_the_services_own_brings_its_registers(void **state)
{
    struct guard_crash *crash = (struct guard_crash *)PAGE;

    (void)state;
    memset(crash, 0, sizeof *crash);
    strcpy(crash->what, "writing 0x10: not mapped");
    crash->pc = IMAGE_AT + BUILDER_TEXT_AT + 0x44;
    crash->x[30] = 0x77;
    registers.x[0] = GUARD_CRASH;
    registers.x[1] = PAGE;
    registers.pc = 0;
    assert_true(sim_expect_stop(call, NULL));
    assert_string_equal(loader.keep->crash.what, "writing 0x10: not mapped");
    assert_non_null(strstr(sim_log(), "; pc 0x10201044 lr 0x77\n"));
}

static void test_the_core_has_data_and_what_the_service_said_it_uses(void **state)
{
    struct guard_memory *memory = (struct guard_memory *)PAGE;

    (void)state;
    memset(memory, 0, sizeof *memory);
    memset((void *)HEAP, 0x11, 0x3000);
    memory->count = 3;
    memory->ranges[0].base = HEAP;
    memory->ranges[0].bytes = 0x3000;
    memory->ranges[1].base = loader.resident.base; /* not its own: left out */
    memory->ranges[1].bytes = 0x1000;
    memory->ranges[2].base = UINT64_MAX - 10;
    memory->ranges[2].bytes = 100;
    registers.x[0] = GUARD_MEMORY;
    registers.x[1] = PAGE;
    assert_int_equal(guard_called(&registers), 0);
    expect_end(stop, POLICY_CRASH, "exception class 0x0");
    const Elf64_Phdr *data = core_holds(IMAGE_AT + BUILDER_DATA_AT);
    const Elf64_Phdr *heap = core_holds(HEAP + 0x2fff);
    const uint8_t *core = (const uint8_t *)keep_core_area(&loader).base;

    assert_non_null(data);
    assert_memory_equal(core + data->p_offset, (void *)data->p_vaddr, 64);
    assert_non_null(heap);
    assert_memory_equal(core + heap->p_offset, (void *)heap->p_vaddr, heap->p_filesz);
    assert_null(core_holds(IMAGE_AT + BUILDER_TEXT_AT)); /* code is in the ELF file */
    assert_null(core_holds(loader.resident.base));
}

/* The service says it has sent the log up to that position, and crashes. */
static void crash_having_sent(uint64_t position, uint32_t is_told)
{
    struct guard_memory *memory = (struct guard_memory *)PAGE;

    memset(memory, 0, sizeof *memory);
    memory->log_is_told = is_told;
    memory->log = (struct boot_log_sent){.position = position, .sequence = 9};
    registers.x[0] = GUARD_MEMORY;
    registers.x[1] = PAGE;
    assert_int_equal(guard_called(&registers), 0);
    loader.keep->log_sent = (struct boot_log_sent){.position = 2, .sequence = 1};
    log_line("test", "a line that is sent");
    expect_end(stop, POLICY_CRASH, "exception class 0x0");
}

static void test_how_far_the_log_was_sent_is_taken_from_the_service(void **state)
{
    (void)state;
    crash_having_sent(3, 1);
    assert_int_equal(loader.keep->log_sent.position, 3);
    assert_int_equal(loader.keep->log_sent.sequence, 9);
}

static void test_how_far_the_log_was_sent_is_not_believed_when_it_cannot_be(void **state)
{
    (void)state;
    crash_having_sent(1ull << 40, 1);
    assert_int_equal(loader.keep->log_sent.position, 2);
}

static void test_a_service_that_tells_nothing_of_the_log_has_sent_nothing(void **state)
{
    (void)state;
    crash_having_sent(3, 0);
    assert_int_equal(loader.keep->log_sent.position, 2);
    assert_int_equal(loader.keep->log_sent.sequence, 1);
}

static void test_counts_of_ranges_beyond_the_struct_are_cut(void **state)
{
    struct guard_memory *memory = (struct guard_memory *)PAGE;

    (void)state;
    memset(memory, 0xff, sizeof *memory);
    registers.x[0] = GUARD_MEMORY;
    registers.x[1] = PAGE;
    assert_int_equal(guard_called(&registers), 0);
    expect_end(stop, POLICY_CRASH, "exception class 0x0");
}

static void test_a_watchdog_that_ran_out_is_a_hang(void **state)
{
    (void)state;
    sim_advance_us(3000000);
    expect_end(expire, POLICY_HANG, "it gave no sign of life");
    assert_non_null(strstr(sim_log(), "guard: hello 1.0.0 hung: it gave no sign of life"));
}

static void test_a_timer_that_came_early_is_set_again(void **state)
{
    uint64_t deadline_us = sim_stage2.timer_us;

    (void)state;
    sim_stage2.timer_us = 0;
    guard_expired(&registers);
    assert_int_equal(sim_stage2.timer_us, deadline_us);
}

static void test_a_service_that_does_not_confirm_is_stopped(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 29; i++) { /* it is alive all the time */
        sim_advance_us(1000000);
        registers.x[0] = GUARD_WATCHDOG;
        registers.x[1] = 3000;
        assert_int_equal(guard_called(&registers), 0);
        guard_expired(&registers);
    }
    sim_advance_us(1000000);
    expect_end(expire, POLICY_UNCONFIRMED, "it did not confirm itself in time");
}

static void test_a_core_that_does_not_come_back_resets_the_machine(void **state)
{
    (void)state;
    sim_stage2.park_status = ERROR_TIMEOUT;
    assert_true(sim_expect_stop(stop, NULL));
    assert_string_not_equal(sim_stop_message(), "loader restarted");
    assert_non_null(strstr(sim_log(), "a core did not come back: the machine resets now"));
}

static void test_no_room_for_a_core_costs_only_the_core(void **state)
{
    (void)state;
    loader.keeping.bytes = 0;
    assert_true(sim_expect_stop(stop, NULL));
    assert_string_equal(sim_stop_message(), "loader restarted");
    assert_int_equal(loader.keep->crash.core_bytes, 0);
    assert_int_equal(loader.keep->reason, POLICY_CRASH);
    assert_non_null(strstr(sim_log(), "no core is kept: too large"));
}

int main(void)
{
#define SERVICE_TEST(name) cmocka_unit_test_setup_teardown(name, service_setup, service_teardown)
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(test_an_access_the_map_does_not_allow_is_told_with_its_address),
        SERVICE_TEST(test_a_brk_with_a_sentence_brings_it),
        SERVICE_TEST(test_a_brk_whose_sentence_lies_in_the_loader_shows_none_of_it),
        SERVICE_TEST(test_a_sentence_without_an_end_is_cut),
        SERVICE_TEST(test_other_brks_and_exceptions_are_told_by_number),
        SERVICE_TEST(test_a_report_of_the_services_own_brings_its_registers),
        SERVICE_TEST(test_the_core_has_data_and_what_the_service_said_it_uses),
        SERVICE_TEST(test_how_far_the_log_was_sent_is_taken_from_the_service),
        SERVICE_TEST(test_how_far_the_log_was_sent_is_not_believed_when_it_cannot_be),
        SERVICE_TEST(test_a_service_that_tells_nothing_of_the_log_has_sent_nothing),
        SERVICE_TEST(test_counts_of_ranges_beyond_the_struct_are_cut),
        SERVICE_TEST(test_a_watchdog_that_ran_out_is_a_hang),
        SERVICE_TEST(test_a_timer_that_came_early_is_set_again),
        SERVICE_TEST(test_a_service_that_does_not_confirm_is_stopped),
        SERVICE_TEST(test_a_core_that_does_not_come_back_resets_the_machine),
        SERVICE_TEST(test_no_room_for_a_core_costs_only_the_core),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
