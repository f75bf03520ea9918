/*
 * ethernet_lan78xx: the chip part for the LAN7800 family: the LAN7515 of the Pi 3B+, in which a
 * LAN7800 stands behind two hubs. ethernet_lan.c is the common part.
 *
 * A gigabit cable brings more than USB carries, so all rests on PAUSE: on the board 224 to 260
 * Mbit/s with it and 33 to 48 without (docs/hardware.md). The chip asks for silence once its FIFO
 * holds 8,704 of its 12,288 bytes. What can still come then is a frame while one of ours keeps the
 * PAUSE frame waiting, one that the other end has begun when it hears of it, and what is on its
 * way: some 3,300 bytes, and 3,584 are left. It lets go at 1,024, which USB takes 25 us to fetch.
 *
 * An empty pipe is answered with NAK (BIR): with empty packets an idle board would take an
 * interrupt in each microframe.
 *
 * The MAC follows the PHY's speed and duplex by itself, as it did under every driver that is known
 * to have run on this board. (Linux sets it by hand since 6.16.) ethernet_lan78xx_phy.c knows the
 * PHY.
 *
 * Not done: wake-up, checksum engines, VLANs, the OTP's MAC address (the firmware knows the
 * board's).
 * Reference: ethernet_lan78xx_registers.h; IEEE 802.3, clause 31B.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan78xx_registers.h"

#include "bytes.h"
#include "error.h"
#include "ethernet_lan.h"
#include "ethernet_lan78xx_phy.h"

#define RESET_TIMEOUT_US 500000
#define STOP_TIMEOUT_US  10000 /* a frame at 10 Mbit/s takes 1.2 ms */
#define EMPTY_TIMEOUT_US 10000 /* the send FIFO at 10 Mbit/s: 12 KB */
#define FIFO_BYTES       12288 /* all that there is, for each direction */
#define FIFO_BLOCK       512
#define PAUSE_ABOVE      8704
#define PAUSE_BELOW      1024
#define PAUSE_TIME       0xffff /* until it is taken back */
#define BULK_PACKET      512
#define CHECKSUM_BYTES   4
#define LONGEST_FRAME    ((uint32_t)(ETHERNET_FRAME_MAX + CHECKSUM_BYTES) << 16)

static int change(struct ethernet_lan *self, uint16_t offset, uint32_t clear, uint32_t set)
{
    uint32_t value;
    int status = ethernet_lan_read(self, offset, &value);

    return status < 0 ? status : ethernet_lan_write(self, offset, (value & ~clear) | set);
}

static int identify(struct ethernet_lan *self)
{
    uint32_t value;
    /* Nothing else may be read in a reset, and a program that crashed may have begun one. */
    int status = ethernet_lan_wait(self, HARDWARE, HARDWARE_RESET, 0, RESET_TIMEOUT_US);

    if (status == 0)
        status = ethernet_lan_read(self, IDENTITY, &value);
    if (status < 0)
        return status;
    return value >> 16 == IDENTITY_LAN7800 ? 0 : ERROR_CORRUPT;
}

static int reset(struct ethernet_lan *self)
{
    int status = change(self, HARDWARE, 0, HARDWARE_RESET);

    if (status == 0)
        status = ethernet_lan_wait_for_reset(self, HARDWARE, HARDWARE_RESET, 0);
    /* The LEDs' pins are the EEPROM's, which is read next. */
    if (status == 0)
        status = change(self, HARDWARE, HARDWARE_LED_0 | HARDWARE_LED_1, 0);
    if (status == 0)
        status = change(self, POWER, POWER_WAKE_UP, POWER_PHY_RESET);
    if (status == 0)
        status =
            ethernet_lan_wait_for_reset(self, POWER, POWER_PHY_RESET | POWER_READY, POWER_READY);
    return status < 0 ? status : ethernet_lan78xx_set_up_phy(self);
}

