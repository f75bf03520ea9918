/*
 * replay: runs every file of the folders given as arguments through a fuzz target once.
 * Linked with a target instead of libFuzzer, so that the normal test run needs no clang.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "replay: %s: ", name);
    perror(what);
    exit(2);
}

static void replay_file(const char *name)
{
    FILE *file = fopen(name, "rb");
    struct stat status;
    uint8_t *bytes;
    size_t length;

    if (file == NULL || fstat(fileno(file), &status) != 0)
        fail("open", name);
    length = (size_t)status.st_size;
    /* Exactly its size, so that the sanitizer sees a read past the end. */
    bytes = malloc(length ? length : 1);
    if (bytes == NULL || fread(bytes, 1, length, file) != length)
        fail("read", name);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, length);
    free(bytes);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* In the order of their names, so that a failure is always the same one. */
static unsigned replay_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_visible, alphasort);

    if (count < 0)
        fail("folder", folder);
    for (int i = 0; i < count; i++) {
        char name[4096];

        snprintf(name, sizeof name, "%s/%s", folder, entries[i]->d_name);
        /* On its own line before it runs: when it stops, this is the file. */
        printf("%s\n", name);
        fflush(stdout);
        replay_file(name);
        free(entries[i]);
    }
    free(entries);
    return (unsigned)count;
}

int main(int count, char **folders)
{
    unsigned files = 0;

    for (int i = 1; i < count; i++)
        files += replay_folder(folders[i]);
    if (files == 0) {
        fprintf(stderr, "replay: no files: usage: %s FOLDER...\n", folders[0]);
        return 2;
    }
    printf("%u inputs replayed\n", files);
    return 0;
}
