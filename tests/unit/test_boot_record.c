/*
 * test_boot_record: entry registers, transfer list and FDT, whole and damaged.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "boot_record.h"
#include "bytes.h"
#include "error.h"
#include "memory.h"
#include "random.h"
#include "sim.h"
#include "transfer_list.h"

/* The list and the FDT stand at the start of blocks of their own: what boot_record_find
 * maps is what a reader may look at, and here it is memory that exists. */
static _Alignas(4096) uint8_t list[MEMORY_BLOCK_BYTES + 4096];
static _Alignas(4096) uint8_t fdt[MEMORY_BLOCK_BYTES + 4096];
static struct boot_record record;
static struct board_range mapped[8];
static unsigned mapped_count;

bool memory_map_block(uint64_t address, uint64_t bytes)
{
    assert_in_range(mapped_count, 0, 7);
    mapped[mapped_count++] = (struct board_range){address, bytes};
    return true;
}

static bool is_mapped(const void *address, uint64_t bytes)
{
    for (unsigned i = 0; i < mapped_count; i++) {
        if (mapped[i].base <= (uintptr_t)address &&
            (uintptr_t)address + bytes <= mapped[i].base + mapped[i].bytes)
            return true;
    }
    return false;
}

static void put_fdt_header(uint8_t *at, uint32_t bytes)
{
    memset(at, 0, 40);
    bytes_put_be32(at, 0xd00dfeed);
    bytes_put_be32(at + 4, bytes);
}

static int set_up(void **state)
{
    (void)state;
    sim_reset();
    memset(list, 0, sizeof list);
    put_fdt_header(fdt, 5000);
    mapped_count = 0;
    return transfer_list_init(list, 65536);
}

static int find(void)
{
    return boot_record_find(&record, (uintptr_t)fdt, TRANSFER_LIST_X1, (uintptr_t)list);
}

static void append_everything(void)
{
    static const struct boot_loader loader = {0x000100, BOOT_FEATURE_GUARD, 0x3b000000, 0x200000};
    static const struct boot_service service = {"dns", "tftp://192.0.2.1/dns.elf", 77, 'A', 0, 0,
                                                0};
    static const struct boot_reset reset = {2, 0x1020};
    static const struct boot_image image = {.digest = {1, 2, 3}};
    static const struct boot_lease lease = {.mac = {2, 0, 0, 0, 0, 1}, .address = {10, 0, 0, 2}};
    static const struct boot_memory memory[] = {
        {0x3b000000, 0x200000, BOOT_MEMORY_LOADER, 0},
        {0x400000, 0x1000000, BOOT_MEMORY_FREE, 0},
        {0x2000000, 0x2000000, BOOT_MEMORY_FREE, 0},
    };
    static const struct boot_timestamp stamps[] = {{100, BOOT_PHASE_ENTRY, 0},
                                                   {2000, BOOT_PHASE_START, 0}};

    transfer_list_append(list, BOOT_TAG_LOADER, &loader, sizeof loader);
    transfer_list_append(list, BOOT_TAG_SERVICE, &service, sizeof service);
    transfer_list_append(list, BOOT_TAG_RESET, &reset, sizeof reset);
    transfer_list_append(list, BOOT_TAG_IMAGE, &image, sizeof image);
    transfer_list_append(list, BOOT_TAG_MEMORY, memory, sizeof memory);
    transfer_list_append(list, BOOT_TAG_LEASE, &lease, sizeof lease);
    transfer_list_append(list, BOOT_TAG_ARGUMENTS, "1000\0", 5);
    transfer_list_append(list, BOOT_TAG_TIMESTAMPS, stamps, sizeof stamps);
}

