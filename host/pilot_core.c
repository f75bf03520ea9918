/*
 * pilot core: fetches the core file of the service that crashed last.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "pilot_board.h"

#define PATIENCE_MS    5000
#define CORE_BYTES_MAX 0x40000000u /* all the memory there is */

/* What may be part of a file's name on our disk. */
static bool is_plain_name(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && name[0] != '-' &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789._-")] == '\0';
}

/* The path of NAME.elf as it is typed from here: relative when it lies below. */
static void find_elf(const char *name, char path[PATH_MAX])
{
    char here[PATH_MAX], file[96];
    size_t length;

    snprintf(file, sizeof file, "%s.elf", name);
    pilot_path_beside_us(file, path);
    if (access(path, R_OK) != 0) {
        snprintf(path, PATH_MAX, "%s", file);
        return;
    }
    if (!getcwd(here, sizeof here))
        return;
    length = strlen(here);
    if (strncmp(path, here, length) == 0 && path[length] == '/')
        memmove(path, path + length + 1, strlen(path + length + 1) + 1);
}

static void fetch(const struct pilot_board *board, const struct pilot_status *status,
                  const char *to)
{
    struct pilot_transfer transfer = {.board = board, .file = "core", .patience_ms = PATIENCE_MS};
    struct pilot_file core;
    int result = pilot_tftp_read(&transfer, CORE_BYTES_MAX, &core);

    if (result == ERROR_ABSENT)
        fail("%s has no core: no service has crashed since it was switched on", board->name);
    if (result < 0)
        fail("no core of %s: %s", board->name, transfer.reason);
    if (core.length < 4 || memcmp(core.bytes, "\177ELF", 4) != 0)
        fail("what %s sent as its core is no ELF file (%zu bytes)", board->name, core.length);
    if (status->core_bytes >= 0 && (size_t)status->core_bytes != core.length)
        fail("the core of %s should have %lld bytes, but %zu came", board->name,
             (long long)status->core_bytes, core.length);
    pilot_file_write(to, core.bytes, core.length);
    printf("%s: %zu bytes\n", to, core.length);
    free(core.bytes);
}

int pilot_core(int argc, char **argv)
{
    char reason[PILOT_REASON_BYTES], file[128], elf[PATH_MAX];
    const char *where = NULL, *to = NULL, *name;
    struct pilot_board board;
    struct pilot_status status;

    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "-o") == 0 && i + 1 < argc)
            to = argv[++i];
        else if (argv[i][0] == '-')
            fail("core knows only -o FILE, not %s", argv[i]);
        else if (where)
            fail("core takes one board, not %s and %s", where, argv[i]);
        else
            where = argv[i];
    }
    pilot_board_find(where, &board);
    if (pilot_status_read(&board, PATIENCE_MS, 0, &status, reason) < 0)
        fail("no status of %s: %s", board.name, reason);
    name = is_plain_name(status.core_name) ? status.core_name : "service";
    snprintf(file, sizeof file, "core.%s.%lld", name,
             status.core_number >= 0 ? (long long)status.core_number : 0);
    /* Numbers begin again when a board is switched off: an older core stays what it is. */
    if (!to && access(file, F_OK) == 0)
        fail("%s is here already; -o names another file", file);
    fetch(&board, &status, to ? to : file);
    if (status.crash[0])
        printf("%s\n", status.crash);
    find_elf(name, elf);
    printf("\n    gdb-multiarch %s %s\n\n", elf, to ? to : file);
    return fflush(stdout) == 0 ? 0 : 1;
}
