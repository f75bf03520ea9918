/*
 * test_hand_back: the ends of a service that a loader stands guard over: what the loader gets,
 * in which order, and what becomes of a loader that does not want it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

/* The simulator's console takes everything at once: nothing would ever be undrained. */
#include "log.h"
#define log_undrained undrained
static size_t undrained(void);
#include "../../kernel/service_end.c"

#include "boot_record.h"
#include "console.h"
#include "duties.h"
#include "error.h"
#include "ethernet_device.h"
#include "guardian.h"
#include "log.h"
#include "net_files.h"
#include "recorder.h"
#include "service.h"
#include "service_parts.h"
#include "sim.h"
#include "sim_board.h"
#include "sim_guard.h"
#include "sim_net.h"

static struct sim_net sim;
static struct boot_record record;
static size_t line_length_at_count; /* of the loader's log, when the undrained bytes are counted */
static size_t line_room;

static size_t undrained(void)
{
    line_length_at_count = sim_guard.log_length;
    return 4321;
}

static size_t take_some(struct console *self, const char *bytes, size_t length)
{
    size_t taken = length < line_room ? length : line_room;

    (void)self;
    (void)bytes;
    line_room -= taken;
    return taken;
}

static int set_up_group(void **state)
{
    static struct console slow = {.name = "slow", .write = take_some};

    (void)state;
    line_room = SIZE_MAX;
    sim_reset();
    log_add_console(&slow);
    return 0;
}

static int set_up(void **state)
{
    static struct boot_card card = {.host = BOARD_CARD_SDHOST, .address = 0x12340000};

    (void)state;
    line_room = SIZE_MAX;
    sim_net_start(&sim);
    sim_net_static();
    sim_net_settle();
    sim_board_reset();
    sim_guard_begin();
    sim_board.describe_network_status = 0;
    sim_board.network_description =
        (struct boot_usb){.driver = "sim",
                          .device_count = 2,
                          .ethernet = 1,
                          .devices = {{.hub = BOOT_USB_ROOT, .address = 1}, {.address = 2}}};
    sim_board.machine.ethernet = &sim.cable.end[0].device;
    record = (struct boot_record){
        .loader.features = BOOT_FEATURE_GUARD | BOOT_FEATURE_WARM,
        .over = {.has_card = true, .card = card},
    };
    duties_due_us = 0;
    guardian_init(&record);
    recorder_start();
    service_log_init("demo");
    service_end_init(&sim_board.machine, &record);
    return 0;
}

static int tear_down(void **state)
{
    bool empty;

    (void)state;
    line_room = SIZE_MAX;
    log_set_recorder(NULL);
    sim_guard_reset();
    guardian_init(&(struct boot_record){0});
    empty = sim_net_stop(&sim);
    return empty ? 0 : -1;
}

static void exit_with(void *status)
{
    service_exit(*(int *)status);
}

static void reboot(void *context)
{
    (void)context;
    service_reboot();
}

static void start_next(void *name)
{
    service_start_next(name);
}

static void expect_end(void (*end)(void *), void *context, const char *how)
{
    assert_true(sim_expect_stop(end, context));
    assert_string_equal(sim_stop_message(), how);
}

static const struct boot_hand_back *request(void)
{
    return &sim_guard.handed_back.hand_back;
}

/* ---- what is asked ---- */

static void test_an_exit_hands_back_its_status(void **state)
{
    (void)state;
    expect_end(exit_with, &(int){-8}, "handed back");
    assert_int_equal(request()->kind, BOOT_HAND_BACK_EXIT);
    assert_int_equal(request()->status, -8);
    assert_int_equal(request()->push_ended_us, 0);
    assert_non_null(
        strstr(sim_guard.log, "kernel: the service ended with status -8: back to the loader\n"));
}

static void test_a_reboot_hands_back_without_a_reset(void **state)
{
    (void)state;
    expect_end(reboot, NULL, "handed back");
    assert_int_equal(request()->kind, BOOT_HAND_BACK_REBOOT);
}

static void test_the_next_service_is_asked_for_by_name(void **state)
{
    char longest[128];

    (void)state;
    expect_end(start_next, "echo.elf", "handed back");
    assert_int_equal(request()->kind, BOOT_HAND_BACK_NEXT);
    assert_string_equal(request()->name, "echo.elf");
    memset(longest, 'a', 127);
    longest[127] = '\0';
    sim_board.machine.ethernet = &sim.cable.end[0].device;
    expect_end(start_next, longest, "handed back");
    assert_string_equal(request()->name, longest);
}

