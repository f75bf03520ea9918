/*
 * hand_over: see hand_over.h.
 *
 * One table tells of every part its tag, its place in struct hand_over and its size; the
 * builder and the reader both go through it. Neighbours are an array and stand apart.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "hand_over.h"

#include <string.h>

#include "board.h"
#include "error.h"
#include "transfer_list.h"

#define PART(tag, member)                                                                          \
    {                                                                                              \
        tag, sizeof(((struct hand_over *)0)->member), offsetof(struct hand_over, member),          \
            offsetof(struct hand_over, has_##member)                                               \
    }

static const struct part {
    uint32_t tag;
    uint16_t bytes, at, has;
} parts[] = {
    PART(BOOT_TAG_USB, usb),     PART(BOOT_TAG_CARD, card),
    PART(BOOT_TAG_LEASE, lease), PART(BOOT_TAG_TRANSFER, transfer),
    PART(BOOT_TAG_LOG, log),     PART(BOOT_TAG_HAND_BACK, hand_back),
};

#define PARTS (sizeof parts / sizeof parts[0])

/* Each entry has its header and up to 4 bytes of padding: all structs are multiples of 4. */
_Static_assert(TRANSFER_LIST_HEADER_BYTES + TRANSFER_LIST_ENTRY_BYTES +
                       sizeof(struct boot_integrity) +
                       (PARTS + 1) * (TRANSFER_LIST_ENTRY_BYTES + 4) <=
                   128,
               "a full list fits into HAND_OVER_BYTES_MAX");

int hand_over_build(void *buffer, size_t capacity, const struct hand_over *over)
{
    const char *base = (const char *)over;
    unsigned count = over->neighbour_count;
    int status = transfer_list_init(buffer, capacity);

    if (status < 0)
        return status;
    for (const struct part *part = parts; part < parts + PARTS; part++) {
        if (*(const bool *)(base + part->has) &&
            transfer_list_append(buffer, part->tag, base + part->at, part->bytes) == NULL)
            return ERROR_TOO_LARGE;
    }
    if (count > HAND_OVER_NEIGHBOURS)
        count = HAND_OVER_NEIGHBOURS;
    if (count != 0 && transfer_list_append(buffer, BOOT_TAG_NEIGHBOURS, over->neighbours,
                                           count * sizeof over->neighbours[0]) == NULL)
        return ERROR_TOO_LARGE;
    return (int)transfer_list_seal(buffer);
}

/* A hub comes before what hangs on it, so whoever walks down the bus never goes in circles. */
static bool usb_holds_together(struct boot_usb *usb)
{
    usb->driver[sizeof usb->driver - 1] = '\0';
    if (usb->device_count > BOOT_USB_DEVICES || usb->ethernet >= usb->device_count)
        return false;
    for (unsigned i = 0; i < usb->device_count; i++) {
        if (usb->devices[i].hub != BOOT_USB_ROOT && usb->devices[i].hub >= i)
            return false;
    }
    return true;
}

/* The name goes into the log and to the boot sources. */
static bool hand_back_holds_together(struct boot_hand_back *hand_back)
{
    size_t length = 0;

    while (length + 1 < sizeof hand_back->name && hand_back->name[length] >= 0x20 &&
           hand_back->name[length] <= 0x7e)
        length++;
    memset(hand_back->name + length, 0, sizeof hand_back->name - length);
    if (hand_back->kind < BOOT_HAND_BACK_REBOOT || hand_back->kind > BOOT_HAND_BACK_IMAGE)
        return false;
    return hand_back->kind != BOOT_HAND_BACK_NEXT || length > 0;
}

int hand_over_read(const void *list, size_t bytes, struct hand_over *over)
{
    char *base = (char *)over;
    int64_t used = transfer_list_check(list, bytes);
    const void *data;
    size_t length;

    memset(over, 0, sizeof *over);
    if (used < 0)
        return (int)used;
    if (transfer_list_find(list, BOOT_TAG_INTEGRITY, sizeof(struct boot_integrity), &length) ==
        NULL)
        return ERROR_CORRUPT;
    for (const struct part *part = parts; part < parts + PARTS; part++) {
        data = transfer_list_find(list, part->tag, part->bytes, &length);
        if (data == NULL)
            continue;
        memcpy(base + part->at, data, part->bytes);
        *(bool *)(base + part->has) = true;
    }
    data = transfer_list_find(list, BOOT_TAG_NEIGHBOURS, sizeof over->neighbours[0], &length);
    if (data != NULL) {
        over->neighbour_count = length / sizeof over->neighbours[0] < HAND_OVER_NEIGHBOURS
                                    ? (unsigned)(length / sizeof over->neighbours[0])
                                    : HAND_OVER_NEIGHBOURS;
        memcpy(over->neighbours, data, over->neighbour_count * sizeof over->neighbours[0]);
    }
    over->has_usb = over->has_usb && usb_holds_together(&over->usb);
    over->has_card = over->has_card &&
                     (over->card.host == BOARD_CARD_EMMC || over->card.host == BOARD_CARD_SDHOST);
    over->has_hand_back = over->has_hand_back && hand_back_holds_together(&over->hand_back);
    return 0;
}
