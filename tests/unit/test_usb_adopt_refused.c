/*
 * A USB bus that is not what its description says is not taken over: the error says so soon,
 * nothing is left under way, and a start from the beginning works.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "usb_adopt_bench.h"

/* Adoption fails with this error, leaves nothing under way, changed nothing on the bus in the
 * meantime, and a full start then works. */
static void refused(int error)
{
    uint64_t before_us = clock_now_us();

    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), error);
    /* On QEMU half a second more for a request that nobody answers. */
    assert_in_range(clock_now_us() - before_us, 0, 2 * USB_ADOPT_TIMEOUT_US + 10000);
    assert_true(sim_dwc2_is_quiet(dwc2));
    assert_false(ethernet_cdc_ecm_is_attached(&programs[1].ecm));
    assert_int_equal(programs[1].bus.attached_count, 0);
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_start(&programs[1]), 0);
    exchange(&programs[1]);
}

static int set_up_stopped(void **state)
{
    set_up_board(state);
    assert_int_equal(sim_usb_bus_stop(&programs[0], &description), 0);
    return 0;
}

static int set_up_stopped_qemu(void **state)
{
    set_up_qemu(state);
    assert_int_equal(sim_usb_bus_stop(&programs[0], &description), 0);
    return 0;
}

static int set_up_stopped_hubs(void **state)
{
    set_up_two_hubs(state);
    assert_int_equal(sim_usb_bus_stop(&programs[0], &description), 0);
    return 0;
}

static void test_port_that_was_disabled_is_refused(void **state)
{
    (void)state;
    sim_dwc2_disable_port(dwc2);
    refused(ERROR_CORRUPT);
}

static void test_port_without_a_device_is_refused(void **state)
{
    (void)state;
    sim_dwc2_unplug(dwc2);
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), ERROR_ABSENT);
    assert_true(sim_dwc2_is_quiet(dwc2));
}

static void test_controller_that_was_reset_is_refused(void **state)
{
    (void)state;
    mmio_write32(dwc2->device.base + 0x10, 1);
    sim_advance_us(10000);
    refused(ERROR_ABSENT);
}

static void test_controller_without_dma_is_refused(void **state)
{
    (void)state;
    mmio_write32(dwc2->device.base + 0x08, 0);
    refused(ERROR_CORRUPT);
}

static void test_controller_of_another_kind_is_refused(void **state)
{
    (void)state;
    dwc2->is_absent = true;
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), ERROR_ABSENT);
}

static void test_channel_that_never_halts_is_refused(void **state)
{
    (void)state;
    crash(&programs[0]);
    dwc2->never_halts = true;
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), ERROR_TIMEOUT);
}

static void test_device_at_another_speed_is_refused(void **state)
{
    (void)state;
    description.devices[0].speed ^= 1;
    refused(ERROR_CORRUPT);
}

static void test_device_with_other_packets_is_refused(void **state)
{
    (void)state;
    description.devices[0].max_packet = 32;
    refused(ERROR_CORRUPT);
}

static void test_another_device_at_the_address_is_refused(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        static const uint8_t at[] = {4, 8, 10, 11}; /* class, vendor, product twice */

        nic.device_descriptor[at[i]] ^= 1;
        refused(ERROR_CORRUPT);
        assert_int_equal(sim_usb_bus_stop(&programs[1], &description), 0);
    }
}

static void test_address_that_nobody_has_is_refused(void **state)
{
    (void)state;
    nic.usb.address = 0; /* it lost its power for a moment */
    refused(dwc2->qemu ? ERROR_TIMEOUT : ERROR_IO);
    assert_int_equal(sim_usb_bus_stop(&programs[1], &description), 0);
    description.devices[0].address = 99;
    refused(dwc2->qemu ? ERROR_TIMEOUT : ERROR_IO);
}

static void test_device_in_another_configuration_is_refused(void **state)
{
    (void)state;
    nic.usb.configuration = 2;
    refused(ERROR_CORRUPT);
    assert_int_equal(sim_usb_bus_stop(&programs[1], &description), 0);
    nic.usb.configuration = 0;
    refused(ERROR_CORRUPT);
}

