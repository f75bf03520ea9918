/*
 * sick_eeprom: an EEPROM of the chip models that is not well, for the tests of whose MAC address a
 * chip gets. It answers as the model's does but for what is said here.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SICK_EEPROM_H
#define SICK_EEPROM_H

#include "bytes.h"
#include "sim_usb.h"

#define EEPROM_STAYS_BUSY (1u << 31)
#define EEPROM_IS_SILENT  (1u << 10) /* the chip has given up */

static uint16_t eeprom_command; /* that register; the one with the data is behind it */
static uint32_t eeprom_bits;    /* what a read of it gives in addition */
static uint8_t eeprom_mark;     /* the first byte; 0: as it is */
static uint32_t eeprom_asked;
static int (*control_of_well_eeprom)(struct sim_usb_device *, const struct usb_setup *, uint8_t *);

static inline int control_of_sick_eeprom(struct sim_usb_device *self, const struct usb_setup *setup,
                                         uint8_t *data)
{
    int moved;

    if (setup->index == eeprom_command && setup->request == 0xa0)
        eeprom_asked = bytes_le32(data) & 0x1ff;
    moved = control_of_well_eeprom(self, setup, data);
    if (setup->index == eeprom_command && setup->request == 0xa1)
        bytes_put_le32(data, bytes_le32(data) | eeprom_bits);
    if (setup->index == eeprom_command + 4 && eeprom_mark && eeprom_asked == 0)
        bytes_put_le32(data, eeprom_mark);
    return moved;
}

/* From now on. */
static inline void make_eeprom_sick(struct sim_usb_device *chip, uint16_t command, uint32_t bits,
                                    uint8_t mark)
{
    control_of_well_eeprom = chip->control;
    chip->control = control_of_sick_eeprom;
    eeprom_command = command;
    eeprom_bits = bits;
    eeprom_mark = mark;
}

#endif
