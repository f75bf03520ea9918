/*
 * The power-loss runner's parts: the card that loses power does what block_device.h promises and
 * nothing better, the list of cuts leaves no kind out, an id is enough to do a cut again.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "crc32c.h"
#include "error.h"
#include "powerloss.h"

#define BYTES SLOT_BLOCK_BYTES

static struct power_card card;

static int set_up_card(void **state)
{
    (void)state;
    power_card_init(&card);
    return 0;
}

static int tear_down_card(void **state)
{
    (void)state;
    power_card_free(&card);
    return 0;
}

/* Writes one block full of that byte, with the power gone at that event. Returns false if it
 * went. */
static bool write_byte(uint64_t block, uint8_t byte)
{
    _Alignas(4) uint8_t bytes[BYTES];
    static jmp_buf gone;

    memset(bytes, byte, sizeof(bytes));
    card.power_gone = &gone;
    if (setjmp(gone) != 0)
        return false;
    assert_int_equal(card.device.write(&card.device, block, 1, bytes), 0);
    return true;
}

static uint8_t first_byte(uint64_t block)
{
    _Alignas(4) uint8_t bytes[BYTES];

    assert_int_equal(card.device.read(&card.device, block, 1, bytes), 0);
    return bytes[0];
}

static void cut(const char *text)
{
    const size_t stale[2] = {0, 0};
    struct power_cut decided;

    assert_true(power_cut_parse(text, &decided));
    power_cut_apply(&decided, &card, stale);
    power_card_power_on(&card, 0, NULL);
}

static void test_what_is_flushed_outlives_the_power(void **state)
{
    (void)state;
    assert_true(write_byte(5, 0x11));
    assert_int_equal(card.device.flush(&card.device), 0);
    assert_true(write_byte(5, 0x22));
    assert_int_equal(first_byte(5), 0x22);
    power_card_power_on(&card, 0, NULL);
    assert_int_equal(first_byte(5), 0x11);
}

static void test_of_what_is_not_flushed_any_may_have_arrived(void **state)
{
    (void)state;
    card.cut_at = 4;
    for (uint8_t i = 0; i < 4; i++)
        assert_int_equal(write_byte(10 + i, 0x40 + i), i < 3);
    assert_int_equal(card.in_flight.block, 13);
    cut("4.ff.lost-101.alone");
    assert_int_equal(first_byte(10), 0x40);
    assert_int_equal(first_byte(11), 0);
    assert_int_equal(first_byte(12), 0x42);
    assert_int_equal(first_byte(13), 0xff);
}

static void test_a_block_can_be_torn_anywhere(void **state)
{
    (void)state;
    assert_true(write_byte(20, 0x11));
    assert_int_equal(card.device.flush(&card.device), 0);
    power_card_power_on(&card, 1, NULL);
    assert_false(write_byte(20, 0x22));
    cut("1.new8-old.all.alone");
    const uint8_t *bytes = power_card_at(&card, 20, NULL);

    assert_int_equal(bytes[7], 0x22);
    assert_int_equal(bytes[8], 0x11);
    assert_int_equal(bytes[511], 0x11);
}

static void test_a_unit_can_be_lost_and_its_neighbour_unit_not(void **state)
{
    (void)state;
    assert_true(write_byte(SLOT_UNIT_BLOCKS - 1, 0x11));
    assert_true(write_byte(SLOT_UNIT_BLOCKS, 0x22));
    assert_true(write_byte(SLOT_UNIT_BLOCKS + 900, 0x33));
    assert_int_equal(card.device.flush(&card.device), 0);
    power_card_power_on(&card, 1, NULL);
    assert_false(write_byte(SLOT_UNIT_BLOCKS + 1, 0x44));
    cut("1.new.all.unit-ff");
    assert_int_equal(first_byte(SLOT_UNIT_BLOCKS - 1), 0x11);
    assert_int_equal(first_byte(SLOT_UNIT_BLOCKS), 0xff);
    assert_int_equal(first_byte(SLOT_UNIT_BLOCKS + 1), 0x44);
    assert_int_equal(first_byte(SLOT_UNIT_BLOCKS + 900), 0xff);
}

static void test_an_unreadable_block_is_mended_by_writing_it(void **state)
{
    _Alignas(4) uint8_t bytes[2 * BYTES];

    (void)state;
    power_card_put(&card, 30, NULL);
    assert_int_equal(card.device.read(&card.device, 30, 1, bytes), ERROR_IO);
    assert_int_equal(card.device.read(&card.device, 29, 2, bytes), ERROR_IO);
    assert_true(write_byte(30, 0x55));
    assert_int_equal(first_byte(30), 0x55);
    power_card_power_on(&card, 0, NULL);
    assert_int_equal(card.device.read(&card.device, 30, 1, bytes), ERROR_IO);
}

static void test_the_card_goes_back_to_any_moment(void **state)
{
    static const uint8_t old[BYTES] = {1}, new[BYTES] = {2};
    bool is_unreadable;

    (void)state;
    power_card_put(&card, 7, old);
    size_t mark = power_card_mark(&card);

    power_card_put(&card, 7, new);
    power_card_put(&card, 7, NULL);
    power_card_put(&card, 8, new);
    assert_int_equal(power_card_was(&card, 7, mark, &is_unreadable)[0], 1);
    power_card_rewind(&card, mark);
    assert_int_equal(power_card_at(&card, 7, &is_unreadable)[0], 1);
    assert_false(is_unreadable);
    assert_int_equal(power_card_at(&card, 8, NULL)[0], 0);
}

