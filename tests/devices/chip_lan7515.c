/*
 * chip_lan7515: the LAN7515's Ethernet as a USB device sees it: requests, resets, interrupts.
 *
 * A reset, like every other operation that takes time, has ended when the guest has seen it end:
 * on a slow emulator nothing else would find a missing wait.
 * Reference: see chip_lan7515.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515.h"

#include <string.h>

#include "bytes.h"
#include "chip_frame.h"

enum { WRITE_REGISTER = 0xa0, READ_REGISTER = 0xa1, GET_STATISTICS = 0xa2 };
enum { VENDOR_OUT = 0x40, VENDOR_IN = 0xc0 };
enum { RESET_US = 100, PHY_RESET_US = 1000 };

struct chip_lan7515 *lan7515(struct chip *chip)
{
    return (struct chip_lan7515 *)chip;
}

uint64_t lan7515_now(struct chip_lan7515 *self)
{
    return self->chip.carrier.now_us(self->chip.carrier.owner);
}

static uint64_t end_of_reset(struct chip_lan7515 *self, uint32_t least_us)
{
    uint32_t wanted = self->chip.faults.reset_us;
    return lan7515_now(self) + (wanted > least_us ? wanted : least_us);
}

static void clear_all(struct chip_lan7515 *self)
{
    lan7515_reset_registers(self);
    lan7515_flush_receive(self);
    memset(self->counts, 0, sizeof self->counts);
    memset(self->memory, 0, sizeof self->memory);
    chip_eeprom_reset(&self->eeprom, &self->chip);
    chip_otp_reset(&self->otp);
    self->mii_busy = false;
    self->port_busy = false;
    self->told = 0;
    self->out_bytes = 0;
    self->out_padding = 0;
    self->out_discard = false;
    self->paused_until_us = 0;
    self->receive_stops_us = 0;
    self->transmit_stops_us = 0;
}

/* LRST: all but the USB side and the PHY: every known driver resets that one besides (PHY_RST),
 * and Linux shows that the LAN9514's stays as it is. */
void lan7515_start_reset(struct chip_lan7515 *self)
{
    clear_all(self);
    self->resetting = true;
    self->reset_until_us = end_of_reset(self, RESET_US);
    self->chip.statistics.resets++;
}

void lan7515_start_phy_reset(struct chip_lan7515 *self)
{
    chip_phy_reset(&self->phy);
    self->phy_resetting = true;
    self->phy_reset_until_us = end_of_reset(self, PHY_RESET_US);
}

bool lan7515_look_at_reset(struct chip_lan7515 *self)
{
    if (!self->chip.faults.never_ends_reset && lan7515_now(self) >= self->reset_until_us) {
        self->resetting = false;
    }
    return !self->resetting;
}

bool lan7515_look_at_phy_reset(struct chip_lan7515 *self)
{
    if (!self->chip.faults.never_ends_reset && lan7515_now(self) >= self->phy_reset_until_us) {
        self->phy_resetting = false;
    }
    return !self->phy_resetting;
}

static void power_on(struct chip *chip)
{
    struct chip_lan7515 *self = lan7515(chip);
    self->resetting = false;
    self->phy_resetting = false;
    memset(&self->eeprom, 0, sizeof self->eeprom);
    chip_phy_init(&self->phy, &chip_phy_lan88xx, chip);
    clear_all(self);
}

/* The bus alone: what is under way in the bulk pipes is lost, registers and link stay. */
static void bus_reset(struct chip *chip)
{
    struct chip_lan7515 *self = lan7515(chip);
    self->in_burst = false;
    self->out_bytes = 0;
    self->out_padding = 0;
    self->out_discard = false;
    self->told = 0;
}

/* Counters of bytes have 32 bits, all others 20. */
static uint32_t counter(const struct chip_lan7515 *self, unsigned number)
{
    bool bytes = (number >= COUNT_RX_BYTES && number < COUNT_RX_FRAMES) ||
                 (number >= COUNT_TX_BYTES && number < COUNT_TX_FRAMES);
    return bytes ? self->counts[number] : self->counts[number] & 0xfffff;
}

static int read_statistics(struct chip_lan7515 *self, const struct chip_setup *setup, uint8_t *data)
{
    unsigned length = setup->length < 4 * STATISTICS_WORDS ? setup->length : 4 * STATISTICS_WORDS;
    for (unsigned i = 0; i < length; i++) {
        data[i] = (uint8_t)(counter(self, i / 4) >> (8 * (i % 4)));
    }
    return (int)length;
}

