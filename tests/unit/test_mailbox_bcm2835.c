/*
 * mailbox_bcm2835: questions to a firmware that may be slow, dumb, or not there.
 *
 * The firmware's side reads and writes the message through sim_dma, so a missing clean or
 * invalidate stops the test.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "error.h"
#include "mailbox_bcm2835.h"
#include "sim.h"

#define BASE     0x3f00b880u
#define EMPTY    (1u << 30)
#define FULL     (1u << 31)
#define ANSWERED 0x80000000u

static struct {
    struct sim_device device;
    uint32_t queue[8]; /* answers, oldest first */
    unsigned queued;
    struct sim_event event;
    uint32_t address; /* of the message under way */
    unsigned asked;

    bool stays_full, is_dead, reads_zero, reads_rubbish;
    uint32_t answer_us;
    uint32_t code; /* of the message */
    bool knows_the_tag;
    uint32_t values[2]; /* the answer */

    uint32_t tag, size, room, question[3]; /* as read */
} box;

static void push(uint32_t mail)
{
    if (box.queued == 8)
        sim_stop("the mailbox overflows");
    box.queue[box.queued++] = mail;
}

static void answer(void *context)
{
    uint32_t w[16];

    (void)context;
    sim_dma_read(box.address, w, sizeof w);
    w[1] = box.code;
    if (box.knows_the_tag) {
        w[4] = ANSWERED | 8;
        w[5] = box.values[0];
        w[6] = box.values[1];
    }
    sim_dma_write(box.address, w, sizeof w);
    push(box.address | 8);
}

static uint32_t read_register(struct sim_device *self, uint32_t offset)
{
    (void)self;
    if (box.reads_zero)
        return 0;
    switch (offset) {
    case 0x00:
        if (box.reads_rubbish)
            return 0xffffffff;
        if (box.queued == 0)
            sim_stop("an empty mailbox is read");
        uint32_t mail = box.queue[0];
        memmove(box.queue, box.queue + 1, --box.queued * sizeof box.queue[0]);
        return mail;
    case 0x18:
        return box.queued == 0 && !box.reads_rubbish ? EMPTY : 0;
    case 0x38:
        return box.stays_full ? FULL : 0;
    default:
        sim_stop("read of register 0x%x", offset);
    }
}

static void write_register(struct sim_device *self, uint32_t offset, uint32_t value)
{
    uint32_t w[16];

    (void)self;
    if (offset != 0x20)
        sim_stop("write of register 0x%x", offset);
    if (box.stays_full)
        sim_stop("mail is sent to a full mailbox");
    if ((value & 15) != 8)
        sim_stop("mail 0x%08x is not for channel 8", value);
    box.address = value & ~15u;
    box.asked++;
    sim_dma_read(box.address, w, sizeof w);
    box.size = w[0];
    box.tag = w[2];
    box.room = w[3];
    memcpy(box.question, w + 5, sizeof box.question);
    if (w[1] != 0 || w[4] != 0)
        sim_stop("the question is marked as an answer");
    if (w[5 + w[3] / 4] != 0)
        sim_stop("the message has no end tag");
    if (!box.is_dead)
        sim_after_us(&box.event, box.answer_us, answer, NULL);
}

static int setup(void **state)
{
    (void)state;
    sim_reset();
    memset(&box, 0, sizeof box);
    box.device = (struct sim_device){"mailbox", BASE, 0x40, read_register, write_register, NULL};
    box.answer_us = 50;
    box.code = ANSWERED;
    box.knows_the_tag = true;
    sim_map(&box.device);
    mailbox_bcm2835_init(BASE);
    return 0;
}

static void test_arm_memory_is_what_the_firmware_says(void **state)
{
    uint32_t base = 1, bytes = 1;

    (void)state;
    box.values[1] = 0x3b400000;
    assert_int_equal(mailbox_arm_memory(&base, &bytes), 0);
    assert_int_equal(base, 0);
    assert_int_equal(bytes, 0x3b400000);
    assert_int_equal(box.tag, 0x10005);
    assert_int_equal(box.size, 64);
    assert_true(box.room >= 8 && box.room % 4 == 0);
}

