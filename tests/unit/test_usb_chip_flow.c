/*
 * Frames against time: the board's Ethernet chips with a cable that has a speed, FIFOs that
 * overrun, PAUSE, bursts; what reception costs and how long a frame is under way.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "usb_chip_bench.h"

#include "irq.h"

#define FRAMES_AT_ONCE 256 /* that stand in the cable at a time */

static int set_up(void **state)
{
    (void)state;
    bring_up();
    return 0;
}

struct count {
    unsigned taken, lost;
    uint32_t next; /* number expected */
};

/* Takes what is there. Frames may be lost but not change places. */
static void take_all(struct count *count, uint64_t patience_us)
{
    uint32_t number;

    while (take(&number, patience_us)) {
        assert_true(number >= count->next);
        count->lost += number - count->next;
        count->next = number + 1;
        count->taken++;
    }
}

/* count frames of this length, one behind the other as fast as the cable is; taken by a receiver
 * that sleeps for pause_us before he takes what has come. */
static struct count flood(unsigned frames, unsigned length, uint64_t pause_us)
{
    struct count count = {0};
    unsigned sent = 0;

    while (sent < frames) {
        for (unsigned i = 0; i < FRAMES_AT_ONCE && sent < frames; i++)
            deliver(length, sent++);
        while (chip.queue_count) {
            sim_usb_bus_run(pause_us);
            take_all(&count, 0);
        }
    }
    take_all(&count, 20000);
    count.lost += frames - count.next;
    return count;
}

static void test_frames_at_the_speed_of_the_cable_are_not_lost(void **state)
{
    uint64_t before_us, least_us, took_us;
    struct count count;

    (void)state;
    chip.megabits = machine->megabits;
    before_us = clock_now_us();
    count = flood(3000, 1514, 50);
    assert_int_equal(count.taken, 3000);
    assert_int_equal(chip.chip->statistics.overruns, 0);
    assert_int_equal(device->statistics.receive_errors, 0);
    took_us = clock_now_us() - before_us;
    least_us = 3000 * 1538ull * 8 / machine->megabits;
    print_message("%s: %.0f Mbit/s, %llu us, the cable alone %llu us, %u in a burst, %u pauses\n",
                  machine->name, 3000 * 1514.0 * 8 / (double)took_us, (unsigned long long)took_us,
                  (unsigned long long)least_us, chip.chip->statistics.most_in_burst,
                  chip.chip->statistics.pauses);
    /* 100 Mbit/s is kept up with. Of a gigabit at least 190 Mbit/s are to get through, a tenth
     * less than do: the chip's FIFO of 12 KB runs dry while the other end, asked for silence,
     * begins again. */
    assert_true(took_us < (machine->megabits == 100 ? least_us + 60000 : 3000 * 1514ull * 8 / 190));
}

static void test_short_frames_at_the_speed_of_the_cable_are_not_lost(void **state)
{
    struct count count;

    (void)state;
    chip.megabits = 100;
    count = flood(3000, 60, 50);
    assert_int_equal(count.taken, 3000);
    assert_int_equal(chip.chip->statistics.overruns, 0);
}

static void test_receiver_that_sleeps_has_the_other_end_pause(void **state)
{
    struct count count;

    (void)state;
    chip.megabits = machine->megabits;
    count = flood(1000, 1514, 20000);
    assert_int_equal(count.taken, 1000);
    assert_true(chip.chip->statistics.pauses > 0);
    assert_int_equal(chip.chip->statistics.overruns, 0);
}

/* The FIFO overruns: frames are lost, whole ones, and the rest is as it was sent. */
static void test_without_pause_a_receiver_that_sleeps_loses_whole_frames(void **state)
{
    struct count count;

    (void)state;
    chip.chip->partner_pauses = false;
    sim_usb_chip_plug(&chip, false);
    assert_true(wait_for_link(false, 1000000));
    sim_usb_chip_plug(&chip, true);
    assert_true(wait_for_link(true, 1000000));
    chip.megabits = machine->megabits;
    count = flood(1000, 1514, 20000);
    assert_true(count.taken > 20);
    assert_true(count.lost > 100);
    assert_int_equal(count.taken + count.lost, 1000);
    assert_int_equal(chip.chip->statistics.overruns, count.lost);
    assert_int_equal(chip.chip->statistics.pauses, 0);
    assert_int_equal(device->statistics.receive_errors, 0);
    /* And it was no more than sleep. */
    count = flood(1000, 1514, 50);
    assert_int_equal(chip.megabits == 100 ? count.lost : 0, 0);
}

