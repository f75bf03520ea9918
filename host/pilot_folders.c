/*
 * pilot_folders: see pilot_folders.h. inotify on each folder; one that is made later is
 * added when its making is told. A source made in it before that is not told any more, so
 * a new folder counts as a change.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pilot_folders.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "pilot.h"
#include "pilot_board.h"

#define FOLDERS_MAX 512
#define EVENTS      (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE)

static struct {
    int watch; /* inotify's number */
    char *path;
    char *file; /* the one that counts; null: all sources */
} folders[FOLDERS_MAX];
static unsigned folder_count;
static int events = -1;

void pilot_folders_begin(void)
{
    events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (events < 0)
        fail("cannot watch files: %s", strerror(errno));
}

static bool is_source(const char *name)
{
    static const char *const ends[] = {".c",   ".h",   ".S",  ".s",   ".cc", ".cpp",
                                       ".hpp", ".inc", ".ld", ".dts", ".mk", ".rs"};
    size_t length = strlen(name);

    if (name[0] == '.')
        return false;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t end = strlen(ends[i]);

        if (length > end && strcmp(name + length - end, ends[i]) == 0)
            return true;
    }
    return strcmp(name, "Makefile") == 0;
}

static void add(const char *folder, const char *file)
{
    int watch = inotify_add_watch(events, folder, EVENTS | IN_ONLYDIR);

    if (watch < 0)
        fail("cannot watch %s: %s", folder, strerror(errno));
    for (unsigned i = 0; i < folder_count; i++) {
        if (folders[i].watch == watch)
            return;
    }
    if (folder_count == FOLDERS_MAX)
        fail("more than %d folders to watch below %s", FOLDERS_MAX, folder);
    folders[folder_count].watch = watch;
    folders[folder_count].path = strdup(folder);
    folders[folder_count].file = file ? strdup(file) : NULL;
    if (!folders[folder_count].path || (file && !folders[folder_count].file))
        fail("out of memory");
    folder_count++;
}

void pilot_folders_add_file(const char *folder, const char *name)
{
    add(folder, name);
}

void pilot_folders_add(const char *folder)
{
    DIR *directory;
    const struct dirent *entry;

    add(folder, NULL);
    directory = opendir(folder);
    if (!directory)
        fail("cannot read %s: %s", folder, strerror(errno));
    while ((entry = readdir(directory))) {
        char path[PATH_MAX];

        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        pilot_join(path, folder, entry->d_name);
        pilot_folders_add(path);
    }
    closedir(directory);
}

/* True when the event is a change of what we watch. */
static bool counts(const struct inotify_event *event)
{
    for (unsigned i = 0; i < folder_count; i++) {
        char path[PATH_MAX];

        if (folders[i].watch != event->wd || event->len == 0)
            continue;
        if (folders[i].file)
            return !(event->mask & (IN_CREATE | IN_DELETE | IN_MOVED_FROM)) &&
                   strcmp(folders[i].file, event->name) == 0;
        if (!(event->mask & IN_ISDIR))
            return !(event->mask & IN_CREATE) && is_source(event->name);
        if (event->name[0] == '.' || !(event->mask & (IN_CREATE | IN_MOVED_TO)))
            return false;
        pilot_join(path, folders[i].path, event->name);
        /* It may be gone again. */
        if (access(path, R_OK | X_OK) == 0)
            pilot_folders_add(path);
        return true;
    }
    /* So many events that the kernel lost some. */
    return (event->mask & IN_Q_OVERFLOW) != 0;
}

/* Takes all events there are; true when one of them counts. */
static bool take_events(void)
{
    _Alignas(struct inotify_event) char bytes[16384];
    bool changed = false;
    ssize_t length;

    while ((length = read(events, bytes, sizeof bytes)) > 0) {
        for (const char *at = bytes; at < bytes + length;) {
            const struct inotify_event *event = (const struct inotify_event *)(const void *)at;

            changed = counts(event) || changed;
            at += sizeof *event + event->len;
        }
    }
    return changed;
}

/* Waits up to timeout_ms for an event that counts. */
static bool wait_for_change(int timeout_ms)
{
    uint64_t end_us = pilot_now_us() + (uint64_t)(timeout_ms < 0 ? 0 : timeout_ms) * 1000;

    for (;;) {
        struct pollfd source = {.fd = events, .events = POLLIN};
        uint64_t now_us = pilot_now_us();
        int left_ms = timeout_ms < 0 ? -1 : now_us < end_us ? (int)((end_us - now_us) / 1000) : 0;

        if (poll(&source, 1, left_ms) < 0 && errno != EINTR)
            fail("cannot wait for files to change: %s", strerror(errno));
        if (take_events())
            return true;
        if (left_ms == 0)
            return false;
    }
}

bool pilot_folders_wait(int timeout_ms, int quiet_ms, int quiet_max_ms)
{
    uint64_t end_us;

    if (!wait_for_change(timeout_ms))
        return false;
    end_us = pilot_now_us() + (uint64_t)quiet_max_ms * 1000;
    while (pilot_now_us() < end_us && wait_for_change(quiet_ms))
        ;
    return true;
}