/* Switches a block off, if it is on, and waits until it has ended what it was at. */
static int stop(struct ethernet_lan *self, uint16_t offset, uint32_t on, uint32_t stopped)
{
    uint32_t value;
    int status = ethernet_lan_read(self, offset, &value);

    if (status < 0 || !(value & on))
        return status;
    /* An old mark, which reads as one, is cleared by the same write. */
    status = ethernet_lan_write(self, offset, value & ~on);
    return status < 0 ? status : ethernet_lan_wait(self, offset, stopped, stopped, STOP_TIMEOUT_US);
}

static int stop_reception(struct ethernet_lan *self)
{
    int status = stop(self, MAC_RECEIVE, MAC_ON, MAC_STOPPED);

    return status < 0 ? status : stop(self, RECEIVE_FIFO, FIFO_ON, FIFO_STOPPED);
}

/* What was sent last still goes out, if it can in short time. */
static int stop_transmission(struct ethernet_lan *self)
{
    int status;

    /* Another station that asked for silence must not hold this up. */
    status = ethernet_lan_write(self, FLOW, 0);
    if (status < 0)
        return status;
    status = ethernet_lan_wait(self, SEND_FIFO, FIFO_USED, 0, EMPTY_TIMEOUT_US);
    if (status < 0 && status != ERROR_TIMEOUT)
        return status;
    status = stop(self, SEND_FIFO, FIFO_ON, FIFO_STOPPED);
    return status < 0 ? status : stop(self, MAC_SEND, MAC_ON, MAC_STOPPED);
}

static int empty_fifo(struct ethernet_lan *self, uint16_t offset)
{
    int status = change(self, offset, 0, FIFO_RESET);

    return status < 0 ? status : ethernet_lan_wait(self, offset, FIFO_RESET, 0, STOP_TIMEOUT_US);
}

static int switch_off(struct ethernet_lan *self)
{
    int status = stop_reception(self);

    if (status == 0)
        status = stop_transmission(self);
    if (status == 0)
        status = empty_fifo(self, RECEIVE_FIFO);
    return status < 0 ? status : empty_fifo(self, SEND_FIFO);
}

static int configure(struct ethernet_lan *self)
{
    static const struct ethernet_lan_setting settings[] = {
        {BURST_CAP, FIFO_BYTES / BULK_PACKET}, /* as every driver known to have run on the board */
        {BULK_IN_DELAY, 0x800},                /* 34 us: two frames of full length, at a gigabit */
        {RECEIVE_FIFO_END, FIFO_BYTES / FIFO_BLOCK - 1},
        {SEND_FIFO_END, FIFO_BYTES / FIFO_BLOCK - 1},
        {FLOW_THRESHOLDS, PAUSE_BELOW / FIFO_BLOCK << 8 | PAUSE_ABOVE / FIFO_BLOCK},
        {FILTER, FILTER_PERFECT | FILTER_MULTICAST | FILTER_BROADCAST},
        {MAC_RECEIVE, LONGEST_FRAME},
        {EVENTS, INTERRUPT_PHY},
    };
    int status = switch_off(self);

    if (status == 0)
        status = change(self, HARDWARE, HARDWARE_NET_DETACH | HARDWARE_LED_2 | HARDWARE_LED_3,
                        HARDWARE_SEVERAL_FRAMES | HARDWARE_LED_0 | HARDWARE_LED_1);
    if (status == 0)
        status = change(self, USB, 0, USB_BURST_CAP | USB_EMPTY_IS_NAK);
    if (status == 0)
        status = change(self, MAC, MAC_LOOPBACK | MAC_ENERGY_EFFICIENT,
                        MAC_AUTOMATIC_SPEED | MAC_AUTOMATIC_DUPLEX);
    if (status == 0)
        status = ethernet_lan_write_all(self, settings, sizeof settings / sizeof settings[0]);
    return status < 0 ? status : ethernet_lan78xx_watch_phy(self);
}

