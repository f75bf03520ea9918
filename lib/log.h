/*
 * log: lines of text, kept in a ring in memory and drained to the consoles.
 *
 * log_line never waits: the consoles take what they can at once, the rest follows from
 * log_drain, which the event loop calls. When the ring is full the oldest bytes that no
 * console has yet are lost, and the drained text says so.
 * A program that has somewhere else to keep its log sets a recorder.
 * A line: "[   0.012345] tftp: server does not answer". Untrusted text (from packets,
 * files, cards) is cleaned like all of it: control characters never reach a
 * terminal.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef LOG_H
#define LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct console;

#define LOG_LINE_MAX 240 /* longest line, time included; the rest is cut off */

/* Adds a console; what the ring already holds is written to it as well. At most two. */
void log_add_console(struct console *console);

/* Writes one line: time, subject, ": ", the formatted text, line feed. Bytes of the
 * text outside 0x20-0x7e become '.', so nothing from outside can drive a terminal. */
void log_line(const char *subject, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_vline(const char *subject, const char *format, va_list arguments);

/* Writes bytes as they are (the C library's stdout arrives here). */
void log_bytes(const char *bytes, size_t length);

/* Has every text that is logged from now on, in the pieces in which it is - whole lines with
 * their line feeds, except what log_bytes was given otherwise - told to recorder as well, at
 * once. null: nobody. What the recorder logs itself is not recorded. */
void log_set_recorder(void (*recorder)(const char *text, size_t length));

/* The parts of a line as log_line writes it. */
struct log_parts {
    uint64_t at_us;
    const char *subject, *text; /* into the line; neither is terminated */
    size_t subject_length, text_length;
};

/* Takes such a line apart, with or without its line feed. Returns false for anything else. */
bool log_split(const char *line, size_t length, struct log_parts *parts);

/* Puts text that another program of this machine has recorded, but that no console has yet,
 * in front of what is to be drained. It is not recorded again. Before the first line: later it
 * stands behind those there are. */
void log_preload(const char *text, size_t length);

/* Leaves what no console has yet to another program, which is told how many bytes that is: from
 * here on this one drains only what it logs itself. Returns their number. */
size_t log_hand_over(void);

/* Bytes of the log that no console has yet; without a console all that the ring holds. */
size_t log_undrained(void);

/* Offers pending bytes to the consoles. Returns true when nothing is left. Never waits. */
bool log_drain(void);

/* Drains until empty or timeout_us has passed; for the end of a program and for fault
 * reports. Waits. */
void log_flush(unsigned timeout_us);

#endif