static void test_data_interface_in_another_setting_is_refused(void **state)
{
    (void)state;
    nic.usb.alternate[1] = 0;
    refused(ERROR_CORRUPT);
    assert_int_equal(sim_usb_bus_stop(&programs[1], &description), 0);
    nic.usb.configuration = 1;
    nic.usb.deaf_to = 10; /* it does not say */
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), ERROR_IO);
}

static void test_device_that_only_waits_is_refused_in_time(void **state)
{
    (void)state;
    nic.usb.busy = true;
    sim_usb_bus_init_program(&programs[1]);
    uint64_t before_us = clock_now_us();

    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - before_us, 0, USB_ADOPT_TIMEOUT_US + 10000);
    assert_true(sim_dwc2_is_quiet(dwc2));
    nic.usb.busy = false; /* the description is as good as before: only time was lost */
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), 0);
    exchange(&programs[1]);
}

static void test_answers_that_are_too_short_are_refused(void **state)
{
    (void)state;
    nic.usb.answer_at_most = 17;
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), ERROR_CORRUPT);
    assert_true(sim_dwc2_is_quiet(dwc2));
}

static void test_hub_whose_port_was_disabled_gives_no_device(void **state)
{
    (void)state;
    assert_int_equal(description.device_count, 3);
    hubs[0].ports[3].status = 0;
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), ERROR_IO);
    assert_true(sim_dwc2_is_quiet(dwc2));
}

/* ---- descriptions that contradict themselves ---- */

static void nonsense(void)
{
    unsigned requests = nic.usb.requests, hub_requests = hubs[1].usb.requests;

    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(usb_bus_adopt(&programs[1].bus, &description), ERROR_INVALID);
    assert_int_equal(nic.usb.requests, requests); /* nobody was asked */
    assert_int_equal(hubs[1].usb.requests, hub_requests);
    assert_int_equal(programs[1].bus.device_count, 0);
}

static void test_descriptions_that_contradict_themselves_are_refused_unasked(void **state)
{
    const struct boot_usb good = description;

    (void)state;
    assert_int_equal(good.device_count, 3);
#define WRONG(change)                                                                              \
    do {                                                                                           \
        description = good;                                                                        \
        description.change;                                                                        \
        nonsense();                                                                                \
    } while (0)
    WRONG(device_count = 0);
    WRONG(device_count = 7);
    WRONG(device_count = 255);
    WRONG(ethernet = 3);
    WRONG(ethernet = 255);
    WRONG(ethernet = 1); /* a hub */
    WRONG(driver[0] = 'x');
    WRONG(driver[0] = 0);
    WRONG(driver[7] = 's');
    memset(description.driver, 'c', sizeof description.driver); /* without an end */
    nonsense();
    for (unsigned i = 0; i < 3; i++) {
        WRONG(devices[i].address = 0);
        WRONG(devices[i].address = 128);
        WRONG(devices[i].address = description.devices[(i + 1) % 3].address);
        WRONG(devices[i].hub = (uint8_t)i); /* on itself */
        WRONG(devices[i].hub = 3);
        WRONG(devices[i].hub = i == 0 ? 1 : BOOT_USB_ROOT); /* a loop; two on the root port */
        WRONG(devices[i].port = i == 0 ? 1 : 0);
        WRONG(devices[i].port = 16);
        WRONG(devices[i].speed = 3);
        WRONG(devices[i].speed = USB_SPEED_LOW); /* of one of them only */
        WRONG(devices[i].max_packet = 0);
        WRONG(devices[i].max_packet = 65);
        WRONG(devices[i].configuration = 0);
        WRONG(devices[i].class = i == 2 ? 9 : 0); /* the adapter a hub, a hub none */
    }
    WRONG(devices[1].hub = 2);
    description = good;
    for (unsigned i = 0; i < 3; i++)
        description.devices[i].speed = 3;
    nonsense();
    /* As many as there may be, all sound, and one more. */
    description = good;
    description.devices[5] = good.devices[2];
    for (uint8_t i = 1; i < 6; i++) {
        if (i < 5)
            description.devices[i] = good.devices[1];
        description.devices[i].address = i + 1;
        description.devices[i].hub = i - 1;
    }
    description.ethernet = 5;
    description.device_count = 7;
    nonsense();
    description = good;
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), 0);
}

