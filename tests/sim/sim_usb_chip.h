/*
 * sim_usb_chip: carries a model of one of the board's Ethernet chips (tests/devices/chip.h) on
 * the simulated bus: toggles and halts are sim_usb's, time is virtual, and the cable is here.
 *
 * The cable keeps frames back while the chip asks for silence, as another station that obeys
 * PAUSE does. With a speed frames take the time that they take on a wire, one after the other,
 * so that a receiver that is too slow loses some; without one they are there at once.
 * What a model complains of stops the test.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_USB_CHIP_H
#define SIM_USB_CHIP_H

#include "chip.h"
#include "sim.h"
#include "sim_usb.h"

#define SIM_USB_CHIP_QUEUE 512
#define SIM_USB_CHIP_BYTES (256 * 1024) /* room for any model */

struct sim_usb_chip {
    struct sim_usb_device usb;
    struct chip *chip; /* faults, statistics; tests may call its type's functions */
    const uint8_t *configurations[1];

    /* The machine may change hands while the chip receives: of a test of crashes. Otherwise a
     * reset or GET_CONFIGURATION then stops the test. */
    bool forgives_reception;

    /* From the host: the last frame, their number. */
    uint8_t sent[CHIP_FRAME_MAX];
    unsigned sent_length;
    unsigned sent_count;
    void (*on_frame)(struct sim_usb_chip *self, const uint8_t *frame, unsigned length);
    void *owner; /* for on_frame's use */

    /* To the host: frames that stand in the cable. */
    unsigned megabits; /* of the cable; 0: frames take no time */
    struct {
        uint8_t bytes[CHIP_FRAME_MAX];
        unsigned length;
    } queue[SIM_USB_CHIP_QUEUE];
    unsigned queue_first, queue_count;
    bool is_arriving; /* the first of them */
    struct sim_event arrival;
    _Alignas(16) uint8_t model[SIM_USB_CHIP_BYTES];
};

/* A chip just switched on, its cable plugged in. */
void sim_usb_chip_init(struct sim_usb_chip *self, const struct chip_type *type);

/* The other end sends a frame, 14 ... CHIP_FRAME_MAX bytes. Stops the test when too many stand
 * in the cable. */
void sim_usb_chip_deliver(struct sim_usb_chip *self, const void *frame, unsigned length);

/* Plugs the cable in or pulls it; what stands in it is then lost. */
void sim_usb_chip_plug(struct sim_usb_chip *self, bool plugged);

#endif
