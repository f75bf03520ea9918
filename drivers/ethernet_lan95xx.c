/*
 * ethernet_lan95xx: the LAN9500 family: LAN9512 and LAN9514, the USB hub with 10/100 Ethernet of
 * the Pi 3B; LAN9500 and LAN9500A, the same without the hub.
 *
 * How it is set up, and why:
 *   MEF, burst cap: frames come as many as there are in one transfer of up to 16 KB, since on
 *     the board each transfer costs an interrupt. The cap is what a buffer holds, so no burst is
 *     ever cut.
 *   BIR: with nothing received the chip answers NAK, which the host's core retries without the
 *     processor's help. With empty packets instead, an idle network would end a transfer, and
 *     interrupt the processor, every few microseconds.
 *   BULK_IN_DLY 34 us, as the chip comes: so long a burst waits for one more frame. A frame of
 *     full length takes 123 us to arrive: waiting for the next one (other drivers take 136 us)
 *     would add that to every answer, and saves interrupts only where the processor has nothing
 *     to do; when it has, frames gather in the FIFO anyway.
 *   Flow control: of the 20 KB of receive FIFO a PAUSE frame is sent from 15.5 KB on, which
 *     leaves room for the three frames that may arrive until it is heard, and another one, that
 *     ends the pause, below 3 KB. In half duplex the same levels make collisions.
 *   Filters: our own address, broadcast, all multicast.
 *
 * Not done: checksum offload (it costs two bytes per frame and a header of 12; our sums are
 * made while copying), hash filter, wake-up, EEPROM writing, an external PHY, the errata
 * of the LAN9500A's energy detection (it is off).
 * Source: Microchip LAN9500/LAN9500A datasheet (DS00001875); what Linux (smsc95xx.c), U-Boot
 * (smsc95xx.c) and 9front (ether/smsc.c) are known to do on the board.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan95xx_registers.h"

#include "bytes.h"
#include "clock.h"
#include "error.h"
#include "ethernet_lan.h"

#define RESET_TIMEOUT_US  500000 /* it needs 1 ms */
#define BURST_BYTES       ETHERNET_LAN_RECEIVE_BYTES
#define BULK_IN_DELAY_34  2048
#define PAUSE_HIGH        (15872 / 64)
#define PAUSE_LOW         (3072 / 64)
#define BACK_PRESSURE_350 10     /* 350 us at 10 Mbit/s */
#define PAUSE_TIME        0xffff /* until the low level ends it, or 336 ms at 100 Mbit/s */
#define LAST_FRAME_US     1300   /* a frame at 10 Mbit/s: 1230 us */
#define CHECKSUM_BYTES    4
#define LENGTH_MAX        2560 /* where the chip's watchdog ends a frame */
#define SEND_HEADER_BYTES 8

static const uint16_t products[] = {0xec00, 0x9500, 0x9e00, 0};

static int identify(struct ethernet_lan *self)
{
    uint32_t revision;
    /* A program before us may have begun a reset: until its end nothing else can be read. */
    int status = ethernet_lan_wait(self, HARDWARE, HARDWARE_LITE_RESET, 0, RESET_TIMEOUT_US);

    if (status == 0)
        status = ethernet_lan_read(self, ID_REVISION, &revision);
    if (status < 0)
        return status;
    for (const uint16_t *product = products; *product; product++)
        if (revision >> 16 == *product)
            return 0;
    return ERROR_CORRUPT;
}

static int reset(struct ethernet_lan *self)
{
    int status = ethernet_lan_write(self, HARDWARE, HARDWARE_LITE_RESET);

    if (status == 0)
        status = ethernet_lan_wait_for_reset(self, HARDWARE, HARDWARE_LITE_RESET, 0);
    if (status == 0)
        status = ethernet_lan_write(self, POWER, POWER_PHY_RESET);
    if (status == 0)
        status = ethernet_lan_wait_for_reset(self, POWER, POWER_PHY_RESET, 0);
    return status < 0 ? status : ethernet_lan_write(self, LEDS, LEDS_ALL);
}

/* Reception and transmission off, FIFOs empty. These may be flushed only when the frame that is
 * just passing has ended; also when both were off already, for a program before us may have been
 * at this very place when it crashed. */
static int silence(struct ethernet_lan *self)
{
    static const struct ethernet_lan_setting stop[] = {
        {TRANSMIT_CONFIGURATION, TRANSMIT_STOP},
        {MAC_CONTROL, 0},
    };
    static const struct ethernet_lan_setting flush[] = {
        {TRANSMIT_CONFIGURATION, TRANSMIT_FLUSH},
        {RECEIVE_CONFIGURATION, RECEIVE_FLUSH},
    };
    uint32_t control;
    int status = ethernet_lan_read(self, MAC_CONTROL, &control);

    if (status == 0 && control & (MAC_RECEIVE | MAC_TRANSMIT))
        status = ethernet_lan_write_all(self, stop, sizeof stop / sizeof *stop);
    if (status < 0)
        return status;
    clock_sleep_us(LAST_FRAME_US);
    return ethernet_lan_write_all(self, flush, sizeof flush / sizeof *flush);
}

