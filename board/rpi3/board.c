/*
 * board: THE WIRING PAGE of the Raspberry Pi 3. Every device, address and interrupt of
 * the machine stands here (by the names of memory_map.h), once; nothing else in the tree
 * knows one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block_device_sd.h"
#include "boot_tags.h"
#include "clock.h"
#include "console_mini_uart.h"
#include "console_pl011.h"
#include "cpu.h"
#include "error.h"
#include "ethernet_cdc_ecm.h"
#include "ethernet_lan.h"
#include "gpio_bcm2835.h"
#include "ipi_bcm2836.h"
#include "irq_bcm2836.h"
#include "level.h"
#include "log.h"
#include "mailbox_bcm2835.h"
#include "machine.h"
#include "memory.h"
#include "memory_map.h"
#include "power_bcm2835.h"
#include "random.h"
#include "random_bcm2835.h"
#include "sd_host_arasan.h"
#include "sd_host_bcm2835.h"
#include "usb_core.h"
#include "usb_host_dwc2.h"

static struct console_pl011 pl011;
static struct console_mini_uart mini_uart;
static struct sd_host_arasan emmc;
static struct sd_host_bcm2835 sdhost;
static struct block_device_sd card;
static struct usb_host_dwc2 usb_host;
static struct usb_bus usb_bus;
static struct ethernet_lan lan95xx;             /* of a Pi 3B */
static struct ethernet_lan lan78xx;             /* of a Pi 3B+ */
static struct ethernet_lan_buffers lan_buffers; /* no board has both */
static struct ethernet_cdc_ecm cdc_ecm;
static bool usb_is_started;
static bool network_is_at_rest; /* it ran and was stopped without an error */

/* The USB devices we have drivers for, in the order they are asked. */
static struct usb_driver *const usb_drivers[] = {&lan95xx.driver, &lan78xx.driver, &cdc_ecm.driver};

static void add_console(struct board *board, struct console *console, struct board_console at)
{
    board->consoles[board->console_count] = console;
    board->console_at[board->console_count++] = at;
    log_add_console(console);
}

/* The log goes to the PL011 always, and to the mini UART when the device tree's
 * stdout-path names it: U-Boot's convention, and the firmware's for enable_uart=1. */
static void start_consoles(struct board *board, const struct device_tree *tree)
{
    uint32_t clock_hz;

    if (mailbox_clock_rate(MAILBOX_CLOCK_UART, &clock_hz) < 0)
        clock_hz = UART_CLOCK_HZ;
    console_pl011_init(&pl011, UART0, clock_hz, SERIAL_BAUD);
    add_console(board, &pl011.console,
                (struct board_console){BOARD_CONSOLE_PL011, SERIAL_BAUD, UART0});
    if (tree->console == DEVICE_TREE_CONSOLE_MINI_UART) {
        console_mini_uart_init(&mini_uart, AUXILIARY);
        add_console(board, &mini_uart.console,
                    (struct board_console){BOARD_CONSOLE_MINI_UART, 0, AUXILIARY});
    }
}

static void identify(struct board *board, const struct device_tree *tree)
{
    uint64_t serial;

    strcpy(board->model, tree->model[0] != 0 ? tree->model : "Raspberry Pi 3");
    strcpy(board->serial, tree->serial);
    if (board->serial[0] == 0 && mailbox_serial(&serial) == 0)
        snprintf(board->serial, sizeof board->serial, "%016lx", serial);
    memcpy(board->mac, tree->mac, sizeof board->mac);
    if (memcmp(board->mac, (uint8_t[6]){0}, 6) == 0)
        mailbox_mac(board->mac); /* stays 0 if it fails */
    strncpy(board->bootargs, tree->bootargs, sizeof board->bootargs - 1);
    board->reset_reason = power_bcm2835_reset_reason(&board->reset_register);
    if (tree->has_reset_status) {
        board->reset_register = tree->reset_status;
        board->reset_reason = power_bcm2835_reason_of(tree->reset_status);
    }
}

