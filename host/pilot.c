/*
 * pilot: the command a developer uses beside the board. Each subcommand is a file.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "pilot.h"

static const char help[] =
    "pilot " PILOTLIGHT_VERSION ": boots, deploys and examines Pilotlight services\n"
    "\n"
    "  pilot run SERVICE | --card card.img [options] [-- arguments to the service]\n"
    "      boots QEMU's raspi3b: the loader fetches SERVICE over the network and starts\n"
    "      it; log on the terminal, Ctrl-C ends it. No root needed.\n"
    "      --sd                 from an SD card image made for the purpose, not over TFTP\n"
    "      --card card.img      everything from a card image of pilot sdcard, its loader too;\n"
    "                           what is written to the card stays in it; implies --stay\n"
    "      --sd-host emmc|sdhost  the controller that has the card (default emmc)\n"
    "      -p, --port N[,N...]  forwards further UDP ports of the service (7 and 53 always are)\n"
    "      --port1 | --hub      network adapter at the root port (default) or behind a hub\n"
    "      --watch              and deploy it anew whenever its sources change\n"
    "      --stay               go on when the service crashes, hangs or ends\n"
    "      -v                   print every command that is run\n"
    "  pilot deploy SERVICE [BOARD] [--wait | --persist]\n"
    "      pushes SERVICE to a running board and waits until it answers there\n"
    "      --wait               and until it is confirmed: the board keeps it in RAM\n"
    "      --persist            into the free slot of its card; waits until it is kept or\n"
    "                           rolled back\n"
    "  pilot sdcard card.img [--service [NAME=]FILE]... [--default NAME] [options]\n"
    "      makes a card image: the loader, pilot.conf, and services in slots\n"
    "      --key KEY.pub        whose signatures the card's loader wants; up to 4 times\n"
    "      --firmware[=FOLDER]  and a Pi 3's firmware, for a real card (make firmware)\n"
    "      --conf FILE | KEY=VALUE  pilot.conf, or lines of it\n"
    "      --image FILE [--initrd FILE]  another system, to be started from the card\n"
    "      --size N[M|G]        of the image; a power of two\n"
    "      --force              replaces an image that is there\n"
    "  pilot slots [BOARD | card.img]\n"
    "      services, slots, versions, states and tries of a card\n"
    "  pilot select [BOARD | card.img] SERVICE [--once | --default]\n"
    "      runs another service of the card: now; --once: at the next start; --default:\n"
    "      at every start from then on\n"
    "  pilot watch SERVICE [BOARD] [--make 'command']\n"
    "      builds and deploys SERVICE whenever its sources change; a file, whenever\n"
    "      that changes\n"
    "      --make 'command'     how to build it, from the sources in this folder\n"
    "  pilot log [BOARD] [-n | --no-follow]\n"
    "      the log the board has kept, then live; -n: not live\n"
    "  pilot core [BOARD] [-o FILE]\n"
    "      fetches the core file of the last crash, and says how to open it\n"
    "  pilot status [BOARD]\n"
    "      what runs there\n"
    "  pilot selftest [BOARD] [--timeout S] [--no-reset] [--corrupt CHECK]\n"
    "      has a board examine itself, and resets it; 0 only if no check failed\n"
    "      --timeout S          for each of its two parts (default 180)\n"
    "      --no-reset           leaves out what wants a reset: a pushed service survives\n"
    "      --corrupt CHECK|all  has it find a changed byte: it must fail\n"
    "  pilot info SERVICE [--key KEY.pub ...]\n"
    "      what the loader would say of the file, if it has these keys\n"
    "  pilot keygen NAME [-n]\n"
    "      makes a key pair, NAME.pub and NAME.sec; -n: without a passphrase\n"
    "  pilot sign FILE --key NAME.sec [--append | -o SIGNED]\n"
    "      writes FILE.sig; --append: behind FILE itself; -o: behind a copy of it\n"
    "  pilot key LOADER [--add NAME.pub] [--remove NUMBER]\n"
    "      the keys of a loader's image (build/kernel8.img): lists or changes them\n"
    "  pilot help\n"
    "\n"
    "SERVICE is the name of one that was built (dns), or a file (path/to/any.elf).\n"
    "BOARD is a name or an IPv4 address, as in 192.0.2.7 or 192.0.2.7:69; without one it\n"
    "is the machine that pilot run has started.\n";

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

/* A bug of ours: the loader's code found something that cannot be. */
void check_failed(const char *condition, const char *file, int line)
{
    fflush(stdout);
    fprintf(stderr, "pilot: %s:%d: it does not hold that %s; this is a bug in pilot\n", file, line,
            condition);
    abort();
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", pilot_run},       {"deploy", pilot_deploy},     {"watch", pilot_watch},
    {"log", pilot_log},       {"core", pilot_core},         {"status", pilot_status},
    {"info", pilot_info},     {"sdcard", pilot_sdcard},     {"sign", pilot_sign},
    {"keygen", pilot_keygen}, {"key", pilot_key},           {"slots", pilot_slots},
    {"select", pilot_select}, {"selftest", pilot_selftest},
};

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

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(command, commands[i].name) == 0)
            return commands[i].run(argc - 2, argv + 2);
    }
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