static void test_what_is_no_name_of_a_file_is_refused_at_once(void **state)
{
    char too_long[129];

    (void)state;
    memset(too_long, 'a', 128);
    too_long[128] = '\0';
    assert_int_equal(service_start_next(""), ERROR_INVALID);
    assert_int_equal(service_start_next("a b"), ERROR_INVALID);
    assert_int_equal(service_start_next("a\n"), ERROR_INVALID);
    assert_int_equal(service_start_next("caf\xc3\xa9"), ERROR_INVALID);
    assert_int_equal(service_start_next(too_long), ERROR_INVALID);
    assert_int_equal(sim_board.quiesces, 0);
    assert_int_equal(sim_guard_calls(GUARD_HAND_BACK), 0);
}

/* ---- what is described ---- */

static void test_devices_lease_and_neighbours_are_described_at_rest(void **state)
{
    static const struct net_neighbour peer = {{{10, 0, 0, 1}}, {2, 0, 0, 0, 0, 9}};
    const struct hand_over *over = &sim_guard.handed_back;

    (void)state;
    net_neighbour_add(&peer);
    expect_end(reboot, NULL, "handed back");
    assert_int_equal(sim_board.quiesces, 1);
    assert_true(over->has_usb);
    assert_string_equal(over->usb.driver, "sim");
    assert_true(over->has_card);
    assert_int_equal(over->card.address, 0x12340000);
    assert_true(over->has_lease);
    assert_memory_equal(over->lease.address, "\12\0\0\2", 4);
    assert_memory_equal(over->lease.mask, "\377\377\377\0", 4);
    assert_memory_equal(over->lease.gateway, "\12\0\0\1", 4);
    assert_memory_equal(over->lease.dns, "\12\0\0\1", 4);
    assert_memory_equal(over->lease.mac, "\2\0\0\0\0\1", 6);
    assert_int_equal(over->neighbour_count, 1);
    assert_memory_equal(over->neighbours[0].address, "\12\0\0\1", 4);
    assert_memory_equal(over->neighbours[0].mac, peer.mac, 6);
    assert_false(over->has_transfer);
}

static void test_of_a_lease_the_seconds_that_are_left_are_told(void **state)
{
    static const struct net_lease granted = {.address = {{10, 0, 0, 2}},
                                             .mask = {{255, 255, 255, 0}},
                                             .dhcp_server = {{10, 0, 0, 1}},
                                             .seconds = 1000};
    struct net_lease lease = granted;

    (void)state;
    lease.granted_at_us = 0; /* set by net_adopt */
    net_adopt(&lease, 600);
    sim_advance_us(100 * 1000000ull);
    expect_end(reboot, NULL, "handed back");
    assert_true(sim_guard.handed_back.has_lease);
    assert_in_range(sim_guard.handed_back.lease.seconds_left, 498, 501);
}

static void test_a_lease_for_ever_stays_one(void **state)
{
    struct net_lease lease = {
        .address = {{10, 0, 0, 2}}, .mask = {{255, 255, 255, 0}}, .seconds = UINT32_MAX};

    (void)state;
    net_adopt(&lease, UINT32_MAX);
    sim_advance_us(100 * 1000000ull);
    expect_end(reboot, NULL, "handed back");
    assert_int_equal(sim_guard.handed_back.lease.seconds_left, UINT32_MAX);
}

static void test_with_warm_off_no_device_is_described(void **state)
{
    static const struct net_neighbour peer = {{{10, 0, 0, 1}}, {2, 0, 0, 0, 0, 9}};
    const struct hand_over *over = &sim_guard.handed_back;

    (void)state;
    record.loader.features = BOOT_FEATURE_GUARD;
    net_neighbour_add(&peer);
    expect_end(reboot, NULL, "handed back");
    assert_false(over->has_usb || over->has_card || over->has_lease);
    assert_int_equal(over->neighbour_count, 0);
    assert_true(over->has_log && over->has_hand_back);
}

static void receive_nothing(void *context, struct net_address from, uint16_t from_port,
                            const uint8_t *bytes, size_t length)
{
    (void)context;
    (void)from;
    (void)from_port;
    (void)bytes;
    (void)length;
}

static void test_the_completed_push_is_remembered_for_the_next_program(void **state)
{
    static struct tftp_server_files none;
    const struct hand_over *over = &sim_guard.handed_back;

    (void)state;
    assert_int_equal(net_files_start(&none, "demo", "host", (struct net_address){{0}}), 0);
    net_files_remember(&(struct tftp_server_peer){{{10, 0, 0, 5}}, 4000}, 77);
    expect_end(reboot, NULL, "handed back");
    assert_true(over->has_transfer);
    assert_memory_equal(over->transfer.address, "\12\0\0\5", 4);
    assert_int_equal(over->transfer.port, 4000);
    assert_int_equal(over->transfer.block, 77);
    assert_non_null(net_udp_open(TFTP_SERVER_PORT, false, receive_nothing, NULL)); /* it is free */
}

