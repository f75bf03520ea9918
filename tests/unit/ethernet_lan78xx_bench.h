/*
 * ethernet_lan78xx_bench: usb_lan_bench with the LAN7515's model behind the two hubs of a Pi 3B+
 * (on QEMU: behind none), without an EEPROM, as it is there.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_LAN78XX_BENCH_H
#define ETHERNET_LAN78XX_BENCH_H

#include "clock.h"
#include "usb_lan_bench.h"

static inline void switch_on(bool qemu)
{
    switch_on_chip(&chip_lan7515, SIM_USB_BOARD_3B_PLUS, qemu);
    chip.chip->otp_only = true;
    chip.chip->type->power_on(chip.chip);
}

static inline void bring_up(void)
{
    start_up();
}

/* Both ways, as if nothing had happened. */
static inline void assert_works(void)
{
    unsigned sent = chip.sent_count;
    uint32_t number;

    deliver(300, 77);
    assert_int_equal(take(&number, 20000), 300);
    assert_int_equal(number, 77);
    send_numbered(301, 78);
    sim_usb_bus_run(2000);
    assert_int_equal(chip.sent_count, sent + 1);
    assert_int_equal(chip.sent_length, 301);
}

static inline int set_up_off(void **state)
{
    (void)state;
    switch_on(false);
    return 0;
}

static inline int set_up(void **state)
{
    set_up_off(state);
    bring_up();
    return 0;
}

static inline int set_up_qemu(void **state)
{
    (void)state;
    switch_on(true);
    bring_up();
    return 0;
}

/* Frames first ... last - 1 of length bytes each, in this order and no others. */
static inline void take_all(uint32_t first, uint32_t last, unsigned length)
{
    for (uint32_t i = first; i < last; i++) {
        uint32_t number;

        assert_int_equal(take(&number, 20000), length);
        assert_int_equal(number, i);
    }
}

static inline void update_for(uint64_t duration_us)
{
    uint64_t end_us = clock_now_us() + duration_us;

    while (!clock_passed(end_us)) {
        sim_usb_bus_run(10000);
        device->update_link(device);
    }
}

#endif