static void test_frame_alone_is_under_way_for_less_than_half_a_millisecond(void **state)
{
    uint64_t most_us = 0;

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        uint64_t before_us;
        uint32_t number;

        sim_usb_bus_run(1000 + i * 37);
        before_us = clock_now_us();
        deliver(60, i);
        assert_int_equal(take(&number, 10000), 60);
        if (clock_now_us() - before_us > most_us)
            most_us = clock_now_us() - before_us;
    }
    print_message("at most %llu us\n", (unsigned long long)most_us);
    assert_true(most_us < 500);
}

/* The controller asks the chip again and again, and nobody else notices. */
static void test_idle_reception_costs_the_processor_nothing(void **state)
{
    const uint8_t *frame;
    uint64_t accesses;

    (void)state;
    sim_usb_bus_run(10000);
    accesses = sim_mmio_count();
    for (unsigned i = 0; i < 1000; i++) {
        sim_usb_bus_run(10000);
        assert_int_equal(device->receive(device, &frame), 0);
    }
    assert_int_equal(sim_mmio_count() - accesses, 0);
}

/* While a frame is lent the next transfer fills, where that is worth it. */
static void test_second_transfer_fills_while_the_first_is_read(void **state)
{
    uint32_t bursts = chip.chip->statistics.bursts;
    const uint8_t *frame;

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        deliver(300, i);
        sim_usb_bus_run(2000);
        if (i == 0)
            assert_int_equal(device->receive(device, &frame), 300);
    }
    assert_int_equal(chip.chip->statistics.bursts - bursts, machine->qemu ? 1 : 2);
    device->receive_done(device);
    for (uint32_t i = 1; i < 4; i++) {
        uint32_t number;

        assert_int_equal(take(&number, 10000), 300);
        assert_int_equal(number, i);
    }
}

/* Frames that have gathered come in one transfer, up to what a transfer holds. */
static void test_gathered_frames_come_in_few_transfers(void **state)
{
    uint32_t bursts = chip.chip->statistics.bursts;
    struct count count = {0};

    (void)state;
    chip.chip->faults.hold_frames = 40;
    for (uint32_t i = 0; i < 40; i++)
        deliver(200, i);
    take_all(&count, 5000);
    assert_int_equal(count.taken, 40);
    assert_true(chip.chip->statistics.bursts - bursts <= 2);
    assert_true(chip.chip->statistics.most_in_burst >= 20);
}

/* The other way: as fast as the chip takes them, without a queue that grows. */
static void test_sending_keeps_up_with_the_cable(void **state)
{
    uint64_t before_us = clock_now_us();

    (void)state;
    for (uint32_t i = 0; i < 2000; i++)
        send_numbered(1514, i);
    sim_usb_bus_run(2000);
    assert_int_equal(chip.sent_count, 2000);
    assert_int_equal(device->statistics.frames_sent, 2000);
    assert_int_equal(device->statistics.send_errors, 0);
    /* 3 packets of 10 us each, and the next is started without a gap */
    assert_true(clock_now_us() - before_us < 2000 * 50 + 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, set_up)
        TEST(test_frames_at_the_speed_of_the_cable_are_not_lost),
        TEST(test_short_frames_at_the_speed_of_the_cable_are_not_lost),
        TEST(test_receiver_that_sleeps_has_the_other_end_pause),
        TEST(test_without_pause_a_receiver_that_sleeps_loses_whole_frames),
        TEST(test_frame_alone_is_under_way_for_less_than_half_a_millisecond),
        TEST(test_idle_reception_costs_the_processor_nothing),
        TEST(test_second_transfer_fills_while_the_first_is_read),
        TEST(test_gathered_frames_come_in_few_transfers),
        TEST(test_sending_keeps_up_with_the_cable),
    };

    return run_on_machines(tests, sizeof tests / sizeof *tests, MACHINES);
}