static void test_a_range_outside_the_card_is_refused(void **state)
{
    _Alignas(4) uint8_t bytes[2 * BYTES] = {0};
    struct block_device *device = &card.device;

    (void)state;
    assert_int_equal(device->write(device, POWER_CARD_BLOCKS - 1, 2, bytes), ERROR_INVALID);
    assert_int_equal(device->write(device, UINT64_MAX, 2, bytes), ERROR_INVALID);
    assert_int_equal(device->read(device, 0, 0, bytes), ERROR_INVALID);
    assert_int_equal(device->read(device, 0, 1, bytes + 1), ERROR_INVALID);
    assert_int_equal(card.events, 0);
}

/* ---- the cuts ------------------------------------------------------------------------ */

static struct power_cut list[POWER_CUT_LIST_MAX];

/* A card that has lost power at its sixth write, with five pending. */
static void lose_power_at_the_sixth_write(void)
{
    power_card_power_on(&card, 6, NULL);
    for (uint8_t i = 0; i < 6; i++)
        assert_int_equal(write_byte(40 + i, i), i < 5);
}

static void test_every_cut_has_a_text_that_leads_back_to_it(void **state)
{
    char text[POWER_CUT_TEXT_BYTES], again[POWER_CUT_TEXT_BYTES];
    struct power_cut parsed;

    (void)state;
    lose_power_at_the_sixth_write();
    size_t count = power_cut_list(&card, 6, POWER_FULL, 0, list, POWER_CUT_LIST_MAX);

    assert_true(count > 200);
    for (size_t i = 0; i < count; i++) {
        power_cut_text(&list[i], text);
        assert_true(power_cut_parse(text, &parsed));
        power_cut_text(&parsed, again);
        assert_string_equal(text, again);
        for (size_t j = 0; j < i; j++) {
            power_cut_text(&list[j], again);
            assert_string_not_equal(text, again);
        }
    }
}

static void test_what_is_no_cut_is_not_taken_for_one(void **state)
{
    static const char *const texts[] = {
        "",
        "1",
        "1.new",
        "0.new.all.alone",
        "1.new.all.",
        "1.new512-old.all.alone",
        "1.new0-old.all.alone",
        "1.new.some.alone",
        "1.new.kept-01010.alone",
        "1.new.all.unit",
        "1.new.all.unit-new",
        "1.new.all.alone.",
        "1.stale1.all.alone",
        "x.new.all.alone",
    };
    struct power_cut parsed;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (power_cut_parse(texts[i], &parsed))
            fail_msg("%s is taken for a cut", texts[i]);
    }
}

/* Whether list has one like it: what of the block, which neighbours, all or nothing pending. */
static bool is_listed(size_t count, const struct power_cut *like)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].first == like->first && list[i].rest == like->rest &&
            (list[i].prefix != 0) == (like->prefix != 0) && list[i].where == like->where &&
            list[i].neighbour == like->neighbour)
            return true;
    }
    return false;
}

static void test_the_quick_form_has_every_kind_of_cut_at_every_write(void **state)
{
    static struct power_cut full[POWER_CUT_LIST_MAX];
    bool kept[2] = {false, false}, some = false;

    (void)state;
    lose_power_at_the_sixth_write();
    size_t all = power_cut_list(&card, 6, POWER_FULL, 0, full, POWER_CUT_LIST_MAX);

    for (unsigned turn = 0; turn < 30; turn++) {
        size_t count = power_cut_list(&card, 6, POWER_QUICK, turn, list, POWER_CUT_LIST_MAX);

        for (size_t i = 0; i < all; i++) {
            if (full[i].where == POWER_ALONE && !is_listed(count, &full[i]))
                fail_msg("turn %u lacks what the block becomes in cut %zu", turn, i);
        }
        for (size_t i = 0; i < count; i++) {
            kept[list[i].older_kept] = true;
            some = some || list[i].chosen != 0;
        }
        assert_true(kept[0] && kept[1] && some);
        for (size_t i = 0; i < all; i++) {
            bool is_there = false;

            for (size_t j = 0; j < count; j++)
                is_there = is_there || (list[j].where == full[i].where &&
                                        list[j].neighbour == full[i].neighbour);
            assert_true(is_there);
        }
    }
}

static void test_the_checksum_is_that_of_the_others(void **state)
{
    uint8_t bytes[48];

    (void)state;
    /* RFC 3720, B.4. */
    memset(bytes, 0, 32);
    assert_int_equal(crc32c(0, bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, 32);
    assert_int_equal(crc32c(0, bytes, 32), 0x62a8ab43);
    for (uint8_t i = 0; i < 32; i++)
        bytes[i] = i;
    assert_int_equal(crc32c(0, bytes, 32), 0x46dd794e);
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(crc32c(crc32c(0, "12", 2), "3456789", 7), 0xe3069283);
}

#define TEST_ON_CARD(name) cmocka_unit_test_setup_teardown(name, set_up_card, tear_down_card)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_checksum_is_that_of_the_others),
        TEST_ON_CARD(test_what_is_flushed_outlives_the_power),
        TEST_ON_CARD(test_of_what_is_not_flushed_any_may_have_arrived),
        TEST_ON_CARD(test_a_block_can_be_torn_anywhere),
        TEST_ON_CARD(test_a_unit_can_be_lost_and_its_neighbour_unit_not),
        TEST_ON_CARD(test_an_unreadable_block_is_mended_by_writing_it),
        TEST_ON_CARD(test_the_card_goes_back_to_any_moment),
        TEST_ON_CARD(test_a_range_outside_the_card_is_refused),
        TEST_ON_CARD(test_every_cut_has_a_text_that_leads_back_to_it),
        TEST_ON_CARD(test_what_is_no_cut_is_not_taken_for_one),
        TEST_ON_CARD(test_the_quick_form_has_every_kind_of_cut_at_every_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
