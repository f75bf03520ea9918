/*
 * cable_descriptor: the cable on a descriptor with one frame per read and write: a TAP device
 * (without packet information), or one end of a socket pair of datagrams.
 *
 * What the queue has no room for stays with the kernel, which drops what it has no room for.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "cable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cable_descriptor {
    struct cable cable;
    int descriptor;
};

static int prepare(struct cable *cable, struct pollfd *descriptors, int *timeout_ms)
{
    struct cable_descriptor *self = (struct cable_descriptor *)cable;
    (void)timeout_ms;
    if (self->descriptor < 0 || cable->waiting == CABLE_QUEUE_FRAMES) {
        return 0;
    }
    descriptors[0] = (struct pollfd){.fd = self->descriptor, .events = POLLIN};
    return 1;
}

static void serve(struct cable *cable, const struct pollfd *descriptors, int count)
{
    struct cable_descriptor *self = (struct cable_descriptor *)cable;
    if (count == 0 || !descriptors[0].revents) {
        return;
    }
    while (cable->waiting < CABLE_QUEUE_FRAMES) {
        uint8_t frame[CABLE_FRAME_MAX + 1];
        ssize_t length = read(self->descriptor, frame, sizeof(frame));
        if (length > 0) {
            cable_put(cable, frame, (size_t)length);
            continue;
        }
        if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
            self->descriptor = -1; /* the other end is gone: from now on a cable to nowhere */
        }
        return;
    }
}

static void send_frame(struct cable *cable, const uint8_t *frame, unsigned length)
{
    struct cable_descriptor *self = (struct cable_descriptor *)cable;
    if (self->descriptor >= 0 && write(self->descriptor, frame, length) != (ssize_t)length) {
        cable->lost++;
    }
}

struct cable *cable_open_descriptor(const char *text)
{
    char name[32], value[1024];
    int descriptor = -1;
    while (cable_next_option(&text, name, value)) {
        if (strcmp(name, "fd") == 0 || strcmp(name, "local.str") == 0) {
            char *end;
            descriptor = (int)strtol(value, &end, 10);
            descriptor = *end || end == value ? -1 : descriptor;
        } else if (strcmp(name, "id") != 0 &&
                   (strcmp(name, "local.type") != 0 || strcmp(value, "fd") != 0)) {
            fprintf(stderr, "usb_chip: --cable: no option %s=%s here\n", name, value);
            return NULL;
        }
    }
    if (*text) {
        fprintf(stderr, "usb_chip: --cable: \"%s\" is no option\n", text);
        return NULL;
    }
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0) {
        fprintf(stderr, "usb_chip: --cable: descriptor %d: %s\n", descriptor, strerror(errno));
        return NULL;
    }
    struct cable_descriptor *self = calloc(1, sizeof(*self));
    if (!self) {
        return NULL;
    }
    self->descriptor = descriptor;
    self->cable.prepare = prepare;
    self->cable.serve = serve;
    self->cable.send = send_frame;
    return &self->cable;
}
