/*
 * chip: what all chip models share: to be found, to begin, to complain.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct chip_type *chip_find(const char *name)
{
    static const struct chip_type *const types[] = {&chip_lan9514, &chip_lan7515};

    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++)
        if (!strcmp(types[i]->name, name))
            return types[i];
    return NULL;
}

void chip_init(struct chip *self, const struct chip_type *type, const struct chip_carrier *carrier)
{
    static const uint8_t mac[6] = {0xb8, 0x27, 0xeb, 0x95, 0x14, 0x01};

    memset(self, 0, type->bytes);
    self->type = type;
    self->carrier = *carrier;
    memcpy(self->eeprom_mac, mac, sizeof mac);
    self->negotiation_us = CHIP_NEGOTIATION_US;
    self->plugged = true;
    self->partner_pauses = true;
    self->partner_speeds = CHIP_PARTNER_SPEEDS;
    self->partner_gigabit = true;
    type->power_on(self);
}

void chip_complain(struct chip *self, const char *rule, const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    self->carrier.complain(self->carrier.owner, rule, text);
}
