/*
 * ethernet_device: whole Ethernet frames, without checksum, 14 to 1514 bytes.
 *
 * Frames are lent, not copied. A received frame stays in the driver's buffer until receive_done.
 * Meanwhile the drivers of the board's chips let a second transfer fill where the controller wants
 * two (bulk_in_depth of usb_host.h); a CDC-ECM adapter, and all of them on QEMU, go on receiving
 * only then (re-arming earlier halves the speed there; see docs/hardware.md). A frame to send is
 * written into the driver's buffer.
 * All functions are called from the event loop, never from a handler.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_DEVICE_H
#define ETHERNET_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#define ETHERNET_HEADER_BYTES 14
#define ETHERNET_FRAME_MAX    1514 /* header and 1500 bytes of payload */

struct ethernet_statistics {
    uint32_t frames_received;
    uint32_t frames_sent;
    uint32_t receive_errors; /* transfers that failed, frames damaged or of impossible length */
    uint32_t send_errors;
};

struct ethernet_device {
    const char *name; /* for the log: "cdc-ecm" */
    uint8_t mac[6];
    struct ethernet_statistics statistics;

    /* Set by the driver, from irq_dispatch() or receive: its link has changed, or something is to
     * be mended that wants waiting. update_link is to be called soon; it clears this, unless it
     * returns ERROR_IO: then the caller does. Drivers whose device tells nothing leave it false. */
    bool link_event;

    /* Returns a buffer of ETHERNET_FRAME_MAX bytes to write the next frame into, or
     * a null pointer when none is free now. The same buffer is returned until send. */
    uint8_t *(*send_buffer)(struct ethernet_device *self);

    /* Sends the frame of length bytes (14 ... 1514) that stands in send_buffer. The
     * buffer is the driver's again. Never waits. Returns 0, ERROR_INVALID (length),
     * ERROR_BUSY (send_buffer was not available) or ERROR_IO (device gone, or its link
     * down). */
    int (*send)(struct ethernet_device *self, uint32_t length);

    /* Lends the oldest received frame: sets *frame and returns its length (14 ...
     * 1514), 0 if there is none, ERROR_IO when the device is gone. The frame is valid
     * until receive_done. Calling it again before receive_done gives the same frame.
     * Never waits. */
    int (*receive)(struct ethernet_device *self, const uint8_t **frame);

    /* Gives the lent frame back; without one it does nothing. */
    void (*receive_done)(struct ethernet_device *self);

    /* The state of the cable as last seen. Never waits. */
    bool (*link_is_up)(struct ethernet_device *self);

    /* Looks at the cable again. Call it every 100 ms or so while waiting for a link, every
     * quarter of a second after, and after link_event. May wait up to 10 ms (control transfers)
     * while the link is down or after link_event, and once in sixteen calls, since an event can be
     * lost; else it only has the device asked, without waiting, whether there is one. A device
     * that does not answer may cost 100 ms. Returns 0,
     * ERROR_TIMEOUT (the device did not answer this time: ask again) or ERROR_IO (it is gone). */
    int (*update_link)(struct ethernet_device *self);

    /* Ends reception and all transfers, so that memory and controller can be handed
     * to another program. Returns 0 or ERROR_TIMEOUT (a transfer could not be ended;
     * the caller resets the controller). Afterwards the link is down and send, receive
     * and update_link return ERROR_IO; stopping again does nothing. */
    int (*stop)(struct ethernet_device *self);
};

#endif
