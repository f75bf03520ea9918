/*
 * boot_info: see boot_info.h and, for every entry, include/boot_tags.h.
 *
 * The device tree goes last: it is written into the rest of the buffer with room to
 * grow, packed, and only then is its entry's size known.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "boot_info.h"

#include <string.h>

#include "error.h"
#include "fdt_edit.h"
#include "transfer_list.h"

/* Entries of a fixed size, and of all the headers and the padding. */
#define TAGS (BOOT_TAG_CRASH - BOOT_TAG_INTEGRITY + 2) /* with the device tree */
#define FIXED_ROOM                                                                                 \
    (TRANSFER_LIST_HEADER_BYTES + TAGS * (TRANSFER_LIST_ENTRY_BYTES + 7) +                         \
     sizeof(struct boot_integrity) + sizeof(struct boot_loader) + sizeof(struct boot_service) +    \
     sizeof(struct boot_reset) + sizeof(struct boot_image) + sizeof(struct boot_lease) +           \
     BOOT_INFO_SEED_BYTES + sizeof(struct boot_usb) + sizeof(struct boot_card) +                   \
     sizeof(struct boot_transfer) + sizeof(struct boot_log) + sizeof(struct boot_guard) +          \
     sizeof(struct boot_upload) + sizeof(struct boot_crash))

/* The most pieces a memory map can have: what is taken, and what is free between. */
#define TAKEN_MAX 32

_Static_assert(BOOT_INFO_SEED_BYTES == FDT_EDIT_SEED_BYTES, "one half of the seed for each");

uint32_t boot_info_version(const char *text)
{
    uint32_t version = 0;
    uint32_t part = 0;
    unsigned parts = 0;

    for (; parts < 3; text += *text != '\0') {
        if (*text >= '0' && *text <= '9') {
            part = part * 10 + (uint32_t)(*text - '0');
        } else {
            version = version << 8 | (part & 0xff);
            part = 0;
            parts++;
        }
    }
    return version;
}

static struct fdt_edit edit_of(const struct boot_info *info)
{
    return (struct fdt_edit){
        .fdt = info->fdt,
        .fdt_available = info->fdt_available,
        .memory = info->board->memory,
        .memory_count = info->board->memory_count,
        .resident = info->resident,
        .bootargs = info->bootargs,
        .seed = info->seed != NULL ? info->seed + BOOT_INFO_SEED_BYTES : NULL,
    };
}

size_t boot_info_room(const struct boot_info *info)
{
    struct fdt_edit edit = edit_of(info);

    return FIXED_ROOM + info->image->segment_count * sizeof(struct boot_segment) +
           2 * TAKEN_MAX * sizeof(struct boot_memory) + info->arguments_bytes +
           info->console_count * sizeof(struct boot_console) +
           info->timestamp_count * sizeof(struct boot_timestamp) +
           info->neighbour_count * sizeof(struct boot_neighbour) + fdt_edit_room(&edit);
}

/* Copies text into a field of capacity bytes that is zero already; cut at its end. */
static void copy_text(char *to, size_t capacity, const char *from)
{
    size_t length = strlen(from);

    memcpy(to, from, length < capacity ? length : capacity - 1);
}

static uint64_t image_base(const struct boot_info *info)
{
    return info->image->first + info->displacement;
}

/* Appends an entry unless there is nothing to say; notes in *status when it does not fit. */
static void *append(void *list, uint32_t tag, const void *bytes, size_t length, int *status)
{
    void *data = transfer_list_append(list, tag, bytes, length);

    if (data == NULL)
        *status = ERROR_TOO_LARGE;
    return data;
}

static void append_service(const struct boot_info *info, void *list, int *status)
{
    struct boot_loader loader = {info->loader_version, info->features, info->resident.base,
                                 info->resident.bytes};
    struct boot_service service = {.boot_id = info->boot_id,
                                   .slot = info->slot,
                                   .state = info->slot != 0 ? info->slot_state : 0,
                                   .tries_left = info->slot != 0 ? info->tries_left : 0};
    struct boot_reset reset = {info->board->reset_reason, info->board->reset_register};

    append(list, BOOT_TAG_LOADER, &loader, sizeof loader, status);
    memcpy(service.name, info->image->note.name, sizeof service.name);
    if (info->location != NULL)
        copy_text(service.location, sizeof service.location, info->location);
    append(list, BOOT_TAG_SERVICE, &service, sizeof service, status);
    append(list, BOOT_TAG_RESET, &reset, sizeof reset, status);
}

