/*
 * ethernet_on_cable: the simulated cable, on which the network stack is tested, for the contract of
 * ethernet_device.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_ON_CABLE_H
#define ETHERNET_ON_CABLE_H

#include <string.h>

#include "ethernet_other_end.h"
#include "sim_cable.h"

static struct sim_cable cable;

static void take_from_cable(void *context)
{
    struct ethernet_device *other = &cable.end[1].device;
    const uint8_t *frame;
    int length;

    (void)context;
    while ((length = other->receive(other, &frame)) > 0) {
        note_arrival(frame, (unsigned)length);
        other->receive_done(other);
    }
}

static struct ethernet_device *build_cable(void)
{
    sim_reset();
    sim_cable_clear(&cable); /* of the test before */
    sim_cable_init(&cable, 1);
    cable.end[1].arrived = take_from_cable;
    return &cable.end[0].device;
}

static void deliver_by_cable(const void *frame, unsigned length)
{
    struct ethernet_device *other = &cable.end[1].device;
    uint8_t *buffer = other->send_buffer(other);

    assert_non_null(buffer);
    memcpy(buffer, frame, length);
    assert_int_equal(other->send(other, length), 0);
}

static void plug_cable(bool plugged)
{
    sim_cable_plug(&cable, plugged);
}

#endif
