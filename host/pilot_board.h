/*
 * pilot_board: the board at the other end of the wire, for deploy, log, core and status.
 *
 * All of it is TFTP on one UDP port that every service and the loader in rescue answer
 * (net/net_files.h). The board is not trusted: what it sends is measured before it is
 * used, and cleaned before it is printed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PILOT_BOARD_H
#define PILOT_BOARD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pilot.h"

#define PILOT_BOARD_PORT   69
#define PILOT_REASON_BYTES 512

struct pilot_board {
    struct sockaddr_in address;
    char name[128]; /* as the user said it, for sentences; for our own machine address and port */
};

/* BOARD[:PORT], BOARD a name or an IPv4 address; null: the machine that `pilot run`
 * started, of which there must be one. Fails with a sentence. */
void pilot_board_find(const char *text, struct pilot_board *board);

/* A UDP socket connected to the board: the kernel keeps everybody else's datagrams away.
 * Fails. The caller closes it. */
int pilot_board_socket(const struct pilot_board *board);

/* Leaves word that a machine with this service listens at a port of 127.0.0.1 for as
 * long as this program runs: a file in the temporary folder, locked by us, which is how
 * others tell it from one that was left behind. Removed at exit. */
void pilot_board_announce(const char *service, uint16_t port);

/* Microseconds since some moment. */
uint64_t pilot_now_us(void);

/* Replaces what a terminal could take for a command by dots. */
void pilot_clean(char *text);

/* ---- transfers (pilot_tftp.c) ---------------------------------------------------- */

/* One transfer: what is wanted, and what came of it. */
struct pilot_transfer {
    const struct pilot_board *board;
    const char *file;
    unsigned patience_ms; /* given up after so long without anything new */
    unsigned repeat_ms;   /* between repetitions of the request; 0: 200, doubled at each */

    /* Set by the transfer. */
    uint64_t begun_us; /* the first answer came */
    uint64_t sent_us;  /* write: the last byte had gone out for the first time; else 0 */
    uint64_t ended_us; /* it was over */
    char reason[PILOT_REASON_BYTES]; /* after an error: one sentence, clean */
};

/*
 * Reads the file; *file gets what came, the caller's to free, when it returns 0.
 * Else: ERROR_TIMEOUT (silence), ERROR_ABSENT (no such file), ERROR_REFUSED (the board's
 * own sentence), ERROR_TOO_LARGE (more than limit bytes), ERROR_CORRUPT (an answer that
 * is no TFTP), with a reason, and *file is empty.
 */
int pilot_tftp_read(struct pilot_transfer *transfer, size_t limit, struct pilot_file *file);

/* Writes bytes as the file. Returns 0 when the board has acknowledged the last block, or an error
 * as above. */
int pilot_tftp_write(struct pilot_transfer *transfer, const void *bytes, size_t length);

/* ---- the status file (pilot_status.c) -------------------------------------------- */

/* What we use of it. Texts are clean; "" or -1 when the board does not say. */
struct pilot_status {
    char service[64], version[64], state[32], core_name[64];
    char crash[256], last_end[256], phases[512];
    char sha256[65];              /* of the file of what runs, in hexadecimal; "": not said */
    char slot[8], slot_state[32]; /* of the card, from which it runs; "": not from a slot */
    uint64_t boot_id;             /* 0: not said */
    int64_t answered_after_ms, core_number, core_bytes;
    int64_t tries; /* starts its slot has left */
};

/* Reads and takes apart "status". As pilot_tftp_read; reason: PILOT_REASON_BYTES. */
int pilot_status_read(const struct pilot_board *board, unsigned patience_ms, unsigned repeat_ms,
                      struct pilot_status *status, char *reason);

/* Takes length bytes of "key = value" lines of any content apart. */
void pilot_status_parse(const char *text, size_t length, struct pilot_status *status);

/* True when a service runs there, not the loader in rescue. */
bool pilot_status_has_service(const struct pilot_status *status);

#endif
