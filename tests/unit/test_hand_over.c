/*
 * hand_over: what a list carries there and back, and what a list of a stranger may not do.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "error.h"
#include "hand_over.h"
#include "transfer_list.h"

static struct hand_over full;
static uint8_t *list;
static int used;

static int setup(void **state)
{
    (void)state;
    memset(&full, 0, sizeof full);
    full.has_usb = full.has_card = full.has_lease = true;
    full.has_transfer = full.has_log = full.has_hand_back = true;
    full.neighbour_count = HAND_OVER_NEIGHBOURS;
    memset(full.neighbours, 0x4e, sizeof full.neighbours);
    full.usb = (struct boot_usb){
        .driver = "cdc-ecm",
        .mac = {2, 0, 0, 0, 0, 7},
        .device_count = 2,
        .ethernet = 1,
        .in = {1, 1, 512},
        .out = {2, 0, 512},
        .devices = {{.address = 1, .hub = 0xff, .class = 9}, {.address = 2, .hub = 0, .port = 1}},
    };
    full.card = (struct boot_card){BOARD_CARD_SDHOST, 1, 0, 0, 0xaaaa0000, 62333952};
    full.lease = (struct boot_lease){.mac = {2, 0, 0, 0, 0, 7}, .address = {192, 0, 2, 7}};
    full.transfer = (struct boot_transfer){{192, 0, 2, 1}, 40000, 65535};
    full.log = (struct boot_log){.undrained = 512, .sent = {123456789012, 7, 0}};
    full.hand_back = (struct boot_hand_back){.kind = BOOT_HAND_BACK_IMAGE,
                                             .image_bytes = 81920,
                                             .push_begun_us = 5000000000,
                                             .push_ended_us = 5000002000,
                                             .name = "tftp://192.0.2.1/dns.elf"};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(list);
    list = NULL;
    return 0;
}

/* Builds in a block of its exact size, so that a write past it is found. */
static int build_in(size_t bytes)
{
    free(list);
    list = aligned_alloc(8, bytes != 0 ? bytes : 8);
    memset(list, 0xa5, bytes);
    return used = hand_over_build(list, bytes, &full);
}

/* What arrives at the other side; begins as rubbish. */
static struct hand_over read_back(void)
{
    struct hand_over over;

    memset(&over, 0xee, sizeof over);
    assert_true(used > 0);
    assert_int_equal(hand_over_read(list, (size_t)used, &over), 0);
    return over;
}

static struct hand_over there_and_back(void)
{
    build_in(HAND_OVER_BYTES_MAX);
    return read_back();
}

static void assert_has_nothing(const struct hand_over *over)
{
    assert_false(over->has_usb || over->has_card || over->has_lease);
    assert_false(over->has_transfer || over->has_log || over->has_hand_back);
    assert_int_equal(over->neighbour_count, 0);
}

static void test_everything_arrives_as_it_was_sent(void **state)
{
    struct hand_over over = there_and_back();

    (void)state;
    assert_true(over.has_usb && over.has_card && over.has_lease);
    assert_true(over.has_transfer && over.has_log && over.has_hand_back);
    assert_int_equal(over.neighbour_count, HAND_OVER_NEIGHBOURS);
    assert_memory_equal(&over.usb, &full.usb, sizeof full.usb);
    assert_memory_equal(&over.card, &full.card, sizeof full.card);
    assert_memory_equal(&over.lease, &full.lease, sizeof full.lease);
    assert_memory_equal(over.neighbours, full.neighbours, sizeof full.neighbours);
    assert_memory_equal(&over.transfer, &full.transfer, sizeof full.transfer);
    assert_memory_equal(&over.log, &full.log, sizeof full.log);
    assert_memory_equal(&over.hand_back, &full.hand_back, sizeof full.hand_back);
}

static void test_what_is_not_there_does_not_arrive(void **state)
{
    struct hand_over over;

    (void)state;
    full.has_usb = full.has_card = full.has_lease = false;
    full.has_transfer = full.has_log = full.has_hand_back = false;
    full.neighbour_count = 0;
    over = there_and_back();
    assert_has_nothing(&over);
    full.has_lease = true;
    full.neighbour_count = 3;
    over = there_and_back();
    assert_true(over.has_lease);
    assert_int_equal(over.neighbour_count, 3);
    over.has_lease = false;
    over.neighbour_count = 0;
    assert_has_nothing(&over);
}

static void test_more_neighbours_than_fit_are_left_out(void **state)
{
    (void)state;
    full.neighbour_count = 1000;
    assert_int_equal(there_and_back().neighbour_count, HAND_OVER_NEIGHBOURS);
}

