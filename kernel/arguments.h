/*
 * arguments: the service's argv, from the boot-info block or from the FDT's bootargs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <stddef.h>

#define ARGUMENTS_MAX 33 /* argv[0] included */

/*
 * Takes strings that stand one after another, each ended by a NUL (BOOT_TAG_ARGUMENTS),
 * into argv[1] and on; argv points into bytes. argv has room for ARGUMENTS_MAX + 1;
 * argv[0] is left alone, the last is followed by a null pointer. Returns argc (1 or
 * more), ERROR_CORRUPT (the last string does not end) or ERROR_TOO_LARGE (too many);
 * argc is then taken as 1.
 */
int arguments_from_list(const char **argv, const char *bytes, size_t length);

/*
 * The same from a command line: the words behind the word "--" are the service's (as the
 * Linux kernel leaves them to init), those before it are the firmware's and of no concern
 * to us. Words are separated by blanks; double quotes group, as in the loader's reading of
 * the same line (docs/configuration.md). Writes into text.
 * Returns argc or ERROR_TOO_LARGE.
 */
int arguments_from_bootargs(const char **argv, char *text);

#endif
