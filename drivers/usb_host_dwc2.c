/*
 * usb_host_dwc2: the Synopsys DWC2 USB host controller. This file: start, adoption,
 * stop, the root port, and the interrupt; usb_host_dwc2_channels.c moves data,
 * usb_host_dwc2_control.c runs control transfers, usb_host_dwc2_halt.c ends them early.
 *
 * The one idea: a transfer is a queue entry of an endpoint; the head of each busy
 * endpoint owns a hardware channel, and everything that happens to it happens when its
 * channel has halted (the only interrupt that is enabled; NAKs are retried by the core
 * and never seen).
 *
 * Two machines, told apart once by CORE_ID. QEMU's model moves the packets of a
 * transfer of up to 1536 bytes one per 250 us, except the first, which moves within
 * the register write that starts it. So there OUT transfers are started packet by
 * packet: the whole frame is out when submit returns (measured: 80 times the throughput);
 * longer ones in one piece, which it moves within the write as well. The hardware would be
 * right with that too, but pays an interrupt per packet, so there a frame is one transfer.
 * QEMU's model also does not forget a NAKed transaction when its channel is disabled;
 * dwc2_channel_halt has the remedy.
 *
 * Interrupt endpoints: the core does not retry them. NAK halts the channel, and the transfer is
 * started again in the next frame, an interrupt for each (8000 a second at high speed): whoever
 * can wait sets ends_on_nak and asks when he likes.
 *
 * PING is the core's: a high-speed device without room answers OUT with NYET or NAK, and from
 * release 2.71a on (the board has 2.80a) neither halts the channel; the core asks by PING and
 * goes on where it was. (Linux' dwc2, hcd_intr.c, "OUT NAK enhancement". It also begins a transfer
 * with PING, bit 31 of CHANNEL_SIZE, when the last packet of the one before was answered NYET.
 * We do not, nor does Circle: if there still is no room then, one packet of 10 us was in vain.)
 * A data packet that comes twice, since our ACK was lost, the core acknowledges and drops.
 *
 * Not done: split transactions (full-speed devices behind high-speed hubs), isochronous
 * transfers, intervals of interrupt endpoints, suspend.
 * Reference: see usb_host_dwc2_registers.h; USB 2.0, section 7.1.7.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "usb_host_dwc2.h"

#include <string.h>

#include "clock.h"
#include "error.h"
#include "irq.h"
#include "usb_host_dwc2_channels.h"

#define CORE_TIMEOUT_US        100000
#define HOST_MODE_TIMEOUT_US   110000 /* forcing the mode takes up to 25 ms, filters more */
#define PATIENCE_US            100000 /* what U-Boot and Circle wait after a reset of the core */
#define FLUSH_TIMEOUT_US       10000
#define PORT_RESET_US          50000 /* TDRSTR */
#define PORT_ENABLE_TIMEOUT_US 20000

/* The core has 4080 words of FIFO RAM on the BCM2837. */
#define RECEIVE_FIFO_WORDS  1024
#define SEND_FIFO_WORDS     1024
#define PERIODIC_FIFO_WORDS 1024

int dwc2_wait(const struct usb_host_dwc2 *self, uint32_t offset, uint32_t mask, uint32_t value,
              uint32_t timeout_us)
{
    uint64_t deadline_us = clock_now_us() + timeout_us;

    while ((dwc2_read(self, offset) & mask) != value) {
        if (clock_passed(deadline_us))
            return ERROR_TIMEOUT;
    }
    return 0;
}

/* Changes the port register without touching what a written 1 would clear, but for
 * the changes named, which are cleared. */
static void write_port(const struct usb_host_dwc2 *self, uint32_t clear, uint32_t set)
{
    uint32_t port = dwc2_read(self, PORT) & ~(uint32_t)PORT_WRITE_ONE_CLEARS;

    dwc2_write(self, PORT, (port & ~clear) | set);
}

