/*
 * level: EL1, a service. CNTP is its timer.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "level.h"

const unsigned level_timer_line = 1;
const char level_name[] = "EL1";

void level_timer_arm(uint64_t ticks)
{
    asm volatile("msr cntp_cval_el0, %0; msr cntp_ctl_el0, %1; isb" ::"r"(ticks), "r"(1ul));
}

void level_timer_disarm(void)
{
    asm volatile("msr cntp_ctl_el0, xzr; isb");
}

void level_forget_translations(void)
{
    asm volatile("dsb ishst; tlbi vmalle1; dsb ish; isb" ::: "memory");
}
