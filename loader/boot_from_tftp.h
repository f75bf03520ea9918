/*
 * boot_from_tftp: the boot source "network".
 *
 * Gives the protocol of tftp.h its sockets and its time. Waits for an address first, so it
 * can be called before DHCP has one.
 *
 * Server: the configuration's, else the lease's. File: the configuration's, else the
 * lease's, else BOOT_FROM_TFTP_FILE; it is asked for as "<serial>/<file>" first, so that
 * one server can keep something else for one board, then as "<file>". A file that begins
 * with '/' is only asked for as it is. A server that says nothing at all to the first name
 * for half of the time is asked whether it is there by the second name; if so, the first
 * gets another half, then the second its turn.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOOT_FROM_TFTP_H
#define BOOT_FROM_TFTP_H

#include "boot_source.h"
#include "configuration.h"
#include "tftp.h"

#define BOOT_FROM_TFTP_FILE "service.elf" /* when nobody names one */

/* Does what is due and waits for something to happen, until deadline_us at the latest. Returns
 * false when the fetch is to be given up: it then ends in ERROR_CANCELLED. */
typedef bool boot_from_tftp_turn(void *context, uint64_t deadline_us);

struct boot_from_tftp {
    struct boot_source source;
    boot_from_tftp_turn *turn;
    void *context;
    const struct configuration *configuration;
    const char *serial;
    struct net_udp *socket; /* of the current attempt, or null */
    struct tftp_client client;
    bool is_complete;             /* the file has arrived; what is left is courtesy to the server */
    int send_error;               /* of the last packet that could not be sent */
    char name[NET_NAME_MAX + 20]; /* "<serial>/<file>" */
    char location[NET_NAME_MAX + 44];
};

/* Makes self a boot source. turn is called with context while it waits. The network must have
 * been started, with net_dhcp_start or net_static, before source.fetch is called. configuration
 * and serial (may be "": no "<serial>/<file>" then) must stay valid as long as self is used. */
void boot_from_tftp_init(struct boot_from_tftp *self, const struct configuration *configuration,
                         const char *serial, boot_from_tftp_turn *turn, void *context);

#endif
