/*
 * fault: a readable report of an exception or a failed assertion.
 *
 * Lacks: SError stays masked, so a bad bus access that is reported late is not reported.
 *
 * Reference: Arm ARM DDI 0487, D13.2.37 (ESR: exception classes and fault status codes).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fault.h"

#include <stddef.h>
#include <stdio.h>

#include "check.h"
#include "fault_stack.h"
#include "guard_call.h"
#include "image.h"
#include "level.h"
#include "log.h"
#include "symbols.h"
#include "words.h"

#define BACKTRACE_MAX 16

_Static_assert(offsetof(struct fault_frame, x[30]) == 16 * 15, "vectors.inc stores x30 there");
_Static_assert(offsetof(struct fault_frame, pc) == 16 * 16, "vectors.inc stores ELR there");

struct fault_frame fault_frame;
_Alignas(16) uint8_t fault_stack[FAULT_STACK_BYTES];

/* Words for the values of a field, each word with its value | 0x80 in front. */
#define WORD(value, text) value text "\0"

// clang-format off
static const char exception_classes[] =
    WORD("\x80", "undefined instruction")
    WORD("\x87", "floating point is trapped")
    WORD("\x8e", "illegal execution state")
    WORD("\x95", "SVC")
    WORD("\x96", "HVC")
    WORD("\x97", "SMC")
    WORD("\x98", "trapped system register")
    WORD("\xa0", "instruction abort from a lower level")
    WORD("\xa1", "instruction abort")
    WORD("\xa2", "program counter not aligned")
    WORD("\xa4", "data abort from a lower level")
    WORD("\xa5", "data abort")
    WORD("\xa6", "stack pointer not aligned")
    WORD("\xaf", "SError")
    WORD("\xbc", "BRK");

static const char fault_statuses[] =
    WORD("\x84", "not mapped (level 0)")
    WORD("\x85", "not mapped (level 1)")
    WORD("\x86", "not mapped (level 2)")
    WORD("\x87", "not mapped (level 3)")
    WORD("\x89", "access flag (level 1)")
    WORD("\x8d", "permission (level 1)")
    WORD("\x8e", "permission (level 2)")
    WORD("\x8f", "permission (level 3)")
    WORD("\x90", "external abort")
    WORD("\xa1", "alignment")
    WORD("\xb0", "TLB conflict");
// clang-format on

static const char *look_up(const char *list, unsigned value)
{
    for (const char *word = list; *word != '\0'; word = words_next(word))
        if ((uint8_t)*word == (value | 0x80))
            return word + 1;
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

/* What is wrong, in one sentence: for the report, and for who comes after us. */
static char sentence[GUARD_REASON_BYTES];
static bool reporting;

static void describe_abort(const struct fault_frame *frame, unsigned class)
{
    snprintf(sentence, sizeof sentence, "%s 0x%lx: %s%s",
             class < 0x24           ? "executing"
             : frame->syndrome & 64 ? "writing"
                                    : "reading",
             frame->address, look_up(fault_statuses, frame->syndrome & 63),
             frame->address - (uint64_t)__stack_guard < 4096 ? ": stack overflow" : "");
}

void fault_report(const struct fault_frame *frame, unsigned vector)
{
    static const char kinds[] = "synchronous\0IRQ\0FIQ\0SError";
    unsigned class = frame->syndrome >> 26 & 63;
    const char *what = look_up(exception_classes, class);

    if (reporting)
        level_stop(frame, "a fault within a fault's report");
    reporting = true;
    level_begin_report();
    log_line("fault", "%s exception at %s, vector %u: %s", words_at(kinds, vector & 3), level_name,
             vector, what);
    if (is_abort(class)) {
        describe_abort(frame, class);
        what = sentence;
        log_line("fault", "%s", what);
    }
    log_place("at    ", frame->pc);
    log_place("lr    ", frame->x[30]); /* the caller, if the fault is in a leaf function */
    log_backtrace(frame->x[29]);
    log_line("fault", "esr %08lx far %016lx pstate %08lx", frame->syndrome, frame->address,
             frame->pstate);
    log_registers(frame);
    level_end_report();
    level_stop(frame, what);
}

void check_failed(const char *condition, const char *file, int line)
{
    const char *what = "an assertion failed within a fault's report";

    if (!reporting) {
        reporting = true;
        level_begin_report();
        what = sentence;
        snprintf(sentence, sizeof sentence, "%s:%d: assertion failed: %s", file, line, condition);
        log_line("fault", "%s", sentence);
        log_backtrace((uint64_t)__builtin_frame_address(0));
        level_end_report();
    }
    level_break(what);
}
