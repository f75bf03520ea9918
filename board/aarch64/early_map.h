/*
 * early_map: the translation tables of the program, from before the MMU on.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef EARLY_MAP_H
#define EARLY_MAP_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE_BYTES          4096u
#define MEMORY_IMAGE_TABLES 4 /* an image is at most 3 x 2 MiB, wherever it lies */

/* Bits of a descriptor (DDI 0487 D5.3.3). */
#define IS_BLOCK           1u
#define IS_TABLE           3u
#define IS_PAGE            3u
#define ATTRIBUTE_DEVICE   (0u << 2)           /* MAIR index 0, and its shareability */
#define ATTRIBUTE_NORMAL   (1u << 2 | 3u << 8) /* MAIR index 1, inner shareable */
#define READ_ONLY          (1u << 7)
#define ACCESSED           (1u << 10)
#define EL2_AP1            (1u << 6) /* RES1 at EL2 */
#define EL2_NO_EXECUTE     ((uint64_t)1 << 54)
#define EL1_NO_EXECUTE     ((uint64_t)1 << 53)
#define EL1_NO_EXECUTE_EL0 ((uint64_t)1 << 54)

enum memory_kind { MEMORY_CODE, MEMORY_CONSTANTS, MEMORY_DATA, MEMORY_DEVICE };

struct memory_tables {
    _Alignas(PAGE_BYTES) uint64_t level2[512];
    _Alignas(PAGE_BYTES) uint64_t level3[MEMORY_IMAGE_TABLES][512];
    _Alignas(PAGE_BYTES) uint64_t level1[4];
};

extern struct memory_tables memory_tables __attribute__((visibility("hidden")));

/* Applies the image's relocations for the image lying at base. MMU off or on. */
void early_relocate(uint64_t base);

/* Builds the tables: image, peripherals, and the 2 MiB blocks that the two pointers (0:
 * none) point into. Returns the level 1 table. MMU off. */
uint64_t early_map(uint64_t pointer0, uint64_t pointer1);

/*
 * Maps [first, last), multiples of PAGE_BYTES, as data, as far as it is below MEMORY_RAM_END
 * and not mapped yet: 2 MiB blocks, and single pages beside the image in the blocks it lies
 * in. touching: a block of which the range holds only a part is mapped whole; otherwise it
 * is left out. MMU off or on. Returns the number of blocks that were mapped.
 */
unsigned early_map_data(uint64_t first, uint64_t last, bool touching);

/* The attribute bits for a kind of memory at the exception level we run at. */
uint64_t early_attributes(enum memory_kind kind);

#endif
