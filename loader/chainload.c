/*
 * chainload: from files on the card to another system that runs. See chainload.h.
 *
 * The image lies in staging first, its RAM disk behind it; there the RAM disk stays. The image
 * goes as low as it can, its device tree behind 128 MiB: above what U-Boot loads to and far below
 * the top of RAM, where it moves itself to. What the loader itself uses - its home, what it keeps,
 * staging - is in the way of none of them, since it lies at the top, and is nobody's afterwards.
 * All that can be wrong is found before the devices are stopped.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chainload.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "cpu.h"
#include "error.h"
#include "fat_volume.h"
#include "fdt_edit.h"
#include "loader.h"
#include "log.h"
#include "memory.h"
#include "random.h"
#include "signature.h"
#include "signed_file.h"
#include "uplink.h"

#define INITRD_ALIGNMENT 4096
#define TREE_BYTES       MEMORY_BLOCK_BYTES /* the most that Linux takes, not over a border of it */
#define TREE_LOWEST      (128ull << 20)
#define STUB_PAGE        ((struct board_range){0, 4096}) /* where board_leave puts the cores */
#define CONSOLES_US      2000000
#define FIFO_US          3000 /* 32 bytes at 115,200 baud: the next may switch the UART off */

struct system {
    struct chainload_image image;
    const uint8_t *file;
    struct board_range at;     /* where the image goes */
    struct board_range initrd; /* bytes 0: none */
    uint64_t tree;
};

static int refuse(const char *name, int status, const char *reason)
{
    log_line("chainload", "%s: refused: %s", name, reason);
    return status;
}

/* Reads a file to [at, at + capacity) and checks its signature. Returns its length without one. */
static int64_t read_file(const struct loader *loader, const char *name, uint64_t at,
                         uint64_t capacity, uint64_t *whole)
{
    static struct fat_volume volume;
    uint64_t deadline_us = clock_now_us() + (uint64_t)loader->configuration.wait_ms * 1000;
    char reason[SIGNATURE_REASON_BYTES];
    size_t content;
    int64_t length = fat_volume_mount(&volume, loader->board.card, deadline_us);

    if (length < 0)
        return length; /* it has been said */
    length = signed_file_read(&volume, name, (void *)at, capacity, NULL, deadline_us);
    if (length == ERROR_ABSENT)
        log_line("chainload", "no file %s on the card", name);
    if (length < 0)
        return length;
    *whole = (uint64_t)length;
    int status = signature_check(signature_own_keys(), (const void *)at, *whole, &content, reason);

    return status < 0 ? refuse(name, status, reason) : (int64_t)content;
}

/* Image and RAM disk to staging, one behind the other. */
static int64_t read_files(struct loader *loader, struct system *system)
{
    const struct configuration *configuration = &loader->configuration;
    uint64_t end = loader->staging.base + loader->staging.bytes, at = loader->staging.base, whole;
    int64_t length = read_file(loader, configuration->image, at, loader->staging.bytes, &whole);

    if (length < 0)
        return length;
    system->file = (const uint8_t *)at;
    if (configuration->initrd[0] == '\0')
        return length;
    at = (at + whole + INITRD_ALIGNMENT - 1) & ~(uint64_t)(INITRD_ALIGNMENT - 1);
    int64_t initrd = read_file(loader, configuration->initrd, at, at < end ? end - at : 0, &whole);

    if (initrd < 0)
        return initrd;
    system->initrd = (struct board_range){at, (uint64_t)initrd};
    return length;
}

/* The image first, the tree in a block of its own. */
static int find_places(const struct loader *loader, struct system *system, char *reason)
{
    struct place_taken taken[LOADER_TAKEN_MAX + 1];
    struct place_map map = {loader->board.memory, loader->board.memory_count, taken,
                            loader->taken_count};

    memcpy(taken, loader->taken, loader->taken_count * sizeof *taken);
    int status = chainload_place(&map, &system->image, &system->at.base, reason);

    if (status < 0)
        return status;
    system->at.bytes = system->image.bytes;
    taken[map.taken_count++] = (struct place_taken){system->at.base, system->at.bytes, "", 0};
    status = place_find(&map, TREE_LOWEST, TREE_BYTES, TREE_BYTES, &system->tree);
    if (status < 0)
        status = place_find(&map, 0, TREE_BYTES, TREE_BYTES, &system->tree);
    if (status < 0)
        strcpy(reason, "no 2 MiB are free for the device tree");
    return status;
}

