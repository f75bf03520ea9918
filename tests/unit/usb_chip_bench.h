/*
 * usb_chip_bench: usb_lan_bench on each kind of machine: both chips, on the board and on QEMU.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef USB_CHIP_BENCH_H
#define USB_CHIP_BENCH_H

#include "usb_lan_bench.h"

/* One kind of machine. */
struct bench_machine {
    const char *name;
    const struct chip_type *type;
    enum sim_usb_board_type board;
    bool qemu; /* then without the board's hubs: QEMU has none of them */
    unsigned megabits;
};

static const struct bench_machine machines[] = {
    {"lan9514 on the board", &chip_lan9514, SIM_USB_BOARD_3B, false, 100},
    {"lan7515 on the board", &chip_lan7515, SIM_USB_BOARD_3B_PLUS, false, 1000},
    {"lan9514 on qemu", &chip_lan9514, SIM_USB_BOARD_3B, true, 100},
    {"lan7515 on qemu", &chip_lan7515, SIM_USB_BOARD_3B_PLUS, true, 1000},
};
#define MACHINES (sizeof machines / sizeof *machines)

static const struct bench_machine *machine; /* the one that is being tested */

static inline void switch_on(void)
{
    switch_on_chip(machine->type, machine->board, machine->qemu);
}

static inline void bring_up(void)
{
    switch_on();
    start_up();
}

/* Runs all tests on the first machines. Returns the number that failed. */
static inline int run_on_machines(const struct CMUnitTest *tests, size_t count, size_t last)
{
    int failed = 0;

    for (machine = machines; machine < machines + last; machine++)
        failed += _cmocka_run_group_tests(machine->name, tests, count, NULL, NULL);
    return failed;
}

#endif
