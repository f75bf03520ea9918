/*
 * A USB bus changes hands while it runs: one program stops and describes, or crashes with
 * its transfers armed; another, with fresh driver objects on the same machine, takes over. The
 * model checks every DATA PID, and that nothing is written to memory of the first program.
 * What is not taken over is in test_usb_adopt_refused.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "usb_adopt_bench.h"

static void test_stopped_bus_is_adopted_as_often_as_one_likes(void **state)
{
    unsigned resets = dwc2->port_resets;

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        struct sim_usb_bus *old = &programs[i % 2], *next = &programs[(i + 1) % 2];

        for (unsigned k = 0; k < i; k++) { /* toggles in every state */
            expect_frame(old, 60);
            if (k % 2)
                send_frame(old, 60);
        }
        assert_int_equal(sim_usb_bus_stop(old, &description), 0);
        assert_true(sim_dwc2_is_quiet(dwc2));
        reuse_memory_of(old);
        sim_usb_bus_init_program(next);
        assert_int_equal(sim_usb_bus_adopt(next, &description), 0);
        assert_memory_equal(next->ecm.ethernet.mac, "\x52\x54\x00\x12\x34\x56", 6);
        assert_true(next->ecm.ethernet.link_is_up(&next->ecm.ethernet));
        exchange(next);
    }
    assert_int_equal(dwc2->port_resets, resets);
}

static void test_description_of_an_adopted_bus_is_the_one_it_was_adopted_with(void **state)
{
    struct boot_usb again;

    (void)state;
    expect_frame(&programs[0], 60); /* one toggle at 1 */
    memset(&description, 0xee, sizeof description);
    assert_int_equal(sim_usb_bus_stop(&programs[0], &description), 0);
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), 0);
    memset(&again, 0xdd, sizeof again);
    assert_int_equal(sim_usb_bus_stop(&programs[1], &again), 0);
    assert_memory_equal(&again, &description, sizeof again);
    assert_int_equal(description.in.toggle, !dwc2->qemu); /* its model keeps none */
    assert_int_equal(description.out.toggle, 0);
    assert_int_equal(description.own[0], 0);
    assert_int_equal(description.own[1], 1);
    assert_int_equal(description.own[2], 1);
    assert_string_equal(description.driver, "cdc-ecm");
}

static void test_adopted_adapter_lives_on_like_any_other(void **state)
{
    struct ethernet_device *device = &programs[1].ecm.ethernet;

    (void)state;
    assert_int_equal(sim_usb_bus_stop(&programs[0], &description), 0);
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), 0);
    sim_usb_bus_run(1000000);
    nic.usb.halted_in = 1 << 2;
    for (unsigned i = 0; i < 10; i++) {
        const uint8_t *frame;

        sim_usb_bus_run(100);
        assert_int_equal(device->receive(device, &frame), 0);
    }
    assert_int_equal(device->update_link(device), 0); /* clears the halt */
    exchange(&programs[1]);
    sim_dwc2_disable_port(dwc2);
    assert_int_equal(device->update_link(device), ERROR_IO);
    assert_false(device->link_is_up(device));
}

static void test_adoption_costs_a_few_requests_and_little_time(void **state)
{
    unsigned requests;
    uint64_t before_us;

    (void)state;
    assert_int_equal(sim_usb_bus_stop(&programs[0], &description), 0);
    sim_usb_bus_init_program(&programs[1]);
    requests = nic.usb.requests;
    before_us = clock_now_us();
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), 0);
    assert_true(clock_now_us() - before_us < 1000);
    assert_in_range(nic.usb.requests - requests, 5, 7); /* QEMU: two that displace */
}

/* ---- the first program crashed ---- */

static void test_bus_of_a_crashed_program_is_adopted(void **state)
{
    unsigned resets = dwc2->port_resets;

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        struct sim_usb_bus *old = &programs[i % 2], *next = &programs[(i + 1) % 2];

        for (unsigned k = 0; k < i; k++)
            expect_frame(old, 60);
        if (i % 3 == 1)
            send_frame(old, 60);
        sim_usb_bus_run(1000);
        crash(old);
        sim_usb_bus_init_program(next);
        assert_int_equal(sim_usb_bus_adopt(next, &description), 0);
        reuse_memory_of(old);
        exchange(next);
    }
    assert_int_equal(dwc2->port_resets, resets);
}

static void test_frame_half_received_at_the_crash_is_lost_and_no_more(void **state)
{
    struct ethernet_device *device = &programs[1].ecm.ethernet;
    const uint8_t *frame;

    (void)state;
    sim_usb_nic_deliver(&nic, bytes, 1514);
    clock_delay_us(15); /* one packet at most has come */
    crash(&programs[0]);
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), 0);
    reuse_memory_of(&programs[0]);
    for (unsigned i = 0; i < 20; i++) {
        sim_usb_bus_run(100);
        if (device->receive(device, &frame) > 0)
            device->receive_done(device); /* its rest looks like a frame */
    }
    exchange(&programs[1]);
}

