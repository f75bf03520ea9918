/*
 * boot_info: everything the loader knows arrives in the list, where the service looks.
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

#include <libfdt.h>

#include "boot_info.h"
#include "elf_builder.h"
#include "error.h"
#include "transfer_list.h"
#include "tree_builder.h"

#define LIST_AT 0x3bc00000ull
#define MOVED   0x400000ull

static struct elf_builder b;
static struct elf_image image;
static struct tree_builder tree;
static struct board board;
static struct boot_lease lease;
static struct boot_console consoles[2];
static struct boot_timestamp timestamps[3];
static struct {
    struct boot_usb usb;
    struct boot_card card;
    struct boot_neighbour neighbours[8];
    struct boot_transfer transfer;
    struct boot_log log;
    struct boot_guard guard;
    struct boot_upload upload;
    struct boot_crash crash;
} given; /* no two parts alike */
static struct place_taken taken[40];
static uint8_t seed[2 * BOOT_INFO_SEED_BYTES];
static uint8_t digest[32];
static struct boot_info info;
static uint8_t *list;
static size_t capacity;
static size_t fdt_offset;

static int setup(void **state)
{
    char reason[ELF_REASON_BYTES];

    (void)state;
    elf_builder_init(&b);
    if (elf_check(b.bytes, b.length, &image, reason) != 0)
        return -1;
    tree_begin(&tree);
    tree_string(&tree, "/", "model", "a board");
    board = (struct board){.reset_reason = 2,
                           .reset_register = 0x1020,
                           .memory = {{0, 0x3c000000}},
                           .memory_count = 1};
    memset(digest, 0xd1, sizeof digest);
    memset(&lease, 0x1e, sizeof lease);
    memset(consoles, 0xc0, sizeof consoles);
    memset(timestamps, 0x77, sizeof timestamps);
    for (unsigned i = 0; i < sizeof given; i++)
        ((uint8_t *)&given)[i] = (uint8_t)(7 * i + i / 256);
    for (unsigned i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)(i + 1);
    taken[0] = (struct place_taken){0x3be00000, 0x200000, "the loader", BOOT_MEMORY_LOADER};
    taken[1] = (struct place_taken){0, 0x1000, "the spin table", BOOT_MEMORY_RESERVED};
    taken[2] = (struct place_taken){0x1000000, 0, "nothing", BOOT_MEMORY_RESERVED};
    info = (struct boot_info){
        .board = &board,
        .loader_version = boot_info_version("0.1.0"),
        .features = BOOT_FEATURE_UNSIGNED,
        .resident = {0x3be00000, 0x200000},
        .location = "tftp://192.0.2.1/dns.elf",
        .boot_id = 0x12345678,
        .image = &image,
        .file = b.bytes,
        .displacement = MOVED,
        .digest = digest,
        .taken = taken,
        .taken_count = 3,
        .lease = &lease,
        .consoles = consoles,
        .console_count = 2,
        .seed = seed,
        .arguments = "dns\0--records\0005\0",
        .arguments_bytes = 16,
        .timestamps = timestamps,
        .timestamp_count = 3,
        .usb = &given.usb,
        .card = &given.card,
        .neighbours = given.neighbours,
        .neighbour_count = 8,
        .transfer = &given.transfer,
        .log = &given.log,
        .guard = &given.guard,
        .upload = &given.upload,
        .crash = &given.crash,
    };
    info.fdt = tree_exact(&tree, &info.fdt_available);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(list);
    free(tree.copy);
    list = tree.copy = NULL;
    return 0;
}

static int64_t build_in(size_t bytes)
{
    free(list);
    capacity = bytes;
    list = aligned_alloc(8, (bytes + 7) & ~(size_t)7);
    fdt_offset = 0;
    return boot_info_build(&info, list, bytes, LIST_AT, &fdt_offset);
}

static int64_t build(void)
{
    return build_in(boot_info_room(&info));
}

static const void *entry(uint32_t tag, size_t length)
{
    size_t found;
    const void *data = transfer_list_find(list, tag, 0, &found);

    assert_non_null(data);
    assert_int_equal(found, length);
    return data;
}

