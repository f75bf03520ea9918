/*
 * backtrace: see backtrace.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "backtrace.h"

#include <string.h>

#define INSTRUCTION_BYTES 4u
#define STACK_ALIGNMENT   16u

struct frame_record {
    uint64_t caller; /* its frame pointer */
    uint64_t return_address;
};

unsigned backtrace_follow(uint64_t frame_pointer, backtrace_readable *readable, uint64_t *calls,
                          unsigned capacity)
{
    unsigned count = 0;

    while (count < capacity && frame_pointer != 0 && frame_pointer % STACK_ALIGNMENT == 0 &&
           readable(frame_pointer, sizeof(struct frame_record))) {
        struct frame_record record;

        memcpy(&record, (const void *)(uintptr_t)frame_pointer, sizeof record);
        uint64_t call = record.return_address - INSTRUCTION_BYTES;

        if (call % INSTRUCTION_BYTES != 0 || !readable(call, INSTRUCTION_BYTES))
            break;
        calls[count++] = call;
        /* The stack grows downward: callers stand above, and a ring of records ends. */
        if (record.caller <= frame_pointer)
            break;
        frame_pointer = record.caller;
    }
    return count;
}
