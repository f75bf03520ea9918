/*
 * Registers of the Synopsys DesignWare USB 2.0 host controller (DWC2), as offsets.
 *
 * The manual's names stand behind ours. Only what a host in buffer-DMA mode needs.
 * Reference: the register description in Broadcom's BCM2835 ARM Peripherals, chapter
 * 15, lists what the Pi's instance changes; the rest is described in many manuals of
 * chips with this core, e.g. Ralink RT3050, chapter 3.18 (USB OTG).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef USB_HOST_DWC2_REGISTERS_H
#define USB_HOST_DWC2_REGISTERS_H

enum {
    AHB_CONFIG = 0x008, /* GAHBCFG */
    AHB_CONFIG_INTERRUPTS = 1 << 0,
    AHB_CONFIG_WAIT_AXI_WRITES = 1 << 4, /* the BCM2835's own meaning of this bit */
    AHB_CONFIG_DMA = 1 << 5,

    USB_CONFIG = 0x00c, /* GUSBCFG */
    USB_CONFIG_PHY_16_BIT = 1 << 3,
    USB_CONFIG_ULPI = 1 << 4,
    USB_CONFIG_SRP_CAPABLE = 1 << 8,
    USB_CONFIG_HNP_CAPABLE = 1 << 9,
    USB_CONFIG_ULPI_FULL_SPEED = 1 << 17,
    USB_CONFIG_ULPI_CLOCK_SUSPEND = 1 << 19,
    USB_CONFIG_ULPI_EXTERNAL_VBUS = 1 << 20,
    USB_CONFIG_TERM_SELECT_PULSE = 1 << 22,
    USB_CONFIG_FORCE_HOST = 1 << 29,

    RESET_CONTROL = 0x010, /* GRSTCTL */
    RESET_CONTROL_CORE = 1 << 0,
    RESET_CONTROL_FLUSH_RECEIVE = 1 << 4,
    RESET_CONTROL_FLUSH_SEND = 1 << 5,
    RESET_CONTROL_FLUSH_ALL = 0x10 << 6,

    INTERRUPT_STATUS = 0x014, /* GINTSTS */
    INTERRUPT_MASK = 0x018,   /* GINTMSK */
    INTERRUPT_HOST_MODE = 1 << 0,
    INTERRUPT_PORT = 1 << 24,
    INTERRUPT_CHANNELS = 1 << 25,

    RECEIVE_FIFO_SIZE = 0x024,       /* GRXFSIZ, in words */
    SEND_FIFO_SIZE = 0x028,          /* GNPTXFSIZ: size << 16 | first word */
    CORE_ID = 0x040,                 /* GSNPSID */
    HARDWARE_CONFIG_2 = 0x048,       /* GHWCFG2 */
    PERIODIC_SEND_FIFO_SIZE = 0x100, /* HPTXFSIZ */

    HOST_CONFIG = 0x400, /* HCFG */
    HOST_CONFIG_CLOCK = 3 << 0,
    HOST_CONFIG_FULL_SPEED_ONLY = 1 << 2,
    FRAME_NUMBER = 0x408,            /* HFNUM */
    CHANNELS_INTERRUPT = 0x414,      /* HAINT */
    CHANNELS_INTERRUPT_MASK = 0x418, /* HAINTMSK */

    PORT = 0x440, /* HPRT */
    PORT_CONNECTED = 1 << 0,
    PORT_CONNECT_CHANGE = 1 << 1,      /* these four are cleared by writing 1, ... */
    PORT_ENABLED = 1 << 2,             /* ... which for this one means: disable */
    PORT_ENABLE_CHANGE = 1 << 3,       /* */
    PORT_OVER_CURRENT_CHANGE = 1 << 5, /* */
    PORT_WRITE_ONE_CLEARS =
        PORT_CONNECT_CHANGE | PORT_ENABLED | PORT_ENABLE_CHANGE | PORT_OVER_CURRENT_CHANGE,
    PORT_RESET = 1 << 8,
    PORT_POWER = 1 << 12,
    PORT_SPEED_SHIFT = 17, /* 0 high, 1 full, 2 low, as enum usb_speed */

    POWER_AND_CLOCK = 0xe00, /* PCGCCTL */

    /* One block of registers per channel, CHANNEL_STRIDE bytes apart. */
    CHANNEL_BASE = 0x500,
    CHANNEL_STRIDE = 0x20,

    CHANNEL_CONTROL = 0x00, /* HCCHAR */
    CONTROL_ENDPOINT_SHIFT = 11,
    CONTROL_IN = 1 << 15,
    CONTROL_LOW_SPEED = 1 << 17,
    CONTROL_TYPE_SHIFT = 18,
    CONTROL_ONE_PER_FRAME = 1 << 20,
    CONTROL_ADDRESS_SHIFT = 22,
    CONTROL_ODD_FRAME = 1 << 29,
    CONTROL_DISABLE = 1 << 30,
    CONTROL_ENABLE = 1u << 31,

    CHANNEL_SPLIT = 0x04,          /* HCSPLT */
    CHANNEL_INTERRUPT = 0x08,      /* HCINT */
    CHANNEL_INTERRUPT_MASK = 0x0c, /* HCINTMSK */
    CHANNEL_COMPLETE = 1 << 0,
    CHANNEL_HALTED = 1 << 1,
    CHANNEL_BUS_ERROR = 1 << 2, /* on the system's side: a bad DMA address */
    CHANNEL_STALL = 1 << 3,
    CHANNEL_NAK = 1 << 4,
    CHANNEL_ACK = 1 << 5,
    CHANNEL_NYET = 1 << 6,
    CHANNEL_TRANSACTION_ERROR = 1 << 7,
    CHANNEL_BABBLE = 1 << 8,
    CHANNEL_FRAME_OVERRUN = 1 << 9,
    CHANNEL_TOGGLE_ERROR = 1 << 10,
    CHANNEL_ALL = 0x7ff,
    /* The device is there and well: a toggle error is an answer that came twice. */
    CHANNEL_ANSWERS = CHANNEL_NAK | CHANNEL_ACK | CHANNEL_NYET | CHANNEL_TOGGLE_ERROR,

    CHANNEL_SIZE = 0x10, /* HCTSIZ: bytes, packets, DATA PID */
    SIZE_BYTES = 0x7ffff,
    SIZE_PACKETS_SHIFT = 19,
    SIZE_PACKETS = 0x3ff,
    SIZE_PID_SHIFT = 29,
    SIZE_PID = 3,

    CHANNEL_DMA = 0x14, /* HCDMA */
};

/* What CORE_ID reads on QEMU's model, which tells it from every real core: the board's
 * is 0x4f54280a. */
#define CORE_ID_QEMU   0x4f54294au
#define CORE_ID_FAMILY 0x4f54 /* "OT", the upper half of all of them */

#endif
