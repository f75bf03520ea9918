/*
 * transfer_list: what is built is what the specification describes byte by byte, and a
 * list from outside is believed only when everything in it holds.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot_tags.h"
#include "bytes.h"
#include "crc32c.h"
#include "error.h"
#include "transfer_list.h"

static uint8_t list[4096] __attribute__((aligned(8)));
static uint32_t used;

static int setup(void **state)
{
    (void)state;
    memset(list, 0xcc, sizeof list);
    if (transfer_list_init(list, sizeof list) != 0)
        return -1;
    transfer_list_append(list, BOOT_TAG_ARGUMENTS, "dns\0-n\0", 7);
    transfer_list_append(list, BOOT_TAG_SEED, NULL, 32);
    transfer_list_append(list, 0x123, NULL, 0);
    used = transfer_list_seal(list);
    return 0;
}

/* Checks the first bytes of the list in a heap block of exactly that size. */
static int64_t check(size_t available)
{
    uint8_t *copy = aligned_alloc(8, (available + 7) & ~(size_t)7);
    int64_t status;

    memcpy(copy, list, available);
    status = transfer_list_check(copy, available);
    free(copy);
    return status;
}

/* Makes the sum right again after a change, so that a later check is what refuses. */
static void fix_sum(void)
{
    uint8_t sum = 0;

    list[4] = 0;
    for (uint32_t i = 0; i < bytes_le32(list + 8) && i < sizeof list; i++)
        sum = (uint8_t)(sum + list[i]);
    list[4] = (uint8_t)-sum;
}

static void test_header_and_entries_are_as_the_specification_says(void **state)
{
    static const uint8_t start[] = {0x0b, 0xb1, 0x0f, 0x4a};

    (void)state;
    assert_memory_equal(list, start, 4);
    assert_int_equal(list[5], 1);
    assert_int_equal(list[6], 0x18);
    assert_int_equal(list[7], 3);
    assert_int_equal(bytes_le32(list + 8), used);
    assert_int_equal(used, 24 + 16 + 16 + 40 + 8);
    assert_int_equal(bytes_le32(list + 12), sizeof list);
    assert_int_equal(bytes_le32(list + 16), 1);
    assert_int_equal(bytes_le32(list + 20), 0);
    assert_int_equal(bytes_le32(list + 24), 0x08fff000);
    assert_int_equal(bytes_le32(list + 28), 8);
    assert_int_equal(bytes_le32(list + 40), 0x08fff009);
    assert_int_equal(bytes_le32(list + 44), 7);
    assert_int_equal(list[55], 0); /* padding is defined */
}

static void test_bytes_of_the_used_part_add_up_to_nothing(void **state)
{
    uint8_t sum = 0;

    (void)state;
    for (uint32_t i = 0; i < used; i++)
        sum = (uint8_t)(sum + list[i]);
    assert_int_equal(sum, 0);
}

static void test_integrity_entry_covers_the_list_with_its_fields_as_zero(void **state)
{
    uint8_t copy[sizeof list];

    (void)state;
    memcpy(copy, list, used);
    copy[4] = 0;
    memset(copy + 36, 0, 4);
    assert_int_equal(bytes_le32(list + 32), used);
    assert_int_equal(bytes_le32(list + 36), crc32c(0, copy, used));
}

static void test_sealed_list_is_accepted_and_searched(void **state)
{
    size_t length = 99;

    (void)state;
    assert_int_equal(check(used), used);
    assert_int_equal(check(sizeof list), used);
    assert_memory_equal(transfer_list_find(list, BOOT_TAG_ARGUMENTS, 1, &length), "dns\0-n", 7);
    assert_int_equal(length, 7);
    assert_non_null(transfer_list_find(list, BOOT_TAG_SEED, 32, &length));
    assert_null(transfer_list_find(list, BOOT_TAG_SEED, 33, &length));
    assert_non_null(transfer_list_find(list, 0x123, 0, &length));
    assert_int_equal(length, 0);
    assert_null(transfer_list_find(list, BOOT_TAG_LEASE, 0, &length));
}

