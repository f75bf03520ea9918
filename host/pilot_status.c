/*
 * pilot_status: what a board says of itself: the file "status", "key = value" lines.
 *
 * The keys are the board's (docs/redeploy.md); those unknown here are passed over, and
 * each may be missing.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "pilot_board.h"

#define STATUS_BYTES_MAX 65536
#define PATIENCE_MS      3000

/* Takes a line's value over as text, clean and cut to size. */
static void take_text(char *to, size_t size, const char *value, size_t length)
{
    if (length > size - 1)
        length = size - 1;
    memcpy(to, value, length);
    to[length] = '\0';
    pilot_clean(to);
}

/* The number a value is, in base 10 or 16, or otherwise. */
static int64_t number_of(const char *value, size_t length, int base, int64_t otherwise)
{
    char text[24], *end;
    unsigned long long number;

    if (length == 0 || length >= sizeof text)
        return otherwise;
    memcpy(text, value, length);
    text[length] = '\0';
    if (text[0] == '-' || text[0] == '+' || text[0] == ' ')
        return otherwise;
    number = strtoull(text, &end, base);
    return *end != '\0' || number > INT64_MAX ? otherwise : (int64_t)number;
}

static void take_line(struct pilot_status *status, const char *key, size_t key_length,
                      const char *value, size_t length)
{
    const struct {
        const char *key;
        char *text;
        size_t size;
    } texts[] = {
        {"service", status->service, sizeof status->service},
        {"version", status->version, sizeof status->version},
        {"state", status->state, sizeof status->state},
        {"sha256", status->sha256, sizeof status->sha256},
        {"phases", status->phases, sizeof status->phases},
        {"crash", status->crash, sizeof status->crash},
        {"last_end", status->last_end, sizeof status->last_end},
        {"slot", status->slot, sizeof status->slot},
        {"slot_state", status->slot_state, sizeof status->slot_state},
        {"core_name", status->core_name, sizeof status->core_name},
    };
    const struct {
        const char *key;
        int64_t *number;
    } numbers[] = {
        {"answered_after_ms", &status->answered_after_ms},
        {"core_number", &status->core_number},
        {"core_bytes", &status->core_bytes},
        {"tries", &status->tries},
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strlen(texts[i].key) == key_length && memcmp(texts[i].key, key, key_length) == 0)
            take_text(texts[i].text, texts[i].size, value, length);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strlen(numbers[i].key) == key_length && memcmp(numbers[i].key, key, key_length) == 0)
            *numbers[i].number = number_of(value, length, 10, -1);
    }
    if (key_length == 7 && memcmp(key, "boot_id", 7) == 0)
        status->boot_id = (uint64_t)number_of(value, length, 16, 0);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Moves both ends of a piece of text past the blanks around it. */
static size_t trim(const char **text, size_t length)
{
    while (length > 0 && is_blank(**text)) {
        (*text)++;
        length--;
    }
    while (length > 0 && is_blank((*text)[length - 1]))
        length--;
    return length;
}

void pilot_status_parse(const char *text, size_t length, struct pilot_status *status)
{
    *status = (struct pilot_status){
        .answered_after_ms = -1, .core_number = -1, .core_bytes = -1, .tries = -1};
    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        size_t line = end ? (size_t)(end - text) : length;
        const char *equals = memchr(text, '=', line);

        if (equals) {
            const char *key = text, *value = equals + 1;
            size_t key_length = trim(&key, (size_t)(equals - text));
            size_t value_length = trim(&value, line - (size_t)(equals - text) - 1);

            take_line(status, key, key_length, value, value_length);
        }
        if (!end)
            return;
        text += line + 1;
        length -= line + 1;
    }
}

bool pilot_status_has_service(const struct pilot_status *status)
{
    return status->service[0] != '\0' && strcmp(status->service, "none") != 0;
}

int pilot_status_read(const struct pilot_board *board, unsigned patience_ms, unsigned repeat_ms,
                      struct pilot_status *status, char *reason)
{
    struct pilot_transfer transfer = {
        .board = board, .file = "status", .patience_ms = patience_ms, .repeat_ms = repeat_ms};
    struct pilot_file file;
    int result = pilot_tftp_read(&transfer, STATUS_BYTES_MAX, &file);

    if (result < 0) {
        snprintf(reason, PILOT_REASON_BYTES, "%s", transfer.reason);
        return result;
    }
    pilot_status_parse((const char *)file.bytes, file.length, status);
    free(file.bytes);
    return 0;
}

int pilot_status(int argc, char **argv)
{
    struct pilot_board board;
    struct pilot_transfer transfer = {
        .board = &board, .file = "status", .patience_ms = PATIENCE_MS};
    struct pilot_file file;

    if (argc > 1 || (argc == 1 && argv[0][0] == '-'))
        fail("status wants one board, or nothing for the machine of pilot run: pilot status "
             "192.0.2.7");
    pilot_board_find(argc == 1 ? argv[0] : NULL, &board);
    if (pilot_tftp_read(&transfer, STATUS_BYTES_MAX, &file) < 0)
        fail("no status of %s: %s", board.name, transfer.reason);
    for (size_t i = 0; i < file.length; i++) {
        int c = file.bytes[i];

        if (c != '\r')
            putchar(c == '\n' || (c >= ' ' && c <= '~') ? c : '.');
    }
    if (file.length > 0 && file.bytes[file.length - 1] != '\n')
        putchar('\n');
    free(file.bytes);
    return fflush(stdout) == 0 ? 0 : 1;
}
