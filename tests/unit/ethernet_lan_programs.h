/*
 * ethernet_lan_programs: two programs that have a LAN95xx one after the other, for tests of what
 * the first leaves behind.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_LAN_PROGRAMS_H
#define ETHERNET_LAN_PROGRAMS_H

#include "ethernet_lan_bench.h"

static struct sim_usb_bus next; /* the second program; the machine is the first one's */
static struct boot_usb usb;

static inline void use(struct sim_usb_bus *program)
{
    lan = &program->lan95xx;
    device = &lan->ethernet;
}

/* Both directions work, and the interrupt endpoint. */
static inline void exchange(void)
{
    deliver(1, 700);
    assert_int_equal(take(700), 1);
    send_and_check(600);
    deliver(2, 60);
    assert_int_equal(take(60), 2);
    send_and_check(60);
    sim_usb_chip_plug(&chip, false);
    device->update_link(device);
    run(20000);
    assert_false(device->link_is_up(device));
    sim_usb_chip_plug(&chip, true);
    assert_true(wait_for_link(3000000));
    deliver(3, 100);
    assert_int_equal(take(100), 3);
}

static inline void stop_first(void)
{
    assert_int_equal(sim_usb_bus_stop(&bus, &usb), 0);
    assert_false(is_receiving());
    assert_int_equal(receives_under_way(), 0);
}

/* The first program's memory is another's now: the model stops a late write. */
static inline void reuse_memory(void)
{
    memset(&bus.lan_buffers, 0xee, sizeof bus.lan_buffers);
    dma_clean(&bus.lan_buffers, sizeof bus.lan_buffers);
}

static inline void adopt(void)
{
    sim_usb_bus_init_program(&next);
    assert_int_equal(sim_usb_bus_adopt(&next, &usb), 0);
    reuse_memory();
    use(&next);
}

#endif