static void test_list_that_is_full_takes_no_more(void **state)
{
    uint8_t small[64] __attribute__((aligned(8)));

    (void)state;
    assert_int_equal(transfer_list_init(small + 1, 63), ERROR_INVALID);
    assert_int_equal(transfer_list_init(small, 39), ERROR_TOO_LARGE);
    assert_int_equal(transfer_list_init(small, 23), ERROR_TOO_LARGE);
    assert_int_equal(transfer_list_init(small, 63), 0);
    assert_null(transfer_list_append(small, 1, NULL, 9));
    assert_null(transfer_list_append(small, 1, NULL, SIZE_MAX));
    assert_null(transfer_list_append(small, 1, NULL, SIZE_MAX - 8));
    assert_null(transfer_list_append(small, 1, NULL, UINT32_MAX));
    assert_non_null(transfer_list_append(small, 1, "12345678", 8));
    assert_null(transfer_list_append(small, 1, NULL, 0));
    assert_int_equal(transfer_list_init(small, 48), 0);
    assert_non_null(transfer_list_append(small, 1, NULL, 0)); /* takes the last 8 bytes */
    assert_int_equal(transfer_list_seal(small), 48);
    assert_int_equal(transfer_list_init(small, 63), 0);
    assert_non_null(transfer_list_append(small, 1, "12345678", 8));
    assert_int_equal(transfer_list_seal(small), 56);
    assert_int_equal(transfer_list_check(small, 56), 56);
}

static void test_last_entry_can_be_shortened(void **state)
{
    size_t length;
    uint8_t *data;

    (void)state;
    data = transfer_list_append(list, BOOT_TAG_FDT, NULL, 1000);
    memset(data, 0xff, 1000);
    transfer_list_shrink(list, data, 13);
    assert_non_null(transfer_list_append(list, 0x77, "after", 5));
    used = transfer_list_seal(list);
    assert_int_equal(check(used), used);
    assert_ptr_equal(transfer_list_find(list, BOOT_TAG_FDT, 13, &length), data);
    assert_int_equal(length, 13);
    assert_memory_equal(data + 13, "\0\0\0", 3);
    assert_memory_equal(transfer_list_find(list, 0x77, 5, &length), "after", 5);
}

static void test_list_that_is_none_is_refused(void **state)
{
    (void)state;
    list[0] ^= 1;
    fix_sum();
    assert_int_equal(check(used), ERROR_INVALID);
    setup(NULL);
    list[5] = 0;
    fix_sum();
    assert_int_equal(check(used), ERROR_INVALID);
    setup(NULL);
    assert_int_equal(transfer_list_check(list + 4, used), ERROR_INVALID);
}

static void test_list_longer_than_what_may_be_read_is_refused(void **state)
{
    (void)state;
    for (size_t available = 1; available < used; available++)
        assert_int_equal(check(available), ERROR_TOO_LARGE);
}

