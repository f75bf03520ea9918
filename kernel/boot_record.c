/*
 * boot_record: entry registers -> transfer list and FDT -> struct boot_record.
 *
 * Reference: FirmwareHandoff/firmware_handoff, register_conventions.rst (AArch64).
 * Not done: argc and argv of U-Boot's bootelf and go.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "boot_record.h"

#include <string.h>

#include "bytes.h"
#include "error.h"
#include "memory.h"
#include "random.h"
#include "transfer_list.h"

/* Larger lists and FDTs than this are not believed. */
#define LARGEST_BYTES MEMORY_BLOCK_BYTES
/* bootelf and go put argc where others put an address. */
#define LOWEST_ADDRESS 4096

#define FDT_MAGIC        0xd00dfeedu
#define FDT_HEADER_BYTES 40u

static void *address_to_pointer(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

/* Copies an entry of fixed size; *to stays as it is when there is none. */
static void copy_entry(const void *list, enum boot_tag tag, void *to, size_t bytes)
{
    size_t length;
    const void *from = transfer_list_find(list, tag, bytes, &length);

    if (from)
        memcpy(to, from, bytes);
}

static void read_memory(struct boot_record *record, const void *list)
{
    size_t length;
    const struct boot_memory *memory =
        transfer_list_find(list, BOOT_TAG_MEMORY, sizeof *memory, &length);

    if (!memory)
        return;
    for (size_t i = 0; i < length / sizeof *memory; i++) {
        if (memory[i].kind != BOOT_MEMORY_FREE || record->free_count == BOOT_RECORD_FREE_MAX)
            continue;
        record->free[record->free_count++] = (struct board_range){memory[i].base, memory[i].bytes};
    }
}

/* A seed that stays readable is none. The list's CRC does not hold from here on. */
static void use_seed(void *list)
{
    size_t length;
    const uint8_t *seed = transfer_list_find(list, BOOT_TAG_SEED, 1, &length);

    if (!seed)
        return;
    random_mix(seed, length);
    memset((uint8_t *)list + (seed - (const uint8_t *)list), 0, length);
}

void boot_record_read(struct boot_record *record, void *list, size_t list_bytes)
{
    size_t length;

    record->list = list;
    record->list_bytes = list_bytes;
    copy_entry(list, BOOT_TAG_LOADER, &record->loader, sizeof record->loader);
    copy_entry(list, BOOT_TAG_SERVICE, &record->service, sizeof record->service);
    record->service.name[sizeof record->service.name - 1] = '\0';
    record->service.location[sizeof record->service.location - 1] = '\0';
    copy_entry(list, BOOT_TAG_RESET, &record->reset, sizeof record->reset);
    copy_entry(list, BOOT_TAG_IMAGE, record->image_digest, sizeof record->image_digest);
    copy_entry(list, BOOT_TAG_GUARD, &record->guard, sizeof record->guard);
    copy_entry(list, BOOT_TAG_UPLOAD, &record->upload, sizeof record->upload);
    copy_entry(list, BOOT_TAG_CRASH, &record->crash, sizeof record->crash);
    record->crash.name[sizeof record->crash.name - 1] = '\0';
    record->crash.version[sizeof record->crash.version - 1] = '\0';
    record->crash.what[sizeof record->crash.what - 1] = '\0';
    /* A list without its integrity entry is none of our loader's: nothing to take over. */
    hand_over_read(list, list_bytes, &record->over);
    read_memory(record, list);
    record->arguments = transfer_list_find(list, BOOT_TAG_ARGUMENTS, 1, &length);
    record->arguments_bytes = record->arguments ? length : 0;
    record->timestamps =
        transfer_list_find(list, BOOT_TAG_TIMESTAMPS, sizeof *record->timestamps, &length);
    if (record->timestamps)
        record->timestamp_count = (unsigned)(length / sizeof *record->timestamps);
    record->fdt = transfer_list_find(list, BOOT_TAG_FDT, FDT_HEADER_BYTES, &length);
    if (record->fdt)
        record->fdt_bytes = (uint32_t)length;
    use_seed(list);
}

/* Takes x0 for an FDT if it looks like one: aligned, with the magic number. */
static void find_fdt(struct boot_record *record, uint64_t address)
{
    const uint8_t *header = address_to_pointer(address);
    uint32_t bytes;

    if (address < LOWEST_ADDRESS || address % 8 != 0)
        return;
    memory_map_block(address, FDT_HEADER_BYTES);
    bytes = bytes_be32(header + 4);
    if (bytes_be32(header) != FDT_MAGIC || bytes < FDT_HEADER_BYTES || bytes > LARGEST_BYTES)
        return;
    memory_map_block(address, bytes);
    record->fdt = header;
    record->fdt_bytes = bytes;
}

int boot_record_find(struct boot_record *record, uint64_t x0, uint64_t x1, uint64_t x3)
{
    int64_t used = 0;

    memset(record, 0, sizeof *record);
    if (x1 == TRANSFER_LIST_X1 && x3 >= LOWEST_ADDRESS) {
        void *list = address_to_pointer(x3);

        memory_map_block(x3, LARGEST_BYTES);
        used = transfer_list_check(list, LARGEST_BYTES);
        if (used > 0)
            boot_record_read(record, list, (size_t)used);
    }
    if (!record->fdt)
        find_fdt(record, x0);
    return used < 0 ? (int)used : 0;
}
