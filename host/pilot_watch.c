/*
 * pilot watch: rebuilds and redeploys when something was saved.
 *
 * A name is a service of this project: its sources are watched and make builds it. A path
 * is a file that somebody else builds: then the file is watched, or, with --make, the
 * sources in the current folder. Building and deploying are programs of their own, so
 * their failure is theirs, and watching goes on.
 * What is unchanged since the last deployment is not deployed again. A file is deployed
 * when it can be read as an ELF to its end: a linker may still be writing it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf.h"
#include "pilot.h"
#include "pilot_folders.h"

/* A save is several events, and an editor may save several files. */
#define QUIET_MS         60
#define QUIET_MAX_MS     1000
#define INCOMPLETE_MS    200 /* to look again at a file that was not whole */
#define INCOMPLETE_TRIES 25

struct watch {
    const char *service, *where;
    const char *command; /* of --make */
    char path[PATH_MAX]; /* the file to deploy */
    char project[PATH_MAX];
    char target[128]; /* of the project's Makefile; "": none */
    struct pilot_file deployed;
    bool has_deployed;
};

static void parse_options(struct watch *watch, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--make") == 0) {
            if (i + 1 == argc)
                fail("--make wants a command, as in --make 'make service.elf'");
            watch->command = argv[++i];
        } else if (strcmp(argv[i], "-v") == 0) {
            pilot_verbose = true;
        } else if (argv[i][0] == '-') {
            fail("watch has no option %s; pilot help lists them", argv[i]);
        } else if (!watch->service) {
            watch->service = argv[i];
        } else if (!watch->where) {
            watch->where = argv[i];
        } else {
            fail("watch takes one service and one board; what is %s?", argv[i]);
        }
    }
    if (!watch->service)
        fail("watch wants a service: pilot watch dns 192.0.2.7");
}

/* The project is the folder that has the one this program is in. */
static void watch_project(struct watch *watch)
{
    static const char *const folders[] = {"kernel", "lib", "net", "drivers", "board", "include"};
    char build[PATH_MAX], folder[PATH_MAX], payload[128];
    char *slash;

    pilot_path_beside_us("", build);
    build[strlen(build) - 1] = '\0'; /* its slash */
    slash = strrchr(build, '/');
    if (!slash)
        fail("cannot tell the project of %s", build);
    if (snprintf(watch->target, sizeof watch->target, "%s/%s.elf", slash + 1, watch->service) >=
        (int)sizeof watch->target)
        fail("the name %.60s... is too long", watch->service);
    *slash = '\0';
    snprintf(watch->project, sizeof watch->project, "%s", build);
    pilot_join(folder, watch->project, "Makefile");
    if (access(folder, R_OK) != 0)
        fail("cannot read %s, which is to build %s: %s (--make gives another command)", folder,
             watch->target, strerror(errno));
    snprintf(payload, sizeof payload, "payloads/%s", watch->service);
    pilot_join(folder, watch->project, payload);
    pilot_folders_add(folder);
    printf("pilot: watching %s", payload);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        pilot_join(folder, watch->project, folders[i]);
        if (access(folder, R_OK) != 0)
            continue;
        pilot_folders_add(folder);
        printf(" %s", folders[i]);
    }
    printf(" of %s\n", watch->project);
}

static void watch_file(const struct watch *watch)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(watch->path, '/');

    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - watch->path) : 1,
             slash ? watch->path : ".");
    pilot_folders_add_file(folder[0] ? folder : "/", slash ? slash + 1 : watch->path);
    printf("pilot: watching %s\n", watch->path);
}