static void handle_port(struct usb_host_dwc2 *self)
{
    uint32_t port = dwc2_read(self, PORT);

    write_port(self, 0, port & (PORT_WRITE_ONE_CLEARS & ~PORT_ENABLED));
    /* Unplugged, or disabled by the core after babble: nothing will answer any more. */
    if (!(port & PORT_CONNECTED) || !(port & PORT_ENABLED))
        dwc2_channels_end_all(self, ERROR_IO, true);
}

static void handle_interrupt(void *context)
{
    struct usb_host_dwc2 *self = context;
    uint32_t pending = dwc2_read(self, CHANNELS_INTERRUPT);

    if (!pending) {
        handle_port(self);
        return;
    }
    for (; pending; pending &= pending - 1) {
        unsigned index = (unsigned)__builtin_ctz(pending);

        if (index < self->channel_count)
            dwc2_channel_interrupt(self, index);
    }
}

/* A port that was enabled and is not any more (the core ends it after babble) is as good as
 * unplugged: what is submitted there would never end. */
static bool port_is_connected(struct usb_host *host)
{
    struct usb_host_dwc2 *self = (struct usb_host_dwc2 *)host;

    return !(~dwc2_read(self, PORT) & (PORT_CONNECTED | self->port_wanted));
}

static int port_reset(struct usb_host *host, enum usb_speed *speed)
{
    struct usb_host_dwc2 *self = (struct usb_host_dwc2 *)host;
    int status;

    self->port_wanted = 0;
    if (!port_is_connected(host))
        return ERROR_ABSENT;
    write_port(self, 0, PORT_RESET);
    clock_delay_us(PORT_RESET_US);
    write_port(self, PORT_RESET, 0);
    status = dwc2_wait(self, PORT, PORT_ENABLED, PORT_ENABLED, PORT_ENABLE_TIMEOUT_US);
    *speed = (enum usb_speed)(dwc2_read(self, PORT) >> PORT_SPEED_SHIFT & 3);
    write_port(self, 0, PORT_CONNECT_CHANGE | PORT_ENABLE_CHANGE | PORT_OVER_CURRENT_CHANGE);
    if (status < 0)
        return port_is_connected(host) ? status : ERROR_ABSENT;
    self->port_wanted = PORT_ENABLED;
    return 0;
}

static int stop(struct usb_host *host)
{
    struct usb_host_dwc2 *self = (struct usb_host_dwc2 *)host;
    int status = dwc2_channels_end_all(self, ERROR_CANCELLED, false);

    dwc2_write(self, INTERRUPT_MASK, 0);
    dwc2_write(self, CHANNELS_INTERRUPT_MASK, 0);
    dwc2_write(self, AHB_CONFIG, dwc2_read(self, AHB_CONFIG) & ~(uint32_t)AHB_CONFIG_INTERRUPTS);
    if (self->started)
        irq_disable(self->irq);
    self->started = false;
    return status;
}

static int restart(struct usb_host *host)
{
    struct usb_host_dwc2 *self = (struct usb_host_dwc2 *)host;

    if (self->is_qemu)
        return ERROR_UNSUPPORTED;
    self->is_patient = true;
    return usb_host_dwc2_start(self);
}

void usb_host_dwc2_init(struct usb_host_dwc2 *self, uintptr_t base, unsigned irq)
{
    memset(self, 0, sizeof *self);
    self->base = base;
    self->irq = irq;
    self->host.port_is_connected = port_is_connected;
    self->host.port_reset = port_reset;
    self->host.control = dwc2_control;
    self->host.submit = dwc2_submit;
    self->host.cancel = dwc2_cancel;
    self->host.stop = stop;
    self->host.restart = restart;
}

