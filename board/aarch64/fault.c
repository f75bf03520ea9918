/*
 * fault: a readable report of an exception or a failed assertion.
 *
 * Reference: Arm ARM DDI 0487, D13.2.37 (ESR: exception classes and fault status codes).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fault.h"

#include <stddef.h>

#include "check.h"
#include "fault_stack.h"
#include "image.h"
#include "level.h"
#include "log.h"
#include "power.h"
#include "symbols.h"

#define BACKTRACE_MAX 16

_Static_assert(offsetof(struct fault_frame, x[30]) == 16 * 15, "vectors.inc stores x30 there");
_Static_assert(offsetof(struct fault_frame, pc) == 16 * 16, "vectors.inc stores ELR there");

struct fault_frame fault_frame;
_Alignas(16) uint8_t fault_stack[FAULT_STACK_BYTES];

struct words {
    uint8_t value;
    const char *text;
};

static const struct words exception_classes[] = {
    {0x00, "undefined instruction"},
    {0x07, "floating point is trapped"},
    {0x0e, "illegal execution state"},
    {0x15, "SVC"},
    {0x16, "HVC"},
    {0x17, "SMC"},
    {0x18, "trapped system register"},
    {0x20, "instruction abort from a lower level"},
    {0x21, "instruction abort"},
    {0x22, "program counter not aligned"},
    {0x24, "data abort from a lower level"},
    {0x25, "data abort"},
    {0x26, "stack pointer not aligned"},
    {0x2f, "SError"},
    {0x3c, "BRK"},
};

static const struct words fault_statuses[] = {
    {0x04, "not mapped (level 0)"},  {0x05, "not mapped (level 1)"},
    {0x06, "not mapped (level 2)"},  {0x07, "not mapped (level 3)"},
    {0x09, "access flag (level 1)"}, {0x0d, "permission (level 1)"},
    {0x0e, "permission (level 2)"},  {0x0f, "permission (level 3)"},
    {0x10, "external abort"},        {0x21, "alignment"},
    {0x30, "TLB conflict"},
};

static const char *look_up(const struct words *words, size_t count, unsigned value)
{
    for (size_t i = 0; i < count; i++)
        if (words[i].value == value)
            return words[i].text;
    return "unknown";
}

static bool is_abort(unsigned class)
{
    return (class & ~5u) == 0x20;
}

static void log_place(const char *what, uint64_t address)
{
    uint32_t offset;
    uint64_t start = (uint64_t)__image_start;
    const char *name = NULL;

    if (address >= start && address < (uint64_t)__text_end)
        name = symbols_find(address - start, &offset);

    if (name != NULL)
        log_line("fault", "%s 0x%08lx  %s+0x%x", what, address, name, (unsigned)offset);
    else
        log_line("fault", "%s 0x%08lx", what, address);
}

/* Follows the chain of frame pointers as far as it stays on the stack and goes upward. */
static void log_backtrace(uint64_t frame_pointer)
{
    for (int depth = 0; depth < BACKTRACE_MAX; depth++) {
        if (frame_pointer < (uint64_t)__stack_bottom || (frame_pointer & 15) != 0 ||
            frame_pointer + 16 > (uint64_t)__stack_top)
            return;
        const uint64_t *frame = (const uint64_t *)frame_pointer;

        if (frame[1] == 0)
            return;
        log_place("  from", frame[1] - 4);
        if (frame[0] <= frame_pointer)
            return;
        frame_pointer = frame[0];
    }
}

static void log_registers(const struct fault_frame *frame)
{
    for (int i = 0; i < 28; i += 4)
        log_line("fault", "x%-2d %016lx %016lx %016lx %016lx", i, frame->x[i], frame->x[i + 1],
                 frame->x[i + 2], frame->x[i + 3]);
    log_line("fault", "x28 %016lx fp %016lx lr %016lx sp %016lx", frame->x[28], frame->x[29],
             frame->x[30], frame->sp);
}

static _Noreturn void end_the_run(void)
{
    log_line("fault", "the machine resets now");
    log_flush(2000000);
    power_reset();
}

void fault_report(const struct fault_frame *frame, unsigned vector)
{
    static const char *const kinds[] = {"synchronous", "IRQ", "FIQ", "SError"};
    static bool reporting;
    unsigned class = frame->syndrome >> 26 & 63;

    if (reporting)
        power_reset(); /* a fault in the report itself */
    reporting = true;
    log_line(
        "fault", "%s exception at %s, vector %u: %s", kinds[vector & 3], level_name, vector,
        look_up(exception_classes, sizeof exception_classes / sizeof *exception_classes, class));
    if (is_abort(class)) {
        const char *status = look_up(fault_statuses, sizeof fault_statuses / sizeof *fault_statuses,
                                     frame->syndrome & 63);

        log_line("fault", "%s 0x%lx: %s%s",
                 class < 0x24           ? "executing"
                 : frame->syndrome & 64 ? "writing"
                                        : "reading",
                 frame->address, status,
                 frame->address - (uint64_t)__stack_guard < 4096 ? ": stack overflow" : "");
    }
    log_place("at    ", frame->pc);
    log_place("lr    ", frame->x[30]); /* the caller, if the fault is in a leaf function */
    log_backtrace(frame->x[29]);
    log_line("fault", "esr %08lx far %016lx pstate %08lx", frame->syndrome, frame->address,
             frame->pstate);
    log_registers(frame);
    end_the_run();
}

void check_failed(const char *condition, const char *file, int line)
{
    log_line("fault", "%s:%d: assertion failed: %s", file, line, condition);
    log_backtrace((uint64_t)__builtin_frame_address(0));
    end_the_run();
}