static void test_every_changed_bit_is_noticed(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < used * 8; bit++) {
        list[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_true(check(used) < 0);
        list[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void test_header_sizes_that_do_not_hold_are_refused(void **state)
{
    static const struct {
        unsigned offset;
        uint32_t value;
        unsigned bytes;
    } bad[] = {
        {6, 0, 1}, {6, 23, 1}, {6, 255, 1}, {7, 2, 1},   {7, 31, 1},
        {8, 0, 4}, {8, 23, 4}, {12, 0, 4},  {12, 40, 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        setup(NULL);
        memcpy(list + bad[i].offset, &bad[i].value, bad[i].bytes);
        fix_sum();
        assert_int_equal(check(used), ERROR_CORRUPT);
    }
}

static void test_entry_that_leaves_the_used_part_is_refused(void **state)
{
    static const uint32_t sizes[] = {0xffffffff, 0xfffffff8, 0xfffffff0, 0x7fffffff, 49, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        setup(NULL);
        bytes_put_le32(list + 24, 0x08000001); /* no integrity entry that would notice */
        bytes_put_le32(list + 60, sizes[i]);
        fix_sum();
        assert_int_equal(check(used), ERROR_CORRUPT);
    }
    setup(NULL);
    bytes_put_le32(list + 24, 0x07000001); /* an entry header of 7 bytes */
    fix_sum();
    assert_int_equal(check(used), ERROR_CORRUPT);
    setup(NULL);
    bytes_put_le32(list + 24, 0x08000001);
    list[40 + 3] = 255; /* ... and of 255 */
    fix_sum();
    assert_int_equal(check(used), ERROR_CORRUPT);
}

static void test_longer_headers_of_later_versions_are_skipped(void **state)
{
    uint8_t later[96] __attribute__((aligned(8))) = {0};
    size_t length;

    (void)state;
    transfer_list_init(later, 64);
    later[5] = 2;  /* version */
    later[6] = 32; /* header with 8 bytes we do not know */
    bytes_put_le32(later + 8, 64);
    bytes_put_le32(later + 16, 0); /* no checksum */
    bytes_put_le32(later + 32, 16u << 24 | 5);
    bytes_put_le32(later + 36, 4);
    memcpy(later + 48, "data", 4);
    bytes_put_le32(later + 56, 8u << 24 | 6);
    bytes_put_le32(later + 60, 0);
    assert_int_equal(transfer_list_check(later, sizeof later), 64);
    assert_memory_equal(transfer_list_find(later, 5, 4, &length), "data", 4);
    assert_int_equal(length, 4);
    assert_non_null(transfer_list_find(later, 6, 0, &length));
}

static void test_list_of_a_header_alone_is_accepted(void **state)
{
    size_t length;

    (void)state;
    memset(list + 8, 0, 16);
    list[7] = 30; /* an alignment nobody else wants */
    bytes_put_le32(list + 8, 24);
    bytes_put_le32(list + 12, 24);
    assert_int_equal(check(24), 24);
    assert_null(transfer_list_find(list, 1, 0, &length));
}

static void test_checksum_by_exclusive_or_is_accepted(void **state)
{
    uint8_t parity = 0;

    (void)state;
    list[4] = 0;
    for (uint32_t i = 0; i < used; i++)
        parity ^= list[i];
    list[4] = parity;
    assert_int_equal(check(used), used);
    list[4] ^= 0x40;
    assert_int_equal(check(used), ERROR_CORRUPT);
}

static void test_checksum_is_not_looked_at_when_the_flag_is_clear(void **state)
{
    (void)state;
    bytes_put_le32(list + 24, 0x08000001);
    list[16] = 0;
    list[4] = 0x55;
    assert_int_equal(check(used), used);
}

static void test_crc_finds_what_the_sum_cannot(void **state)
{
    uint8_t swap = list[56];

    (void)state;
    list[56] = list[57];
    list[57] = swap;
    assert_int_not_equal(list[56], list[57]);
    assert_int_equal(check(used), ERROR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_header_and_entries_are_as_the_specification_says, setup),
        cmocka_unit_test_setup(test_bytes_of_the_used_part_add_up_to_nothing, setup),
        cmocka_unit_test_setup(test_integrity_entry_covers_the_list_with_its_fields_as_zero, setup),
        cmocka_unit_test_setup(test_sealed_list_is_accepted_and_searched, setup),
        cmocka_unit_test_setup(test_list_that_is_full_takes_no_more, setup),
        cmocka_unit_test_setup(test_last_entry_can_be_shortened, setup),
        cmocka_unit_test_setup(test_list_that_is_none_is_refused, setup),
        cmocka_unit_test_setup(test_list_longer_than_what_may_be_read_is_refused, setup),
        cmocka_unit_test_setup(test_every_changed_bit_is_noticed, setup),
        cmocka_unit_test_setup(test_header_sizes_that_do_not_hold_are_refused, setup),
        cmocka_unit_test_setup(test_entry_that_leaves_the_used_part_is_refused, setup),
        cmocka_unit_test_setup(test_longer_headers_of_later_versions_are_skipped, setup),
        cmocka_unit_test_setup(test_list_of_a_header_alone_is_accepted, setup),
        cmocka_unit_test_setup(test_checksum_by_exclusive_or_is_accepted, setup),
        cmocka_unit_test_setup(test_checksum_is_not_looked_at_when_the_flag_is_clear, setup),
        cmocka_unit_test_setup(test_crc_finds_what_the_sum_cannot, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
