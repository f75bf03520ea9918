/*
 * sim_usb: what every USB device does.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sim_usb.h"

#include <string.h>

#include "bytes.h"
#include "sim.h"

void sim_usb_reset(struct sim_usb_device *device)
{
    device->address = 0;
    device->configuration = 0;
    device->toggles_in = device->toggles_out = 0;
    device->halted_in = device->halted_out = device->duplicate_out = device->duplicate_in = 0;
    memset(device->alternate, 0, sizeof device->alternate);
    device->stage = STAGE_NONE;
    if (device->reset)
        device->reset(device);
}

struct sim_usb_device *sim_usb_find(struct sim_usb_device *root, uint8_t address)
{
    struct sim_usb_device *found = root->address == address ? root : NULL;

    if (!root->next_child)
        return found;
    for (struct sim_usb_device *child = root->next_child(root, NULL); child;
         child = root->next_child(root, child)) {
        struct sim_usb_device *below = sim_usb_find(child, address);

        if (found && below)
            sim_stop("%s and %s both answer at address %u", found->name, below->name, address);
        if (below)
            found = below;
    }
    return found;
}

static int string_descriptor(struct sim_usb_device *self, unsigned index)
{
    const char *text;

    if (index == 0) {
        memcpy(self->data, "\x04\x03\x09\x04", 4);
        return 4;
    }
    if (index > self->string_count)
        return SIM_USB_STALL;
    text = self->strings[index - 1];
    self->data[0] = (uint8_t)(2 + 2 * strlen(text));
    self->data[1] = 3;
    for (unsigned i = 0; text[i]; i++)
        bytes_put_le16(self->data + 2 + 2 * i, (uint8_t)text[i]);
    return self->data[0];
}

static int get_descriptor(struct sim_usb_device *self, const struct usb_setup *setup)
{
    unsigned index = setup->value & 255;
    int length = SIM_USB_STALL;

    if (setup->value >> 8 == 1) {
        length = self->device_descriptor[0] < 18 ? 18 : self->device_descriptor[0];
        memcpy(self->data, self->device_descriptor, (size_t)length);
    } else if (setup->value >> 8 == 2 && index < self->configuration_count) {
        length = bytes_le16(self->configurations[index] + 2);
        if (length > setup->length)
            length = setup->length;
        memcpy(self->data, self->configurations[index], (size_t)length);
    } else if (setup->value >> 8 == 3) {
        length = string_descriptor(self, index);
    }
    if (self->answer_at_most && length > self->answer_at_most)
        length = self->answer_at_most;
    return length;
}

static int set_configuration(struct sim_usb_device *self, unsigned value)
{
    if (!self->address)
        sim_stop("%s: SET_CONFIGURATION before it has an address", self->name);
    for (unsigned i = 0; i < self->configuration_count; i++) {
        if (self->configurations[i][5] != value)
            continue;
        self->configuration = (uint8_t)value;
        self->toggles_in = self->toggles_out = 0;
        return 0;
    }
    return SIM_USB_STALL;
}

static int standard_request(struct sim_usb_device *self, const struct usb_setup *setup)
{
    if (self->standard)
        self->standard(self, setup);
    switch (setup->request_type << 8 | setup->request) {
    case 0x8006:
        return get_descriptor(self, setup);
    case 0x0005:
        return 0; /* takes effect after the status stage */
    case 0x8008:
        self->data[0] = self->configuration;
        return 1;
    case 0x810a:
        if (!self->configuration || setup->index >= sizeof self->alternate)
            return SIM_USB_STALL;
        self->data[0] = self->alternate[setup->index];
        return 1;
    case 0x0009:
        return set_configuration(self, setup->value);
    case 0x010b:
        if (!self->configuration || setup->index >= sizeof self->alternate)
            return SIM_USB_STALL;
        self->alternate[setup->index] = (uint8_t)setup->value;
        self->toggles_in = self->toggles_out = 0;
        self->halted_in = self->halted_out = self->duplicate_out = self->duplicate_in = 0;
        return 0;
    case 0x0001: /* remote wake-up */
        return 0;
    case 0x0201: {
        uint16_t bit = (uint16_t)(1u << (setup->index & 15));

        if (setup->index & 0x80) {
            self->halted_in &= ~bit;
            self->toggles_in &= ~bit;
            self->duplicate_in &= ~bit;
        } else {
            self->halted_out &= ~bit;
            self->toggles_out &= ~bit;
            self->duplicate_out &= ~bit;
        }
        return 0;
    }
    default:
        return SIM_USB_STALL;
    }
}

static void execute(struct sim_usb_device *self)
{
    const struct usb_setup *setup = &self->setup;
    int length = SIM_USB_STALL;

    if (self->stall_requests)
        self->stall_requests--;
    else if (!(setup->request_type & 0x60))
        length = standard_request(self, setup);
    else if (self->control)
        length = self->control(self, setup, self->data);
    self->data_length = length;
    if (length > setup->length)
        self->data_length = setup->length;
    if (self->answers_too_much && setup->length && setup->length < 60)
        self->data_length = setup->length + 4;
}

static int setup_packet(struct sim_usb_device *self, const uint8_t *bytes, unsigned length)
{
    if (length != 8)
        sim_stop("%s: SETUP packet of %u bytes", self->name, length);
    if (self->deaf_to && bytes[1] == self->deaf_to)
        return SIM_USB_LOST;
    self->requests++;
    self->setup = (struct usb_setup){bytes[0], bytes[1], bytes_le16(bytes + 2),
                                     bytes_le16(bytes + 4), bytes_le16(bytes + 6)};
    self->control_toggle = 1;
    self->data_at = 0;
    if (self->setup.length && !(bytes[0] & 0x80)) {
        self->stage = STAGE_OUT;
        return 8;
    }
    /* What changes the device happens at its status stage; answers are made now. */
    if (bytes[0] & 0x80)
        execute(self);
    else
        self->data_length = 0;
    if (self->data_length < 0)
        self->stage = STAGE_STALL;
    else
        self->stage = self->setup.length ? STAGE_IN : STAGE_STATUS_IN;
    return 8;
}

