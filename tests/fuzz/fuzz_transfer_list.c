/*
 * fuzz_transfer_list: any bytes as a list; every entry that a search finds in an
 * accepted list must lie inside it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "boot_tags.h"
#include "transfer_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void search(const uint8_t *list, size_t used, uint32_t tag)
{
    size_t length;
    const uint8_t *data = transfer_list_find(list, tag, 0, &length);
    uint32_t sum = 0;

    if (data == NULL)
        return;
    if (data < list || length > used - (size_t)(data - list))
        abort();
    for (size_t i = 0; i < length; i++)
        sum += data[i];
    if (sum == 0xffffffff)
        abort(); /* keeps the reads */
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    uint8_t *list = aligned_alloc(8, (length + 8) & ~(size_t)7);
    int64_t used;

    if (length != 0)
        memcpy(list, bytes, length);
    used = transfer_list_check(list, length);
    if (used > 0) {
        if ((size_t)used > length)
            abort();
        search(list, (size_t)used, BOOT_TAG_FDT);
        for (uint32_t tag = BOOT_TAG_INTEGRITY; tag <= BOOT_TAG_TIMESTAMPS; tag++)
            search(list, (size_t)used, tag);
    }
    free(list);
    return 0;
}
