/*
 * keep: see keep.h.
 *
 *   resident + 1 MiB  struct keep
 *          + 16 KiB   the log
 *          + 96 KiB   the device tree
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "keep.h"

#include <string.h>

#include "clock.h"
#include "crc32c.h"
#include "dma.h"
#include "error.h"
#include "loader.h"
#include "log.h"
#include "memory.h"
#include "net_files.h"

#define MAGIC      0x706b6570u /* "pkep" */
#define OFFSET     0x100000u
#define LOG_AT     0x4000u
#define LOG_BYTES  0x10000u
#define FDT_AT     (LOG_AT + LOG_BYTES)
#define FDT_BYTES  0x80000u
#define TAIL_LINES 8 /* of the log before a reset, shown after it */

_Static_assert(sizeof(struct keep) <= LOG_AT, "the struct has grown into the log");

static struct log_store *recorder_store;

static void record(const char *text, size_t length)
{
    log_store_append(recorder_store, text, length);
    net_files_log(text, length);
}

static uint32_t crc_of(const struct keep *keep)
{
    const uint8_t *from = (const uint8_t *)&keep->own_crc;

    return crc32c(0, from, sizeof *keep - offsetof(struct keep, own_crc));
}

static bool holds(const struct keep *keep)
{
    return keep->magic == MAGIC && keep->bytes == sizeof *keep && keep->crc32c == crc_of(keep);
}

void keep_seal(struct keep *keep)
{
    keep->magic = MAGIC;
    keep->bytes = sizeof *keep;
    keep->crc32c = crc_of(keep);
    dma_clean(keep, sizeof *keep); /* a reset loses what is only in the cache */
}

/* Text that no console has got yet stands at the end of the log. */
static void preload(struct log_store *store, uint32_t bytes)
{
    uint64_t end = log_store_end(store), position = bytes < end ? end - bytes : 0;
    char text[256];
    size_t length;

    while ((length = log_store_read(store, &position, text, sizeof text)) > 0)
        log_preload(text, length);
}

/* After a reset of the machine: what a run before left, if it is still there. */
static void begin(struct loader *loader, bool log_is_old, bool restarted)
{
    struct keep *keep = loader->keep;
    bool is_known = holds(keep);
    char last_end[sizeof keep->last_end], name[sizeof keep->name];
    uint32_t core = 0;

    if (is_known) {
        memcpy(last_end, keep->last_end, sizeof last_end);
        memcpy(name, keep->name, sizeof name);
        core = keep->crash.number;
    }
    memset(keep, 0, sizeof *keep);
    keep->running = keep->fallback = KEEP_NOTHING;
    keep->at_rest = !restarted; /* nobody knows what a service left that got this far */
    keep->crash.number = core;
    keep->log_sent.position = log_store_end(&loader->log_store);
    if (log_is_old) {
        loader->before_reset = log_store_tail(&loader->log_store, TAIL_LINES);
        loader->before_reset_end = log_store_end(&loader->log_store);
    }
    if (is_known && name[0] != '\0')
        memcpy(keep->last_end, last_end, sizeof last_end);
}

bool keep_open(struct loader *loader, bool restarted)
{
    uint64_t base = loader->resident.base;

    memory_map_block(base, loader->resident.bytes);
    base += OFFSET;
    loader->keep = (struct keep *)base;
    loader->fdt_copy = (void *)(base + FDT_AT);
    bool log_is_old = log_store_open(&loader->log_store, (void *)(base + LOG_AT), LOG_BYTES);

    loader->log_store.clean = dma_clean;
    recorder_store = &loader->log_store;
    bool taken = restarted && holds(loader->keep);

    if (taken)
        preload(&loader->log_store, loader->keep->log_undrained);
    else
        begin(loader, log_is_old, restarted);
    loader->log_begun = log_store_end(&loader->log_store);
    log_set_recorder(record);
    return taken;
}

void keep_log_sent(struct loader *loader, const struct boot_log_sent *sent)
{
    if (sent->position >= loader->keep->log_sent.position &&
        sent->position <= log_store_end(&loader->log_store))
        loader->keep->log_sent = *sent;
}

void keep_fdt(struct loader *loader)
{
    struct keep *keep = loader->keep;

    keep->fdt_bytes = 0;
    if (loader->fdt == NULL)
        return;
    if (loader->fdt_available > FDT_BYTES) {
        log_line("loader", "the device tree is too large to be kept: %u bytes",
                 (unsigned)loader->fdt_available);
        return;
    }
    memcpy(loader->fdt_copy, loader->fdt, loader->fdt_available);
    keep->fdt_bytes = loader->fdt_available;
    loader->fdt = loader->fdt_copy;
}

/* The areas: two for images, one as large for the core. */
static struct board_range third(const struct loader *loader, unsigned index)
{
    uint64_t bytes = loader->keeping.bytes / 3 & ~(uint64_t)4095;

    return (struct board_range){loader->keeping.base + index * bytes, bytes};
}

struct board_range keep_image_area(const struct loader *loader, int index)
{
    return third(loader, (unsigned)index);
}

struct board_range keep_core_area(const struct loader *loader)
{
    return third(loader, KEEP_IMAGES);
}

void keep_image_store(struct loader *loader, const void *file, const struct keep_image *image)
{
    struct keep *keep = loader->keep;
    int index = keep->fallback == 0 ? 1 : 0;
    struct board_range area = keep_image_area(loader, index);

    keep->images[index].bytes = 0;
    keep->running = KEEP_NOTHING;
    if (image->bytes > area.bytes) {
        log_line("loader", "%lu bytes are too many to be kept for a restart, the room is %lu",
                 (unsigned long)image->bytes, (unsigned long)area.bytes);
        return;
    }
    memcpy((void *)area.base, file, image->bytes);
    keep->images[index] = *image;
    keep->running = index;
}

bool keep_image_is_whole(const struct loader *loader, int index)
{
    if (index == KEEP_NOTHING)
        return false;
    const struct keep_image *image = &loader->keep->images[index];
    struct board_range area = keep_image_area(loader, index);

    return image->bytes != 0 && image->bytes <= area.bytes &&
           crc32c(0, (const void *)area.base, image->bytes) == image->crc32c;
}
