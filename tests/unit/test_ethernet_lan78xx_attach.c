/*
 * The driver of the Pi 3B+'s LAN7515 with the chip's model on the simulated bus: how it attaches,
 * what both ends agree on, and a chip that is slow or stuck meanwhile.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan78xx_bench.h"

static void test_gigabit_with_pause_is_what_a_common_switch_gets(void **state)
{
    (void)state;
    assert_string_equal(device->name, "lan78xx");
    assert_non_null(strstr(sim_log(), "lan78xx: 1000 Mbit/s, full duplex, PAUSE on"));
}

static void test_partner_without_pause_is_not_asked_for_silence(void **state)
{
    (void)state;
    chip.chip->partner_pauses = false;
    bring_up();
    assert_non_null(strstr(sim_log(), "lan78xx: 1000 Mbit/s, full duplex, PAUSE off"));
    for (uint32_t i = 0; i < 12; i++)
        deliver(1514, i);
    assert_int_equal(chip.chip->statistics.pauses, 0);
}

static void expect_link(uint16_t speeds, bool gigabit, bool fixed, const char *says)
{
    switch_on(false);
    chip.chip->partner_speeds = speeds;
    chip.chip->partner_gigabit = gigabit;
    chip.chip->partner_fixed = fixed;
    bring_up();
    if (!strstr(sim_log(), says))
        fail_msg("not \"%s\" but: %s", says, sim_log());
    assert_works();
}

static void test_each_speed_and_duplex_is_taken_as_agreed_upon(void **state)
{
    (void)state;
    expect_link(0x1e0, true, false, "lan78xx: 1000 Mbit/s, full duplex, PAUSE on");
    expect_link(0, true, false, "lan78xx: 1000 Mbit/s, full duplex, PAUSE on");
    expect_link(0x1e0, false, false, "lan78xx: 100 Mbit/s, full duplex, PAUSE on");
    expect_link(0x0e0, false, false, "lan78xx: 100 Mbit/s, half duplex, PAUSE off");
    expect_link(0x060, false, false, "lan78xx: 10 Mbit/s, full duplex, PAUSE on");
    expect_link(0x020, false, false, "lan78xx: 10 Mbit/s, half duplex, PAUSE off");
}

static void test_partner_that_does_not_negotiate_gets_half_duplex(void **state)
{
    (void)state;
    expect_link(0x080, false, true, "lan78xx: 100 Mbit/s, half duplex, PAUSE off");
    expect_link(0x020, false, true, "lan78xx: 10 Mbit/s, half duplex, PAUSE off");
}

static void test_cable_with_two_good_pairs_gets_100_megabits(void **state)
{
    (void)state;
    chip.chip->two_pairs = true;
    bring_up();
    assert_non_null(strstr(sim_log(), "lan78xx: 100 Mbit/s, full duplex, PAUSE on"));
    assert_works();
    /* A better one */
    sim_usb_chip_plug(&chip, false);
    assert_true(wait_for_link(false, 1000000));
    chip.chip->two_pairs = false;
    sim_usb_chip_plug(&chip, true);
    assert_true(wait_for_link(true, 1000000));
    assert_non_null(strstr(sim_log(), "lan78xx: 1000 Mbit/s, full duplex, PAUSE on"));
    assert_works();
}

/* The PHY keeps the abilities of the partner before, a gigabit's among them. */
static void test_partner_that_does_not_negotiate_is_not_taken_for_the_one_before(void **state)
{
    (void)state;
    sim_usb_chip_plug(&chip, false);
    assert_true(wait_for_link(false, 1000000));
    chip.chip->partner_speeds = 0x080;
    chip.chip->partner_gigabit = false;
    chip.chip->partner_fixed = true;
    sim_log_clear();
    sim_usb_chip_plug(&chip, true);
    assert_true(wait_for_link(true, 1000000));
    assert_non_null(strstr(sim_log(), "lan78xx: 100 Mbit/s, half duplex, PAUSE off"));
    assert_works();
}

static void test_slow_reset_is_waited_for(void **state)
{
    (void)state;
    chip.chip->faults.reset_us = 400000; /* and as long for the PHY's */
    bring_up();
    assert_works();
}

static void test_reset_that_never_ends_gives_up_in_time(void **state)
{
    uint64_t before_us;

    (void)state;
    assert_int_equal(sim_usb_bus_start(&bus), 0); /* how long the bus alone takes */
    before_us = clock_now_us();
    set_up_off(state);
    chip.chip->faults.never_ends_reset = true;
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_ABSENT);
    assert_null(bus.ethernet);
    assert_true(clock_now_us() < before_us + 1000000);
    assert_non_null(strstr(sim_log(), "timeout"));
    assert_false(ethernet_lan_is_attached(&bus.lan78xx));
}

static void test_phy_that_is_busy_for_a_while_is_waited_for(void **state)
{
    (void)state;
    chip.chip->faults.phy_busy = 20;
    bring_up();
    assert_works();
}

static void test_phy_that_is_busy_for_ever_is_not_attached(void **state)
{
    (void)state;
    chip.chip->faults.phy_busy_forever = true;
    assert_int_equal(sim_usb_bus_start(&bus), ERROR_ABSENT);
    assert_null(bus.ethernet);
    assert_non_null(strstr(sim_log(), "timeout"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define OFF(name)  cmocka_unit_test_setup(name, set_up_off)
#define ON(name)   cmocka_unit_test_setup(name, set_up)
#define QEMU(name) {#name "_on_qemu", name, set_up_qemu, NULL, NULL}
        ON(test_gigabit_with_pause_is_what_a_common_switch_gets),
        QEMU(test_gigabit_with_pause_is_what_a_common_switch_gets),
        OFF(test_partner_without_pause_is_not_asked_for_silence),
        OFF(test_each_speed_and_duplex_is_taken_as_agreed_upon),
        OFF(test_cable_with_two_good_pairs_gets_100_megabits),
        OFF(test_partner_that_does_not_negotiate_gets_half_duplex),
        ON(test_partner_that_does_not_negotiate_is_not_taken_for_the_one_before),
        OFF(test_slow_reset_is_waited_for),
        OFF(test_reset_that_never_ends_gives_up_in_time),
        OFF(test_phy_that_is_busy_for_a_while_is_waited_for),
        OFF(test_phy_that_is_busy_for_ever_is_not_attached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
