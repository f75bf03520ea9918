/*
 * pilot selftest: has a board examine itself, and says what it found (docs/self-test.md).
 *
 * Pushes self_test, is its peer (pilot_selftest_peer.c) until part 1 is done, fetches the report;
 * has it reset the board, waits until that has booted what it boots by itself, pushes again for
 * part 2, fetches that report too, and tells it to end. It never confirms itself, so the board
 * goes back to what ran before.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "error.h"
#include "pilot_selftest.h"
#include "pilot_signature.h"
#include "pilot_successor.h"
#include "self_test_peer.h"

#define PROGRAM       "self_test"
#define TIMEOUT_S     180                   /* for each part */
#define TIMEOUT_MAX_S (SELFTEST_END_S - 20) /* then the test has ended by itself */
#define PUSH_MS       15000
#define READ_MS       5000
#define POLL_MS       100
#define CONFIRM_MS    5000
#define ANSWER_MS     1000
#define SETTLE_MS     20000
#define BACK_S        30

static struct pilot_selftest test = {.timeout_s = TIMEOUT_S, .corrupt = "-", .resets = true};

static unsigned counts[SELFTEST_VERDICTS];
static bool is_running;                 /* the test, on the board */
static bool has_corrupted, has_noticed; /* the check of --corrupt has come; it has failed */

static void parse_options(int argc, char **argv, const char **where)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--timeout") == 0 && i + 1 < argc) {
            char *end;
            unsigned long seconds = strtoul(argv[++i], &end, 10);

            if (*end != '\0' || seconds == 0 || seconds > TIMEOUT_MAX_S)
                fail("--timeout wants seconds, 1 to %d, not %s", TIMEOUT_MAX_S, argv[i]);
            test.timeout_s = (unsigned)seconds;
        } else if (strcmp(argv[i], "--corrupt") == 0 && i + 1 < argc) {
            test.corrupt = argv[++i];
            if (test.corrupt[0] < 'a' || strlen(test.corrupt) > 23 ||
                strspn(test.corrupt, "abcdefghijklmnopqrstuvwxyz-") != strlen(test.corrupt))
                fail("--corrupt wants the name of a check, or all, not \"%s\"", test.corrupt);
        } else if (strcmp(argv[i], "--no-reset") == 0) {
            test.resets = false;
        } else if (argv[i][0] == '-') {
            fail("selftest has no option %s; pilot help lists them", argv[i]);
        } else if (*where) {
            fail("selftest takes one board, not %s and %s", *where, argv[i]);
        } else {
            *where = argv[i];
        }
    }
}

/* ---- lines ----------------------------------------------------------------------- */

static void show(enum self_test_verdict verdict, const char *name, size_t name_length,
                 const char *text, size_t length)
{
    printf("%-14s  %-20.*s  ", self_test_verdict_name(verdict), (int)name_length, name);
    for (size_t i = 0; i < length; i++)
        putchar(text[i] >= ' ' && text[i] <= '~' ? text[i] : '.');
    putchar('\n');
    fflush(stdout);
    counts[verdict]++;
    if (strcmp(test.corrupt, "all") == 0 ||
        (strlen(test.corrupt) == name_length && memcmp(test.corrupt, name, name_length) == 0)) {
        has_corrupted = true;
        has_noticed |= verdict == SELFTEST_FAIL;
    }
}

void pilot_selftest_verdict(enum self_test_verdict verdict, const char *name, const char *format,
                            ...)
{
    char text[SELFTEST_LINE_BYTES];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    show(verdict, name, strlen(name), text, strlen(text));
}

static void fetch_report(unsigned part)
{
    struct pilot_transfer transfer = {
        .board = &test.board, .file = SELFTEST_FILE, .patience_ms = READ_MS};
    struct self_test_line line;
    struct pilot_file file;
    const char *at, *end;

    if (pilot_tftp_read(&transfer, 2 * SELFTEST_REPORT_BYTES, &file) < 0)
        fail("no report of part %u from %s: %s", part, test.board.name, transfer.reason);
    at = (const char *)file.bytes;
    end = at + file.length;
    if (!self_test_report_is_whole(at, file.length))
        fail("the report of part %u from %s is not whole (%zu bytes)", part, test.board.name,
             file.length);
    while (self_test_report_next(&at, end, &line))
        show(line.verdict, line.name, line.name_length, line.text, line.text_length);
    free(file.bytes);
}

