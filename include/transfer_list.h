/*
 * transfer_list: the boot-info block, an Arm Firmware Handoff transfer list.
 *
 * Header, 24 bytes: u32 signature 0x4a0fb10b, u8 checksum, u8 version 1, u8 header
 * size 24, u8 alignment (log2, 3 or more), u32 used size, u32 total size, u32 flags
 * (bit 0: the checksum is in use), u32 0. Then entries at 8-byte boundaries, each u24
 * tag, u8 header size 8, u32 data size, data. The bytes of the used part add up to 0
 * modulo 256. Source: FirmwareHandoff/firmware_handoff, transfer_list.rst.
 * Since 8 bits are little, our first entry (BOOT_TAG_INTEGRITY) carries a CRC-32C.
 *
 * Bytes in, bytes out: no allocation, no pointers into the list are stored in it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TRANSFER_LIST_H
#define TRANSFER_LIST_H

#include <stddef.h>
#include <stdint.h>

#define TRANSFER_LIST_SIGNATURE    0x4a0fb10bu
#define TRANSFER_LIST_VERSION      1
#define TRANSFER_LIST_HEADER_BYTES 24
#define TRANSFER_LIST_ENTRY_BYTES  8
#define TRANSFER_LIST_ALIGNMENT    8

/* The value of x1 at a service's entry: signature, and register convention 1. */
#define TRANSFER_LIST_X1 (((uint64_t)1 << 32) | TRANSFER_LIST_SIGNATURE)

/*
 * Begins an empty list of our own at buffer (8-byte aligned, capacity bytes) with the
 * integrity entry in it. Returns 0, or ERROR_INVALID (alignment), ERROR_TOO_LARGE
 * (capacity holds not even that).
 */
int transfer_list_init(void *buffer, size_t capacity);

/*
 * Appends an entry of length bytes (0 is allowed) and returns where its data stands in
 * the list, 8-byte aligned, or a null pointer when it does not fit (the list is then
 * unchanged). bytes may be null: the data is then zeroed, for the caller to fill in.
 * list: from transfer_list_init.
 */
void *transfer_list_append(void *list, uint32_t tag, const void *bytes, size_t length);

/*
 * Shortens the entry that was appended last to length bytes, which is not more than it
 * has. data: what transfer_list_append returned for it. For data whose size is known
 * only when it is written.
 */
void transfer_list_shrink(void *list, void *data, size_t length);

/* Fills in length, CRC and checksum. After it the list must not change. Returns the
 * used size. */
uint32_t transfer_list_seal(void *list);

/*
 * Checks a list of which the first available bytes may be read: signature, version,
 * sizes, alignment, checksum (the sum, or the exclusive or that the specification's
 * release 1.0 had), every entry inside the used part, and - when the
 * integrity entry is there - length and CRC. Returns the used size, or ERROR_INVALID
 * (signature, version, alignment of list), ERROR_TOO_LARGE (used size over available),
 * ERROR_CORRUPT (anything else that does not hold). Reads nothing beyond available.
 */
int64_t transfer_list_check(const void *list, size_t available);

/*
 * Finds the first entry with tag in a list that transfer_list_check accepted. Returns
 * its data and sets *length, or returns a null pointer when there is none or it is
 * shorter than minimum bytes.
 */
const void *transfer_list_find(const void *list, uint32_t tag, size_t minimum, size_t *length);

#endif
