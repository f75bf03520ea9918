/*
 * A LAN95xx's link: what both ends agree on, down and up, what of it is seen when, and a chip that
 * fails later.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan_bench.h"

/* ---- an open link ---- */

static void test_link_that_is_up_costs_no_requests_but_every_16th_time(void **state)
{
    unsigned before, looks = 0;

    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        before = register_requests;
        assert_int_equal(device->update_link(device), 0);
        run(250000);
        looks += register_requests != before;
    }
    assert_in_range(looks, 4, 5); /* one more: that negotiation has ended is an event */
    assert_true(device->link_is_up(device));
}

static void test_agreement_is_logged(void **state)
{
    (void)state;
    assert_non_null(strstr(sim_log(), "lan95xx: 100 Mbit/s, full duplex, PAUSE on\n"));
    assert_true(lan->link.pause_send && lan->link.pause_obey);
}

static void test_partner_without_pause_is_not_asked_for_silence(void **state)
{
    (void)state;
    chip.chip->partner_pauses = false;
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_true(wait_for_link(3000000));
    assert_non_null(strstr(sim_log(), "PAUSE off"));
    assert_int_equal(register_of_chip(0x11c), 0);      /* FLOW */
    assert_int_equal(register_of_chip(0x2c) & 0xf, 0); /* AFC_CFG */
}

static void test_speed_and_duplex_are_those_that_both_ends_can_do_best(void **state)
{
    enum { FULL = 1 << 20, DEAF = 1 << 23 }; /* of MAC_CR: FDPX, RCVOWN */
    static const struct {
        uint16_t partner;
        bool fixed;
        unsigned megabits;
        uint32_t duplex;
        bool pauses;
    } cases[] = {
        {0x1e0, false, 100, FULL, true},  {0x0e0, false, 100, DEAF, false},
        {0x0c0, false, 100, DEAF, false}, {0x060, false, 10, FULL, true},
        {0x020, false, 10, DEAF, false},  {0x080, true, 100, DEAF, false},
        {0x020, true, 10, DEAF, false},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        switch_on(false);
        chip.chip->partner_speeds = cases[i].partner;
        chip.chip->partner_fixed = cases[i].fixed;
        chip.chip->type->power_on(chip.chip);
        assert_int_equal(sim_usb_bus_start(&bus), 0);
        assert_true(wait_for_link(5000000));
        assert_int_equal(lan->link.megabits, cases[i].megabits);
        assert_int_equal(lan->link.full_duplex, cases[i].duplex == FULL);
        assert_int_equal(register_of_chip(0x100) & (FULL | DEAF), cases[i].duplex);
        assert_int_equal(lan->link.pause_send, cases[i].pauses);
        assert_int_equal(lan->link.pause_obey, cases[i].pauses);
        assert_int_equal(register_of_chip(0x11c), cases[i].pauses ? 0xffff0002 : 0);
        /* In half duplex the levels make collisions instead. */
        assert_int_equal(register_of_chip(0x2c) & 0xf,
                         cases[i].pauses || cases[i].duplex == DEAF ? 1 : 0);
        deliver(i, 100);
        assert_int_equal(take(100), i);
        send_and_check(100);
    }
}

static void test_partner_with_which_nothing_is_agreed_makes_no_link(void **state)
{
    (void)state;
    chip.chip->partner_speeds = 0;
    chip.chip->type->power_on(chip.chip);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_false(wait_for_link(5000000));
    assert_false(is_receiving());
}

/* ---- down and up ---- */

static void assert_silent(void)
{
    assert_false(device->link_is_up(device));
    assert_false(is_receiving());
    assert_int_equal(receives_under_way(), 0);
    assert_int_equal(register_of_chip(0x10) & 4, 0);      /* TX_CFG.ON */
    assert_int_equal(register_of_chip(0x08) & 0x8000, 0); /* INT_STS: acknowledged */
}

static void test_pulled_cable_is_seen_by_the_event_at_the_next_update(void **state)
{
    (void)state;
    sim_usb_chip_plug(&chip, false);
    assert_int_equal(device->update_link(device), 0); /* asks */
    run(2000);                                        /* the answer, and what run does then */
    assert_silent();
}

static void test_pulled_cable_is_seen_though_its_event_was_lost(void **state)
{
    uint8_t lost[16];

    (void)state;
    assert_int_equal(device->update_link(device), 0);
    run(2000); /* that negotiation has ended */
    sim_usb_chip_plug(&chip, false);
    assert_int_equal(chip.chip->type->interrupt_in(chip.chip, lost, sizeof lost), 4);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(device->update_link(device), 0);
        run(2000);
    }
    assert_silent();
}

static void test_link_that_comes_back_works_again(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        deliver(i, 200 + i);
        assert_int_equal(take(200 + i), i);
        send_and_check(300 + i);
        sim_usb_chip_plug(&chip, false);
        device->update_link(device);
        run(2000);
        assert_silent();
        sim_usb_chip_plug(&chip, true);
        assert_true(wait_for_link(3000000));
        assert_int_equal(receives_under_way(), 2);
    }
    assert_int_equal(device->statistics.receive_errors, 0);
    assert_int_equal(device->statistics.send_errors, 0);
    assert_int_equal(chip.chip->statistics.resets, 1);
}

