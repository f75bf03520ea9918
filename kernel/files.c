/*
 * files: what is behind the names of the TFTP server. See files.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "files.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "boot_record.h"
#include "card_files.h"
#include "clock.h"
#include "error.h"
#include "guardian.h"
#include "log.h"
#include "memory.h"
#include "net_hand_over.h"
#include "published.h"
#include "service.h"
#include "service_parts.h"
#include "timeline.h"

#define STATUS_BYTES 768

static struct {
    const struct service_info *info;
    const struct boot_record *record;
    uint64_t started_us;

    /* A write. */
    enum { IMAGE, INSTALL, SELECT } write;
    struct boot_hand_back request; /* kind 0: nothing is to be handed back */
    bool is_good;                  /* and acknowledged: hand it over */
    char select[CARD_FILES_SELECT_MAX];

    /* A read: our own text first, then the loader's file from position on. */
    char status[STATUS_BYTES];
    const uint8_t *own; /* the above, or a file of the service's */
    size_t own_length, own_done;
    enum guard_file file;              /* 0: none */
    const struct published *published; /* null: it is none of the service's */
    uint32_t edition;                  /* of it, with which the read began */
    uint64_t position;
} files;

static __attribute__((format(printf, 3, 4))) int refuse(char *reason, int status,
                                                        const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, TFTP_SERVER_REASON_BYTES, format, arguments);
    va_end(arguments);
    return status;
}

/* ---- a write: mostly a push ---- */

#define LOCATION "push:"

static int begin_write(struct tftp_server_files *self, const struct tftp_server_peer *from,
                       const char *name, int64_t announced, uint8_t **buffer, size_t *capacity,
                       char *reason)
{
    const struct boot_upload *upload = &files.record->upload;

    (void)self;
    if (!guardian_is_there())
        return refuse(reason, ERROR_REFUSED, "no loader stands under this service");
    if (upload->deploy == BOOT_DEPLOY_OFF)
        return refuse(reason, ERROR_REFUSED, "pushes are off (deploy = off)");
    files.request = (struct boot_hand_back){.push_begun_us = clock_now_us()};
    if (strcmp(name, CARD_FILES_SELECT) == 0) {
        files.write = SELECT;
        *buffer = (uint8_t *)files.select;
        *capacity = sizeof files.select;
        return 0;
    }
    if (announced >= 0 && (uint64_t)announced > upload->bytes)
        return refuse(reason, ERROR_TOO_LARGE, "an image of %lu bytes: there is room for %lu",
                      (unsigned long)announced, (unsigned long)upload->bytes);
    files.write = card_files_is_install(name) ? INSTALL : IMAGE;
    files.request.kind = BOOT_HAND_BACK_IMAGE;
    snprintf(files.request.name, sizeof files.request.name, LOCATION "%u.%u.%u.%u/%s",
             from->address.ip[0], from->address.ip[1], from->address.ip[2], from->address.ip[3],
             name);
    *buffer = (uint8_t *)(uintptr_t)upload->base;
    *capacity = upload->bytes;
    return 0;
}

/* A loader of before there were slots answers ERROR_INVALID and says nothing. */
static int refuse_as_told(char *reason, int status, char *told)
{
    told[GUARD_REASON_BYTES - 1] = '\0';
    if (told[0] == '\0')
        return refuse(reason, status, "the loader under this service says no: %s",
                      error_name(status));
    return refuse(reason, status, "%s", told);
}

static int end_select(size_t length, char *reason)
{
    struct guard_select select;
    int status = card_files_read_select(files.select, length, &select);

    if (status == 0)
        status = (int)guardian_call(GUARD_SELECT, (uintptr_t)&select, 0);
    if (status < 0)
        return refuse_as_told(reason, status, select.reason);
    if (select.when == GUARD_NOW) {
        files.request.kind = BOOT_HAND_BACK_NEXT;
        memcpy(files.request.name, select.name, sizeof select.name);
    }
    return 0;
}

static int end_write(struct tftp_server_files *self, size_t length, char *reason)
{
    struct guard_image image = {.length = length};
    int status;

    (void)self;
    if (files.write == SELECT)
        return end_select(length, reason);
    files.request.image_bytes = length;
    files.request.push_ended_us = clock_now_us();
    status = (int)guardian_call(files.write == INSTALL ? GUARD_INSTALL : GUARD_CHECK_IMAGE,
                                (uintptr_t)&image, 0);
    if (status == 0) {
        log_line("push", "%s, %lu bytes in %u ms: handing back",
                 files.request.name + sizeof LOCATION - 1, (unsigned long)length,
                 (unsigned)((files.request.push_ended_us - files.request.push_begun_us) / 1000));
        return 0;
    }
    return refuse_as_told(reason, status, image.reason);
}

/* net_files has logged it. What came stays where it is: nobody looks at it. */
static void fail_write(struct tftp_server_files *self, const char *reason)
{
    (void)self;
    (void)reason;
}

/* The server has to be left before the machine can go. */
static void finish_write(struct tftp_server_files *self)
{
    (void)self;
    files.is_good = files.request.kind != 0;
}

/* ---- reads ---- */

