/*
 * files: the board's TFTP files while a service runs (net/net_files.h has the server).
 *
 * Written can be:
 *   any name   the push of an image: it goes into the upload area, the loader that stands guard
 *              says whether it would start it, and then the machine is handed back to start
 *              it. The service goes on meanwhile; it stands still while the loader hashes it
 *   slot/NAME  the same, and the loader writes it into the free slot of its service first
 *   select     "SERVICE now|once|always": which service of the card is started (lib/card_files.h)
 * Read can be:
 *   status   what runs here, "key = value" lines: docs/redeploy.md
 *   log      what loader and services said, oldest first
 *   core     the service that crashed last, as an ELF core
 *   slots    what is on the card
 *   live     net_files' own
 *   others   what the service publishes (published.h)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net_files.h"

struct boot_record;
struct service_info;

/* Opens the server: the network is there. All arguments are kept. started_us: when the service
 * began. Failures are logged. */
void files_start(const struct service_info *info, const struct boot_record *record,
                 uint64_t started_us);

/* True if the name is one of the files above, none that a service can publish. */
bool files_is_taken(const char *name);

/* True while files_poll may have something to do: a load and a compare in the path of each
 * packet. */
static inline bool files_are_active(void)
{
    return __builtin_expect(net_files_active, false);
}

/* Does what is due, after each net_poll. Does not return when an image was pushed. */
void files_poll(void);

/* When files_poll must be called at the latest; CLOCK_NEVER. */
uint64_t files_deadline_us(void);

#endif