static void append_image(const struct boot_info *info, void *list, int *status)
{
    const struct elf_image *image = info->image;
    struct boot_image entry = {
        .security_counter = image->note.security_counter,
        .segment_count = image->segment_count,
        .base = image_base(info),
        .bytes = image->bytes,
    };
    struct elf_segment segment;
    unsigned next = 0;
    uint8_t *at = append(list, BOOT_TAG_IMAGE, NULL,
                         sizeof entry + image->segment_count * sizeof(struct boot_segment), status);

    if (at == NULL)
        return;
    if (info->digest != NULL)
        memcpy(entry.digest, info->digest, sizeof entry.digest);
    memcpy(entry.version, image->note.version, sizeof entry.version);
    memcpy(at, &entry, sizeof entry);
    at += sizeof entry;
    while (elf_next_segment(image, info->file, &next, &segment)) {
        struct boot_segment *to = (struct boot_segment *)at;

        *to = (struct boot_segment){segment.address + info->displacement, segment.bytes,
                                    segment.flags, 0};
        at += sizeof *to;
    }
}

/* The map: everything taken as it is, then the free pieces between. */
static void append_memory(const struct boot_info *info, void *list, const struct place_taken *own,
                          unsigned own_count, int *status)
{
    struct boot_memory map[2 * TAKEN_MAX];
    struct place_taken taken[TAKEN_MAX];
    struct place_map free = {info->board->memory, info->board->memory_count, taken, 0};
    struct board_range range;
    uint64_t cursor = 0;
    unsigned count = 0;

    for (unsigned i = 0; i < own_count + info->taken_count; i++) {
        const struct place_taken *from = i < own_count ? &own[i] : &info->taken[i - own_count];

        if (from->bytes == 0)
            continue;
        if (free.taken_count == TAKEN_MAX) {
            *status = ERROR_TOO_LARGE;
            return;
        }
        taken[free.taken_count++] = *from;
        map[count++] = (struct boot_memory){from->base, from->bytes, from->kind, 0};
    }
    while (count < 2 * TAKEN_MAX && (cursor = place_next_free(&free, cursor, &range)) != 0)
        map[count++] = (struct boot_memory){range.base, range.bytes, BOOT_MEMORY_FREE, 0};
    append(list, BOOT_TAG_MEMORY, map, count * sizeof map[0], status);
}

static void append_rest(const struct boot_info *info, void *list, int *status)
{
    const struct {
        uint32_t tag;
        const void *bytes;
        size_t length;
    } entries[] = {
        {BOOT_TAG_LEASE, info->lease, sizeof *info->lease},
        {BOOT_TAG_CONSOLE, info->consoles, info->console_count * sizeof *info->consoles},
        {BOOT_TAG_SEED, info->seed, BOOT_INFO_SEED_BYTES},
        {BOOT_TAG_ARGUMENTS, info->arguments, info->arguments_bytes},
        {BOOT_TAG_TIMESTAMPS, info->timestamps, info->timestamp_count * sizeof *info->timestamps},
        {BOOT_TAG_USB, info->usb, sizeof *info->usb},
        {BOOT_TAG_CARD, info->card, sizeof *info->card},
        {BOOT_TAG_NEIGHBOURS, info->neighbours, info->neighbour_count * sizeof *info->neighbours},
        {BOOT_TAG_TRANSFER, info->transfer, sizeof *info->transfer},
        {BOOT_TAG_LOG, info->log, sizeof *info->log},
        {BOOT_TAG_GUARD, info->guard, sizeof *info->guard},
        {BOOT_TAG_UPLOAD, info->upload, sizeof *info->upload},
        {BOOT_TAG_CRASH, info->crash, sizeof *info->crash},
    };

    for (unsigned i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (entries[i].bytes != NULL && entries[i].length != 0)
            append(list, entries[i].tag, entries[i].bytes, entries[i].length, status);
    }
}

static void append_fdt(const struct boot_info *info, void *list, size_t *fdt_offset, int *status)
{
    struct fdt_edit edit = edit_of(info);
    size_t room = fdt_edit_room(&edit);
    uint8_t *at = append(list, BOOT_TAG_FDT, NULL, room, status);
    int64_t length;

    if (at == NULL)
        return;
    length = fdt_edit_build(&edit, at, room);
    if (length == ERROR_CORRUPT) {
        edit.fdt = NULL;
        length = fdt_edit_build(&edit, at, room);
    }
    if (length < 0) {
        *status = (int)length;
        return;
    }
    transfer_list_shrink(list, at, (size_t)length);
    *fdt_offset = (size_t)(at - (uint8_t *)list);
}

int64_t boot_info_build(const struct boot_info *info, void *buffer, size_t capacity,
                        uint64_t address, size_t *fdt_offset)
{
    struct place_taken own[] = {
        {image_base(info), info->image->bytes, "the image", BOOT_MEMORY_IMAGE},
        {address, capacity, "the boot information", BOOT_MEMORY_BOOT_INFO},
    };
    int status = transfer_list_init(buffer, capacity);

    if (status < 0)
        return status;
    append_service(info, buffer, &status);
    append_image(info, buffer, &status);
    append_memory(info, buffer, own, sizeof own / sizeof own[0], &status);
    append_rest(info, buffer, &status);
    append_fdt(info, buffer, fdt_offset, &status);
    if (status < 0)
        return status;
    return transfer_list_seal(buffer);
}
