/*
 * rescue: see rescue.h. The files are those of a running service (docs/redeploy.md).
 *
 * What is selected to run now is started by main.c's next round.
 * A push goes before a fetch: the staging area is taken for it, and the fetch is given up.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "rescue.h"

#include <stdio.h>
#include <string.h>

#include "card_files.h"
#include "clock.h"
#include "error.h"
#include "guard_files.h"
#include "log.h"
#include "net_files.h"
#include "net_hand_over.h"
#include "start_image.h"

static struct loader *the_loader;
static enum guard_file reading;
static uint64_t position;
static enum { IMAGE, INSTALL, SELECT } writing;
static char selection[CARD_FILES_SELECT_MAX]; /* as it comes; then the name, if it is for now */
static bool is_receiving, took_staging;
static struct net_files_kept kept; /* the log */
static char location[sizeof((struct keep_image *)0)->location];

static int write_file(struct tftp_server_files *self, const struct tftp_server_peer *from,
                      const char *name, int64_t announced, uint8_t **buffer, size_t *capacity,
                      char *reason)
{
    const uint8_t *ip = from->address.ip;
    int status = push_is_wanted(the_loader, reason);

    (void)self;
    (void)announced;
    if (status < 0)
        return status;
    if (the_loader->push_is_here || the_loader->staging_is_full) {
        snprintf(reason, TFTP_SERVER_REASON_BYTES, "busy: another image is about to be started");
        return ERROR_BUSY;
    }
    if (strcmp(name, CARD_FILES_SELECT) == 0) {
        writing = SELECT;
        *buffer = (uint8_t *)selection;
        *capacity = sizeof selection;
        return 0;
    }
    writing = card_files_is_install(name) ? INSTALL : IMAGE;
    the_loader->keep->push_begun_us = clock_now_us();
    snprintf(location, sizeof location, "push:%u.%u.%u.%u/%s", ip[0], ip[1], ip[2], ip[3], name);
    log_line("push", "%s begins", location);
    *buffer = (uint8_t *)the_loader->staging.base;
    *capacity = the_loader->staging.bytes;
    is_receiving = took_staging = true;
    return 0;
}

static int select_is_written(size_t length, char *reason)
{
    struct guard_select select;
    int status = card_files_read_select(selection, length, &select);

    if (status == 0)
        status = slots_select(the_loader, select.name, select.when, select.reason);
    if (status < 0) {
        snprintf(reason, TFTP_SERVER_REASON_BYTES, "%s", select.reason);
        return status;
    }
    memset(selection, 0, sizeof selection);
    if (select.when == GUARD_NOW)
        memcpy(selection, select.name, sizeof select.name);
    return 0;
}

static int file_is_written(struct tftp_server_files *self, size_t length, char *reason)
{
    (void)self;
    if (writing == SELECT)
        return select_is_written(length, reason);
    the_loader->keep->push_ended_us = clock_now_us();
    int status = pushed_check(the_loader, length, location, reason);

    if (status == 0 && writing == INSTALL)
        status = slots_install(the_loader, reason);
    is_receiving = status == 0; /* the server says why not */
    return status;
}

static void write_failed(struct tftp_server_files *self, const char *reason)
{
    (void)self;
    (void)reason; /* the server has logged it */
    is_receiving = false;
}

static void write_done(struct tftp_server_files *self)
{
    (void)self;
    if (writing == SELECT) {
        memcpy(the_loader->selected, selection, sizeof the_loader->selected);
        return;
    }
    is_receiving = false;
    the_loader->push_is_here = true;
}

static int read_file(struct tftp_server_files *self, const struct tftp_server_peer *from,
                     const char *name, char *reason)
{
    (void)self;
    (void)from;
    position = 0;
    reading = guard_file_named(name);
    if (!guard_file_exists(the_loader, reading, position)) {
        snprintf(reason, TFTP_SERVER_REASON_BYTES, "there is no file %s here now", name);
        return ERROR_ABSENT;
    }
    return 0;
}

static int64_t read_bytes(struct tftp_server_files *self, uint8_t *bytes, size_t capacity,
                          char *reason)
{
    (void)self;
    (void)reason;
    return (int64_t)guard_file_read(the_loader, reading, &position, bytes, capacity);
}

static void read_done(struct tftp_server_files *self, int status)
{
    (void)self;
    (void)status;
}

_Static_assert(sizeof selection >= sizeof the_loader->selected, "the name fits");

static struct tftp_server_files files = {write_file, file_is_written, write_failed, write_done,
                                         read_file,  read_bytes,      read_done};

static int64_t read_log(uint64_t *from, void *buffer, size_t capacity)
{
    return (int64_t)log_store_read(&the_loader->log_store, from, buffer, capacity);
}

void rescue_start(struct loader *loader)
{
    the_loader = loader;
    is_receiving = took_staging = false;
    if (net_files_start(&files, "loader", loader->board.serial, loader->configuration.syslog) < 0) {
        log_line("push", "no socket is free: pushes are not answered");
        return;
    }
    net_hand_over_remember(&loader->keep->over);
    kept = (struct net_files_kept){read_log, loader->log_begun, &loader->keep->log_sent};
    net_files_keep(&kept);
}

bool rescue_took_staging(void)
{
    bool took = took_staging;

    took_staging = false;
    return took;
}

bool rescue_has_a_push(const struct loader *loader)
{
    return is_receiving || loader->push_is_here;
}