static int flush_fifos(const struct usb_host_dwc2 *self)
{
    int status;

    dwc2_write(self, RESET_CONTROL, RESET_CONTROL_FLUSH_SEND | RESET_CONTROL_FLUSH_ALL);
    status = dwc2_wait(self, RESET_CONTROL, RESET_CONTROL_FLUSH_SEND, 0, FLUSH_TIMEOUT_US);
    if (status < 0)
        return status;
    dwc2_write(self, RESET_CONTROL, RESET_CONTROL_FLUSH_RECEIVE);
    return dwc2_wait(self, RESET_CONTROL, RESET_CONTROL_FLUSH_RECEIVE, 0, FLUSH_TIMEOUT_US);
}

/* The Pi's PHY is the UTMI+ one with 8 bits. It wants no pulses of OTG sessions. */
static void set_phy(const struct usb_host_dwc2 *self, uint32_t mode)
{
    uint32_t config = dwc2_read(self, USB_CONFIG);

    config &= ~(uint32_t)(USB_CONFIG_PHY_16_BIT | USB_CONFIG_ULPI | USB_CONFIG_SRP_CAPABLE |
                          USB_CONFIG_HNP_CAPABLE | USB_CONFIG_ULPI_FULL_SPEED |
                          USB_CONFIG_ULPI_CLOCK_SUSPEND | USB_CONFIG_ULPI_EXTERNAL_VBUS |
                          USB_CONFIG_TERM_SELECT_PULSE);
    dwc2_write(self, USB_CONFIG, config | mode);
}

/* The PHY is chosen before the reset, which keeps that and clears the rest. Right after it the core
 * may fall out of host mode again (U-Boot): so the mode is forced, and who starts a second time
 * waits until that is over. */
static int reset_core(const struct usb_host_dwc2 *self)
{
    const uint32_t idle = 1u << 31;
    int status = dwc2_wait(self, RESET_CONTROL, idle, idle, CORE_TIMEOUT_US);

    if (status < 0)
        return status;
    set_phy(self, 0);
    dwc2_write(self, RESET_CONTROL, RESET_CONTROL_CORE);
    status = dwc2_wait(self, RESET_CONTROL, RESET_CONTROL_CORE | idle, idle, CORE_TIMEOUT_US);
    if (status < 0)
        return status;
    if (self->is_patient)
        clock_delay_us(PATIENCE_US);
    set_phy(self, USB_CONFIG_FORCE_HOST);
    return dwc2_wait(self, INTERRUPT_STATUS, INTERRUPT_HOST_MODE, INTERRUPT_HOST_MODE,
                     HOST_MODE_TIMEOUT_US);
}

/* A live bus keeps what it has: frames are counted by some of these. */
static void change(const struct usb_host_dwc2 *self, uint32_t offset, uint32_t value)
{
    if (dwc2_read(self, offset) != value)
        dwc2_write(self, offset, value);
}

/* Host mode: clocks, FIFOs, no interrupt of any channel. */
static int set_up_host(const struct usb_host_dwc2 *self)
{
    change(self, POWER_AND_CLOCK, 0);
    change(self, HOST_CONFIG,
           dwc2_read(self, HOST_CONFIG) &
               ~(uint32_t)(HOST_CONFIG_CLOCK | HOST_CONFIG_FULL_SPEED_ONLY));
    change(self, RECEIVE_FIFO_SIZE, RECEIVE_FIFO_WORDS);
    change(self, SEND_FIFO_SIZE, SEND_FIFO_WORDS << 16 | RECEIVE_FIFO_WORDS);
    change(self, PERIODIC_SEND_FIFO_SIZE,
           PERIODIC_FIFO_WORDS << 16 | (RECEIVE_FIFO_WORDS + SEND_FIFO_WORDS));
    for (unsigned index = 0; index < self->channel_count; index++) {
        dwc2_write(self, dwc2_channel(index, CHANNEL_INTERRUPT_MASK), 0);
        dwc2_write(self, dwc2_channel(index, CHANNEL_INTERRUPT), CHANNEL_ALL);
        dwc2_write(self, dwc2_channel(index, CHANNEL_SPLIT), 0);
    }
    return flush_fifos(self);
}

