/*
 * ethernet_other_end: a struct ethernet_device with the other end of its cable, as the contract in
 * test_ethernet_device*.c sees it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_OTHER_END_H
#define ETHERNET_OTHER_END_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "error.h"
#include "ethernet_device.h"
#include "sim.h"

/* The other end of the cable, and how to build this one. */
struct implementation {
    const char *name;
    struct ethernet_device *(*build)(void);
    void (*deliver)(const void *frame, unsigned length);
    void (*run)(uint64_t duration_us);
    unsigned least_on_cable;    /* shorter frames are padded there */
    void (*plug)(bool plugged); /* null: its cable is always in */
    bool (*takes_frames)(void); /* what the device does is under way; null: nobody can tell */
};

static const struct implementation *implementation;
static struct ethernet_device *device;

/* Frames that arrived at the other end. */
static uint8_t arrived[ETHERNET_FRAME_MAX];
static unsigned arrived_length, arrived_count;

static void note_arrival(const uint8_t *frame, unsigned length)
{
    assert_true(length <= sizeof arrived);
    memcpy(arrived, frame, length);
    arrived_length = length;
    arrived_count++;
}

/* As a network stack does: looks every 250 ms, every 100 ms without a link, and after events. */
static bool wait_for_link(struct ethernet_device *of, bool up, uint64_t timeout_us)
{
    uint64_t deadline_us = clock_now_us() + timeout_us;

    while (of->link_is_up(of) != up && !clock_passed(deadline_us)) {
        uint64_t look_us = clock_now_us() + (of->link_is_up(of) ? 250000 : 100000);

        while (!of->link_event && !clock_passed(look_us))
            implementation->run(1000);
        of->update_link(of);
    }
    return of->link_is_up(of) == up;
}

#endif