static void park_other_cores(const struct device_tree *tree)
{
    for (unsigned core = 1; core < DEVICE_TREE_CORES; core++) {
        uint64_t release = machine_release_word(tree, core);
        bool mapped = memory_map_block(release, sizeof(uint64_t));

        cpu_park_secondary(release);
        if (mapped)
            memory_unmap_block(release); /* a null pointer shall fault */
    }
}

/* The firmware starts the ARM at its lowest rate; on a machine without one, no harm. */
static void raise_arm_clock(void)
{
    uint32_t hz, max_hz;

    if (mailbox_clock_rate(MAILBOX_CLOCK_ARM, &hz) == 0 &&
        mailbox_clock_max(MAILBOX_CLOCK_ARM, &max_hz) == 0 && max_hz > hz)
        mailbox_set_clock(MAILBOX_CLOCK_ARM, max_hz);
}

void board_early(void)
{
    power_bcm2835_init(POWER);
    ipi_bcm2836_init(LOCAL_PERIPHERALS);
}

int board_init(struct board *board, const void *fdt)
{
    static struct device_tree tree;

    memset(board, 0, sizeof *board);
    irq_bcm2836_init(LOCAL_PERIPHERALS, IRQ_CONTROLLER, level_timer_line);
    random_bcm2835_init(RANDOM);
    int status = machine_read(fdt, &tree);

    start_consoles(board, &tree);
    park_other_cores(&tree);
    raise_arm_clock();
    identify(board, &tree);
    if (tree.seed != NULL)
        random_mix(tree.seed, tree.seed_bytes);

    memcpy(board->memory, tree.memory, sizeof board->memory);
    board->memory_count = tree.memory_count;
    memcpy(board->reserved, tree.reserved, sizeof board->reserved);
    board->reserved_count = tree.reserved_count;
    if (tree.bytes != 0)
        board->fdt = (struct board_range){(uint64_t)fdt, tree.bytes};
    if (status == ERROR_CORRUPT)
        log_line("board", "device tree: %s", tree.reason);
    return status;
}

/* was: null unless the card is taken over as it is. */
static int use_card(struct board *board, struct sd_host *host, const struct boot_card *was)
{
    block_device_sd_init(&card, host);
    int status = was == NULL ? block_device_sd_start(&card) : block_device_sd_adopt(&card, was);

    if (status == 0) {
        board->card = &card.device;
        board->card_host = host->name;
    }
    return status;
}

static struct sd_host *init_emmc(void)
{
    uint32_t hz;

    if (mailbox_clock_rate(MAILBOX_CLOCK_EMMC, &hz) < 0)
        hz = EMMC_CLOCK_HZ;
    sd_host_arasan_init(&emmc, EMMC, hz);
    return &emmc.host;
}

static struct sd_host *init_sdhost(void)
{
    uint32_t hz;

    if (mailbox_clock_rate(MAILBOX_CLOCK_CORE, &hz) < 0)
        hz = CORE_CLOCK_HZ;
    sd_host_bcm2835_init(&sdhost, SDHOST, hz);
    return &sdhost.host;
}

static int try_emmc(struct board *board)
{
    /* The WiFi's pins may have been led to the same controller by whoever ran before us. */
    gpio_bcm2835_select(GPIO, WIFI_PIN_FIRST, WIFI_PIN_LAST, GPIO_INPUT);
    gpio_bcm2835_select(GPIO, SD_PIN_FIRST, SD_PIN_LAST, SD_PINS_TO_EMMC);
    return use_card(board, init_emmc(), NULL);
}

static int try_sdhost(struct board *board)
{
    gpio_bcm2835_select(GPIO, SD_PIN_FIRST, SD_PIN_LAST, SD_PINS_TO_SDHOST);
    return use_card(board, init_sdhost(), NULL);
}

