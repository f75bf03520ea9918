/*
 * hand_over: the running state of devices and network, from one program of this machine to
 * the next, as a transfer list (include/boot_tags.h, "warm hand-over").
 *
 * A service's kernel builds one for GUARD_HAND_BACK; the loader reads it there, and its
 * boot-info block brings the same entries the other way. Each part may be missing.
 *
 * Who reads believes nothing: what hand_over_read gives out is a copy in which strings end,
 * indices lie within their arrays and enums are values of theirs; an entry in which they do
 * not counts as missing. Whether an address, an endpoint or a MAC can be right is for those
 * who take the device or the network over: they know, and they try it anyway.
 *
 * Pure: bytes in, bytes out.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef HAND_OVER_H
#define HAND_OVER_H

#include <stdbool.h>
#include <stddef.h>

#include "boot_tags.h"

#define HAND_OVER_NEIGHBOURS 8

/* A part counts only if its has_... is true. */
struct hand_over {
    bool has_usb, has_card, has_lease, has_transfer, has_log, has_hand_back;
    unsigned neighbour_count;
    struct boot_usb usb;
    struct boot_card card;
    struct boot_lease lease;
    struct boot_neighbour neighbours[HAND_OVER_NEIGHBOURS];
    struct boot_transfer transfer;
    struct boot_log log;
    struct boot_hand_back hand_back;
};

/* Enough for any list of hand_over_build, with its headers and padding; a multiple of 8. */
#define HAND_OVER_BYTES_MAX (sizeof(struct hand_over) + 128)

/*
 * Builds the sealed list of what *over has at buffer (8-byte aligned, capacity bytes:
 * HAND_OVER_BYTES_MAX are always enough). More neighbours than fit are left out.
 * Returns the bytes used, or ERROR_INVALID (alignment), ERROR_TOO_LARGE (capacity); the
 * buffer then holds nothing useful.
 */
int hand_over_build(void *buffer, size_t capacity, const struct hand_over *over);

/*
 * Reads a list, or what is called one, of which the first bytes bytes may be read and do not
 * change meanwhile. Fills in all of *over, whatever it returns: without a list it has nothing.
 * hand_back: only of a known kind; with NEXT there is a name. Its name is printable ASCII: it
 * ends before the first byte that is not.
 * Returns 0, or the errors of transfer_list_check; ERROR_CORRUPT too if the list lacks its
 * integrity entry: no hand-over of ours does.
 */
int hand_over_read(const void *list, size_t bytes, struct hand_over *over);

#endif
