/*
 * The LAN7515's model: its switches, what may not change while they are on, and when what is
 * switched off has stopped.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515_bench.h"

static void test_filters_fifos_and_frame_size_rest_while_receiving(void **state)
{
    (void)state;
    bring_up();
    write_register(0x404, 0x01eb27b8); /* the same again: nothing changes */
    write_register(0x0c8, 23);
    expect_silence();
    write_register(0x404, 0x11111111);
    expect_complaint("filter-changed-while-valid");
    write_register(0x400, 0);
    write_register(0x404, 0x22222222);
    expect_silence();
    write_register(0x0c8, 15);
    expect_complaint("fifo-changed-while-enabled");
    write_register(0x0cc, 15);
    expect_complaint("fifo-changed-while-enabled");
    write_register(0x0c0, 0x80000000 | 1 << 30);
    expect_complaint("fifo-changed-while-enabled");
    write_register(0x104, 1000u << 16 | 1);
    expect_complaint("frame-size-changed-while-receiving");
    write_register(0x104, 1000u << 16);
    write_register(0x104, 1200u << 16);
    write_register(0x104, 1200u << 16 | 1);
    expect_silence();
}

static void test_bursts_rest_while_receiving(void **state)
{
    (void)state;
    bring_up();
    write_register(0x010, 1 << 4);
    expect_complaint("change-while-running");
    write_register(0x080, 1 << 5);
    expect_complaint("change-while-running");
    write_register(0x090, 24);
    expect_complaint("change-while-running");
    write_register(0x090, 24);
    write_register(0x010, 1 << 4 | 1 << 20);
    write_register(0x080, 1 << 5 | 1 << 6);
    expect_silence();
    write_register(0x104, 1518u << 16);
    write_register(0x090, 0);
    write_register(0x080, 0);
    write_register(0x010, 0);
    expect_silence();
}

static void test_what_is_switched_off_says_that_it_has_stopped(void **state)
{
    (void)state;
    bring_up();
    write_register(0x104, 1518u << 16);
    assert_int_equal(read_register(0x104), 1518u << 16 | 2);
    assert_false(chip->type->is_receiving(chip));
    write_register(0x104, 1518u << 16 | 2); /* cleared by a one */
    assert_int_equal(read_register(0x104), 1518u << 16);
    write_register(0x0c0, 0);
    assert_true(read_register(0x0c0) & 1 << 20);
    write_register(0x00c, 0xffffffff);
    write_register(0x0c0, 0x80000000);
    assert_false(read_register(0x0c0) & 1 << 20);
    assert_int_equal(read_register(0x00c), 0);
    write_register(0x0c0, 0);
    write_register(0x108, 0);
    assert_int_equal(read_register(0x108), 2);
    write_register(0x108, 0);
    assert_int_equal(read_register(0x108), 2);
    write_register(0x108, 2);
    assert_int_equal(read_register(0x108), 0);
    write_register(0x0c4, 0);
    assert_true(read_register(0x0c4) & 1 << 20);
    write_register(0x0c4, 1 << 20);
    write_register(0x0c4, 0);
    assert_false(read_register(0x0c4) & 1 << 20);
    assert_int_equal(read_register(0x00c), 1 << 19 | 1 << 18);
    write_register(0x00c, 0xffffffff);
    assert_int_equal(read_register(0x00c), 0);
    expect_silence();
}

/* At 10 Mbit/s; each access of the bench takes 100 us. */
static void test_a_frame_that_passes_ends_before_the_mac_has_stopped(void **state)
{
    static const struct {
        uint16_t mac, fifo;
        uint32_t off, on;
    } halves[] = {{0x104, 0x0c0, 1518u << 16, 1518u << 16 | 1}, {0x108, 0x0c4, 0, 1}};

    (void)state;
    bring_up();
    write_mii(9, 0);
    write_mii(4, 0x0061);
    write_mii(0, 0x1200);
    bench_now_us += 3000;
    for (unsigned i = 0; i < 2; i++) {
        write_register(halves[i].fifo, 0);
        assert_true(read_register(halves[i].fifo) & 1 << 20);
        write_register(halves[i].mac, halves[i].off);
        assert_int_equal(read_register(halves[i].mac), halves[i].off);
        assert_false(read_register(halves[i].fifo) & 1 << 20);
        write_register(halves[i].fifo, 1 << 30);
        expect_complaint("flush-while-running");
        bench_now_us += 600;
        assert_int_equal(read_register(halves[i].mac), halves[i].off);
        bench_now_us += 200;
        assert_int_equal(read_register(halves[i].mac), halves[i].off | 2);
        assert_true(read_register(halves[i].fifo) & 1 << 20);
        write_register(halves[i].fifo, 1 << 30);
        expect_silence();
        write_register(halves[i].mac, halves[i].on);
    }
    chip->type->plug(chip, false);
    write_register(0x104, 1518u << 16); /* no link, no frame */
    assert_int_equal(read_register(0x104), 1518u << 16 | 2);
}

static void test_reception_needs_both_switches(void **state)
{
    (void)state;
    bring_up();
    write_register(0x0c0, 0);
    assert_false(chip->type->is_receiving(chip));
    deliver(OUR_MAC, 100, 1);
    assert_false(chip->type->has_data(chip));
    write_register(0x0c0, 0x80000000);
    assert_true(chip->type->is_receiving(chip));
    write_register(0x104, 1518u << 16);
    assert_false(chip->type->is_receiving(chip));
    write_register(0x104, 1518u << 16 | 1);
    chip->type->bus_reset(chip);
    assert_true(chip->type->is_receiving(chip)); /* the bus alone stops nothing */
    chip->type->power_on(chip);
    assert_false(chip->type->is_receiving(chip));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters_fifos_and_frame_size_rest_while_receiving),
        cmocka_unit_test(test_bursts_rest_while_receiving),
        cmocka_unit_test(test_what_is_switched_off_says_that_it_has_stopped),
        cmocka_unit_test(test_a_frame_that_passes_ends_before_the_mac_has_stopped),
        cmocka_unit_test(test_reception_needs_both_switches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
