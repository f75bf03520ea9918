/*
 * chip_eeprom: EEPROM and OTP of the chip models; see chip_eeprom.h.
 *
 * A command has ended when the guest has seen it end: however much time has passed, what was not
 * looked at is still busy. On a slow emulator nothing else would find a missing wait.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_eeprom.h"

#include <string.h>

#define COMMAND_BUSY    0x80000000u
#define COMMAND_MASK    0x70000000u
#define COMMAND_TIMEOUT 0x00000400u
#define COMMAND_LOADED  0x00000200u
#define COMMAND_ADDRESS 0x000001ffu

enum { READ = 0, DISABLE_WRITES, ENABLE_WRITES, WRITE, WRITE_ALL, ERASE, ERASE_ALL, RELOAD };

enum { EEPROM_PROGRAMMED = 0xa5, OTP_PROGRAMMED = 0xf3, ABSENT = 0xff };

/* A byte takes the serial EEPROM's clock (1 MHz) 19 cycles and some; a write 5 ms. */
enum { READ_US = 25, WRITE_US = 5000, TIME_OUT_US = 30000, RELOAD_US = 5000, OTP_READ_US = 2 };

static uint64_t now_us(struct chip *chip)
{
    return chip->carrier.now_us(chip->carrier.owner);
}

static bool is_there(const struct chip *chip)
{
    return !chip->faults.no_eeprom && !chip->otp_only;
}

static uint8_t programmed(const struct chip *chip, uint8_t mark, unsigned address)
{
    return address == 0 ? mark : address <= 6 ? chip->eeprom_mac[address - 1] : 0;
}

static uint8_t byte_at(const struct chip_eeprom *self, const struct chip *chip, unsigned address)
{
    if (!is_there(chip)) {
        return ABSENT;
    }
    return self->written[address] ? self->bytes[address]
                                  : programmed(chip, EEPROM_PROGRAMMED, address);
}

bool chip_eeprom_mac(const struct chip_eeprom *self, const struct chip *chip, uint8_t mac[6])
{
    memset(mac, 0xff, 6);
    if (chip->otp_only && !chip->faults.no_eeprom) {
        memcpy(mac, chip->eeprom_mac, 6);
        return true;
    }
    if (byte_at(self, chip, 0) != EEPROM_PROGRAMMED) {
        return false;
    }
    for (unsigned i = 0; i < 6; i++) {
        mac[i] = byte_at(self, chip, i + 1);
    }
    return true;
}

void chip_eeprom_reset(struct chip_eeprom *self, struct chip *chip)
{
    self->command = 0;
    self->data = 0;
    self->busy = false;
    self->timed_out = false;
    self->write_enabled = false;
    self->loaded = byte_at(self, chip, 0) == EEPROM_PROGRAMMED;
}

uint32_t chip_eeprom_read_command(struct chip_eeprom *self, struct chip *chip)
{
    if (self->busy && now_us(chip) >= self->busy_until_us) {
        self->busy = false;
    }
    return self->command | (self->busy ? COMMAND_BUSY : 0) |
           (self->timed_out && !self->busy ? COMMAND_TIMEOUT : 0) |
           (self->loaded ? COMMAND_LOADED : 0);
}

static void set_byte(struct chip_eeprom *self, unsigned address, uint8_t value)
{
    self->written[address] = true;
    self->bytes[address] = value;
}

static void change(struct chip_eeprom *self, unsigned operation, unsigned address)
{
    bool all = operation == WRITE_ALL || operation == ERASE_ALL;
    uint8_t value = operation == ERASE || operation == ERASE_ALL ? ABSENT : self->data;
    for (unsigned i = 0; i < CHIP_EEPROM_BYTES; i++) {
        if (all || i == address) {
            set_byte(self, i, value);
        }
    }
}

/* Returns what the command takes. */
static uint32_t execute(struct chip_eeprom *self, struct chip *chip, unsigned operation,
                        unsigned address)
{
    switch (operation) {
    case READ:
        self->data = byte_at(self, chip, address);
        return READ_US;
    case DISABLE_WRITES:
    case ENABLE_WRITES:
        self->write_enabled = operation == ENABLE_WRITES;
        return READ_US;
    case RELOAD:
        self->loaded = byte_at(self, chip, 0) == EEPROM_PROGRAMMED;
        return RELOAD_US;
    default:
        if (!is_there(chip)) {
            self->timed_out = true;
            return TIME_OUT_US;
        }
        if (self->write_enabled) {
            change(self, operation, address);
        }
        return WRITE_US;
    }
}

