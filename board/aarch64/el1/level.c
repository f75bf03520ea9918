/*
 * level: EL1, a service. CNTP is its timer.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "level.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "cpu.h"
#include "fault.h"
#include "guard_call.h"
#include "log.h"
#include "power.h"

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

#define REPORT_MS 3000

static bool guarded;

void cpu_use_guard(void)
{
    guarded = true;
}

void level_begin_report(void)
{
    if (guarded)
        cpu_guard_call(GUARD_WATCHDOG, REPORT_MS, 0, 0, 0, NULL);
}

void level_end_report(void)
{
    log_line("fault", guarded ? "the loader takes over" : "the machine resets now");
    log_flush(guarded ? 250000 : 2000000);
}

/* struct guard_crash as it is filled in here: its registers stand in the order of a frame. */
struct crash {
    char what[GUARD_REASON_BYTES];
    struct fault_frame frame;
};

_Static_assert(sizeof(struct crash) == sizeof(struct guard_crash) &&
                   offsetof(struct crash, frame.pc) == offsetof(struct guard_crash, pc) &&
                   offsetof(struct crash, frame.address) == offsetof(struct guard_crash, address),
               "the same bytes mean the same");

void level_stop(const struct fault_frame *frame, const char *what)
{
    static struct crash crash;

    if (guarded) {
        strncpy(crash.what, what, sizeof crash.what - 1);
        crash.frame = *frame;
        cpu_guard_call(GUARD_CRASH, (uint64_t)&crash, 0, 0, 0, NULL);
    }
    power_reset();
}

/* The frame pointer stays as it is, so that whoever looks at the registers finds the caller. */
void level_break(const char *what)
{
    register const char *sentence asm("x0") = what;

    if (guarded)
        asm volatile("brk %1" ::"r"(sentence), "i"(GUARD_BREAK) : "memory");
    power_reset();
}
