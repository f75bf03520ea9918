/*
 * irq_bcm2836: both levels of the interrupt controller, without an exception.
 *
 * The simulator has an irq.h of its own, so the driver is compiled in here under other
 * names.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define irq_enable            real_irq_enable
#define irq_disable           real_irq_disable
#define irq_dispatch          real_irq_dispatch
#define irq_route_guard_timer real_irq_route_guard_timer
#define irq_release           real_irq_release
#include "../../drivers/irq_bcm2836.c"

#include "sim.h"

#define LOCAL 0x40000000u
#define GPU   0x3f00b200u

static struct {
    struct sim_device local, gpu;
    uint32_t pending[2];                         /* lines that are active */
    uint32_t enabled[2];                         /* as the controller has it */
    uint32_t basic, fiq, routing, timer, source; /* source: without the GPU's bit */
    uint32_t others_timers[3];                   /* of cores 1-3 */
    uint32_t counters, bus, one_timer;           /* sources that we have no use for */
} chip;

static unsigned calls[IRQ_COUNT];
static unsigned order[8], called;

static uint32_t read_local(struct sim_device *self, uint32_t offset)
{
    (void)self;
    if (offset == 0x40)
        return chip.timer;
    if (offset != 0x60)
        sim_stop("read of local register 0x%x", offset);
    return chip.source |
           ((chip.pending[0] & chip.enabled[0]) | (chip.pending[1] & chip.enabled[1]) ? 1u << 8
                                                                                      : 0);
}

static void write_local(struct sim_device *self, uint32_t offset, uint32_t value)
{
    (void)self;
    if (offset == 0x0c)
        chip.routing = value;
    else if (offset == 0x40)
        chip.timer = value;
    else if (offset > 0x40 && offset < 0x50)
        chip.others_timers[offset / 4 - 0x11] = value;
    else if (offset == 0x14)
        chip.counters &= ~value;
    else if (offset == 0x30)
        chip.bus = value;
    else if (offset == 0x34)
        chip.one_timer = value;
    else
        sim_stop("write of local register 0x%x", offset);
}

static uint32_t read_gpu(struct sim_device *self, uint32_t offset)
{
    (void)self;
    if (offset != 0x04 && offset != 0x08)
        sim_stop("read of GPU register 0x%x", offset);
    /* The board's pending registers show lines that are not enabled, too. */
    return chip.pending[offset / 4 - 1];
}

static void write_gpu(struct sim_device *self, uint32_t offset, uint32_t value)
{
    (void)self;
    switch (offset) {
    case 0x0c:
        chip.fiq = value;
        return;
    case 0x10:
    case 0x14:
        chip.enabled[offset / 4 - 4] |= value;
        return;
    case 0x1c:
    case 0x20:
        chip.enabled[offset / 4 - 7] &= ~value;
        return;
    case 0x24:
        chip.basic &= ~value;
        return;
    default:
        sim_stop("write of GPU register 0x%x", offset);
    }
}

static int setup(void **state)
{
    (void)state;
    sim_reset();
    memset(&chip, 0, sizeof chip);
    memset(calls, 0, sizeof calls);
    memset(handlers, 0, sizeof handlers);
    called = 0;
    chip.local = (struct sim_device){"local", LOCAL, 0x100, read_local, write_local, NULL};
    chip.gpu = (struct sim_device){"gpu", GPU, 0x28, read_gpu, write_gpu, NULL};
    chip.enabled[0] = 0x12345678; /* the firmware's leavings */
    chip.enabled[1] = chip.basic = chip.fiq = chip.routing = UINT32_MAX;
    chip.timer = 0x0f;
    sim_map(&chip.local);
    sim_map(&chip.gpu);
    irq_bcm2836_init(LOCAL, GPU, 2);
    return 0;
}

static void count(void *context)
{
    unsigned number = (unsigned)(uintptr_t)context;

    calls[number]++;
    if (called < sizeof order / sizeof order[0])
        order[called++] = number;
}

static int enable(unsigned number)
{
    return real_irq_enable(number, count, (void *)(uintptr_t)number);
}

static void test_the_start_silences_what_the_firmware_left_on(void **state)
{
    (void)state;
    assert_int_equal(chip.enabled[0] | chip.enabled[1] | chip.basic | chip.fiq, 0);
    assert_int_equal(chip.routing, 0);
    assert_int_equal(chip.timer, 1 << 2);
    assert_false(real_irq_dispatch());
}

