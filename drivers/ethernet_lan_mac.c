/*
 * ethernet_lan_mac: whose address the chip gets: the board's (the firmware knows it; it is what
 * a DHCP server was told), else the EEPROM's, else one derived from the board's serial number,
 * else a random one.
 *
 * The EEPROM's first byte says that it is programmed, the address follows. The boards have none;
 * then the chip ends the reading after 30 ms, or reads ones.
 * Source: LAN9500 datasheet, "EEPROM format".
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "ethernet_lan_parts.h"
#include "log.h"
#include "random.h"

#define EEPROM_TIMEOUT_US 60000 /* for all of it */
#define EEPROM_PROGRAMMED 0xa5
#define EEPROM_BUSY       (1u << 31)
#define EEPROM_TIMED_OUT  (1u << 10) /* the chip has given up */

bool ethernet_lan_mac_is_usable(const uint8_t mac[6])
{
    return !(mac[0] & 1) && (bytes_le32(mac) | mac[4] | mac[5]);
}

/* Command 0 is "read"; the address stands in the low bits. */
static int read_eeprom(struct ethernet_lan *self, uint32_t address, uint8_t *byte,
                       uint64_t deadline_us)
{
    uint32_t value = 0;
    int status = ethernet_lan_write(self, self->chip->eeprom_command, EEPROM_BUSY | address);

    while (status == 0) {
        status = ethernet_lan_read(self, self->chip->eeprom_command, &value);
        if (status == 0 && value & EEPROM_TIMED_OUT)
            return ERROR_ABSENT;
        if (status < 0 || !(value & EEPROM_BUSY))
            break;
        if (clock_passed(deadline_us))
            return ERROR_TIMEOUT;
    }
    if (status == 0)
        status = ethernet_lan_read(self, self->chip->eeprom_data, &value);
    *byte = (uint8_t)value;
    return status;
}

static int read_eeprom_mac(struct ethernet_lan *self, uint8_t mac[6])
{
    uint64_t deadline_us = clock_now_us() + EEPROM_TIMEOUT_US;
    uint8_t byte = 0;
    /* The chip may still be busy with what it loads from there by itself after its reset. */
    int status =
        ethernet_lan_wait(self, self->chip->eeprom_command, EEPROM_BUSY, 0, EEPROM_TIMEOUT_US);

    if (status == 0)
        status = read_eeprom(self, 0, &byte, deadline_us);
    if (status == 0 && byte != EEPROM_PROGRAMMED)
        return ERROR_ABSENT;
    for (uint32_t i = 0; i < 6 && status == 0; i++)
        status = read_eeprom(self, 1 + i, &mac[i], deadline_us);
    if (status < 0)
        return status;
    return ethernet_lan_mac_is_usable(mac) ? 0 : ERROR_CORRUPT;
}

/* Of 64 bits the upper 48, locally administered and of no group. */
static void make_mac(uint64_t number, uint8_t mac[6])
{
    for (unsigned i = 0; i < 6; i++)
        mac[i] = (uint8_t)(number >> (56 - 8 * i));
    mac[0] = (uint8_t)((mac[0] & ~3u) | 2);
}

void ethernet_lan_choose_mac(struct ethernet_lan *self)
{
    uint8_t *mac = self->ethernet.mac;
    uint64_t number;

    if (ethernet_lan_mac_is_usable(self->board_mac)) {
        memcpy(mac, self->board_mac, sizeof self->board_mac);
        return;
    }
    if (read_eeprom_mac(self, mac) == 0)
        return;
    if (self->board_serial) {
        /* Boards of one batch differ in few low bits: an odd factor (2^64 by the golden ratio)
         * spreads them over the part that is used. */
        make_mac(self->board_serial * 0x9e3779b97f4a7c15u, mac);
        log_line(self->chip->name, "MAC address: derived from the board's serial number");
        return;
    }
    random_bytes(&number, sizeof number);
    make_mac(number, mac);
    log_line(self->chip->name, "MAC address: random, for want of any other");
}
