/*
 * pilot: the command a developer uses beside the board. Each subcommand is a file.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pilot.h"

static const char help[] =
    "pilot " PILOTLIGHT_VERSION ": boots and examines Pilotlight services\n"
    "\n"
    "  pilot run SERVICE [options] [-- arguments to the service]\n"
    "      boots QEMU's raspi3b: the loader fetches SERVICE over the network and starts\n"
    "      it; log on the terminal, Ctrl-C ends it. No root needed.\n"
    "      --sd                 from an SD card image made for the purpose, not over TFTP\n"
    "      --sd-host emmc|sdhost  the controller that has the card (default emmc)\n"
    "      -p, --port N[,N...]  forwards further UDP ports of the service (7 and 53 always are)\n"
    "      --port1 | --hub      network adapter at the root port (default) or behind a hub\n"
    "      -v                   print every command that is run\n"
    "  pilot info SERVICE\n"
    "      what the loader would say of the file\n"
    "  pilot help\n"
    "\n"
    "SERVICE is the name of one that was built (dns), or a file (path/to/any.elf).\n";

_Noreturn void fail(const char *format, ...)
{
    va_list arguments;

    fflush(stdout);
    fputs("pilot: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

int main(int argc, char **argv)
{
    const char *command;

    /* Also before the command, where other programs want it. */
    if (argc > 1 && strcmp(argv[1], "-v") == 0) {
        pilot_verbose = true;
        argc--;
        argv++;
    }
    command = argc > 1 ? argv[1] : "help";

    if (strcmp(command, "run") == 0)
        return pilot_run(argc - 2, argv + 2);
    if (strcmp(command, "info") == 0)
        return pilot_info(argc - 2, argv + 2);
    if (strcmp(command, "help") == 0 || strcmp(command, "--help") == 0 ||
        strcmp(command, "-h") == 0) {
        fputs(help, stdout);
        return argc > 1 ? 0 : 1;
    }
    if (command[0] == '-')
        fail("there is no option %s in front of the command; those of run stand behind it",
             command);
    fail("there is no command %s; pilot help lists them", command);
}