static void assert_part(uint32_t tag, const void *bytes, size_t length)
{
    assert_memory_equal(entry(tag, length), bytes, length);
}

static bool has_entry(uint32_t tag)
{
    size_t length;

    return transfer_list_find(list, tag, 0, &length) != NULL;
}

static void test_list_is_sealed_and_has_every_entry(void **state)
{
    const struct boot_loader *loader;
    const struct boot_service *service;
    const struct boot_reset *reset;
    int64_t used = build();

    (void)state;
    assert_true(used > 0);
    assert_int_equal(transfer_list_check(list, (size_t)used), used);
    loader = entry(BOOT_TAG_LOADER, sizeof *loader);
    assert_int_equal(loader->version, 0x000100);
    assert_int_equal(loader->features, BOOT_FEATURE_UNSIGNED);
    assert_int_equal(loader->resident_base, 0x3be00000);
    assert_int_equal(loader->resident_bytes, 0x200000);
    service = entry(BOOT_TAG_SERVICE, sizeof *service);
    assert_string_equal(service->name, "hello");
    assert_string_equal(service->location, "tftp://192.0.2.1/dns.elf");
    assert_int_equal(service->boot_id, 0x12345678);
    reset = entry(BOOT_TAG_RESET, sizeof *reset);
    assert_int_equal(reset->reason, 2);
    assert_int_equal(reset->raw, 0x1020);
    assert_memory_equal(entry(BOOT_TAG_LEASE, sizeof lease), &lease, sizeof lease);
    assert_memory_equal(entry(BOOT_TAG_CONSOLE, sizeof consoles), consoles, sizeof consoles);
    assert_memory_equal(entry(BOOT_TAG_TIMESTAMPS, sizeof timestamps), timestamps,
                        sizeof timestamps);
    assert_memory_equal(entry(BOOT_TAG_ARGUMENTS, 16), "dns\0--records\0005", 16);
}

static void test_devices_and_guard_of_the_loader_have_their_entries(void **state)
{
    (void)state;
    assert_true(build() > 0);
    assert_part(BOOT_TAG_USB, &given.usb, sizeof given.usb);
    assert_part(BOOT_TAG_CARD, &given.card, sizeof given.card);
    assert_part(BOOT_TAG_NEIGHBOURS, given.neighbours, sizeof given.neighbours);
    assert_part(BOOT_TAG_TRANSFER, &given.transfer, sizeof given.transfer);
    assert_part(BOOT_TAG_LOG, &given.log, sizeof given.log);
    assert_part(BOOT_TAG_GUARD, &given.guard, sizeof given.guard);
    assert_part(BOOT_TAG_UPLOAD, &given.upload, sizeof given.upload);
    assert_part(BOOT_TAG_CRASH, &given.crash, sizeof given.crash);
    info.neighbour_count = 1;
    assert_true(build() > 0);
    assert_part(BOOT_TAG_NEIGHBOURS, given.neighbours, sizeof given.neighbours[0]);
}

static void test_room_is_enough_for_everything_at_once(void **state)
{
    static struct boot_timestamp many[15];
    size_t room, without;

    (void)state;
    for (unsigned i = 1; i < 30; i++)
        taken[i] = (struct place_taken){i * 0x10000, 0x1000, "", BOOT_MEMORY_RESERVED};
    info.taken_count = 30;
    info.timestamps = many;
    info.timestamp_count = 15;
    info.arguments_bytes = 9; /* as much padding as there can be */
    room = boot_info_room(&info);
    assert_true(build_in(room) > 0);
    assert_true(transfer_list_check(list, room) > 0);
    info.neighbour_count = 0;
    without = boot_info_room(&info);
    assert_int_equal(room - without, sizeof given.neighbours);
}

