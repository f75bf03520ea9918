/*
 * guardian: see guardian.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guardian.h"

#include "boot_record.h"
#include "clock.h"
#include "cpu.h"
#include "duties.h"
#include "error.h"
#include "log.h"
#include "net_files.h"
#include "network.h"
#include "service.h"

#define CONFIRM_AGAIN_US 500000
#define CARD_AGAIN_US    60000000 /* each try may take a bad card a second or more */

static struct {
    bool is_there;
    bool is_confirmed;
    bool card_lacks_it;   /* that it is */
    uint32_t watchdog_ms; /* as the guard has it now; 0: none */
    uint32_t given_ms;    /* as the loader started the service */
    uint32_t usual_ms;    /* while USB is started again: what it had before */
    uint64_t next_us;     /* guardian_poll is due: the earlier of these two */
    uint64_t feed_us, confirm_us;
    bool waits_for_network; /* and the log says so */
} guard = {.next_us = CLOCK_NEVER};

/* The guard reads it when the service has crashed. */
static struct guard_memory memory = {.count = 1, .log_is_told = 1};

bool guardian_is_there(void)
{
    return guard.is_there;
}

bool guardian_is_confirmed(void)
{
    return guard.is_confirmed;
}

uint64_t guardian_deadline_us(void)
{
    return guard.next_us;
}

int64_t guardian_call(enum guard_function function, uint64_t a1, uint64_t a2)
{
    return guard.is_there ? cpu_guard_call(function, a1, a2, 0, 0, NULL) : ERROR_ABSENT;
}

