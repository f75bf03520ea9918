/*
 * guardian_bench: a service's kernel with a loader under it that stands guard.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef GUARDIAN_BENCH_H
#define GUARDIAN_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "boot_record.h"
#include "clock.h"
#include "duties.h"
#include "error.h"
#include "event_loop.h"
#include "guardian.h"
#include "log.h"
#include "recorder.h"
#include "service.h"
#include "sim.h"
#include "sim_guard.h"
#include "timers.h"

static struct boot_record record;
static struct service_timer timer;

static inline int set_up(void **state)
{
    (void)state;
    sim_reset();
    sim_guard_begin();
    timers_reset();
    memset(&timer, 0, sizeof timer);
    record = (struct boot_record){
        .loader.features = BOOT_FEATURE_GUARD,
        .guard = {.watchdog_ms = 3000, .confirm_ms = 10000},
    };
    duties_due_us = 0;
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    log_set_recorder(NULL);
    sim_guard_reset();
    guardian_init(&(struct boot_record){0});
    return 0;
}

static inline void begin(void)
{
    guardian_init(&record);
    recorder_start();
}

/* As kernel_main does around service_main. */
static inline void begin_and_reach_the_loop(bool confirms_itself)
{
    begin();
    guardian_main_begins();
    guardian_main_ended(confirms_itself);
}

static inline void run_for_us(uint64_t duration_us)
{
    for (uint64_t end_us = clock_now_us() + duration_us; clock_now_us() < end_us;)
        event_loop_round(end_us);
}

#endif
