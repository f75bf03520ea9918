/*
 * ethernet_lan78xx_bench: usb_lan_bench with the LAN7515's model behind the two hubs of a Pi 3B+
 * (on QEMU: behind none).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ETHERNET_LAN78XX_BENCH_H
#define ETHERNET_LAN78XX_BENCH_H

#include "usb_lan_bench.h"

static inline void switch_on(bool qemu)
{
    switch_on_chip(&chip_lan7515, SIM_USB_BOARD_3B_PLUS, qemu);
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

#endif