static int configure(struct ethernet_lan *self)
{
    const struct ethernet_lan_setting settings[] = {
        {HARDWARE, HARDWARE_EMPTY_NAKS | HARDWARE_MANY_FRAMES | HARDWARE_BURST_CAP},
        {BURST_CAP, BURST_BYTES / self->in.max_packet},
        {BULK_IN_DELAY, BULK_IN_DELAY_34},
        {CHECKSUM_OFFLOAD, 0},
        {INTERRUPT_ENDPOINT, INTERRUPT_PHY},
    };
    int status = silence(self);

    if (status == 0)
        status = ethernet_lan_write_all(self, settings, sizeof settings / sizeof *settings);
    if (status < 0)
        return status;
    return ethernet_lan_mii_write(self, PHY_INTERRUPT_MASK, PHY_LINK_DOWN | PHY_NEGOTIATED);
}

static int set_mac(struct ethernet_lan *self, const uint8_t mac[6])
{
    int status = ethernet_lan_write(self, MAC_LOW, bytes_le32(mac));

    return status < 0 ? status : ethernet_lan_write(self, MAC_HIGH, bytes_le16(mac + 4));
}

static uint32_t mac_control(const struct ethernet_lan_link *link)
{
    return MAC_TRANSMIT | MAC_RECEIVE | MAC_ALL_MULTICAST |
           (link->full_duplex ? MAC_FULL_DUPLEX : MAC_DEAF_WHILE_SENDING);
}

static int set_link(struct ethernet_lan *self, const struct ethernet_lan_link *link)
{
    bool acts = link->pause_send || !link->full_duplex;
    const struct ethernet_lan_setting settings[] = {
        {FLOW_LEVELS, PAUSE_HIGH << FLOW_LEVELS_HIGH_AT | PAUSE_LOW << FLOW_LEVELS_LOW_AT |
                          BACK_PRESSURE_350 << FLOW_LEVELS_BACK_PRESSURE_AT |
                          (acts ? FLOW_LEVELS_ANY_FRAME : 0)},
        {FLOW, (link->pause_send ? (uint32_t)PAUSE_TIME << FLOW_TIME_AT : 0) |
                   (link->pause_obey ? FLOW_OBEY : 0)},
        {TRANSMIT_CONFIGURATION, TRANSMIT_ON},
        {MAC_CONTROL, mac_control(link)},
    };

    return link->up ? ethernet_lan_write_all(self, settings, sizeof settings / sizeof *settings)
                    : silence(self);
}

static int stop_reception(struct ethernet_lan *self)
{
    return ethernet_lan_write(self, MAC_CONTROL, mac_control(&self->link) & ~(uint32_t)MAC_RECEIVE);
}

static int acknowledge(struct ethernet_lan *self)
{
    uint16_t source;

    return ethernet_lan_mii_read(self, PHY_INTERRUPT_SOURCE, &source);
}

static int bytes_waiting(struct ethernet_lan *self)
{
    uint32_t information;
    int status = ethernet_lan_read(self, RECEIVE_FIFO, &information);

    return status < 0 ? status : (int)(information & RECEIVE_FIFO_USED);
}

static void put_send_header(uint8_t *header, uint32_t length)
{
    bytes_put_le32(header, length | SEND_FIRST | SEND_LAST);
    bytes_put_le32(header + 4, length);
}

/* Each frame begins at a multiple of four bytes; behind the last one there may be no padding. */
static int take_frame(const uint8_t *bytes, uint32_t left, const uint8_t **frame, uint32_t *length,
                      uint32_t *used)
{
    uint32_t header, all;

    if (left < 4)
        return ERROR_CORRUPT;
    header = bytes_le32(bytes);
    all = header >> RECEIVED_LENGTH_AT & RECEIVED_LENGTH;
    if (all < CHECKSUM_BYTES || all > LENGTH_MAX || all > left - 4)
        return ERROR_CORRUPT;
    *used = (4 + all + 3) & ~3u;
    if (*used > left)
        *used = left;
    if (header & RECEIVED_ERROR)
        return ERROR_IO;
    *frame = bytes + 4;
    *length = all - CHECKSUM_BYTES;
    return 0;
}

const struct ethernet_lan_chip ethernet_lan95xx = {
    .name = "lan95xx",
    .products = products,
    .mii_access = MII_ACCESS,
    .mii_data = MII_DATA,
    .eeprom_command = EEPROM_COMMAND,
    .eeprom_data = EEPROM_DATA,
    .phy_address = 1,
    .send_header_bytes = SEND_HEADER_BYTES,
    .burst_bytes = BURST_BYTES,
    .identify = identify,
    .reset = reset,
    .configure = configure,
    .set_mac = set_mac,
    .set_link = set_link,
    .stop_reception = stop_reception,
    .acknowledge = acknowledge,
    .bytes_waiting = bytes_waiting,
    .put_send_header = put_send_header,
    .take_frame = take_frame,
};
