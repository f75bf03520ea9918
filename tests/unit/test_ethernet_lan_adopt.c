/*
 * A LAN95xx changes hands: stopped and taken over at rest, and after a program that crashed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan_bench.h"
#include "mmio.h"

static struct sim_usb_bus next; /* the second program; the machine is the first one's */
static struct boot_usb usb;

static void use(struct sim_usb_bus *program)
{
    lan = &program->lan95xx;
    device = &lan->ethernet;
}

static int set_up(void **state)
{
    (void)state;
    start_with_link(false);
    return 0;
}

/* Both directions work, and the interrupt endpoint. */
static void exchange(void)
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

static void stop_first(void)
{
    assert_int_equal(sim_usb_bus_stop(&bus, &usb), 0);
    assert_false(is_receiving());
    assert_int_equal(receives_under_way(), 0);
}

/* The first program's memory is another's now: the model stops a late write. */
static void reuse_memory(void)
{
    memset(&bus.lan_buffers, 0xee, sizeof bus.lan_buffers);
    dma_clean(&bus.lan_buffers, sizeof bus.lan_buffers);
}

static void adopt(void)
{
    sim_usb_bus_init_program(&next);
    assert_int_equal(sim_usb_bus_adopt(&next, &usb), 0);
    reuse_memory();
    use(&next);
}

/* ---- stopping ---- */

static void test_after_a_stop_chip_and_driver_are_silent(void **state)
{
    const uint8_t *frame;
    unsigned requests;

    (void)state;
    deliver(1, 100);
    run(1000);
    stop_first();
    assert_int_equal(register_of_chip(0x18) & 0xffff, 0); /* RX_FIFO_INF */
    requests = register_requests;
    assert_false(device->link_is_up(device));
    assert_int_equal(device->receive(device, &frame), ERROR_IO);
    assert_int_equal(device->send(device, 60), ERROR_IO);
    assert_int_equal(device->update_link(device), ERROR_IO);
    device->receive_done(device);
    assert_int_equal(device->stop(device), 0);
    assert_int_equal(register_requests, requests);
}

static void test_stop_while_a_frame_is_lent_takes_it_back(void **state)
{
    const uint8_t *frame;

    (void)state;
    deliver(1, 100);
    run(1000);
    assert_int_equal(device->receive(device, &frame), 100);
    stop_first();
    device->receive_done(device);
    assert_int_equal(receives_under_way(), 0);
    adopt();
    exchange();
}

static void test_stop_ends_in_short_time_under_full_load(void **state)
{
    uint64_t begin_us;

    (void)state;
    chip.megabits = 100;
    for (unsigned i = 0; i < 400; i++)
        deliver(i, 1514);
    run(5000);
    begin_us = clock_now_us();
    stop_first();
    assert_in_range(clock_now_us() - begin_us, 1000, 15000);
    sim_advance_us(100000); /* the rest of it finds nobody */
    adopt();
    chip.megabits = 0;
    exchange();
    assert_int_equal(device->statistics.receive_errors, 0);
}

static void test_what_was_sent_last_still_leaves(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        memcpy(device->send_buffer(device), frame_bytes, 1514);
        assert_int_equal(device->send(device, 1514), 0);
    }
    stop_first();
    assert_int_equal(chip.sent_count, 10);
    assert_int_equal(device->statistics.send_errors, 0);
}

static void test_partner_that_wants_silence_does_not_hold_a_stop_up(void **state)
{
    uint8_t pause[60] = {0x01, 0x80, 0xc2, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0x88, 0x08, 0, 1, 0xff, 0xff};
    uint64_t begin_us;

    (void)state;
    sim_usb_chip_deliver(&chip, pause, sizeof pause);
    memcpy(device->send_buffer(device), frame_bytes, 1514);
    assert_int_equal(device->send(device, 1514), 0);
    begin_us = clock_now_us();
    stop_first();
    assert_true(clock_now_us() - begin_us < 25000);
    adopt();
    exchange();
}

static void test_stop_without_a_link_and_before_there_ever_was_one(void **state)
{
    (void)state;
    switch_on(false);
    assert_int_equal(sim_usb_bus_start(&bus), 0);
    stop_first();
    assert_int_equal(usb.own[1], 0);
    adopt();
    assert_false(device->link_is_up(device));
    assert_true(wait_for_link(3000000));
    exchange();
}

static void test_chip_that_does_not_answer_makes_the_stop_fail(void **state)
{
    (void)state;
    chip.usb.silent = true;
    assert_int_equal(device->stop(device), ERROR_TIMEOUT);
    assert_int_equal(device->stop(device), 0);
}

static void test_each_request_that_fails_while_stopping_is_told_and_all_is_ended(void **state)
{
    for (unsigned at = 1;; at++) {
        set_up(state);
        stalled_request = register_requests + at;
        if (device->stop(device) == 0) {
            assert_true(at > 4);
            return;
        }
        assert_int_equal(receives_under_way(), 0);
    }
}

/* ---- taking over ---- */

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

/* ---- after a crash ---- */

