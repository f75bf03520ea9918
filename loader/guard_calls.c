/*
 * guard_calls: the loader's answers to a service (include/guard_call.h), and its two clocks:
 * the watchdog, and the time to confirm.
 *
 * Runs while the service stands still, with the data of the run that started it. Every range
 * that a service names is checked before it is read, and what decides is copied first.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guard_calls.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "crash.h"
#include "crc32c.h"
#include "elf_format.h"
#include "error.h"
#include "guard.h"
#include "guard_call.h"
#include "guard_card.h"
#include "guard_files.h"
#include "irq.h"
#include "loader.h"
#include "log.h"
#include "power.h"

#define LIST_BYTES_MAX 4096

static struct loader *loader; /* of the run that started the service */

static bool can_use(uint64_t address, uint64_t bytes, uint64_t alignment)
{
    return address % alignment == 0 && guard_is_services(address, bytes);
}

/* The same for what is written: our map of the service's memory knows no permissions, its own
 * keeps code and constants, in whole pages, from being changed. (Of segments beyond
 * LOADER_SEGMENTS_MAX nothing is known.) */
static bool can_write(uint64_t address, uint64_t bytes, uint64_t alignment)
{
    const struct loader_service *service = &loader->service;

    if (!can_use(address, bytes, alignment))
        return false;
    for (unsigned i = 0; i < service->segment_count; i++) {
        const struct boot_segment *segment = &service->segments[i];
        uint64_t page = segment->address & ~(uint64_t)(ELF_PAGE - 1);
        uint64_t end =
            (segment->address + segment->bytes + ELF_PAGE - 1) & ~(uint64_t)(ELF_PAGE - 1);

        if ((segment->flags & ELF_WRITE) == 0 && address < end && address + bytes > page)
            return false;
    }
    return true;
}

static void set_timer(void)
{
    const struct loader_service *service = &loader->service;

    guard_timer(service->watchdog_at_us < service->confirm_at_us ? service->watchdog_at_us
                                                                 : service->confirm_at_us);
}

static void set_watchdog(uint64_t timeout_us)
{
    loader->service.watchdog_us = timeout_us;
    loader->service.watchdog_at_us = timeout_us != 0 ? clock_now_us() + timeout_us : CLOCK_NEVER;
    set_timer();
}

void guard_calls_begin(struct loader *starting)
{
    const struct board_range hidden[] = {starting->resident, starting->keeping};
    struct loader_service *service = &starting->service;
    struct keep *keep = starting->keep;

    loader = starting;
    guard_card_begin();
    keep->started_us = clock_now_us();
    keep->log_undrained = 0;
    keep->at_rest = false;
    keep->own_crc = guard_own_crc32c();
    keep_seal(keep);
    guard_map(&starting->board, hidden, sizeof hidden / sizeof *hidden);
    irq_route_guard_timer(true);
    service->confirm_at_us =
        service->confirm_at_us != 0 ? keep->started_us + service->confirm_at_us : CLOCK_NEVER;
    set_watchdog(service->watchdog_us);
}

/* ---- the calls ---- */

static int64_t remember_memory(uint64_t memory)
{
    if (memory != 0 && !can_use(memory, sizeof(struct guard_memory), 8))
        return ERROR_INVALID;
    loader->service.memory = memory;
    return 0;
}

static int64_t write_log(uint64_t from, uint64_t length)
{
    static char text[GUARD_LOG_MAX]; /* another core may go on writing where it came from */

    if (length > GUARD_LOG_MAX || !can_use(from, length, 1))
        return ERROR_INVALID;
    memcpy(text, (const char *)from, length);
    log_store_append(&loader->log_store, text, length);
    return 0;
}

static int64_t watch(uint64_t timeout_ms)
{
    if (timeout_ms > GUARD_WATCHDOG_MAX_MS)
        return ERROR_INVALID;
    set_watchdog(timeout_ms * 1000);
    return 0;
}

/* The time that a call takes is not the service's. */
static int64_t take_time(uint64_t begun_us, int64_t status)
{
    uint64_t spent_us = clock_now_us() - begun_us;
    uint64_t *deadlines_us[] = {&loader->service.watchdog_at_us, &loader->service.confirm_at_us};

    for (unsigned i = 0; i < sizeof deadlines_us / sizeof *deadlines_us; i++)
        if (*deadlines_us[i] != CLOCK_NEVER)
            *deadlines_us[i] += spent_us;
    set_timer(); /* drivers that waited have had it */
    return status;
}

static int64_t confirm(void)
{
    loader->service.confirm_at_us = CLOCK_NEVER;
    return guard_card_confirm(loader);
}

static int64_t check_image(uint64_t address, bool install)
{
    if (!can_write(address, sizeof(struct guard_image), 8))
        return ERROR_INVALID;
    return guard_card_check(loader, (struct guard_image *)address, install);
}

static int64_t select_service(uint64_t address)
{
    if (!can_write(address, sizeof(struct guard_select), 8))
        return ERROR_INVALID;
    return guard_card_select(loader, (struct guard_select *)address);
}

/* What of keep->over a hand-back does not bring is gone. */
static int64_t take_image(struct keep *keep, const struct boot_hand_back *request)
{
    const void *file = (const void *)loader->staging.base;

    if (guard_park_cores() < 0) /* nobody is to change it any more */
        return ERROR_TIMEOUT;
    if (keep->uploaded.bytes == 0 || request->image_bytes != keep->uploaded.bytes ||
        crc32c(0, file, keep->uploaded.bytes) != keep->uploaded.crc32c)
        return ERROR_REFUSED;
    /* Where it came from is known only now. */
    memset(keep->uploaded.location, 0, sizeof keep->uploaded.location);
    strncpy(keep->uploaded.location, request->name, sizeof keep->uploaded.location - 1);
    keep->push_begun_us = request->push_begun_us;
    keep->push_ended_us = request->push_ended_us;
    keep->reason = POLICY_DEPLOY;
    keep->redeploys++;
    snprintf(keep->last_end, sizeof keep->last_end, "%s %s was replaced by a push", keep->name,
             keep->version);
    return 0;
}

