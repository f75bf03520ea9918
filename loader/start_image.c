/*
 * start_image: from a file in memory to a running service.
 *
 * Everything that can be wrong with the image is found before anything is written outside
 * staging, the keeping area and the boot-info block; from uplink_hand_over on there is no way
 * back, and nothing that fails.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "start_image.h"

#include <stdio.h>
#include <string.h>

#include "boot_info.h"
#include "check.h"
#include "cpu.h"
#include "elf.h"
#include "error.h"
#include "guard.h"
#include "guard_calls.h"
#include "irq.h"
#include "loader.h"
#include "log.h"
#include "memory.h"
#include "phases.h"
#include "random.h"
#include "signature.h"
#include "uplink.h"

/* What the boot-info block is made of that is nobody else's. */
struct parts {
    uint8_t seed[2 * BOOT_INFO_SEED_BYTES];
    struct boot_console consoles[BOARD_CONSOLES_MAX];
    struct boot_log log;
    struct boot_guard guard;
    struct boot_upload upload;
};

/* True for the image that is fallen back on, and for one from a confirmed slot: it has confirmed
 * itself in an earlier run. */
static bool is_confirmed(const struct keep *keep, const struct image_file *file)
{
    return (file->index != KEEP_NOTHING && file->index == keep->fallback) ||
           (file->about.origin.slot != 0 && file->about.origin.state == SLOT_CONFIRMED);
}

/* How long the service has to confirm itself: as its note says, else as configured. One that
 * has confirmed before need not do it again. */
static uint32_t confirm_ms(const struct loader *loader, const struct elf_image *image,
                           const struct image_file *file)
{
    uint32_t note_s = image->note.confirm_s;

    if (is_confirmed(loader->keep, file))
        return 0;
    if (note_s != 0)
        return note_s < UINT32_MAX / 1000 ? note_s * 1000 : UINT32_MAX;
    return loader->configuration.confirm_ms;
}

/* All that the loader keeps, when it is of one piece. */
static struct board_range resident(const struct loader *loader)
{
    if (loader->keeping.base + loader->keeping.bytes != loader->resident.base)
        return loader->resident;
    return (struct board_range){loader->keeping.base,
                                loader->keeping.bytes + loader->resident.bytes};
}

static uint32_t features(const struct configuration *configuration)
{
    bool damaged;
    unsigned keys = signature_key_count(signature_own_keys(), &damaged);

    return (keys == 0 && !damaged ? BOOT_FEATURE_UNSIGNED : 0) | BOOT_FEATURE_GUARD |
           (configuration->warm ? BOOT_FEATURE_WARM : 0);
}

/* Everything but what comes last: devices, log, timestamps, seed, boot id. */
static struct boot_info describe(const struct loader *loader, const struct elf_image *image,
                                 uint64_t displacement, const struct image_file *file,
                                 struct parts *parts)
{
    const struct configuration *configuration = &loader->configuration;
    const struct keep *keep = loader->keep;

    for (unsigned i = 0; i < loader->board.console_count; i++) {
        const struct board_console *at = &loader->board.console_at[i];

        parts->consoles[i] = (struct boot_console){at->kind, at->baud, at->base};
    }
    parts->guard = (struct boot_guard){configuration->watchdog_ms, confirm_ms(loader, image, file),
                                       is_confirmed(keep, file)};
    parts->upload = (struct boot_upload){.base = loader->staging.base,
                                         .bytes = loader->staging.bytes,
                                         .deploy = configuration->deploy};
    memcpy(parts->upload.syslog, configuration->syslog.ip, sizeof parts->upload.syslog);
    return (struct boot_info){
        .board = &loader->board,
        .loader_version = boot_info_version(PILOTLIGHT_VERSION),
        .features = features(configuration),
        .resident = resident(loader),
        .location = file->about.location,
        .slot = (uint8_t)file->about.origin.slot,
        .slot_state = file->about.origin.state,
        .tries_left = file->about.origin.tries,
        .image = image,
        .file = file->bytes,
        .displacement = displacement,
        .digest = file->about.digest,
        .taken = loader->taken,
        .taken_count = loader->kept_count,
        .consoles = parts->consoles,
        .console_count = loader->board.console_count,
        .seed = parts->seed,
        .arguments = loader->arguments.bytes,
        .arguments_bytes = loader->arguments.length,
        .timestamp_count = PHASES_MAX,
        .guard = &parts->guard,
        .upload = &parts->upload,
        .crash = keep->crash_is_news ? &keep->crash : NULL,
        .fdt = loader->fdt,
        .fdt_available = loader->fdt_available,
    };
}

/* What is known of devices and network, now that they are at rest. */
static void describe_devices(const struct loader *loader, struct boot_info *info,
                             struct parts *parts)
{
    const struct hand_over *over = &loader->keep->over;

