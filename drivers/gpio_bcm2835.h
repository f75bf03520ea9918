/*
 * gpio_bcm2835: what a pin is connected to.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef GPIO_BCM2835_H
#define GPIO_BCM2835_H

#include <stdint.h>

/* Values of a pin's function field (BCM2835 ARM Peripherals, table 6-2). */
enum gpio_function {
    GPIO_INPUT = 0,
    GPIO_OUTPUT = 1,
    GPIO_ALT0 = 4,
    GPIO_ALT1 = 5,
    GPIO_ALT2 = 6,
    GPIO_ALT3 = 7,
    GPIO_ALT4 = 3,
    GPIO_ALT5 = 2,
};

/* Connects pins first ... last (0-53) to function. base: the controller's first register. */
void gpio_bcm2835_select(uintptr_t base, unsigned first, unsigned last,
                         enum gpio_function function);

#endif
