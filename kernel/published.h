/*
 * published: the files that the service offers over the board's TFTP server (service_publish).
 *
 * A reader remembers the edition with which it began. Every change makes a new one, so bytes
 * that were taken back are never read, and a file that was replaced does not come half and half.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PUBLISHED_H
#define PUBLISHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct published {
    char name[32]; /* "": nothing is published here */
    const uint8_t *bytes;
    size_t length;
    uint32_t edition;
};

/* The file of that name, or null. Valid for good; what is in it as long as its edition. */
const struct published *published_find(const char *name);

/* The name in each of SERVICE_PUBLISHED_MAX places; "": none. */
const char *published_name(unsigned index);

#endif
