/*
 * level: EL2, the loader. CNTHP is its timer.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "level.h"

#include "log.h"
#include "power.h"

const unsigned level_timer_line = 2;
const char level_name[] = "EL2";

void level_timer_arm(uint64_t ticks)
{
    asm volatile("msr cnthp_cval_el2, %0; msr cnthp_ctl_el2, %1; isb" ::"r"(ticks), "r"(1ul));
}

void level_timer_disarm(void)
{
    asm volatile("msr cnthp_ctl_el2, xzr; isb");
}

void level_forget_translations(void)
{
    asm volatile("dsb ishst; tlbi alle2; dsb ish; isb" ::: "memory");
}

void level_begin_report(void)
{
}

void level_end_report(void)
{
    log_line("fault", "the machine resets now");
    log_flush(2000000);
}

void level_stop(const struct fault_frame *frame, const char *what)
{
    (void)frame;
    (void)what;
    power_reset();
}

void level_break(const char *what)
{
    (void)what;
    power_reset();
}
