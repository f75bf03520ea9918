/*
 * boot_info_bench: a loader that knows something of everything, and the list made of it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOOT_INFO_BENCH_H
#define BOOT_INFO_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <libfdt.h>

#include "boot_info.h"
#include "elf_builder.h"
#include "error.h"
#include "transfer_list.h"
#include "tree_builder.h"

#define LIST_AT 0x3bc00000ull
#define MOVED   0x400000ull

static struct elf_builder b;
static struct elf_image image;
static struct tree_builder tree;
static struct board board;
static struct boot_lease lease;
static struct boot_console consoles[2];
static struct boot_timestamp timestamps[3];
static struct {
    struct boot_usb usb;
    struct boot_card card;
    struct boot_neighbour neighbours[8];
    struct boot_transfer transfer;
    struct boot_log log;
    struct boot_guard guard;
    struct boot_upload upload;
    struct boot_crash crash;
} given; /* no two parts alike */
static struct place_taken taken[40];
static uint8_t seed[2 * BOOT_INFO_SEED_BYTES];
static uint8_t digest[32];
static struct boot_info info;
static uint8_t *list;
static size_t capacity;
static size_t fdt_offset;

static inline int setup(void **state)
{
    char reason[ELF_REASON_BYTES];

    (void)state;
    elf_builder_init(&b);
    if (elf_check(b.bytes, b.length, &image, reason) != 0)
        return -1;
    tree_begin(&tree);
    tree_string(&tree, "/", "model", "a board");
    board = (struct board){.reset_reason = 2,
                           .reset_register = 0x1020,
                           .memory = {{0, 0x3c000000}},
                           .memory_count = 1};
    memset(digest, 0xd1, sizeof digest);
    memset(&lease, 0x1e, sizeof lease);
    memset(consoles, 0xc0, sizeof consoles);
    memset(timestamps, 0x77, sizeof timestamps);
    for (unsigned i = 0; i < sizeof given; i++)
        ((uint8_t *)&given)[i] = (uint8_t)(7 * i + i / 256);
    for (unsigned i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)(i + 1);
    taken[0] = (struct place_taken){0x3be00000, 0x200000, "the loader", BOOT_MEMORY_LOADER};
    taken[1] = (struct place_taken){0, 0x1000, "the spin table", BOOT_MEMORY_RESERVED};
    taken[2] = (struct place_taken){0x1000000, 0, "nothing", BOOT_MEMORY_RESERVED};
    info = (struct boot_info){
        .board = &board,
        .loader_version = boot_info_version("0.1.0"),
        .features = BOOT_FEATURE_UNSIGNED,
        .resident = {0x3be00000, 0x200000},
        .location = "tftp://192.0.2.1/dns.elf",
        .boot_id = 0x12345678,
        .image = &image,
        .file = b.bytes,
        .displacement = MOVED,
        .digest = digest,
        .taken = taken,
        .taken_count = 3,
        .lease = &lease,
        .consoles = consoles,
        .console_count = 2,
        .seed = seed,
        .arguments = "dns\0--records\0005\0",
        .arguments_bytes = 16,
        .timestamps = timestamps,
        .timestamp_count = 3,
        .usb = &given.usb,
        .card = &given.card,
        .neighbours = given.neighbours,
        .neighbour_count = 8,
        .transfer = &given.transfer,
        .log = &given.log,
        .guard = &given.guard,
        .upload = &given.upload,
        .crash = &given.crash,
    };
    info.fdt = tree_exact(&tree, &info.fdt_available);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    free(list);
    free(tree.copy);
    list = tree.copy = NULL;
    return 0;
}

static inline int64_t build_in(size_t bytes)
{
    free(list);
    capacity = bytes;
    list = aligned_alloc(8, (bytes + 7) & ~(size_t)7);
    fdt_offset = 0;
    return boot_info_build(&info, list, bytes, LIST_AT, &fdt_offset);
}

static inline int64_t build(void)
{
    return build_in(boot_info_room(&info));
}

static inline const void *entry(uint32_t tag, size_t length)
{
    size_t found;
    const void *data = transfer_list_find(list, tag, 0, &found);

    assert_non_null(data);
    assert_int_equal(found, length);
    return data;
}

#endif
