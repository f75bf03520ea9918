/*
 * sim_usb: simulated USB devices, as seen by tokens on the bus.
 *
 * The base (sim_usb.c) does what every device does: endpoint 0, standard requests,
 * toggles, halts. It is strict: a packet with a DATA PID that no device would expect stops
 * the test, as it would lose data on a real bus without a word. A device adds its class.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_USB_H
#define SIM_USB_H

#include <stdbool.h>
#include <stdint.h>

#include "usb_host.h"

/* What a token gets for an answer, instead of a number of bytes. */
enum sim_usb_answer {
    SIM_USB_NAK = -1,
    SIM_USB_STALL = -2,
    SIM_USB_LOST = -3,   /* no answer at all, or one that is damaged */
    SIM_USB_BABBLE = -4, /* more bytes than a packet may have */
    SIM_USB_AGAIN = -5,  /* the packet before once more: it has not heard that we have it */
};

enum sim_usb_token { SIM_USB_SETUP, SIM_USB_OUT, SIM_USB_IN };

struct sim_usb_device {
    const char *name;
    enum usb_speed speed;
    const uint8_t *device_descriptor;     /* sent as bLength says */
    const uint8_t *const *configurations; /* sent as wTotalLength says */
    unsigned configuration_count;
    const char *const *strings; /* string n + 1 */
    unsigned string_count;
    void *owner;

    /* Class and vendor requests: moves up to setup->length bytes. Returns their number
     * or SIM_USB_STALL. May be null. */
    int (*control)(struct sim_usb_device *self, const struct usb_setup *setup, uint8_t *data);
    /* One packet. in: returns its length, up to capacity. May be null: NAK. */
    int (*out)(struct sim_usb_device *self, unsigned endpoint, const uint8_t *bytes,
               unsigned length);
    int (*in)(struct sim_usb_device *self, unsigned endpoint, uint8_t *bytes, unsigned capacity);
    void (*reset)(struct sim_usb_device *self);
    /* Is told of each standard request before the base does it. May be null. */
    void (*standard)(struct sim_usb_device *self, const struct usb_setup *setup);
    /* A hub: the next device behind it after `after` (null: the first) that can hear. */
    struct sim_usb_device *(*next_child)(struct sim_usb_device *self, struct sim_usb_device *after);

    /* Faults, to be set by a test. */
    bool silent;             /* answers nothing */
    bool busy;               /* answers NAK to all but SETUP */
    unsigned lose_packets;   /* this many packets from now do not arrive */
    unsigned lose_acks;      /* this many OUT packets arrive, their ACK does not */
    unsigned lose_in_acks;   /* this many IN packets arrive, the host's ACK does not */
    uint8_t deaf_to;         /* a request code that gets no answer; 0: none */
    unsigned stall_requests; /* this many control requests are stalled */
    uint16_t halted_in;      /* bit n: endpoint n is halted */
    uint16_t halted_out;
    uint16_t babbling;     /* bit n: the next IN of endpoint n babbles */
    int answer_at_most;    /* bytes of any descriptor; 0: no limit */
    bool answers_too_much; /* more bytes to an IN request than were asked for */

    /* The base's own; tests may look. */
    uint8_t address;
    uint8_t configuration;
    uint8_t alternate[8]; /* per interface */
    uint16_t toggles_in;
    uint16_t toggles_out;
    uint16_t duplicate_out; /* bit n: a repeated packet is expected */
    uint16_t duplicate_in;  /* bit n: the last packet will be repeated */
    unsigned requests;      /* SETUP packets so far */
    struct usb_setup setup;
    uint8_t data[1100];
    int data_length;
    int data_at;
    enum { STAGE_NONE, STAGE_IN, STAGE_OUT, STAGE_STATUS_IN, STAGE_STATUS_OUT, STAGE_STALL } stage;
    uint8_t control_toggle;
};

/* What the bus does at a reset: address 0, not configured. */
void sim_usb_reset(struct sim_usb_device *device);

/* Finds who hears address, from root down. Two that do stop the test. May be null. */
struct sim_usb_device *sim_usb_find(struct sim_usb_device *root, uint8_t address);

/* One transaction. toggle: of the packet sent, or expected. check_in: IN toggles are
 * looked at (QEMU's model does not keep them). bytes: max_packet long for IN.
 * Returns the number of bytes moved or enum sim_usb_answer. */
int sim_usb_transact(struct sim_usb_device *device, enum sim_usb_token token, unsigned endpoint,
                     unsigned toggle, bool check_in, uint8_t *bytes, unsigned length);

#endif
