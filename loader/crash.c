/*
 * crash: the end of a service that did not end by itself, put on record.
 *
 * Everything here runs before the loader starts itself anew, while the service's memory is as
 * it was: its core goes to the keeping area, what happened into keep and the log. Registers
 * are those that came to EL2; a service that reports its own exception (GUARD_CRASH) brings
 * those of that moment, and only the vector registers are those of the report.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "crash.h"

#include <stdio.h>
#include <string.h>

#include "backtrace.h"
#include "clock.h"
#include "core_file.h"
#include "error.h"
#include "guard.h"
#include "guard_call.h"
#include "loader.h"
#include "log.h"
#include "power.h"

enum {
    SIGNAL_ILL = 4,
    SIGNAL_TRAP = 5,
    SIGNAL_ABRT = 6,
    SIGNAL_BUS = 7,
    SIGNAL_SEGV = 11,
    SIGNAL_ALRM = 14
};

#define CALLERS_MAX 12
#define LOOK_AT_MAX (64u << 20) /* of the service's memory for its core: time is short */
#define CLASS_SHIFT 26
#define PF_R        4
#define PF_W        2

/* Exception classes: Arm ARM DDI 0487, D13.2.37. */
enum {
    CLASS_UNKNOWN = 0x00,
    CLASS_CODE_BELOW = 0x20,
    CLASS_CODE = 0x21,
    CLASS_DATA_BELOW = 0x24,
    CLASS_DATA = 0x25,
    CLASS_BRK = 0x3c,
};

#define STATUS_ALIGNMENT 0x21

static struct core_file core;
static struct core_file_range ranges[CORE_FILE_RANGES_MAX];
static char what_text[GUARD_REASON_BYTES];

static int signal_of(uint64_t syndrome, enum policy_reason reason)
{
    if (reason != POLICY_CRASH)
        return SIGNAL_ALRM;
    switch (syndrome >> CLASS_SHIFT & 63) {
    case CLASS_CODE_BELOW:
    case CLASS_CODE:
    case CLASS_DATA_BELOW:
    case CLASS_DATA:
        return (syndrome & 63) == STATUS_ALIGNMENT ? SIGNAL_BUS : SIGNAL_SEGV;
    case CLASS_BRK:
        return (syndrome & 0xffff) == GUARD_BREAK ? SIGNAL_ABRT : SIGNAL_TRAP;
    default:
        return SIGNAL_ILL;
    }
}

/* A sentence from the service's memory: cleaned by the log, cut here. */
static void copy_text(char *to, uint64_t address)
{
    size_t i = 0;

    while (i < GUARD_REASON_BYTES - 1 && guard_is_services(address + i, 1) &&
           ((const char *)address)[i] != '\0') {
        char c = ((const char *)address)[i];

        to[i++] = c < 0x20 || c > 0x7e ? '.' : c;
    }
    to[i] = '\0';
}

/* In words, what came to EL2 without the service's own report. */
static void describe_stop(const struct guard_registers *registers)
{
    unsigned class = registers->syndrome >> CLASS_SHIFT & 63;
    uint64_t address = registers->address;

    if (class == CLASS_BRK && (registers->syndrome & 0xffff) == GUARD_BREAK)
        copy_text(what_text, registers->x[0]);
    else if (class == CLASS_BRK)
        snprintf(what_text, sizeof what_text, "BRK 0x%x", (unsigned)(registers->syndrome & 0xffff));
    else if (class == CLASS_DATA_BELOW)
        snprintf(what_text, sizeof what_text, "%s 0x%lx, which is not the service's",
                 registers->syndrome & 64 ? "writing" : "reading", (unsigned long)address);
    else if (class == CLASS_CODE_BELOW)
        snprintf(what_text, sizeof what_text, "executing 0x%lx, which is not the service's",
                 (unsigned long)address);
    else
        snprintf(what_text, sizeof what_text, "exception class 0x%x", class);
}

static void take_registers(const struct guard_registers *registers)
{
    memcpy(core.x, registers->x, sizeof core.x);
    core.sp = registers->sp;
    core.pc = registers->pc;
    core.pstate = registers->pstate;
    core.fault_address = registers->address;
    memcpy(core.vectors, registers->vectors, sizeof core.vectors);
    core.fpsr = (uint32_t)registers->fpsr;
    core.fpcr = (uint32_t)registers->fpcr;
}

static void take_own_report(const struct guard_crash *crash)
{
    memcpy(core.x, crash->x, sizeof core.x);
    core.sp = crash->sp;
    core.pc = crash->pc;
    core.pstate = crash->pstate;
    core.fault_address = crash->address;
    copy_text(what_text, (uint64_t)crash->what);
}

static void add_range(uint64_t address, uint64_t bytes, uint32_t flags)
{
    static uint64_t looked_at;

    if (bytes > LOOK_AT_MAX - looked_at) {
        log_line("guard", "0x%lx: %lu KB are not looked at", (unsigned long)address,
                 (unsigned long)((bytes - (LOOK_AT_MAX - looked_at)) / 1024));
        bytes = LOOK_AT_MAX - looked_at;
    }
    looked_at += bytes;
    if (bytes != 0 && core.range_count < CORE_FILE_RANGES_MAX && guard_is_services(address, bytes))
        ranges[core.range_count++] =
            (struct core_file_range){address, bytes, (const void *)address, flags};
}

