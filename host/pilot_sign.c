/*
 * pilot sign, pilot keygen: signify-openbsd's work, with the file names of ours.
 *
 * The secret key is signify's to read and to ask the passphrase of; it never passes through this
 * program. What signify made is then checked by the loader's own code.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pilot_signature.h"

#define SECRET_SUFFIX ".sec"
#define PUBLIC_SUFFIX ".pub"

static void add_suffix(char path[PATH_MAX], const char *name, const char *suffix)
{
    if (snprintf(path, PATH_MAX, "%s%s", name, suffix) >= PATH_MAX)
        fail("the path %.60s... is too long", name);
}

/* signify takes what begins with '-' for an option. */
static void add_path(struct pilot_command *command, const char *option, const char *path)
{
    pilot_command_add(command, "%s", option);
    pilot_command_add(command, "%s%s", path[0] == '-' ? "./" : "", path);
}

/* What signify reads it wants to be no link. */
static void add_source(struct pilot_command *command, const char *option, const char *path)
{
    char target[PATH_MAX];

    add_path(command, option, realpath(path, target) ? target : path);
}

static void run_signify(struct pilot_command *command, const char *purpose)
{
    command->is_interactive = true; /* it may ask for a passphrase */
    if (pilot_process_status(command, "signify-openbsd") != 0)
        fail("signify-openbsd could not %s; its own words are above", purpose);
    for (size_t i = 0; i < command->count; i++)
        free(command->arguments[i]);
}

int pilot_keygen(int argc, char **argv)
{
    char public[PATH_MAX], secret[PATH_MAX], number[PILOT_NUMBER_DIGITS + 1];
    struct pilot_command command = {0};
    struct signature_keys keys = pilot_keys_none();
    const char *name = NULL, *base;
    bool has_passphrase = true;

    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "-n") == 0)
            has_passphrase = false;
        else if (argv[i][0] == '-')
            fail("keygen knows only -n (no passphrase), not %s", argv[i]);
        else if (name)
            fail("keygen makes one key, not %s and %s", name, argv[i]);
        else
            name = argv[i];
    }
    if (!name)
        fail("keygen wants a name: pilot keygen fleet makes fleet.pub and fleet.sec");
    add_suffix(public, name, PUBLIC_SUFFIX);
    add_suffix(secret, name, SECRET_SUFFIX);
    if (access(public, F_OK) == 0 || access(secret, F_OK) == 0)
        fail("%s is here already; a key is not written over: take another name",
             access(public, F_OK) == 0 ? public : secret);
    base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
    pilot_command_add(&command, "signify-openbsd");
    pilot_command_add(&command, "-G");
    if (!has_passphrase)
        pilot_command_add(&command, "-n");
    pilot_command_add(&command, "-c");
    pilot_command_add(&command, "%s", base);
    add_path(&command, "-p", public);
    add_path(&command, "-s", secret);
    run_signify(&command, "make a key");
    pilot_keys_add(&keys, public);
    pilot_number_text(keys.keys[0].number, number);
    printf("key %s: %s is for loaders, %s for pilot sign, to be kept secret%s\n", number, public,
           secret, has_passphrase ? "" : " (it has no passphrase)");
    return 0;
}

/* Reads what signify wrote to path into *footer, and removes it when it does not fit, so that
 * nothing wrong is left beside the file. */
static void check(const struct pilot_file *file, const char *signature, const char *secret,
                  struct signature_footer *footer)
{
    size_t stem = strlen(secret) - (sizeof SECRET_SUFFIX - 1);
    char public[PATH_MAX], reason[SIGNATURE_REASON_BYTES];
    struct pilot_file text = pilot_file_read(signature), whole;
    struct signature_keys keys = pilot_keys_none();
    size_t content;

