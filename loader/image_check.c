/*
 * image_check: whether an image would be started, and whose are taken. See start_image.h.
 *
 * The signature comes first: before it holds, nothing of the file but its footer is looked at.
 * What is asked next can all be answered without writing anything, so an image from a slot that
 * would be refused costs no try.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <string.h>

#include "crc32c.h"
#include "error.h"
#include "image_accept.h"
#include "signature.h"
#include "start_image.h"

_Static_assert(SIGNATURE_REASON_BYTES <= ELF_REASON_BYTES, "the reason fits");

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

/* An image that was replaced for a reason must not come back: not from any source. */
int image_check_counter(const struct loader *loader, const char *name, uint32_t counter,
                        char *reason)
{
    uint32_t floor = slots_floor(loader, name);

    if (counter >= floor)
        return 0;
    snprintf(reason, ELF_REASON_BYTES,
             "its security counter %u is below %u, which %s has reached on this card",
             (unsigned)counter, (unsigned)floor, name);
    return ERROR_REFUSED;
}

int image_check(const struct loader *loader, struct image_file *file, struct elf_image *image,
                uint64_t *displacement, char *reason)
{
    struct place_map map = memory_map(loader, loader->taken_count);
    int status = 0;

    if (file->content == 0)
        status = signature_check(signature_own_keys(), file->bytes, file->about.bytes,
                                 &file->content, reason);
    if (status == 0)
        status = elf_check(file->bytes, file->content, image, reason);
    if (status == 0)
        status = image_accept(image, largest_free(loader, loader->kept_count), reason);
    if (status == 0)
        status = place_image(&map, image, file->bytes, displacement, reason);
    if (status == 0)
        status =
            image_check_counter(loader, image->note.name, image->note.security_counter, reason);
    if (status == 0)
        status = start_has_room(loader, image, file, reason);
    if (status < 0) {
        file->content = 0;
        return status;
    }
    memcpy(file->about.name, image->note.name, sizeof file->about.name);
    memcpy(file->about.version, image->note.version, sizeof file->about.version);
    file->about.security_counter = image->note.security_counter;
    file->about.crc32c = crc32c(0, file->bytes, file->about.bytes);
    return 0;
}

int push_is_wanted(const struct loader *loader, char *reason)
{
    enum boot_deploy deploy = loader->configuration.deploy;
    bool damaged;
    unsigned keys = signature_key_count(signature_own_keys(), &damaged);

    if (deploy == BOOT_DEPLOY_OFF)
        strcpy(reason, "pushes are off (deploy = off)");
    else if (damaged)
        signature_describe(signature_own_keys(), reason);
    else if (deploy == BOOT_DEPLOY_SIGNED && keys == 0)
        strcpy(reason, "deploy = signed, but this loader was built without keys");
    else /* with keys, any is: any that is signed */
        return 0;
    return ERROR_REFUSED;
}

int pushed_check(struct loader *loader, size_t length, const char *location, char *reason)
{
    struct image_file file = {.bytes = (const void *)loader->staging.base, .index = KEEP_NOTHING};
    struct elf_image image;
    uint64_t displacement;
    int status = push_is_wanted(loader, reason);

    loader->keep->uploaded.bytes = 0;
    if (status < 0)
        return status;
    file.about.bytes = length;
    strncpy(file.about.location, location, sizeof file.about.location - 1);
    status = image_check(loader, &file, &image, &displacement, reason);
    if (status < 0)
        return status;
    digest_init(&loader->digest);
    loader->digest.sink.update(&loader->digest.sink, file.bytes, length);
    digest_finish(&loader->digest, file.about.digest);
    loader->keep->uploaded = file.about;
    return 0;
}
