/*
 * Files are read as they are, and what cannot be read is said no to. Damaged volumes are in
 * test_fat_volume_damaged.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fat_card.h"

/* ---- what works ---- */

static void test_a_file_is_read_from_every_kind_of_fat(void **state)
{
    static const struct {
        unsigned bits, cluster_blocks, stride;
    } kinds[] = {{12, 1, 1}, {12, 4, 3}, {16, 1, 1}, {16, 8, 2}, {32, 1, 1}, {32, 2, 5}};

    (void)state;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        format(kinds[i].bits, kinds[i].cluster_blocks);
        sim_fat_add(&fat, "OTHER   TXT", NULL, (const uint8_t *)"other", 5, 1);
        sim_fat_add(&fat, "DNS     ELF", NULL, content, sizeof(content), kinds[i].stride);
        assert_int_equal(mount(), 0);
        assert_int_equal(read_file("dns.elf", sizeof(content)), sizeof(content));
    }
}

static void test_files_of_any_length_end_where_they_should(void **state)
{
    static const size_t lengths[] = {1, 511, 512, 513, 1023, 1024, 4096, 20001};

    (void)state;
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        format(12, 2);
        sim_fat_add(&fat, "A       ELF", NULL, content, lengths[i], 1);
        assert_int_equal(mount(), 0);
        assert_int_equal(read_file("a.elf", lengths[i]), lengths[i]);
    }
}

static void test_neighbouring_clusters_are_read_with_one_call(void **state)
{
    uint64_t reads;

    (void)state;
    sim_fat_add(&fat, "DNS     ELF", NULL, content, sizeof(content), 1);
    assert_int_equal(mount(), 0);
    reads = card.reads;
    assert_int_equal(read_file("DNS.ELF", sizeof(content)), sizeof(content));
    /* Directory, FAT, the whole blocks, the last part. */
    assert_true(card.reads - reads <= 4);
}

static void test_long_names_are_found_without_regard_to_case(void **state)
{
    (void)state;
    sim_fat_add(&fat, "SOME-L~1ELF", "some-longer service Name.elf", content, 600, 1);
    assert_int_equal(mount(), 0);
    assert_int_equal(read_file("Some-Longer Service name.ELF", 600), 600);
    assert_int_equal(read_file("some-l~1.elf", 600), 600);
}

static void test_a_file_in_a_folder_is_found(void **state)
{
    uint8_t *folder;
    uint32_t cluster;

    (void)state;
    sim_fat_add(&fat, "DNS     ELF", NULL, content, 700, 1);
    memset(content + 20000, 0, 1);
    cluster = sim_fat_add(&fat, "SERVICES   ", NULL, content, 1, 1);
    sim_fat_entry(&fat)[11] = 0x10;
    bytes_put_le32(sim_fat_entry(&fat) + 28, 0);
    folder = sim_fat_cluster(&fat, cluster);
    memset(folder, 0, 512);
    memcpy(folder, sim_fat_entry(&fat) - 32, 32);
    assert_int_equal(mount(), 0);
    assert_int_equal(read_file("services/dns.elf", 700), 700);
    assert_string_equal(sim_log(), "");
    assert_int_equal(read_file("services", 700), ERROR_INVALID);
    assert_logged("services is a folder, not a file");
    assert_int_equal(read_file("services/other.elf", 700), ERROR_ABSENT);
    assert_int_equal(read_file("dns.elf/other.elf", 700), ERROR_ABSENT);
    assert_int_equal(read_file("other/dns.elf", 700), ERROR_ABSENT);
}

static void test_the_first_fat_partition_is_taken_and_others_are_passed_over(void **state)
{
    uint8_t *table = fat.storage + 446;

    (void)state;
    sim_fat_add(&fat, "DNS     ELF", NULL, content, 700, 1);
    memcpy(table + 32, table, 16);
    table[4] = 0x83;
    assert_int_equal(mount(), 0);
    assert_int_equal(read_file("dns.elf", 700), 700);
}

/* ---- what is said no to ---- */

static void test_a_missing_file_is_absent_and_not_mentioned(void **state)
{
    (void)state;
    assert_int_equal(mount(), 0);
    assert_int_equal(read_file("dns.elf", 100), ERROR_ABSENT);
    assert_string_equal(sim_log(), "");
}

static void test_a_name_that_fat_cannot_have_is_refused(void **state)
{
    char name[400];

    (void)state;
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(mount(), 0);
    assert_int_equal(read_file("dns*.elf", 100), ERROR_INVALID);
    assert_int_equal(read_file("a?b", 100), ERROR_INVALID);
    assert_int_equal(read_file(name, 100), ERROR_INVALID);
    assert_int_equal(read_file("9:dns.elf", 100), ERROR_INVALID);
    assert_int_equal(read_file("", 100), ERROR_INVALID);
}

