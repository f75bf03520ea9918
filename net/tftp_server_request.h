/*
 * tftp_server_request: what a client asks of a TFTP server, from the packet it came in.
 *
 * A request is names and values as text (RFC 1350, 2347). What of it can not be served is
 * told in one sentence; an option whose value makes no sense is passed over, as RFC 2347
 * wants of options a server does not know, and the answer to the others is made here.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TFTP_SERVER_REQUEST_H
#define TFTP_SERVER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tftp_server.h"

enum tftp_opcode {
    TFTP_OPCODE_READ = 1,
    TFTP_OPCODE_WRITE = 2,
    TFTP_OPCODE_DATA = 3,
    TFTP_OPCODE_ACK = 4,
    TFTP_OPCODE_ERROR = 5,
    TFTP_OPCODE_OACK = 6,
};

enum tftp_code { /* in an ERROR packet */
                 TFTP_CODE_OTHER = 0,
                 TFTP_CODE_ABSENT = 1,
                 TFTP_CODE_REFUSED = 2,
                 TFTP_CODE_FULL = 3,
                 TFTP_CODE_ILLEGAL = 4,
                 TFTP_CODE_STRANGER = 5,
                 TFTP_CODE_OPTIONS = 8,
};

struct tftp_server_request {
    bool is_write;
    char name[TFTP_SERVER_NAME_MAX]; /* printable ASCII */
    uint32_t block_bytes, window;    /* what is agreed to */
    uint32_t timeout_s;              /* the same; 0: not asked for */
    int64_t announced;  /* tsize of a write; -1: not, or 0, which curl says of a pipe */
    size_t oack_length; /* 0: no option is answered */
    uint8_t oack[TFTP_SERVER_OACK_MAX];
};

/* Reads a request (length bytes, opcode included and already looked at). Returns 0, or the
 * enum tftp_code of the ERROR (never 0) and reason, TFTP_SERVER_REASON_BYTES. */
int tftp_server_request_read(struct tftp_server_request *request, const uint8_t *bytes,
                             size_t length, char *reason);

/* Copies text up to its NUL or its end, cut to fit, with every byte that is not printable
 * ASCII as '.': it may go to a terminal. */
void tftp_server_clean(char *to, size_t capacity, const void *text, size_t length);

#endif