static void test_image_entry_names_segments_where_they_lie(void **state)
{
    const struct boot_image *found;
    const struct boot_segment *segment;

    (void)state;
    assert_true(build() > 0);
    found = entry(BOOT_TAG_IMAGE, sizeof *found + 3 * sizeof *segment);
    segment = (const struct boot_segment *)(found + 1);
    assert_memory_equal(found->digest, digest, 32);
    assert_string_equal(found->version, "1.0.0");
    assert_int_equal(found->segment_count, 3);
    assert_int_equal(found->base, MOVED + BUILDER_LINK + BUILDER_TEXT_AT);
    assert_int_equal(found->bytes, BUILDER_SPAN);
    assert_int_equal(segment[0].address, found->base);
    assert_int_equal(segment[0].flags, ELF_READ | ELF_EXECUTE);
    assert_int_equal(segment[2].address, MOVED + BUILDER_LINK + BUILDER_DATA_AT);
    assert_int_equal(segment[2].bytes, BUILDER_DATA_BYTES + BUILDER_BSS_BYTES);
    assert_int_equal(segment[2].flags, ELF_READ | ELF_WRITE);
}

static void test_memory_map_covers_all_memory_once(void **state)
{
    const struct boot_memory *map;
    size_t length;
    uint64_t total = 0;
    unsigned kinds[7] = {0};

    (void)state;
    capacity = 0x10000;
    taken[2] = (struct place_taken){0x3a000000, 0x1000000, "the upload", BOOT_MEMORY_UPLOAD};
    assert_true(build_in(capacity) > 0);
    map = transfer_list_find(list, BOOT_TAG_MEMORY, sizeof *map, &length);
    assert_non_null(map);
    for (size_t i = 0; i < length / sizeof *map; i++) {
        total += map[i].bytes;
        kinds[map[i].kind]++;
        for (size_t j = 0; j < i; j++)
            assert_true(map[j].base + map[j].bytes <= map[i].base ||
                        map[i].base + map[i].bytes <= map[j].base);
        if (map[i].kind == BOOT_MEMORY_BOOT_INFO) {
            assert_int_equal(map[i].base, LIST_AT);
            assert_int_equal(map[i].bytes, 0x10000);
        }
        if (map[i].kind == BOOT_MEMORY_UPLOAD) {
            assert_int_equal(map[i].base, 0x3a000000);
            assert_int_equal(map[i].bytes, 0x1000000);
        }
    }
    assert_int_equal(total, 0x3c000000);
    assert_int_equal(kinds[BOOT_MEMORY_LOADER], 1);
    assert_int_equal(kinds[BOOT_MEMORY_RESERVED], 1);
    assert_int_equal(kinds[BOOT_MEMORY_IMAGE], 1);
    assert_int_equal(kinds[BOOT_MEMORY_BOOT_INFO], 1);
    assert_int_equal(kinds[BOOT_MEMORY_UPLOAD], 1);
    assert_int_equal(kinds[BOOT_MEMORY_FREE], 4);
}

static void test_device_tree_stands_in_the_list_and_is_edited(void **state)
{
    size_t length;
    const uint8_t *fdt;

    (void)state;
    info.bootargs = "--records 5";
    assert_true(build() > 0);
    fdt = transfer_list_find(list, BOOT_TAG_FDT, 1, &length);
    assert_ptr_equal(fdt, list + fdt_offset);
    assert_int_equal((uintptr_t)fdt % 8, 0);
    assert_int_equal(fdt_check_full(fdt, length), 0);
    assert_int_equal(fdt_totalsize(fdt), length);
    assert_string_equal(fdt_getprop(fdt, 0, "model", NULL), "a board");
    assert_string_equal(fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", NULL),
                        "--records 5");
    assert_true(fdt_path_offset(fdt, "/reserved-memory/pilotlight@3be00000") > 0);
}

static void test_list_and_tree_get_different_halves_of_the_seed(void **state)
{
    const uint8_t *fdt;

    (void)state;
    assert_true(build() > 0);
    fdt = list + fdt_offset;
    assert_memory_equal(entry(BOOT_TAG_SEED, 32), seed, 32);
    assert_memory_equal(fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "rng-seed", NULL),
                        seed + 32, 32);
}

