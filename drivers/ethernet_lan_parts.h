/*
 * ethernet_lan_parts: what the files of ethernet_lan want of each other. The chips' files need
 * none of it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_LAN_PARTS_H
#define ETHERNET_LAN_PARTS_H

#include "ethernet_lan.h"

#define ETHERNET_LAN_FAILURES_MAX 8 /* in a row, of receptions or updates: it is gone */

/* A request for a register takes 0.3 ms; an emulator, or the process that models the chip, may
 * stand still. Update_link ends with the first that gets no answer. */
#define ETHERNET_LAN_TIMEOUT_US 50000

/* ---- ethernet_lan.c ---- */

struct ethernet_lan_pipes {
    const struct usb_endpoint_descriptor *in, *out, *event;
    struct usb_interface interface; /* they point into it */
};

/* Finds the chip's interface. Returns false if it has none that can be used. */
bool ethernet_lan_find_pipes(const struct usb_configuration *configuration,
                             struct ethernet_lan_pipes *pipes);

/* Opens the endpoints and fits the transfers to them. Nothing may be under way. */
void ethernet_lan_open(struct ethernet_lan *self, struct usb_device *device,
                       const struct ethernet_lan_pipes *pipes);

/* ---- ethernet_lan_mac.c ---- */

/* Somebody's address: not a group's, not all zero. */
bool ethernet_lan_mac_is_usable(const uint8_t mac[6]);

/* Chooses ethernet.mac. Waits up to 60 ms for an EEPROM. Never fails. */
void ethernet_lan_choose_mac(struct ethernet_lan *self);

/* ---- ethernet_lan_link.c ---- */

/* Starts autonegotiation; does not wait for its end. */
int ethernet_lan_negotiate(struct ethernet_lan *self);

/* Has the PHY looked at by the update that is under way, else by the next: an event of it may be
 * lost. */
void ethernet_lan_look_now(struct ethernet_lan *self);

/* Goes on after a hand-over with the chip just configured. was: the link as the program before
 * has seen it last, or null: unknown. Returns 0 or an error of the chip's functions. */
int ethernet_lan_resume(struct ethernet_lan *self, const struct ethernet_lan_link *was);

/* Switches the chip off with nothing under way to it: a send that still is, because the other end
 * asks for silence or cannot be heard any more, is cancelled, and the FIFO is emptied of the half
 * frame that this leaves there. Returns 0, ERROR_TIMEOUT or an error of the chip's functions. */
int ethernet_lan_switch_off(struct ethernet_lan *self);

/* The functions of ethernet_device. */
bool ethernet_lan_link_is_up(struct ethernet_device *ethernet);
int ethernet_lan_update_link(struct ethernet_device *ethernet);

/* ---- ethernet_lan_mend.c ---- */

/* What is to be sent has 5 s from now: when the link comes up. */
void ethernet_lan_begin_watch(struct ethernet_lan *self);

/* Judges whether sending is stuck: for 5 s nothing has gone, since the other end asks for silence
 * for ever or the chip takes nothing more. At each update. */
void ethernet_lan_watch_sends(struct ethernet_lan *self);

/* Begins reception or sending anew if one of them has ended for good; else does nothing. Returns 0,
 * ERROR_TIMEOUT or an error of the chip's functions: then the next update tries it again. */
int ethernet_lan_mend(struct ethernet_lan *self);

/* ---- ethernet_lan_stop.c ---- */

int ethernet_lan_stop(struct ethernet_device *ethernet); /* of ethernet_device */

/* ---- ethernet_lan_frames.c ---- */

/* Gives the host as many receive transfers as it wants. */
void ethernet_lan_start_receive(struct ethernet_lan *self);

/* Gives the used-up transfer back and turns to the next. */
void ethernet_lan_next_receive(struct ethernet_lan *self);

/* End what is under way. Return 0 or ERROR_TIMEOUT. A lent frame is lent no more. */
int ethernet_lan_end_receive(struct ethernet_lan *self);
int ethernet_lan_end_send(struct ethernet_lan *self);

bool ethernet_lan_is_sending(const struct ethernet_lan *self);

/* Waits until all that was sent has gone, or 8 ms. */
void ethernet_lan_wait_for_sends(struct ethernet_lan *self);

uint8_t *ethernet_lan_send_buffer(struct ethernet_device *ethernet);
int ethernet_lan_send(struct ethernet_device *ethernet, uint32_t length);
int ethernet_lan_receive(struct ethernet_device *ethernet, const uint8_t **frame);
void ethernet_lan_receive_done(struct ethernet_device *ethernet);
void ethernet_lan_send_done(struct usb_transfer *transfer);

/* ---- ethernet_lan_adopt.c ---- */

int ethernet_lan_adopt(struct usb_driver *driver, struct usb_device *device,
                       const struct usb_configuration *configuration, const struct boot_usb *usb);
int ethernet_lan_describe(const struct usb_driver *driver, struct boot_usb *usb);

#endif
