/*
 * cores: switches the other cores on and off by PSCI and says what it sees, for the tests.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <inttypes.h>
#include <service.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

SERVICE("cores", "1.0.0");

#define CORES 4

/* PSCI, Arm DEN 0022. */
#define VERSION           0x84000000u
#define CPU_SUSPEND       0xc4000001u
#define CPU_OFF           0x84000002u
#define CPU_ON_32         0x84000003u
#define CPU_ON            0xc4000003u
#define AFFINITY_INFO_32  0x84000004u
#define AFFINITY_INFO     0xc4000004u
#define MIGRATE           0x84000005u
#define MIGRATE_INFO_TYPE 0x84000006u
#define SYSTEM_OFF        0x84000008u
#define SYSTEM_RESET      0x84000009u
#define FEATURES          0x8400000au
#define GUARD_VERSION     0xc6000000u

#define IS_OFF 1

static struct core cores[CORES];
static struct service_timer idle;

static int64_t switch_on(unsigned core)
{
    core_forget(&cores[core]);
    return core_hvc(CPU_ON, core, (uintptr_t)core_entry, (uintptr_t)&cores[core]);
}

/* Returns false when the core does not get there within a second. */
static bool wait_for_state(unsigned core, int64_t state)
{
    uint64_t until_us = service_clock_us() + 1000000;

    while (core_hvc(AFFINITY_INFO, core, 0, 0) != state) {
        if (service_clock_us() > until_us)
            return false;
        asm volatile("yield");
    }
    return true;
}

static void order_call(unsigned core, uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    core_order(&cores[core], CORE_CALL, (const uint64_t[4]){function, a1, a2, a3});
}

/* Has another core make a call; returns its answer. */
static int64_t call_from(unsigned core, uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    order_call(core, function, a1, a2, a3);
    return core_follows(&cores[core]) ? (int64_t)core_look(&cores[core]).answer : INT64_MIN;
}

static void say(const char *what, int64_t answer)
{
    service_log("%s: %" PRId64, what, answer);
}

static void tell_interface(void)
{
    say("version", core_hvc(VERSION, 0, 0, 0));
    say("version by smc", core_smc(VERSION, 0, 0, 0));
    say("migrate info type", core_hvc(MIGRATE_INFO_TYPE, 0, 0, 0));
    say("migrate", core_hvc(MIGRATE, 0, 0, 0));
    say("features of cpu_on", core_hvc(FEATURES, CPU_ON, 0, 0));
    say("features of affinity_info", core_hvc(FEATURES, AFFINITY_INFO_32, 0, 0));
    say("features of migrate", core_hvc(FEATURES, MIGRATE, 0, 0));
    say("features of wide version", core_hvc(FEATURES, VERSION | 1 << 30, 0, 0));
}

static void try_wrong_arguments(uint64_t loader)
{
    uint64_t entry = (uintptr_t)core_entry;

    say("on: core 4", core_hvc(CPU_ON, 4, entry, 0));
    say("on: core 0x101", core_hvc(CPU_ON, 0x101, entry, 0));
    say("on: core 1 of another cluster", core_hvc(CPU_ON, 1ull << 32 | 1, entry, 0));
    say("on: core 0", core_hvc(CPU_ON, 0, entry, 0));
    say("on: entry null", core_hvc(CPU_ON, 1, 0, 0));
    say("on: entry not aligned", core_hvc(CPU_ON, 1, entry + 2, 0));
    say("on: entry in the loader", core_hvc(CPU_ON, 1, loader, 0));
    say("on: entry in a device", core_hvc(CPU_ON, 1, 0x3f201000, 0));
    say("on: entry beyond memory", core_hvc(CPU_ON, 1, UINT64_MAX - 3, 0));
    say("state: core 4", core_hvc(AFFINITY_INFO, 4, 0, 0));
    say("state: level 1", core_hvc(AFFINITY_INFO, 0, 1, 0));
    say("state of core 0", core_hvc(AFFINITY_INFO, 0, 0, 0));
    say("state of core 1", core_hvc(AFFINITY_INFO, 1, 0, 0));
    say("off: core 0", core_hvc(CPU_OFF, 0, 0, 0));
}

static void switch_all_on(void)
{
    for (unsigned i = 1; i < CORES; i++) {
        int64_t answer = switch_on(i);
        bool counts = core_counts(&cores[i]);
        struct core core = core_look(&cores[i]);

        service_log("core %u: on %" PRId64 ", %s, mpidr 0x%" PRIx64 " level %" PRIu64
                    " masks 0x%" PRIx64 " control 0x%" PRIx64 ", state %" PRId64 ", again %" PRId64,
                    i, answer, counts ? "counts" : "stands still", core.affinity, core.level >> 2,
                    core.masks, core.control & 0x1005, core_hvc(AFFINITY_INFO, i, 0, 0),
                    core_hvc(CPU_ON, i, (uintptr_t)core_entry, 0));
    }
}

