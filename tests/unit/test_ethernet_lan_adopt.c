/*
 * A LAN95xx that one program has stopped is taken over by the next, as it is. What a program leaves
 * that crashed is test_ethernet_lan_crash.c's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan_programs.h"

static void test_chip_taken_over_works_at_once_and_is_not_reset(void **state)
{
    uint64_t begin_us;

    (void)state;
    deliver(1, 100); /* toggles to DATA1 */
    assert_int_equal(take(100), 1);
    send_and_check(60);
    stop_first();
    assert_int_equal(usb.in.toggle, 1);
    assert_int_equal(usb.out.toggle, 1);
    assert_int_equal(usb.own[0], 0);
    register_requests = 0;
    begin_us = clock_now_us();
    adopt();
    assert_true(clock_now_us() - begin_us < 10000);
    assert_in_range(register_requests, 10, 23); /* on the board 0.4 ms each */
    assert_true(device->link_is_up(device));
    assert_memory_equal(device->mac, board_mac, 6);
    assert_int_equal(chip.chip->statistics.resets, 1);
    exchange();
}

static void test_chip_is_handed_on_and_on(void **state)
{
    struct sim_usb_bus *programs[] = {&bus, &next};

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        struct sim_usb_bus *program = programs[i % 2];

        for (unsigned j = 0; j < i % 4; j++) {
            deliver(j, 100);
            assert_int_equal(take(100), j);
            send_and_check(60 + i);
            device->update_link(device);
            run(1000);
        }
        assert_int_equal(sim_usb_bus_stop(program, &usb), 0);
        program = programs[1 - i % 2];
        sim_usb_bus_init_program(program);
        assert_int_equal(sim_usb_bus_adopt(program, &usb), 0);
        use(program);
    }
    exchange();
    assert_int_equal(chip.chip->statistics.resets, 1);
}

static void test_cable_pulled_between_two_programs_is_found_pulled(void **state)
{
    (void)state;
    stop_first();
    sim_usb_chip_plug(&chip, false);
    adopt();
    assert_false(device->link_is_up(device));
    assert_false(is_receiving());
    sim_usb_chip_plug(&chip, true);
    assert_true(wait_for_link(3000000));
    exchange();
}

static void test_cable_moved_to_another_partner_between_two_programs(void **state)
{
    (void)state;
    assert_true(lan->link.pause_send);
    stop_first();
    sim_usb_chip_plug(&chip, false);
    chip.chip->partner_pauses = false;
    sim_usb_chip_plug(&chip, true);
    sim_advance_us(1600000);
    adopt();
    assert_true(device->link_is_up(device));
    assert_false(lan->link.pause_send);
    exchange();
}

static void test_halted_endpoint_is_handed_over_as_such(void **state)
{
    const uint8_t *frame;

    (void)state;
    chip.chip->faults.stall_in = 1;
    deliver(1, 100);
    sim_usb_bus_run(1000);
    assert_int_equal(device->receive(device, &frame), 0);
    stop_first();
    assert_int_equal(usb.in.toggle, BOOT_USB_TOGGLE_UNKNOWN);
    adopt();
    exchange();
}

static void test_descriptions_that_make_no_sense_are_refused(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
        int error;
    } changes[] = {
        {offsetof(struct boot_usb, in.toggle), 3, ERROR_INVALID},
        {offsetof(struct boot_usb, out.toggle), 3, ERROR_INVALID},
        {offsetof(struct boot_usb, own[0]), 3, ERROR_INVALID},
        {offsetof(struct boot_usb, own[1]), 16, ERROR_INVALID},
        {offsetof(struct boot_usb, own[2]), 101, ERROR_INVALID},
        {offsetof(struct boot_usb, own[3]), 1, ERROR_INVALID},
        {offsetof(struct boot_usb, mac[0]), 0xb9, ERROR_INVALID},
        {offsetof(struct boot_usb, in.number), 2, ERROR_CORRUPT},
        {offsetof(struct boot_usb, out.number), 1, ERROR_CORRUPT},
        {offsetof(struct boot_usb, in.max_packet), 64, ERROR_CORRUPT},
    };

    (void)state;
    stop_first();
    for (unsigned i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct boot_usb right = usb;

        ((uint8_t *)&usb)[changes[i].at] = changes[i].value;
        sim_usb_bus_init_program(&next);
        assert_int_equal(sim_usb_bus_adopt(&next, &usb), changes[i].error);
        assert_null(next.ethernet);
        usb = right;
    }
    adopt();
    exchange();
}

static void test_each_request_that_fails_while_taking_over_leaves_the_chip_silent(void **state)
{
    for (unsigned at = 1;; at++) {
        set_up(state);
        stop_first();
        stalled_request = register_requests + at;
        sim_usb_bus_init_program(&next);
        if (sim_usb_bus_adopt(&next, &usb) == 0) {
            assert_true(at > 15);
            return;
        }
        assert_false(is_receiving());
        assert_null(next.ethernet);
        sim_usb_bus_init_program(&next);
        assert_int_equal(sim_usb_bus_start(&next), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_chip_taken_over_works_at_once_and_is_not_reset, set_up),
        cmocka_unit_test_setup(test_chip_is_handed_on_and_on, set_up),
        cmocka_unit_test_setup(test_cable_pulled_between_two_programs_is_found_pulled, set_up),
        cmocka_unit_test_setup(test_cable_moved_to_another_partner_between_two_programs, set_up),
        cmocka_unit_test_setup(test_halted_endpoint_is_handed_over_as_such, set_up),
        cmocka_unit_test_setup(test_descriptions_that_make_no_sense_are_refused, set_up),
        cmocka_unit_test(test_each_request_that_fails_while_taking_over_leaves_the_chip_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
