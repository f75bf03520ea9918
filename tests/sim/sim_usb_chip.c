/*
 * sim_usb_chip: one of the board's Ethernet chips on the simulated bus.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_usb_chip.h"

#include <string.h>

#include "sim_parts.h"

/* On the wire around a frame: preamble 8, checksum 4, gap 12. */
#define WIRE_BYTES 24
#define SILENCE_US 10 /* how often a silenced station looks whether it may go on */

static struct sim_usb_chip *of_usb(struct sim_usb_device *device)
{
    return (struct sim_usb_chip *)device;
}

/* ---- what the model asks for ---- */

static uint64_t now_us(void *owner)
{
    (void)owner;
    return sim_clock_now_ns() / 1000;
}

static void transmit(void *owner, const uint8_t *frame, unsigned length)
{
    struct sim_usb_chip *self = owner;

    if (length > sizeof self->sent)
        sim_stop("%s: a frame of %u bytes leaves", self->usb.name, length);
    memcpy(self->sent, frame, length);
    self->sent_length = length;
    self->sent_count++;
    if (self->on_frame)
        self->on_frame(self, frame, length);
}

static void complain(void *owner, const char *rule, const char *text)
{
    struct sim_usb_chip *self = owner;

    sim_stop("%s: %s: %s", self->usb.name, rule, text);
}

/* ---- the cable ---- */

static void pass_on(struct sim_usb_chip *self)
{
    unsigned first = self->queue_first;

    self->queue_first = (first + 1) % SIM_USB_CHIP_QUEUE;
    self->queue_count--;
    self->chip->type->receive(self->chip, self->queue[first].bytes, self->queue[first].length);
}

static void time_has_come(void *context);

static void move_cable(struct sim_usb_chip *self)
{
    while (self->queue_count) {
        unsigned length = self->queue[self->queue_first].length;

        if (self->chip->type->wants_silence(self->chip)) {
            sim_after_us(&self->arrival, SILENCE_US, time_has_come, self);
            return;
        }
        if (self->megabits) {
            self->is_arriving = true;
            sim_after_us(&self->arrival, (length + WIRE_BYTES) * 8u / self->megabits + 1,
                         time_has_come, self);
            return;
        }
        pass_on(self);
    }
}

static void time_has_come(void *context)
{
    struct sim_usb_chip *self = context;

    if (self->is_arriving)
        pass_on(self);
    self->is_arriving = false;
    move_cable(self);
}

void sim_usb_chip_deliver(struct sim_usb_chip *self, const void *frame, unsigned length)
{
    unsigned last = (self->queue_first + self->queue_count) % SIM_USB_CHIP_QUEUE;

    if (self->queue_count == SIM_USB_CHIP_QUEUE || length > CHIP_FRAME_MAX)
        sim_stop("%s: no room in the cable for a frame of %u bytes", self->usb.name, length);
    memcpy(self->queue[last].bytes, frame, length);
    self->queue[last].length = length;
    self->queue_count++;
    if (!self->arrival.armed)
        move_cable(self);
}

void sim_usb_chip_plug(struct sim_usb_chip *self, bool plugged)
{
    sim_cancel(&self->arrival);
    self->queue_count = 0;
    self->is_arriving = false;
    self->chip->type->plug(self->chip, plugged);
}

/* ---- what the bus asks for ---- */

static int control(struct sim_usb_device *device, const struct usb_setup *setup, uint8_t *data)
{
    struct chip *chip = of_usb(device)->chip;
    const struct chip_setup request = {setup->request_type, setup->request, setup->value,
                                       setup->index, setup->length};
    int moved = chip->type->control(chip, &request, data);

    return moved < 0 ? SIM_USB_STALL : moved;
}

/* A halt lasts until the host clears it. */
static int answer(int moved, uint16_t *halted, unsigned endpoint)
{
    if (moved >= 0)
        return moved;
    if (moved == CHIP_NAK)
        return SIM_USB_NAK;
    *halted |= (uint16_t)(1u << endpoint);
    return SIM_USB_STALL;
}

static int out(struct sim_usb_device *device, unsigned endpoint, const uint8_t *bytes,
               unsigned length)
{
    struct chip *chip = of_usb(device)->chip;

    if (endpoint != CHIP_BULK_OUT)
        sim_stop("%s: OUT %u", device->name, endpoint);
    return answer(chip->type->bulk_out(chip, bytes, length), &device->halted_out, endpoint);
}

static int in(struct sim_usb_device *device, unsigned endpoint, uint8_t *bytes, unsigned capacity)
{
    struct chip *chip = of_usb(device)->chip;

    if (endpoint == CHIP_INTERRUPT_IN)
        return answer(chip->type->interrupt_in(chip, bytes, capacity), &device->halted_in,
                      endpoint);
    if (endpoint != CHIP_BULK_IN)
        sim_stop("%s: IN %u", device->name, endpoint);
    return answer(chip->type->bulk_in(chip, bytes, capacity), &device->halted_in, endpoint);
}

static void check_hand_over(const struct sim_usb_chip *self, const char *what)
{
    if (!self->forgives_reception && self->chip->type->is_receiving(self->chip))
        sim_stop("%s: reception-left-on: %s comes while frames are taken in", self->usb.name, what);
}

static void standard(struct sim_usb_device *device, const struct usb_setup *setup)
{
    if (setup->request_type == 0x80 && setup->request == 8)
        check_hand_over(of_usb(device), "GET_CONFIGURATION");
}

static void reset(struct sim_usb_device *device)
{
    struct sim_usb_chip *self = of_usb(device);

    check_hand_over(self, "a reset of the bus");
    self->chip->type->bus_reset(self->chip);
}

void sim_usb_chip_init(struct sim_usb_chip *self, const struct chip_type *type)
{
    unsigned strings = 0;

    while (type->strings && type->strings[strings])
        strings++;
    if (type->bytes > sizeof self->model)
        sim_stop("%s wants %u bytes: SIM_USB_CHIP_BYTES is too small", type->name, type->bytes);
    memset(self, 0, sizeof *self);
    self->configurations[0] = type->configuration;
    self->usb = (struct sim_usb_device){
        .name = type->name,
        .speed = USB_SPEED_HIGH,
        .device_descriptor = type->device,
        .configurations = self->configurations,
        .configuration_count = 1,
        .strings = type->strings,
        .string_count = strings,
        .control = control,
        .out = out,
        .in = in,
        .standard = standard,
        .reset = reset,
    };
    self->chip = (struct chip *)self->model;
    chip_init(self->chip, type, &(struct chip_carrier){self, now_us, transmit, complain});
}
