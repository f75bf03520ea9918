/*
 * pilot_machine: QEMU's raspi3b with the loader in it, for pilot run.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PILOT_MACHINE_H
#define PILOT_MACHINE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PILOT_MACHINE_FORWARDS_MAX 16

/* A UDP port of the service and the one of 127.0.0.1 that leads to it. Each port once:
 * QEMU takes the answers of two forwards to one port for those of the first. */
struct pilot_forward {
    uint16_t port;
    bool is_shown; /* when the service is ready; nothing to the machine */
    uint16_t here;
};

struct pilot_machine {
    /* What to start; set by the caller. */
    const char *elf;     /* path of the service; null: what is on the card */
    const char *card;    /* path of a card image, which has the loader too; or null */
    bool from_card;      /* elf, from a card made for it; else over TFTP */
    bool card_on_sdhost; /* else on EMMC */
    bool behind_hub;     /* the network adapter; else at the root port */
    int argument_count;  /* to the service */
    char **arguments;
    unsigned forward_count;
    struct pilot_forward forwards[PILOT_MACHINE_FORWARDS_MAX]; /* their port */

    /* What became of it; set by pilot_machine_start. */
    /* and here of all forwards */
    pid_t qemu; /* 0 when it has ended and was waited for */
    int serial; /* the serial output is read here */
};

/* Starts QEMU; it is ended at exit, if it still runs. Fails when it cannot. One per
 * program: the struct stays the caller's and must outlive the program. */
void pilot_machine_start(struct pilot_machine *machine);

#endif
