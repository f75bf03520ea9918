/*
 * ethernet_on_nic: CDC-ECM on the DWC2, alone or behind a hub, for the contract of ethernet_device.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_ON_NIC_H
#define ETHERNET_ON_NIC_H

#include "ethernet_other_end.h"
#include "sim_usb_bus.h"
#include "sim_usb_hub.h"
#include "sim_usb_nic.h"

static struct sim_usb_bus nic_bus;
static struct sim_usb_nic nic;
static struct sim_usb_hub hub;

static void note_arrival_at_nic(struct sim_usb_nic *from, const uint8_t *frame, unsigned length)
{
    (void)from;
    note_arrival(frame, length);
}

static struct ethernet_device *build_ecm(bool qemu, bool behind_hub)
{
    enum usb_speed speed = qemu ? USB_SPEED_FULL : USB_SPEED_HIGH;

    sim_usb_nic_init(&nic, speed);
    nic.on_frame = note_arrival_at_nic;
    sim_usb_hub_init(&hub, speed, 4);
    sim_usb_hub_plug(&hub, 1, &nic.usb, true);
    sim_usb_bus_init(&nic_bus, qemu, behind_hub ? &hub.usb : &nic.usb);
    assert_int_equal(sim_usb_bus_start(&nic_bus), 0);
    return &nic_bus.ecm.ethernet;
}

/* Handed over by a program that has used it: both toggles at 1 where they are kept. */
static struct ethernet_device *adopt_ecm(bool qemu, bool behind_hub)
{
    static struct sim_usb_bus next;
    struct ethernet_device *before = build_ecm(qemu, behind_hub);
    struct boot_usb usb;
    const uint8_t *frame;

    sim_usb_nic_deliver(&nic, (uint8_t[60]){0}, 60);
    assert_non_null(before->send_buffer(before));
    assert_int_equal(before->send(before, 60), 0);
    sim_usb_bus_run(5000);
    assert_int_equal(before->receive(before, &frame), 60);
    before->receive_done(before);
    assert_int_equal(sim_usb_bus_stop(&nic_bus, &usb), 0);
    sim_usb_bus_init_program(&next);
    assert_int_equal(sim_usb_bus_adopt(&next, &usb), 0);
    return &next.ecm.ethernet;
}

static struct ethernet_device *build_adopted_ecm_on_qemu(void)
{
    return adopt_ecm(true, false);
}

static struct ethernet_device *build_adopted_ecm_behind_hub_on_board(void)
{
    return adopt_ecm(false, true);
}

static struct ethernet_device *build_ecm_on_qemu(void)
{
    return build_ecm(true, false);
}

static struct ethernet_device *build_ecm_behind_hub_on_qemu(void)
{
    return build_ecm(true, true);
}

static struct ethernet_device *build_ecm_on_board(void)
{
    return build_ecm(false, false);
}

static struct ethernet_device *build_ecm_behind_hub_on_board(void)
{
    return build_ecm(false, true);
}

static void deliver_to_nic(const void *frame, unsigned length)
{
    sim_usb_nic_deliver(&nic, frame, length);
}

#endif