/* ---- broken off ------------------------------------------------------------------ */

/* Whatever ends us, the test is not to keep the board. What is said may get lost; then the test
 * ends by itself after SELFTEST_END_S. */
static void end_test(void)
{
    for (int i = 0; is_running && i < 3; i++)
        pilot_selftest_say(&test, "end");
}

static void end_by_signal(int signal)
{
    end_test();
    _exit(128 + signal);
}

static void end_test_at_exit(void)
{
    atexit(end_test);
    signal(SIGINT, end_by_signal);
    signal(SIGTERM, end_by_signal);
    signal(SIGHUP, end_by_signal);
}

/* ---- the push -------------------------------------------------------------------- */

/* What runs now is gone back to afterwards only if it has confirmed itself. Fails if it does
 * not. */
static void wait_for_confirmation(struct pilot_successor *answer)
{
    char reason[PILOT_REASON_BYTES];
    uint64_t end_us = pilot_now_us() + CONFIRM_MS * 1000ull;

    while (strcmp(answer->before.state, "trial") == 0 && pilot_now_us() < end_us) {
        usleep(POLL_MS * 1000);
        pilot_status_read(&test.board, PILOT_CONNECT_MS, 0, &answer->before, reason);
    }
    if (strcmp(answer->before.service, "self-test") == 0)
        fail(
            "a self-test runs on %s already: another pilot selftest's, or one that was broken off, "
            "which ends by itself within %d s",
            test.board.name, SELFTEST_END_S);
    if (strcmp(answer->before.state, "trial") == 0)
        fail(
            "%s runs %s on trial, and it has not confirmed itself within %d s: the board would not "
            "go back to it after the test",
            test.board.name, answer->before.service, CONFIRM_MS / 1000);
}

static _Noreturn void fail_refused(const char *reason)
{
    if (strstr(reason, "signed") && !strstr(reason, "without keys"))
        fail("%s refuses the test: %s; pilot sign %s --key NAME.sec signs it", test.board.name,
             reason, test.path);
    if (strstr(reason, "deploy = off"))
        fail("%s refuses the test: %s; a push is how it gets there, so pilot.conf has to allow "
             "them for the test",
             test.board.name, reason);
    fail("%s refuses the test: %s", test.board.name, reason);
}

/* Pushes the test, and returns when it runs. */
static void push(struct pilot_successor *answer)
{
    char name[32], reason[PILOT_REASON_BYTES];
    struct pilot_transfer transfer = {.board = &test.board, .file = name, .patience_ms = PUSH_MS};
    int status;

    snprintf(name, sizeof name, "self-test.%u.elf", test.port);
    wait_for_confirmation(answer);
    test.caller.sin_port = 0;
    status = pilot_tftp_write(&transfer, test.file.bytes, test.file.length);
    answer->since_us = transfer.ended_us;
    if (status == ERROR_TIMEOUT && transfer.sent_us != 0 &&
        pilot_status_read(&test.board, PILOT_CONNECT_MS, 0, &answer->now, reason) == 0 &&
        pilot_successor_has_changed(answer))
        status = 0; /* only the last answer was lost */
    if (status == ERROR_REFUSED || status == ERROR_ABSENT || status == ERROR_UNSUPPORTED)
        fail_refused(transfer.reason);
    if (status < 0)
        fail("the push of the test to %s failed: %s", test.board.name, transfer.reason);
    pilot_successor_wait(answer);
    if (strcmp(answer->now.service, "self-test") != 0)
        fail("self-test was pushed, but %s %s answers%s%s", answer->now.service,
             answer->now.version, answer->now.last_end[0] ? "; the one before it ended: " : "",
             answer->now.last_end);
}

/* Pushes, serves, fetches. */
static void run_part(unsigned part, struct pilot_successor *answer)
{
    push(answer);
    is_running = true;
    pilot_selftest_serve(&test, part, answer->now.boot_id);
    if (part == 2)
        pilot_selftest_judge_boot(&test);
    fetch_report(part);
}

