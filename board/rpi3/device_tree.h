/*
 * device_tree: what the board wants to know of the flattened device tree that firmware,
 * U-Boot or the loader passed.
 *
 * Read once, into a plain struct; the tree is an input like any other and is checked
 * whole before anything in it is believed. A part that is missing or makes no sense is
 * left out, and the board falls back on the mailbox; only a tree whose structure is
 * broken is refused. Read by lib/fdt_walk, one pass.
 * Reference: Devicetree Specification 0.4; the Pi's own properties as its firmware
 * writes them (docs/hardware.md).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef DEVICE_TREE_H
#define DEVICE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board.h"

#define DEVICE_TREE_CORES        4
#define DEVICE_TREE_REASON_BYTES 100

enum device_tree_console {
    DEVICE_TREE_CONSOLE_UNKNOWN, /* no stdout-path, or of a kind we do not drive */
    DEVICE_TREE_CONSOLE_PL011,
    DEVICE_TREE_CONSOLE_MINI_UART,
};

struct device_tree {
    size_t bytes;    /* the tree's total size: memory not to be used */
    char model[48];  /* "" = not told; cut to fit */
    char serial[17]; /* hexadecimal digits, lower case; "" = not told */

    /* Ranges overlap nowhere and none is empty; those that touch are one. */
    struct board_range memory[BOARD_MEMORY_MAX];
    unsigned memory_count; /* 0 = not told */
    struct board_range reserved[BOARD_RESERVED_MAX];
    unsigned reserved_count; /* reserved-memory and /memreserve/ */

    const char *bootargs; /* in the tree, terminated; "" = none */
    enum device_tree_console console;
    uint32_t console_baud;                   /* from stdout-path; 0 = not told */
    uint8_t mac[6];                          /* all 0 = not told */
    uint64_t cpu_release[DEVICE_TREE_CORES]; /* spin table words; 0 = not told */
    bool has_reset_status;
    uint32_t reset_status; /* the power manager's RSTS as firmware read it */
    const uint8_t *seed;   /* in the tree: random bytes; null = none */
    size_t seed_bytes;

    char reason[DEVICE_TREE_REASON_BYTES]; /* after an error: one sentence */
};

/*
 * Checks the tree at fdt, of which the first available bytes may be read, and fills in
 * *tree. bootargs and seed point into the tree and live as long as it does.
 * Returns 0; ERROR_ABSENT (null, or no tree begins there); ERROR_CORRUPT (a tree begins
 * there, but its header or structure does not hold, or its memory wraps; tree->reason
 * says what). After an error *tree tells nothing else: all fields are zero or "".
 * Wants the MMU on: reads at any alignment. Does not wait; no state.
 */
int device_tree_read(const void *fdt, size_t available, struct device_tree *tree);

#endif