static void test_the_mac_is_six_bytes_in_the_order_of_the_wire(void **state)
{
    const uint8_t expected[7] = {0xb8, 0x27, 0xeb, 0x12, 0x34, 0x56, 0xee};
    uint8_t mac[7];

    (void)state;
    memset(mac, 0xee, sizeof mac);
    box.values[0] = 0x12eb27b8;
    box.values[1] = 0xffff5634; /* two bytes too many */
    assert_int_equal(mailbox_mac(mac), 0);
    assert_memory_equal(mac, expected, 7);
    assert_int_equal(box.tag, 0x10003);
}

static void test_the_serial_number_has_64_bits(void **state)
{
    uint64_t serial = 0;

    (void)state;
    box.values[0] = 0xdeadbeef;
    box.values[1] = 0x10000000;
    assert_int_equal(mailbox_serial(&serial), 0);
    assert_true(serial == 0x10000000deadbeef);
    assert_int_equal(box.tag, 0x10004);
}

static void test_clocks_are_asked_by_number(void **state)
{
    uint32_t hz = 7;

    (void)state;
    box.values[0] = MAILBOX_CLOCK_CORE;
    box.values[1] = 400000000;
    assert_int_equal(mailbox_clock_rate(MAILBOX_CLOCK_CORE, &hz), 0);
    assert_int_equal(hz, 400000000);
    assert_int_equal(box.tag, 0x30002);
    assert_int_equal(box.question[0], 4);
    assert_int_equal(mailbox_clock_max(MAILBOX_CLOCK_ARM, &hz), 0);
    assert_int_equal(box.tag, 0x30004);
    assert_int_equal(box.question[0], 3);
    assert_int_equal(mailbox_set_clock(MAILBOX_CLOCK_ARM, 1200000000), 0);
    assert_int_equal(box.tag, 0x38002);
    assert_int_equal(box.question[1], 1200000000);
    assert_int_equal(box.question[2], 0); /* do not skip setting turbo */
}

static void test_power_is_switched_on_and_waited_for(void **state)
{
    (void)state;
    box.values[1] = 1;
    box.answer_us = 400000; /* as slow as the firmware may be */
    assert_int_equal(mailbox_power_on(MAILBOX_POWER_USB), 0);
    assert_int_equal(box.tag, 0x28001);
    assert_int_equal(box.question[0], 3);
    assert_int_equal(box.question[1], 3); /* on, and wait until it is stable */
    box.values[1] = 2;
    assert_int_equal(mailbox_power_on(MAILBOX_POWER_SD), ERROR_ABSENT);
    box.values[1] = 3;
    assert_int_equal(mailbox_power_on(MAILBOX_POWER_SD), ERROR_ABSENT);
    box.values[1] = 0;
    assert_int_equal(mailbox_power_on(MAILBOX_POWER_SD), ERROR_UNSUPPORTED);
}

/* Asks everything; each must fail with status and leave its results alone. */
static void all_fail_with(int status)
{
    uint32_t a = 11, b = 12;
    uint64_t serial = 13;
    uint8_t mac[6] = {1, 2, 3, 4, 5, 6};

    assert_int_equal(mailbox_arm_memory(&a, &b), status);
    assert_int_equal(mailbox_mac(mac), status);
    assert_int_equal(mailbox_serial(&serial), status);
    assert_int_equal(mailbox_clock_rate(MAILBOX_CLOCK_EMMC, &a), status);
    assert_int_equal(mailbox_clock_max(MAILBOX_CLOCK_EMMC, &b), status);
    assert_int_equal(mailbox_set_clock(MAILBOX_CLOCK_EMMC, 100), status);
    assert_int_equal(mailbox_power_on(MAILBOX_POWER_USB), status);
    assert_int_equal(a, 11);
    assert_int_equal(b, 12);
    assert_true(serial == 13);
    assert_memory_equal(mac, "\1\2\3\4\5\6", 6);
}

static void test_a_tag_the_firmware_does_not_know_is_unsupported(void **state)
{
    (void)state;
    box.values[0] = box.values[1] = 1;
    box.knows_the_tag = false;
    all_fail_with(ERROR_UNSUPPORTED);
}

static void test_a_message_the_firmware_could_not_read_is_unsupported(void **state)
{
    (void)state;
    box.values[0] = box.values[1] = 1;
    box.code = 0x80000001;
    all_fail_with(ERROR_UNSUPPORTED);
    box.code = 0;
    all_fail_with(ERROR_UNSUPPORTED);
}

