/*
 * sim_guard: see sim_guard.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_guard.h"

#include <string.h>

#include "clock.h"
#include "cpu.h"
#include "error.h"
#include "sim.h"

struct sim_guard sim_guard;
static struct sim_event expiry;

void sim_guard_reset(void)
{
    sim_cancel(&expiry);
    sim_guard = (struct sim_guard){.version = GUARD_INTERFACE};
}

void sim_guard_begin(void)
{
    sim_guard_reset();
    sim_guard.is_there = true;
}

unsigned sim_guard_calls(enum guard_function function)
{
    return sim_guard.calls[function - GUARD_VERSION];
}

void sim_guard_answer(enum guard_function function, int64_t answer)
{
    sim_guard.answers[function - GUARD_VERSION] = answer;
}

void sim_guard_put_log(const char *text, size_t length)
{
    if (length > SIM_GUARD_LOG_BYTES - sim_guard.log_length)
        sim_stop("sim_guard: its log is full");
    memcpy(sim_guard.log + sim_guard.log_length, text, length);
    sim_guard.log_length += length;
    sim_guard.log[sim_guard.log_length] = '\0';
}

void cpu_use_guard(void)
{
    sim_guard.is_used = true;
}

static void *pointer(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

static void bite(void *context)
{
    (void)context;
    sim_stop("hung");
}

static int64_t watch(uint64_t timeout_ms)
{
    if (timeout_ms > GUARD_WATCHDOG_MAX_MS)
        return ERROR_INVALID;
    sim_guard.watchdog_ms = (uint32_t)timeout_ms;
    sim_guard.fed_us = clock_now_us();
    sim_cancel(&expiry);
    if (timeout_ms != 0)
        sim_after_us(&expiry, timeout_ms * 1000, bite, NULL);
    return 0;
}

static int64_t take_log(uint64_t text, uint64_t length)
{
    if (length > GUARD_LOG_MAX)
        return ERROR_INVALID;
    sim_guard_put_log(pointer(text), length);
    return 0;
}

static int64_t refuse(char *reason, int64_t answer)
{
    memcpy(reason, sim_guard.reason, GUARD_REASON_BYTES);
    return answer;
}

static int64_t read_file(uint64_t file, uint64_t *position, uint64_t buffer, uint64_t capacity)
{
    struct sim_guard_file from = file == GUARD_FILE_LOG
                                     ? (struct sim_guard_file){sim_guard.log, sim_guard.log_length}
                                 : file == GUARD_FILE_STATUS ? sim_guard.status
                                 : file == GUARD_FILE_CORE   ? sim_guard.core
                                                             : sim_guard.slots;

    if (capacity == 0 || capacity > GUARD_READ_MAX || file < GUARD_FILE_LOG ||
        file > GUARD_FILE_SLOTS)
        return ERROR_INVALID;
    if (from.bytes == NULL)
        return ERROR_ABSENT;
    if (*position > from.length)
        *position = from.length;
    if (capacity > from.length - *position)
        capacity = from.length - *position;
    if (sim_guard.read_at_once != 0 && capacity > sim_guard.read_at_once)
        capacity = sim_guard.read_at_once;
    memcpy(pointer(buffer), (const char *)from.bytes + *position, capacity);
    *position += capacity;
    return (int64_t)capacity;
}

static int64_t take_back(uint64_t list, uint64_t bytes)
{
    if (hand_over_read(pointer(list), bytes, &sim_guard.handed_back) < 0 ||
        !sim_guard.handed_back.has_hand_back)
        return ERROR_INVALID;
    sim_stop("handed back");
}

int64_t cpu_guard_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                       uint64_t *x1)
{
    uint64_t position = a2;
    int64_t answer;

    if (!sim_guard.is_there)
        sim_stop("a guard call, and nobody stands guard");
    if (function - GUARD_VERSION >= SIM_GUARD_FUNCTIONS)
        sim_stop("guard call 0x%llx is none", (unsigned long long)function);
    sim_guard.calls[function - GUARD_VERSION]++;
    answer = sim_guard.answers[function - GUARD_VERSION];
    if (answer < 0 && (function == GUARD_CHECK_IMAGE || function == GUARD_INSTALL))
        return refuse(((struct guard_image *)pointer(a1))->reason, answer);
    if (answer < 0 && function == GUARD_SELECT)
        return refuse(((struct guard_select *)pointer(a1))->reason, answer);
    if (answer < 0)
        return answer;
    switch ((enum guard_function)function) {
    case GUARD_VERSION:
        return sim_guard.version;
    case GUARD_MEMORY:
        sim_guard.memory = pointer(a1);
        return 0;
    case GUARD_LOG:
        return take_log(a1, a2);
    case GUARD_WATCHDOG:
        return watch(a1);
    case GUARD_CONFIRM:
        return 0;
    case GUARD_SELECT:
        sim_guard.selected = *(const struct guard_select *)pointer(a1);
        return 0;
    case GUARD_INSTALL:
    case GUARD_CHECK_IMAGE:
        sim_guard.checked_bytes = ((const struct guard_image *)pointer(a1))->length;
        return 0;
    case GUARD_HAND_BACK:
        return take_back(a1, a2);
    case GUARD_READ:
        answer = read_file(a1, &position, a3, a4);
        if (x1 != NULL)
            *x1 = position;
        return answer;
    case GUARD_CRASH:
        break;
    }
    sim_guard.crash = *(const struct guard_crash *)pointer(a1);
    sim_stop("crashed");
}
