/*
 * endpoint0: the standard requests of USB, answered from a chip's descriptors.
 *
 * Pure: no packets, no time. SET_ADDRESS, SET_CONFIGURATION, SET_INTERFACE and their GETs never
 * come here: usbredir has messages of their own for them, or keeps them.
 * Source: Universal Serial Bus Specification 2.0, 9.4.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ENDPOINT0_H
#define ENDPOINT0_H

#include "chip.h"

struct endpoint0 {
    const struct chip_type *type;
    uint8_t configuration; /* 0: none */
    bool remote_wakeup;
    bool halted[2][16]; /* [in][number] */
};

/* An endpoint as the configuration descriptor declares it. */
struct endpoint0_endpoint {
    uint8_t address, attributes, interval, interface;
    uint16_t max_packet;
};

/* After a reset of the bus. */
void endpoint0_reset(struct endpoint0 *self, const struct chip_type *type);

/* SET_CONFIGURATION. Returns false (a stall) if there is none of this value. */
bool endpoint0_configure(struct endpoint0 *self, uint8_t configuration);

/* A standard request. data: room for setup->length bytes. Returns the bytes of the answer, or
 * CHIP_STALL. */
int endpoint0_request(struct endpoint0 *self, const struct chip_setup *setup, uint8_t *data);

/* The endpoints of the only configuration. Returns how many, up to room. */
unsigned endpoint0_endpoints(const struct chip_type *type, struct endpoint0_endpoint *endpoints,
                             unsigned room);

#endif
