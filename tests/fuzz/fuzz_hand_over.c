/*
 * fuzz_hand_over: any bytes as a hand-back's list; then the same bytes as entries of a list
 * whose checksums hold, which chance would not find: {tag - BOOT_TAG_INTEGRITY, length} and
 * the data, one after another. What is read must keep the promises of hand_over.h, and be the
 * same after it was built and read once more.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "boot_tags.h"
#include "hand_over.h"
#include "transfer_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require(int condition)
{
    if (!condition)
        abort();
}

static void require_promises(const struct hand_over *over)
{
    const struct boot_usb *usb = &over->usb;

    require(over->neighbour_count <= HAND_OVER_NEIGHBOURS);
    if (over->has_usb) {
        require(memchr(usb->driver, '\0', sizeof usb->driver) != NULL);
        require(usb->ethernet < usb->device_count && usb->device_count <= BOOT_USB_DEVICES);
        for (unsigned i = 0; i < usb->device_count; i++)
            require(usb->devices[i].hub == 0xff || usb->devices[i].hub < i);
    }
    if (over->has_card)
        require(over->card.host == BOARD_CARD_EMMC || over->card.host == BOARD_CARD_SDHOST);
    if (over->has_hand_back) {
        const struct boot_hand_back *hand_back = &over->hand_back;

        require(hand_back->kind >= BOOT_HAND_BACK_REBOOT &&
                hand_back->kind <= BOOT_HAND_BACK_IMAGE);
        require(memchr(hand_back->name, '\0', sizeof hand_back->name) != NULL);
        require(hand_back->kind != BOOT_HAND_BACK_NEXT || hand_back->name[0] != '\0');
        for (const char *at = hand_back->name; *at != '\0'; at++)
            require(*at >= 0x20 && *at <= 0x7e);
    }
}

#define SAME(member)                                                                               \
    require(first->has_##member == second->has_##member &&                                         \
            (!first->has_##member ||                                                               \
             memcmp(&first->member, &second->member, sizeof first->member) == 0))

static void require_same(const struct hand_over *first, const struct hand_over *second)
{
    SAME(usb);
    SAME(card);
    SAME(lease);
    SAME(transfer);
    SAME(log);
    SAME(hand_back);
    require(first->neighbour_count == second->neighbour_count);
    require(memcmp(first->neighbours, second->neighbours,
                   first->neighbour_count * sizeof first->neighbours[0]) == 0);
}

/* Returns whether there was a list to read. */
static int read_list(const uint8_t *list, size_t length)
{
    _Alignas(8) uint8_t again[HAND_OVER_BYTES_MAX];
    struct hand_over over, second;
    int used;

    memset(&over, 0xee, sizeof over);
    if (hand_over_read(list, length, &over) != 0) {
        static const struct hand_over nothing;

        require_same(&over, &nothing);
        return 0;
    }
    require_promises(&over);
    used = hand_over_build(again, sizeof again, &over);
    require(used > 0);
    require(hand_over_read(again, (size_t)used, &second) == 0);
    require_same(&over, &second);
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    size_t capacity = 128 + 16 * length;
    uint8_t *list = aligned_alloc(8, (length + 8) & ~(size_t)7);

    if (length != 0)
        memcpy(list, bytes, length);
    read_list(list, length);
    free(list);

    list = aligned_alloc(8, capacity);
    require(transfer_list_init(list, capacity) == 0);
    while (length >= 2) {
        size_t data = bytes[1] < length - 2 ? bytes[1] : length - 2;

        require(transfer_list_append(list, BOOT_TAG_INTEGRITY + bytes[0], bytes + 2, data) != NULL);
        bytes += 2 + data;
        length -= 2 + data;
    }
    length = transfer_list_seal(list);
    if (transfer_list_check(list, length) > 0)
        require(read_list(list, length));
    free(list);
    return 0;
}
