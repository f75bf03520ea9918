/*
 * memory: the address map of the running program.
 *
 * At the first C function only the program's own image (text executable and read-only,
 * constants read-only, data writable and not executable, a hole below the stack), the
 * 2 MiB blocks that the entry registers point into, and the peripherals are mapped.
 * Everything is mapped at its physical address.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdint.h>

#define MEMORY_BLOCK_BYTES 0x200000u

/*
 * Maps the 2 MiB blocks that lie wholly in [base, base + bytes) as ordinary memory:
 * cacheable, writable, not executable. In the block where the image ends, which is mapped
 * in pages, the pages that lie wholly in the range and behind the image are mapped too.
 * What is mapped already keeps its map; what lies at 0x3f000000 or above is left out.
 */
void memory_map_ram(uint64_t base, uint64_t bytes);

/* The same for the blocks (in the image's last block: the pages) that touch [address,
 * address + bytes): for reading data somebody pointed us to. */
void memory_map_block(uint64_t address, uint64_t bytes);

/* Takes the 2 MiB block that holds address out of the map again, if it was mapped by the
 * functions above: for what was only needed once. */
void memory_unmap_block(uint64_t address);

#endif
