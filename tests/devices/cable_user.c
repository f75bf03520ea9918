/*
 * cable_user: the cable on libslirp: DHCP, TFTP, DNS and NAT in this process, no privileges.
 *
 * The network is that of QEMU's -netdev user: 10.0.2.0/24, the host is .2, the name server .3,
 * the guest .15. Lacks: IPv6 (its advertisements would only make runs differ), the other options
 * of QEMU's. libslirp's clock is the host's, not the guest's.
 * Reference: libslirp.h (API of version 4.7).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "cable.h"

#include <slirp/libslirp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMERS 8

struct timer {
    bool used, set;
    int64_t at_ms;
    SlirpTimerId id;
    void *argument;
};

struct cable_user {
    struct cable cable;
    Slirp *slirp;
    struct timer timers[TIMERS];
    struct pollfd *adding; /* in prepare */
    int added;
    const struct pollfd *answers; /* in serve */
    int answered;
    char folder[1024], file[1024];
};

static int64_t now_ns(void *opaque)
{
    (void)opaque;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- what libslirp calls ---- */

static ssize_t take_packet(const void *bytes, size_t length, void *opaque)
{
    struct cable_user *self = opaque;
    cable_put(&self->cable, bytes, length);
    return (ssize_t)length;
}

static void guest_error(const char *message, void *opaque)
{
    (void)opaque;
    fprintf(stderr, "usb_chip: libslirp: %s\n", message);
}

static void *timer_new(SlirpTimerId id, void *argument, void *opaque)
{
    struct cable_user *self = opaque;
    for (struct timer *timer = self->timers; timer < self->timers + TIMERS; timer++) {
        if (!timer->used) {
            *timer = (struct timer){.used = true, .id = id, .argument = argument};
            return timer;
        }
    }
    fprintf(stderr, "usb_chip: libslirp wants more than %d timers\n", TIMERS);
    abort();
}

static void timer_free(void *timer, void *opaque)
{
    (void)opaque;
    ((struct timer *)timer)->used = false;
}

static void timer_set(void *pointer, int64_t at_ms, void *opaque)
{
    struct timer *timer = pointer;
    (void)opaque;
    timer->set = true;
    timer->at_ms = at_ms;
}

static void ignore_descriptor(int descriptor, void *opaque)
{
    (void)descriptor;
    (void)opaque;
}

static void notified(void *opaque)
{
    (void)opaque; /* there is one thread: it will come by */
}

static const SlirpCb callbacks = {
    .send_packet = take_packet,
    .guest_error = guest_error,
    .clock_get_ns = now_ns,
    .timer_new_opaque = timer_new,
    .timer_free = timer_free,
    .timer_mod = timer_set,
    .register_poll_fd = ignore_descriptor,
    .unregister_poll_fd = ignore_descriptor,
    .notify = notified,
};

static int add_descriptor(int descriptor, int events, void *opaque)
{
    struct cable_user *self = opaque;
    if (self->added == CABLE_DESCRIPTORS) {
        return -1;
    }
    self->adding[self->added] = (struct pollfd){
        .fd = descriptor,
        .events = (short)((events & SLIRP_POLL_IN ? POLLIN : 0) |
                          (events & SLIRP_POLL_OUT ? POLLOUT : 0) |
                          (events & SLIRP_POLL_PRI ? POLLPRI : 0)),
    };
    return self->added++;
}

static int get_events(int index, void *opaque)
{
    struct cable_user *self = opaque;
    if (index < 0 || index >= self->answered) {
        return 0;
    }
    short events = self->answers[index].revents;
    return (events & POLLIN ? SLIRP_POLL_IN : 0) | (events & POLLOUT ? SLIRP_POLL_OUT : 0) |
           (events & POLLPRI ? SLIRP_POLL_PRI : 0) | (events & POLLERR ? SLIRP_POLL_ERR : 0) |
           (events & POLLHUP ? SLIRP_POLL_HUP : 0);
}

/* ---- what the process calls ---- */

static int prepare(struct cable *cable, struct pollfd *descriptors, uint64_t *timeout_us)
{
    struct cable_user *self = (struct cable_user *)cable;
    uint32_t wait_ms = UINT32_MAX;
    self->adding = descriptors;
    self->added = 0;
    slirp_pollfds_fill(self->slirp, &wait_ms, add_descriptor, self);
    int64_t now_ms = now_ns(self) / 1000000;
    for (struct timer *timer = self->timers; timer < self->timers + TIMERS; timer++) {
        if (timer->used && timer->set) {
            int64_t left = timer->at_ms > now_ms ? timer->at_ms - now_ms : 0;
            wait_ms = left < wait_ms ? (uint32_t)left : wait_ms;
        }
    }
    if (wait_ms != UINT32_MAX && (uint64_t)wait_ms * 1000 < *timeout_us) {
        *timeout_us = (uint64_t)wait_ms * 1000;
    }
    return self->added;
}

static void serve(struct cable *cable, const struct pollfd *descriptors, int count)
{
    struct cable_user *self = (struct cable_user *)cable;
    self->answers = descriptors;
    self->answered = count;
    slirp_pollfds_poll(self->slirp, 0, get_events, self);
    int64_t now_ms = now_ns(self) / 1000000;
    for (struct timer *timer = self->timers; timer < self->timers + TIMERS; timer++) {
        if (timer->used && timer->set && timer->at_ms <= now_ms) {
            timer->set = false;
            slirp_handle_timer(self->slirp, timer->id, timer->argument);
        }
    }
}

static void send_frame(struct cable *cable, const uint8_t *frame, unsigned length)
{
    slirp_input(((struct cable_user *)cable)->slirp, frame, (int)length);
}

/* "udp:127.0.0.1:10053-:53": what comes there goes to that port of the guest. */
static bool forward(struct cable_user *self, const char *text)
{
    char protocol[4] = "", address[16] = "";
    unsigned here, there;
    struct in_addr host = {0}, guest = {0};
    char end;
    if (sscanf(text, "%3[a-z]:%15[0-9.]:%u-:%u%c", protocol, address, &here, &there, &end) != 4 ||
        (strcmp(protocol, "udp") != 0 && strcmp(protocol, "tcp") != 0) ||
        !inet_aton(address, &host) || here > 65535 || there > 65535) {
        fprintf(stderr, "usb_chip: --cable: hostfwd=%s is not PROTOCOL:ADDRESS:PORT-:PORT\n", text);
        return false;
    }
    if (slirp_add_hostfwd(self->slirp, protocol[0] == 'u', host, (int)here, guest, (int)there)) {
        fprintf(stderr, "usb_chip: --cable: hostfwd=%s: the port is taken\n", text);
        return false;
    }
    return true;
}

static bool take_options(struct cable_user *self, const char *text, bool forwards)
{
    char name[32], value[1024];
    while (cable_next_option(&text, name, value)) {
        if (strcmp(name, "tftp") == 0) {
            strcpy(self->folder, value);
        } else if (strcmp(name, "bootfile") == 0) {
            strcpy(self->file, value);
        } else if (strcmp(name, "hostfwd") == 0) {
            if (forwards && !forward(self, value)) {
                return false;
            }
        } else if (strcmp(name, "id") != 0) {
            fprintf(stderr, "usb_chip: --cable: no option %s=%s here\n", name, value);
            return false;
        }
    }
    if (*text) {
        fprintf(stderr, "usb_chip: --cable: \"%s\" is no option\n", text);
    }
    return *text == 0;
}

struct cable *cable_open_user(const char *text)
{
    struct cable_user *self = calloc(1, sizeof(*self));
    if (!self || !take_options(self, text, false)) {
        free(self);
        return NULL;
    }
    self->cable.prepare = prepare;
    self->cable.serve = serve;
    self->cable.send = send_frame;
    SlirpConfig configuration = {
        .version = 4,
        .in_enabled = true,
        .vnetwork = {inet_addr("10.0.2.0")},
        .vnetmask = {inet_addr("255.255.255.0")},
        .vhost = {inet_addr("10.0.2.2")},
        .vdhcp_start = {inet_addr("10.0.2.15")},
        .vnameserver = {inet_addr("10.0.2.3")},
        .tftp_path = self->folder[0] ? self->folder : NULL,
        .bootfile = self->file[0] ? self->file : NULL,
    };
    self->slirp = slirp_new(&configuration, &callbacks, self);
    if (!self->slirp) {
        fprintf(stderr, "usb_chip: libslirp does not start\n");
        free(self);
        return NULL;
    }
    if (!take_options(self, text, true)) {
        slirp_cleanup(self->slirp);
        free(self);
        return NULL;
    }
    return &self->cable;
}
