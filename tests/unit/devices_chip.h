/*
 * devices_chip: a chip of the tests' own behind chip.h: bursts of known lengths, and what else a
 * carrier of chips has to cope with.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef DEVICES_CHIP_H
#define DEVICES_CHIP_H

#include <stdio.h>
#include <string.h>

#include "chip.h"

struct devices_chip {
    struct chip chip;
    uint64_t now_us;
    bool naks, receiving, silent, refuses_out;
    bool *redirect_deaf; /* set by a complaint, as the process does */
    unsigned stalls_in;
    unsigned lengths[16], bursts, taken; /* taken: bytes of the first */
    unsigned sent_bytes, received, bus_resets;
    char rule[64];
};

static inline struct devices_chip *devices_chip_of(const struct chip *chip)
{
    union {
        const struct chip *in;
        struct devices_chip *out;
    } cast = {chip}; /* the first member of one */
    return cast.out;
}

static inline void devices_chip_put(struct devices_chip *self, unsigned length)
{
    self->lengths[self->bursts++] = length;
}

static void devices_chip_power_on(struct chip *chip)
{
    (void)chip;
}

static void devices_chip_bus_reset(struct chip *chip)
{
    devices_chip_of(chip)->bus_resets++;
}

static int devices_chip_control(struct chip *chip, const struct chip_setup *setup, uint8_t *data)
{
    (void)chip;
    memset(data, 0, setup->request_type & 0x80 ? setup->length : 0);
    return setup->length;
}

static int devices_chip_out(struct chip *chip, const uint8_t *bytes, unsigned length)
{
    (void)bytes;
    if (devices_chip_of(chip)->refuses_out) {
        return CHIP_NAK;
    }
    devices_chip_of(chip)->sent_bytes += length;
    return (int)length;
}

static int devices_chip_in(struct chip *chip, uint8_t *bytes, unsigned capacity)
{
    struct devices_chip *self = devices_chip_of(chip);
    if (self->bursts == 0) {
        return self->naks ? CHIP_NAK : 0;
    }
    if (self->stalls_in) {
        self->stalls_in--;
        return CHIP_STALL;
    }
    unsigned left = self->lengths[0] - self->taken;
    unsigned length = left < capacity ? left : capacity;
    memset(bytes, 0x5a, length);
    self->taken += length;
    if (length < CHIP_PACKET_BYTES) {
        self->taken = 0;
        self->bursts--;
        memmove(self->lengths, self->lengths + 1, sizeof(self->lengths) - sizeof(self->lengths[0]));
    }
    return (int)length;
}

static int devices_chip_interrupt(struct chip *chip, uint8_t *bytes, unsigned capacity)
{
    (void)chip;
    (void)bytes;
    (void)capacity;
    return CHIP_NAK;
}

static void devices_chip_receive(struct chip *chip, const uint8_t *frame, unsigned length)
{
    (void)frame;
    devices_chip_of(chip)->received += length;
}

static bool devices_chip_wants_silence(const struct chip *chip)
{
    return devices_chip_of(chip)->silent;
}

static bool devices_chip_has_data(struct chip *chip)
{
    return devices_chip_of(chip)->bursts > 0;
}

static bool devices_chip_naks(const struct chip *chip)
{
    return devices_chip_of(chip)->naks;
}

static bool devices_chip_is_receiving(const struct chip *chip)
{
    return devices_chip_of(chip)->receiving;
}

static void devices_chip_plug(struct chip *chip, bool plugged)
{
    chip->plugged = plugged;
}

static uint64_t devices_chip_now_us(void *owner)
{
    return ((struct devices_chip *)owner)->now_us;
}

static void devices_chip_transmit(void *owner, const uint8_t *frame, unsigned length)
{
    (void)owner;
    (void)frame;
    (void)length;
}

static void devices_chip_complain(void *owner, const char *rule, const char *text)
{
    struct devices_chip *self = owner;
    (void)text;
    snprintf(self->rule, sizeof(self->rule), "%s", rule);
    if (self->redirect_deaf) {
        *self->redirect_deaf = true;
    }
}

static inline void devices_chip_init(struct devices_chip *self)
{
    static const uint8_t device[] = {18,   1,    0x00, 0x02, 255,  0,    1, 64, 0x24,
                                     0x04, 0x00, 0xec, 0x00, 0x02, 0x00, 1, 0,  1};
    static const uint8_t configuration[] = {
        9, 2, 39,   0, 1, 1,    0, 0xe0, 1, /* self-powered, wakes up */
        9, 4, 0,    0, 3, 255,  0, 255,  0, /* one interface */
        7, 5, 0x81, 2, 0, 0x02, 0,          /* bulk IN, 512 */
        7, 5, 0x02, 2, 0, 0x02, 0,          /* bulk OUT, 512 */
        7, 5, 0x83, 3, 4, 0x00, 4,          /* interrupt IN */
    };
    static const char *const strings[] = {"Pilotlight", NULL};
    static const struct chip_type type = {
        .name = "of-the-tests",
        .device = device,
        .configuration = configuration,
        .strings = strings,
        .bytes = sizeof(struct devices_chip),
        .power_on = devices_chip_power_on,
        .bus_reset = devices_chip_bus_reset,
        .control = devices_chip_control,
        .bulk_out = devices_chip_out,
        .bulk_in = devices_chip_in,
        .interrupt_in = devices_chip_interrupt,
        .receive = devices_chip_receive,
        .wants_silence = devices_chip_wants_silence,
        .has_data = devices_chip_has_data,
        .empty_is_nak = devices_chip_naks,
        .is_receiving = devices_chip_is_receiving,
        .plug = devices_chip_plug,
    };
    *self = (struct devices_chip){.now_us = 1000000};
    self->chip.type = &type;
    self->chip.carrier = (struct chip_carrier){self, devices_chip_now_us, devices_chip_transmit,
                                               devices_chip_complain};
}

#endif
