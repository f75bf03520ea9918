/*
 * memory_map: where a Raspberry Pi 3 has what.
 *
 *   0x00000000  RAM; page 0 holds the firmware's spin table for cores 1-3
 *   0x00080000  where the firmware and QEMU put kernel8.img
 *   0x00200000  lowest place of a service
 *   ...
 *   top - 116 MiB  the image that is being fetched or pushed (at most 64 MiB)
 *   top - 52 MiB  the boot-info block
 *   top - 50 MiB  kept images and a core (at most 48 MiB; hidden from services)
 *   top - 2 MiB  the loader, resident (hidden)
 *   top         end of the RAM that the firmware left to the ARM (0x3c000000 in QEMU)
 *   0x3f000000  peripherals
 *   0x40000000  the cores' local peripherals
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MEMORY_MAP_H
#define MEMORY_MAP_H

/* BCM2835 ARM Peripherals, moved to 0x3f000000 on the BCM2837. */
#define PERIPHERALS    0x3f000000u
#define IRQ_CONTROLLER (PERIPHERALS + 0xb200)
#define MAILBOX        (PERIPHERALS + 0xb880)
#define POWER          (PERIPHERALS + 0x100000)
#define RANDOM         (PERIPHERALS + 0x104000)
#define GPIO           (PERIPHERALS + 0x200000)
#define UART0          (PERIPHERALS + 0x201000) /* PL011 */
#define SDHOST         (PERIPHERALS + 0x202000)
#define AUXILIARY      (PERIPHERALS + 0x215000) /* mini UART */
#define EMMC           (PERIPHERALS + 0x300000)
#define USB            (PERIPHERALS + 0x980000)

/* BCM2836 ARM-local peripherals. */
#define LOCAL_PERIPHERALS 0x40000000u

#define IRQ_USB 9

/* The card's pins, and which function connects them to which controller. */
#define SD_PIN_FIRST      48
#define WIFI_PIN_FIRST    34
#define WIFI_PIN_LAST     39
#define SD_PIN_LAST       53
#define SD_PINS_TO_EMMC   GPIO_ALT3
#define SD_PINS_TO_SDHOST GPIO_ALT0

/* Used when nobody tells: the smallest split of the smallest board. */
#define MEMORY_AT_LEAST (64u << 20)

#define SERIAL_BAUD   115200
#define UART_CLOCK_HZ 48000000u  /* the firmware's init_uart_clock */
#define EMMC_CLOCK_HZ 200000000u /* used when the firmware does not tell */
#define CORE_CLOCK_HZ 250000000u

#endif
