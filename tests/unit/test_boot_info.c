/*
 * boot_info: everything the loader knows arrives in the list, where the service looks. The device
 * tree in it: test_boot_info_tree.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "boot_info_bench.h"

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
        cmocka_unit_test_setup_teardown(test_what_is_not_known_has_no_entry, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_location_is_cut_and_terminated, setup, teardown),
        cmocka_unit_test_setup_teardown(test_more_taken_ranges_than_the_map_holds_are_told, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_versions_become_numbers, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