int64_t guardian_read(enum guard_file file, uint64_t *position, void *buffer, size_t capacity)
{
    uint8_t *to = buffer;
    size_t done = 0;

    if (!guard.is_there)
        return ERROR_ABSENT;
    while (done < capacity) {
        size_t part = capacity - done < GUARD_READ_MAX ? capacity - done : GUARD_READ_MAX;
        int64_t got =
            cpu_guard_call(GUARD_READ, file, *position, (uintptr_t)(to + done), part, position);

        if (got < 0)
            return got;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (int64_t)done;
}

void guardian_log(const char *text, size_t length)
{
    for (size_t part; length > 0; text += part, length -= part) {
        part = length < GUARD_LOG_MAX ? length : GUARD_LOG_MAX;
        guardian_call(GUARD_LOG, (uintptr_t)text, part);
    }
}

static int64_t read_log(uint64_t *position, void *buffer, size_t capacity)
{
    return guardian_read(GUARD_FILE_LOG, position, buffer, capacity);
}

static struct net_files_kept log_kept = {.read = read_log, .sent = &memory.log};

const struct net_files_kept *guardian_log_kept(void)
{
    return guard.is_there ? &log_kept : NULL;
}

/* What the consoles still lack of the lines before us: the end of the loader's log. */
static void preload_log(uint32_t undrained)
{
    char text[512];
    uint64_t position = UINT64_MAX; /* behind the end: the answer says where that is */
    int64_t got = guardian_read(GUARD_FILE_LOG, &position, text, 1);

    log_kept.begun = got < 0 ? 0 : position;
    if (undrained == 0 || got < 0)
        return;
    position = position > undrained ? position - undrained : 0;
    while ((got = guardian_read(GUARD_FILE_LOG, &position, text, sizeof text)) > 0)
        log_preload(text, (size_t)got);
}

static void set_next(void)
{
    guard.next_us = guard.feed_us < guard.confirm_us ? guard.feed_us : guard.confirm_us;
    duties_at(guard.next_us);
}

static int feed(uint32_t timeout_ms)
{
    int status = (int)guardian_call(GUARD_WATCHDOG, timeout_ms, 0);

    if (status < 0)
        return status;
    guard.watchdog_ms = timeout_ms;
    guard.feed_us = timeout_ms == 0 ? CLOCK_NEVER : clock_now_us() + timeout_ms * 1000ull / 4;
    set_next();
    return 0;
}

void guardian_init(const struct boot_record *record)
{
    int64_t version;

    guard.is_there = guard.is_confirmed = guard.waits_for_network = guard.card_lacks_it = false;
    guard.next_us = guard.feed_us = guard.confirm_us = CLOCK_NEVER;
    if (!(record->loader.features & BOOT_FEATURE_GUARD))
        return;
    version = cpu_guard_call(GUARD_VERSION, 0, 0, 0, 0, NULL);
    if (version != GUARD_INTERFACE) {
        log_line("kernel",
                 "the loader's guard calls are version %ld, not %d: it will take this for hung",
                 (long)version, GUARD_INTERFACE);
        return;
    }
    guard.is_there = true;
    guard.is_confirmed = record->guard.confirmed != 0;
    cpu_use_guard();
    memory.log = record->over.log.sent;
    preload_log(record->over.has_log ? record->over.log.undrained : 0);
    guardian_call(GUARD_MEMORY, (uintptr_t)&memory, 0);
    guard.given_ms = record->guard.watchdog_ms;
    if (guard.given_ms != 0)
        feed(guard.given_ms < GUARDIAN_START_MS ? GUARDIAN_START_MS : guard.given_ms);
}

void guardian_main_begins(void)
{
    if (guard.is_there)
        feed(guard.given_ms);
}

void guardian_usb_begins(void)
{
    guard.usual_ms = guard.watchdog_ms;
    if (guard.usual_ms != 0)
        feed(guard.usual_ms < GUARDIAN_START_MS ? GUARDIAN_START_MS : guard.usual_ms);
}

void guardian_usb_ends(void)
{
    if (guard.usual_ms != 0)
        feed(guard.usual_ms);
}

void guardian_main_ended(bool confirms_itself)
{
    if (!guard.is_there || confirms_itself || guard.is_confirmed)
        return;
    guard.confirm_us = clock_now_us() + SERVICE_CONFIRM_AFTER_US;
    set_next();
}

/* An image that nobody can reach must not become the one to fall back on: it could never be
 * replaced by another push. */
static void confirm_if_reachable(uint64_t now_us)
{
    if (guard.card_lacks_it || network_is_proven()) {
        service_confirm();
        return;
    }
    if (!guard.waits_for_network)
        log_line("kernel", "not confirmed yet: the network has not shown that it works");
    guard.waits_for_network = true;
    guard.confirm_us = now_us + CONFIRM_AGAIN_US;
    set_next();
}

void guardian_poll(uint64_t now_us)
{
    if (guard.feed_us <= now_us)
        feed(guard.watchdog_ms);
    if (guard.confirm_us <= now_us)
        confirm_if_reachable(now_us);
}

void guardian_heap(const void *base, size_t bytes)
{
    memory.ranges[0].base = (uintptr_t)base;
    memory.ranges[0].bytes = bytes;
}

int service_watchdog(uint32_t timeout_ms)
{
    if (timeout_ms > GUARD_WATCHDOG_MAX_MS)
        return ERROR_INVALID;
    return guard.is_there ? feed(timeout_ms) : 0;
}

int service_confirm(void)
{
    int status;

    if (!guard.is_there || (guard.is_confirmed && !guard.card_lacks_it))
        return 0;
    status = (int)guardian_call(GUARD_CONFIRM, 0, 0);
    bool is_news = !guard.is_confirmed;

    guard.is_confirmed = true;
    guard.card_lacks_it = status < 0 && status != ERROR_TOO_LARGE;
    guard.confirm_us = guard.card_lacks_it ? clock_now_us() + CARD_AGAIN_US : CLOCK_NEVER;
    set_next();
    if (status == 0 && is_news)
        log_line("kernel", "the service confirmed itself");
    else if (status == 0)
        log_line("kernel", "the card now has it that the service confirmed itself");
    else if (status == ERROR_TOO_LARGE)
        log_line("kernel",
                 "the service confirmed itself, but is too large to be kept to fall back on");
    else if (is_news)
        log_line("kernel", "the service confirmed itself, but the card cannot be told: %s",
                 error_name(status));
    return status;
}
