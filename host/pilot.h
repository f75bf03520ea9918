/*
 * pilot: what the files of the pilot command share.
 *
 * Every failure ends the program through fail(), with one sentence; what is under way
 * by then (a running QEMU, temporary files) is undone at exit.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PILOT_H
#define PILOT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Prints "pilot: " and the text on the standard error and ends with status 1. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- the commands (each a file) -------------------------------------------------- */

/* The commands get their own arguments only and return the exit status. */
int pilot_run(int argc, char **argv);
int pilot_info(int argc, char **argv);
int pilot_deploy(int argc, char **argv);
int pilot_watch(int argc, char **argv);
int pilot_log(int argc, char **argv);
int pilot_core(int argc, char **argv);
int pilot_status(int argc, char **argv);
int pilot_sign(int argc, char **argv);
int pilot_keygen(int argc, char **argv);
int pilot_key(int argc, char **argv);
int pilot_sdcard(int argc, char **argv);
int pilot_slots(int argc, char **argv);
int pilot_select(int argc, char **argv);
int pilot_selftest(int argc, char **argv);

/* ---- files (pilot_files.c) ------------------------------------------------------- */

/* A whole file in memory; bytes is malloc'ed and the caller's. Fails when it cannot. */
struct pilot_file {
    uint8_t *bytes;
    size_t length;
};
struct pilot_file pilot_file_read(const char *path);
void pilot_file_write(const char *path, const void *bytes, size_t length);

/* The same, but path is what it was until all is written, and keeps its rights. Fails. */
void pilot_file_replace(const char *path, const struct pilot_file *file);

/* The SHA-256 of bytes in hexadecimal, as sha256sum says it. */
#define PILOT_SUM_DIGITS 64
void pilot_sum(const void *bytes, size_t length, char text[PILOT_SUM_DIGITS + 1]);

/* path of a service: NAME stands for NAME.elf beside the pilot program; what has a '/'
 * or ends in ".elf" is a path already. Fails when there is no such file. */
void pilot_service_path(const char *name, char path[PATH_MAX]);

/* True when name says a file, not a service that was built here. */
bool pilot_is_path(const char *name);

/* path of a file beside the pilot program, whether or not it is there. */
void pilot_path_beside_us(const char *name, char path[PATH_MAX]);

/* path of a file built beside the pilot program. Fails when it is not there. */
void pilot_built_path(const char *name, char path[PATH_MAX]);

/* The private temporary folder, made at the first call, removed with what is in it at
 * exit. Constant string. */
const char *pilot_temporary(void);

/* Writes folder/name into path; fails when that is too long. */
void pilot_join(char path[PATH_MAX], const char *folder, const char *name);

/* ---- images (pilot_image.c) ------------------------------------------------------ */

struct elf_image;

/* What a loader has room to receive, in memory: a service, or another system and its RAM disk. */
#define PILOT_RECEIVE_BYTES (64u << 20)

/* What a Pi 3's loader would say of the file without its signature: ERROR_TOO_LARGE, or as
 * elf_check and image_accept; reason: ELF_REASON_BYTES. */
int pilot_image_check(const void *file, size_t length, struct elf_image *image, char *reason);

/* ---- processes (pilot_process.c) ------------------------------------------------- */

/* Arguments of a program to start; never seen by a shell. */
struct pilot_command {
    char *arguments[96];
    size_t count;
    bool is_interactive; /* keeps our standard input and terminal: it may ask for a passphrase */
};
void pilot_command_add(struct pilot_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* When set, every command is printed before it runs. */
extern bool pilot_verbose;

/* Starts the command with its standard input closed, unless it is interactive; output gets the
 * end to read its standard output from, or is null: then it shares ours. The child dies with us.
 * Fails, naming package, when there is no such program. */
pid_t pilot_process_start(const struct pilot_command *command, const char *package, int *output);

/* Starts the command and waits for its end. Returns its exit status, 128 + n when signal n
 * ended it. */
int pilot_process_status(const struct pilot_command *command, const char *package);

/* Starts the command, waits, and fails when its status is not 0. */
void pilot_process_run(const struct pilot_command *command, const char *package);

#endif
