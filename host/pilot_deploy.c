/*
 * pilot deploy: pushes a service to a running board and waits until it answers.
 *
 * With --persist the board puts it into the free slot of its card and starts it from there as a
 * trial. Then what counts is how the trial ends: kept, when the service has confirmed itself and
 * the card knows it; rolled back, when something else runs again.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "card_files.h"
#include "elf.h"
#include "error.h"
#include "pilot_signature.h"
#include "pilot_slots.h"
#include "pilot_successor.h"

#define PUSH_PATIENCE_MS    15000 /* longer than the board's own: it says why it gives up */
#define INSTALL_PATIENCE_MS 60000 /* and a slow card's, to write and read back 16 MiB */
#define POLL_MS             10
#define POLL_MAX_MS         2000
#define CONFIRM_MS          120000
#define SILENT_MS           20000 /* meanwhile: then nobody is there any more */
#define CARD_MS             5000  /* from a confirmation until the card must have it */

struct deploy {
    const char *service;
    const char *where;
    bool waits;    /* for the confirmation */
    bool persists; /* on the card; waits, too */
    struct pilot_board board;
    struct pilot_file file;         /* with its signature, if there is one */
    char name[64], version[64];     /* of the file, when its note can be read */
    struct pilot_successor answer;  /* name is the above */
    char sum[PILOT_SUM_DIGITS + 1]; /* of the file */
};

static void parse_options(struct deploy *deploy, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--wait") == 0)
            deploy->waits = true;
        else if (strcmp(argv[i], "--persist") == 0)
            deploy->persists = true;
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
    const struct pilot_status *before = &deploy->answer.before;
    uint64_t began_us = pilot_now_us();

    pilot_successor_connect(&deploy->answer);
    if (pilot_status_has_service(before))
        show_phase("connect", pilot_now_us() - began_us, "%s runs %s %s", deploy->board.name,
                   before->service, before->version);
    else
        show_phase("connect", pilot_now_us() - began_us, "%s runs no service", deploy->board.name);
}

/* A loader of before there were slots would take the push, and keep it nowhere. */
static void check_slots(struct deploy *deploy)
{
    struct pilot_file table;

    if (deploy->name[0] == '\0')
        fail("%s does not say its service's name, so there can be no slot for it; pilot info says "
             "what is wrong with it",
             deploy->service);
    pilot_slots_read(&deploy->board, &table);
    free(table.bytes);
}

static void push(struct deploy *deploy)
{
    /* The last answer before the hand-back may be lost, and with it the news of success:
     * then the board tells by who answers. */
    char file[96], reason[PILOT_REASON_BYTES];
    struct pilot_transfer transfer = {.board = &deploy->board,
                                      .file = file,
                                      .patience_ms = deploy->persists ? INSTALL_PATIENCE_MS
                                                                      : PUSH_PATIENCE_MS};
    struct pilot_successor *answer = &deploy->answer;
    size_t length = deploy->file.length;
    int status;

    snprintf(file, sizeof file, "%s%s.elf", deploy->persists ? CARD_FILES_INSTALL : "",
             deploy->name[0] ? deploy->name : "service");
    status = pilot_tftp_write(&transfer, deploy->file.bytes, length);
    answer->since_us = transfer.ended_us;
    if (status == ERROR_TIMEOUT && transfer.sent_us != 0 &&
        pilot_status_read(&deploy->board, PILOT_CONNECT_MS, 0, &answer->now, reason) == 0 &&
        (pilot_successor_has_changed(answer) || pilot_successor_has_crashed(answer)))
        status = 0;
    if (status == ERROR_REFUSED || status == ERROR_ABSENT || status == ERROR_UNSUPPORTED)
        fail("%s refuses %s: %s", deploy->board.name, file, transfer.reason);
    if (status < 0)
        fail("the push of %s to %s failed: %s", file, deploy->board.name, transfer.reason);
    show_phase("upload", transfer.sent_us - transfer.begun_us, "%zu bytes at %.1f MB/s", length,
               (double)length / (double)(transfer.sent_us - transfer.begun_us + 1));
    show_phase(deploy->persists ? "install" : "check", transfer.ended_us - transfer.sent_us,
               "the board accepts it%s", deploy->persists ? ", its card has it" : "");
}

/* What answers is not what was pushed, and nothing is known of a crash. */
static void check_identity(const struct deploy *deploy)
{
    const struct pilot_status *now = &deploy->answer.now;

    if (pilot_successor_has_crashed(&deploy->answer))
        pilot_successor_fail_as_crashed(&deploy->answer);
    /* Two builds may have one name and version. A board that does not say which it runs is
     * believed. */
    bool is_file = now->sha256[0] == '\0' || strcmp(now->sha256, deploy->sum) == 0;

    if (is_file && (deploy->name[0] == '\0' || (strcmp(now->service, deploy->name) == 0 &&
                                                strcmp(now->version, deploy->version) == 0)))
        return;
    fail("%s%s %s was pushed, but %s%s %s (%s) answers%s%s",
         pilot_successor_verdict(&deploy->answer), deploy->name, deploy->version,
         is_file ? "" : "another build, ", now->service, now->version,
         now->state[0] ? now->state : "state not known",
         now->last_end[0] ? "; the one before it ended: " : "", now->last_end);
}

