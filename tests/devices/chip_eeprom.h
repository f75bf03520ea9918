/*
 * chip_eeprom: where both chips keep their MAC address: a serial EEPROM of 512 bytes behind a
 * command and a data register (E2P_CMD, E2P_DATA: laid out alike in LAN9514 and LAN7515), and
 * the LAN7515's one-time programmable memory (OTP) with its own little state machine.
 *
 * What they hold comes from struct chip: 0xa5, then eeprom_mac, then nothing; with
 * faults.no_eeprom no EEPROM is there and the OTP is blank. Chips whose chip->otp_only is set
 * have no EEPROM either but hold the same in the OTP, behind 0xf3.
 * An EEPROM that is not there answers as the real chips do: reads give 0xff and no time-out
 * (Linux' "No External EEPROM" message on the Pi 3B+ lives on that); writes time out.
 *
 * Rules: "eeprom-access-while-busy" (command or data written, or data read, while a command is
 * under way), "eeprom-wrong-command", "otp-access-while-busy", "otp-wrong-command".
 * Reference: LAN9514 and LAN7800 data sheets, "EEPROM Controller"; the OTP as Linux' lan78xx.c
 * uses it: it is in no public manual.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHIP_EEPROM_H
#define CHIP_EEPROM_H

#include <stdbool.h>
#include <stdint.h>

#include "chip.h"

#define CHIP_EEPROM_BYTES 512
#define CHIP_OTP_BYTES    2048

struct chip_eeprom {
    uint32_t command;                 /* as last written, without its busy bit */
    uint8_t data;                     /* E2P_DATA */
    bool busy;                        /* until ... */
    uint64_t busy_until_us;           /* ... this */
    bool loaded;                      /* EPC_DL: a valid content was loaded at reset or by RELOAD */
    bool timed_out;                   /* EPC_TIMEOUT */
    bool write_enabled;               /* EWEN was given */
    bool written[CHIP_EEPROM_BYTES];  /* bytes the guest has changed since power-on: to ... */
    uint8_t bytes[CHIP_EEPROM_BYTES]; /* ... these */
};

/* At power-on and at each reset of the chip. The content stays. */
void chip_eeprom_reset(struct chip_eeprom *self, struct chip *chip);

/* The two registers. */
uint32_t chip_eeprom_read_command(struct chip_eeprom *self, struct chip *chip);
void chip_eeprom_write_command(struct chip_eeprom *self, struct chip *chip, uint32_t value);
uint32_t chip_eeprom_read_data(struct chip_eeprom *self, struct chip *chip);
void chip_eeprom_write_data(struct chip_eeprom *self, struct chip *chip, uint32_t value);

/* The address a chip loads into its address registers at reset. Returns false if there is none:
 * neither in an EEPROM nor (chip->otp_only) in the OTP; mac is then all 0xff, as the registers. */
bool chip_eeprom_mac(const struct chip_eeprom *self, const struct chip *chip, uint8_t mac[6]);

/* ---- the LAN7515's OTP: byte-wide registers, 4 apart, at 0x1000 ---- */

struct chip_otp {
    bool powered_down;
    uint8_t address_high, address_low; /* ADDR1 (bits 15 ... 8), ADDR2 (bits 7 ... 0) */
    uint8_t function, data;
    bool busy;
    uint64_t busy_until_us;
};

void chip_otp_reset(struct chip_otp *self);

/* index: (register - 0x1000) / 4. Return false if there is no such register. */
bool chip_otp_read(struct chip_otp *self, struct chip *chip, unsigned index, uint32_t *value);
bool chip_otp_write(struct chip_otp *self, struct chip *chip, unsigned index, uint32_t value);

#endif
