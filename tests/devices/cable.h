/*
 * cable: what a chip model's Ethernet plug is connected to.
 *
 * A seam with two ends behind it: libslirp (DHCP, TFTP and NAT in this process, cable_user.c) and
 * a descriptor that carries a frame per read and write (a TAP device, or a socket of datagrams,
 * cable_descriptor.c). Frames for the chip wait in the cable's queue until they are taken; one
 * that finds it full is lost, as in a switch.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CABLE_H
#define CABLE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CABLE_FRAME_MAX    1536
#define CABLE_QUEUE_FRAMES 256
#define CABLE_DESCRIPTORS  256 /* for poll(): those of all forwarded connections */

struct cable_frame {
    unsigned length;
    uint8_t bytes[CABLE_FRAME_MAX];
};

struct cable {
    struct cable *before; /* opened before this one: all can be found, as none is freed */
    struct cable_frame queue[CABLE_QUEUE_FRAMES];
    unsigned first, waiting;
    uint32_t lost; /* for want of room, or because they were longer than a frame */

    /* The descriptors to wait for. Writes up to CABLE_DESCRIPTORS, and lowers *timeout_us to when
     * serve must be called though nothing came. Returns how many. */
    int (*prepare)(struct cable *self, struct pollfd *descriptors, uint64_t *timeout_us);
    /* After poll(), with what prepare wrote: fills the queue. */
    void (*serve)(struct cable *self, const struct pollfd *descriptors, int count);
    /* Sends a frame of the chip's; one that the other end has no room for is lost. */
    void (*send)(struct cable *self, const uint8_t *frame, unsigned length);
};

/*
 * Opens what text names, in the words of QEMU's -netdev:
 *   user,id=...[,tftp=FOLDER][,bootfile=NAME][,hostfwd=(udp|tcp):ADDRESS:PORT-:PORT]...
 *   tap,fd=N      dgram,fd=N      dgram,id=...,local.type=fd,local.str=N
 * The latter also have delay-us=N: each frame is on its way for so long, in either direction.
 * Returns it (never freed: it lives as long as the process), or null after writing to standard
 * error which word is wrong.
 */
struct cable *cable_open(const char *text);

/* For the ends' files. */
struct cable *cable_open_user(const char *text);
struct cable *cable_open_descriptor(const char *text);
void cable_put(struct cable *self, const uint8_t *frame, size_t length);
/* Copies the value of the option that begins at *rest (like "tftp=/x,bootfile=y") to value and
 * its name to name, and moves *rest behind it; two commas in a row are one of the value's own.
 * Returns false at the end, or if either does not fit. */
bool cable_next_option(const char **rest, char name[32], char value[1024]);

/* The oldest frame that waits, or null. It stays until cable_drop. */
const struct cable_frame *cable_first(const struct cable *self);
void cable_drop(struct cable *self);

#endif