static int set_mac(struct ethernet_lan *self, const uint8_t mac[6])
{
    const struct ethernet_lan_setting settings[] = {
        {ADDRESS_LOW, bytes_le32(mac)},
        {ADDRESS_HIGH, bytes_le16(mac + 4)},
        {TABLE_LOW, bytes_le32(mac)},
        {TABLE_HIGH, TABLE_VALID | bytes_le16(mac + 4)},
    };

    return ethernet_lan_write_all(self, settings, sizeof settings / sizeof settings[0]);
}

static int set_link(struct ethernet_lan *self, const struct ethernet_lan_link *link)
{
    const struct ethernet_lan_setting settings[] = {
        {FLOW,
         (link->pause_send ? FLOW_SEND | PAUSE_TIME : 0) | (link->pause_obey ? FLOW_OBEY : 0)},
        {MAC_SEND, MAC_ON},
        {SEND_FIFO, FIFO_ON},
        {RECEIVE_FIFO, FIFO_ON},
        {MAC_RECEIVE, LONGEST_FRAME | MAC_ON},
    };

    if (!link->up)
        return switch_off(self);
    return ethernet_lan_write_all(self, settings, sizeof settings / sizeof settings[0]);
}

static int bytes_waiting(struct ethernet_lan *self)
{
    uint32_t value;
    int status = ethernet_lan_read(self, RECEIVE_PATH, &value);

    return status < 0 ? status : (int)(value >> 16);
}

static void put_send_header(uint8_t *header, uint32_t length)
{
    bytes_put_le32(header, length | SEND_CHECKSUM);
    bytes_put_le32(header + 4, 0);
}

static int take_frame(const uint8_t *bytes, uint32_t left, const uint8_t **frame, uint32_t *length,
                      uint32_t *used)
{
    const uint32_t damages = RECEIVED_BAD_CHECKSUM | RECEIVED_BAD_SYMBOL | RECEIVED_LONG |
                             RECEIVED_RUNT | RECEIVED_ENDLESS | RECEIVED_DAMAGED;
    uint32_t command, of_frame, padded;

    if (left < RECEIVED_HEADER_BYTES)
        return ERROR_CORRUPT;
    command = bytes_le32(bytes);
    of_frame = command & RECEIVED_LENGTH;
    if (of_frame > left - RECEIVED_HEADER_BYTES)
        return ERROR_CORRUPT;
    /* The next one begins at a multiple of four; behind the last one nothing is filled up. */
    padded = (RECEIVED_HEADER_BYTES + of_frame + 3) & ~3u;
    *used = padded < left ? padded : left;
    if (command & damages)
        return ERROR_IO;
    if (of_frame < ETHERNET_HEADER_BYTES + CHECKSUM_BYTES ||
        of_frame > ETHERNET_FRAME_MAX + CHECKSUM_BYTES)
        return ERROR_CORRUPT;
    *frame = bytes + RECEIVED_HEADER_BYTES;
    *length = of_frame - CHECKSUM_BYTES;
    return 0;
}

static const uint16_t products[] = {0x7800, 0};

const struct ethernet_lan_chip ethernet_lan78xx = {
    .name = "lan78xx",
    .products = products,
    .mii_access = MII_ACCESS,
    .mii_data = MII_DATA,
    .eeprom_command = EEPROM_COMMAND,
    .eeprom_data = EEPROM_DATA,
    .phy_address = 1,
    .send_header_bytes = SEND_HEADER_BYTES,
    .burst_bytes = FIFO_BYTES,
    .identify = identify,
    .reset = reset,
    .configure = configure,
    .set_mac = set_mac,
    .set_link = set_link,
    .stop_reception = stop_reception,
    .read_link = ethernet_lan78xx_read_link,
    .acknowledge = ethernet_lan78xx_acknowledge,
    .bytes_waiting = bytes_waiting,
    .put_send_header = put_send_header,
    .take_frame = take_frame,
};
