/*
 * chip_lan9514: what the LAN9514's Ethernet part shows on the bus: descriptors, the three vendor
 * requests, the interrupt endpoint, and its resets.
 *
 * Descriptors are those of a chip without EEPROM (LAN950x, 5.3.1.6; as a Pi 3B shows them).
 * Lacks: suspend and wake-up, GPIOs, strings (they would come from the EEPROM).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514.h"

#include <string.h>

#include "bytes.h"

enum { WRITE_REGISTER = 0xa0, READ_REGISTER = 0xa1, GET_STATISTICS = 0xa2 };

static const uint8_t device_descriptor[18] = {
    18, 1, 0x00, 0x02, 0xff, 0, 1, 64, 0x24, 0x04, 0x00, 0xec, 0x00, 0x02, 0, 0, 0, 1,
};

/* clang-format off */
static const uint8_t configuration_descriptor[39] = {
    9, 2, 39, 0, 1, 1, 0, 0xe0, 1,         /* self powered, wakes up, 2 mA */
    9, 4, 0, 0, 3, 0xff, 0, 0xff, 0,
    7, 5, 0x80 | CHIP_BULK_IN, 2, CHIP_PACKET_BYTES & 0xff, CHIP_PACKET_BYTES >> 8, 0,
    7, 5, CHIP_BULK_OUT, 2, CHIP_PACKET_BYTES & 0xff, CHIP_PACKET_BYTES >> 8, 0,
    7, 5, 0x80 | CHIP_INTERRUPT_IN, 3, 16, 0, 4,
};
/* clang-format on */

static const char *const no_strings[] = {0};

static struct chip_lan9514 *of(struct chip *chip)
{
    return (struct chip_lan9514 *)chip;
}

/* ---- resets ---- */

void lan9514_begin_again(struct chip_lan9514 *self)
{
    lan9514_reset_registers(self);
    lan9514_flush_receive(self);
    lan9514_flush_transmit(self);
    self->receive.was_enabled = false;
    self->receive_stopping = self->transmit_stopping = false;
    self->mii_running = false;
    self->interrupts = 0;
    self->interrupt_owed = false;
}

static void power_on(struct chip *chip)
{
    struct chip_lan9514 *self = of(chip);

    self->resetting = self->phy_resetting = false;
    memset(&self->counters, 0, sizeof self->counters);
    chip_phy_init(&self->phy, &chip_phy_lan95xx, chip);
    lan9514_begin_again(self);
}

/* A reset of the bus resets all but the USB device controller and the PHY (LAN950x, 5.11). */
static void bus_reset(struct chip *chip)
{
    struct chip_lan9514 *self = of(chip);

    self->resetting = false;
    lan9514_begin_again(self);
}

static bool is_over(const struct chip_lan9514 *self, uint64_t end_us)
{
    return !self->chip.faults.never_ends_reset && lan9514_now_us(self) >= end_us;
}

static uint32_t standing_interrupts(struct chip_lan9514 *self)
{
    uint32_t bits = *lan9514_register(self, LAN9514_INT_STS);

    if (chip_phy_interrupt(&self->phy))
        bits |= LAN9514_INT_PHY;
    if (self->receive.count)
        bits |= LAN9514_INT_RX_FIFO;
    return bits & *lan9514_register(self, LAN9514_INT_EP_CTL);
}

void lan9514_settle(struct chip_lan9514 *self)
{
    uint32_t now;

    if (self->resetting && is_over(self, self->reset_us)) {
        self->resetting = false;
        *lan9514_register(self, LAN9514_HW_CFG) &= ~LAN9514_HW_CFG_LRST;
    }
    if (self->phy_resetting && is_over(self, self->phy_reset_us)) {
        self->phy_resetting = false;
        chip_phy_reset(&self->phy);
    }
    if (self->receive_stopping && lan9514_now_us(self) >= self->receive_stop_us) {
        self->receive_stopping = false;
        *lan9514_register(self, LAN9514_INT_STS) |= LAN9514_INT_RX_STOP;
    }
    if (self->transmit_stopping && lan9514_now_us(self) >= self->transmit_stop_us) {
        self->transmit_stopping = false;
        *lan9514_register(self, LAN9514_INT_STS) |= LAN9514_INT_TX_STOP;
    }
    now = standing_interrupts(self);
    if (now & ~self->interrupts)
        self->interrupt_owed = true;
    self->interrupts = now;
}

