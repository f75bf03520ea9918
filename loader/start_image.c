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
#include "ethernet_device.h"
#include "cpu.h"
#include "elf.h"
#include "error.h"
#include "image_accept.h"
#include "loader.h"
#include "log.h"
#include "net.h"
#include "phases.h"
#include "random.h"

#define LOG_FLUSH_US 50000 /* what the log may hold up a start on a slow line */

static struct place_map memory_map(const struct loader *loader)
{
    return (struct place_map){loader->board.memory, loader->board.memory_count, loader->taken,
                              loader->taken_count};
}

static uint64_t largest_free(const struct place_map *map)
{
    struct board_range range;
    uint64_t cursor = 0, largest = 0;

    while ((cursor = place_next_free(map, cursor, &range)) != 0)
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

/* Builds the boot-info block in its place. Returns the list's bytes or an error. */
static int64_t build_list(struct loader *loader, const struct elf_image *image,
                          uint64_t displacement, const char *location,
                          const uint8_t digest[DIGEST_BYTES], size_t *fdt_offset)
{
    uint8_t seed[2 * BOOT_INFO_SEED_BYTES];
    struct boot_console consoles[BOARD_CONSOLES_MAX];
    struct boot_lease lease;
    unsigned timestamp_count;
    const struct boot_timestamp *timestamps = phases(&timestamp_count);

    for (unsigned i = 0; i < loader->board.console_count; i++) {
        const struct board_console *at = &loader->board.console_at[i];

        consoles[i] = (struct boot_console){at->kind, at->baud, at->base};
    }
    random_bytes(seed, sizeof seed);
    struct boot_info info = {
        .board = &loader->board,
        .loader_version = boot_info_version(PILOTLIGHT_VERSION),
        .features = BOOT_FEATURE_UNSIGNED,
        .resident = loader->resident,
        .location = location,
        .boot_id = random_u32(),
        .image = image,
        .file = (const void *)loader->staging.base,
        .displacement = displacement,
        .digest = digest,
        .taken = loader->taken,
        .taken_count = loader->kept_count,
        .lease = describe_lease(loader, &lease) ? &lease : NULL,
        .consoles = consoles,
        .console_count = loader->board.console_count,
        .seed = seed,
        .arguments = loader->arguments.bytes,
        .arguments_bytes = loader->arguments.length,
        .timestamps = timestamps,
        .timestamp_count = timestamp_count,
        .fdt = loader->fdt,
        .fdt_available = loader->fdt_available,
    };
    int64_t used = boot_info_build(&info, (void *)loader->list.base, loader->list.bytes,
                                   loader->list.base, fdt_offset);

    memset(seed, 0, sizeof seed);
    return used;
}

static int refuse(const char *location, int status, const char *reason)
{
    log_line("loader", "%s: refused: %s", location, reason);
    return status;
}

int start_image(struct loader *loader, size_t length, const char *location)
{
    const void *file = (const void *)loader->staging.base;
    struct place_map map = memory_map(loader);
    char reason[ELF_REASON_BYTES];
    uint8_t digest[DIGEST_BYTES];
    struct elf_image image;
    uint64_t displacement;
    size_t fdt_offset;

    digest_finish(&loader->digest, digest);
    int status = elf_check(file, length, &image, reason);

    if (status == 0)
        status = image_accept(&image, largest_free(&map), reason);
    if (status == 0)
        status = place_image(&map, &image, file, &displacement, reason);
    if (status < 0)
        return refuse(location, status, reason);
    phases_end(BOOT_PHASE_VERIFY);

    uint64_t base = image.first + displacement;

    elf_place(&image, file, (void *)base, displacement);
    phases_end(BOOT_PHASE_PLACE);
    int64_t list = build_list(loader, &image, displacement, location, digest, &fdt_offset);

    if (list < 0)
        return refuse(location, (int)list, "the boot-info block does not fit");
    log_line("loader", "sha256 %02x%02x%02x%02x%02x%02x%02x%02x..., %u bytes", digest[0], digest[1],
             digest[2], digest[3], digest[4], digest[5], digest[6], digest[7], (unsigned)length);
    log_line("loader", "starting %s %s from %s", image.note.name, image.note.version, location);
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
