/*
 * libc: what picolibc asks of the system below it.
 *
 * stdout and stderr are lines of the log, memory comes from the heap's region, and every
 * way a program can fail ends in the same report as a failed ASSERT. errno is
 * thread-local; the start code sets TPIDR_EL0.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "libc.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "free_check.h"
#include "heap.h"
#include "service.h"
#include "service_parts.h"

/* Called by code the compiler adds, after link-time optimisation has looked for users. */
#define CALLED_BY_COMPILER __attribute__((used))

uintptr_t __stack_chk_guard;
_Noreturn void __stack_chk_fail(void);

static int put_character(char character, FILE *stream)
{
    (void)stream;
    service_log_put(character);
    return (unsigned char)character;
}

static int flush_line(FILE *stream)
{
    (void)stream;
    service_log_flush();
    return 0;
}

static FILE log_stream = FDEV_SETUP_STREAM(put_character, NULL, flush_line, _FDEV_SETUP_WRITE);

FILE *const stdin = &log_stream; /* not readable: reads give EOF */
FILE *const stdout = &log_stream;
FILE *const stderr = &log_stream;

CALLED_BY_COMPILER void *sbrk(ptrdiff_t change)
{
    void *before = heap_grow(change);

    if (before)
        return before;
    errno = ENOMEM;
    return (void *)-1;
}

/* The linker leads every call of free here (--wrap=free in the Makefile), the library's own
 * included: realloc has one. */
extern const struct free_piece *__malloc_free_list;
void __real_free(void *pointer);
void __wrap_free(void *pointer);

void __wrap_free(void *pointer)
{
    uintptr_t begin = (uintptr_t)heap_base();
    const char *broken = pointer == NULL ? NULL
                                         : free_check(__malloc_free_list, begin,
                                                      begin + heap_taken_bytes(), pointer);

    if (broken != NULL) {
        service_log_flush();
        check_failed(broken, "free", 0);
    }
    __real_free(pointer);
}

size_t libc_heap_free_bytes(void)
{
    return mallinfo().fordblks;
}

void libc_set_stack_guard(uint64_t value)
{
    __stack_chk_guard = value;
}

CALLED_BY_COMPILER _Noreturn void __stack_chk_fail(void)
{
    check_failed("the stack of a function is intact", "stack protector", 0);
}

CALLED_BY_COMPILER _Noreturn void abort(void)
{
    service_log_flush();
    check_failed("abort was not called", "libc", 0);
}

CALLED_BY_COMPILER _Noreturn void __assert_func(const char *file, int line, const char *function,
                                                const char *condition)
{
    (void)function;
    service_log_flush();
    check_failed(condition, file, line);
}

CALLED_BY_COMPILER _Noreturn void _exit(int status)
{
    service_exit(status);
}
