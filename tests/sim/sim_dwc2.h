/*
 * sim_dwc2: the DWC2 USB host controller, as a board has it or as QEMU models it.
 *
 * Board: a packet takes time, missing devices give transaction errors, DATA PIDs are
 * kept in CHANNEL_SIZE and checked, disabling a channel stops it. QEMU: the first packet
 * of a transfer moves within the write that starts it, missing devices never answer,
 * PIDs are not kept, a NAKed transaction outlives the disabling of its channel, and a
 * port reset meanwhile aborts (here: stops the test).
 * What a real core would not forgive stops the test: a start of a busy channel, IN room
 * that is not whole packets, wrong packet counts, unaligned DMA, registers it has not.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_DWC2_H
#define SIM_DWC2_H

#include "sim.h"
#include "sim_usb.h"

#define SIM_DWC2_CHANNELS  8
#define SIM_DWC2_PACKET_US 10
#define SIM_DWC2_NAK_US    125

struct sim_dwc2 {
    struct sim_device device;
    bool qemu;
    unsigned irq;
    struct sim_usb_device *root; /* null: nothing plugged in */
    unsigned connect_after_us;   /* from port power until the root device shows itself */

    /* Faults, to be set by a test. */
    bool is_absent; /* another chip's identification */
    bool has_no_dma;
    bool stays_in_reset;
    bool stays_a_device;   /* never becomes a host */
    bool starts_as_device; /* is a host only when forced */
    bool never_enables_port;
    unsigned settles_after_us; /* from a reset of the core: a port that is powered before that stays
                                  dead until the next one */
    bool never_halts;          /* channels cannot be disabled */
    unsigned overruns;         /* this many periodic packets miss their frame */

    /* QEMU: the device is another process (usb-redir), so what it must be asked for - a request,
     * an OUT packet - is in flight for so long; disabling the channel does not end that, and
     * starting it meanwhile aborts. 0: the device answers at once. */
    unsigned answers_after_us;

    /* For tests to look at. */
    unsigned packets; /* transactions so far, NAKs not counted */
    unsigned port_resets;

    uint32_t registers[0x1000 / 4];
    uint64_t reset_at_us; /* the core, last */
    struct sim_event connect;
    struct sim_event force;
    struct {
        struct sim_dwc2 *dwc2;
        struct sim_event event;
        bool lingering; /* QEMU: tried again although disabled */
        bool in_flight; /* QEMU: asked, not answered */
        bool small;     /* QEMU: one packet at a time */
        bool disabling;
        unsigned moved;   /* QEMU: packets since it was started */
        uint32_t control; /* as it was started */
    } channels[SIM_DWC2_CHANNELS];
};

/* Maps the controller at base with its line on irq. root: what is plugged in. */
void sim_dwc2_init(struct sim_dwc2 *self, uintptr_t base, unsigned irq, bool qemu,
                   struct sim_usb_device *root);

/* Pulls the plug of the root port. */
void sim_dwc2_unplug(struct sim_dwc2 *self);

/* Disables the root port, as the core does after babble; the device stays plugged in. */
void sim_dwc2_disable_port(struct sim_dwc2 *self);

/* True if no channel is enabled, none lingers and no interrupt can be raised. */
bool sim_dwc2_is_quiet(const struct sim_dwc2 *self);

#endif
