/*
 * mailbox_bcm2835: questions to the VideoCore firmware (the property channel).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOX_BCM2835_H
#define MAILBOX_BCM2835_H

#include <stdint.h>

enum mailbox_clock {
    MAILBOX_CLOCK_EMMC = 1,
    MAILBOX_CLOCK_UART = 2,
    MAILBOX_CLOCK_ARM = 3,
    MAILBOX_CLOCK_CORE = 4
};
enum mailbox_power { MAILBOX_POWER_SD = 0, MAILBOX_POWER_USB = 3 };

/* base: the mailbox's first register (peripherals + 0xb880). */
void mailbox_bcm2835_init(uintptr_t base);

/* All of these wait for the firmware, 100 ms at most (power: 500 ms), and return 0,
 * ERROR_TIMEOUT, or ERROR_UNSUPPORTED (the firmware does not know the question or answers
 * nothing useful). Results are only written on 0. */

/* The RAM the firmware left to the ARM. */
int mailbox_arm_memory(uint32_t *base, uint32_t *bytes);

/* The board's Ethernet address. */
int mailbox_mac(uint8_t mac[6]);

/* The board's serial number. */
int mailbox_serial(uint64_t *serial);

/* A clock's rate as it is, and the highest the firmware allows. */
int mailbox_clock_rate(enum mailbox_clock clock, uint32_t *hz);
int mailbox_clock_max(enum mailbox_clock clock, uint32_t *hz);
int mailbox_set_clock(enum mailbox_clock clock, uint32_t hz);

/* Switches a device's power on and waits until it is stable. ERROR_ABSENT: there is no
 * such device. */
int mailbox_power_on(enum mailbox_power device);

#endif
