/*
 * gpio_bcm2835: function select, ten pins to a register, three bits to a pin.
 *
 * Not done: levels, pulls, events.
 * Reference: BCM2835 ARM Peripherals, section 6.1.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "gpio_bcm2835.h"

#include "mmio.h"

void gpio_bcm2835_select(uintptr_t base, unsigned first, unsigned last, enum gpio_function function)
{
    for (unsigned pin = first; pin <= last; pin++) {
        uintptr_t select = base + pin / 10 * 4;
        unsigned shift = pin % 10 * 3;

        mmio_write32(select, (mmio_read32(select) & ~(7u << shift)) | (uint32_t)function << shift);
    }
}