static __attribute__((format(printf, 1, 2))) void add_status(const char *format, ...)
{
    size_t room = sizeof files.status - files.own_length;
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(files.status + files.own_length, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        files.own_length += (size_t)length < room ? (size_t)length : room - 1;
}

static const char *state_name(void)
{
    return !guardian_is_there() ? "unguarded" : guardian_is_confirmed() ? "confirmed" : "trial";
}

static void write_status(void)
{
    char phases[LOG_LINE_MAX];
    int64_t answered_us = timeline_between_us(BOOT_PHASE_HAND_BACK, BOOT_PHASE_SERVICE_MAIN);

    add_status("service = %s\nversion = %s\n", files.info->name, files.info->version);
    add_status("location = %s\nboot_id = %08x\nstate = %s\n", files.info->location,
               (unsigned)files.info->boot_id, state_name());
    add_status("sha256 = ");
    for (size_t i = 0; i < sizeof files.info->image_digest; i++)
        add_status("%02x", files.info->image_digest[i]);
    add_status("\nuptime_ms = %lu\n", (unsigned long)((clock_now_us() - files.started_us) / 1000));
    if (timeline_text(phases, sizeof phases) > 0)
        add_status("phases = %s\n", phases);
    if (answered_us >= 0)
        add_status("answered_after_ms = %u\n", (unsigned)(answered_us / 1000));
}

/* What the loader has. */
static const struct {
    const char *name;
    enum guard_file file;
} kept[] = {
    {"status", GUARD_FILE_STATUS},
    {"log", GUARD_FILE_LOG},
    {"core", GUARD_FILE_CORE},
    {CARD_FILES_SLOTS, GUARD_FILE_SLOTS},
};

/* GUARD_FILE_...; 0: none has that name. */
static enum guard_file file_named(const char *name)
{
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (strcmp(name, kept[i].name) == 0)
            return kept[i].file;
    return 0;
}

bool files_is_taken(const char *name)
{
    return file_named(name) != 0 || strcmp(name, CARD_FILES_SELECT) == 0 ||
           strcmp(name, NET_FILES_LIVE) == 0;
}

static int refuse_absent(char *reason)
{
    char others[64] = "";
    const char *name;

    for (unsigned i = 0; i < SERVICE_PUBLISHED_MAX; i++)
        if ((name = published_name(i))[0] != '\0')
            snprintf(others + strlen(others), sizeof others - strlen(others), ", %s", name);
    return refuse(reason, ERROR_ABSENT,
                  "no such file: there are status, log, core, slots and live%s", others);
}

static int begin_read(struct tftp_server_files *self, const struct tftp_server_peer *from,
                      const char *name, char *reason)
{
    uint64_t position = 0;
    char byte;

    (void)self;
    (void)from;
    files.own = (const uint8_t *)files.status;
    files.own_length = files.own_done = 0;
    files.position = 0;
    files.published = published_find(name);
    if (files.published) {
        files.file = 0;
        files.own = files.published->bytes;
        files.own_length = files.published->length;
        files.edition = files.published->edition;
        return 0;
    }
    files.file = file_named(name);
    if (files.file == 0)
        return refuse_absent(reason);
    if (files.file == GUARD_FILE_STATUS) {
        write_status();
        return 0;
    }
    if (!guardian_is_there())
        return refuse(reason, ERROR_ABSENT, "no loader under this service keeps a %s", name);
    if (guardian_read(files.file, &position, &byte, 1) < 0)
        return refuse(reason, ERROR_ABSENT, "there is no %s now", name);
    return 0;
}

static int64_t read_bytes(struct tftp_server_files *self, uint8_t *bytes, size_t capacity,
                          char *reason)
{
    size_t own = files.own_length - files.own_done;
    int64_t got;

    (void)self;
    if (files.published && files.published->edition != files.edition)
        return refuse(reason, ERROR_CANCELLED, "the service has changed the file");
    if (own > capacity)
        own = capacity;
    memcpy(bytes, files.own + files.own_done, own);
    files.own_done += own;
    if (files.file == 0)
        return (int64_t)own;
    got = guardian_read(files.file, &files.position, bytes + own, capacity - own);
    if (got < 0 && files.file != GUARD_FILE_STATUS)
        return refuse(reason, (int)got, "the file is gone: %s", error_name((int)got));
    return (int64_t)own + (got > 0 ? got : 0);
}

static void end_read(struct tftp_server_files *self, int status)
{
    (void)self;
    (void)status;
}

/* ---- the server ---- */

static struct tftp_server_files served = {
    .write = begin_write,
    .written = end_write,
    .write_failed = fail_write,
    .write_done = finish_write,
    .read = begin_read,
    .read_bytes = read_bytes,
    .read_done = end_read,
};

void files_start(const struct service_info *info, const struct boot_record *record,
                 uint64_t started_us)
{
    const uint8_t *ip = record->upload.syslog;
    int status;

    files.info = info;
    files.record = record;
    files.started_us = started_us;
    files.is_good = false;
    memory_map_ram(record->upload.base, record->upload.bytes);
    status = net_files_start(&served, info->name, info->serial,
                             (struct net_address){{ip[0], ip[1], ip[2], ip[3]}});
    if (status == 0) {
        net_hand_over_remember(&record->over); /* the push that brought us */
        net_files_keep(guardian_log_kept());
    } else {
        log_line("kernel", "no pushes: port 69 is not opened: %s", error_name(status));
    }
}

void files_poll(void)
{
    net_files_poll();
    if (files.is_good)
        service_end_hand_back(&files.request);
}

uint64_t files_deadline_us(void)
{
    return net_files_deadline_us();
}
