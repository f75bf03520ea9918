/*
 * pilot_syslog: see pilot_syslog.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pilot_syslog.h"

#include <string.h>

#include "pilot_board.h"

/* A piece of what came, read from its beginning. */
struct piece {
    const char *at;
    size_t left;
};

static bool skip(struct piece *piece, const char *text)
{
    size_t length = strlen(text);

    if (piece->left < length || memcmp(piece->at, text, length) != 0)
        return false;
    piece->at += length;
    piece->left -= length;
    return true;
}

/* Up to 18 digits; false if there is none. */
static bool take_number(struct piece *piece, unsigned *digits, uint64_t *number)
{
    *number = 0;
    *digits = 0;
    while (piece->left > 0 && *piece->at >= '0' && *piece->at <= '9' && *digits < 18) {
        *number = *number * 10 + (uint64_t)(*piece->at - '0');
        piece->at++;
        piece->left--;
        (*digits)++;
    }
    return *digits > 0;
}

static void take_text(struct pilot_log_line *line, struct piece piece)
{
    size_t length = piece.left < sizeof line->text - 1 ? piece.left : sizeof line->text - 1;

    for (size_t i = 0; i < length; i++)
        line->text[i] = piece.at[i] >= ' ' && piece.at[i] <= '~' ? piece.at[i] : '.';
    line->text[length] = '\0';
}

void pilot_log_line_of_ring(const char *bytes, size_t length, struct pilot_log_line *line)
{
    struct piece all = {bytes, length}, piece = all;
    uint64_t seconds, fraction;
    unsigned digits;

    if (length > 0 && bytes[length - 1] == '\r')
        all.left = piece.left = length - 1;
    line->sequence = 0;
    line->centiseconds = -1;
    if (skip(&piece, "[")) {
        while (skip(&piece, " "))
            ;
        if (take_number(&piece, &digits, &seconds) && skip(&piece, ".") &&
            take_number(&piece, &digits, &fraction) && digits == 6 && skip(&piece, "] ")) {
            line->centiseconds = (int64_t)(seconds % 1000000000 * 100 + fraction / 10000);
            all = piece;
        }
    }
    take_text(line, all);
}

/* Moves past a word and the blank behind it. */
static bool skip_word(struct piece *piece)
{
    const char *blank = memchr(piece->at, ' ', piece->left);

    if (!blank || blank == piece->at)
        return false;
    piece->left -= (size_t)(blank - piece->at) + 1;
    piece->at = blank + 1;
    return true;
}

/* The parameters of structured data that we know; moves past all of it. In a value, what stands
 * behind a backslash is never its end (RFC 5424, 6.3.3). */
static bool take_structured_data(struct piece *piece, struct pilot_log_line *line)
{
    bool quoted = false;
    uint64_t number;
    unsigned digits;

    if (skip(piece, "-"))
        return true;
    if (piece->left == 0 || *piece->at != '[')
        return false;
    while (piece->left > 0) {
        char c = *piece->at;

        if (!quoted && skip(piece, " sequenceId=\"")) {
            quoted = true;
            if (take_number(piece, &digits, &number))
                line->sequence = (uint32_t)number;
            continue;
        }
        if (!quoted && skip(piece, " sysUpTime=\"")) {
            quoted = true;
            if (take_number(piece, &digits, &number))
                line->centiseconds = (int64_t)number;
            continue;
        }
        piece->at++;
        piece->left--;
        if (c == '"')
            quoted = !quoted;
        else if (c == '\\' && quoted && piece->left > 0) {
            piece->at++;
            piece->left--;
        } else if (c == ']' && !quoted && (piece->left == 0 || *piece->at != '['))
            return true;
    }
    return false;
}

bool pilot_log_line_of_datagram(const char *bytes, size_t length, struct pilot_log_line *line)
{
    struct piece piece = {bytes, length};
    uint64_t number;
    unsigned digits;

    line->sequence = 0;
    line->centiseconds = -1;
    if (!skip(&piece, "<") || !take_number(&piece, &digits, &number) || digits > 3 ||
        !skip(&piece, ">1 "))
        return false;
    /* Time, host, program, process, kind of message. */
    for (int i = 0; i < 5; i++) {
        if (!skip_word(&piece))
            return false;
    }
    if (!take_structured_data(&piece, line))
        return false;
    skip(&piece, " ");
    skip(&piece, "\xef\xbb\xbf"); /* what says that UTF-8 follows */
    while (piece.left > 0 && (piece.at[piece.left - 1] == '\n' || piece.at[piece.left - 1] == '\0'))
        piece.left--;
    take_text(line, piece);
    return true;
}

/* One of two that are the same so far may have been cut to fit its datagram. */
#define CUT_BYTES 128

bool pilot_log_lines_equal(const struct pilot_log_line *a, const struct pilot_log_line *b)
{
    int64_t apart = a->centiseconds - b->centiseconds;
    size_t length = strlen(a->text), other = strlen(b->text);

    if (length != other && (length < CUT_BYTES || other < CUT_BYTES))
        return false;
    /* One of them may have been rounded. */
    return apart >= -1 && apart <= 1 &&
           memcmp(a->text, b->text, length < other ? length : other) == 0;
}

void pilot_log_shown_add(struct pilot_log_shown *shown, const struct pilot_log_line *line)
{
    if (shown->count == PILOT_LOG_SHOWN) {
        memmove(shown->lines, shown->lines + 1, (PILOT_LOG_SHOWN - 1) * sizeof *line);
        shown->count--;
    }
    shown->lines[shown->count++] = *line;
}

size_t pilot_log_shown_in(const struct pilot_log_shown *shown, const struct pilot_log_line *ring,
                          size_t count)
{
    size_t best = 0;
    unsigned best_length = 0;

    for (size_t end = count; end > 0; end--) {
        unsigned length = 0;

        while (length < shown->count && length < end &&
               pilot_log_lines_equal(&shown->lines[shown->count - 1 - length],
                                     &ring[end - 1 - length]))
            length++;
        if (length > best_length) {
            best = end;
            best_length = length;
        }
    }
    return best;
}