int board_start_card(struct board *board, enum board_card_host preferred)
{
    int (*const tries[2])(struct board *) = {
        preferred == BOARD_CARD_SDHOST ? try_sdhost : try_emmc,
        preferred == BOARD_CARD_SDHOST ? try_emmc : try_sdhost,
    };

    board->card = NULL;
    int first = tries[0](board);

    if (first == 0)
        return 0;
    int second = tries[1](board);

    /* A card that answered and failed says more than a controller without one. */
    return second == 0 || first == ERROR_ABSENT ? second : first;
}

int board_adopt_card(struct board *board, const struct boot_card *description)
{
    board->card = NULL;
    /* The pins stay as they are: they lead to the host that has the card. */
    if (description->host == BOARD_CARD_EMMC)
        return use_card(board, init_emmc(), description);
    if (description->host == BOARD_CARD_SDHOST)
        return use_card(board, init_sdhost(), description);
    return ERROR_INVALID;
}

int board_describe_card(const struct board *board, struct boot_card *description)
{
    int status = board->card == NULL ? ERROR_ABSENT : block_device_sd_describe(&card, description);

    if (status == 0)
        description->host = card.host == &emmc.host ? BOARD_CARD_EMMC : BOARD_CARD_SDHOST;
    return status;
}

static void init_network(struct board *board)
{
    uint64_t serial = strtoull(board->serial, NULL, 16);

    board->ethernet = NULL;
    network_is_at_rest = false;
    usb_host_dwc2_init(&usb_host, USB, IRQ_USB);
    ethernet_lan_init(&lan95xx, &ethernet_lan95xx, &lan_buffers, board->mac, serial);
    ethernet_lan_init(&lan78xx, &ethernet_lan78xx, &lan_buffers, board->mac, serial);
    ethernet_cdc_ecm_init(&cdc_ecm);
    usb_bus_init(&usb_bus, &usb_host.host, usb_drivers, sizeof usb_drivers / sizeof *usb_drivers);
    usb_bus.root_is_fixed = true; /* the LAN9514's or LAN7515's hub is soldered there */
}

int board_start_network(struct board *board)
{
    int status = mailbox_power_on(MAILBOX_POWER_USB);

    if (status < 0)
        log_line("board", "USB power: %s", error_name(status)); /* U-Boot may have it on */
    init_network(board);
    status = usb_host_dwc2_start(&usb_host);
    if (status < 0)
        return status;
    usb_is_started = true;
    status = usb_bus_enumerate(&usb_bus);
    if (status < 0)
        return status;
    board->ethernet = usb_bus_ethernet(&usb_bus);
    return 0;
}

int board_adopt_network(struct board *board, const struct boot_usb *usb)
{
    init_network(board);
    /* Power stays as that program had it. */
    int status = usb_host_dwc2_adopt(&usb_host, (enum usb_speed)usb->devices[0].speed);

    if (status < 0)
        return status;
    status = usb_bus_adopt(&usb_bus, usb);
    if (status < 0) {
        usb_host.host.stop(&usb_host.host);
        return status;
    }
    usb_is_started = true;
    board->ethernet = usb_bus_ethernet(&usb_bus);
    return 0;
}

int board_describe_network(struct boot_usb *usb)
{
    return network_is_at_rest ? usb_bus_describe(&usb_bus, usb) : ERROR_ABSENT;
}

int board_stop_network(struct board *board)
{
    int status = 0;

    if (board->ethernet != NULL)
        network_is_at_rest = board->ethernet->stop(board->ethernet) == 0;
    board->ethernet = NULL;
    if (usb_is_started) {
        /* What the device could not end, the host ends. */
        status = usb_host.host.stop(&usb_host.host);
        network_is_at_rest &= status == 0;
        if (status < 0 && usb_host_dwc2_start(&usb_host) == 0)
            usb_host.host.stop(&usb_host.host); /* after a reset of the core */
        usb_is_started = false;
    }
    return status;
}

int board_quiesce(struct board *board)
{
    board->card = NULL; /* reads are over when they return: nothing is under way */
    return board_stop_network(board);
}
