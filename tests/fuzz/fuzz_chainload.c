/*
 * fuzz_chainload: any bytes as another system's image: what is accepted can be placed in free
 * memory and copied within what it asked for.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "chainload.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define MIB 0x100000ull

static const struct board_range memory = {0, 960 * MIB};
static const struct place_taken taken[] = {
    {0, 0x1000, "reserved memory", 0},
    {128 * MIB, 0x10000, "the device tree", 0},
    {844 * MIB, 116 * MIB, "the loader", 0},
};

static void require(int condition)
{
    if (!condition)
        abort();
}

static void require_free(uint64_t base, uint64_t bytes)
{
    require(base < memory.bytes && bytes <= memory.bytes - base);
    for (unsigned i = 0; i < sizeof taken / sizeof taken[0]; i++)
        require(base + bytes <= taken[i].base || taken[i].base + taken[i].bytes <= base);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const struct place_map map = {&memory, 1, taken, sizeof taken / sizeof taken[0]};
    struct chainload_image image;
    char reason[ELF_REASON_BYTES] = "";
    uint64_t base = UINT64_MAX;

    if (chainload_inspect(bytes, length, &image, reason) < 0) {
        require(reason[0] != '\0' && memchr(reason, '\0', sizeof reason) != NULL);
        return 0;
    }
    require(image.bytes != 0 && image.entry < image.bytes && image.file_bytes <= image.bytes);
    if (chainload_place(&map, &image, &base, reason) == 0) {
        require_free(base, image.bytes);
        require(image.kind == CHAINLOAD_IMAGE ? (base - image.text_offset) % (2 * MIB) == 0
                                              : base == image.first);
    } else {
        require(reason[0] != '\0' && memchr(reason, '\0', sizeof reason) != NULL);
    }
    if (image.bytes <= MIB) {
        uint8_t *copy = malloc(image.bytes);

        chainload_copy(&image, bytes, copy);
        free(copy);
    }
    return 0;
}