/* What a loader that stands guard adds. */
static void append_resident(void)
{
    static const struct boot_guard guard = {3000, 10000, 1};
    static const struct boot_upload upload = {
        0x37000000, 0x4000000, BOOT_DEPLOY_ANY, {10, 0, 0, 5}};
    static const struct boot_usb usb = {
        .driver = "cdc-ecm", .device_count = 1, .devices = {{.hub = BOOT_USB_ROOT}}};
    static const struct boot_neighbour neighbours[] = {{.address = {10, 0, 0, 1}, .mac = {2, 1}},
                                                       {.address = {10, 0, 0, 5}, .mac = {2, 5}}};
    static const struct boot_log log = {.undrained = 123, .sent = {1ull << 40, 7, 0}};
    static const struct boot_card card = {.host = BOARD_CARD_SDHOST, .block_count = 9};
    static const struct boot_transfer transfer = {{10, 0, 0, 5}, 4000, 52};

    transfer_list_append(list, BOOT_TAG_GUARD, &guard, sizeof guard);
    transfer_list_append(list, BOOT_TAG_UPLOAD, &upload, sizeof upload);
    transfer_list_append(list, BOOT_TAG_USB, &usb, sizeof usb);
    transfer_list_append(list, BOOT_TAG_NEIGHBOURS, neighbours, sizeof neighbours);
    transfer_list_append(list, BOOT_TAG_LOG, &log, sizeof log);
    transfer_list_append(list, BOOT_TAG_CARD, &card, sizeof card);
    transfer_list_append(list, BOOT_TAG_TRANSFER, &transfer, sizeof transfer);
}

static void test_everything_in_a_whole_list_is_taken(void **state)
{
    (void)state;
    append_everything();
    transfer_list_seal(list);
    assert_int_equal(find(), 0);
    assert_ptr_equal(record.list, list);
    assert_in_range(record.list_bytes, 300, 1000);
    assert_int_equal(record.loader.version, 0x000100);
    assert_int_equal(record.loader.features, BOOT_FEATURE_GUARD);
    assert_string_equal(record.service.location, "tftp://192.0.2.1/dns.elf");
    assert_int_equal(record.service.boot_id, 77);
    assert_int_equal(record.service.slot, 'A');
    assert_int_equal(record.reset.reason, 2);
    assert_memory_equal(record.image_digest, "\1\2\3", 4);
    assert_true(record.over.has_lease);
    assert_memory_equal(record.over.lease.address, "\12\0\0\2", 4);
    assert_int_equal(record.free_count, 2);
    assert_true(record.free[1].base == 0x2000000 && record.free[1].bytes == 0x2000000);
    assert_int_equal(record.arguments_bytes, 5);
    assert_memory_equal(record.arguments, "1000\0", 5);
    assert_int_equal(record.timestamp_count, 2);
    assert_int_equal(record.timestamps[1].at_us, 2000);
}

static void test_what_a_resident_loader_hands_over_is_taken(void **state)
{
    (void)state;
    append_resident();
    transfer_list_seal(list);
    assert_int_equal(find(), 0);
    assert_int_equal(record.guard.watchdog_ms, 3000);
    assert_int_equal(record.guard.confirm_ms, 10000);
    assert_int_equal(record.guard.confirmed, 1);
    assert_int_equal(record.upload.base, 0x37000000);
    assert_int_equal(record.upload.deploy, BOOT_DEPLOY_ANY);
    assert_memory_equal(record.upload.syslog, "\12\0\0\5", 4);
    assert_true(record.over.has_usb);
    assert_string_equal(record.over.usb.driver, "cdc-ecm");
    assert_int_equal(record.over.neighbour_count, 2);
    assert_int_equal(record.over.neighbours[1].mac[1], 5);
    assert_true(record.over.has_log);
    assert_int_equal(record.over.log.undrained, 123);
    assert_true(record.over.log.sent.position == 1ull << 40);
    assert_int_equal(record.over.log.sent.sequence, 7);
    assert_true(record.over.has_card);
    assert_true(record.over.has_transfer);
    assert_int_equal(record.over.transfer.block, 52);
    assert_string_equal(record.crash.name, "");
}

static void test_a_crash_report_whose_strings_do_not_end_is_ended(void **state)
{
    struct boot_crash crash;

    (void)state;
    memset(&crash, 'x', sizeof crash);
    transfer_list_append(list, BOOT_TAG_CRASH, &crash, sizeof crash);
    transfer_list_seal(list);
    assert_int_equal(find(), 0);
    assert_int_equal(strlen(record.crash.name), sizeof crash.name - 1);
    assert_int_equal(strlen(record.crash.version), sizeof crash.version - 1);
    assert_int_equal(strlen(record.crash.what), sizeof crash.what - 1);
}

