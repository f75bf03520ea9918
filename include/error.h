/*
 * error: the one list of error codes.
 *
 * Values are negative, so a function can return a count or an error in one int.
 * 0 or a positive count is success. error_name() gives the word for the log.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ERROR_H
#define ERROR_H

enum error {
    ERROR_INVALID = -1,     /* an argument or a field is outside what it may be */
    ERROR_TIMEOUT = -2,     /* the deadline passed first */
    ERROR_IO = -3,          /* the device reported a failure, or data arrived damaged */
    ERROR_ABSENT = -4,      /* nothing there: no card, no device, no such file, no entry */
    ERROR_BUSY = -5,        /* not now: a queue is full or an operation is under way */
    ERROR_TOO_LARGE = -6,   /* it does not fit into the room given */
    ERROR_UNSUPPORTED = -7, /* well formed, but not something this code can do */
    ERROR_CORRUPT = -8,     /* a checksum, digest or structure does not hold */
    ERROR_REFUSED = -9,     /* the other side said no, or policy does */
    ERROR_NO_MEMORY = -10,  /* a pool or the heap is exhausted */
    ERROR_STALLED = -11,    /* USB: the endpoint answered STALL */
    ERROR_CANCELLED = -12,  /* ended by our own side before it was done */
};

/*
 * Returns the name of an error code without its prefix, in lower case ("timeout"),
 * "ok" for 0 and positive values, "unknown error" for any other value.
 * The string is constant. Callable from anywhere.
 */
const char *error_name(int status);

#endif