static void show_answer(const struct deploy *deploy)
{
    const struct pilot_status *now = &deploy->answer.now;
    uint64_t after_us = pilot_now_us() - deploy->answer.since_us;

    show_phase("hand-back", after_us, "%s %s has started", now->service, now->version);
    if (now->phases[0])
        printf("the board: %s\n", now->phases);
    if (now->answered_after_ms >= 0)
        after_us = (uint64_t)now->answered_after_ms * 1000;
    printf("%s %s answers, %llu ms after hand-back\n", now->service, now->version,
           (unsigned long long)(after_us + 500) / 1000);
    fflush(stdout);
}

/* It runs; from a slot? */
static void show_slot(const struct deploy *deploy)
{
    const struct pilot_status *now = &deploy->answer.now;

    if (now->slot[0] == '\0')
        fail("not kept: %s %s runs, but from no slot of the card; pilot log says why", now->service,
             now->version);
    if (now->tries >= 0 && strcmp(now->slot_state, "confirmed") != 0)
        printf("it runs from slot %s, on trial; after this start %lld more would be tried\n",
               now->slot, (long long)now->tries);
    fflush(stdout);
}

/* Confirmed, and if it is to be kept, on the card too. */
static bool is_confirmed(const struct deploy *deploy, uint64_t *confirmed_us)
{
    const struct pilot_status *now = &deploy->answer.now;

    if (strcmp(now->state, "confirmed") != 0)
        return false;
    if (!deploy->persists || strcmp(now->slot_state, "confirmed") == 0)
        return true;
    if (*confirmed_us == 0)
        *confirmed_us = pilot_now_us();
    if (pilot_now_us() - *confirmed_us > CARD_MS * 1000ull)
        fail("not kept: %s %s has confirmed itself, but the card does not have it (slot %s is %s): "
             "it runs until power goes; pilot log says why",
             now->service, now->version, now->slot, now->slot_state);
    return false;
}

/* Waits until what answers now has confirmed itself. */
static void wait_for_confirmation(struct deploy *deploy)
{
    struct pilot_successor *answer = &deploy->answer;
    struct pilot_status *now = &answer->now;
    char reason[PILOT_REASON_BYTES];
    uint64_t began_us = pilot_now_us(), heard_us = began_us, confirmed_us = 0;
    uint64_t boot_id = now->boot_id;

    while (!is_confirmed(deploy, &confirmed_us)) {
        if (pilot_now_us() - began_us > CONFIRM_MS * 1000ull)
            fail("%s%s %s has not confirmed itself within %d s%s",
                 deploy->persists ? "not kept yet: " : "", now->service, now->version,
                 CONFIRM_MS / 1000,
                 deploy->persists ? "; it is on trial still, pilot slots shows what becomes of it"
                                  : "");
        usleep(POLL_MS * 1000);
        if (pilot_status_read(&deploy->board, POLL_MAX_MS, 0, now, reason) < 0) {
            if (pilot_now_us() - heard_us > SILENT_MS * 1000ull)
                fail("%s%s %s has not confirmed itself, and %s has not answered for %d s: %s",
                     deploy->persists ? "not kept yet: " : "", now->service, now->version,
                     deploy->board.name, SILENT_MS / 1000, reason);
            continue;
        }
        heard_us = pilot_now_us();
        if (pilot_successor_has_crashed(answer))
            pilot_successor_fail_as_crashed(answer);
        if (now->boot_id != boot_id || !pilot_status_has_service(now))
            fail("%swhat was pushed is gone before it confirmed itself%s%s; %s %s answers",
                 pilot_successor_verdict(answer), now->last_end[0] ? ": " : "", now->last_end,
                 now->service, now->version);
    }
    show_phase("confirm", pilot_now_us() - began_us, "%s %s has confirmed itself", now->service,
               now->version);
}

int pilot_deploy(int argc, char **argv)
{
    struct deploy deploy = {0};
    char path[PATH_MAX];

    parse_options(&deploy, argc, argv);
    pilot_service_path(deploy.service, path);
    deploy.file = pilot_file_read(path);
    read_name(&deploy);
    pilot_signature_attach(&deploy.file, path);
    pilot_sum(deploy.file.bytes, deploy.file.length, deploy.sum);
    pilot_board_find(deploy.where, &deploy.board);
    deploy.answer = (struct pilot_successor){.board = &deploy.board,
                                             .name = deploy.name,
                                             .what = "was pushed",
                                             .event = "push",
                                             .is_persistent = deploy.persists};

    connect_to_board(&deploy);
    if (deploy.persists)
        check_slots(&deploy);
    push(&deploy);
    pilot_successor_wait(&deploy.answer);
    check_identity(&deploy);
    free(deploy.file.bytes);

    show_answer(&deploy);
    if (deploy.persists)
        show_slot(&deploy);
    if (deploy.waits || deploy.persists)
        wait_for_confirmation(&deploy);
    if (deploy.persists)
        printf("kept: %s %s is confirmed in slot %s\n", deploy.answer.now.service,
               deploy.answer.now.version, deploy.answer.now.slot);
    return fflush(stdout) == 0 ? 0 : 1;
}
