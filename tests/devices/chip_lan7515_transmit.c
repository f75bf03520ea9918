/*
 * chip_lan7515_transmit: the bulk-OUT stream: TX_CMD_A, TX_CMD_B, frame, again and again.
 *
 * Several frames may stand in one transfer, each beginning at a multiple of four bytes; the last
 * need not be filled up. A packet of less than CHIP_PACKET_BYTES ends the transfer, and with it
 * must end a frame. (One that is full says nothing: but then what has gone is a multiple of four.)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515.h"

#include <string.h>

#include "bytes.h"
#include "chip_frame.h"

enum { HEADER_BYTES = 14, MSS_MIN = 8 };

static bool is_enabled(struct chip_lan7515 *self)
{
    bool mac = self->values[MAC_TX / 4] & MAC_TX_TXEN;
    bool fifo = self->values[FCT_TX_CTL / 4] & FCT_EN;
    if (!mac || !fifo) {
        chip_complain(&self->chip, "transmit-while-disabled", "bulk OUT while %s is off",
                      mac ? "FCT_TX_CTL.EN" : "MAC_TX.TXEN");
    }
    return mac && fifo;
}

/* Returns why the command words cannot be, or null. */
static const char *wrong(uint32_t a, uint32_t b)
{
    unsigned length = a & TX_A_LENGTH;
    unsigned mss = b >> 16 & 0x3fff;
    unsigned tag = a & TX_A_INSERT_TAG ? 4 : 0;
    if (a & (uint32_t)TX_A_RESERVED || b & 0xc0000000) {
        return "reserved bits";
    }
    if (length < HEADER_BYTES) {
        return "a length below an Ethernet header's";
    }
    if (a & TX_A_LSO ? length > LARGE_FRAME_MAX : length + tag > CHIP_FRAME_MAX) {
        return "a length past what the chip can take";
    }
    if (a & TX_A_LSO ? mss < MSS_MIN : mss != 0) {
        return "MSS and LSO contradict each other";
    }
    if (a & TX_A_INSERT_TAG && a & TX_A_REPLACE_TAG) {
        return "a tag both to insert and to replace";
    }
    if (b & 0xffff && !(a & (TX_A_INSERT_TAG | TX_A_REPLACE_TAG))) {
        return "a VLAN tag that nothing asks for";
    }
    return 0;
}

static bool command_is_right(struct chip_lan7515 *self)
{
    uint32_t a = bytes_le32(self->out), b = bytes_le32(self->out + 4);
    const char *why = wrong(a, b);
    if (why) {
        chip_complain(&self->chip, "wrong-transmit-command", "TX_CMD_A 0x%08x, TX_CMD_B 0x%08x: %s",
                      a, b, why);
    }
    return !why;
}

static void finish(struct chip_lan7515 *self)
{
    uint32_t a = bytes_le32(self->out);
    unsigned length = self->out_bytes - TX_HEAD_BYTES;
    uint8_t *frame = self->out + TX_HEAD_BYTES;
    self->out_padding = (4 - length % 4) % 4;
    self->out_bytes = 0;
    if (!(a & TX_A_FCS)) {
        /* The frame then has its own, and it had better be right. */
        if (length < HEADER_BYTES + FCS_BYTES ||
            bytes_le32(frame + length - FCS_BYTES) != chip_frame_fcs(frame, length - FCS_BYTES)) {
            chip_complain(&self->chip, "wrong-transmit-command",
                          "TX_CMD_A 0x%08x without FCS, and the frame of %u bytes does not end "
                          "with its checksum",
                          a, length);
            return;
        }
        length -= FCS_BYTES;
    }
    lan7515_offload(self, a, bytes_le32(self->out + 4), frame, length);
}

/* Takes bytes of the frame, up to its end or the head's. Returns how many; 0: nonsense. */
static unsigned take(struct chip_lan7515 *self, const uint8_t *bytes, unsigned left)
{
    bool head = self->out_bytes < TX_HEAD_BYTES;
    unsigned wanted = TX_HEAD_BYTES + (head ? 0 : bytes_le32(self->out) & TX_A_LENGTH);
    if (self->out_bytes == 0 && !is_enabled(self)) {
        return 0;
    }
    if (left > wanted - self->out_bytes) {
        left = wanted - self->out_bytes;
    }
    memcpy(self->out + self->out_bytes, bytes, left);
    self->out_bytes += left;
    if (self->out_bytes == wanted) {
        if (!head) {
            finish(self);
        } else if (!command_is_right(self)) {
            return 0;
        }
    }
    return left;
}

static void end_transfer(struct chip_lan7515 *self)
{
    if (self->out_bytes > 0) {
        chip_complain(&self->chip, "wrong-transmit-command",
                      "a transfer ended %u bytes into a frame whose TX_CMD_A is 0x%08x",
                      self->out_bytes,
                      self->out_bytes >= TX_HEAD_BYTES ? bytes_le32(self->out) : 0);
    }
    self->out_bytes = 0;
    self->out_padding = 0;
    self->out_discard = false;
}

int lan7515_bulk_out(struct chip *chip, const uint8_t *bytes, unsigned length)
{
    struct chip_lan7515 *self = lan7515(chip);
    unsigned at = 0;
    if (chip->faults.stall_out > 0) {
        chip->faults.stall_out--;
        return CHIP_STALL;
    }
    if (self->resetting) {
        chip_complain(chip, "access-during-reset",
                      "bulk OUT of %u bytes before HW_CFG.LRST was seen to have ended", length);
        return CHIP_NAK;
    }
    if (lan7515_now(self) < self->paused_until_us) {
        return CHIP_NAK;
    }
    while (at < length && !self->out_discard) {
        if (self->out_padding > 0) {
            self->out_padding--;
            at++;
            continue;
        }
        unsigned taken = take(self, bytes + at, length - at);
        if (taken == 0) {
            self->out_discard = true;
            self->out_bytes = 0;
        }
        at += taken;
    }
    if (length < CHIP_PACKET_BYTES) {
        end_transfer(self);
    }
    return (int)length;
}

static bool speeds_match(struct chip_lan7515 *self)
{
    static const uint16_t speeds[] = {10, 100, 1000, 1000};
    uint32_t control = self->values[MAC_CR / 4];
    unsigned speed = chip_phy_speed(&self->phy);
    bool duplex = chip_phy_full_duplex(&self->phy);
    bool match = (control & MAC_CR_AUTO_SPEED || speeds[(control & MAC_CR_SPEED) >> 1] == speed) &&
                 (control & MAC_CR_AUTO_DUPLEX || !(control & MAC_CR_FULL_DUPLEX) == !duplex);
    if (!match) {
        chip_complain(&self->chip, "mac-speed-mismatch",
                      "a frame was sent with MAC_CR 0x%08x, and the PHY runs at %u Mbit/s, %s "
                      "duplex",
                      control, speed, duplex ? "full" : "half");
    }
    return match;
}

void lan7515_send(struct chip_lan7515 *self, const uint8_t *frame, unsigned length)
{
    uint8_t padded[CHIP_FRAME_MIN] = {0};
    chip_frame_check(&self->chip, frame, length);
    if (!chip_phy_up(&self->phy) || !speeds_match(self)) {
        return; /* onto a cable that carries nothing */
    }
    if (length < CHIP_FRAME_MIN) {
        memcpy(padded, frame, length);
        frame = padded;
        length = CHIP_FRAME_MIN;
    }
    lan7515_count(self, true, frame, length + FCS_BYTES);
    self->chip.statistics.frames_sent++;
    self->chip.carrier.transmit(self->chip.carrier.owner, frame, length);
}