static void test_an_empty_list_is_no_error_and_everything_reads_as_zero(void **state)
{
    struct boot_record expected = {0};

    (void)state;
    transfer_list_seal(list);
    assert_int_equal(boot_record_find(&record, 0, TRANSFER_LIST_X1, (uintptr_t)list), 0);
    expected.list = list;
    expected.list_bytes = record.list_bytes;
    assert_memory_equal(&record, &expected, sizeof record);
}

static void test_the_fdt_of_the_list_goes_before_that_in_x0(void **state)
{
    uint8_t inner[64];

    (void)state;
    put_fdt_header(inner, sizeof inner);
    transfer_list_append(list, BOOT_TAG_FDT, inner, sizeof inner);
    transfer_list_seal(list);
    assert_int_equal(find(), 0);
    assert_in_range((uintptr_t)record.fdt, (uintptr_t)list, (uintptr_t)list + 500);
    assert_memory_equal(record.fdt, inner, sizeof inner);
    assert_int_equal(record.fdt_bytes, sizeof inner);
}

static void test_the_seed_is_mixed_in_and_wiped(void **state)
{
    static const uint8_t seed[32] = {0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4};
    uint8_t *in_list = transfer_list_append(list, BOOT_TAG_SEED, seed, sizeof seed);
    uint32_t unseeded, seeded;

    (void)state;
    transfer_list_seal(list);
    unseeded = random_u32();
    sim_reset();
    assert_int_equal(find(), 0);
    seeded = random_u32();
    assert_true(seeded != unseeded);
    for (unsigned i = 0; i < sizeof seed; i++)
        assert_int_equal(in_list[i], 0);
}

static void test_strings_that_do_not_end_are_ended(void **state)
{
    struct boot_service service;

    (void)state;
    memset(&service, 'x', sizeof service);
    transfer_list_append(list, BOOT_TAG_SERVICE, &service, sizeof service);
    transfer_list_seal(list);
    assert_int_equal(find(), 0);
    assert_int_equal(strlen(record.service.name), sizeof service.name - 1);
    assert_int_equal(strlen(record.service.location), sizeof service.location - 1);
}

static void test_an_entry_shorter_than_its_struct_is_absent(void **state)
{
    struct boot_lease lease = {.address = {10, 0, 0, 2}};
    struct boot_memory memory = {0x400000, 0x1000000, BOOT_MEMORY_FREE, 0};
    uint8_t two_and_a_half[sizeof memory * 5 / 2];

    (void)state;
    transfer_list_append(list, BOOT_TAG_LEASE, &lease, sizeof lease - 1);
    for (unsigned i = 0; i < sizeof two_and_a_half; i++)
        two_and_a_half[i] = ((uint8_t *)&memory)[i % sizeof memory];
    transfer_list_append(list, BOOT_TAG_MEMORY, two_and_a_half, sizeof two_and_a_half);
    transfer_list_seal(list);
    assert_int_equal(find(), 0);
    assert_false(record.over.has_lease);
    assert_int_equal(record.free_count, 2);
}

static void test_more_free_ranges_than_there_is_room_for_are_left_out(void **state)
{
    struct boot_memory memory[BOOT_RECORD_FREE_MAX + 5];

    (void)state;
    for (unsigned i = 0; i < BOOT_RECORD_FREE_MAX + 5; i++)
        memory[i] = (struct boot_memory){0x400000 * (i + 1), 4096, BOOT_MEMORY_FREE, 0};
    transfer_list_append(list, BOOT_TAG_MEMORY, memory, sizeof memory);
    transfer_list_seal(list);
    assert_int_equal(find(), 0);
    assert_int_equal(record.free_count, BOOT_RECORD_FREE_MAX);
}

static void test_a_damaged_list_is_not_used_and_the_fdt_in_x0_is(void **state)
{
    (void)state;
    append_everything();
    transfer_list_seal(list);
    list[200] ^= 4;
    assert_int_equal(find(), ERROR_CORRUPT);
    assert_null(record.list);
    assert_int_equal(record.free_count, 0);
    assert_false(record.over.has_lease);
    assert_ptr_equal(record.fdt, fdt);
}

