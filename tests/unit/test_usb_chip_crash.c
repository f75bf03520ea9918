/*
 * A program that uses one of the board's Ethernet chips crashes at any of its register accesses:
 * in the middle of a burst, of a frame that is sent, of a request to the PHY. The next program
 * gets the network to work without a reset of the bus and without a new link, by adoption; and if
 * it cannot, by a full start. (As test_usb_crash.c does for CDC-ECM.) The models stop the test at a
 * FIFO whose framing was lost, at a register that may not be written while frames pass, at a MII
 * that is used while it is busy.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "usb_chip_bench.h"

#include "dma.h"

static struct sim_usb_bus next;
static struct boot_usb before; /* what the loader knows of the bus */

static void send_some(void)
{
    for (uint32_t i = 0; i < 3; i++) {
        uint8_t *frame = device->send_buffer(device);

        if (!frame)
            return;
        make_frame(frame, 600 + i * 400, i);
        device->send(device, 600 + i * 400);
    }
}

/* What the first program does until it crashes. */
static void adopt_and_use(void *context)
{
    struct boot_usb usb;

    (void)context;
    sim_usb_bus_init_program(&bus);
    if (sim_usb_bus_adopt(&bus, &before) < 0)
        sim_stop("the bus is not adopted");
    device = bus.ethernet;
    for (unsigned round = 0; round < 2; round++) {
        uint32_t number;

        send_some();
        for (uint32_t i = 0; i < 5; i++)
            deliver(1000, i);
        while (take(&number, 500))
            ;
        device->link_event = true;
        device->update_link(device);
    }
    for (uint32_t i = 0; i < 5; i++)
        deliver(1000, i);
    sim_usb_bus_stop(&bus, &usb);
}

/* Crashes it at its access number moment. Returns false if it came to its end. */
static bool crash_at(uint64_t moment)
{
    bring_up();
    assert_int_equal(sim_usb_bus_stop(&bus, &before), 0);
    sim_crash_after(moment);
    if (!sim_expect_stop(adopt_and_use, NULL))
        return false;
    assert_string_equal(sim_stop_message(), "crash");
    sim_crash_after(0);
    return true;
}

/* The first program's memory is another's now: the simulator stops a late write. */
static void reuse_its_memory(void)
{
    memset(&bus.lan_buffers, 0xee, sizeof bus.lan_buffers);
    dma_clean(&bus.lan_buffers, sizeof bus.lan_buffers);
}

/* Both directions, whole and in order; before that the last of what was under way may come. */
static void check_traffic(void)
{
    uint32_t number;
    unsigned sent;

    while (take(&number, 2000))
        ;
    for (uint32_t i = 0; i < 6; i++)
        deliver(60 + i * 290, 100 + i);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(take(&number, 5000), 60 + i * 290);
        assert_int_equal(number, 100 + i);
    }
    sent = chip.sent_count;
    for (uint32_t i = 0; i < 6; i++) {
        send_numbered(60 + i * 290, i);
        sim_usb_bus_run(1000);
        assert_int_equal(chip.sent_count, sent + i + 1);
        assert_int_equal(chip.sent_length, 60 + i * 290);
    }
    assert_int_equal(device->statistics.receive_errors, 0);
    assert_int_equal(device->statistics.send_errors, 0);
}

static void adopt_after_crash(void)
{
    struct boot_usb usb = before;
    uint32_t resets = chip.chip->statistics.resets;

    usb.in.toggle = usb.out.toggle = BOOT_USB_TOGGLE_UNKNOWN;
    sim_usb_bus_init_program(&next);
    chip.forgives_reception = true;
    assert_int_equal(sim_usb_bus_adopt(&next, &usb), 0);
    chip.forgives_reception = false;
    device = next.ethernet;
    reuse_its_memory();
    assert_int_equal(chip.chip->statistics.resets, resets);
}

static void test_network_is_adopted_after_a_crash_at_any_moment(void **state)
{
    uint64_t moment = 1;

    (void)state;
    for (; crash_at(moment); moment += machine->qemu ? 7 : 5) {
        struct boot_usb usb;

        adopt_after_crash();
        assert_true(wait_for_link(true, 10 * NEGOTIATION_US));
        check_traffic();
        assert_int_equal(sim_usb_bus_stop(&next, &usb), 0);
    }
    assert_true(moment > 500);
}

static void test_network_is_started_anew_after_a_crash_at_any_moment(void **state)
{
    uint64_t moment = 3;

    (void)state;
    for (; crash_at(moment); moment += 29) {
        struct boot_usb usb;

        sim_usb_bus_init_program(&next);
        chip.forgives_reception = true;
        assert_int_equal(sim_usb_bus_start(&next), 0);
        chip.forgives_reception = false;
        device = next.ethernet;
        reuse_its_memory();
        assert_true(wait_for_link(true, 20 * NEGOTIATION_US));
        check_traffic();
        assert_int_equal(sim_usb_bus_stop(&next, &usb), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_network_is_adopted_after_a_crash_at_any_moment),
        cmocka_unit_test(test_network_is_started_anew_after_a_crash_at_any_moment),
    };

    return run_on_machines(tests, sizeof tests / sizeof *tests, MACHINES);
}
