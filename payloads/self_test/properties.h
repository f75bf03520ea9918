/*
 * properties: the firmware's property channel, with the message where the caller wants it.
 *
 * drivers/mailbox_bcm2835.h asks what the product needs, in buffers of its own. A test wants to
 * choose the lines of memory that are written, and to ask more.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PROPERTIES_H
#define PROPERTIES_H

#include <stdint.h>

#define PROPERTY_WORDS 16 /* of a message: one cache line */

enum property {
    PROPERTY_CLOCK_RATE = 0x30002,
    PROPERTY_TEMPERATURE = 0x30006,
    PROPERTY_THROTTLED = 0x30046,
    PROPERTY_CLOCK_MAX = 0x30004,
    PROPERTY_CLOCK_MEASURED = 0x30047,
    PROPERTY_DMA_CHANNELS = 0x60001,
};

/*
 * Asks one tag of up to two words. message: PROPERTY_WORDS words, 64-byte aligned. meanwhile,
 * unless null, is called with context again and again until the answer is there, 100 ms at most.
 * Returns 0 and the answer in values, ERROR_TIMEOUT, or ERROR_UNSUPPORTED (the firmware does not
 * know the question).
 */
int property_ask_in(uint32_t *message, enum property property, uint32_t values[2],
                    void (*meanwhile)(void *context), void *context);

/* The same in a buffer of its own. */
int property_ask(enum property property, uint32_t values[2]);

#endif