static void test_a_list_without_signature_or_too_large_is_not_used(void **state)
{
    (void)state;
    transfer_list_seal(list);
    list[0] ^= 1;
    assert_int_equal(find(), ERROR_INVALID);
    assert_null(record.list);
    list[0] ^= 1;
    bytes_put_le32(list + 8, MEMORY_BLOCK_BYTES + 8);
    assert_in_range(-find(), 1, 12);
    assert_null(record.list);
}

static void test_a_list_at_an_odd_address_is_not_used(void **state)
{
    (void)state;
    transfer_list_seal(list);
    memmove(list + 4, list, 4096);
    assert_int_equal(boot_record_find(&record, 0, TRANSFER_LIST_X1, (uintptr_t)list + 4),
                     ERROR_INVALID);
    assert_null(record.list);
}

static void test_without_the_signature_in_x1_x3_is_not_looked_at(void **state)
{
    (void)state;
    append_everything();
    transfer_list_seal(list);
    assert_int_equal(
        boot_record_find(&record, (uintptr_t)fdt, TRANSFER_LIST_SIGNATURE, (uintptr_t)list), 0);
    assert_null(record.list);
    assert_false(is_mapped(list, 1));
    assert_ptr_equal(record.fdt, fdt);
    assert_int_equal(record.fdt_bytes, 5000);
}

static void test_the_whole_fdt_is_mapped_before_it_is_kept(void **state)
{
    (void)state;
    put_fdt_header(fdt, MEMORY_BLOCK_BYTES);
    assert_int_equal(boot_record_find(&record, (uintptr_t)fdt, 0, 0), 0);
    assert_ptr_equal(record.fdt, fdt);
    assert_true(is_mapped(fdt, MEMORY_BLOCK_BYTES));
}

static void test_registers_of_bootelf_and_go_are_not_taken_for_an_fdt(void **state)
{
    static const uint64_t values[] = {0, 1, 3, 8, 16, 4088};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_int_equal(boot_record_find(&record, values[i], 0x1000, 0), 0);
        assert_null(record.fdt);
        assert_int_equal(mapped_count, 0);
    }
}

static void test_what_does_not_look_like_an_fdt_is_not_kept(void **state)
{
    (void)state;
    assert_int_equal(boot_record_find(&record, (uintptr_t)fdt + 4, 0, 0), 0);
    assert_null(record.fdt);
    put_fdt_header(fdt, 39);
    assert_int_equal(boot_record_find(&record, (uintptr_t)fdt, 0, 0), 0);
    assert_null(record.fdt);
    put_fdt_header(fdt, MEMORY_BLOCK_BYTES + 1);
    assert_int_equal(boot_record_find(&record, (uintptr_t)fdt, 0, 0), 0);
    assert_null(record.fdt);
    put_fdt_header(fdt, 5000);
    fdt[3] ^= 1;
    assert_int_equal(boot_record_find(&record, (uintptr_t)fdt, 0, 0), 0);
    assert_null(record.fdt);
    assert_int_equal(record.fdt_bytes, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(test_everything_in_a_whole_list_is_taken),
        TEST(test_what_a_resident_loader_hands_over_is_taken),
        TEST(test_a_crash_report_whose_strings_do_not_end_is_ended),
        TEST(test_an_empty_list_is_no_error_and_everything_reads_as_zero),
        TEST(test_the_fdt_of_the_list_goes_before_that_in_x0),
        TEST(test_the_seed_is_mixed_in_and_wiped),
        TEST(test_strings_that_do_not_end_are_ended),
        TEST(test_an_entry_shorter_than_its_struct_is_absent),
        TEST(test_more_free_ranges_than_there_is_room_for_are_left_out),
        TEST(test_a_damaged_list_is_not_used_and_the_fdt_in_x0_is),
        TEST(test_a_list_without_signature_or_too_large_is_not_used),
        TEST(test_a_list_at_an_odd_address_is_not_used),
        TEST(test_without_the_signature_in_x1_x3_is_not_looked_at),
        TEST(test_the_whole_fdt_is_mapped_before_it_is_kept),
        TEST(test_registers_of_bootelf_and_go_are_not_taken_for_an_fdt),
        TEST(test_what_does_not_look_like_an_fdt_is_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
