/*
 * cable_descriptor: the cable on a descriptor with one frame per read and write: a TAP device
 * (without packet information), or one end of a socket pair of datagrams.
 *
 * What the queue has no room for stays with the kernel, which drops what it has no room for.
 * A delay makes the cable long: netem, which would do it on a TAP device, is not in every kernel.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "cable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAMES_UNDER_WAY 1024 /* 12 ms of the fastest cable's full frames, in each direction */

struct frame_under_way {
    uint64_t due_us;
    struct cable_frame frame;
};

struct way {
    struct frame_under_way *frames; /* FRAMES_UNDER_WAY, a ring */
    unsigned first, count;
};

struct cable_descriptor {
    struct cable cable;
    int descriptor;
    uint64_t delay_us;
    struct way to_chip, from_chip; /* used if there is a delay */
};

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void set_out(struct cable_descriptor *self, struct way *way, const uint8_t *bytes,
                    size_t length)
{
    if (way->count == FRAMES_UNDER_WAY || length > CABLE_FRAME_MAX) {
        self->cable.lost++;
        return;
    }
    struct frame_under_way *last = &way->frames[(way->first + way->count++) % FRAMES_UNDER_WAY];
    last->due_us = now_us() + self->delay_us;
    last->frame.length = (unsigned)length;
    memcpy(last->frame.bytes, bytes, length);
}

/* Returns the frame that has arrived at the other end, or null and lowers *wait_us to when. */
static const struct cable_frame *arrived(const struct way *way, uint64_t *wait_us)
{
    if (way->count == 0) {
        return NULL;
    }
    const struct frame_under_way *oldest = &way->frames[way->first];
    uint64_t now = now_us(), left_us = oldest->due_us > now ? oldest->due_us - now : 0;
    *wait_us = left_us < *wait_us ? left_us : *wait_us;
    return left_us == 0 ? &oldest->frame : NULL;
}

static void take_arrived(struct way *way)
{
    way->first = (way->first + 1) % FRAMES_UNDER_WAY;
    way->count--;
}

static void write_frame(struct cable_descriptor *self, const uint8_t *frame, unsigned length)
{
    if (self->descriptor >= 0 && write(self->descriptor, frame, length) != (ssize_t)length) {
        self->cable.lost++;
    }
}

static int prepare(struct cable *cable, struct pollfd *descriptors, uint64_t *timeout_us)
{
    struct cable_descriptor *self = (struct cable_descriptor *)cable;
    arrived(&self->from_chip, timeout_us);
    if (cable->waiting == CABLE_QUEUE_FRAMES) {
        return 0; /* until the chip takes some */
    }
    arrived(&self->to_chip, timeout_us);
    if (self->descriptor < 0 || self->to_chip.count == FRAMES_UNDER_WAY) {
        return 0;
    }
    descriptors[0] = (struct pollfd){.fd = self->descriptor, .events = POLLIN};
    return 1;
}

static void read_frames(struct cable_descriptor *self)
{
    while (self->cable.waiting < CABLE_QUEUE_FRAMES && self->to_chip.count < FRAMES_UNDER_WAY) {
        uint8_t frame[CABLE_FRAME_MAX + 1];
        ssize_t length = read(self->descriptor, frame, sizeof(frame));
        if (length > 0 && self->delay_us) {
            set_out(self, &self->to_chip, frame, (size_t)length);
        } else if (length >= 0) { /* none at all: an empty datagram, no end of datagrams */
            cable_put(&self->cable, frame, (size_t)length);
        } else {
            if (errno != EAGAIN && errno != EINTR) {
                self->descriptor = -1; /* the other end is gone: from now on a cable to nowhere */
            }
            return;
        }
    }
}

static void serve(struct cable *cable, const struct pollfd *descriptors, int count)
{
    struct cable_descriptor *self = (struct cable_descriptor *)cable;
    const struct cable_frame *frame;
    uint64_t wait_us = UINT64_MAX;
    if (count > 0 && descriptors[0].revents) {
        read_frames(self);
    }
    while (cable->waiting < CABLE_QUEUE_FRAMES &&
           (frame = arrived(&self->to_chip, &wait_us)) != NULL) {
        cable_put(cable, frame->bytes, frame->length);
        take_arrived(&self->to_chip);
    }
    while ((frame = arrived(&self->from_chip, &wait_us)) != NULL) {
        write_frame(self, frame->bytes, frame->length);
        take_arrived(&self->from_chip);
    }
}

static void send_frame(struct cable *cable, const uint8_t *frame, unsigned length)
{
    struct cable_descriptor *self = (struct cable_descriptor *)cable;
    if (self->delay_us) {
        set_out(self, &self->from_chip, frame, length);
    } else {
        write_frame(self, frame, length);
    }
}

/* A stream has no frames, and would be read for ever at its end. */
static bool carries_frames(int descriptor)
{
    int type;
    socklen_t length = sizeof(type);
    return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) < 0 || type == SOCK_DGRAM;
}

static bool take_options(const char *text, int *descriptor, uint64_t *delay_us)
{
    char name[32], value[1024];
    while (cable_next_option(&text, name, value)) {
        char *end;
        long number = strtol(value, &end, 10);
        bool is_number = *end == 0 && end != value && number >= 0 && number <= INT32_MAX;
        if (is_number && (strcmp(name, "fd") == 0 || strcmp(name, "local.str") == 0)) {
            *descriptor = (int)number;
        } else if (is_number && strcmp(name, "delay-us") == 0) {
            *delay_us = (uint64_t)number;
        } else if (strcmp(name, "id") != 0 &&
                   (strcmp(name, "local.type") != 0 || strcmp(value, "fd") != 0)) {
            fprintf(stderr, "usb_chip: --cable: no option %s=%s here\n", name, value);
            return false;
        }
    }
    if (*text) {
        fprintf(stderr, "usb_chip: --cable: \"%s\" is no option\n", text);
    }
    return *text == 0;
}

struct cable *cable_open_descriptor(const char *text)
{
    int descriptor = -1;
    uint64_t delay_us = 0;
    if (!take_options(text, &descriptor, &delay_us)) {
        return NULL;
    }
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0) {
        fprintf(stderr, "usb_chip: --cable: descriptor %d: %s\n", descriptor, strerror(errno));
        return NULL;
    }
    if (!carries_frames(descriptor)) {
        fprintf(stderr, "usb_chip: --cable: descriptor %d is no socket of datagrams\n", descriptor);
        return NULL;
    }
    struct cable_descriptor *self = calloc(1, sizeof(*self));
    if (!self) {
        return NULL;
    }
    if (delay_us) {
        self->to_chip.frames = calloc(FRAMES_UNDER_WAY, sizeof(*self->to_chip.frames));
        self->from_chip.frames = calloc(FRAMES_UNDER_WAY, sizeof(*self->from_chip.frames));
        if (!self->to_chip.frames || !self->from_chip.frames) {
            free(self->to_chip.frames);
            free(self->from_chip.frames);
            free(self);
            return NULL;
        }
    }
    self->descriptor = descriptor;
    self->delay_us = delay_us;
    self->cable.prepare = prepare;
    self->cable.serve = serve;
    self->cable.send = send_frame;
    return &self->cable;
}