static void test_an_empty_file_is_refused(void **state)
{
    (void)state;
    sim_fat_add(&fat, "DNS     ELF", NULL, content, 0, 1);
    assert_int_equal(mount(), 0);
    assert_int_equal(read_file("dns.elf", 100), ERROR_CORRUPT);
    assert_logged("dns.elf is empty");
}

static void test_a_file_over_capacity_is_refused_before_anything_is_written(void **state)
{
    uint8_t byte = 0x55;

    (void)state;
    sim_fat_add(&fat, "DNS     ELF", NULL, content, 513, 1);
    assert_int_equal(mount(), 0);
    assert_int_equal(read_file("dns.elf", 512), ERROR_TOO_LARGE);
    assert_logged("dns.elf has 513 bytes, there is room for 512");
    assert_int_equal(
        fat_volume_read_file(&volume, "dns.elf", &byte, 0, NULL, clock_now_us() + SECOND),
        ERROR_TOO_LARGE);
    assert_int_equal(byte, 0x55);
    assert_int_equal(seen.restarts, 0);
}

static void test_a_card_without_a_fat_partition_is_absent(void **state)
{
    (void)state;
    fat.storage[446 + 4] = 0x83;
    assert_int_equal(mount(), ERROR_ABSENT);
    assert_logged("no FAT partition (types are 83 00 00 00)");
    fat.storage[510] = 0;
    assert_int_equal(mount(), ERROR_ABSENT);
    assert_logged("block 0 ends in aa00");
    card.device.block_count = 0;
    assert_int_equal(mount(), ERROR_ABSENT);
    assert_logged("no card");
}

static void test_errors_of_the_device_keep_their_name(void **state)
{
    uint32_t cluster = sim_fat_add(&fat, "DNS     ELF", NULL, content, 5000, 1);

    (void)state;
    card.bad_block = SIM_FAT_FIRST_BLOCK;
    assert_int_equal(mount(), ERROR_IO);
    assert_logged("reading block 64: input/output error");
    card.bad_block = SIM_BLOCK_NEVER;
    assert_int_equal(mount(), 0);
    card.bad_block = fat.root_block;
    assert_int_equal(read_file("dns.elf", 5000), ERROR_IO);
    card.bad_block = fat.fat_block;
    assert_int_equal(read_file("dns.elf", 5000), ERROR_IO);
    card.bad_block = fat.data_block + (cluster - 2) + 7;
    assert_int_equal(read_file("dns.elf", 5000), ERROR_IO);
    card.bad_block = fat.data_block + (cluster - 2) + 9; /* the file's last part */
    assert_int_equal(read_file("dns.elf", 5000), ERROR_IO);
    card.bad_block = SIM_BLOCK_NEVER;
    assert_int_equal(read_file("dns.elf", 5000), 5000);
    card.gone = true;
    assert_int_equal(read_file("dns.elf", 5000), ERROR_ABSENT);
}

static void test_a_slow_card_is_given_up_at_the_deadline(void **state)
{
    uint8_t *buffer = malloc(sizeof(content));
    uint64_t deadline_us;

    (void)state;
    sim_fat_add(&fat, "DNS     ELF", NULL, content, sizeof(content), 2);
    assert_int_equal(mount(), 0);
    card.access_us = 100000;
    deadline_us = clock_now_us() + SECOND;
    assert_int_equal(
        fat_volume_read_file(&volume, "dns.elf", buffer, sizeof(content), NULL, deadline_us),
        ERROR_TIMEOUT);
    assert_in_range(clock_now_us(), deadline_us, deadline_us + 200000);
    free(buffer);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_file_is_read_from_every_kind_of_fat),
        CASE(test_files_of_any_length_end_where_they_should),
        CASE(test_neighbouring_clusters_are_read_with_one_call),
        CASE(test_long_names_are_found_without_regard_to_case),
        CASE(test_a_file_in_a_folder_is_found),
        CASE(test_the_first_fat_partition_is_taken_and_others_are_passed_over),
        CASE(test_a_missing_file_is_absent_and_not_mentioned),
        CASE(test_a_name_that_fat_cannot_have_is_refused),
        CASE(test_an_empty_file_is_refused),
        CASE(test_a_file_over_capacity_is_refused_before_anything_is_written),
        CASE(test_a_card_without_a_fat_partition_is_absent),
        CASE(test_errors_of_the_device_keep_their_name),
        CASE(test_a_slow_card_is_given_up_at_the_deadline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
