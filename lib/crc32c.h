/*
 * crc32c: CRC-32C (Castagnoli, reflected polynomial 0x82f63b78), as in RFC 3720 B.4.
 *
 * Two implementations, chosen by the linker: lib/crc32c.c (tables, any machine) and
 * board/aarch64/crc32c.c (the A53's instructions).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CRC32C_H
#define CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continues crc (0 at the beginning) over length bytes; returns the CRC so far.
 * crc32c(0, "123456789", 9) is 0xe3069283. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t length);

#endif
