/*
 * usb_adopt_bench: two programs on one machine with a USB adapter, one after the other.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef USB_ADOPT_BENCH_H
#define USB_ADOPT_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "error.h"
#include "mmio.h"
#include "sim_usb_bus.h"
#include "sim_usb_hub.h"
#include "sim_usb_nic.h"

static struct sim_usb_bus programs[2]; /* the machine is the first one's */
static struct sim_dwc2 *const dwc2 = &programs[0].dwc2;
static struct sim_usb_nic nic;
static struct sim_usb_hub hubs[5];
static struct boot_usb description;
static uint8_t bytes[1514];

/* hub_count hubs in a row, and the adapter behind the last of them. */
static inline void start_afresh(bool qemu, unsigned hub_count)
{
    struct sim_usb_device *root = &nic.usb;
    enum usb_speed speed = qemu ? USB_SPEED_FULL : USB_SPEED_HIGH;

    sim_usb_nic_init(&nic, speed);
    for (unsigned i = 0; i < hub_count; i++) {
        sim_usb_hub_init(&hubs[i], speed, 4);
        sim_usb_hub_plug(&hubs[i], 3, root, true);
        root = &hubs[i].usb;
    }
    sim_usb_bus_init(&programs[0], qemu, root);
    assert_int_equal(sim_usb_bus_start(&programs[0]), 0);
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
}

static inline int set_up_board(void **state)
{
    (void)state;
    start_afresh(false, 0);
    return 0;
}

static inline int set_up_qemu(void **state)
{
    (void)state;
    start_afresh(true, 0);
    return 0;
}

static inline int set_up_two_hubs(void **state)
{
    (void)state;
    start_afresh(false, 2);
    return 0;
}

static inline int set_up_qemu_hub(void **state)
{
    (void)state;
    start_afresh(true, 1);
    return 0;
}

static inline void expect_frame(struct sim_usb_bus *program, unsigned length)
{
    struct ethernet_device *device = &program->ecm.ethernet;
    const uint8_t *frame;
    int received = 0;

    sim_usb_nic_deliver(&nic, bytes, length);
    for (unsigned i = 0; i < 200 && received == 0; i++) {
        sim_usb_bus_run(100);
        received = device->receive(device, &frame);
    }
    assert_int_equal(received, length);
    assert_memory_equal(frame, bytes, length);
    device->receive_done(device);
}

static inline void send_frame(struct sim_usb_bus *program, unsigned length)
{
    struct ethernet_device *device = &program->ecm.ethernet;

    memcpy(device->send_buffer(device), bytes, length);
    assert_int_equal(device->send(device, length), 0);
    sim_usb_bus_run(5000);
    assert_int_equal(nic.sent_length, length);
    assert_memory_equal(nic.sent, bytes, length);
}

/* Both directions work, with toggles that go on where they were. */
static inline void exchange(struct sim_usb_bus *program)
{
    send_frame(program, 60);
    expect_frame(program, 61);
    expect_frame(program, 700);
    send_frame(program, 1514);
    send_frame(program, 512);
    expect_frame(program, 512);
}

/* The first program's memory is another's now: the model stops a late write. */
static inline void reuse_memory_of(struct sim_usb_bus *program)
{
    memset(program->ecm.receive_buffer, 0xee, sizeof program->ecm.receive_buffer);
    dma_clean(program->ecm.receive_buffer, sizeof program->ecm.receive_buffer);
}

/* What its loader knows: all but the toggles. */
static inline void crash(struct sim_usb_bus *program)
{
    struct sim_usb_bus still_running = *program;

    /* A description as it was before the service ran on. */
    program->ecm.stopped = true;
    assert_int_equal(usb_bus_describe(&program->bus, &description), 0);
    memcpy(&program->ecm, &still_running.ecm, sizeof program->ecm);
    description.in.toggle = description.out.toggle = BOOT_USB_TOGGLE_UNKNOWN;
    assert_false(sim_dwc2_is_quiet(dwc2)); /* reception is armed */
}

#endif