static void test_halted_sending_is_handed_over_and_set_free(void **state)
{
    struct ethernet_device *device = &programs[0].ecm.ethernet;

    (void)state;
    send_frame(&programs[0], 60);
    nic.usb.halted_out = 1 << 2;
    memcpy(device->send_buffer(device), bytes, 60);
    assert_int_equal(device->send(device, 60), 0);
    sim_usb_bus_run(1000);
    assert_int_equal(device->statistics.send_errors, 1);
    assert_int_equal(sim_usb_bus_stop(&programs[0], &description), 0);
    assert_int_equal(description.out.toggle, BOOT_USB_TOGGLE_UNKNOWN);
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), 0);
    exchange(&programs[1]);
}

static void test_halted_reception_is_handed_over_and_set_free(void **state)
{
    (void)state;
    expect_frame(&programs[0], 60);
    nic.usb.halted_in = 1 << 2;
    sim_usb_bus_run(1000);
    assert_int_equal(sim_usb_bus_stop(&programs[0], &description), 0);
    assert_int_equal(description.in.toggle, BOOT_USB_TOGGLE_UNKNOWN);
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), 0);
    exchange(&programs[1]);
}

/* The same crash, but nobody believes in a description: a port reset is next. */
static void test_full_start_survives_what_a_crashed_program_left_armed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct sim_usb_bus *old = &programs[i % 2], *next = &programs[(i + 1) % 2];

        exchange(old);
        crash(old);
        sim_usb_bus_init_program(next);
        assert_int_equal(sim_usb_bus_start(next), 0);
        reuse_memory_of(old);
        exchange(next);
    }
}

static void test_full_start_survives_a_crash_in_the_middle_of_a_halt(void **state)
{
    (void)state;
    sim_usb_bus_run(1000);
    crash(&programs[0]);
    /* It had disabled its channel, and not yet waited for the end of it. */
    for (unsigned i = 0; i < SIM_DWC2_CHANNELS; i++) {
        uint32_t control = mmio_read32(dwc2->device.base + 0x500 + i * 0x20);

        if (control >> 31)
            mmio_write32(dwc2->device.base + 0x500 + i * 0x20, control | 1u << 30);
    }
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_start(&programs[1]), 0);
    exchange(&programs[1]);
}

/* ---- describing ---- */

static void test_bus_that_is_not_at_rest_is_not_described(void **state)
{
    struct boot_usb untouched;

    (void)state;
    assert_int_equal(usb_bus_describe(&programs[0].bus, &untouched), ERROR_ABSENT);
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(usb_bus_describe(&programs[1].bus, &untouched), ERROR_ABSENT);
}

static void test_adapter_that_is_gone_is_not_described(void **state)
{
    struct ethernet_device *device = &programs[0].ecm.ethernet;

    (void)state;
    sim_dwc2_disable_port(dwc2);
    sim_usb_bus_run(1000);
    assert_int_equal(device->update_link(device), ERROR_IO);
    assert_int_equal(sim_usb_bus_stop(&programs[0], &description), ERROR_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define BOARD(name) cmocka_unit_test_setup(name, set_up_board)
#define QEMU(name)  {#name "_on_qemu", name, set_up_qemu, NULL, NULL}
#define TWO_HUBS(name)                                                                             \
    {                                                                                              \
#name "_behind_two_hubs", name, set_up_two_hubs, NULL, NULL                                \
    }
#define QEMU_HUB(name)                                                                             \
    {                                                                                              \
#name "_behind_the_hub_of_qemu", name, set_up_qemu_hub, NULL, NULL                         \
    }
#define ALL(name) BOARD(name), QEMU(name), TWO_HUBS(name), QEMU_HUB(name)
        ALL(test_stopped_bus_is_adopted_as_often_as_one_likes),
        ALL(test_description_of_an_adopted_bus_is_the_one_it_was_adopted_with),
        ALL(test_adopted_adapter_lives_on_like_any_other),
        BOARD(test_adoption_costs_a_few_requests_and_little_time),
        QEMU(test_adoption_costs_a_few_requests_and_little_time),
        ALL(test_bus_of_a_crashed_program_is_adopted),
        BOARD(test_frame_half_received_at_the_crash_is_lost_and_no_more),
        BOARD(test_halted_reception_is_handed_over_and_set_free),
        QEMU(test_halted_reception_is_handed_over_and_set_free),
        BOARD(test_halted_sending_is_handed_over_and_set_free),
        QEMU(test_halted_sending_is_handed_over_and_set_free),
        ALL(test_full_start_survives_what_a_crashed_program_left_armed),
        ALL(test_full_start_survives_a_crash_in_the_middle_of_a_halt),
        ALL(test_bus_that_is_not_at_rest_is_not_described),
        BOARD(test_adapter_that_is_gone_is_not_described),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