/* Returns the tree's bytes or an error. */
static int64_t build_tree(const struct loader *loader, const struct system *system, char *reason)
{
    uint8_t seed[FDT_EDIT_SEED_BYTES + FDT_EDIT_KASLR_SEED_BYTES];
    const char *bootargs = loader->configuration.bootargs;
    struct fdt_edit edit = {
        .fdt = loader->fdt,
        .fdt_available = loader->fdt_available,
        .memory = loader->board.memory,
        .memory_count = loader->board.memory_count,
        .bootargs = bootargs[0] != '\0' ? bootargs : NULL,
        .seed = seed,
        .kaslr_seed = seed + FDT_EDIT_SEED_BYTES,
        .initrd = &system->initrd,
        .reserve = STUB_PAGE,
    };

    random_bytes(seed, sizeof seed);
    int64_t bytes = fdt_edit_build(&edit, (void *)system->tree, TREE_BYTES);

    explicit_bzero(seed, sizeof seed);
    if (bytes < 0)
        snprintf(reason, ELF_REASON_BYTES, "the device tree can not be edited: %s",
                 error_name((int)bytes));
    return bytes;
}

static void announce(const char *name, const struct system *system)
{
    char initrd[64] = "";

    if (system->initrd.bytes != 0)
        snprintf(initrd, sizeof initrd, ", initrd %u KB at 0x%lx",
                 (unsigned)(system->initrd.bytes / 1024), (unsigned long)system->initrd.base);
    log_line("chainload", "starting %s (%s, %u KB at 0x%lx%s, tree at 0x%lx)", name,
             chainload_kind_name(system->image.kind), (unsigned)(system->image.bytes / 1024),
             (unsigned long)system->at.base, initrd, (unsigned long)system->tree);
}

static _Noreturn void leave(struct loader *loader, const struct system *system, uint64_t tree_bytes)
{
    uplink_hand_over(loader);
    /* It may reach into a block that was not mapped because part of it is reserved. */
    memory_map_block(system->at.base, system->at.bytes);
    chainload_copy(&system->image, system->file, (void *)system->at.base);
    cpu_publish((void *)system->at.base, system->at.bytes);
    cpu_publish((void *)system->initrd.base, system->initrd.bytes);
    cpu_publish((void *)system->tree, tree_bytes);
    if (board_leave((const void *)system->tree) < 0)
        log_line("chainload", "not all processor cores were parked: they stay where they are");
    log_flush(CONSOLES_US);
    uint64_t sent_us = clock_now_us() + FIFO_US;

    while (!clock_passed(sent_us))
        ;
    cpu_leave(system->at.base + system->image.entry, system->tree);
}

/* Returns only if it cannot be started. */
static int64_t start(struct loader *loader)
{
    const char *name = loader->configuration.image;
    struct system system = {.file = NULL};
    char reason[ELF_REASON_BYTES];
    int64_t status = read_files(loader, &system);

    if (status < 0)
        return status;
    status = chainload_inspect(system.file, (size_t)status, &system.image, reason);
    if (status == 0)
        status = find_places(loader, &system, reason);
    if (status < 0)
        return refuse(name, (int)status, reason);
    /* Until here a service that was cut off may have had devices at work in its memory. */
    uplink_recover(loader);
    status = build_tree(loader, &system, reason);
    if (status < 0)
        return refuse(name, (int)status, reason);
    announce(name, &system);
    leave(loader, &system, (uint64_t)status);
}

int chainload_try(struct loader *loader)
{
    if (loader->configuration.image[0] == '\0') {
        log_line("chainload", "no image is configured");
        return ERROR_ABSENT;
    }
    if (loader->board.card == NULL)
        return ERROR_ABSENT; /* settings_read has looked, and said what was wrong */
    loader->staging_is_full = true;
    int64_t status = start(loader);

    loader->staging_is_full = false;
    if (loader_card_has_failed(loader, status))
        loader->board.card = NULL;
    return (int)status;
}