static int control(struct chip *chip, const struct chip_setup *setup, uint8_t *data)
{
    struct chip_lan7515 *self = lan7515(chip);
    bool reads = setup->request_type == VENDOR_IN;
    if (reads && setup->request == GET_STATISTICS) {
        return read_statistics(self, setup, data);
    }
    bool one = setup->length == 4 && setup->value == 0;
    if (one && reads && setup->request == READ_REGISTER) {
        bytes_put_le32(data, lan7515_read(self, setup->index));
        return 4;
    }
    if (one && setup->request_type == VENDOR_OUT && setup->request == WRITE_REGISTER) {
        lan7515_write(self, setup->index, bytes_le32(data));
        return 4;
    }
    chip_complain(chip, "undefined-request",
                  "type 0x%02x, request 0x%02x, value 0x%04x, index 0x%04x, %u bytes",
                  setup->request_type, setup->request, setup->value, setup->index, setup->length);
    return CHIP_STALL;
}

uint32_t lan7515_interrupts(struct chip_lan7515 *self)
{
    uint32_t status = self->values[INT_STS / 4];
    if (!self->phy_resetting && chip_phy_interrupt(&self->phy)) {
        status |= INT_PHY; /* a level: it goes when the PHY's own status was read */
    }
    self->told &= status;
    return status;
}

static int interrupt_in(struct chip *chip, uint8_t *bytes, unsigned capacity)
{
    struct chip_lan7515 *self = lan7515(chip);
    if (self->resetting || capacity < 4) {
        return CHIP_NAK;
    }
    uint32_t status = lan7515_interrupts(self);
    uint32_t control_bits = self->values[INT_EP_CTL / 4];
    uint32_t fresh = status & control_bits & ~self->told & ~INT_EP_ALWAYS;
    if (!fresh && !(control_bits & INT_EP_ALWAYS)) {
        return CHIP_NAK;
    }
    self->told |= fresh;
    bytes_put_le32(bytes, status);
    return 4;
}

void lan7515_count(struct chip_lan7515 *self, bool sent, const uint8_t *frame, unsigned length)
{
    static const uint16_t bounds[] = {64, 127, 255, 511, 1023, 1518};
    uint32_t *counts = self->counts;
    unsigned kind = !(frame[0] & 1) ? 0 : chip_frame_is_broadcast(frame) ? 1 : 2;
    unsigned size = 0;
    while (size < sizeof bounds / sizeof bounds[0] && length > bounds[size]) {
        size++;
    }
    counts[(sent ? COUNT_TX_BYTES : COUNT_RX_BYTES) + kind] += length;
    counts[(sent ? COUNT_TX_FRAMES : COUNT_RX_FRAMES) + kind]++;
    counts[(sent ? COUNT_TX_SIZES : COUNT_RX_SIZES) + size]++;
}

static bool wants_silence(const struct chip *chip)
{
    return ((const struct chip_lan7515 *)chip)->silence;
}

static bool empty_is_nak(const struct chip *chip)
{
    const struct chip_lan7515 *self = (const struct chip_lan7515 *)chip;
    return self->values[USB_CFG0 / 4] & USB_CFG0_BIR;
}

static bool is_receiving(const struct chip *chip)
{
    return lan7515_receiving((const struct chip_lan7515 *)chip);
}

static void plug(struct chip *chip, bool plugged)
{
    chip->plugged = plugged;
    chip_phy_plug(&lan7515(chip)->phy);
}

static const char *const no_strings[] = {0};

const struct chip_type chip_lan7515 = {
    .name = "lan7515",
    .device = lan7515_device_descriptor,
    .configuration = lan7515_configuration_descriptor,
    .strings = no_strings,
    .bytes = sizeof(struct chip_lan7515),
    .power_on = power_on,
    .bus_reset = bus_reset,
    .control = control,
    .bulk_out = lan7515_bulk_out,
    .bulk_in = lan7515_bulk_in,
    .interrupt_in = interrupt_in,
    .receive = lan7515_receive,
    .wants_silence = wants_silence,
    .has_data = lan7515_has_data,
    .empty_is_nak = empty_is_nak,
    .is_receiving = is_receiving,
    .plug = plug,
};
