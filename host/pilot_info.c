/*
 * pilot info: what the loader would say of a file. It is the loader's own code that
 * judges (signature.c, elf.c, image_accept.c), so the two cannot disagree; only how much memory is
 * free and which keys there are differs from board to board: --key says what a loader would with
 * these.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elf.h"
#include "elf_format.h"
#include "error.h"
#include "pilot_signature.h"

static void print_note(const struct image_note *note)
{
    static const char *const features[] = {"network", "card", "guard"};

    printf("service      %s %s\n", note->name, note->version);
    printf("abi          %u\n", note->abi);
    printf("requires    ");
    for (unsigned i = 0; i < sizeof features / sizeof features[0]; i++) {
        if (note->required_features & 1u << i)
            printf(" %s", features[i]);
    }
    printf("%s\n", note->required_features ? "" : " nothing");
    printf("counter      %u\n", note->security_counter);
    printf("stack        %u bytes\n", note->stack_bytes);
    printf("heap         %llu bytes asked for\n", (unsigned long long)note->heap_bytes);
    if (note->confirm_s)
        printf("confirms     by itself, within %u s of its start\n", note->confirm_s);
    else
        printf("confirms     by the kernel\n");
    if (note->read_only_bytes)
        printf("sealed       %u bytes, CRC-32C %08x\n", note->read_only_bytes,
               note->read_only_crc32c);
    else
        printf("sealed       no\n");
}

static void print_segments(const struct elf_image *image, const void *file)
{
    struct elf_segment segment;
    unsigned next = 0;

    for (unsigned number = 0; elf_next_segment(image, file, &next, &segment); number++)
        printf("segment %u    0x%llx, %llu bytes, %llu of them in the file, %c%c%c\n", number,
               (unsigned long long)segment.address, (unsigned long long)segment.bytes,
               (unsigned long long)segment.file_bytes, segment.flags & ELF_READ ? 'r' : '-',
               segment.flags & ELF_WRITE ? 'w' : '-', segment.flags & ELF_EXECUTE ? 'x' : '-');
}

/* Who signed it, in the file's last bytes or beside it, and whether keys verify that, if there are
 * any. Then the file is what stands in front of its footer. Returns 0 or an error with reason. */
static int print_signature(struct pilot_file *file, const char *path,
                           const struct signature_keys *keys, char *reason)
{
    bool is_behind = signature_is_there(file->bytes, file->length);
    char number[PILOT_NUMBER_DIGITS + 1], digest[PILOT_SUM_DIGITS + 1];
    struct signature_footer footer;
    size_t content;
    int status;

    if (!pilot_signature_attach(file, path)) {
        printf("signed       no\n");
    } else {
        memcpy(&footer, file->bytes + file->length - sizeof footer, sizeof footer);
        pilot_number_text(footer.blob.number, number);
        printf("signed       by key %s, %s%s%s\n", number, is_behind ? "at its end" : "in ",
               is_behind ? "" : path, is_behind ? "" : ".sig");
        if (!is_behind) {
            pilot_sum(file->bytes, file->length, digest);
            printf("with it      sha256 %s, in the loader's log\n", digest);
        }
    }
    status = signature_check(keys, file->bytes, file->length, &content, reason);
    if (status < 0)
        return status;
    file->length = content;
    if (keys->count > 0)
        printf("verified     yes\n");
    return 0;
}

int pilot_info(int argc, char **argv)
{
    char path[PATH_MAX], reason[ELF_REASON_BYTES], digest[PILOT_SUM_DIGITS + 1];
    struct signature_keys keys = pilot_keys_none();
    const char *name = NULL;
    struct elf_image image;
    struct pilot_file file;
    int status;

    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0)
            pilot_verbose = true;
        else if (strcmp(argv[i], "--key") == 0 && i + 1 < argc)
            pilot_keys_add(&keys, argv[++i]);
        else if (argv[i][0] == '-' || name)
            fail("info wants one service or file: pilot info dns --key fleet.pub");
        else
            name = argv[i];
    }
    if (!name)
        fail("info wants one service or file: pilot info dns");
    pilot_service_path(name, path);
    file = pilot_file_read(path);
    printf("file         %s, %zu bytes\n", path, file.length);
    /* The digest that the loader logs, unless a signature beside the file goes along. */
    pilot_sum(file.bytes, file.length, digest);
    printf("sha256       %s *%s\n", digest, path);
    status = print_signature(&file, path, &keys, reason);
    if (status == 0)
        status = pilot_image_check(file.bytes, file.length, &image, reason);
    if (status < 0) {
        printf("refused      %s (%s)\n", reason, error_name(status));
        free(file.bytes);
        return 1;
    }
    print_note(&image.note);
    printf("image        0x%llx, %llu bytes in memory, %s, entry 0x%llx\n",
           (unsigned long long)image.first, (unsigned long long)image.bytes,
           image.movable ? "can be placed anywhere" : "fixed address",
           (unsigned long long)image.entry);
    print_segments(&image, file.bytes);
    printf("relocations  %llu\n", (unsigned long long)image.rela_count);
    printf("accepted\n");
    free(file.bytes);
    return 0;
}
