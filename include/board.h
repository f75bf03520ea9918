/*
 * board: what a board hands upward.
 *
 * Filled in by board/rpi3/board.c (on the host by tests/sim/sim_board.c). The parts
 * that take time - card and network - are started by calls of their own, so that a
 * program pays only for what it uses.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

struct block_device;
struct boot_card;
struct boot_usb;
struct console;
struct ethernet_device;

#define BOARD_CONSOLES_MAX 2
#define BOARD_MEMORY_MAX   8
#define BOARD_RESERVED_MAX 16

struct board_range {
    uint64_t base;
    uint64_t bytes;
};

enum board_console_kind { BOARD_CONSOLE_PL011 = 1, BOARD_CONSOLE_MINI_UART = 2 };

/* Where a console is, for the boot-info block. */
struct board_console {
    uint32_t kind; /* enum board_console_kind */
    uint32_t baud; /* 0 = as it was left */
    uint64_t base;
};

struct board {
    char model[48];          /* "Raspberry Pi 3 Model B", from the FDT */
    char serial[17];         /* 16 hexadecimal digits, lower case */
    uint8_t mac[6];          /* from the firmware; all 0 if it did not tell */
    uint32_t reset_reason;   /* enum power_reset_reason */
    uint32_t reset_register; /* as read, 0 if unknown */
    char bootargs[1024];     /* /chosen bootargs of the FDT, cut to fit; "" */

    struct board_range memory[BOARD_MEMORY_MAX]; /* RAM the ARM may use */
    unsigned memory_count;
    struct board_range reserved[BOARD_RESERVED_MAX]; /* parts of it that are taken */
    unsigned reserved_count;

    struct board_range fdt; /* the tree board_init was given; bytes 0: it was not usable */

    struct console *consoles[BOARD_CONSOLES_MAX];
    struct board_console console_at[BOARD_CONSOLES_MAX];
    unsigned console_count;

    struct block_device *card;        /* null until board_start_card succeeded */
    const char *card_host;            /* "emmc" or "sdhost" */
    struct ethernet_device *ethernet; /* null until board_start_network succeeded */
};

enum board_card_host { BOARD_CARD_ANY, BOARD_CARD_EMMC, BOARD_CARD_SDHOST };

/* What a fault report needs: called by the start-up code before any other C function that
 * could fault. */
void board_early(void);

/*
 * Finds out what the machine is (fdt may be null or invalid: the mailbox then tells
 * the memory) and starts what everything needs: clock, interrupt controller, random
 * numbers, consoles. fdt must be mapped; it is read, never kept. Called once, MMU on.
 * Returns 0, ERROR_CORRUPT (an FDT is there but cannot be used; board is filled in
 * from the mailbox, so the program goes on and says so) or ERROR_ABSENT (no memory
 * known at all: a safe minimum of 64 MiB is assumed).
 */
int board_init(struct board *board, const void *fdt);

/*
 * Looks for an SD card on the preferred controller, then on the other. Waits up to
 * 2 s when a card is slow to start. Returns 0 (board->card is set), ERROR_ABSENT (no
 * card) or the error of the controller that came furthest.
 */
int board_start_card(struct board *board, enum board_card_host preferred);

/*
 * Powers and enumerates USB and starts the first Ethernet device found. Waits up to
 * 3 s. May be called again after a failure. Returns 0 (board->ethernet is set),
 * ERROR_ABSENT (no Ethernet device on the bus), or the error that ended enumeration.
 */
int board_start_network(struct board *board);

/*
 * Takes over the network that another program of this machine left running: the USB bus
 * and its Ethernet device as *usb describes them, at rest. No reset of port or device. Makes
 * sure: controller and port are as described, the devices answer at their addresses as what
 * they were, in their configuration. Unknown toggles are set anew by the driver. What that program
 * left running - it may have crashed - is ended first: until this or board_start_network is called,
 * its receive transfer may still write to its memory. Waits 10 ms as a rule, up to 0.6 s. Returns 0
 * (board->ethernet is set), or ERROR_INVALID (a description nobody here can have written),
 * ERROR_ABSENT, ERROR_CORRUPT (something else is there), ERROR_IO, ERROR_TIMEOUT: nothing is under
 * way then, and board_start_network starts from the beginning.
 */
int board_adopt_network(struct board *board, const struct boot_usb *usb);

/* Describes the network for the next program: fills in *usb from what board_quiesce or
 * board_stop_network just stopped. Returns 0; ERROR_ABSENT: nothing was running that could be
 * taken over, or it did not stop cleanly. */
int board_describe_network(struct boot_usb *usb);

/* The same for the card: takes over the one that *description tells of, if it still answers
 * as that card in transfer state. Returns 0 (board->card is set), ERROR_INVALID, or the error
 * it answered with; then board_start_card starts from the beginning. Waits up to 50 ms, or
 * 200 when the controller itself fails. */
int board_adopt_card(struct board *board, const struct boot_card *description);

/* Describes the card in use. Returns 0 or ERROR_ABSENT: none is. Before board_quiesce. */
int board_describe_card(const struct board *board, struct boot_card *description);

/* Undoes board_start_network: ends reception and all transfers, board->ethernet is null.
 * Without a start it does nothing. Waits up to 100 ms. Returns 0, or ERROR_TIMEOUT: the
 * controller could not be stopped and was reset. */
int board_stop_network(struct board *board);

/* Stops DMA, reception, interrupts of all devices started above, so that memory can
 * be handed to another program. Consoles stay usable. Waits up to 50 ms. Returns 0 or
 * the first error; the devices are then reset. */
int board_quiesce(struct board *board);

/*
 * The machine as another system expects it from the firmware: no watchdog, no interrupt enabled
 * or routed, and the other cores in a spin table, their words where fdt says, the tree that
 * system gets; its stub is in the first page of RAM, which that tree reserves. The last call to
 * the board, after board_quiesce; consoles stay usable, no wait wakes up any more. Returns 0, or
 * ERROR_TIMEOUT: a core was not in our park, and is still where it was. Loader only.
 */
int board_leave(const void *fdt);

#endif