/* Finds the file to deploy, and watches what it is made of. */
static void begin(struct watch *watch)
{
    bool is_path = pilot_is_path(watch->service);

    pilot_folders_begin();
    if (is_path && snprintf(watch->path, PATH_MAX, "%s", watch->service) >= PATH_MAX)
        fail("the path %.60s... is too long", watch->service);
    if (!is_path) {
        char file[128];

        if (snprintf(file, sizeof file, "%s.elf", watch->service) >= (int)sizeof file)
            fail("the name %.60s... is too long", watch->service);
        pilot_path_beside_us(file, watch->path);
    }
    if (watch->command) {
        pilot_folders_add(".");
        printf("pilot: watching the sources in this folder\n");
    } else if (is_path) {
        watch_file(watch);
    } else {
        watch_project(watch);
    }
    fflush(stdout);
}

/* Builds, if that is ours to do. The compiler's words are on the terminal. */
static bool build(const struct watch *watch)
{
    struct pilot_command command = {0};

    if (watch->command) {
        pilot_command_add(&command, "sh");
        pilot_command_add(&command, "-c");
        pilot_command_add(&command, "%s", watch->command);
        return pilot_process_status(&command, "dash") == 0;
    }
    if (watch->target[0] == '\0')
        return true;
    pilot_command_add(&command, "make");
    pilot_command_add(&command, "--no-print-directory");
    pilot_command_add(&command, "-C");
    pilot_command_add(&command, "%s", watch->project);
    pilot_command_add(&command, "%s", watch->target);
    return pilot_process_status(&command, "make") == 0;
}

/* Reads the file when it is whole; says why not otherwise. */
static bool read_whole(const struct watch *watch, struct pilot_file *file,
                       char reason[ELF_REASON_BYTES])
{
    struct elf_image image;
    struct stat status;

    if (stat(watch->path, &status) != 0) {
        snprintf(reason, ELF_REASON_BYTES, "%s", strerror(errno));
        return false;
    }
    *file = pilot_file_read(watch->path);
    if (elf_check(file->bytes, file->length, &image, reason) == 0)
        return true;
    free(file->bytes);
    return false;
}

static void deploy(struct watch *watch, struct pilot_file file)
{
    struct pilot_command command = {0};

    pilot_command_add(&command, "/proc/self/exe");
    pilot_command_add(&command, "deploy");
    pilot_command_add(&command, "%s%s", strchr(watch->path, '/') ? "" : "./", watch->path);
    if (watch->where)
        pilot_command_add(&command, "%s", watch->where);
    free(watch->deployed.bytes);
    watch->deployed = file;
    /* What failed is worth another try at the next save, changed or not. */
    watch->has_deployed = pilot_process_status(&command, "pilotlight") == 0;
}

/* Something was saved. Returns how long to wait before looking again by ourselves, in
 * ms, or -1. */
static int act(struct watch *watch, unsigned *tries)
{
    char reason[ELF_REASON_BYTES];
    struct pilot_file file;

    if (!build(watch)) {
        printf("pilot: the build failed; waiting for a change\n");
        return -1;
    }
    if (!read_whole(watch, &file, reason)) {
        if (watch->target[0] == '\0' && !watch->command && ++*tries < INCOMPLETE_TRIES)
            return INCOMPLETE_MS;
        printf("pilot: %s cannot be deployed: %s; waiting for a change\n", watch->path, reason);
        return -1;
    }
    if (watch->has_deployed && file.length == watch->deployed.length &&
        memcmp(file.bytes, watch->deployed.bytes, file.length) == 0) {
        printf("pilot: %s is as it was deployed; waiting for a change\n", watch->path);
        free(file.bytes);
        return -1;
    }
    deploy(watch, file);
    return -1;
}

int pilot_watch(int argc, char **argv)
{
    struct watch watch = {0};
    int again_ms = -1;
    unsigned tries = 0;

    parse_options(&watch, argc, argv);
    begin(&watch);
    for (;;) {
        bool changed = pilot_folders_wait(again_ms, QUIET_MS, QUIET_MAX_MS);

        if (!changed && again_ms < 0)
            continue;
        if (changed)
            tries = 0;
        again_ms = act(&watch, &tries);
        if (fflush(stdout) != 0)
            return 1;
    }
}