static void recover(bool by_adoption)
{
    struct boot_usb known = usb;

    sim_crash_after(0);
    chip.forgives_reception = true;
    known.in.toggle = known.out.toggle = BOOT_USB_TOGGLE_UNKNOWN;
    sim_usb_bus_init_program(&next);
    if (sim_usb_bus_adopt(&next, &known) < 0) {
        assert_false(by_adoption);
        sim_usb_bus_init_program(&next);
        assert_int_equal(sim_usb_bus_start(&next), 0);
    }
    reuse_memory();
    use(&next);
    chip.forgives_reception = false;
    chip.chip->faults.hold_frames = 0;
    assert_true(wait_for_link(3000000));
    for (unsigned i = 0; i < 3; i++) {
        deliver(100 + i, 300 + i);
        assert_int_equal(take(300 + i), 100 + i);
        send_and_check(200 + i);
    }
    assert_int_equal(device->statistics.receive_errors, 0);
    assert_int_equal(sim_usb_bus_stop(&next, &known), 0);
}

static void test_chip_of_a_program_that_crashed_in_the_middle_of_a_burst_is_taken_over(void **state)
{
    for (unsigned packets = 0; packets < 40; packets++) {
        set_up(state);
        stop_first(); /* that is when it is described; then another one has it */
        adopt();
        chip.chip->faults.hold_frames = 10;
        for (unsigned i = 0; i < 10; i++)
            deliver(i, 1514);
        sim_advance_us(5 * packets);
        assert_true(is_receiving());
        recover(true);
    }
}

static void test_link_events_are_heard_after_a_crash(void **state)
{
    struct boot_usb known;

    (void)state;
    stop_first();
    known = usb;
    adopt();
    exchange(); /* an event has turned the interrupt endpoint's toggle */
    known.in.toggle = known.out.toggle = BOOT_USB_TOGGLE_UNKNOWN;
    chip.forgives_reception = true;
    sim_usb_bus_init_program(&bus);
    assert_int_equal(sim_usb_bus_adopt(&bus, &known), 0);
    use(&bus);
    exchange();
}

static void adopt_and_use(void *context)
{
    (void)context;
    sim_usb_bus_init_program(&bus);
    if (sim_usb_bus_adopt(&bus, &usb) < 0)
        sim_stop("the bus is not adopted");
    use(&bus);
    for (unsigned i = 0; i < 2; i++) {
        const uint8_t *frame;

        memcpy(device->send_buffer(device), frame_bytes, 600);
        device->send(device, 600 + i);
        sim_usb_bus_run(500);
        if (device->receive(device, &frame) > 0)
            device->receive_done(device);
    }
    device->link_event = true;
    device->update_link(device);
    device->stop(device);
}

static void test_crash_at_any_register_access_is_recovered_from(void **state)
{
    unsigned moment;

    for (moment = 1;; moment += 7) {
        set_up(state);
        stop_first();
        deliver(0, 1000);
        sim_crash_after(moment);
        if (!sim_expect_stop(adopt_and_use, NULL))
            break;
        assert_string_equal(sim_stop_message(), "crash");
        deliver(1, 1000);
        recover(false);
    }
    sim_crash_after(0);
    assert_true(moment > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_after_a_stop_chip_and_driver_are_silent, set_up),
        cmocka_unit_test_setup(test_stop_while_a_frame_is_lent_takes_it_back, set_up),
        cmocka_unit_test_setup(test_stop_ends_in_short_time_under_full_load, set_up),
        cmocka_unit_test_setup(test_what_was_sent_last_still_leaves, set_up),
        cmocka_unit_test_setup(test_partner_that_wants_silence_does_not_hold_a_stop_up, set_up),
        cmocka_unit_test_setup(test_stop_without_a_link_and_before_there_ever_was_one, set_up),
        cmocka_unit_test_setup(test_chip_that_does_not_answer_makes_the_stop_fail, set_up),
        cmocka_unit_test(test_each_request_that_fails_while_stopping_is_told_and_all_is_ended),
        cmocka_unit_test_setup(test_chip_taken_over_works_at_once_and_is_not_reset, set_up),
        cmocka_unit_test_setup(test_chip_is_handed_on_and_on, set_up),
        cmocka_unit_test_setup(test_cable_pulled_between_two_programs_is_found_pulled, set_up),
        cmocka_unit_test_setup(test_cable_moved_to_another_partner_between_two_programs, set_up),
        cmocka_unit_test_setup(test_halted_endpoint_is_handed_over_as_such, set_up),
        cmocka_unit_test_setup(test_descriptions_that_make_no_sense_are_refused, set_up),
        cmocka_unit_test(test_each_request_that_fails_while_taking_over_leaves_the_chip_silent),
        cmocka_unit_test(
            test_chip_of_a_program_that_crashed_in_the_middle_of_a_burst_is_taken_over),
        cmocka_unit_test_setup(test_link_events_are_heard_after_a_crash, set_up),
        cmocka_unit_test(test_crash_at_any_register_access_is_recovered_from),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
