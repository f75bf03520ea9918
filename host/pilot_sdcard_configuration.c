/*
 * pilot_sdcard_configuration: pilot.conf for a card image.
 *
 * One that is given is taken as it is; without one a short one is written that says what can be
 * changed. --conf KEY=VALUE and --image add lines behind it, and the last of a key counts.
 * The loader's own code reads the result: what it would complain of is refused here.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "configuration.h"
#include "error.h"
#include "pilot_board.h"
#include "pilot_sdcard.h"
#include "signature.h"

_Static_assert(sizeof((struct sdcard *)0)->configuration == CONFIGURATION_BYTES_MAX + 1,
               "as much as the loader reads");

static void __attribute__((format(printf, 2, 3))) add(struct sdcard *card, const char *format, ...)
{
    size_t room = sizeof card->configuration - card->configuration_length;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(card->configuration + card->configuration_length, room, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= room)
        fail("pilot.conf gets longer than the %d bytes a loader reads", CONFIGURATION_BYTES_MAX);
    card->configuration_length += (size_t)length;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void write_ours(struct sdcard *card)
{
    add(card, "# What the loader on this card does; every key can be left out. Made by pilot\n"
              "# sdcard. A line that is wrong is named on the serial line and passed over.\n\n");
    add(card, "# Where to look for something to start, and in which order:\n"
              "# slots: the services installed on this card; sd: a file of this partition;\n"
              "# network: by TFTP; image: another system, a file of this partition.\n");
    add(card, "sources = %s%snetwork\n\n",
        card->service_count > 0 || !card->system ? "slots, " : "", card->system ? "image, " : "");
    add(card, "# An address of its own (else by DHCP), and a server to fetch from:\n"
              "#network = static\n#address = 192.0.2.7\n#mask = /24\n#server = 192.0.2.1\n\n");
    add(card, "# Arguments of the service:\n#arguments = 100000 \"two words\"\n\n");
    add(card, "# Whose images may be pushed to the board: off, signed or any.\n#deploy = off\n");
}

static void take_theirs(struct sdcard *card)
{
    struct pilot_file file = pilot_file_read(card->configuration_path);

    if (file.length > CONFIGURATION_BYTES_MAX)
        fail("--conf %s has %zu bytes, and a loader reads %d", card->configuration_path,
             file.length, CONFIGURATION_BYTES_MAX);
    if (memchr(file.bytes, '\0', file.length))
        fail("--conf %s is no text: it has a byte 0", card->configuration_path);
    memcpy(card->configuration, file.bytes, file.length);
    card->configuration_length = file.length;
    if (file.length > 0 && file.bytes[file.length - 1] != '\n')
        add(card, "\n");
    free(file.bytes);
}

/* The sentences come here; the first of them ends the program. */
static void complain(void *context, const char *sentence)
{
    (void)context;
    fail("%s", sentence);
}

static bool has_source(const struct configuration *configuration, enum configuration_source source)
{
    for (unsigned i = 0; i < configuration->source_count; i++) {
        if (configuration->sources[i] == source)
            return true;
    }
    return false;
}

/* Whether part of a value would be a comment, behind "key = ". */
static bool has_comment(const char *value)
{
    for (const char *at = value; (at = strchr(at, '#')) != NULL; at++) {
        if (at == value || at[-1] == ' ' || at[-1] == '\t' || at[-1] == '\r')
            return true;
    }
    return false;
}

static void add_settings(struct sdcard *card)
{
    struct configuration ignored;
    const char *why;

    configuration_defaults(&ignored);
    if (card->setting_count > 0)
        add(card, "\n# From the command line:\n");
    for (unsigned i = 0; i < card->setting_count; i++) {
        const char *setting = card->settings[i], *equals = strchr(setting, '=');
        int status;

        if (strchr(setting, '\n'))
            fail("--conf %.*s: its value has a line feed", (int)(equals - setting), setting);
        if (has_comment(equals + 1))
            fail("--conf %s: in pilot.conf a # behind a blank begins a comment", setting);
        status = configuration_set(&ignored, setting, (size_t)(equals - setting), equals + 1,
                                   strlen(equals + 1), &why);
        if (status == ERROR_ABSENT || (status < 0 && equals[1] == '\0'))
            fail("--conf %s: \"%.*s\" %s", setting, (int)(equals - setting), setting, why);
        if (status < 0)
            fail("--conf %s: \"%s\" %s", setting, equals + 1, why);
        add(card, "%.*s = %s\n", (int)(equals - setting), setting, equals + 1);
    }
}

/* A line of the user's own, behind ours, may name another file than the option did. */
static void check_file(const char *option, const char *path, const char *key, const char *named)
{
    if (path && strcasecmp(named, file_name(path)) != 0)
        fail("pilot.conf: %s = %s, so %s %s would not be used", key, named, option, path);
}

/* What is on the card and what the configuration says must not miss each other. */
static void check_whole(struct sdcard *card, struct configuration *configuration)
{
    const char *why;

    if (!configuration_check(configuration, signature_key_count(&card->table, NULL) > 0, &why))
        fail("pilot.conf: %s", why);
    if (card->service_count > 0 && !has_source(configuration, CONFIGURATION_SLOTS))
        fail("pilot.conf: sources does not have slots, so no --service would be started");
    if (card->system && !has_source(configuration, CONFIGURATION_IMAGE))
        fail("pilot.conf: sources does not have image, so --image would not be started");
    check_file("--image", card->system, "image", configuration->image);
    check_file("--initrd", card->initrd, "initrd", configuration->initrd);
    card->tries = configuration->tries;
}

void sdcard_configuration_prepare(struct sdcard *card)
{
    struct configuration configuration;
    char name[32] = "pilot.conf";

    configuration_defaults(&configuration);
    if (card->configuration_path) {
        take_theirs(card);
        snprintf(name, sizeof name, "%s", file_name(card->configuration_path));
        pilot_clean(name);
    } else {
        write_ours(card);
    }
    /* Before lines of ours are added: places are those of the user's file. */
    configuration_read(&configuration, name, card->configuration, card->configuration_length,
                       complain, NULL);
    if (card->system)
        add(card, "\n# The other system:\nimage = %s\n", file_name(card->system));
    if (card->initrd)
        add(card, "initrd = %s\n", file_name(card->initrd));
    add_settings(card);
    configuration_defaults(&configuration);
    configuration_read(&configuration, "pilot.conf", card->configuration,
                       card->configuration_length, complain, NULL);
    check_whole(card, &configuration);
}
