/*
 * images: the files of the workload, and the judge that decides whether one may be started.
 *
 * Each is signed with Ed25519 by a key that the judge has, or is flawed in one way. The judge
 * asks loader/signature.h about every file it is shown; what it was told about a file of the
 * workload it remembers, and looks it up by all of its bytes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef IMAGES_H
#define IMAGES_H

#include "slot_boot.h"

enum image_name {
    DNS_1,
    DNS_2,
    DNS_3,
    DNS_4,
    DNS_OLD,      /* its security counter is below that of DNS_3 */
    DNS_ALTERED,  /* one bit, after it was signed */
    DNS_FORGED,   /* signed by a stranger */
    DNS_UNSIGNED, /* has no signature at all */
    ECHO_1,
    ECHO_2,
    ECHO_3,
    ECHO_PROBE, /* installed when all is over, to see that one still can */
    DNS_PROBE,
    IMAGES,
};

struct image {
    struct slot_image about;
    bool is_good; /* signed as it must be */
    bool is_probe;
    uint8_t *bytes; /* 4-byte aligned, with room to a whole block */
};

/* Largest, and room for whole blocks. */
#define IMAGE_BYTES_MAX (24 * SLOT_BLOCK_BYTES)

extern struct image images[IMAGES];

void images_make(void);
void images_free(void);

/* Which one it is; -1: none of them. */
int images_find(const void *file, size_t length);

/* May it be started where the floor is that? */
bool images_may_start(int image, uint32_t floor);

struct image_judge {
    struct slot_judge judge; /* first */
    int passed;              /* what was judged good last; -1: nothing */
    bool is_told;            /* print what it says */
};

void image_judge_init(struct image_judge *self);

#endif
