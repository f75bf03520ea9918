/*
 * pilot deploy: pushes a service to a running board and waits until it answers.
 *
 * What runs there is known by its boot_id, random at each start of a service. So after the
 * push the status is asked for again and again until it names another one; then it is
 * looked at: what was pushed, or what the board went back to because that crashed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf.h"
#include "error.h"
#include "pilot_board.h"

#define CONNECT_MS       3000
#define PUSH_PATIENCE_MS 15000 /* longer than the board's own: it says why it gives up */
#define POLL_MS          10
#define POLL_FIRST_MS    100 /* patience with one answer; grows up to POLL_MAX_MS */
#define POLL_MAX_MS      2000
#define ANSWER_MS        20000
#define CONFIRM_MS       120000

struct deploy {
    const char *service;
    const char *where;
    bool waits; /* for the confirmation */
    struct pilot_board board;
    struct pilot_file file;
    char name[64], version[64]; /* of the file, when its note can be read */
    struct pilot_status before, now;
    uint64_t pushed_us;             /* its last ACK came */
    char sum[PILOT_SUM_DIGITS + 1]; /* of the file */
};

static void parse_options(struct deploy *deploy, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--wait") == 0)
            deploy->waits = true;
        else if (strcmp(argv[i], "-v") == 0)
            pilot_verbose = true;
        else if (argv[i][0] == '-')
            fail("deploy has no option %s; pilot help lists them", argv[i]);
        else if (!deploy->service)
            deploy->service = argv[i];
        else if (!deploy->where)
            deploy->where = argv[i];
        else
            fail("deploy takes one service and one board; what is %s?", argv[i]);
    }
    if (!deploy->service)
        fail("deploy wants a service: pilot deploy dns 192.0.2.7");
}

/* Whether the file can be started is for the board to say; here only its name. */
static void read_name(struct deploy *deploy)
{
    char reason[ELF_REASON_BYTES];
    struct elf_image image;

    if (elf_check(deploy->file.bytes, deploy->file.length, &image, reason) < 0 || !image.has_note)
        return;
    snprintf(deploy->name, sizeof deploy->name, "%s", image.note.name);
    snprintf(deploy->version, sizeof deploy->version, "%s", image.note.version);
    pilot_clean(deploy->name);
    pilot_clean(deploy->version);
}

