/*
 * tftp_options: the two TFTP packets that carry options.
 *
 * The request (RFC 1350) with what we offer (RFC 2347: names and values as text), and the
 * server's answer to it, the OACK. The grammar of the answer is taken strictly: whole
 * names, whole decimal values, nothing we did not offer, nothing twice, the last byte a
 * NUL. A server that breaks it is told so (ERROR 8) and asked with fewer options.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TFTP_OPTIONS_H
#define TFTP_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#define TFTP_PACKET_MAX    512 /* the longest packet a client sends (RFC 2347) */
#define TFTP_BLOCK_DEFAULT 512 /* bytes in a block unless blksize was agreed */
#define TFTP_BLOCK_MIN     8   /* RFC 2348 */

enum tftp_option {
    TFTP_BLKSIZE = 1u << 0,    /* RFC 2348 */
    TFTP_TSIZE = 1u << 1,      /* RFC 2349 */
    TFTP_TIMEOUT = 1u << 2,    /* RFC 2349 */
    TFTP_WINDOWSIZE = 1u << 3, /* RFC 7440 */
    TFTP_UTIMEOUT = 1u << 4,   /* tftp-hpa: timeout in microseconds */
};

struct tftp_options {
    unsigned present; /* enum tftp_option, ored: offered, or answered */
    uint32_t block_bytes;
    uint32_t window_blocks;
    uint32_t timeout_s;  /* after which the server repeats itself */
    uint32_t timeout_us; /* the same, for servers that know utimeout */
    uint64_t file_bytes; /* tsize; 0 in an offer, 0 in an answer = not known */
};

/*
 * Writes the read request for file in octet mode, with the options in offer->present.
 * Returns its length, ERROR_INVALID (file is empty) or ERROR_TOO_LARGE (it does not fit
 * into TFTP_PACKET_MAX bytes); packet is TFTP_PACKET_MAX bytes.
 */
int tftp_options_write(uint8_t *packet, const char *file, const struct tftp_options *offer);

/*
 * Reads an OACK (length bytes, opcode included and already looked at). agreed gets the
 * values that hold from now on; an option the server left out gets RFC 1350's value
 * (block 512, window 1). A tsize over 2^64 - 1 is taken as 2^64 - 1.
 * Returns 0 or ERROR_INVALID; reason (capacity bytes) then names the field and the value
 * in a short phrase, fit for a terminal, and agreed holds nothing useful.
 */
int tftp_options_read(const uint8_t *bytes, size_t length, const struct tftp_options *offer,
                      struct tftp_options *agreed, char *reason, size_t capacity);

/* Copies text of at most length bytes, up to its first NUL, into to (capacity bytes, 1 or
 * more) and ends it with NUL; what is not a printable ASCII character becomes '.'. */
void tftp_text_copy(char *to, size_t capacity, const uint8_t *text, size_t length);

#endif
