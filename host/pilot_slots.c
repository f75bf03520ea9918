/*
 * pilot slots: the table of services, slots, versions, states and tries, of a board or of a card
 * image.
 *
 * Both tables are put together by slot_store_text: a board's by its loader, an image's here. An
 * image is only read: what a loader would mend at its next start is shown as it lies there.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "card_files.h"
#include "error.h"
#include "pilot_board.h"
#include "pilot_slots.h"

#define PATIENCE_MS 5000 /* a card is read for it */

bool pilot_is_card(const char *text)
{
    size_t length = strlen(text);
    struct stat status;

    return strchr(text, '/') || (length > 4 && strcmp(text + length - 4, ".img") == 0) ||
           (stat(text, &status) == 0 && S_ISREG(status.st_mode));
}

void pilot_slots_open(const char *path, bool is_writable, struct pilot_block *block,
                      struct slot_store *store)
{
    char reason[SLOT_REASON_BYTES] = "";
    int status;

    pilot_block_open(block, path, is_writable);
    status = slot_store_open(store, &block->device, false, SLOT_TRIES, reason);
    if (status == ERROR_ABSENT)
        fail("%s has no slots: %s (pilot sdcard makes cards with slots)", path, reason);
    if (status < 0)
        fail("%s: %s", path, reason);
    if (is_writable && store->is_read_only)
        fail("%s cannot be written: %s", path, reason);
    /* That we do not write says nothing about the card. */
    if (!is_writable)
        store->is_read_only = false;
    if (store->was_lost)
        printf("%s: %s\n", path, reason);
}

/* As it comes from a board, or from a card that anybody may have written. */
static void print(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        int c = (uint8_t)text[i];

        if (c != '\r')
            putchar(c == '\n' || (c >= ' ' && c <= '~') ? c : '.');
    }
    if (length > 0 && text[length - 1] != '\n')
        putchar('\n');
}

void pilot_slots_read(const struct pilot_board *board, struct pilot_file *text)
{
    struct pilot_transfer transfer = {
        .board = board, .file = CARD_FILES_SLOTS, .patience_ms = PATIENCE_MS};
    int status = pilot_tftp_read(&transfer, PILOT_SLOTS_BYTES_MAX, text);

    if (status == ERROR_ABSENT)
        fail("%s has no slots: %s (pilot sdcard makes cards that have, and loaders that know them)",
             board->name, transfer.reason);
    if (status < 0)
        fail("no slots of %s: %s", board->name, transfer.reason);
}

static void show_card(const char *path)
{
    static struct slot_store store;
    char text[SLOT_TEXT_BYTES];
    struct pilot_block block;

    pilot_slots_open(path, false, &block, &store);
    print(text, slot_store_text(&store, -1, 0, text, sizeof text));
    pilot_block_close(&block);
}

static void show_board(const char *where)
{
    struct pilot_board board;
    struct pilot_file text;

    pilot_board_find(where, &board);
    pilot_slots_read(&board, &text);
    print((const char *)text.bytes, text.length);
    free(text.bytes);
}

int pilot_slots(int argc, char **argv)
{
    if (argc > 1 || (argc == 1 && argv[0][0] == '-'))
        fail("slots wants one board or card image, or nothing for the machine of pilot run: pilot "
             "slots card.img");
    if (argc == 1 && pilot_is_card(argv[0]))
        show_card(argv[0]);
    else
        show_board(argc == 1 ? argv[0] : NULL);
    return fflush(stdout) == 0 ? 0 : 1;
}
