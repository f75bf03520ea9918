/*
 * start_image: from a file in memory to a running service.
 *
 * Everything that can be wrong with the image is found before anything is written outside
 * staging and the boot-info block; from board_quiesce on there is no way back, and nothing
 * that fails.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "boot_info.h"
#include "clock.h"
#include "cpu.h"
#include "elf.h"
#include "error.h"
#include "ethernet_device.h"
#include "image_accept.h"
#include "loader.h"
#include "log.h"
#include "memory.h"
#include "net.h"
#include "phases.h"
#include "random.h"

#define LOG_FLUSH_US 50000 /* what the log may hold up a start on a slow line */

static struct place_map memory_map(const struct loader *loader, unsigned taken_count)
{
    return (struct place_map){loader->board.memory, loader->board.memory_count, loader->taken,
                              taken_count};
}

static uint64_t largest_free(const struct loader *loader, unsigned taken_count)
{
    struct place_map map = memory_map(loader, taken_count);
    struct board_range range;
    uint64_t cursor = 0, largest = 0;

    while ((cursor = place_next_free(&map, cursor, &range)) != 0)
        if (range.bytes > largest)
            largest = range.bytes;
    return largest;
}

/* Returns the lease in the form of the boot-info block, or false without network. */
static bool describe_lease(const struct loader *loader, struct boot_lease *out)
{
    struct net_lease lease;

    if (!loader->network_is_up || !net_lease(&lease))
        return false;
    uint64_t used_s = (clock_now_us() - lease.granted_at_us) / 1000000;

    *out = (struct boot_lease){0};
    memcpy(out->mac, loader->board.ethernet->mac, sizeof out->mac);
    memcpy(out->address, lease.address.ip, 4);
    memcpy(out->mask, lease.mask.ip, 4);
    memcpy(out->gateway, lease.gateway.ip, 4);
    memcpy(out->server, lease.dhcp_server.ip, 4);
    memcpy(out->dns, lease.dns.ip, 4);
    out->seconds_left = lease.seconds == UINT32_MAX ? UINT32_MAX
                        : used_s < lease.seconds    ? lease.seconds - (uint32_t)used_s
                                                    : 0;
    return true;
}

/* What the boot-info block is made of that is nobody else's. */
struct parts {
    uint8_t digest[DIGEST_BYTES];
    uint8_t seed[2 * BOOT_INFO_SEED_BYTES];
    struct boot_console consoles[BOARD_CONSOLES_MAX];
    struct boot_lease lease;
};

/* Everything but what comes last: timestamps, seed, boot id. */
static struct boot_info describe(const struct loader *loader, const struct elf_image *image,
                                 uint64_t displacement, const char *location, struct parts *parts)
{
    for (unsigned i = 0; i < loader->board.console_count; i++) {
        const struct board_console *at = &loader->board.console_at[i];

        parts->consoles[i] = (struct boot_console){at->kind, at->baud, at->base};
    }
    return (struct boot_info){
        .board = &loader->board,
        .loader_version = boot_info_version(PILOTLIGHT_VERSION),
        .features = BOOT_FEATURE_UNSIGNED,
        .resident = loader->resident,
        .location = location,
        .image = image,
        .file = (const void *)loader->staging.base,
        .displacement = displacement,
        .digest = parts->digest,
        .taken = loader->taken,
        .taken_count = loader->kept_count,
        .lease = describe_lease(loader, &parts->lease) ? &parts->lease : NULL,
        .consoles = parts->consoles,
        .console_count = loader->board.console_count,
        .seed = parts->seed,
        .arguments = loader->arguments.bytes,
        .arguments_bytes = loader->arguments.length,
        .timestamp_count = PHASES_MAX,
        .fdt = loader->fdt,
        .fdt_available = loader->fdt_available,
    };
}

/* Builds the boot-info block in its place. Returns the list's bytes or an error. */
static int64_t build_list(const struct loader *loader, struct boot_info *info, struct parts *parts,
                          size_t *fdt_offset)
{
    info->timestamps = phases(&info->timestamp_count);
    info->boot_id = random_u32();
    random_bytes(parts->seed, sizeof parts->seed);
    int64_t used = boot_info_build(info, (void *)loader->list.base, loader->list.bytes,
                                   loader->list.base, fdt_offset);

    explicit_bzero(parts->seed, sizeof parts->seed);
    return used;
}

/* The last step before the devices go. */
static void announce(const struct elf_image *image, const uint8_t *digest, uint64_t hashing_us,
                     const char *location)
{
    log_line("loader", "sha256 %02x%02x%02x%02x%02x%02x%02x%02x..., hashed in %u us", digest[0],
             digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7],
             (unsigned)hashing_us);
    log_line("loader", "starting %s %s from %s", image->note.name, image->note.version, location);
}

static int refuse(const char *location, int status, const char *reason)
{
    log_line("loader", "%s: refused: %s", location, reason);
    return status;
}

int start_image(struct loader *loader, size_t length, const char *location)
{
    const void *file = (const void *)loader->staging.base;
    static const char does_not_fit[] = "the boot-info block does not fit";
    char reason[ELF_REASON_BYTES];
    struct parts parts;
    struct elf_image image;
    uint64_t displacement;
    size_t fdt_offset;

    digest_finish(&loader->digest, parts.digest);
    int status = elf_check(file, length, &image, reason);

    /* The received file, taken last, is gone when the service wants its heap. */
    if (status == 0)
        status = image_accept(&image, largest_free(loader, loader->taken_count - 1), reason);
    if (status == 0) {
        struct place_map map = memory_map(loader, loader->taken_count);

        status = place_image(&map, &image, file, &displacement, reason);
    }
    if (status < 0)
        return refuse(location, status, reason);
    struct boot_info info = describe(loader, &image, displacement, location, &parts);

    if (boot_info_room(&info) > loader->list.bytes)
        return refuse(location, ERROR_TOO_LARGE, does_not_fit);
    phases_end(BOOT_PHASE_VERIFY);

    uint64_t base = image.first + displacement;

    /* An image may reach into a block that was not mapped because part of it is reserved. */
    memory_map_block(base, image.bytes);
    elf_place(&image, file, (void *)base, displacement);
    phases_end(BOOT_PHASE_PLACE);
    int64_t list = build_list(loader, &info, &parts, &fdt_offset);

    if (list < 0) /* cannot be: there was room */
        return refuse(location, (int)list, does_not_fit);
    announce(&image, parts.digest, loader->digest.spent_us, location);
    if (loader->network_is_up)
        net_stop();
    status = board_quiesce(&loader->board);
    if (status < 0)
        log_line("loader", "devices did not stop: %s; they were reset", error_name(status));
    log_flush(LOG_FLUSH_US);
    cpu_publish((void *)base, image.bytes);
    cpu_publish((void *)loader->list.base, (size_t)list);
    cpu_enter_service(image.entry + displacement, loader->list.base + fdt_offset,
                      loader->list.base);
}
