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

#include <stdbool.h>
#include <stdint.h>

#define MEMORY_BLOCK_BYTES 0x200000u

/* RAM ends here at the latest on the boards we run on (BCM2836, BCM2837): peripherals. */
#define MEMORY_RAM_END 0x3f000000u

/* Maps the 2 MiB blocks that lie wholly in [base, base + bytes) as ordinary memory:
 * cacheable, writable, not executable; in a block the image lies in, the pages beside it.
 * What is mapped already keeps its map; what lies at MEMORY_RAM_END or above is left out. */
void memory_map_ram(uint64_t base, uint64_t bytes);

/* The same for the blocks that touch [address, address + bytes): for reading data somebody
 * pointed us to. Returns true if a whole block was mapped that was not before. */
bool memory_map_block(uint64_t address, uint64_t bytes);

/* Takes the 2 MiB block that holds address, which memory_map_block has just mapped, out of
 * the map again: for what was only needed once. */
void memory_unmap_block(uint64_t address);

#endif