static void test_a_device_that_does_not_stop_is_named_and_not_described(void **state)
{
    (void)state;
    sim_board.quiesce_status = ERROR_TIMEOUT;
    sim_board.describe_network_status = ERROR_ABSENT;
    expect_end(reboot, NULL, "handed back");
    assert_false(sim_guard.handed_back.has_usb);
    assert_non_null(strstr(sim_guard.log, "kernel: a device did not stop: timeout"));
}

/* ---- the log ---- */

static void test_the_log_is_not_waited_for_and_what_consoles_lack_is_counted(void **state)
{
    uint64_t start_us;

    (void)state;
    line_room = 0;
    for (int i = 0; i < 100; i++)
        service_log("line %d", i);
    *guardian_log_kept()->sent = (struct boot_log_sent){.position = 1ull << 33, .sequence = 5};
    service_log_put('p'); /* a line of stdout that was begun */
    start_us = service_clock_us();
    expect_end(reboot, NULL, "handed back");
    assert_in_range(service_clock_us() - start_us, 0, 10000);
    assert_true(sim_guard.handed_back.has_log);
    assert_int_equal(sim_guard.handed_back.log.undrained, 4321);
    assert_true(sim_guard.handed_back.log.sent.position == 1ull << 33);
    assert_int_equal(sim_guard.handed_back.log.sent.sequence, 5);
    assert_int_equal(line_length_at_count, sim_guard.log_length); /* no line after it */
    assert_non_null(strstr(sim_guard.log, "demo: p\n"));
}

/* ---- refused ---- */

static void test_a_loader_that_refuses_gets_the_machine_by_a_crash(void **state)
{
    (void)state;
    sim_guard_answer(GUARD_HAND_BACK, ERROR_REFUSED);
    assert_true(sim_expect_stop(reboot, NULL));
    assert_non_null(strstr(sim_stop_message(), "the loader takes the machine back"));
    assert_int_equal(sim_board.quiesces, 1);
    assert_non_null(
        strstr(sim_log(), "kernel: the loader does not take the machine back: refused\n"));
}

static void end_from_callback(struct service_udp *socket, void *context,
                              const struct service_address *from, const uint8_t *bytes,
                              size_t length)
{
    (void)socket;
    (void)context;
    (void)from;
    (void)bytes;
    (void)length;
    service_exit(0);
}

static void deliver(void *context)
{
    static const uint8_t us[4] = {10, 0, 0, 2}, them[4] = {10, 0, 0, 1};
    struct sim_frame frame;

    (void)context;
    sim_peer_make_udp(&sim.peer, &frame, them, 4000, us, 7, (const uint8_t *)"x", 1);
    sim_peer_send(&sim.peer, &frame);
    sim_net_settle();
}

/* Last: the stack stays in the middle of its poll. */
static void test_a_service_may_end_in_the_callback_of_a_datagram(void **state)
{
    (void)state;
    service_udp_init();
    assert_non_null(service_udp_open(7, end_from_callback, NULL));
    expect_end(deliver, NULL, "handed back");
    assert_int_equal(request()->kind, BOOT_HAND_BACK_EXIT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_an_exit_hands_back_its_status),
        TEST(test_a_reboot_hands_back_without_a_reset),
        TEST(test_the_next_service_is_asked_for_by_name),
        TEST(test_what_is_no_name_of_a_file_is_refused_at_once),
        TEST(test_devices_lease_and_neighbours_are_described_at_rest),
        TEST(test_of_a_lease_the_seconds_that_are_left_are_told),
        TEST(test_a_lease_for_ever_stays_one),
        TEST(test_with_warm_off_no_device_is_described),
        TEST(test_the_completed_push_is_remembered_for_the_next_program),
        TEST(test_a_device_that_does_not_stop_is_named_and_not_described),
        TEST(test_the_log_is_not_waited_for_and_what_consoles_lack_is_counted),
        TEST(test_a_loader_that_refuses_gets_the_machine_by_a_crash),
        cmocka_unit_test_setup(test_a_service_may_end_in_the_callback_of_a_datagram, set_up),
    };

    return cmocka_run_group_tests(tests, set_up_group, NULL);
}