static void test_the_start_of_a_service_leaves_the_watchdog_over_it_alone(void **state)
{
    (void)state;
    for (uint32_t left = 0; left < 256; left++) {
        chip.timer = 0xffffff00 | left;
        irq_bcm2836_init(LOCAL, GPU, 1);
        assert_int_equal(chip.timer, (left & 0xf0) | 1 << 1);
    }
}

static void test_the_guard_timer_is_a_fiq_or_the_irq_it_was_but_never_both(void **state)
{
    (void)state;
    chip.timer = 0xff; /* somebody's leavings */
    irq_bcm2836_init(LOCAL, GPU, 2);
    real_irq_route_guard_timer(false);
    assert_int_equal(chip.timer, 1 << 2);
    real_irq_route_guard_timer(true);
    assert_int_equal(chip.timer, 1 << 6);
    real_irq_route_guard_timer(true);
    assert_int_equal(chip.timer, 1 << 6);
    real_irq_route_guard_timer(false);
    assert_int_equal(chip.timer, 1 << 2);
    irq_bcm2836_init(LOCAL, GPU, 0); /* a program with another timer keeps its own */
    real_irq_route_guard_timer(true);
    assert_int_equal(chip.timer, 1 << 6 | 1);
    real_irq_route_guard_timer(false);
    assert_int_equal(chip.timer, 1);
}

static void test_the_guard_timer_comes_back_beside_what_a_service_has_routed(void **state)
{
    (void)state;
    for (uint32_t left = 0; left < 256; left++) {
        chip.timer = 0xffffff00 | left;
        real_irq_route_guard_timer(true);
        assert_int_equal(chip.timer, (left & 0x0b) | 1 << 6);
    }
}

static void test_after_the_release_nothing_interrupts_any_core(void **state)
{
    (void)state;
    irq_bcm2836_init(LOCAL, GPU, 2);
    assert_int_equal(enable(9), 0);
    assert_int_equal(enable(IRQ_LOCAL + 8), 0);
    real_irq_route_guard_timer(true);
    chip.basic = chip.fiq = chip.routing = UINT32_MAX;
    chip.counters = 0xff; /* a service may have had a use for them */
    chip.bus = 1 << 20;
    chip.one_timer = 3u << 28;
    memset(chip.others_timers, 0xff, sizeof chip.others_timers);
    chip.pending[0] = 1 << 9;
    chip.source = UINT32_MAX;
    real_irq_release();
    assert_int_equal(chip.enabled[0] | chip.enabled[1] | chip.basic | chip.fiq, 0);
    assert_int_equal(chip.routing | chip.timer, 0);
    assert_int_equal(chip.counters | chip.bus | chip.one_timer, 0);
    assert_int_equal(chip.others_timers[0] | chip.others_timers[1] | chip.others_timers[2], 0);
    assert_false(real_irq_dispatch());
    assert_int_equal(called, 0);
}

static void test_each_gpu_line_calls_its_own_handler_only(void **state)
{
    (void)state;
    for (unsigned number = 0; number < IRQ_GPU_COUNT; number++)
        assert_int_equal(enable(number), 0);
    assert_int_equal(chip.enabled[0] & chip.enabled[1], UINT32_MAX);
    for (unsigned number = 0; number < IRQ_GPU_COUNT; number++) {
        chip.pending[number / 32] = 1u << number % 32;
        assert_true(real_irq_dispatch());
        chip.pending[number / 32] = 0;
        for (unsigned other = 0; other < IRQ_COUNT; other++)
            assert_int_equal(calls[other], other <= number && other < IRQ_GPU_COUNT);
    }
    assert_false(real_irq_dispatch());
}

static void test_every_pending_line_is_served_in_one_round(void **state)
{
    (void)state;
    enable(9);
    enable(31);
    enable(32);
    enable(63);
    enable(IRQ_LOCAL + 4);
    chip.pending[0] = 1u << 9 | 1u << 31;
    chip.pending[1] = 1u | 1u << 31;
    chip.source = 1u << 4;
    assert_true(real_irq_dispatch());
    assert_int_equal(called, 5);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(order[i], ((unsigned[]){9, 31, 32, 63, 68})[i]);
}

static void test_a_line_nobody_enabled_is_not_served(void **state)
{
    (void)state;
    enable(9);
    chip.pending[0] = UINT32_MAX & ~(1u << 9);
    chip.pending[1] = UINT32_MAX;
    assert_false(real_irq_dispatch());
    chip.pending[0] = UINT32_MAX; /* 9 brings the GPU's bit: the others show as well */
    assert_true(real_irq_dispatch());
    assert_int_equal(called, 1);
    assert_int_equal(calls[9], 1);
}