    if (signature_read((const char *)text.bytes, text.length, file->length, footer, reason) < 0)
        fail("%s, as signify-openbsd wrote it: %s", signature, reason);
    free(text.bytes);
    snprintf(public, sizeof public, "%.*s%s", (int)stem, secret, PUBLIC_SUFFIX);
    if (access(public, F_OK) != 0) {
        printf("not verified: there is no %s\n", public);
        return;
    }
    pilot_keys_add(&keys, public);
    whole.length = file->length + sizeof *footer;
    whole.bytes = malloc(whole.length);
    if (!whole.bytes)
        fail("out of memory for the %zu bytes to verify", whole.length);
    memcpy(whole.bytes, file->bytes, file->length);
    memcpy(whole.bytes + file->length, footer, sizeof *footer);
    if (signature_check(&keys, whole.bytes, whole.length, &content, reason) < 0) {
        unlink(signature);
        fail("what %s signed does not verify with %s: %s", secret, public, reason);
    }
    free(whole.bytes);
}

struct request {
    const char *name, *secret, *output;
    bool appends;
};

static struct request read_arguments(int argc, char **argv)
{
    struct request request = {0};

    for (int i = 0; i < argc; i++) {
        if ((strcmp(argv[i], "--key") == 0 || strcmp(argv[i], "-o") == 0) && i + 1 < argc) {
            *(argv[i][1] == 'o' ? &request.output : &request.secret) = argv[i + 1];
            i++;
        } else if (strcmp(argv[i], "--append") == 0) {
            request.appends = true;
        } else if (argv[i][0] == '-') {
            fail("sign knows --key KEY.sec, --append and -o FILE, not %s", argv[i]);
        } else if (request.name) {
            fail("sign signs one file, not %s and %s", request.name, argv[i]);
        } else {
            request.name = argv[i];
        }
    }
    if (!request.name || !request.secret)
        fail("sign wants a file and a secret key: pilot sign service.elf --key fleet.sec");
    if (request.appends && request.output)
        fail("--append changes the file itself, -o writes another: one of them");
    return request;
}

static void check_secret(const char *secret)
{
    size_t length = strlen(secret);

    if (length < sizeof SECRET_SUFFIX ||
        strcmp(secret + length - (sizeof SECRET_SUFFIX - 1), SECRET_SUFFIX) != 0)
        fail("--key wants the secret half of a key, NAME.sec, not %s", secret);
    if (access(secret, R_OK) != 0)
        fail("cannot read %s: %s (pilot keygen NAME makes a key)", secret, strerror(errno));
}

/* Any file, or a service by its name. */
static void find_file(const char *name, char path[PATH_MAX])
{
    struct stat status;

    /* A folder may well be called as a service. */
    if (stat(name, &status) == 0 && !S_ISDIR(status.st_mode))
        add_suffix(path, name, "");
    else
        pilot_service_path(name, path);
}

int pilot_sign(int argc, char **argv)
{
    struct request request = read_arguments(argc, argv);
    char path[PATH_MAX], signature[PATH_MAX], number[PILOT_NUMBER_DIGITS + 1];
    const char *target = request.appends ? path : request.output;
    struct pilot_command command = {0};
    struct signature_footer footer;
    struct pilot_file file;

    find_file(request.name, path);
    check_secret(request.secret);
    file = pilot_file_read(path);
    if (pilot_footer_read(&file, path, &footer)) {
        pilot_number_text(footer.blob.number, number);
        fail("%s is signed already, by key %s: sign the file as it was before", path, number);
    }
    if (target)
        pilot_join(signature, pilot_temporary(), "signature");
    else
        add_suffix(signature, path, ".sig");
    pilot_command_add(&command, "signify-openbsd");
    pilot_command_add(&command, "-S");
    add_source(&command, "-s", request.secret);
    add_source(&command, "-m", path);
    add_path(&command, "-x", signature);
    run_signify(&command, "sign");
    check(&file, signature, request.secret, &footer);
    if (target) {
        file.bytes = realloc(file.bytes, file.length + sizeof footer);
        if (!file.bytes)
            fail("out of memory for the %zu bytes of %s", file.length, path);
        memcpy(file.bytes + file.length, &footer, sizeof footer);
        file.length += sizeof footer;
        pilot_file_replace(target, &file);
    }
    pilot_number_text(footer.blob.number, number);
    printf("%s: signed by key %s\n", target ? target : signature, number);
    free(file.bytes);
    return 0;
}