/* ---- the reset ------------------------------------------------------------------- */

/* Asks who runs until it is not the service of boot_id; says word to the test meanwhile. If
 * is_service, a loader that answers is waited for until it has started one, SETTLE_MS at most.
 * Fails with the event's name when nobody answers within the time. */
static void wait_for_other(struct pilot_status *now, uint64_t boot_id, const char *word,
                           bool is_service, unsigned timeout_s, const char *event)
{
    char reason[PILOT_REASON_BYTES] = "the test still runs";
    uint64_t end_us = pilot_now_us() + timeout_s * 1000000ull, settled_us = UINT64_MAX;

    for (;;) {
        bool is_read = pilot_status_read(&test.board, ANSWER_MS, 0, now, reason) == 0;

        if (is_read && now->boot_id != boot_id) {
            if (settled_us == UINT64_MAX)
                settled_us = pilot_now_us() + SETTLE_MS * 1000ull;
            if (!is_service || pilot_status_has_service(now) || pilot_now_us() > settled_us)
                return;
        } else if (is_read) {
            pilot_selftest_say(&test, word);
        }
        if (pilot_now_us() > end_us)
            fail("%s does not answer after %s within %u s: %s", test.board.name, event, timeout_s,
                 reason);
        usleep(POLL_MS * 1000);
    }
}

/* Tells the test to reset the board, and waits until something else than it answers. */
static void reset(struct pilot_successor *answer)
{
    const struct pilot_status before = answer->before, *now = &answer->before;
    bool had_service = pilot_status_has_service(&before);

    printf("pilot: %s is reset\n", test.board.name);
    fflush(stdout);
    wait_for_other(&answer->before, answer->now.boot_id, "reset", had_service, test.timeout_s,
                   "its reset");
    is_running = false;
    if (had_service && !pilot_status_has_service(now))
        printf("pilot: %s has started nothing since; %s ran before\n", test.board.name,
               before.service);
    else if (had_service && strcmp(before.service, now->service) != 0)
        printf("pilot: %s has started %s %s; %s, which ran before, was only in its RAM\n",
               test.board.name, now->service, now->version, before.service);
    fflush(stdout);
}

/* ---- the end --------------------------------------------------------------------- */

static void end(const struct pilot_successor *answer)
{
    const struct pilot_status *before = &answer->before;
    struct pilot_status now;

    wait_for_other(&now, answer->now.boot_id, "end", pilot_status_has_service(before), BACK_S,
                   "the test's end");
    is_running = false;
    if (strcmp(now.service, before->service) != 0)
        fail("%s runs %s after the test, but ran %s before", test.board.name, now.service,
             before->service);
    if (pilot_status_has_service(&now))
        printf("pilot: %s runs %s %s again\n", test.board.name, now.service, now.version);
    else
        printf("pilot: no service runs on %s, as before\n", test.board.name);
}

int pilot_selftest(int argc, char **argv)
{
    const char *where = NULL;
    struct pilot_successor answer = {
        .board = &test.board, .name = "self-test", .what = "was pushed", .event = "push"};

    parse_options(argc, argv, &where);
    pilot_service_path(PROGRAM, test.path);
    test.file = pilot_file_read(test.path);
    pilot_signature_attach(&test.file, test.path);
    if (getrandom(&test.nonce, sizeof test.nonce, 0) != sizeof test.nonce)
        fail("no random numbers");
    pilot_board_find(where, &test.board);
    pilot_selftest_open(&test);
    end_test_at_exit();

    pilot_successor_connect(&answer);
    run_part(1, &answer);
    if (test.resets) {
        reset(&answer);
        run_part(2, &answer);
    }
    end(&answer);
    printf("%u passed, %u failed, %u not applicable\n", counts[SELFTEST_PASS],
           counts[SELFTEST_FAIL], counts[SELFTEST_NOT_APPLICABLE]);
    if (strcmp(test.corrupt, "-") != 0 && !has_noticed)
        fail(has_corrupted ? "%s was to find a changed byte, and did not; only some checks can"
                           : "there was no check %s",
             test.corrupt);
    return fflush(stdout) == 0 && counts[SELFTEST_FAIL] == 0 ? 0 : 1;
}
