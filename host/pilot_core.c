/*
 * pilot core: fetches the core file of the service that crashed last.
 *
 * A core holds no code and no names: gdb takes them from the ELF file, and would not notice that
 * it was built anew since. The core's own note has the SHA-256 of the image that crashed
 * (loader/core_file.h), so we do. (sha256sum works it out: what made the ELF has it.)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core_file.h"
#include "elf_format.h"
#include "error.h"
#include "pilot_board.h"
#include "pilot_signature.h"

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

/* Its own note's content among some notes, or null. */
static const struct core_file_note *find_note(const uint8_t *at, size_t length)
{
    struct {
        uint32_t owner_bytes, bytes, type;
    } head;

    while (length >= sizeof head) {
        memcpy(&head, at, sizeof head);
        uint64_t owner_bytes = ((uint64_t)head.owner_bytes + 3) & ~(uint64_t)3;
        uint64_t whole = sizeof head + owner_bytes + (((uint64_t)head.bytes + 3) & ~(uint64_t)3);

        if (whole > length)
            return NULL;
        if (head.type == CORE_FILE_NOTE_TYPE && head.bytes >= sizeof(struct core_file_note) &&
            head.owner_bytes == sizeof CORE_FILE_NOTE_OWNER &&
            memcmp(at + sizeof head, CORE_FILE_NOTE_OWNER, sizeof CORE_FILE_NOTE_OWNER) == 0)
            return (const void *)(at + sizeof head + owner_bytes);
        at += whole;
        length -= whole;
    }
    return NULL;
}

/* The digest of the image that crashed; false: the core does not tell. */
static bool read_digest(const struct pilot_file *core, uint8_t digest[CORE_FILE_DIGEST_BYTES])
{
    struct elf_header header;
    struct elf_program_header part;

    if (core->length < sizeof header)
        return false;
    memcpy(&header, core->bytes, sizeof header);
    for (unsigned i = 0; i < header.program_header_count; i++) {
        uint64_t offset = i * sizeof part;

        if (header.program_headers > core->length ||
            core->length - header.program_headers < offset + sizeof part)
            return false;
        memcpy(&part, core->bytes + header.program_headers + offset, sizeof part);
        if (part.type != ELF_SEGMENT_NOTE || part.offset > core->length ||
            part.file_bytes > core->length - part.offset)
            continue;
        const struct core_file_note *note = find_note(core->bytes + part.offset, part.file_bytes);

        if (note)
            memcpy(digest, note->digest, CORE_FILE_DIGEST_BYTES);
        return note != NULL;
    }
    return false;
}

/* Says so if the ELF file is another one than the core's. */
static void compare(const uint8_t digest[CORE_FILE_DIGEST_BYTES], const char *elf)
{
    char crashed[2 * CORE_FILE_DIGEST_BYTES + 1], here[PILOT_SUM_DIGITS + 1];
    struct pilot_file file;

    if (access(elf, R_OK) != 0)
        return;
    for (size_t i = 0; i < CORE_FILE_DIGEST_BYTES; i++)
        snprintf(crashed + 2 * i, 3, "%02x", digest[i]);
    file = pilot_file_read(elf);
    pilot_sum(file.bytes, file.length, here);
    /* What ran had its signature behind it, which stands beside the file here. */
    if (strcmp(crashed, here) != 0 && pilot_signature_attach(&file, elf))
        pilot_sum(file.bytes, file.length, here);
    free(file.bytes);
    if (strcmp(crashed, here) != 0)
        printf("%s is not what crashed (SHA-256 %.16s..., not %.16s...): gdb will show wrong "
               "lines\n",
               elf, here, crashed);
}

/* Returns whether the core tells the digest of what crashed. */
static bool fetch(const struct pilot_board *board, const struct pilot_status *status,
                  const char *to, uint8_t digest[CORE_FILE_DIGEST_BYTES])
{
    struct pilot_transfer transfer = {.board = board, .file = "core", .patience_ms = PATIENCE_MS};
    struct pilot_file core;
    bool told;
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
    told = read_digest(&core, digest);
    free(core.bytes);
    return told;
}

int pilot_core(int argc, char **argv)
{
    char reason[PILOT_REASON_BYTES], file[128], elf[PATH_MAX];
    const char *where = NULL, *to = NULL, *name;
    uint8_t digest[CORE_FILE_DIGEST_BYTES];
    bool told;
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
    told = fetch(&board, &status, to ? to : file, digest);
    if (status.crash[0])
        printf("%s\n", status.crash);
    find_elf(name, elf);
    if (told)
        compare(digest, elf);
    printf("\n    gdb-multiarch %s %s\n\n", elf, to ? to : file);
    return fflush(stdout) == 0 ? 0 : 1;
}
