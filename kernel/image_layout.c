/*
 * image_layout: linker symbols as functions (board/rpi3/service.ld defines them).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "image_layout.h"

#include <string.h>

#include "service.h"

/* What clear_stack leaves alone below its own frame: memset's frame and a margin. */
#define STACK_IN_USE_BYTES 512

/* Hidden: of our own program, so not addressed through the GOT. */
#pragma GCC visibility push(hidden)
extern uint8_t __image_start[], __image_end[];
extern uint8_t __read_only_start[], __read_only_end[];
extern uint8_t __stack_bottom[], __stack_top[];
extern void (*__init_array_start[])(void);
extern void (*__init_array_end[])(void);
#pragma GCC visibility pop
extern const struct service_note service_note;

uintptr_t image_layout_base(void)
{
    return (uintptr_t)__image_start;
}

uintptr_t image_layout_end(void)
{
    return (uintptr_t)__image_end;
}

const void *image_layout_read_only(size_t *bytes)
{
    *bytes = (size_t)(__read_only_end - __read_only_start);
    return __read_only_start;
}

/*
 * The size and CRC are written into the file after linking. The compiler has seen the
 * note's initializer (link-time optimisation) and would use its zeros; so it must not
 * know where this pointer comes from.
 */
const struct image_note *image_layout_note(void)
{
    const struct image_note *note = &service_note.note;

    __asm__("" : "+r"(note));
    return note;
}

void image_layout_run_constructors(void)
{
    for (void (**constructor)(void) = __init_array_start; constructor < __init_array_end;
         constructor++)
        (*constructor)();
}

__attribute__((noinline)) void image_layout_clear_stack(void)
{
    uint8_t *used = (uint8_t *)__builtin_frame_address(0) - STACK_IN_USE_BYTES;

    memset(__stack_bottom, 0, (size_t)(used - __stack_bottom));
}

size_t image_layout_stack_bytes(void)
{
    return (size_t)(__stack_top - __stack_bottom);
}

size_t image_layout_stack_peak(void)
{
    const uint64_t *word = (const uint64_t *)__stack_bottom;

    while (word < (const uint64_t *)__stack_top && *word == 0)
        word++;
    return (size_t)(__stack_top - (const uint8_t *)word);
}