static void test_adapter_that_is_set_up_otherwise_than_described_is_refused(void **state)
{
    const struct boot_usb good = description;

    (void)state;
#define REFUSED(error, change)                                                                     \
    do {                                                                                           \
        description = good;                                                                        \
        description.change;                                                                        \
        sim_usb_bus_init_program(&programs[1]);                                                    \
        assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), error);                    \
        assert_true(sim_dwc2_is_quiet(dwc2));                                                      \
        assert_false(ethernet_cdc_ecm_is_attached(&programs[1].ecm));                              \
    } while (0)
    REFUSED(ERROR_INVALID, in.toggle = 3);
    REFUSED(ERROR_INVALID, out.toggle = 255);
    REFUSED(ERROR_INVALID, mac[0] |= 1);
    REFUSED(ERROR_CORRUPT, in.number = 3);
    REFUSED(ERROR_CORRUPT, out.number = 130);
    REFUSED(ERROR_CORRUPT, in.max_packet = 0);
    REFUSED(ERROR_CORRUPT, out.max_packet = 256);
    REFUSED(ERROR_CORRUPT, own[0] = 7);
    REFUSED(ERROR_CORRUPT, own[1] = 0);
    REFUSED(ERROR_CORRUPT, own[2] = 0);
    REFUSED(ERROR_CORRUPT, devices[0].index = 0); /* the other configuration */
    REFUSED(ERROR_STALLED, devices[0].index = 9);
    memset(description.mac, 0, 6);
    description.devices[0].index = good.devices[0].index;
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), ERROR_INVALID);
    description = good;
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), 0);
    exchange(&programs[1]);
}

static void test_device_that_became_something_else_is_refused(void **state)
{
    (void)state;
    nic.configuration[5] = 3; /* bConfigurationValue */
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), ERROR_CORRUPT);
    nic.configuration[5] = 1;
    nic.configuration[9 + 9 + 5 + 2] = 0x77; /* no union: no adapter any more */
    sim_usb_bus_init_program(&programs[1]);
    assert_int_equal(sim_usb_bus_adopt(&programs[1], &description), ERROR_CORRUPT);
    assert_true(sim_dwc2_is_quiet(dwc2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define BOARD(name) cmocka_unit_test_setup(name, set_up_stopped)
#define QEMU(name)  {#name "_on_qemu", name, set_up_stopped_qemu, NULL, NULL}
#define HUBS(name)  cmocka_unit_test_setup(name, set_up_stopped_hubs)
#define BOTH(name)  BOARD(name), QEMU(name)
        BOTH(test_port_that_was_disabled_is_refused),
        BOTH(test_port_without_a_device_is_refused),
        BOARD(test_controller_that_was_reset_is_refused),
        BOARD(test_controller_without_dma_is_refused),
        BOTH(test_controller_of_another_kind_is_refused),
        cmocka_unit_test_setup(test_channel_that_never_halts_is_refused, set_up_board),
        BOTH(test_device_at_another_speed_is_refused),
        BOTH(test_device_with_other_packets_is_refused),
        BOTH(test_another_device_at_the_address_is_refused),
        BOTH(test_address_that_nobody_has_is_refused),
        BOTH(test_device_in_another_configuration_is_refused),
        BOTH(test_data_interface_in_another_setting_is_refused),
        BOTH(test_device_that_only_waits_is_refused_in_time),
        BOTH(test_answers_that_are_too_short_are_refused),
        HUBS(test_hub_whose_port_was_disabled_gives_no_device),
        HUBS(test_descriptions_that_contradict_themselves_are_refused_unasked),
        BOTH(test_adapter_that_is_set_up_otherwise_than_described_is_refused),
        BOTH(test_device_that_became_something_else_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
