/*
 * A USB bus changes hands while it runs: one program stops and describes, or crashes with
 * its transfers armed; another, with fresh driver objects on the same machine, takes over. The
 * model checks every DATA PID, and that nothing is written to memory of the first program.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "error.h"
#include "sim_usb_bus.h"
#include "sim_usb_hub.h"
#include "sim_usb_nic.h"

static struct sim_usb_bus programs[2]; /* the machine is the first one's */
static struct sim_dwc2 *const dwc2 = &programs[0].dwc2;
static struct sim_usb_nic nic;
static struct sim_usb_hub hubs[5];
static struct boot_usb description;
static uint8_t bytes[1514];

/* hub_count hubs in a row, and the adapter behind the last of them. */
static void start_afresh(bool qemu, unsigned hub_count)
{
    struct sim_usb_device *root = &nic.usb;
    enum usb_speed speed = qemu ? USB_SPEED_FULL : USB_SPEED_HIGH;

    sim_usb_nic_init(&nic, speed);
    for (unsigned i = 0; i < hub_count; i++) {
        sim_usb_hub_init(&hubs[i], speed, 4);
        sim_usb_hub_plug(&hubs[i], 3, root, true);
        root = &hubs[i].usb;
    }
    sim_usb_bus_init(&programs[0], qemu, root);
    assert_int_equal(sim_usb_bus_start(&programs[0]), 0);
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
}

static int set_up_board(void **state)
{
    (void)state;
    start_afresh(false, 0);
    return 0;
}

static int set_up_qemu(void **state)
{
    (void)state;
    start_afresh(true, 0);
    return 0;
}

static int set_up_two_hubs(void **state)
{
    (void)state;
    start_afresh(false, 2);
    return 0;
}

static int set_up_qemu_hub(void **state)
{
    (void)state;
    start_afresh(true, 1);
    return 0;
}

static void expect_frame(struct sim_usb_bus *program, unsigned length)
{
    struct ethernet_device *device = &program->ecm.ethernet;
    const uint8_t *frame;
    int received = 0;

    sim_usb_nic_deliver(&nic, bytes, length);
    for (unsigned i = 0; i < 200 && received == 0; i++) {
        sim_usb_bus_run(100);
        received = device->receive(device, &frame);
    }
    assert_int_equal(received, length);
    assert_memory_equal(frame, bytes, length);
    device->receive_done(device);
}

static void send_frame(struct sim_usb_bus *program, unsigned length)
{
    struct ethernet_device *device = &program->ecm.ethernet;

    memcpy(device->send_buffer(device), bytes, length);
    assert_int_equal(device->send(device, length), 0);
    sim_usb_bus_run(5000);
    assert_int_equal(nic.sent_length, length);
    assert_memory_equal(nic.sent, bytes, length);
}

/* Both directions work, with toggles that go on where they were. */
static void exchange(struct sim_usb_bus *program)
{
    send_frame(program, 60);
    expect_frame(program, 61);
    expect_frame(program, 700);
    send_frame(program, 1514);
    send_frame(program, 512);
    expect_frame(program, 512);
}

/* The first program's memory is another's now: the model stops a late write. */
static void reuse_memory_of(struct sim_usb_bus *program)
{
    memset(program->ecm.receive_buffer, 0xee, sizeof program->ecm.receive_buffer);
    dma_clean(program->ecm.receive_buffer, sizeof program->ecm.receive_buffer);
}

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
    assert_in_range(nic.usb.requests - requests, 3, 5); /* QEMU: two that displace */
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
        BOARD(test_adoption_costs_a_few_requests_and_little_time),
        QEMU(test_adoption_costs_a_few_requests_and_little_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