/* ---- vendor requests ---- */

static int statistics(struct chip_lan9514 *self, const struct chip_setup *setup, uint8_t *data)
{
    uint32_t *counters = setup->index ? self->counters.sent : self->counters.received;
    unsigned count = setup->index ? 10 : 8;
    unsigned length = setup->length < count * 4 ? setup->length / 4 * 4 : count * 4;

    for (unsigned i = 0; i < length / 4; i++)
        bytes_put_le32(data + 4 * i, counters[i]);
    memset(counters, 0, count * sizeof *counters); /* reading clears: LAN950x, 5.3.1.7 */
    return (int)length;
}

static int control(struct chip *chip, const struct chip_setup *setup, uint8_t *data)
{
    struct chip_lan9514 *self = of(chip);
    int moved = CHIP_STALL;

    lan9514_settle(self);
    if (setup->request_type == 0x40 && setup->request == WRITE_REGISTER && setup->length == 4) {
        lan9514_write(self, setup->index, bytes_le32(data));
        moved = 4;
    } else if (setup->request_type == 0xc0 && setup->request == READ_REGISTER &&
               setup->length == 4) {
        bytes_put_le32(data, lan9514_read(self, setup->index));
        moved = 4;
    } else if (setup->request_type == 0xc0 && setup->request == GET_STATISTICS &&
               setup->index <= 1) {
        moved = statistics(self, setup, data);
    } else {
        chip_complain(chip, "undefined-request",
                      "type 0x%02x, request 0x%02x, value 0x%04x, index 0x%04x, %u bytes",
                      setup->request_type, setup->request, setup->value, setup->index,
                      setup->length);
    }
    lan9514_settle(self);
    return moved;
}

/* ---- the rest of struct chip_type ---- */

static int interrupt_in(struct chip *chip, uint8_t *bytes, unsigned capacity)
{
    struct chip_lan9514 *self = of(chip);

    lan9514_settle(self);
    if (capacity < 4 || (!self->interrupt_owed && !lan9514_is(self, LAN9514_INT_EP_CTL, 1u << 31)))
        return CHIP_NAK;
    self->interrupt_owed = false;
    bytes_put_le32(bytes, self->interrupts);
    return 4;
}

static bool empty_is_nak(const struct chip *chip)
{
    return lan9514_is((const struct chip_lan9514 *)chip, LAN9514_HW_CFG, LAN9514_HW_CFG_BIR);
}

static bool is_receiving(const struct chip *chip)
{
    return lan9514_is((const struct chip_lan9514 *)chip, LAN9514_MAC_CR, LAN9514_MAC_CR_RXEN);
}

static void plug(struct chip *chip, bool plugged)
{
    struct chip_lan9514 *self = of(chip);

    lan9514_settle(self);
    chip->plugged = plugged;
    chip_phy_plug(&self->phy);
    lan9514_settle(self);
}

const struct chip_type chip_lan9514 = {
    .name = "lan9514",
    .device = device_descriptor,
    .configuration = configuration_descriptor,
    .strings = no_strings,
    .bytes = sizeof(struct chip_lan9514),
    .power_on = power_on,
    .bus_reset = bus_reset,
    .control = control,
    .bulk_out = lan9514_bulk_out,
    .bulk_in = lan9514_bulk_in,
    .interrupt_in = interrupt_in,
    .receive = lan9514_receive,
    .wants_silence = lan9514_wants_silence,
    .has_data = lan9514_has_data,
    .empty_is_nak = empty_is_nak,
    .is_receiving = is_receiving,
    .plug = plug,
};
