/*
 * pilot select: which of the installed services a board runs now, at its next start, or from
 * the next start on. The last two can be told to a card image as well.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card_files.h"
#include "error.h"
#include "pilot_slots.h"
#include "pilot_successor.h"

#define PATIENCE_MS     15000 /* a slow card is written */
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-"

struct selection {
    const char *where, *service;
    enum slot_when when;
};

static const char *const words[] = {
    [SLOT_NOW] = "now", [SLOT_ONCE] = "once", [SLOT_ALWAYS] = "always"};

static void parse_options(struct selection *selection, int argc, char **argv)
{
    const char *names[2] = {NULL, NULL};
    unsigned count = 0;

    for (int i = 0; i < argc; i++) {
        enum slot_when when = strcmp(argv[i], "--once") == 0 ? SLOT_ONCE : SLOT_ALWAYS;

        if (strcmp(argv[i], "--once") == 0 || strcmp(argv[i], "--default") == 0) {
            if (selection->when != SLOT_NOW && selection->when != when)
                fail("select takes --once or --default, not both");
            selection->when = when;
        } else if (argv[i][0] == '-') {
            fail("select has no option %s; pilot help lists them", argv[i]);
        } else if (count == 2) {
            fail("select takes a board or card image and a service; what is %s?", argv[i]);
        } else {
            names[count++] = argv[i];
        }
    }
    if (count == 0)
        fail("select wants a service: pilot select 192.0.2.7 echo");
    selection->where = count == 2 ? names[0] : NULL;
    selection->service = names[count - 1];
    /* One name alone is a service, of the machine that pilot run started. */
    if (selection->service[strspn(selection->service, NAME_CHARACTERS)] != '\0')
        fail("%s is no service's name (a-z, 0-9, -); select wants one, behind the board or card",
             selection->service);
}

static void show_choice(const struct selection *selection, const char *where)
{
    printf("%s: %s is started %s\n", where, selection->service,
           selection->when == SLOT_ONCE ? "next, once" : "from the next start on");
}

/* ---- a card image ----------------------------------------------------------------- */

static _Noreturn void fail_as_unknown(const struct slot_table *table,
                                      const struct selection *selection)
{
    char names[SLOT_SERVICES_MAX * (sizeof table->services[0].name + 2)] = "";

    for (unsigned i = 0; i < SLOT_SERVICES_MAX; i++) {
        if (table->services[i].name[0] != '\0') {
            strcat(names, names[0] != '\0' ? ", " : "");
            strcat(names, table->services[i].name);
        }
    }
    fail("%s has no service %s; it has %s", selection->where, selection->service,
         names[0] != '\0' ? names : "none");
}

static void select_on_card(const struct selection *selection)
{
    static struct slot_store store;
    struct slot_table before;
    char reason[SLOT_REASON_BYTES];
    struct pilot_block block;
    int status;

    if (selection->when == SLOT_NOW)
        fail("%s is a card image, on which nothing runs: say --default, or --once",
             selection->where);
    pilot_slots_open(selection->where, true, &block, &store);
    before = store.table;
    status = slot_table_select(&store.table, selection->service, selection->when);
    if (status == ERROR_ABSENT)
        fail_as_unknown(&before, selection);
    if (status < 0)
        fail("%s: no slot of %s could be started; pilot slots %s shows them", selection->where,
             selection->service, selection->where);
    if (memcmp(&before, &store.table, sizeof before) != 0 &&
        slot_store_commit(&store, &before, reason) < 0)
        fail("%s cannot be written: %s", selection->where, reason);
    if (slot_records_mirror(&store.records) < 0)
        fail("%s cannot be written", selection->where);
    pilot_block_close(&block);
    show_choice(selection, selection->where);
}

/* ---- a board ---------------------------------------------------------------------- */

static void tell_board(const struct selection *selection, const struct pilot_board *board)
{
    struct pilot_transfer transfer = {
        .board = board, .file = CARD_FILES_SELECT, .patience_ms = PATIENCE_MS};
    struct pilot_file table;
    char text[CARD_FILES_SELECT_MAX];
    int length = snprintf(text, sizeof text, "%s %s\n", selection->service, words[selection->when]);
    int status;

    if (length >= (int)sizeof text)
        fail("%.40s... is too long for a service's name", selection->service);
    /* A loader of before there were slots would take the text for an image. */
    pilot_slots_read(board, &table);
    free(table.bytes);
    status = pilot_tftp_write(&transfer, text, (size_t)length);
    /* Its answer may have been lost when it gave the machine back. */
    if (status == ERROR_TIMEOUT && transfer.sent_us != 0 && selection->when == SLOT_NOW)
        return;
    if (status == ERROR_TIMEOUT)
        fail("%s does not say whether it selects %s: %s", board->name, selection->service,
             transfer.reason);
    if (status < 0)
        fail("%s does not select %s: %s", board->name, selection->service, transfer.reason);
}

static void wait_for_service(struct pilot_successor *answer)
{
    const struct pilot_status *now = &answer->now;

    pilot_successor_wait(answer);
    if (strcmp(now->service, answer->name) != 0)
        fail("%s was selected, but %s %s answers%s%s", answer->name, now->service, now->version,
             now->last_end[0] ? "; the one before it ended: " : "", now->last_end);
    printf("%s: %s %s answers", answer->board->name, now->service, now->version);
    if (now->slot[0] != '\0')
        printf(", from slot %s, %s", now->slot, now->slot_state);
    putchar('\n');
}

static void select_on_board(const struct selection *selection)
{
    struct pilot_board board;
    struct pilot_successor answer = {
        .board = &board, .name = selection->service, .what = "was selected", .event = "selection"};

    pilot_board_find(selection->where, &board);
    if (selection->when == SLOT_NOW)
        pilot_successor_connect(&answer);
    tell_board(selection, &board);
    answer.since_us = pilot_now_us();
    if (selection->when == SLOT_NOW)
        wait_for_service(&answer);
    else
        show_choice(selection, board.name);
}

int pilot_select(int argc, char **argv)
{
    struct selection selection = {.when = SLOT_NOW};

    parse_options(&selection, argc, argv);
    if (selection.where && pilot_is_card(selection.where))
        select_on_card(&selection);
    else
        select_on_board(&selection);
    return fflush(stdout) == 0 ? 0 : 1;
}