static void __attribute__((format(printf, 3, 4)))
show_phase(const char *name, uint64_t us, const char *format, ...)
{
    va_list arguments;

    printf("%-10s %8.1f ms  ", name, (double)us / 1000);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

static void connect_to_board(struct deploy *deploy)
{
    char reason[PILOT_REASON_BYTES];
    uint64_t began_us = pilot_now_us();

    if (pilot_status_read(&deploy->board, CONNECT_MS, 0, &deploy->before, reason) < 0)
        fail("no status of %s: %s", deploy->board.name, reason);
    if (pilot_status_has_service(&deploy->before))
        show_phase("connect", pilot_now_us() - began_us, "%s runs %s %s", deploy->board.name,
                   deploy->before.service, deploy->before.version);
    else
        show_phase("connect", pilot_now_us() - began_us, "%s runs no service", deploy->board.name);
}

/* True when another service answers than did before. */
static bool has_changed(const struct deploy *deploy)
{
    return pilot_status_has_service(&deploy->now) && deploy->now.boot_id != deploy->before.boot_id;
}

/* True when what was pushed crashed: there is news of a crash, and it is not another
 * service's (the loader in rescue may just have tried one of its own). */
static bool has_crashed(const struct deploy *deploy)
{
    const char *crashed = deploy->now.core_name;

    if (crashed[0] != '\0' && deploy->name[0] != '\0' && strcmp(crashed, deploy->name) != 0)
        return false;
    return deploy->now.crash[0] != '\0' && (strcmp(deploy->now.crash, deploy->before.crash) != 0 ||
                                            deploy->now.core_number != deploy->before.core_number);
}

static void push(struct deploy *deploy)
{
    /* The last answer before the hand-back may be lost, and with it the news of success:
     * then the board tells by who answers. */
    char file[96], reason[PILOT_REASON_BYTES];
    struct pilot_transfer transfer = {
        .board = &deploy->board, .file = file, .patience_ms = PUSH_PATIENCE_MS};
    size_t length = deploy->file.length;
    int status;

    snprintf(file, sizeof file, "%s.elf", deploy->name[0] ? deploy->name : "service");
    status = pilot_tftp_write(&transfer, deploy->file.bytes, length);
    deploy->pushed_us = transfer.ended_us;
    if (status == ERROR_TIMEOUT && transfer.sent_us != 0 &&
        pilot_status_read(&deploy->board, CONNECT_MS, 0, &deploy->now, reason) == 0 &&
        (has_changed(deploy) || has_crashed(deploy)))
        status = 0;
    if (status == ERROR_REFUSED || status == ERROR_ABSENT || status == ERROR_UNSUPPORTED)
        fail("%s refuses %s: %s", deploy->board.name, file, transfer.reason);
    if (status < 0)
        fail("the push of %s to %s failed: %s", file, deploy->board.name, transfer.reason);
    show_phase("upload", transfer.sent_us - transfer.begun_us, "%zu bytes at %.1f MB/s", length,
               (double)length / (double)(transfer.sent_us - transfer.begun_us + 1));
    show_phase("check", transfer.ended_us - transfer.sent_us, "the board accepts it");
}

static _Noreturn void fail_as_crashed(const struct deploy *deploy)
{
    if (!pilot_status_has_service(&deploy->now))
        fail("what was pushed crashed, and no service runs now: %s", deploy->now.crash);
    fail("what was pushed crashed: %s; %s %s runs again", deploy->now.crash, deploy->now.service,
         deploy->now.version);
}

/* What answers is not what was pushed, and nothing is known of a crash. */
static void check_identity(const struct deploy *deploy)
{
    if (has_crashed(deploy))
        fail_as_crashed(deploy);
    /* Two builds may have one name and version. A board that does not say which it runs is
     * believed. */
    bool is_file = deploy->now.sha256[0] == '\0' || strcmp(deploy->now.sha256, deploy->sum) == 0;

    if (is_file && (deploy->name[0] == '\0' || (strcmp(deploy->now.service, deploy->name) == 0 &&
                                                strcmp(deploy->now.version, deploy->version) == 0)))
        return;
    fail("%s %s was pushed, but %s%s %s (%s) answers%s%s", deploy->name, deploy->version,
         is_file ? "" : "another build, ", deploy->now.service, deploy->now.version,
         deploy->now.state[0] ? deploy->now.state : "state not known",
         deploy->now.last_end[0] ? "; the one before it ended: " : "", deploy->now.last_end);
}

/* Asks for the status until someone else answers. */
static void wait_for_answer(struct deploy *deploy)
{
    char reason[PILOT_REASON_BYTES] = "";
    unsigned patience_ms = POLL_FIRST_MS;
    uint64_t deadline_us = deploy->pushed_us + ANSWER_MS * 1000ull;

    while (pilot_now_us() < deadline_us) {
        int status = pilot_status_read(&deploy->board, patience_ms, POLL_MS, &deploy->now, reason);

        if (status == 0 && has_crashed(deploy))
            fail_as_crashed(deploy);
        if (status == 0 && has_changed(deploy))
            return;
        /* The service may have been exchanged in the middle of our question; one that is
         * slow needs more time than one that is fast. */
        if (status == ERROR_TIMEOUT && patience_ms < POLL_MAX_MS)
            patience_ms += patience_ms / 2;
        if (status != ERROR_TIMEOUT)
            usleep(POLL_MS * 1000);
        if (status == 0)
            snprintf(reason, sizeof reason, "%s",
                     !pilot_status_has_service(&deploy->now) ? "the loader answers, no service runs"
                                                             : "the service before it still runs");
    }
    fail("nobody new answers on %s within %d s after the push: %s%s%s", deploy->board.name,
         ANSWER_MS / 1000, reason, deploy->now.last_end[0] ? "; the last end: " : "",
         deploy->now.last_end);
}

/* Waits until what answers now has confirmed itself. */
static void wait_for_confirmation(struct deploy *deploy)
{
    char reason[PILOT_REASON_BYTES];
    uint64_t began_us = pilot_now_us();
    uint64_t boot_id = deploy->now.boot_id;

    while (strcmp(deploy->now.state, "confirmed") != 0) {
        if (pilot_now_us() - began_us > CONFIRM_MS * 1000ull)
            fail("%s %s has not confirmed itself within %d s", deploy->now.service,
                 deploy->now.version, CONFIRM_MS / 1000);
        usleep(POLL_MS * 1000);
        if (pilot_status_read(&deploy->board, POLL_MAX_MS, 0, &deploy->now, reason) < 0)
            continue;
        if (has_crashed(deploy))
            fail_as_crashed(deploy);
        if (deploy->now.boot_id != boot_id || !pilot_status_has_service(&deploy->now))
            fail("what was pushed is gone before it confirmed itself%s%s; %s %s answers",
                 deploy->now.last_end[0] ? ": " : "", deploy->now.last_end, deploy->now.service,
                 deploy->now.version);
    }
    show_phase("confirm", pilot_now_us() - began_us, "%s %s has confirmed itself",
               deploy->now.service, deploy->now.version);
}

int pilot_deploy(int argc, char **argv)
{
    struct deploy deploy = {0};
    char path[PATH_MAX];
    uint64_t after_us;

    parse_options(&deploy, argc, argv);
    pilot_service_path(deploy.service, path);
    deploy.file = pilot_file_read(path);
    pilot_sum(deploy.file.bytes, deploy.file.length, deploy.sum);
    read_name(&deploy);
    pilot_board_find(deploy.where, &deploy.board);

    connect_to_board(&deploy);
    push(&deploy);
    wait_for_answer(&deploy);
    check_identity(&deploy);
    free(deploy.file.bytes);

    after_us = pilot_now_us() - deploy.pushed_us;
    show_phase("hand-back", after_us, "%s %s has started", deploy.now.service, deploy.now.version);
    if (deploy.now.phases[0])
        printf("the board: %s\n", deploy.now.phases);
    if (deploy.now.answered_after_ms >= 0)
        after_us = (uint64_t)deploy.now.answered_after_ms * 1000;
    printf("%s %s answers, %llu ms after hand-back\n", deploy.now.service, deploy.now.version,
           (unsigned long long)(after_us + 500) / 1000);
    if (deploy.waits)
        wait_for_confirmation(&deploy);
    return fflush(stdout) == 0 ? 0 : 1;
}
