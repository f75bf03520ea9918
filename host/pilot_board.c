/*
 * pilot_board: where the board is, and how `pilot run` tells others where its machine is.
 *
 * A running `pilot run` keeps a file pilot-run-UID-PID in the temporary folder, locked
 * with flock. The lock goes with the process whatever ends it, so a file that can be
 * locked was left behind and is removed. It is written under another name first:
 * nobody ever sees it unlocked or half.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pilot_board.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char announced[PATH_MAX]; /* our own file, or "" */

uint64_t pilot_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void pilot_clean(char *text)
{
    for (; *text; text++) {
        if (*text < ' ' || *text > '~')
            *text = '.';
    }
}

static const char *temporary_parent(void)
{
    const char *parent = getenv("TMPDIR");

    return parent && parent[0] == '/' ? parent : "/tmp";
}

static void remove_announcement(void)
{
    unlink(announced);
}

void pilot_board_announce(const char *service, uint16_t port)
{
    char draft[PATH_MAX], name[64];
    int descriptor;

    pilot_join(draft, temporary_parent(), "pilot-new-XXXXXX");
    snprintf(name, sizeof name, "pilot-run-%u-%d", (unsigned)getuid(), (int)getpid());
    pilot_join(announced, temporary_parent(), name);
    /* Never closed: the lock is to last as long as we do. */
    descriptor = mkostemp(draft, O_CLOEXEC);
    if (descriptor < 0 || flock(descriptor, LOCK_EX | LOCK_NB) != 0 ||
        dprintf(descriptor, "port = %u\npid = %d\nservice = %s\n", port, (int)getpid(), service) <
            0 ||
        rename(draft, announced) != 0)
        fail("cannot leave word of this machine in %s: %s", announced, strerror(errno));
    atexit(remove_announcement);
}

/* Reads one file that says where a machine is; false, when it does not, or was left
 * behind. */
static bool read_announcement(const char *path, unsigned *port, char service[64])
{
    char text[512];
    struct stat status;
    ssize_t length = 0;
    bool is_ours, is_stale;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (descriptor < 0)
        return false;
    /* The folder may be everybody's. */
    is_ours =
        fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == getuid();
    is_stale = flock(descriptor, LOCK_SH | LOCK_NB) == 0;
    if (is_ours && is_stale)
        unlink(path);
    else if (is_ours)
        length = read(descriptor, text, sizeof text - 1);
    close(descriptor);
    if (!is_ours || is_stale || length <= 0)
        return false;
    text[length] = '\0';
    snprintf(service, 64, "a service");
    sscanf(text, "port = %*u\npid = %*d\nservice = %63[^\n]", service);
    pilot_clean(service);
    return sscanf(text, "port = %u", port) == 1 && *port >= 1 && *port <= UINT16_MAX;
}

/* The machine that pilot run started. */
static unsigned find_running_machine(void)
{
    char pattern[PATH_MAX], name[64], service[64], others[256];
    unsigned port, found = 0, count = 0;
    glob_t files;

    snprintf(name, sizeof name, "pilot-run-%u-*", (unsigned)getuid());
    pilot_join(pattern, temporary_parent(), name);
    if (glob(pattern, GLOB_NOSORT, NULL, &files) != 0)
        files.gl_pathc = 0;
    others[0] = '\0';
    for (size_t i = 0; i < files.gl_pathc; i++) {
        size_t length = strlen(others);

        if (!read_announcement(files.gl_pathv[i], &port, service))
            continue;
        snprintf(others + length, sizeof others - length, "%s127.0.0.1:%u (%s)",
                 count > 0 ? ", " : "", port, service);
        found = port;
        count++;
    }
    if (files.gl_pathc > 0)
        globfree(&files);
    if (count == 0)
        fail("no machine of pilot run is running; name a board, as in 192.0.2.7, or start one: "
             "pilot run dns");
    if (count > 1)
        fail("%u machines are running, say which: %s", count, others);
    return found;
}

void pilot_board_find(const char *text, struct pilot_board *board)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM}, *found;
    char host[128];
    const char *colon;
    unsigned long port = PILOT_BOARD_PORT;
    char *end = NULL;
    int status;

    memset(board, 0, sizeof *board);
    board->address.sin_family = AF_INET;
    if (!text) {
        port = find_running_machine();
        board->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        board->address.sin_port = htons((uint16_t)port);
        snprintf(board->name, sizeof board->name, "127.0.0.1:%lu", port);
        return;
    }
    if (text[0] == '\0' || strlen(text) >= sizeof host)
        fail("a board is a name or an IPv4 address, as in 192.0.2.7 or 192.0.2.7:69, not \"%.40s\"",
             text);
    snprintf(host, sizeof host, "%s", text);
    colon = strrchr(text, ':');
    if (colon) {
        host[colon - text] = '\0';
        port = colon[1] >= '0' && colon[1] <= '9' ? strtoul(colon + 1, &end, 10) : 0;
        if (port == 0 || port > UINT16_MAX || *end != '\0')
            fail("the port of a board is 1 to 65535, as in 192.0.2.7:69, not %s", colon + 1);
    }
    status = getaddrinfo(host, NULL, &hints, &found);
    if (status != 0)
        fail("there is no board %s: %s", host, gai_strerror(status));
    memcpy(&board->address, found->ai_addr, sizeof board->address);
    freeaddrinfo(found);
    board->address.sin_port = htons((uint16_t)port);
    snprintf(board->name, sizeof board->name, "%s", text);
}

int pilot_board_socket(const struct pilot_board *board)
{
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (descriptor < 0 ||
        connect(descriptor, (const struct sockaddr *)&board->address, sizeof board->address) != 0)
        fail("cannot reach %s: %s", board->name, strerror(errno));
    return descriptor;
}
