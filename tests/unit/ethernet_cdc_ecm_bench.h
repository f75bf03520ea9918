/*
 * ethernet_cdc_ecm_bench: an adapter of the CDC-ECM kind on a bus, as the board has it and as QEMU
 * models it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_CDC_ECM_BENCH_H
#define ETHERNET_CDC_ECM_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"
#include "sim_usb_bus.h"
#include "sim_usb_nic.h"

static struct sim_usb_bus bus;
static struct sim_usb_nic nic;
static struct ethernet_device *const device = &bus.ecm.ethernet;
static uint8_t bytes[SIM_USB_NIC_FRAME_MAX];

static inline int set_up_not_started(void **state)
{
    (void)state;
    sim_usb_nic_init(&nic, USB_SPEED_HIGH);
    sim_usb_bus_init(&bus, false, &nic.usb);
    return 0;
}

static inline int set_up(void **state)
{
    set_up_not_started(state);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    return 0;
}

static inline int set_up_qemu(void **state)
{
    (void)state;
    sim_usb_nic_init(&nic, USB_SPEED_FULL);
    sim_usb_bus_init(&bus, true, &nic.usb);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    return 0;
}

/* The next frame within 20 ms; 0 if there is none. */
static inline int next_frame(void)
{
    const uint8_t *frame;
    int length = 0;

    for (unsigned i = 0; i < 200 && length == 0; i++) {
        sim_usb_bus_run(100);
        length = device->receive(device, &frame);
    }
    if (length > 0)
        device->receive_done(device);
    return length;
}

#define OFF(name) cmocka_unit_test_setup(name, set_up_not_started)
#define ON(name)  cmocka_unit_test_setup(name, set_up)
#define QEMU(name)                                                                                 \
    {                                                                                              \
#name "_on_qemu", name, set_up_qemu, NULL, NULL                                            \
    }

#endif