static void test_an_answer_of_zeros_is_no_answer(void **state)
{
    uint8_t mac[6];

    (void)state;
    all_fail_with(ERROR_UNSUPPORTED); /* no memory, no MAC, no serial, a clock of 0 Hz */
    box.values[1] = 0xffff0000;       /* behind a MAC of zeros */
    assert_int_equal(mailbox_mac(mac), ERROR_UNSUPPORTED);
}

static void test_a_firmware_that_never_answers_costs_100_ms(void **state)
{
    uint64_t begin_us;
    uint8_t mac[6];

    (void)state;
    box.is_dead = true;
    begin_us = clock_now_us();
    assert_int_equal(mailbox_mac(mac), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - begin_us, 100000, 100100);
    begin_us = clock_now_us();
    assert_int_equal(mailbox_power_on(MAILBOX_POWER_USB), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - begin_us, 500000, 500100);
    all_fail_with(ERROR_TIMEOUT);
}

static void test_a_mailbox_that_stays_full_times_out_and_gets_nothing(void **state)
{
    uint64_t begin_us = clock_now_us();
    uint8_t mac[6];

    (void)state;
    box.stays_full = true;
    assert_int_equal(mailbox_mac(mac), ERROR_TIMEOUT);
    assert_in_range(clock_now_us() - begin_us, 100000, 100100);
    assert_int_equal(box.asked, 0);
}

static void test_registers_that_read_zero_or_ones_for_ever_time_out(void **state)
{
    (void)state;
    box.is_dead = true;
    box.reads_zero = true; /* never empty, and never our answer */
    all_fail_with(ERROR_TIMEOUT);
    box.reads_zero = false;
    box.reads_rubbish = true;
    all_fail_with(ERROR_TIMEOUT);
}

static void test_answers_to_somebody_else_are_passed_over(void **state)
{
    uint8_t mac[6];

    (void)state;
    push(0xdead0008); /* of the program before us */
    push(0x00000001); /* of another channel */
    box.values[0] = 0x01020304;
    assert_int_equal(mailbox_mac(mac), 0);
    assert_int_equal(box.queued, 0);
    assert_int_equal(mac[0], 4);
}

/* The firmware takes 150 ms: the answer to the first question arrives while the second
 * waits, and must not be taken for its answer. */
static void test_an_answer_after_its_time_out_is_not_the_next_ones(void **state)
{
    uint64_t serial = 0;
    uint8_t mac[6];

    (void)state;
    box.is_dead = true;
    assert_int_equal(mailbox_mac(mac), ERROR_TIMEOUT);
    box.is_dead = false;
    box.values[0] = 0x01020304;
    answer(NULL); /* late, and about the MAC */
    box.values[0] = 77;
    assert_int_equal(mailbox_serial(&serial), 0);
    assert_true(serial == 77);
    assert_int_equal(box.tag, 0x10004);
    assert_int_equal(box.queued, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_arm_memory_is_what_the_firmware_says, setup),
        cmocka_unit_test_setup(test_the_mac_is_six_bytes_in_the_order_of_the_wire, setup),
        cmocka_unit_test_setup(test_the_serial_number_has_64_bits, setup),
        cmocka_unit_test_setup(test_clocks_are_asked_by_number, setup),
        cmocka_unit_test_setup(test_power_is_switched_on_and_waited_for, setup),
        cmocka_unit_test_setup(test_a_tag_the_firmware_does_not_know_is_unsupported, setup),
        cmocka_unit_test_setup(test_a_message_the_firmware_could_not_read_is_unsupported, setup),
        cmocka_unit_test_setup(test_an_answer_of_zeros_is_no_answer, setup),
        cmocka_unit_test_setup(test_a_firmware_that_never_answers_costs_100_ms, setup),
        cmocka_unit_test_setup(test_a_mailbox_that_stays_full_times_out_and_gets_nothing, setup),
        cmocka_unit_test_setup(test_registers_that_read_zero_or_ones_for_ever_time_out, setup),
        cmocka_unit_test_setup(test_answers_to_somebody_else_are_passed_over, setup),
        cmocka_unit_test_setup(test_an_answer_after_its_time_out_is_not_the_next_ones, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
