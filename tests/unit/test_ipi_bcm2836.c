/*
 * ipi_bcm2836: calls and marks between cores, against a model of the mailboxes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ipi.h"
#include "ipi_bcm2836.h"
#include "mmio.h"
#include "sim.h"

#define LOCAL   0x40000000u
#define CONTROL 0x50
#define SET     0x80
#define CLEAR   0xc0

static struct {
    struct sim_device device;
    uint32_t control[IPI_CORES];
    uint32_t mailbox[IPI_CORES][4];
} chip;

static uint32_t read_register(struct sim_device *self, uint32_t offset)
{
    (void)self;
    if (offset >= CONTROL && offset < CONTROL + 16)
        return chip.control[(offset - CONTROL) / 4];
    if (offset >= CLEAR && offset < CLEAR + 64)
        return chip.mailbox[(offset - CLEAR) / 16][(offset - CLEAR) / 4 % 4];
    sim_stop("read of local register 0x%x", offset);
}

static void write_register(struct sim_device *self, uint32_t offset, uint32_t value)
{
    (void)self;
    if (offset >= CONTROL && offset < CONTROL + 16)
        chip.control[(offset - CONTROL) / 4] = value;
    else if (offset >= SET && offset < SET + 64)
        chip.mailbox[(offset - SET) / 16][(offset - SET) / 4 % 4] |= value;
    else if (offset >= CLEAR && offset < CLEAR + 64)
        chip.mailbox[(offset - CLEAR) / 16][(offset - CLEAR) / 4 % 4] &= ~value;
    else
        sim_stop("write of local register 0x%x", offset);
}

/* As the BCM2836 delivers: a FIQ bit overrules the IRQ bit of its mailbox. */
static bool gets_fiq(unsigned core)
{
    for (unsigned i = 0; i < 4; i++)
        if (chip.mailbox[core][i] != 0 && (chip.control[core] >> (4 + i) & 1) != 0)
            return true;
    return false;
}

static bool gets_irq(unsigned core)
{
    for (unsigned i = 0; i < 4; i++)
        if (chip.mailbox[core][i] != 0 && (chip.control[core] >> (4 + i) & 1) == 0 &&
            (chip.control[core] >> i & 1) != 0)
            return true;
    return false;
}

static int setup(void **state)
{
    (void)state;
    sim_reset();
    memset(&chip, 0, sizeof chip);
    chip.device = (struct sim_device){"local", LOCAL, 0x100, read_register, write_register, NULL};
    sim_map(&chip.device);
    ipi_bcm2836_init(LOCAL);
    return 0;
}

static void test_the_start_touches_nothing(void **state)
{
    (void)state;
    assert_int_equal(sim_mmio_count(), 0);
}

static void test_a_call_is_a_fiq_on_its_core_and_no_other_until_it_is_taken(void **state)
{
    (void)state;
    for (unsigned core = 0; core < IPI_CORES; core++)
        ipi_enable(core);
    for (unsigned core = 0; core < IPI_CORES; core++) {
        ipi_send(core);
        for (unsigned other = 0; other < IPI_CORES; other++) {
            assert_int_equal(gets_fiq(other), other == core);
            assert_false(gets_irq(other));
        }
        ipi_send(core); /* twice is as once */
        ipi_take(core);
        assert_false(gets_fiq(core));
    }
}

static void test_a_call_sent_before_arrives_when_the_core_is_enabled(void **state)
{
    (void)state;
    ipi_send(2);
    assert_false(gets_fiq(2));
    ipi_enable(2);
    assert_true(gets_fiq(2));
}

static void test_enabling_leaves_the_mailboxes_of_a_service_alone(void **state)
{
    (void)state;
    for (uint32_t before = 0; before < 256; before++) {
        for (unsigned core = 0; core < IPI_CORES; core++)
            chip.control[core] = 0;
        chip.control[1] = before;
        chip.mailbox[1][0] = chip.mailbox[1][1] = 0x1234;
        ipi_enable(1);
        assert_int_equal(chip.control[1] & 0x33, before & 0x33);
        assert_int_equal(chip.mailbox[1][0] & chip.mailbox[1][1], 0x1234);
        assert_int_equal(chip.control[0] | chip.control[2] | chip.control[3], 0);
        chip.mailbox[1][0] = chip.mailbox[1][1] = 0;
        ipi_send(1);
        assert_true(gets_fiq(1));
        assert_false(gets_irq(1));
        ipi_take(1);
    }
}

static void test_a_mark_interrupts_nobody_whatever_a_service_had_enabled(void **state)
{
    (void)state;
    for (unsigned core = 0; core < IPI_CORES; core++) {
        chip.control[core] = 0x44;
        ipi_enable(core);
        ipi_mark(core);
        assert_true(ipi_is_marked(core));
        assert_false(gets_fiq(core) || gets_irq(core));
        for (unsigned other = core + 1; other < IPI_CORES; other++)
            assert_false(ipi_is_marked(other));
        ipi_send(core);
        ipi_take(core);
        assert_true(ipi_is_marked(core)); /* calls are another thing */
    }
    for (unsigned core = 0; core < IPI_CORES; core++) {
        ipi_send(core);
        ipi_unmark(core);
        assert_false(ipi_is_marked(core));
        assert_true(gets_fiq(core));
    }
}

static void test_the_register_for_the_last_word_clears_the_mark_only(void **state)
{
    (void)state;
    for (unsigned core = 0; core < IPI_CORES; core++) {
        ipi_enable(core);
        ipi_send(core);
        for (unsigned other = 0; other < IPI_CORES; other++)
            ipi_mark(other);
        mmio_write32(ipi_unmark_register(core), UINT32_MAX);
        for (unsigned other = 0; other < IPI_CORES; other++)
            assert_int_equal(ipi_is_marked(other), other != core);
        assert_true(gets_fiq(core));
    }
}

static void test_a_disabled_core_sleeps_whatever_was_sent_to_it(void **state)
{
    (void)state;
    for (unsigned core = 0; core < IPI_CORES; core++) {
        chip.control[core] = 0xff;
        memset(chip.mailbox[core], 0xff, sizeof chip.mailbox[core]);
    }
    ipi_disable(1);
    assert_false(gets_fiq(1) || gets_irq(1));
    assert_false(ipi_is_marked(1));
    assert_true(gets_fiq(0) && gets_fiq(2) && gets_fiq(3));
    ipi_send(1);
    assert_false(gets_fiq(1) || gets_irq(1));
    ipi_disable(1);
    ipi_enable(1);
    assert_false(gets_fiq(1) || gets_irq(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_start_touches_nothing, setup),
        cmocka_unit_test_setup(test_a_call_is_a_fiq_on_its_core_and_no_other_until_it_is_taken,
                               setup),
        cmocka_unit_test_setup(test_a_call_sent_before_arrives_when_the_core_is_enabled, setup),
        cmocka_unit_test_setup(test_enabling_leaves_the_mailboxes_of_a_service_alone, setup),
        cmocka_unit_test_setup(test_a_mark_interrupts_nobody_whatever_a_service_had_enabled, setup),
        cmocka_unit_test_setup(test_the_register_for_the_last_word_clears_the_mark_only, setup),
        cmocka_unit_test_setup(test_a_disabled_core_sleeps_whatever_was_sent_to_it, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
