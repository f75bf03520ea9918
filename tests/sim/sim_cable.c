/*
 * sim_cable: an Ethernet cable with two ends. See sim_cable.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_cable.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "sim.h"

static struct sim_cable_end *end_of(struct ethernet_device *self)
{
    return (struct sim_cable_end *)self;
}

/* Unplugged from USB, or stopped. */
static bool is_over(const struct sim_cable_end *end)
{
    return end->gone || end->stopped;
}

/* xorshift64: good enough for dice, the same on every machine. */
static bool happens(struct sim_cable *cable, unsigned percent)
{
    cable->random ^= cable->random << 13;
    cable->random ^= cable->random >> 7;
    cable->random ^= cable->random << 17;
    return cable->random % 100 < percent;
}

static void queue_frame(struct sim_cable_end *end, const uint8_t *bytes, uint32_t length)
{
    struct sim_cable *cable = end->cable;

    if (end->queued == SIM_CABLE_QUEUE) {
        cable->lost++;
        return;
    }

    struct sim_cable_frame frame = {malloc(length), length};
    unsigned at = end->queued++;

    memcpy(frame.bytes, bytes, length);
    /* Overtakes the one before it, unless that is lent already. */
    if (at > (end->shadow ? 1u : 0u) && happens(cable, cable->reorder_percent)) {
        end->queue[at] = end->queue[at - 1];
        at--;
    }
    end->queue[at] = frame;
}

static void deliver(struct sim_cable_end *from, const uint8_t *bytes, uint32_t length)
{
    struct sim_cable *cable = from->cable;
    struct sim_cable_end *to = &cable->end[from == &cable->end[0]];

    if (!cable->plugged || to->stopped || happens(cable, cable->loss_percent)) {
        cable->lost++;
        return;
    }
    queue_frame(to, bytes, length);
    if (happens(cable, cable->duplicate_percent))
        queue_frame(to, bytes, length);
    if (to->arrived)
        to->arrived(to->context);
}

static uint8_t *send_buffer(struct ethernet_device *self)
{
    struct sim_cable_end *end = end_of(self);

    if (is_over(end) || end->send_is_full)
        return NULL;
    if (!end->sending)
        end->sending = malloc(ETHERNET_FRAME_MAX);
    return end->sending;
}

static int send(struct ethernet_device *self, uint32_t length)
{
    struct sim_cable_end *end = end_of(self);

    if (length < ETHERNET_HEADER_BYTES || length > ETHERNET_FRAME_MAX)
        return ERROR_INVALID;
    if (is_over(end))
        return ERROR_IO;
    if (!end->sending)
        return ERROR_BUSY;

    uint8_t *bytes = end->sending;

    end->sending = NULL;
    self->statistics.frames_sent++;
    deliver(end, bytes, length);
    free(bytes);
    return 0;
}

static int receive(struct ethernet_device *self, const uint8_t **frame)
{
    struct sim_cable_end *end = end_of(self);

    if (is_over(end))
        return ERROR_IO;
    if (end->queued == 0)
        return 0;

    const struct sim_cable_frame *oldest = &end->queue[0];

    if (!end->shadow) {
        end->shadow = malloc(oldest->length);
        memcpy(end->shadow, oldest->bytes, oldest->length);
        self->statistics.frames_received++;
    }
    *frame = oldest->bytes;
    return (int)oldest->length;
}

static void receive_done(struct ethernet_device *self)
{
    struct sim_cable_end *end = end_of(self);

    if (!end->shadow)
        return;
    if (memcmp(end->shadow, end->queue[0].bytes, end->queue[0].length) != 0)
        sim_stop("%s: a lent frame was written to", self->name);
    free(end->shadow);
    end->shadow = NULL;
    free(end->queue[0].bytes);
    end->queued--;
    memmove(&end->queue[0], &end->queue[1], end->queued * sizeof end->queue[0]);
}

static bool link_is_up(struct ethernet_device *self)
{
    return end_of(self)->link_seen_up && !end_of(self)->stopped;
}

static int update_link(struct ethernet_device *self)
{
    struct sim_cable_end *end = end_of(self);

    self->link_event = false;
    end->looks++;
    end->link_seen_up = end->cable->plugged && !is_over(end);
    return is_over(end) ? ERROR_IO : 0;
}

static void clear_end(struct sim_cable_end *end)
{
    for (unsigned i = 0; i < end->queued; i++)
        free(end->queue[i].bytes);
    free(end->shadow);
    free(end->sending);
    end->queued = 0;
    end->shadow = end->sending = NULL;
}

static int stop(struct ethernet_device *self)
{
    struct sim_cable_end *end = end_of(self);

    clear_end(end);
    end->stopped = true;
    return 0;
}

void sim_cable_init(struct sim_cable *cable, uint32_t seed)
{
    memset(cable, 0, sizeof *cable);
    cable->plugged = true;
    cable->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (int i = 0; i < 2; i++) {
        cable->end[i].cable = cable;
        cable->end[i].link_seen_up = true;
        cable->end[i].device = (struct ethernet_device){
            .name = i ? "sim-cable-1" : "sim-cable-0",
            .mac = {2, 0, 0, 0, 0, (uint8_t)(i + 1)},
            .send_buffer = send_buffer,
            .send = send,
            .receive = receive,
            .receive_done = receive_done,
            .link_is_up = link_is_up,
            .update_link = update_link,
            .stop = stop,
        };
    }
}

void sim_cable_clear(struct sim_cable *cable)
{
    clear_end(&cable->end[0]);
    clear_end(&cable->end[1]);
}

void sim_cable_plug(struct sim_cable *cable, bool plugged)
{
    for (int i = 0; i < 2; i++)
        cable->end[i].device.link_event |= cable->end[i].tells_events && cable->plugged != plugged;
    cable->plugged = plugged;
}