    parts->log =
        (struct boot_log){.undrained = (uint32_t)log_hand_over(), .sent = loader->keep->log_sent};
    info->log = &parts->log;
    info->lease = over->has_lease ? &over->lease : NULL;
    info->transfer = over->has_transfer ? &over->transfer : NULL;
    if (!loader->configuration.warm)
        return;
    info->usb = over->has_usb ? &over->usb : NULL;
    info->card = over->has_card ? &over->card : NULL;
    info->neighbours = over->neighbours;
    info->neighbour_count = over->neighbour_count;
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

static void announce(const struct loader *loader, const struct image_file *file)
{
    const uint8_t *digest = file->about.digest;
    char hashing[40] = "";

    /* A file that was pushed to a service was hashed in the loader's life before this one. */
    if (loader->digest.spent_us != 0)
        snprintf(hashing, sizeof hashing, ", hashed in %u us", (unsigned)loader->digest.spent_us);

    if (file->index == KEEP_NOTHING)
        log_line("loader", "sha256 %02x%02x%02x%02x%02x%02x%02x%02x...%s", digest[0], digest[1],
                 digest[2], digest[3], digest[4], digest[5], digest[6], digest[7], hashing);
    log_line("loader", "starting %s %s from %s", file->about.name, file->about.version,
             file->about.location);
}

int start_has_room(const struct loader *loader, const struct elf_image *image,
                   const struct image_file *file, char *reason)
{
    struct parts parts;
    struct boot_info info = describe(loader, image, 0, file, &parts);

    if (boot_info_room(&info) + HAND_OVER_BYTES_MAX <= loader->list.bytes)
        return 0;
    strcpy(reason, "the boot-info block does not fit");
    return ERROR_TOO_LARGE;
}

static int refuse(const char *location, int status, const char *reason)
{
    log_line("loader", "%s: refused: %s", location, reason);
    return status;
}

/* For the guard: where the service is, and its times. */
static void remember_service(struct loader *loader, const struct boot_info *info)
{
    struct loader_service *service = &loader->service;
    struct elf_segment segment;
    unsigned next = 0;

    *service = (struct loader_service){.base = info->image->first + info->displacement,
                                       .bytes = info->image->bytes};
    while (service->segment_count < LOADER_SEGMENTS_MAX &&
           elf_next_segment(info->image, info->file, &next, &segment))
        service->segments[service->segment_count++] =
            (struct boot_segment){segment.address + info->displacement, segment.bytes,
                                  segment.flags, (uint32_t)segment.file_bytes};
    service->watchdog_us = (uint64_t)info->guard->watchdog_ms * 1000;
    service->confirm_at_us = (uint64_t)info->guard->confirm_ms * 1000; /* from the start */
}

static void note_start(struct loader *loader, const struct image_file *file)
{
    struct keep *keep = loader->keep;

    memcpy(keep->name, file->about.name, sizeof keep->name);
    memcpy(keep->version, file->about.version, sizeof keep->version);
    keep->security_counter = file->about.security_counter;
    keep->origin = file->about.origin;
    keep->confirmed = is_confirmed(keep, file);
    if (file->index == KEEP_NOTHING)
        keep_image_store(loader, file->bytes, &file->about);
    else
        keep->running = file->index;
    if (keep->confirmed && keep->running != KEEP_NOTHING)
        keep->fallback = keep->running;
    keep->configuration = loader->configuration;
    keep->arguments = loader->arguments;
    keep->uploaded.bytes = 0;
    memcpy(keep->digest, file->about.digest, sizeof keep->digest);
    keep->crash_is_news = false;
    keep->over.has_transfer = false; /* told once */
}

int start_image(struct loader *loader, struct image_file *file)
{
    char reason[ELF_REASON_BYTES];
    struct parts parts;
    struct elf_image image;
    uint64_t displacement;
    size_t fdt_offset;

    int status = image_check(loader, file, &image, &displacement, reason);

    if (status < 0)
        return refuse(file->about.location, status, reason);
    struct boot_info info = describe(loader, &image, displacement, file, &parts);

    phases_end(BOOT_PHASE_VERIFY);

    uint64_t base = image.first + displacement;

    /* Until here a service that was cut off may have had devices at work in its memory. */
    uplink_recover(loader);
    announce(loader, file);
    uplink_hand_over(loader);
    /* An image may reach into a block that was not mapped because part of it is reserved. */
    memory_map_block(base, image.bytes);
    elf_place(&image, file->bytes, (void *)base, displacement);
    cpu_publish((void *)base, image.bytes);
    phases_end(BOOT_PHASE_PLACE);
    remember_service(loader, &info);
    describe_devices(loader, &info, &parts);
    int64_t list = build_list(loader, &info, &parts, &fdt_offset);

    ASSERT(list > 0); /* there was room */
    note_start(loader, file);
    cpu_publish((void *)loader->list.base, (size_t)list);
    guard_calls_begin(loader);
    cpu_enter_service(image.entry + displacement, loader->list.base + fdt_offset,
                      loader->list.base);
}