/* Finds out what the controller is and ends whatever it does: whoever had it before may have
 * left it running. Returns the status of that, or why it cannot be used at all. */
static int identify(struct usb_host_dwc2 *self)
{
    uint32_t id = dwc2_read(self, CORE_ID);
    uint32_t hardware = dwc2_read(self, HARDWARE_CONFIG_2);

    if (id >> 16 != CORE_ID_FAMILY)
        return ERROR_ABSENT;
    if ((hardware >> 3 & 3) != 2) /* architecture: internal DMA */
        return ERROR_UNSUPPORTED;
    self->is_qemu = id == CORE_ID_QEMU;
    self->host.bulk_in_depth = self->is_qemu ? 1 : 2;
    self->channel_count = (hardware >> 14 & 15) + 1;
    if (self->channel_count > USB_HOST_DWC2_CHANNELS_MAX)
        self->channel_count = USB_HOST_DWC2_CHANNELS_MAX;
    self->port_wanted = 0;
    return stop(&self->host);
}

static int take_interrupt(struct usb_host_dwc2 *self)
{
    int status;

    dwc2_write(self, CHANNELS_INTERRUPT_MASK, (1u << self->channel_count) - 1);
    dwc2_write(self, INTERRUPT_STATUS, ~0u);
    dwc2_write(self, INTERRUPT_MASK, INTERRUPT_CHANNELS | INTERRUPT_PORT);
    write_port(self, 0,
               PORT_POWER | PORT_CONNECT_CHANGE | PORT_ENABLE_CHANGE | PORT_OVER_CURRENT_CHANGE);
    status = irq_enable(self->irq, handle_interrupt, self);
    if (status < 0)
        return status;
    self->started = true;
    dwc2_write(self, AHB_CONFIG,
               AHB_CONFIG_DMA | AHB_CONFIG_WAIT_AXI_WRITES | AHB_CONFIG_INTERRUPTS);
    return 0;
}

int usb_host_dwc2_start(struct usb_host_dwc2 *self)
{
    int status = identify(self);

    /* A channel that will not halt is no reason to give up: the reset is next. */
    if (status == 0 || status == ERROR_TIMEOUT)
        status = reset_core(self);
    if (status < 0)
        return status;
    dwc2_write(self, AHB_CONFIG, AHB_CONFIG_DMA | AHB_CONFIG_WAIT_AXI_WRITES);
    status = set_up_host(self);
    return status < 0 ? status : take_interrupt(self);
}

/* What start and port_reset left, if nobody touched it since. A reset of the core clears
 * AHB_CONFIG; a device that was unplugged meanwhile has disabled the port. */
static int check_running(const struct usb_host_dwc2 *self, enum usb_speed speed)
{
    const uint32_t wanted = PORT_CONNECTED | PORT_ENABLED | PORT_POWER;
    uint32_t port = dwc2_read(self, PORT);

    if (!(port & PORT_CONNECTED))
        return ERROR_ABSENT;
    if ((port & (wanted | PORT_RESET)) != wanted || (port >> PORT_SPEED_SHIFT & 3) != speed)
        return ERROR_CORRUPT;
    if (!(dwc2_read(self, AHB_CONFIG) & AHB_CONFIG_DMA) ||
        !(dwc2_read(self, INTERRUPT_STATUS) & INTERRUPT_HOST_MODE) ||
        dwc2_read(self, POWER_AND_CLOCK) != 0)
        return ERROR_CORRUPT;
    return 0;
}

int usb_host_dwc2_adopt(struct usb_host_dwc2 *self, enum usb_speed speed)
{
    int status = identify(self);

    if (status == 0)
        status = check_running(self, speed);
    if (status == 0)
        status = set_up_host(self);
    if (status < 0)
        return status;
    self->port_wanted = PORT_ENABLED;
    return take_interrupt(self);
}
