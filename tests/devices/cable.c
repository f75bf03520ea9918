/*
 * cable: which end a text names, its options, and the queue of frames for the chip. See cable.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "cable.h"

#include <stdio.h>
#include <string.h>

static struct cable *opened;

static struct cable *open_end(const char *text)
{
    if (strncmp(text, "user,", 5) == 0 || strcmp(text, "user") == 0) {
        return cable_open_user(text + 4);
    }
    if (strncmp(text, "tap,", 4) == 0) {
        return cable_open_descriptor(text + 3);
    }
    if (strncmp(text, "dgram,", 6) == 0) {
        return cable_open_descriptor(text + 5);
    }
    fprintf(stderr, "usb_chip: --cable begins with user, tap or dgram, not with \"%s\"\n", text);
    return NULL;
}

struct cable *cable_open(const char *text)
{
    struct cable *self = open_end(text);
    if (self) {
        self->before = opened;
        opened = self;
    }
    return self;
}

bool cable_next_option(const char **rest, char name[32], char value[1024])
{
    const char *at = *rest;
    if (*at == ',') {
        at++;
    }
    const char *equals = strchr(at, '=');
    if (*at == 0 || !equals || equals - at >= 32) {
        return false;
    }
    memcpy(name, at, (size_t)(equals - at));
    name[equals - at] = 0;
    size_t length = 0;
    for (at = equals + 1; *at && (*at != ',' || at[1] == ','); at++) {
        if (length + 1 >= 1024) {
            return false;
        }
        at += *at == ',';
        value[length++] = *at;
    }
    value[length] = 0;
    *rest = at;
    return true;
}

void cable_put(struct cable *self, const uint8_t *frame, size_t length)
{
    if (self->waiting == CABLE_QUEUE_FRAMES || length > CABLE_FRAME_MAX || length < 14) {
        self->lost++;
        return;
    }
    struct cable_frame *last = &self->queue[(self->first + self->waiting) % CABLE_QUEUE_FRAMES];
    memcpy(last->bytes, frame, length);
    last->length = (unsigned)length;
    self->waiting++;
}

const struct cable_frame *cable_first(const struct cable *self)
{
    return self->waiting ? &self->queue[self->first] : NULL;
}

void cable_drop(struct cable *self)
{
    self->first = (self->first + 1) % CABLE_QUEUE_FRAMES;
    self->waiting--;
}