static void check_control_toggle(struct sim_usb_device *self, unsigned toggle, const char *what)
{
    if (toggle != self->control_toggle)
        sim_stop("%s: %s stage with DATA%u", self->name, what, toggle);
    self->control_toggle ^= 1;
}

static int control_in(struct sim_usb_device *self, unsigned toggle, bool check_in, uint8_t *bytes,
                      unsigned length)
{
    unsigned packet = self->device_descriptor[7] ? self->device_descriptor[7] : 8;
    int left = self->data_length - self->data_at;

    if (self->stage == STAGE_STATUS_IN) {
        if (self->setup.request_type >> 7 == 0 && self->stage == STAGE_STATUS_IN) {
            execute(self);
            if (self->data_length < 0) {
                self->stage = STAGE_STALL;
                return SIM_USB_STALL;
            }
        }
        if (toggle != 1)
            sim_stop("%s: status stage with DATA%u", self->name, toggle);
        if (!(self->setup.request_type & 0x7f) && self->setup.request == 5)
            self->address = (uint8_t)self->setup.value;
        self->stage = STAGE_NONE;
        return 0;
    }
    if (self->stage != STAGE_IN)
        return SIM_USB_STALL;
    if (check_in)
        check_control_toggle(self, toggle, "data");
    if (left > (int)packet)
        left = (int)packet;
    if (left > (int)length)
        return SIM_USB_BABBLE;
    memcpy(bytes, self->data + self->data_at, (size_t)left);
    self->data_at += left;
    return left;
}

static int control_out(struct sim_usb_device *self, unsigned toggle, const uint8_t *bytes,
                       unsigned length)
{
    if (self->stage == STAGE_IN) {
        if (length || toggle != 1)
            sim_stop("%s: status stage of %u bytes with DATA%u", self->name, length, toggle);
        self->stage = STAGE_NONE;
        return 0;
    }
    if (self->stage != STAGE_OUT)
        return SIM_USB_STALL;
    check_control_toggle(self, toggle, "data");
    if (self->data_at + length > self->setup.length)
        sim_stop("%s: more data than SETUP said", self->name);
    memcpy(self->data + self->data_at, bytes, length);
    self->data_at += (int)length;
    if (self->data_at == self->setup.length)
        self->stage = STAGE_STATUS_IN;
    return (int)length;
}

static int bulk_in(struct sim_usb_device *self, unsigned endpoint, unsigned toggle, bool check_in,
                   uint8_t *bytes, unsigned length)
{
    uint16_t bit = (uint16_t)(1u << endpoint);
    int moved;

    if (self->halted_in & bit)
        return SIM_USB_STALL;
    if (self->babbling & bit) {
        self->babbling &= ~bit;
        return SIM_USB_BABBLE;
    }
    if (self->duplicate_in & bit) {
        self->duplicate_in &= ~bit;
        return SIM_USB_AGAIN;
    }
    moved = self->in ? self->in(self, endpoint, bytes, length) : SIM_USB_NAK;
    if (moved < 0)
        return moved;
    if (check_in && toggle != !!(self->toggles_in & bit))
        sim_stop("%s: IN %u expects DATA%u, which is not its turn", self->name, endpoint, toggle);
    self->toggles_in ^= bit;
    if (self->lose_in_acks && check_in) {
        self->lose_in_acks--;
        self->duplicate_in |= bit;
    }
    return moved;
}

static int bulk_out(struct sim_usb_device *self, unsigned endpoint, unsigned toggle,
                    const uint8_t *bytes, unsigned length)
{
    uint16_t bit = (uint16_t)(1u << endpoint);
    int moved;

    if (self->halted_out & bit)
        return SIM_USB_STALL;
    if (toggle != !!(self->toggles_out & bit)) {
        if (!(self->duplicate_out & bit))
            sim_stop("%s: OUT %u with DATA%u, which is not its turn", self->name, endpoint, toggle);
        self->duplicate_out &= ~bit; /* it has this one: ACK and forget */
        return (int)length;
    }
    moved = self->out ? self->out(self, endpoint, bytes, length) : SIM_USB_NAK;
    if (moved < 0)
        return moved;
    self->toggles_out ^= bit;
    self->duplicate_out &= ~bit;
    if (self->lose_acks) {
        self->lose_acks--;
        self->duplicate_out |= bit;
        return SIM_USB_LOST;
    }
    return moved;
}

int sim_usb_transact(struct sim_usb_device *device, enum sim_usb_token token, unsigned endpoint,
                     unsigned toggle, bool check_in, uint8_t *bytes, unsigned length)
{
    if (device->silent)
        return SIM_USB_LOST;
    if (device->lose_packets) {
        device->lose_packets--;
        return SIM_USB_LOST;
    }
    if (token == SIM_USB_SETUP)
        return setup_packet(device, bytes, length);
    if (device->busy)
        return SIM_USB_NAK;
    if (endpoint == 0)
        return token == SIM_USB_IN ? control_in(device, toggle, check_in, bytes, length)
                                   : control_out(device, toggle, bytes, length);
    if (!device->configuration)
        sim_stop("%s: endpoint %u is used before SET_CONFIGURATION", device->name, endpoint);
    return token == SIM_USB_IN ? bulk_in(device, endpoint, toggle, check_in, bytes, length)
                               : bulk_out(device, endpoint, toggle, bytes, length);
}