static void test_too_little_room_is_told_at_every_size(void **state)
{
    int enough = build_in(HAND_OVER_BYTES_MAX);

    (void)state;
    assert_in_range(enough, HAND_OVER_BYTES_MAX - 96, HAND_OVER_BYTES_MAX);
    for (int bytes = 0; bytes < enough; bytes += 8)
        assert_int_equal(build_in((size_t)bytes), ERROR_TOO_LARGE);
    assert_int_equal(build_in((size_t)enough), enough);
    free(list);
    list = aligned_alloc(8, HAND_OVER_BYTES_MAX + 8);
    assert_int_equal(hand_over_build(list + 4, HAND_OVER_BYTES_MAX, &full), ERROR_INVALID);
}

static void test_any_bit_that_flips_is_noticed(void **state)
{
    struct hand_over over;

    (void)state;
    build_in(HAND_OVER_BYTES_MAX);
    for (int bit = 0; bit < used * 8; bit++) {
        list[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memset(&over, 0xee, sizeof over);
        assert_true(hand_over_read(list, (size_t)used, &over) < 0);
        assert_has_nothing(&over);
        list[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    read_back();
}

static void test_list_that_is_cut_off_is_refused_at_every_length(void **state)
{
    struct hand_over over;

    (void)state;
    build_in(HAND_OVER_BYTES_MAX);
    for (int bytes = 0; bytes < used; bytes++) {
        uint8_t *exact = aligned_alloc(8, ((size_t)bytes + 8) & ~(size_t)7);

        memcpy(exact, list, (size_t)bytes);
        assert_int_equal(hand_over_read(exact, (size_t)bytes, &over), ERROR_TOO_LARGE);
        assert_has_nothing(&over);
        free(exact);
    }
}

static void test_list_without_its_integrity_entry_is_refused(void **state)
{
    /* An empty list with a checksum that holds: correct, but not one of ours. */
    _Alignas(8) uint8_t empty[TRANSFER_LIST_HEADER_BYTES] = {0x0b, 0xb1, 0x0f, 0x4a, 0, 1, 24,
                                                             3,    24,   0,    0,    0, 24};
    struct hand_over over;
    uint8_t sum = 0;

    (void)state;
    empty[16] = 1; /* the checksum is in use */
    for (unsigned i = 0; i < sizeof empty; i++)
        sum = (uint8_t)(sum + empty[i]);
    empty[4] = (uint8_t)-sum;
    assert_int_equal(transfer_list_check(empty, sizeof empty), sizeof empty);
    assert_int_equal(hand_over_read(empty, sizeof empty, &over), ERROR_CORRUPT);
    assert_has_nothing(&over);
}

/* A list with one entry of our choice, as a program of another version would build it. */
static struct hand_over read_entry(uint32_t tag, const void *bytes, size_t length)
{
    free(list);
    list = aligned_alloc(8, 4096);
    assert_int_equal(transfer_list_init(list, 4096), 0);
    assert_non_null(transfer_list_append(list, tag, bytes, length));
    used = (int)transfer_list_seal(list);
    return read_back();
}

static void test_entries_of_later_versions_are_read_as_far_as_they_are_known(void **state)
{
    struct {
        struct boot_lease lease;
        uint8_t more[20];
    } later = {.lease = {.address = {192, 0, 2, 7}}, .more = {1, 2, 3}};
    struct hand_over over = read_entry(BOOT_TAG_LEASE, &later, sizeof later);

    (void)state;
    assert_true(over.has_lease);
    assert_memory_equal(&over.lease, &later.lease, sizeof over.lease);
    assert_false(over.has_usb);
}

static void test_entries_that_are_too_short_count_as_missing(void **state)
{
    static const uint8_t bytes[256];
    struct hand_over over;

    (void)state;
    for (uint32_t tag = BOOT_TAG_LEASE; tag <= BOOT_TAG_HAND_BACK; tag++) {
        over = read_entry(tag, bytes, 3);
        assert_has_nothing(&over);
    }
    over = read_entry(BOOT_TAG_HAND_BACK, &full.hand_back, sizeof full.hand_back - 1);
    assert_has_nothing(&over);
}

static void test_neighbours_come_whole_and_no_more_than_fit(void **state)
{
    struct boot_neighbour many[20];
    struct hand_over over;

    (void)state;
    for (unsigned i = 0; i < 20; i++)
        many[i] = (struct boot_neighbour){.address = {192, 0, 2, (uint8_t)i}};
    over = read_entry(BOOT_TAG_NEIGHBOURS, many, sizeof many);
    assert_int_equal(over.neighbour_count, HAND_OVER_NEIGHBOURS);
    assert_memory_equal(over.neighbours, many, sizeof over.neighbours);
    over = read_entry(BOOT_TAG_NEIGHBOURS, many, 2 * sizeof many[0] - 1);
    assert_int_equal(over.neighbour_count, 1);
}

static void test_strings_that_do_not_end_are_ended(void **state)
{
    struct hand_over over;

    (void)state;
    memset(full.usb.driver, 'd', sizeof full.usb.driver);
    memset(full.hand_back.name, 'n', sizeof full.hand_back.name);
    over = there_and_back();
    assert_int_equal(strlen(over.usb.driver), sizeof over.usb.driver - 1);
    assert_int_equal(strlen(over.hand_back.name), sizeof over.hand_back.name - 1);
}

static void test_name_ends_before_the_first_byte_that_is_no_text(void **state)
{
    struct hand_over over;

    (void)state;
    memcpy(full.hand_back.name, "dns.elf\033[2Jrest", 16);
    over = there_and_back();
    assert_string_equal(over.hand_back.name, "dns.elf");
    for (unsigned i = 7; i < sizeof over.hand_back.name; i++)
        assert_int_equal(over.hand_back.name[i], 0);
    memcpy(full.hand_back.name, "d\x7f", 2);
    assert_string_equal(there_and_back().hand_back.name, "d");
    memcpy(full.hand_back.name, "d\xc3", 2);
    assert_string_equal(there_and_back().hand_back.name, "d");
}

static void test_usb_bus_that_does_not_hold_together_counts_as_missing(void **state)
{
    (void)state;
    full.usb.device_count = BOOT_USB_DEVICES;
    full.usb.ethernet = BOOT_USB_DEVICES - 1;
    assert_true(there_and_back().has_usb);
    full.usb.device_count = BOOT_USB_DEVICES + 1;
    assert_false(there_and_back().has_usb);
    full.usb.device_count = 255;
    assert_false(there_and_back().has_usb);
    full.usb.device_count = 2;
    full.usb.ethernet = 2;
    assert_false(there_and_back().has_usb);
    full.usb.device_count = 0;
    full.usb.ethernet = 0;
    assert_false(there_and_back().has_usb);
    full.usb.device_count = 2;
    full.usb.devices[1].hub = 1; /* on itself */
    assert_false(there_and_back().has_usb);
    full.usb.devices[1].hub = 0xfe;
    assert_false(there_and_back().has_usb);
    full.usb.devices[1].hub = 0xff;
    assert_true(there_and_back().has_usb);
    full.usb.devices[0].hub = 0;
    assert_false(there_and_back().has_usb);
}

static void test_card_on_no_controller_counts_as_missing(void **state)
{
    (void)state;
    full.card.host = BOARD_CARD_EMMC;
    assert_true(there_and_back().has_card);
    full.card.host = BOARD_CARD_ANY;
    assert_false(there_and_back().has_card);
    full.card.host = BOARD_CARD_SDHOST + 1;
    assert_false(there_and_back().has_card);
}

static void test_hand_back_of_no_known_kind_counts_as_missing(void **state)
{
    (void)state;
    for (uint32_t kind = BOOT_HAND_BACK_REBOOT; kind <= BOOT_HAND_BACK_IMAGE; kind++) {
        full.hand_back.kind = kind;
        assert_true(there_and_back().has_hand_back);
    }
    full.hand_back.kind = 0;
    assert_false(there_and_back().has_hand_back);
    full.hand_back.kind = BOOT_HAND_BACK_IMAGE + 1;
    assert_false(there_and_back().has_hand_back);
    full.hand_back.kind = 0x80000001;
    assert_false(there_and_back().has_hand_back);
}

static void test_only_the_next_service_needs_a_name(void **state)
{
    (void)state;
    full.hand_back.name[0] = '\0';
    assert_true(there_and_back().has_hand_back);
    full.hand_back.kind = BOOT_HAND_BACK_EXIT;
    full.hand_back.status = -3;
    assert_int_equal(there_and_back().hand_back.status, -3);
    assert_true(there_and_back().has_hand_back);
    full.hand_back.kind = BOOT_HAND_BACK_NEXT;
    assert_false(there_and_back().has_hand_back);
    full.hand_back.name[0] = '\n';
    assert_false(there_and_back().has_hand_back);
    full.hand_back.name[0] = 'a';
    assert_true(there_and_back().has_hand_back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_everything_arrives_as_it_was_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_not_there_does_not_arrive, setup, teardown),
        cmocka_unit_test_setup_teardown(test_more_neighbours_than_fit_are_left_out, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_too_little_room_is_told_at_every_size, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_any_bit_that_flips_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_list_that_is_cut_off_is_refused_at_every_length, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_list_without_its_integrity_entry_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_entries_of_later_versions_are_read_as_far_as_they_are_known, setup, teardown),
        cmocka_unit_test_setup_teardown(test_entries_that_are_too_short_count_as_missing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_neighbours_come_whole_and_no_more_than_fit, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_strings_that_do_not_end_are_ended, setup, teardown),
        cmocka_unit_test_setup_teardown(test_name_ends_before_the_first_byte_that_is_no_text, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_usb_bus_that_does_not_hold_together_counts_as_missing,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_card_on_no_controller_counts_as_missing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_hand_back_of_no_known_kind_counts_as_missing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_only_the_next_service_needs_a_name, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
