/*
 * faults: see faults.h.
 *
 * Each fault happens in a function of its own that the compiler can neither see through nor
 * leave out of the backtrace. The line where it happens is marked with the fault's name, so that
 * a test finds what a debugger has to show.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "faults.h"

#include <assert.h>
#include <service.h>
#include <stdlib.h>
#include <string.h>

#include "instructions.h"

#define OUT_OF_LINE __attribute__((noipa))

/* Behind a call: no tail call, the backtrace shall show us. In a loop: it is one. */
#define STAY asm volatile("" ::: "memory")

#define PIECE_BYTES (1u << 20)

static const int constant = 1;
static uint32_t data_with_code[1] = {0xd65f03c0}; /* ret */

/* What a service has of the kind that gets overwritten. */
static struct {
    char name[8];
    void (*done)(void);
} session = {"session", abort};

OUT_OF_LINE static int read_from(uintptr_t address)
{
    return *(int *)address; /* fault: read-null */
}

OUT_OF_LINE static void write_to(uintptr_t address)
{
    *(int *)address = 1; /* fault: write-null write-constant write-to */
}

/* On the board a plain load does it too; QEMU only minds with one that acquires. */
OUT_OF_LINE static int read_unaligned(uintptr_t address)
{
    return __atomic_load_n((int *)(address + 1), __ATOMIC_ACQUIRE); /* fault: read-unaligned */
}

OUT_OF_LINE static void call(void (*function)(void))
{
    function(); /* fault: call-null call-corrupted execute-data */
    STAY;
}

OUT_OF_LINE static int recurse(int depth)
{ /* fault: overflow-stack */
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
    STAY; /* fault: smash-stack */
}

OUT_OF_LINE static void loop_masked(void)
{
    mask_interrupts();
    for (;;) /* fault: loop-masked */
        STAY;
}

OUT_OF_LINE static void loop_forever(void)
{
    for (;;) /* fault: loop */
        STAY;
}

OUT_OF_LINE static void check_balance(int balance)
{
    assert(balance > 0); /* fault: assert */
    STAY;
}

OUT_OF_LINE static void use(char *memory)
{
    assert(memory != NULL); /* fault: exhaust-heap */
    memory[0] = 1;
}

/* ---- by name ---- */

static const char *read_null(uintptr_t argument)
{
    (void)argument;
    return read_from(0x10) ? "read something" : "read 0";
}

static const char *write_null(uintptr_t argument)
{
    (void)argument;
    write_to(0x10);
    return "written";
}

static const char *write_constant(uintptr_t argument)
{
    (void)argument;
    write_to((uintptr_t)&constant);
    return "written";
}

static const char *write_there(uintptr_t argument)
{
    write_to(argument);
    return "written";
}

/* Past the service's own map, which may know nothing of the address. */
static const char *write_unmapped(uintptr_t argument)
{
    write_without_map(argument);
    return "written";
}

static const char *read_there_unaligned(uintptr_t argument)
{
    return read_unaligned(argument) ? "read something" : "read 0";
}

static const char *execute_data(uintptr_t argument)
{
    (void)argument;
    call((void (*)(void))(uintptr_t)data_with_code);
    return "executed";
}

static const char *call_null(uintptr_t argument)
{
    (void)argument;
    call(NULL);
    return "returned";
}

static const char *call_corrupted(uintptr_t argument)
{
    char *name = session.name;

    (void)argument;
    asm volatile("" : "+r"(name));
    strcpy(name, "one name too long"); /* 8 bytes too far */
    STAY;
    call(session.done);
    return "returned";
}

static const char *overflow_stack(uintptr_t argument)
{
    (void)argument;
    return recurse(0) ? "ended" : "ended with 0";
}

static const char *smash(uintptr_t argument)
{
    (void)argument;
    smash_stack(64);
    return "returned";
}

static const char *trap(uintptr_t argument)
{
    (void)argument;
    __builtin_trap(); /* fault: trap */
}

static const char *break_there(uintptr_t argument)
{
    break_with((const char *)argument);
    return "went on";
}

static const char *give_up(uintptr_t argument)
{
    (void)argument;
    abort(); /* fault: abort */
}

static const char *fail_assertion(uintptr_t argument)
{
    (void)argument;
    check_balance(-3);
    return "went on";
}

static const char *hang(uintptr_t argument)
{
    (void)argument;
    loop_forever();
    return "ended";
}

static const char *hang_masked(uintptr_t argument)
{
    (void)argument;
    loop_masked();
    return "ended";
}

/* The compiler is not to know what becomes of it. */
OUT_OF_LINE static char *hide(char *pointer)
{
    return pointer;
}

static const char *free_twice(uintptr_t argument)
{
    char *first = malloc(40), *used = malloc(40), *behind = malloc(40), *last = malloc(40);

    (void)argument;
    free(hide(behind)); /* and so the first is not the only free piece */
    free(hide(first));
    free(hide(first)); /* fault: free-twice */
    return used != last ? "went on" : "no memory";
}

/* The first time it becomes one with the piece before it. */
static const char *free_joined_twice(uintptr_t argument)
{
    char *first = malloc(40), *second = malloc(40), *last = malloc(40);

    (void)argument;
    free(hide(first));
    free(hide(second));
    free(hide(second)); /* fault: free-joined */
    return last != NULL ? "went on" : "no memory";
}

static const char *free_static(uintptr_t argument)
{
    (void)argument;
    free(hide(session.name)); /* fault: free-static */
    return "went on";
}

static const char *free_middle(uintptr_t argument)
{
    char *piece = calloc(1, 40);

    (void)argument;
    free(hide(piece + 16)); /* fault: free-middle */
    return "went on";
}

static const char *exhaust_heap(uintptr_t argument)
{
    unsigned count = 0;
    char *piece;

    (void)argument;
    while ((piece = malloc(PIECE_BYTES)) != NULL)
        count++;
    service_log("malloc gave %u pieces of %u KB, then none", count, PIECE_BYTES / 1024);
    use(piece);
    return "went on";
}

static const struct {
    const char *name;
    const char *(*commit)(uintptr_t argument);
} faults[] = {
    {"read-null", read_null},
    {"write-null", write_null},
    {"write-constant", write_constant},
    {"write-to", write_there},                /* ADDRESS */
    {"write-unmapped", write_unmapped},       /* ADDRESS */
    {"read-unaligned", read_there_unaligned}, /* ADDRESS, of a device */
    {"execute-data", execute_data},
    {"call-null", call_null},
    {"call-corrupted", call_corrupted},
    {"overflow-stack", overflow_stack},
    {"smash-stack", smash},
    {"trap", trap},
    {"break", break_there}, /* ADDRESS of the reason */
    {"abort", give_up},
    {"assert", fail_assertion},
    {"loop", hang},
    {"loop-masked", hang_masked},
    {"free-twice", free_twice},
    {"free-joined", free_joined_twice},
    {"free-static", free_static},
    {"free-middle", free_middle},
    {"exhaust-heap", exhaust_heap},
};

const char *faults_commit(const char *name, uintptr_t argument)
{
    for (unsigned i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (strcmp(name, faults[i].name) == 0)
            return faults[i].commit(argument);
    return NULL;
}

const char *faults_name(unsigned index)
{
    return index < sizeof faults / sizeof faults[0] ? faults[index].name : NULL;
}
