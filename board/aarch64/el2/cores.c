/*
 * cores: cores 1-3 between the park and the service.
 *
 * In the park (start.S) a core has its MMU and caches off and sees memory only as it is behind
 * the caches; so what tells it to go is one word, cleaned to memory, and a mailbox that ends
 * its WFI. Everything else it learns when it runs with the loader's map, its caches coherent
 * with the others'. On its way back it tells that it is in the park by a mark in the mailbox
 * device, from behind the last instruction that needed a table or a cache.
 *
 * The word stands among the data that start.S copies into memory, past the caches, at each
 * start of the loader: no word of an earlier life is ever read.
 *
 * Relied upon: the firmware's stub has set CPUECTLR.SMPEN on each core (it does, since only
 * EL3 may). Lacks: levels of affinity above 0 (there is one cluster); a watchdog over any core
 * but core 0.
 * Reference: Arm DEN 0022 (PSCI) 5.6-5.8, 6.4; Cortex-A53 TRM (DDI 0500) 4.3.65, 6.2.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "cores.h"

#include <stddef.h>

#include <string.h>

#include "check.h"
#include "clock.h"
#include "cores_start.h"
#include "cpu.h"
#include "dma.h"
#include "early_map.h"
#include "error.h"
#include "ipi.h"
#include "log.h"
#include "stage2.h"

/* It takes microseconds. The rest is for an emulator whose host has other things to do; if it
 * gives the cores their turns one by one, each has its turn in each round. */
#define PARK_US     100000
#define PARK_ROUNDS 100
/* A core that leaves goes through nine thousand lines of cache, and fetches each instruction for
 * it from memory, as two others do: tens of milliseconds. */
#define LEAVE_US 500000

_Static_assert(offsetof(struct memory_tables, level1) == CORES_TABLE, "start.S");

enum request { NOTHING, IN_PREPARATION, STOP, POWER_OFF, RESET };

_Noreturn void enter_el1(uint64_t entry, uint64_t x0, uint64_t x1, uint64_t x3, uint64_t table,
                         uint64_t control, uint64_t stack);
_Noreturn void park_core(uintptr_t unmark_register);
_Noreturn void cores_awake(unsigned core);

/* The spin table's code, and behind it each core's entry; leave.S. Not through the GOT. */
#pragma GCC visibility push(hidden)
extern const uint8_t spin_table[], spin_table_open[], spin_table_of[], spin_table_end[];
#pragma GCC visibility pop
struct spin_table_entry {
    uint64_t release, unmark_register;
};

/* CORES_GO, or where to leave to, or 0. start.S knows it. */
uint64_t cores_released[IPI_CORES] __attribute__((section(".data.cores")));
/* That of core 0 is elsewhere, so core n's begins at the top of the n-th. start.S knows it. */
_Alignas(16) uint8_t cores_stacks[IPI_CORES - 1][1 << CORES_STACK_SHIFT];

static struct {
    unsigned state; /* enum cores_state; changed by its core, or from CORES_OFF by who starts it */
    uint64_t entry, context;
} cores[IPI_CORES];

/* Written by core 0. */
static bool are_called_back;
static bool were_used; /* by any core; never true while all are off since the start */

static unsigned request; /* enum request, of any core to core 0 */
static struct guard_registers stopped;
static unsigned stopped_on;

unsigned cores_own_number(void)
{
    uint64_t affinity;

    asm("mrs %0, mpidr_el1" : "=r"(affinity));
    return affinity & (IPI_CORES - 1);
}

enum cores_state cores_state(unsigned core)
{
    return core == 0 ? CORES_ON : __atomic_load_n(&cores[core].state, __ATOMIC_ACQUIRE);
}

static void release(unsigned core, uint64_t word)
{
    cores_released[core] = word;
    dma_clean(&cores_released[core], sizeof cores_released[core]);
}

enum cores_state cores_start(unsigned core, uint64_t entry, uint64_t context)
{
    unsigned was = CORES_OFF;