static void test_cable_that_is_only_touched_is_followed_to_its_end(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        sim_usb_chip_plug(&chip, false);
        sim_usb_bus_run(3000 * i);
        sim_usb_chip_plug(&chip, true);
        device->update_link(device);
        run(20000);
    }
    assert_true(wait_for_link(3000000));
    deliver(7, 100);
    assert_int_equal(take(100), 7);
}

static void test_frames_of_before_the_link_fell_do_not_come_after(void **state)
{
    const uint8_t *frame;

    (void)state;
    deliver(1, 100);
    run(1000);
    assert_int_equal(device->receive(device, &frame), 100);
    deliver(2, 100);
    sim_usb_chip_plug(&chip, false);
    device->update_link(device);
    run(2000);
    assert_int_equal(device->receive(device, &frame), 0); /* lent no more */
    device->receive_done(device);
    sim_usb_chip_plug(&chip, true);
    assert_true(wait_for_link(3000000));
    deliver(3, 100);
    assert_int_equal(take(100), 3);
    assert_int_equal(device->statistics.frames_received, 1);
}

static void test_sending_without_a_link_is_refused(void **state)
{
    (void)state;
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    assert_non_null(device->send_buffer(device));
    assert_int_equal(device->send(device, 60), ERROR_IO);
}

/* ---- a chip that fails later ---- */

static void test_busy_mii_leaves_the_link_as_it_was_for_as_long_as_it_takes(void **state)
{
    (void)state;
    device->update_link(device);
    run(1000);
    chip.chip->faults.phy_busy_forever = 1;
    device->link_event = true;
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(device->update_link(device), ERROR_TIMEOUT);
        assert_true(device->link_is_up(device));
    }
    chip.chip->faults.phy_busy_forever = 0;
    assert_int_equal(device->update_link(device), 0); /* and no complaint of the model */
    sim_usb_chip_plug(&chip, false);
    device->update_link(device);
    run(2000);
    assert_silent();
    chip.chip->faults.phy_busy_forever = 1; /* without a link it is a reason to begin anew */
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(device->update_link(device), ERROR_TIMEOUT);
    assert_int_equal(device->update_link(device), ERROR_IO);
}

static void test_chip_that_answers_nothing_is_gone_in_the_end(void **state)
{
    (void)state;
    device->update_link(device);
    run(1000);
    chip.usb.busy = true;
    device->link_event = true;
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(device->update_link(device), ERROR_TIMEOUT);
    assert_int_equal(device->update_link(device), ERROR_IO);
    assert_int_equal(device->update_link(device), ERROR_IO);
}

static void test_requests_that_fail_leave_no_link_half_open(void **state)
{
    (void)state;
    for (unsigned at = 0; at < 20; at++) {
        start_with_link(false);
        sim_usb_chip_plug(&chip, false);
        device->link_event = true;
        stalled_request = register_requests + 1 + at;
        for (unsigned i = 0; i < 3; i++)
            (void)device->update_link(device);
        stalled_request = 0;
        assert_silent();
        sim_usb_chip_plug(&chip, true);
        sim_usb_bus_run(1600000);
        stalled_request = register_requests + 1 + at;
        for (unsigned i = 0; i < 3; i++)
            (void)device->update_link(device);
        assert_true(device->link_is_up(device));
        deliver(at, 100);
        assert_int_equal(take(100), at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_link_that_is_up_costs_no_requests_but_every_16th_time, set_up),
        cmocka_unit_test_setup(test_agreement_is_logged, set_up),
        cmocka_unit_test_setup(test_partner_without_pause_is_not_asked_for_silence, set_up_off),
        cmocka_unit_test(test_speed_and_duplex_are_those_that_both_ends_can_do_best),
        cmocka_unit_test_setup(test_partner_with_which_nothing_is_agreed_makes_no_link, set_up_off),
        cmocka_unit_test_setup(test_pulled_cable_is_seen_by_the_event_at_the_next_update, set_up),
        cmocka_unit_test_setup(test_pulled_cable_is_seen_though_its_event_was_lost, set_up),
        cmocka_unit_test_setup(test_link_that_comes_back_works_again, set_up),
        cmocka_unit_test_setup(test_cable_that_is_only_touched_is_followed_to_its_end, set_up),
        cmocka_unit_test_setup(test_frames_of_before_the_link_fell_do_not_come_after, set_up),
        cmocka_unit_test_setup(test_sending_without_a_link_is_refused, set_up_off),
        cmocka_unit_test_setup(test_busy_mii_leaves_the_link_as_it_was_for_as_long_as_it_takes,
                               set_up),
        cmocka_unit_test_setup(test_chip_that_answers_nothing_is_gone_in_the_end, set_up),
        cmocka_unit_test(test_requests_that_fail_leave_no_link_half_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