static int64_t hand_back(uint64_t address, uint64_t bytes)
{
    static _Alignas(8) uint8_t list[LIST_BYTES_MAX];
    static struct hand_over over;
    struct keep *keep = loader->keep;
    const struct boot_hand_back *request = &over.hand_back;
    int64_t status = 0;

    if (bytes > sizeof list || !can_use(address, bytes, 8))
        return ERROR_INVALID;
    memcpy(list, (const void *)address, bytes);
    if (hand_over_read(list, bytes, &over) < 0 || !over.has_hand_back)
        return ERROR_INVALID;

    switch (request->kind) {
    case BOOT_HAND_BACK_REBOOT:
        keep->reason = POLICY_REBOOT;
        snprintf(keep->last_end, sizeof keep->last_end, "%s asked for a reboot", keep->name);
        break;
    case BOOT_HAND_BACK_EXIT:
        keep->reason = POLICY_EXIT;
        keep->status = request->status;
        snprintf(keep->last_end, sizeof keep->last_end, "%s %s ended with status %s%u", keep->name,
                 keep->version, request->status < 0 ? "-" : "",
                 request->status < 0 ? -(unsigned)request->status : (unsigned)request->status);
        break;
    case BOOT_HAND_BACK_NEXT:
        keep->reason = guard_card_is_selected(request->name) ? POLICY_SELECTED : POLICY_NEXT;
        memcpy(keep->next, request->name, sizeof keep->next);
        snprintf(keep->last_end, sizeof keep->last_end, "%s asked for %s", keep->name, keep->next);
        break;
    case BOOT_HAND_BACK_IMAGE:
        status = take_image(keep, request);
        break;
    }
    if (status < 0)
        return status;
    if (loader->service.card_was_used) {
        over.has_card = keep->over.has_card;
        over.card = keep->over.card;
    }
    keep->over = over;
    keep->over_us = clock_now_us();
    keep->at_rest = true;
    keep->log_undrained = over.has_log ? over.log.undrained : 0;
    if (over.has_log)
        keep_log_sent(loader, &over.log.sent);
    keep->hand_backs++;
    take_back(loader);
}

static int64_t read_file(struct guard_registers *registers)
{
    uint64_t position = registers->x[2], buffer = registers->x[3], capacity = registers->x[4];
    enum guard_file file = (enum guard_file)registers->x[1];

    if (capacity == 0 || capacity > GUARD_READ_MAX || !can_write(buffer, capacity, 1))
        return ERROR_INVALID;
    if (registers->x[1] > GUARD_FILE_SLOTS || !guard_file_exists(loader, file, position))
        return ERROR_ABSENT;
    size_t length = guard_file_read(loader, file, &position, (void *)buffer, capacity);

    registers->x[1] = position;
    return (int64_t)length;
}

static int64_t take_crash(struct guard_registers *registers)
{
    uint64_t address = registers->x[1];

    if (!can_use(address, sizeof(struct guard_crash), 8))
        return ERROR_INVALID;
    crash_end(loader, POLICY_CRASH, registers, address, NULL);
}

int64_t guard_called(struct guard_registers *registers)
{
    const uint64_t *x = registers->x;
    uint64_t begun_us = clock_now_us();

    /* Drivers that are used here sleep by it, and what a service routes is not known. */
    irq_route_guard_timer(true);
    switch (x[0]) {
    case GUARD_VERSION:
        return GUARD_INTERFACE;
    case GUARD_MEMORY:
        return remember_memory(x[1]);
    case GUARD_LOG:
        return write_log(x[1], x[2]);
    case GUARD_WATCHDOG:
        return watch(x[1]);
    case GUARD_CONFIRM:
        return take_time(begun_us, confirm());
    case GUARD_CHECK_IMAGE:
        return take_time(begun_us, check_image(x[1], false));
    case GUARD_HAND_BACK:
        return hand_back(x[1], x[2]);
    case GUARD_READ:
        return take_time(begun_us, read_file(registers));
    case GUARD_CRASH:
        return take_crash(registers);
    case GUARD_INSTALL:
        return take_time(begun_us, check_image(x[1], true));
    case GUARD_SELECT:
        return take_time(begun_us, select_service(x[1]));
    default:
        return ERROR_INVALID; /* -1: the calling convention's "not supported" */
    }
}

void guard_powered(bool off)
{
    log_line("guard", "%s asked for %s", loader->keep->name, off ? "power off" : "a reset");
    log_flush(2000000);
    if (off)
        power_off();
    power_reset();
}

/* ---- ends that are not the service's own ---- */

void guard_expired(const struct guard_registers *registers)
{
    uint64_t now_us = clock_now_us();

    if (now_us >= loader->service.watchdog_at_us)
        crash_end(loader, POLICY_HANG, registers, 0, "it gave no sign of life");
    if (now_us >= loader->service.confirm_at_us)
        crash_end(loader, POLICY_UNCONFIRMED, registers, 0, "it did not confirm itself in time");
    set_timer();
}

void guard_stopped(const struct guard_registers *registers)
{
    crash_end(loader, POLICY_CRASH, registers, 0, NULL);
}
