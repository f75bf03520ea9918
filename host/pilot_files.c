/*
 * pilot_files: reading and writing whole files, and where things are.
 *
 * The temporary folder belongs to one run; it is removed by the program's end, however
 * that comes about, short of SIGKILL.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pilot.h"
#include "sodium/crypto_hash_sha256.h"

static char temporary[PATH_MAX];

struct pilot_file pilot_file_read(const char *path)
{
    struct pilot_file file = {0};
    FILE *stream = fopen(path, "rb");
    struct stat status;

    if (!stream)
        fail("cannot open %s: %s", path, strerror(errno));
    if (fstat(fileno(stream), &status) != 0 || !S_ISREG(status.st_mode))
        fail("%s is not a regular file", path);
    file.length = (size_t)status.st_size;
    /* One byte more: malloc(0) may give a null pointer for an empty file. */
    file.bytes = malloc(file.length + 1);
    if (!file.bytes)
        fail("out of memory for the %zu bytes of %s", file.length, path);
    if (fread(file.bytes, 1, file.length, stream) != file.length)
        fail("cannot read all of %s", path);
    fclose(stream);
    return file;
}

void pilot_file_write(const char *path, const void *bytes, size_t length)
{
    FILE *stream = fopen(path, "wb");

    if (!stream)
        fail("cannot write %s: %s", path, strerror(errno));
    if (fwrite(bytes, 1, length, stream) != length || fclose(stream) != 0)
        fail("cannot write %s: %s", path, strerror(errno));
}

/* With the rights of what was there, or those that a new file gets. */
static mode_t rights_for(const char *path)
{
    struct stat status;
    mode_t mask;

    if (stat(path, &status) == 0) {
        if (!S_ISREG(status.st_mode))
            fail("%s is not a regular file", path);
        return status.st_mode & 07777;
    }
    mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

void pilot_file_replace(const char *path, const struct pilot_file *file)
{
    char target[PATH_MAX], beside[PATH_MAX];
    mode_t rights = rights_for(path);
    int descriptor;
    FILE *stream;

    /* The file that a link leads to, not the link. */
    if (!realpath(path, target) && snprintf(target, sizeof target, "%s", path) >= PATH_MAX)
        fail("the path %.60s... is too long", path);
    /* A name that nobody else's file has. */
    if (snprintf(beside, sizeof beside, "%s.XXXXXX", target) >= PATH_MAX)
        fail("the path %.60s... is too long", path);
    descriptor = mkstemp(beside);
    stream = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    if (!stream)
        fail("cannot write %s: %s", path, strerror(errno));
    if (fwrite(file->bytes, 1, file->length, stream) != file->length || fflush(stream) != 0 ||
        fchmod(descriptor, rights) != 0 || fsync(descriptor) != 0 || fclose(stream) != 0 ||
        rename(beside, target) != 0) {
        int error = errno;

        unlink(beside);
        fail("cannot write %s: %s", path, strerror(error));
    }
}

void pilot_join(char path[PATH_MAX], const char *folder, const char *name)
{
    int length = snprintf(path, PATH_MAX, "%s/%s", folder, name);

    if (length < 0 || length >= PATH_MAX)
        fail("the path %.60s.../%.60s is too long", folder, name);
}

void pilot_path_beside_us(const char *name, char path[PATH_MAX])
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash;

    if (length < 0)
        fail("cannot tell where this program is: %s", strerror(errno));
    self[length] = '\0';
    slash = strrchr(self, '/');
    if (slash)
        *slash = '\0';
    pilot_join(path, self, name);
}

void pilot_built_path(const char *name, char path[PATH_MAX])
{
    pilot_path_beside_us(name, path);
    if (access(path, R_OK) != 0)
        fail("cannot read %s: %s (make builds it)", path, strerror(errno));
}

bool pilot_is_path(const char *name)
{
    size_t length = strlen(name);

    return strchr(name, '/') || (length > 4 && strcmp(name + length - 4, ".elf") == 0);
}

void pilot_service_path(const char *name, char path[PATH_MAX])
{
    char file[NAME_MAX];

    if (pilot_is_path(name)) {
        if (snprintf(path, PATH_MAX, "%s", name) >= PATH_MAX)
            fail("the path %.60s... is too long", name);
        if (access(path, R_OK) != 0)
            fail("cannot read %s: %s", path, strerror(errno));
        return;
    }
    if (snprintf(file, sizeof file, "%s.elf", name) >= (int)sizeof file)
        fail("the name %.60s... is too long", name);
    pilot_path_beside_us(file, path);
    if (access(path, R_OK) != 0)
        fail("there is no service %s: cannot read %s: %s (make builds the services)", name, path,
             strerror(errno));
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void remove_temporary(void)
{
    nftw(temporary, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *pilot_temporary(void)
{
    const char *parent = getenv("TMPDIR");

    if (temporary[0] != '\0')
        return temporary;
    if (!parent || parent[0] != '/')
        parent = "/tmp";
    pilot_join(temporary, parent, "pilot-XXXXXX");
    if (!mkdtemp(temporary)) {
        temporary[0] = '\0';
        fail("cannot make a temporary folder in %s: %s", parent, strerror(errno));
    }
    atexit(remove_temporary);
    return temporary;
}

void pilot_sum(const void *bytes, size_t length, char text[PILOT_SUM_DIGITS + 1])
{
    uint8_t sum[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(sum, bytes, length);
    for (unsigned i = 0; i < sizeof sum; i++)
        snprintf(text + 2 * (size_t)i, 3, "%02x", sum[i]);
}