/* Data, stack and what the service says it uses besides; its code and constants are in its
 * ELF file and were protected. */
static void add_ranges(struct loader *loader)
{
    const struct loader_service *service = &loader->service;
    struct guard_memory memory = {0};

    core.range_count = 0;
    for (unsigned i = 0; i < service->segment_count; i++) {
        const struct boot_segment *segment = &service->segments[i];
        uint64_t filled = (segment->reserved + 4095ull) & ~4095ull;

        if ((segment->flags & PF_W) == 0)
            continue;
        if (filled > segment->bytes)
            filled = segment->bytes;
        add_range(segment->address, filled, segment->flags | CORE_FILE_WHOLE);
        add_range(segment->address + filled, segment->bytes - filled, segment->flags);
    }
    if (service->memory != 0 && guard_is_services(service->memory, sizeof memory))
        memcpy(&memory, (const void *)service->memory, sizeof memory);
    if (memory.log_is_told != 0)
        keep_log_sent(loader, &memory.log);
    for (unsigned i = 0; i < memory.count && i < GUARD_MEMORY_MAX; i++)
        add_range(memory.ranges[i].base, memory.ranges[i].bytes, PF_R | PF_W);
}

static uint32_t write_core(struct loader *loader)
{
    const struct keep *keep = loader->keep;
    struct board_range area = keep_core_area(loader);
    uint64_t missing = 0;

    core.name = keep->name;
    core.version = keep->version;
    core.what = what_text;
    core.ranges = ranges;
    core.digest = keep->digest;
    add_ranges(loader);
    int64_t length = core_file_write(&core, (void *)area.base, area.bytes, &missing);

    if (length < 0) {
        log_line("guard", "no core is kept: %s", error_name((int)length));
        return 0;
    }
    if (missing != 0)
        log_line("guard", "the core lacks %lu KB for want of room",
                 (unsigned long)(missing / 1024));
    return (uint32_t)length;
}

static const char *word(enum policy_reason reason)
{
    return reason == POLICY_CRASH ? "crashed" : reason == POLICY_HANG ? "hung" : "was stopped";
}

/* The kernel's own report names the callers. Where there was none, their addresses are logged. */
static void log_callers(void)
{
    uint64_t calls[CALLERS_MAX];
    unsigned count = backtrace_follow(core.x[29], guard_is_services, calls, CALLERS_MAX);

    for (unsigned i = 0; i < count; i++)
        log_line("guard", "  from 0x%lx", (unsigned long)calls[i]);
}

static _Noreturn void reset_now(struct keep *keep, const char *why)
{
    snprintf(keep->last_end, sizeof keep->last_end, "%s %s: %s", keep->name, keep->version, why);
    keep_seal(keep); /* to be told after the reset */
    log_line("guard", "%s: the machine resets now", why);
    log_flush(2000000);
    power_reset();
}

static void stop_other_cores(struct keep *keep)
{
    if (guard_park_cores() < 0)
        reset_now(keep, "a core did not come back");
}

void crash_end(struct loader *loader, enum policy_reason reason,
               const struct guard_registers *registers, uint64_t guard_crash, const char *what)
{
    struct keep *keep = loader->keep;

    guard_timer(CLOCK_NEVER);
    stop_other_cores(keep); /* what is recorded stands still */
    take_registers(registers);
    core.signal = signal_of(registers->syndrome, reason);
    if (guard_crash != 0) {
        take_own_report((const struct guard_crash *)guard_crash);
        core.signal = signal_of(((const struct guard_crash *)guard_crash)->syndrome, reason);
    } else if (what != NULL) {
        strncpy(what_text, what, sizeof what_text - 1);
    } else {
        describe_stop(registers);
    }
    if (what_text[0] == '\0')
        strcpy(what_text, "it gave no reason");
    keep->crashes++;
    keep->crash.number++;
    memcpy(keep->crash.name, keep->name, sizeof keep->crash.name);
    memcpy(keep->crash.version, keep->version, sizeof keep->crash.version);
    memcpy(keep->crash.what, what_text, sizeof keep->crash.what);
    keep->crash.core_bytes = 0;
    log_line("guard", "%s %s %s: %s; pc 0x%lx lr 0x%lx", keep->name, keep->version, word(reason),
             what_text, (unsigned long)core.pc, (unsigned long)core.x[30]);
    if (guard_crash == 0)
        log_callers();
    keep->crash.core_bytes = write_core(loader);
    keep->crash_is_news = true;
    log_line("guard", "core %u: %u bytes", (unsigned)keep->crash.number,
             (unsigned)keep->crash.core_bytes);
    snprintf(keep->last_end, sizeof keep->last_end, "%s %s %s: %s", keep->name, keep->version,
             word(reason), what_text);
    keep->reason = reason;
    keep->at_rest = false;
    take_back(loader);
}

void take_back(struct loader *loader)
{
    struct keep *keep = loader->keep;

    stop_other_cores(keep);
    if (guard_own_crc32c() != keep->own_crc)
        reset_now(keep, "the loader's own memory has changed");
    keep->handed_us = clock_now_us();
    keep->log_undrained += (uint32_t)log_undrained();
    keep_seal(keep);
    /* Where the firmware put the tree, the service may have written. */
    guard_restart(keep->fdt_bytes != 0 ? loader->fdt_copy : NULL);
}
