/*
 * A program that uses the USB bus crashes at any of its register accesses; whatever the
 * moment, the next one gets the bus to work: by adoption or, where that is refused, by a full
 * start. (As power failure is tested: count the accesses once, then crash at each.) The model
 * stops the test where QEMU would abort and where a real core would lose data.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "usb_adopt_bench.h"

static struct boot_usb before; /* what the loader knows of the bus */
static bool on_qemu;
static unsigned hub_count;
static unsigned adopted, started;

static bool take_in(struct sim_usb_bus *program)
{
    struct ethernet_device *device = &program->ecm.ethernet;
    const uint8_t *frame;

    sim_usb_bus_run(1000);
    if (device->receive(device, &frame) <= 0)
        return false;
    device->receive_done(device);
    return true;
}

/* Ends what is left of frames that were under way when the program crashed. */
static void clear_the_cable(struct sim_usb_bus *program)
{
    struct ethernet_device *device = &program->ecm.ethernet;

    assert_non_null(device->send_buffer(device));
    assert_int_equal(device->send(device, 60), 0);
    nic.queue_count = nic.queue_at != 0; /* half a frame still comes */
    for (unsigned i = 0; i < 8; i++)
        take_in(program);
    assert_int_equal(nic.queue_count, 0);
}

static void recover(void)
{
    struct sim_usb_bus *next = &programs[1];

    sim_crash_after(0);
    sim_usb_bus_init_program(next);
    description = before;
    description.in.toggle = description.out.toggle = BOOT_USB_TOGGLE_UNKNOWN;
    if (sim_usb_bus_adopt(next, &description) == 0) {
        adopted++;
    } else {
        started++;
        assert_true(sim_dwc2_is_quiet(dwc2));
        sim_usb_bus_init_program(next);
        assert_int_equal(sim_usb_bus_start(next), 0);
    }
    reuse_memory_of(&programs[0]);
    clear_the_cable(next);
    exchange(next);
    assert_int_equal(sim_usb_bus_stop(next, &description), 0);
}

/* ---- what the first program does until it crashes ---- */

static void start(void *context)
{
    (void)context;
    sim_usb_bus_init_program(&programs[0]);
    sim_usb_bus_start(&programs[0]);
}

static void adopt_and_use(void *context)
{
    struct ethernet_device *device = &programs[0].ecm.ethernet;
    struct boot_usb usb;

    (void)context;
    sim_usb_bus_init_program(&programs[0]);
    if (sim_usb_bus_adopt(&programs[0], &before) < 0)
        sim_stop("the bus is not adopted");
    for (unsigned i = 0; i < 3; i++) {
        memcpy(device->send_buffer(device), bytes, 600);
        device->send(device, 600 + i);
        take_in(&programs[0]);
    }
    device->update_link(device);
    sim_usb_bus_stop(&programs[0], &usb);
}

static void enumerate_again(void *context)
{
    adopt_and_use(context);
    start(context);
}

/* Crashes program at its access number moment. Returns false if it came to its end. */
static bool crash_at(void (*program)(void *), uint64_t moment)
{
    start_afresh(on_qemu, hub_count);
    assert_int_equal(sim_usb_bus_stop(&programs[0], &before), 0);
    for (unsigned i = 0; i < 3; i++)
        sim_usb_nic_deliver(&nic, bytes, 700);
    sim_crash_after(moment);
    if (!sim_expect_stop(program, NULL))
        return false;
    assert_string_equal(sim_stop_message(), "crash");
    return true;
}

static void crash_everywhere(void (*program)(void *))
{
    uint64_t moment = 1;

    adopted = started = 0;
    while (crash_at(program, moment++))
        recover();
    assert_true(moment > 100);
}

static void test_crash_while_the_network_is_adopted_used_and_stopped(void **state)
{
    (void)state;
    crash_everywhere(adopt_and_use);
    assert_int_equal(started, 0); /* its devices are what they were, whenever it is */
}

static void test_crash_while_the_bus_is_enumerated_again(void **state)
{
    (void)state;
    crash_everywhere(enumerate_again);
    assert_true(adopted > 100 && started > 100);
}

static int set_up_board_crash(void **state)
{
    (void)state;
    on_qemu = false;
    hub_count = 0;
    return 0;
}

static int set_up_qemu_crash(void **state)
{
    (void)state;
    on_qemu = true;
    hub_count = 0;
    return 0;
}

static int set_up_hub_crash(void **state)
{
    (void)state;
    on_qemu = false;
    hub_count = 1;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define ALL(name)                                                                                  \
    cmocka_unit_test_setup(name, set_up_board_crash),                                              \
        {#name "_on_qemu", name, set_up_qemu_crash, NULL, NULL},                                   \
        {#name "_behind_a_hub", name, set_up_hub_crash, NULL, NULL}
        ALL(test_crash_while_the_network_is_adopted_used_and_stopped),
        ALL(test_crash_while_the_bus_is_enumerated_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
