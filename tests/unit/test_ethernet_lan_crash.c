/*
 * A LAN95xx after a program that crashed, at any moment: the next one takes it over, or begins
 * anew, and frames come.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan_programs.h"

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
        cmocka_unit_test(
            test_chip_of_a_program_that_crashed_in_the_middle_of_a_burst_is_taken_over),
        cmocka_unit_test_setup(test_link_events_are_heard_after_a_crash, set_up),
        cmocka_unit_test(test_crash_at_any_register_access_is_recovered_from),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
