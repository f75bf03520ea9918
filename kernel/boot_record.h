/*
 * boot_record: what the program that started us tells, in one struct.
 *
 * A loader that speaks the Arm Firmware Handoff leaves a transfer list (x3); firmware,
 * QEMU and U-Boot's booti leave only an FDT (x0); bootelf and go neither. Each part is
 * taken if it is there and whole; what is missing reads as zero.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOOT_RECORD_H
#define BOOT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "boot_tags.h"
#include "hand_over.h"

#define BOOT_RECORD_FREE_MAX 16

struct boot_record {
    const void *fdt; /* null: none */
    uint32_t fdt_bytes;
    void *list; /* null: none that can be used */
    size_t list_bytes;

    /* From the list; the pointers point into it. */
    struct boot_loader loader;
    struct boot_service service; /* its strings are terminated */
    struct boot_reset reset;
    uint8_t image_digest[32];
    struct hand_over over; /* devices, network, log: for us to take over */
    struct boot_guard guard;
    struct boot_upload upload; /* bytes 0: none */
    struct boot_crash crash;   /* its strings are terminated; name "": there was none */
    struct board_range free[BOOT_RECORD_FREE_MAX];
    unsigned free_count;
    const char *arguments; /* BOOT_TAG_ARGUMENTS as it stands there */
    size_t arguments_bytes;
    const struct boot_timestamp *timestamps;
    unsigned timestamp_count;
};

/*
 * Sorts out the registers of entry, maps what they point to and fills in *record. The
 * list's random seed is mixed into the generator and wiped. Returns 0, or why a list that
 * was announced is not used: ERROR_INVALID, ERROR_TOO_LARGE, ERROR_CORRUPT as of
 * transfer_list_check. *record then holds the FDT at most.
 */
int boot_record_find(struct boot_record *record, uint64_t x0, uint64_t x1, uint64_t x3);

/* The part of it that takes a list apart: a list that transfer_list_check accepted. */
void boot_record_read(struct boot_record *record, void *list, size_t list_bytes);

#endif