void chip_eeprom_write_command(struct chip_eeprom *self, struct chip *chip, uint32_t value)
{
    if (self->busy) {
        chip_complain(chip, "eeprom-access-while-busy",
                      "E2P_CMD was written (0x%08x) while command 0x%08x is under way", value,
                      self->command);
        return;
    }
    if (value & COMMAND_TIMEOUT) { /* cleared by writing one */
        self->timed_out = false;
    }
    if (value &
        ~(COMMAND_BUSY | COMMAND_MASK | COMMAND_TIMEOUT | COMMAND_LOADED | COMMAND_ADDRESS)) {
        chip_complain(chip, "eeprom-wrong-command", "E2P_CMD was written 0x%08x: reserved bits",
                      value);
    }
    self->command = value & (COMMAND_MASK | COMMAND_ADDRESS);
    if (!(value & COMMAND_BUSY)) {
        return;
    }
    self->timed_out = false;
    self->busy = true;
    self->busy_until_us =
        now_us(chip) + execute(self, chip, (value & COMMAND_MASK) >> 28, value & COMMAND_ADDRESS);
}

uint32_t chip_eeprom_read_data(struct chip_eeprom *self, struct chip *chip)
{
    if (self->busy) {
        chip_complain(chip, "eeprom-access-while-busy",
                      "E2P_DATA was read while command 0x%08x was not seen to have ended",
                      self->command);
    }
    return self->data;
}

void chip_eeprom_write_data(struct chip_eeprom *self, struct chip *chip, uint32_t value)
{
    if (self->busy) {
        chip_complain(chip, "eeprom-access-while-busy",
                      "E2P_DATA was written while command 0x%08x was not seen to have ended",
                      self->command);
        return;
    }
    self->data = value & 0xff;
}

/* ---- OTP ---- */

enum {
    OTP_POWER_DOWN = 0x00,
    OTP_ADDRESS_HIGH = 0x01,
    OTP_ADDRESS_LOW = 0x02,
    OTP_DATA = 0x06,
    OTP_FUNCTION = 0x08,
    OTP_GO = 0x0a,
    OTP_PASS_FAIL = 0x0b,
    OTP_STATUS = 0x0c,
    OTP_REGISTERS = 0x3d
};
enum { OTP_FUNCTION_READ = 1 };

void chip_otp_reset(struct chip_otp *self)
{
    memset(self, 0, sizeof *self);
    self->powered_down = true;
}

bool chip_otp_read(struct chip_otp *self, struct chip *chip, unsigned index, uint32_t *value)
{
    *value = 0;
    switch (index) {
    case OTP_POWER_DOWN:
        *value = self->powered_down;
        return true;
    case OTP_ADDRESS_HIGH:
        *value = self->address_high;
        return true;
    case OTP_ADDRESS_LOW:
        *value = self->address_low;
        return true;
    case OTP_FUNCTION:
        *value = self->function;
        return true;
    case OTP_STATUS:
        if (self->busy && now_us(chip) >= self->busy_until_us) {
            self->busy = false;
        }
        *value = self->busy;
        return true;
    case OTP_DATA:
        if (self->busy) {
            chip_complain(chip, "otp-access-while-busy",
                          "OTP_RD_DATA was read and OTP_STATUS had not been seen without busy");
        }
        *value = self->data;
        return true;
    default:
        return index < OTP_REGISTERS;
    }
}

static void otp_go(struct chip_otp *self, struct chip *chip)
{
    unsigned address = self->address_high << 8 | self->address_low;
    if (self->powered_down) {
        chip_complain(chip, "otp-wrong-command", "OTP command while OTP_PWR_DN is 1");
    } else if (self->function != OTP_FUNCTION_READ) {
        chip_complain(chip, "otp-wrong-command",
                      "OTP function 0x%02x: only reading is modelled, and the board's OTP must "
                      "not be programmed",
                      self->function);
    } else if (address >= CHIP_OTP_BYTES) {
        chip_complain(chip, "otp-wrong-command", "OTP address 0x%x is past its end", address);
    } else {
        bool blank = chip->faults.no_eeprom || !chip->otp_only;
        self->data = blank ? 0 : programmed(chip, OTP_PROGRAMMED, address);
        self->busy = true;
        self->busy_until_us = now_us(chip) + OTP_READ_US;
    }
}

bool chip_otp_write(struct chip_otp *self, struct chip *chip, unsigned index, uint32_t value)
{
    if (self->busy) {
        chip_complain(chip, "otp-access-while-busy",
                      "OTP register 0x%x was written (0x%x) while the OTP is busy", index, value);
        return true;
    }
    switch (index) {
    case OTP_POWER_DOWN:
        self->powered_down = value & 1;
        return true;
    case OTP_ADDRESS_HIGH:
        self->address_high = value & 0x1f;
        return true;
    case OTP_ADDRESS_LOW:
        self->address_low = value & 0xff;
        return true;
    case OTP_FUNCTION:
        self->function = value & 7;
        return true;
    case OTP_GO:
        if (value & 1) {
            otp_go(self, chip);
        }
        return true;
    default:
        if (index < OTP_REGISTERS) {
            chip_complain(chip, "otp-wrong-command", "OTP register 0x%x was written (0x%x)", index,
                          value);
        }
        return index < OTP_REGISTERS;
    }
}