    if (core == 0)
        return CORES_ON;
    if (!__atomic_compare_exchange_n(&cores[core].state, &was, CORES_COMING, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return was;
    cores[core].entry = entry;
    cores[core].context = context;
    if (!__atomic_load_n(&were_used, __ATOMIC_ACQUIRE)) {
        /* The first time: only core 0 is there to come here. Nobody knows what marks it found. */
        for (unsigned i = 1; i < IPI_CORES; i++)
            ipi_unmark(i);
        __atomic_store_n(&were_used, true, __ATOMIC_RELEASE);
    }
    release(core, CORES_GO);
    ipi_enable(core);
    ipi_send(core);
    return CORES_OFF;
}

void cores_stop(void)
{
    unsigned core = cores_own_number();

    /* Interrupts that are pending would keep it awake. */
    asm volatile("msr cntp_ctl_el0, xzr; msr cntv_ctl_el0, xzr; msr cnthp_ctl_el2, xzr; isb");
    ipi_mark(core);
    __atomic_store_n(&cores[core].state, CORES_OFF, __ATOMIC_RELEASE);
    park_core(ipi_unmark_register(core));
}

/* From the park, on the core's own stack. */
void cores_awake(unsigned core)
{
    release(core, 0);
    ipi_take(core);
    /* Called back before this: it may be that call that we have taken. After: it comes as a FIQ. */
    if (__atomic_load_n(&are_called_back, __ATOMIC_ACQUIRE))
        cores_stop();
    __atomic_store_n(&cores[core].state, CORES_ON, __ATOMIC_RELEASE);
    enter_el1(cores[core].entry, cores[core].context, 0, 0, stage2_table(), stage2_control(),
              (uint64_t)cores_stacks[core]);
}

void cores_called_back(void)
{
    ipi_take(cores_own_number());
    if (__atomic_load_n(&are_called_back, __ATOMIC_ACQUIRE))
        cores_stop();
}

/* The first that asks counts. */
static void leave_to_core_0(enum request wanted, const struct guard_registers *registers)
{
    unsigned was = NOTHING;

    if (cores_own_number() == 0)
        return;
    if (__atomic_compare_exchange_n(&request, &was, IN_PREPARATION, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED)) {
        if (registers != NULL)
            stopped = *registers;
        stopped_on = cores_own_number();
        __atomic_store_n(&request, wanted, __ATOMIC_RELEASE);
        ipi_enable(0);
        ipi_send(0);
    }
    cores_stop();
}

void cores_take_stop(const struct guard_registers *registers)
{
    leave_to_core_0(STOP, registers);
}

void cores_power(bool off)
{
    leave_to_core_0(off ? POWER_OFF : RESET, NULL);
    guard_park_cores(); /* one that does not come ends with the machine */
    guard_powered(off);
}

void cores_serve(void)
{
    if (!__atomic_load_n(&were_used, __ATOMIC_ACQUIRE))
        return;
    ipi_take(0);
    switch (__atomic_load_n(&request, __ATOMIC_ACQUIRE)) {
    case STOP:
        log_line("guard", "on processor core %u:", stopped_on);
        guard_stopped(&stopped);
    case POWER_OFF:
        cores_power(true);
    case RESET:
        cores_power(false);
    default:
        return;
    }
}

static bool are_parked(void)
{
    for (unsigned core = 1; core < IPI_CORES; core++)
        if (cores_state(core) != CORES_OFF || ipi_is_marked(core))
            return false;
    return true;
}

int guard_park_cores(void)
{
    uint64_t deadline_us = clock_now_us() + PARK_US;

    if (!__atomic_load_n(&were_used, __ATOMIC_ACQUIRE))
        return 0;
    __atomic_store_n(&are_called_back, true, __ATOMIC_RELEASE);
    for (unsigned core = 1; core < IPI_CORES; core++) {
        if (cores_state(core) != CORES_OFF) {
            ipi_enable(core);
            ipi_send(core);
        }
    }
    /* Twice: one that was seen in the park may have been started by one that still ran. */
    for (unsigned round = 0; !are_parked() || !are_parked(); round++) {
        if (round >= PARK_ROUNDS && clock_passed(deadline_us))
            return ERROR_TIMEOUT;
        asm volatile("yield");
    }
    for (unsigned core = 0; core < IPI_CORES; core++)
        ipi_disable(core);
    request = NOTHING;
    were_used = are_called_back = false;
    return 0;
}

static bool are_gone(void)
{
    for (unsigned core = 1; core < IPI_CORES; core++)
        if (ipi_is_marked(core))
            return false;
    return true;
}

/* A core may not have come to our park yet: the words stay what they are until all have. */
int cpu_release_secondary(void *stub, const uint64_t release_words[IPI_CORES])
{
    size_t bytes = (size_t)(spin_table_end - spin_table);
    uint64_t *open = (uint64_t *)((uint8_t *)stub + (spin_table_open - spin_table));
    struct spin_table_entry *entries =
        (struct spin_table_entry *)((uint8_t *)stub + (spin_table_of - spin_table));
    uint64_t deadline_us = clock_now_us() + LEAVE_US;

    _Static_assert(CPU_CORES == IPI_CORES, "an entry for each");
    _Static_assert(CPU_SPIN_TABLE_BYTES == CORES_SPIN_TABLE_BYTES, "leave.S");
    ASSERT((size_t)(spin_table_end - spin_table_of) >= IPI_CORES * sizeof *entries);
    memcpy(stub, spin_table, bytes);
    for (unsigned core = 1; core < IPI_CORES; core++)
        entries[core] = (struct spin_table_entry){release_words[core], ipi_unmark_register(core)};
    cpu_publish(stub, bytes);
    for (unsigned core = 1; core < IPI_CORES; core++) {
        ipi_mark(core);
        release(core, (uint64_t)stub);
        ipi_enable(core);
        ipi_send(core);
    }
    for (unsigned round = 0; !are_gone(); round++) {
        if (round >= PARK_ROUNDS && clock_passed(deadline_us))
            break;
        asm volatile("yield");
    }
    int status = are_gone() ? 0 : ERROR_TIMEOUT;

    for (unsigned core = 0; core < IPI_CORES; core++)
        ipi_disable(core);
    for (unsigned core = 1; core < IPI_CORES; core++) {
        *(uint64_t *)release_words[core] = 0;
        dma_clean((const void *)release_words[core], sizeof(uint64_t));
    }
    *open = 1;
    dma_clean(open, sizeof *open);
    asm volatile("sev");
    return status;
}
