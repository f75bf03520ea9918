/*
 * configuration: what the user wants, from pilot.conf and from the boot arguments.
 *
 * "key = value" lines; docs/configuration.md is the user's page. A wrong line costs only
 * itself: it is reported with line and column, its key keeps the value it had, and
 * reading goes on.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CONFIGURATION_H
#define CONFIGURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "boot_tags.h"
#include "net.h"

#define CONFIGURATION_FILE          "pilot.conf"
#define CONFIGURATION_BYTES_MAX     4096 /* what is longer is not read further */
#define CONFIGURATION_ERRORS_MAX    8    /* errors reported per file; then one says how many more */
#define CONFIGURATION_ARGUMENTS_MAX 256  /* bytes of the arguments line, with its NUL */
#define CONFIGURATION_SERVICE_MAX   32   /* bytes of a service's name, with its NUL */
#define CONFIGURATION_PATH_MAX      64   /* bytes of a file's name on the card, with its NUL */
#define CONFIGURATION_BOOTARGS_MAX  512  /* bytes, with the NUL */

enum configuration_source {
    CONFIGURATION_SLOTS,   /* the slot store on the card */
    CONFIGURATION_SD,      /* a file of the card's FAT partition */
    CONFIGURATION_NETWORK, /* TFTP */
    CONFIGURATION_IMAGE,   /* another system, from the FAT partition: image, initrd, bootargs */
};
#define CONFIGURATION_SOURCES 4

/* What a service's exit with status 0 means. */
enum configuration_exit {
    CONFIGURATION_EXIT_WAIT,    /* stay, answer pushes */
    CONFIGURATION_EXIT_RESTART, /* start it again */
    CONFIGURATION_EXIT_OFF,     /* power off */
};

/* What becomes of a crashed service's core file, beside being kept in RAM. */
enum configuration_core { CONFIGURATION_CORE_KEEP, CONFIGURATION_CORE_SEND };

struct configuration {
    enum configuration_source sources[CONFIGURATION_SOURCES]; /* in the order to try */
    unsigned source_count;

    bool is_static; /* network = static: address and mask are set */
    struct net_address address, mask, gateway, dns;
    struct net_address server; /* TFTP server; 0.0.0.0 = what DHCP says */

    char file[NET_NAME_MAX];                     /* what to boot; "" = not said */
    char service[CONFIGURATION_SERVICE_MAX];     /* "" = not said */
    char arguments[CONFIGURATION_ARGUMENTS_MAX]; /* for the service, one line */

    char image[CONFIGURATION_PATH_MAX];        /* another system's; "" = not said */
    char initrd[CONFIGURATION_PATH_MAX];       /* "" = none */
    char bootargs[CONFIGURATION_BOOTARGS_MAX]; /* for image; "" = as the firmware passed them */

    uint32_t tries;          /* starts an installed image has to confirm itself, 1 ... 15 */
    enum boot_deploy deploy; /* whose images may be pushed: off, signed, any */
    bool warm;               /* devices are handed over running */
    uint32_t watchdog_ms;    /* a service starts with this watchdog; 0 = none */
    uint32_t confirm_ms; /* how long a service has to confirm, unless its note says; 0 = for ever */
    enum configuration_exit exit;
    enum configuration_core core; /* send: to the boot server by TFTP */
    struct net_address syslog;    /* the log goes there live; 0.0.0.0 = nowhere */

    uint32_t wait_ms; /* how long a source may get nowhere before the next is tried */
    enum board_card_host card_host;
};

/* Receives one sentence about one thing that was wrong, fit for a terminal. */
typedef void configuration_report(void *context, const char *sentence);

/* Counts what is wrong with one text, and tells the first of it. report may be null. */
struct configuration_errors {
    configuration_report *report;
    void *context;
    unsigned count;
};

/* One more: the sentence 'where: "what" why', unless CONFIGURATION_ERRORS_MAX were told.
 * what: length bytes of anything, shown cut and as printable ASCII. */
void configuration_complain(struct configuration_errors *errors, const char *where,
                            const char *what, size_t length, const char *why);

/* Fills in what holds when nobody says anything: slots, SD, then network; DHCP. */
void configuration_defaults(struct configuration *configuration);

/*
 * Reads text (length bytes, no NUL needed) over what configuration holds. Lines end in LF
 * or CR LF; a UTF-8 byte order mark is skipped. name is the file's, for the sentences:
 * "pilot.conf:3:11: \"10.0.0\" is not an IPv4 address like 192.0.2.1".
 * Returns the number of things that were wrong; report may be null.
 */
unsigned configuration_read(struct configuration *configuration, const char *name, const char *text,
                            size_t length, configuration_report *report, void *context);

/*
 * Sets one key, as a line "key = value" would.
 * Neither needs a NUL. Returns 0; ERROR_ABSENT (no such key) or ERROR_INVALID (value) and
 * why, a short phrase (constant, without the value), says what is expected instead.
 */
int configuration_set(struct configuration *configuration, const char *key, size_t key_length,
                      const char *value, size_t value_length, const char **why);

/* The check across keys, for when all of them were read: static without address or mask
 * becomes dhcp; deploy = signed stays as it is, but refuses all in a loader that has no public
 * keys. Returns false, and why in a sentence, if there is something to say. */
bool configuration_check(struct configuration *configuration, bool has_keys, const char **why);

/* What to boot: the file that was set, else the service's name with ".elf" behind it, else
 * "". Written to name (NET_NAME_MAX bytes). */
void configuration_file(const struct configuration *configuration, char *name);

#endif