static void test_the_timer_wakes_without_a_handler(void **state)
{
    (void)state;
    chip.source = 1u << 2;
    assert_false(real_irq_dispatch());
}

static void test_local_sources_have_handlers_too(void **state)
{
    (void)state;
    assert_int_equal(enable(IRQ_LOCAL), 0);
    assert_int_equal(enable(IRQ_COUNT - 1), 0);
    chip.source = 1u << 15 | 1u << 7 | 1;
    assert_true(real_irq_dispatch());
    assert_int_equal(calls[IRQ_LOCAL], 1);
    assert_int_equal(calls[IRQ_COUNT - 1], 1);
    assert_int_equal(called, 2);
    real_irq_disable(IRQ_LOCAL);
    chip.source = 1;
    assert_false(real_irq_dispatch());
}

static void test_a_disabled_line_is_off_in_the_controller_and_the_driver(void **state)
{
    (void)state;
    enable(40);
    enable(41);
    real_irq_disable(40);
    assert_int_equal(chip.enabled[1], 1u << 9);
    chip.pending[1] = 3u << 8;
    assert_true(real_irq_dispatch());
    assert_int_equal(calls[40], 0);
    assert_int_equal(calls[41], 1);
}

static void disable_40(void *context)
{
    count(context);
    real_irq_disable(40);
}

static void test_a_handler_may_disable_another_line_of_the_same_round(void **state)
{
    (void)state;
    real_irq_enable(35, disable_40, (void *)35);
    enable(40);
    chip.pending[1] = 1u << 3 | 1u << 8;
    assert_true(real_irq_dispatch());
    assert_int_equal(calls[35], 1);
    assert_int_equal(calls[40], 0);
}

static void test_the_last_handler_installed_counts(void **state)
{
    (void)state;
    real_irq_enable(9, count, (void *)1);
    real_irq_enable(9, count, (void *)2);
    chip.pending[0] = 1u << 9;
    real_irq_dispatch();
    assert_int_equal(calls[1], 0);
    assert_int_equal(calls[2], 1);
}

static void test_numbers_out_of_range_change_nothing(void **state)
{
    (void)state;
    assert_int_equal(enable(IRQ_COUNT), ERROR_INVALID);
    assert_int_equal(enable(UINT32_MAX), ERROR_INVALID);
    assert_int_equal(real_irq_enable(3, NULL, NULL), ERROR_INVALID);
    real_irq_disable(IRQ_COUNT);
    assert_int_equal(chip.enabled[0] | chip.enabled[1], 0);
}

static void test_a_quiet_round_costs_one_register(void **state)
{
    uint64_t before;

    (void)state;
    enable(9);
    before = sim_mmio_count();
    assert_false(real_irq_dispatch());
    assert_int_equal(sim_mmio_count() - before, 1);
    chip.pending[0] = 1u << 9;
    before = sim_mmio_count();
    assert_true(real_irq_dispatch());
    assert_int_equal(sim_mmio_count() - before, 2); /* the half without lines is not read */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_start_silences_what_the_firmware_left_on, setup),
        cmocka_unit_test_setup(test_the_start_of_a_service_leaves_the_watchdog_over_it_alone,
                               setup),
        cmocka_unit_test_setup(test_the_guard_timer_comes_back_beside_what_a_service_has_routed,
                               setup),
        cmocka_unit_test_setup(test_the_guard_timer_is_a_fiq_or_the_irq_it_was_but_never_both,
                               setup),
        cmocka_unit_test_setup(test_after_the_release_nothing_interrupts_any_core, setup),
        cmocka_unit_test_setup(test_each_gpu_line_calls_its_own_handler_only, setup),
        cmocka_unit_test_setup(test_every_pending_line_is_served_in_one_round, setup),
        cmocka_unit_test_setup(test_a_line_nobody_enabled_is_not_served, setup),
        cmocka_unit_test_setup(test_the_timer_wakes_without_a_handler, setup),
        cmocka_unit_test_setup(test_local_sources_have_handlers_too, setup),
        cmocka_unit_test_setup(test_a_disabled_line_is_off_in_the_controller_and_the_driver, setup),
        cmocka_unit_test_setup(test_a_handler_may_disable_another_line_of_the_same_round, setup),
        cmocka_unit_test_setup(test_the_last_handler_installed_counts, setup),
        cmocka_unit_test_setup(test_numbers_out_of_range_change_nothing, setup),
        cmocka_unit_test_setup(test_a_quiet_round_costs_one_register, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
