/*
 * image: where the linker put the parts of the running program (loader.ld, service.ld).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdint.h>

/* Hidden: addressed relative to the program counter, never through the GOT, which is not
 * right before the relocations are applied. */
#pragma GCC visibility push(hidden)

struct image_rela { /* Elf64_Rela */
    uint64_t offset;
    uint64_t info;
    int64_t addend;
};

extern const struct image_rela __rela_start[], __rela_end[];
extern const uint64_t __linked_at; /* holds the address the image was linked for */
extern uint8_t __image_start[];    /* 4 KiB aligned; the arm64 Image header */
extern uint8_t __text_end[];       /* what else is in its page is executable too, not writable */
extern uint8_t __data_start[];     /* 4 KiB aligned; read-only data ends here */
extern uint8_t __data_behind_constants[]; /* loader: where start.S copies the data from */
extern uint8_t __data_end[];              /* end of what the file holds */
extern uint8_t __bss_start[];
extern uint8_t __bss_end[];
extern uint8_t __stack_guard[]; /* one page that is never mapped */
extern uint8_t __stack_bottom[];
extern uint8_t __stack_top[];
extern uint8_t __image_end[];

#pragma GCC visibility pop

#endif