static void test_what_is_not_known_has_no_entry(void **state)
{
    (void)state;
    info.lease = NULL;
    info.console_count = 0;
    info.seed = NULL;
    info.arguments_bytes = 0;
    info.timestamp_count = 0;
    info.location = NULL;
    info.digest = NULL;
    info.usb = NULL;
    info.card = NULL;
    info.neighbour_count = 0;
    info.transfer = NULL;
    info.log = NULL;
    info.guard = NULL;
    info.upload = NULL;
    info.crash = NULL;
    assert_true(build() > 0);
    for (uint32_t tag = BOOT_TAG_USB; tag <= BOOT_TAG_HAND_BACK; tag++)
        assert_false(has_entry(tag));
    assert_false(has_entry(BOOT_TAG_LEASE));
    assert_false(has_entry(BOOT_TAG_CONSOLE));
    assert_false(has_entry(BOOT_TAG_SEED));
    assert_false(has_entry(BOOT_TAG_ARGUMENTS));
    assert_false(has_entry(BOOT_TAG_TIMESTAMPS));
    assert_true(has_entry(BOOT_TAG_IMAGE));
}

static void test_long_location_is_cut_and_terminated(void **state)
{
    const struct boot_service *service;
    char location[100];

    (void)state;
    memset(location, 'x', sizeof location - 1);
    location[sizeof location - 1] = '\0';
    info.location = location;
    assert_true(build() > 0);
    service = entry(BOOT_TAG_SERVICE, sizeof *service);
    assert_int_equal(strlen(service->location), sizeof service->location - 1);
}

static void test_bad_or_missing_tree_is_replaced_by_an_empty_one(void **state)
{
    (void)state;
    info.fdt = NULL;
    assert_true(build() > 0);
    assert_int_equal(fdt_check_full(list + fdt_offset, fdt_totalsize(list + fdt_offset)), 0);
    /* Passes the header's checks, cannot be edited. */
    TREE_CELLS(&tree, "/", "#address-cells", 9);
    info.fdt = tree_exact(&tree, &info.fdt_available);
    assert_true(build() > 0);
    assert_null(fdt_getprop(list + fdt_offset, 0, "model", NULL));
    assert_true(fdt_path_offset(list + fdt_offset, "/memory@0") > 0);
}

static void test_too_little_room_is_told_at_every_size(void **state)
{
    size_t room = boot_info_room(&info);

    (void)state;
    assert_true(build_in(room) > 0);
    for (size_t bytes = 0; bytes < 512; bytes += 8)
        assert_int_equal(build_in(bytes), ERROR_TOO_LARGE);
    for (size_t bytes = 512; bytes < room; bytes += 24) {
        int64_t used = build_in(bytes);

        if (used > 0)
            assert_int_equal(transfer_list_check(list, bytes), used);
        else
            assert_int_equal(used, ERROR_TOO_LARGE);
    }
}

static void test_more_taken_ranges_than_the_map_holds_are_told(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 40; i++)
        taken[i] = (struct place_taken){i * 0x10000, 0x1000, "", BOOT_MEMORY_RESERVED};
    info.taken_count = 30;
    assert_true(build() > 0);
    info.taken_count = 31;
    assert_int_equal(build(), ERROR_TOO_LARGE);
}

static void test_versions_become_numbers(void **state)
{
    (void)state;
    assert_int_equal(boot_info_version("1.2.3"), 0x010203);
    assert_int_equal(boot_info_version("0.1.0"), 0x000100);
    assert_int_equal(boot_info_version("12.34"), 0x0c2200);
    assert_int_equal(boot_info_version("7"), 0x070000);
    assert_int_equal(boot_info_version(""), 0);
    assert_int_equal(boot_info_version("1.2.3.4-rc1"), 0x010203);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_list_is_sealed_and_has_every_entry, setup, teardown),
        cmocka_unit_test_setup_teardown(test_devices_and_guard_of_the_loader_have_their_entries,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_room_is_enough_for_everything_at_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_image_entry_names_segments_where_they_lie, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_memory_map_covers_all_memory_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_device_tree_stands_in_the_list_and_is_edited, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_list_and_tree_get_different_halves_of_the_seed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_is_not_known_has_no_entry, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_location_is_cut_and_terminated, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_or_missing_tree_is_replaced_by_an_empty_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_too_little_room_is_told_at_every_size, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_more_taken_ranges_than_the_map_holds_are_told, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_versions_become_numbers, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
