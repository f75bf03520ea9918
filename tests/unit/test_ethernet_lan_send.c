/*
 * Frames that the LAN95xx driver sends: alone, several in one transfer, and when sending halts.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ethernet_lan_bench.h"

static void test_frames_of_all_lengths_leave_as_they_are(void **state)
{
    (void)state;
    for (unsigned length = 14; length <= 1514; length++)
        send_and_check(length);
    assert_int_equal(device->statistics.frames_sent, 1501);
    assert_int_equal(device->statistics.send_errors, 0);
}

static void test_impossible_lengths_are_refused(void **state)
{
    (void)state;
    assert_int_equal(device->send(device, 0), ERROR_INVALID);
    assert_int_equal(device->send(device, 13), ERROR_INVALID);
    assert_int_equal(device->send(device, 1515), ERROR_INVALID);
    assert_int_equal(device->send(device, UINT32_MAX), ERROR_INVALID);
    assert_int_equal(chip.sent_count, 0);
}

/* The other end asks for silence for this many times 512 bits. */
static void ask_for_silence(uint16_t quanta)
{
    uint8_t pause[60] = {0x01, 0x80, 0xc2, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0x88, 0x08, 0, 1};

    bytes_put_be16(pause + 16, quanta);
    sim_usb_chip_deliver(&chip, pause, sizeof pause);
}

static unsigned next_sent, expected_length;

static void check_order(struct sim_usb_chip *from, const uint8_t *frame, unsigned length)
{
    (void)from;
    assert_int_equal(length, expected_length);
    assert_int_equal(bytes_le32(frame + 14), next_sent++);
}

/* Fills all buffers while the chip, which obeys, keeps silent for 5 ms. Returns how many frames
 * that took. */
static unsigned send_until_full(unsigned length)
{
    unsigned count = 0;

    next_sent = 0;
    chip.on_frame = check_order;
    ask_for_silence(1000);
    for (uint8_t *buffer; (buffer = device->send_buffer(device)) != NULL; count++) {
        assert_ptr_equal(device->send_buffer(device), buffer);
        memcpy(buffer, frame_bytes, length);
        bytes_put_le32(buffer + 14, count);
        assert_int_equal(device->send(device, length), 0);
        assert_true(count < 1000);
    }
    assert_int_equal(device->send(device, 100), ERROR_BUSY);
    assert_int_equal(chip.sent_count, 0);
    return count;
}

static void test_frames_that_wait_leave_in_order_several_in_one_transfer(void **state)
{
    static const unsigned lengths[] = {60, 61, 62, 63, 100, 512, 1000, 1401, 1512, 1513, 1514};

    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        unsigned count;

        set_up(state);
        expected_length = lengths[i];
        count = send_until_full(lengths[i]);
        assert_true(count >= 16);
        assert_true(count > 250 || lengths[i] > 63);
        run(30000);
        assert_int_equal(chip.sent_count, count);
        assert_int_equal(device->statistics.frames_sent, count);
        assert_int_equal(device->statistics.send_errors, 0);
        assert_non_null(device->send_buffer(device));
        chip.on_frame = NULL;
        send_and_check(100);
    }
}

static void test_frame_that_waits_goes_off_though_no_other_comes(void **state)
{
    (void)state;
    ask_for_silence(100); /* 0.5 ms */
    for (unsigned i = 0; i < 2; i++) {
        memcpy(device->send_buffer(device), frame_bytes, 1000);
        assert_int_equal(device->send(device, 1000), 0);
    }
    run(2000);
    assert_int_equal(chip.sent_count, 2);
    assert_int_equal(device->statistics.frames_sent, 2);
}

static void test_frames_that_wait_when_sending_halts_are_counted_as_lost(void **state)
{
    unsigned count;

    (void)state;
    expected_length = 1000;
    count = send_until_full(1000);
    memset(&chip.on_frame, 0, sizeof chip.on_frame);
    chip.chip->faults.stall_out = 1;
    run(30000);
    assert_int_equal(chip.sent_count, 0);
    assert_int_equal(device->statistics.send_errors, count);
    send_and_check(1000);
    assert_int_equal(device->statistics.frames_sent, 1);
}

static void test_halted_sending_goes_on(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        send_and_check(100);
        if (i & 1)
            send_and_check(600);
        chip.chip->faults.stall_out = 1;
        memcpy(device->send_buffer(device), frame_bytes, 100);
        assert_int_equal(device->send(device, 100), 0);
        run(20000);
        assert_int_equal(device->statistics.send_errors, i + 1);
        send_and_check(100);
        deliver(i, 100);
        assert_int_equal(take(100), i);
    }
    assert_int_equal(chip.chip->statistics.resets, 1);
}

static void test_halt_in_the_middle_of_a_frame_leaves_no_half_of_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        unsigned errors = device->statistics.send_errors;

        ask_for_silence(100); /* 512 us: all are queued when it begins */
        for (unsigned j = 0; j < 8; j++) {
            memcpy(device->send_buffer(device), frame_bytes, 1514);
            assert_int_equal(device->send(device, 1514), 0);
        }
        sim_usb_bus_run(505 + 5 * i);
        chip.chip->faults.stall_out = 1;
        run(20000);
        if (device->statistics.send_errors == errors)
            break; /* all had been sent before */
        assert_int_equal(chip.chip->faults.stall_out, 0);
        send_and_check(1514);
    }
    assert_true(device->statistics.send_errors > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_frames_of_all_lengths_leave_as_they_are, set_up),
        cmocka_unit_test_setup(test_frames_of_all_lengths_leave_as_they_are, set_up_on_qemu),
        cmocka_unit_test_setup(test_impossible_lengths_are_refused, set_up),
        cmocka_unit_test(test_frames_that_wait_leave_in_order_several_in_one_transfer),
        cmocka_unit_test_setup(test_frame_that_waits_goes_off_though_no_other_comes, set_up),
        cmocka_unit_test_setup(test_frames_that_wait_when_sending_halts_are_counted_as_lost,
                               set_up),
        cmocka_unit_test_setup(test_halted_sending_goes_on, set_up),
        cmocka_unit_test_setup(test_halted_sending_goes_on, set_up_on_qemu),
        cmocka_unit_test_setup(test_halt_in_the_middle_of_a_frame_leaves_no_half_of_it, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
