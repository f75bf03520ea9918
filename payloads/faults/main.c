/*
 * faults: does the wrong thing its argument names, for the tests of fault reports.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <service.h>
#include <stdlib.h>
#include <string.h>

SERVICE("faults", "1.0.0");

#define OUT_OF_LINE __attribute__((noinline, noclone))

static const int constant = 1;
static uint32_t data_with_code[1] = {0xd65f03c0}; /* ret */

OUT_OF_LINE static void write_to(uintptr_t address)
{
    *(int *)address = 1;
    asm volatile("" ::: "memory");
}

OUT_OF_LINE static void call(uintptr_t address)
{
    ((void (*)(void))address)();
    asm volatile("" ::: "memory"); /* no tail call: the backtrace shall show us */
}

OUT_OF_LINE static int recurse(int depth)
{
    char frame[1024];

    memset(frame, depth, sizeof frame);
    asm volatile("" : : "r"(frame) : "memory");
    return depth < 1000000 ? recurse(depth + 1) + frame[depth & 1023] : 0;
}

OUT_OF_LINE static void smash_stack(size_t length)
{
    char small[8];
    char *bytes = small;

    asm volatile("" : "+r"(bytes)); /* the compiler is not to see what we are about to do */
    memset(bytes, 'x', length);
    asm volatile("" ::: "memory");
}

static void write_null(void)
{
    write_to(0x10);
}

static void write_constant(void)
{
    write_to((uintptr_t)&constant);
}

static void execute_data(void)
{
    call((uintptr_t)data_with_code);
}

static void call_null(void)
{
    call(0);
}

static void overflow_stack(void)
{
    recurse(0);
}

static void smash(void)
{
    smash_stack(64);
}

static void trap(void)
{
    __builtin_trap();
}

static const struct {
    const char *name;
    void (*run)(void);
} faults[] = {
    {"write-null", write_null},
    {"write-constant", write_constant},
    {"execute-data", execute_data},
    {"call-null", call_null},
    {"overflow-stack", overflow_stack},
    {"smash-stack", smash},
    {"trap", trap},
    {"abort", abort},
};

int service_main(const struct service_info *info)
{
    const char *wanted = info->argc > 1 ? info->argv[1] : "";

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (strcmp(wanted, faults[i].name) == 0) {
            service_log("%s", wanted);
            faults[i].run();
            service_log("survived %s", wanted);
            return 2;
        }
    }
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        service_log("fault: %s", faults[i].name);
    return 1;
}
