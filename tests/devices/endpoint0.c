/*
 * endpoint0: standard requests of a device with one configuration and one interface. See
 * endpoint0.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "endpoint0.h"

#include <string.h>

enum { GET_STATUS = 0, CLEAR_FEATURE = 1, SET_FEATURE = 3, GET_DESCRIPTOR = 6 };
enum { DEVICE = 0, INTERFACE = 1, ENDPOINT = 2 };
enum { ENDPOINT_HALT = 0, DEVICE_REMOTE_WAKEUP = 1 };
enum {
    DESCRIPTOR_DEVICE = 1,
    DESCRIPTOR_CONFIGURATION = 2,
    DESCRIPTOR_STRING = 3,
    DESCRIPTOR_INTERFACE = 4,
    DESCRIPTOR_ENDPOINT = 5,
};
#define LANGUAGE_ENGLISH_US 0x0409

void endpoint0_reset(struct endpoint0 *self, const struct chip_type *type)
{
    *self = (struct endpoint0){.type = type};
}

bool endpoint0_configure(struct endpoint0 *self, uint8_t configuration)
{
    if (configuration != 0 && configuration != self->type->configuration[5]) {
        return false;
    }
    self->configuration = configuration;
    memset(self->halted, 0, sizeof(self->halted));
    return true;
}

static unsigned total_length(const struct chip_type *type)
{
    return type->configuration[2] | (unsigned)type->configuration[3] << 8;
}

unsigned endpoint0_endpoints(const struct chip_type *type, struct endpoint0_endpoint *endpoints,
                             unsigned room)
{
    unsigned count = 0;
    uint8_t interface = 0;
    const uint8_t *end = type->configuration + total_length(type);
    for (const uint8_t *at = type->configuration; at < end && at[0]; at += at[0]) {
        if (at[1] == DESCRIPTOR_INTERFACE) {
            interface = at[2];
        } else if (at[1] == DESCRIPTOR_ENDPOINT && count < room) {
            endpoints[count++] = (struct endpoint0_endpoint){
                .address = at[2],
                .attributes = at[3],
                .max_packet = (uint16_t)(at[4] | (at[5] & 7) << 8),
                .interval = at[6],
                .interface = interface,
            };
        }
    }
    return count;
}

static bool has_endpoint(const struct endpoint0 *self, uint8_t address)
{
    struct endpoint0_endpoint endpoints[16];
    unsigned count = endpoint0_endpoints(self->type, endpoints, 16);
    for (unsigned i = 0; i < count; i++) {
        if (endpoints[i].address == address) {
            return self->configuration != 0;
        }
    }
    return (address & 0x7f) == 0;
}

/* Returns the length of descriptor number index, written in whole. */
static int put_string(const struct chip_type *type, unsigned index, uint8_t descriptor[256])
{
    if (index == 0) {
        const uint8_t languages[] = {4, DESCRIPTOR_STRING, LANGUAGE_ENGLISH_US & 0xff,
                                     LANGUAGE_ENGLISH_US >> 8};
        memcpy(descriptor, languages, sizeof(languages));
        return sizeof(languages);
    }
    const char *text = NULL;
    for (unsigned i = 0; type->strings && type->strings[i] && i < index; i++) {
        text = i + 1 == index ? type->strings[i] : NULL;
    }
    if (!text || strlen(text) > 126) {
        return CHIP_STALL;
    }
    unsigned length = 2;
    for (; *text; text++) {
        descriptor[length++] = (uint8_t)*text;
        descriptor[length++] = 0;
    }
    descriptor[0] = (uint8_t)length;
    descriptor[1] = DESCRIPTOR_STRING;
    return (int)length;
}

static int get_descriptor(const struct endpoint0 *self, const struct chip_setup *setup,
                          uint8_t *data)
{
    uint8_t string[256];
    const uint8_t *from = string;
    int length;
    unsigned index = setup->value & 0xff;
    switch (setup->value >> 8) {
    case DESCRIPTOR_DEVICE:
        from = self->type->device;
        length = from[0];
        break;
    case DESCRIPTOR_CONFIGURATION:
        if (index != 0) {
            return CHIP_STALL;
        }
        from = self->type->configuration;
        length = (int)total_length(self->type);
        break;
    case DESCRIPTOR_STRING:
        length = put_string(self->type, index, string);
        break;
    default:
        return CHIP_STALL;
    }
    if (length > setup->length) {
        length = setup->length;
    }
    if (length > 0) {
        memcpy(data, from, (size_t)length);
    }
    return length;
}

static int set_feature(struct endpoint0 *self, const struct chip_setup *setup, bool on)
{
    uint8_t address = (uint8_t)setup->index;
    switch (setup->request_type & 0x1f) {
    case DEVICE:
        if (setup->value != DEVICE_REMOTE_WAKEUP) {
            return CHIP_STALL;
        }
        self->remote_wakeup = on;
        return 0;
    case ENDPOINT:
        if (setup->value != ENDPOINT_HALT || !has_endpoint(self, address)) {
            return CHIP_STALL;
        }
        self->halted[address >> 7][address & 15] = on && (address & 15) != 0;
        return 0;
    default:
        return CHIP_STALL;
    }
}

static int get_status(const struct endpoint0 *self, const struct chip_setup *setup, uint8_t *data)
{
    uint8_t address = (uint8_t)setup->index, status[2] = {0, 0};
    switch (setup->request_type & 0x1f) {
    case DEVICE:
        status[0] = (uint8_t)((self->type->configuration[7] & 0x40 ? 1 : 0) |
                              (self->remote_wakeup ? 2 : 0));
        break;
    case INTERFACE:
        break;
    case ENDPOINT:
        if (!has_endpoint(self, address)) {
            return CHIP_STALL;
        }
        status[0] = self->halted[address >> 7][address & 15];
        break;
    default:
        return CHIP_STALL;
    }
    int length = setup->length < 2 ? setup->length : 2;
    memcpy(data, status, (size_t)length);
    return length;
}

int endpoint0_request(struct endpoint0 *self, const struct chip_setup *setup, uint8_t *data)
{
    bool in = setup->request_type & 0x80;
    if (in && setup->request == GET_DESCRIPTOR) {
        return get_descriptor(self, setup, data);
    }
    if (in && setup->request == GET_STATUS) {
        return get_status(self, setup, data);
    }
    if (!in && (setup->request == CLEAR_FEATURE || setup->request == SET_FEATURE)) {
        return set_feature(self, setup, setup->request == SET_FEATURE);
    }
    return CHIP_STALL;
}
