/*
 * usb_host: a USB 2.0 host controller with one root port.
 *
 * Two ways to move data. control() waits and is for enumeration and set-up. submit()
 * does not wait: the transfer's done function is called from irq_dispatch() when it
 * has ended, or from submit() itself when it was over at once. NAK is not an ending:
 * the controller retries until cancel. Transfers of one endpoint run in the order of
 * their submit, one after the other without a gap, so several may be under way. When an OUT
 * transfer fails, those behind it are not begun: they end with ERROR_CANCELLED.
 * Buffers: DMA_ALIGNED, and their size rounded up to DMA_ALIGNMENT belongs to the
 * transfer; cache maintenance is done here, not by the caller.
 * DATA toggles live in struct usb_endpoint and are kept by the controller driver.
 * Source: Universal Serial Bus Specification 2.0, chapters 5, 8, 9.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef USB_HOST_H
#define USB_HOST_H

#include <stdbool.h>
#include <stdint.h>

enum usb_speed { USB_SPEED_HIGH = 0, USB_SPEED_FULL = 1, USB_SPEED_LOW = 2 };

enum usb_endpoint_type { USB_CONTROL = 0, USB_BULK = 2, USB_INTERRUPT = 3 };

struct usb_endpoint {
    uint8_t device_address; /* 0 ... 127 */
    uint8_t number;         /* 0 ... 15 */
    bool in;                /* direction; ignored for control */
    uint8_t type;           /* enum usb_endpoint_type */
    uint8_t speed;          /* enum usb_speed of the device */
    uint8_t toggle;         /* next DATA PID, 0 or 1; reset to 0 by whoever clears
                                   a halt or sets a configuration or interface */
    uint16_t max_packet;    /* bytes: 8 ... 1024 */
    uint32_t controller;    /* the controller driver's own; to be set to 0 when
                                   anything above but toggle changes */
};

/* The eight bytes of a SETUP packet, in CPU byte order. */
struct usb_setup {
    uint8_t request_type;
    uint8_t request;
    uint16_t value;
    uint16_t index;
    uint16_t length;
};

struct usb_transfer {
    struct usb_endpoint *endpoint; /* must outlive the transfer */
    void *buffer;
    uint32_t length;     /* OUT: bytes to send, 0 sends a zero-length packet;
                                       IN: room, a multiple of max_packet */
    uint32_t actual;     /* bytes moved, valid once done was called */
    bool unwritten;      /* IN: promises that the CPU has only read the buffer since
                                       the last IN transfer into it, of at least this length,
                                       ended. Then no line of it can be dirty, and dropping
                                       all of them from the cache beforehand is spared */
    bool ends_on_nak;    /* interrupt IN: one try; NAK, or a frame that was missed, ends it
                                       with status 0 and actual 0 */
    bool end_with_short; /* OUT: if length is a multiple of max_packet (and
                                       not 0), a zero-length packet follows the data */
    int status;          /* ERROR_BUSY under way; then 0, ERROR_IO,
                                       ERROR_STALLED or ERROR_CANCELLED */
    void (*done)(struct usb_transfer *transfer); /* may be null; may submit again */
    void *owner;                                 /* for done's use */
    void *controller;                            /* the controller driver's own */
};

struct usb_host {
    /* So many bulk-IN transfers of one endpoint are worth having under way: 1, or more where the
     * next one starts without help of the processor's time. Valid once the host was started or
     * adopted. */
    unsigned bulk_in_depth;

    /* True if a device is on the root port (level, not edge), and the port, once port_reset
     * has enabled it, still is: false after the controller disabled it (babble). */
    bool (*port_is_connected)(struct usb_host *self);

    /* Resets the root port (TDRSTR 50 ms) and gives the speed of the device there.
     * Cancels nothing: no transfer may be under way. Waits up to 200 ms.
     * Returns 0, ERROR_ABSENT (no device) or ERROR_TIMEOUT. */
    int (*port_reset)(struct usb_host *self, enum usb_speed *speed);

    /* A whole control transfer on endpoint 0. data: setup->length bytes, in or out by
     * bit 7 of request_type; any alignment (it is copied); null if length is 0.
     * Waits until deadline_us. Returns the bytes moved in the data stage (0 ...
     * length), ERROR_TIMEOUT, ERROR_STALLED, ERROR_IO, ERROR_TOO_LARGE (over 1024). */
    int (*control)(struct usb_host *self, struct usb_endpoint *endpoint,
                   const struct usb_setup *setup, void *data, uint64_t deadline_us);

    /* Starts a bulk or interrupt transfer, or queues it behind those its endpoint still
     * has. Returns 0, ERROR_BUSY (no channel free), ERROR_INVALID (alignment, type,
     * length: at most 65535 bytes and 511 packets). After 0 done is called once. */
    int (*submit)(struct usb_host *self, struct usb_transfer *transfer);

    /* Ends a transfer that is under way; when it returns, the buffer is the caller's,
     * status is ERROR_CANCELLED or what it had reached, and done has been called or
     * will not be. The next one of its endpoint then starts: to end all of them, begin with
     * the one that was submitted last. Waits up to 10 ms (on QEMU half a second more).
     * Returns 0 or ERROR_TIMEOUT. */
    int (*cancel)(struct usb_host *self, struct usb_transfer *transfer);

    /* Starts the controller anew after a start that led to nothing, with all the time that it may
     * need; what was under way is forgotten, as at a start. Waits up to 350 ms. Returns 0,
     * ERROR_UNSUPPORTED (it would change nothing) or an error of the start. */
    int (*restart)(struct usb_host *self);

    /* Ends everything and leaves the controller with no DMA under way and no
     * interrupt enabled. Waits up to 50 ms, 5 for each channel that does not halt.
     * Returns 0 or ERROR_TIMEOUT. */
    int (*stop)(struct usb_host *self);
};

#endif