/* Off and on again, with the call of 32 bits, whose arguments have nothing in the upper half. */
static void switch_off_and_on(unsigned core)
{
    const uint64_t dirt = 0xdeadbeefull << 32;

    order_call(core, CPU_OFF, 0, 0, 0);
    bool is_off = wait_for_state(core, IS_OFF);
    bool counts_off = core_counts(&cores[core]);

    core_forget(&cores[core]);
    int64_t answer = core_hvc(CPU_ON_32, core | dirt, (uintptr_t)core_entry | dirt,
                              (uintptr_t)&cores[core] | dirt);

    service_log("core %u: %s and %s, on again %" PRId64 ", %s", core, is_off ? "off" : "not off",
                counts_off ? "counts" : "stands still", answer,
                core_counts(&cores[core]) ? "counts" : "stands still");
}

static void switch_often(unsigned core, unsigned times)
{
    unsigned i;

    for (i = 0; i < times; i++) {
        order_call(core, CPU_OFF, 0, 0, 0);
        if (!wait_for_state(core, IS_OFF) || switch_on(core) != 0 || !core_counts(&cores[core]))
            break;
    }
    service_log("core %u: off and on %u times", core, i);
}

static void call_from_others(void)
{
    say("guard call from core 1", call_from(1, GUARD_VERSION, 0, 0, 0));
    say("version from core 2", call_from(2, VERSION, 0, 0, 0));
    say("state of core 0 from core 3", call_from(3, AFFINITY_INFO, 0, 0, 0));
    order_call(2, CPU_OFF, 0, 0, 0);
    wait_for_state(2, IS_OFF);
    core_forget(&cores[2]);
    say("core 2 on from core 1",
        call_from(1, CPU_ON, 2, (uintptr_t)core_entry, (uintptr_t)&cores[2]));
    service_log("core 2: %s", core_counts(&cores[2]) ? "counts" : "stands still");
}

/* The timer that the kernel uses when it sleeps; its interrupt is masked, but pending. */
static void suspend(void)
{
    asm volatile("msr cntp_tval_el0, %0; msr cntp_ctl_el0, %1; isb" ::"r"(10000ul), "r"(1ul));
    say("suspend", core_hvc(CPU_SUSPEND, 0, 0, 0));
    asm volatile("msr cntp_ctl_el0, xzr; isb");
}

static void nothing(void *context)
{
    (void)context;
}

static int examine(uint64_t loader)
{
    tell_interface();
    try_wrong_arguments(loader);
    switch_all_on();
    switch_off_and_on(2);
    switch_often(3, 100);
    call_from_others();
    suspend();
    service_log("examined");
    return service_timer_every(&idle, 1000000, nothing, NULL);
}

/* Leaves one core counting, one in a masked loop, one on its way from off to on; the rest of
 * main ends the service somehow. */
static void occupy(void)
{
    unsigned count = 0;

    for (unsigned i = 1; i < CORES; i++)
        if (switch_on(i) == 0 && core_counts(&cores[i]))
            count++;
    core_order(&cores[2], CORE_SPIN, (const uint64_t[4]){0});
    core_follows(&cores[2]);
    order_call(3, CPU_OFF, 0, 0, 0);
    wait_for_state(3, IS_OFF);
    if (switch_on(3) != 0)
        count = 0;
    service_log("%u other cores were on", count);
}

int service_main(const struct service_info *info)
{
    const char *wanted = info->argc > 1 ? info->argv[1] : "";
    uint64_t address = info->argc > 2 ? strtoull(info->argv[2], NULL, 0) : 0;

    if (strcmp(wanted, "examine") == 0)
        return examine(address);
    occupy();
    if (strcmp(wanted, "reboot") == 0) {
        service_confirm(); /* or the loader would wait longer each time */
        order_call(1, CPU_OFF, 0, 0, 0);
        service_reboot();
    }
    if (strcmp(wanted, "trap") == 0)
        __builtin_trap();
    if (strcmp(wanted, "store") == 0)
        core_order(&cores[1], CORE_STORE, (const uint64_t[4]){address});
    if (strcmp(wanted, "reset") == 0)
        order_call(1, SYSTEM_RESET, 0, 0, 0);
    if (strcmp(wanted, "off") == 0)
        order_call(1, SYSTEM_OFF, 0, 0, 0);
    if (strcmp(wanted, "hang") == 0)
        asm volatile("msr daifset, #15; b .");
    return service_timer_every(&idle, 1000000, nothing, NULL);
}
