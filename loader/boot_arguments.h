/*
 * boot_arguments: what /chosen/bootargs says.
 *
 *     console=ttyAMA0 pilot.server=192.0.2.7 pilot.file=dns.elf -- 100000 "two words"
 *
 * Words pilot.key=value set a key of configuration.h over what pilot.conf said; other
 * words are for others (the firmware adds many) and are passed over. What stands behind
 * the first word "--" are the service's arguments. Double quotes group, also within a
 * word (pilot.arguments="1 2"); they do not nest and there is no escape.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOOT_ARGUMENTS_H
#define BOOT_ARGUMENTS_H

#include <stddef.h>

#include "configuration.h"

#define BOOT_ARGUMENTS_MAX   32  /* arguments for the service */
#define BOOT_ARGUMENTS_BYTES 512 /* all of them, a NUL behind each */

/* An argument vector as BOOT_TAG_ARGUMENTS carries it: strings one after another. */
struct boot_arguments {
    unsigned count;
    size_t length; /* bytes used, NULs included */
    char bytes[BOOT_ARGUMENTS_BYTES];
};

/*
 * Splits one line (length bytes, ended earlier by a NUL) into arguments, behind those
 * already there. Returns 0, ERROR_TOO_LARGE (over BOOT_ARGUMENTS_MAX or _BYTES: the
 * arguments that did fit whole are kept) or ERROR_INVALID (a quote is not closed: the end
 * of the line closes it).
 */
int boot_arguments_split(struct boot_arguments *arguments, const char *line, size_t length);

/*
 * Reads bootargs (length bytes, ended earlier by a NUL) into configuration and arguments.
 * The check across keys (configuration_check) is left to the caller.
 * Without a "--" the arguments are those of configuration's key arguments.
 * At most CONFIGURATION_ERRORS_MAX sentences are reported, as configuration_read does.
 * Returns the number of things that were wrong; report may be null.
 */
unsigned boot_arguments_read(const char *bootargs, size_t length,
                             struct configuration *configuration, struct boot_arguments *arguments,
                             configuration_report *report, void *context);

#endif
