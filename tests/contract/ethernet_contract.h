/*
 * ethernet_contract: what the tests of include/ethernet_device.h's promises share: frames, and
 * waiting for them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_CONTRACT_H
#define ETHERNET_CONTRACT_H

#include <string.h>

#include "ethernet_implementations.h"

/* Makes implementation the first of them, then the next. Returns false behind the last. */
static inline bool next_implementation(void)
{
    static unsigned next;

    if (next == sizeof implementations / sizeof *implementations) {
        sim_cable_clear(&cable);
        return false;
    }
    implementation = &implementations[next++];
    return true;
}

static inline int set_up(void **state)
{
    (void)state;
    device = implementation->build();
    arrived_count = 0;
    return 0;
}

/* A frame that the device passes on: for it, of a protocol for experiments. */
static inline void fill(uint8_t *frame, unsigned length)
{
    for (unsigned i = 0; i < length; i++)
        frame[i] = (uint8_t)(length * 31 + i * 7 + (i >> 8));
    memcpy(frame, device->mac, 6);
    memcpy(frame + 6, "\x02\0\0\0\0\x02\x88\xb5", 8);
}

static inline unsigned on_cable(unsigned length)
{
    return length < implementation->least_on_cable ? implementation->least_on_cable : length;
}

/* Runs until a frame is there, up to 100 ms. */
static inline int wait_for_frame(const uint8_t **frame)
{
    int length = 0;

    for (unsigned i = 0; i < 1000 && length == 0; i++) {
        length = device->receive(device, frame);
        if (!length)
            implementation->run(100);
    }
    return length;
}

static inline uint8_t *wait_for_send_buffer(void)
{
    uint8_t *frame = device->send_buffer(device);

    for (unsigned i = 0; i < 100 && !frame; i++) {
        implementation->run(100);
        frame = device->send_buffer(device);
    }
    assert_non_null(frame);
    return frame;
}

#endif
