/*
 * Volumes that are not what they say: the list of bad inputs, 58 to 66.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fat_card.h"

/* 58 */
static void test_a_cluster_chain_in_a_circle_is_refused(void **state)
{
    static const unsigned kinds[] = {12, 16, 32};

    (void)state;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        uint32_t first;

        format(kinds[i], 1);
        first = sim_fat_add(&fat, "DNS     ELF", NULL, content, 5000, 1);
        sim_fat_set(&fat, first + 4, first);
        assert_int_equal(mount(), 0);
        assert_int_equal(read_file("dns.elf", 5000), ERROR_CORRUPT);
        assert_logged("dns.elf: its cluster chain does not end with the file");
        sim_log_clear();
    }
}

/* 59 */
static void test_impossible_sector_and_cluster_sizes_are_refused(void **state)
{
    static const uint16_t sectors[] = {0, 1, 256, 511, 1024, 2048, 4096, 0xffff};
    static const uint8_t clusters[] = {0, 3, 5, 127, 255};

    (void)state;
    for (unsigned i = 0; i < sizeof(sectors) / sizeof(sectors[0]); i++) {
        bytes_put_le16(sim_fat_boot(&fat) + 11, sectors[i]);
        assert_int_equal(mount(), ERROR_CORRUPT);
    }
    assert_logged("bytes per sector cannot be 65535");
    bytes_put_le16(sim_fat_boot(&fat) + 11, 512);
    for (unsigned i = 0; i < sizeof(clusters) / sizeof(clusters[0]); i++) {
        sim_fat_boot(&fat)[13] = clusters[i];
        assert_int_equal(mount(), ERROR_CORRUPT);
    }
    assert_logged("sectors per cluster cannot be 255");
    sim_fat_boot(&fat)[13] = 1;
    assert_int_equal(mount(), 0);
}

/* 60: 0x80000001 blocks twice are 2 in 32 bits. */
static void test_a_fat_that_does_not_fit_its_volume_is_refused(void **state)
{
    static const uint32_t sizes[] = {0, 1, 5, 0x10000, 0x7fffffff, 0x80000001, 0xffffffff};

    (void)state;
    format(32, 1);
    sim_fat_boot(&fat)[16] = 2;
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        bytes_put_le32(sim_fat_boot(&fat) + 36, sizes[i]);
        assert_int_equal(mount(), ERROR_CORRUPT);
    }
    assert_logged("sectors per FAT cannot be 2147483649");
    assert_logged("sectors per FAT (too few for its clusters) cannot be 5");
    sim_fat_boot(&fat)[16] = 0;
    assert_int_equal(mount(), ERROR_CORRUPT);
    assert_logged("number of FATs cannot be 0");
    sim_fat_boot(&fat)[16] = 1;
    bytes_put_le16(sim_fat_boot(&fat) + 14, 0);
    assert_int_equal(mount(), ERROR_CORRUPT);
    assert_logged("reserved sectors cannot be 0");
}

/* 61 */
static void test_a_root_directory_in_a_circle_is_refused(void **state)
{
    (void)state;
    format(32, 1);
    sim_fat_set(&fat, 2, 3);
    sim_fat_set(&fat, 3, 2);
    assert_int_equal(mount(), ERROR_CORRUPT);
    assert_logged("the root directory's cluster chain does not end");
    assert_true(card.reads < 10);
    sim_fat_set(&fat, 3, 0x0ffffff7);
    assert_int_equal(mount(), ERROR_CORRUPT);
    assert_logged("the root directory's cluster chain leaves the volume (cluster 268435447)");
    bytes_put_le32(sim_fat_boot(&fat) + 44, 0);
    assert_int_equal(mount(), ERROR_CORRUPT);
}

/* 61 */
static void test_a_folder_in_a_circle_ends_the_search(void **state)
{
    uint32_t cluster;

    (void)state;
    cluster = sim_fat_add(&fat, "LOOP       ", NULL, content, 1, 1);
    sim_fat_entry(&fat)[11] = 0x10;
    memset(sim_fat_cluster(&fat, cluster), 0xe5, 512);
    sim_fat_set(&fat, cluster, cluster);
    assert_int_equal(mount(), 0);
    assert_int_equal(read_file("loop/dns.elf", 100), ERROR_ABSENT);
    assert_true(card.reads < 20000); /* twice through it: the name might be a folder's */
}

/* 61 */
static void test_a_long_name_of_more_than_255_characters_is_not_followed(void **state)
{
    char name[274];

    (void)state;
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    sim_fat_add(&fat, "NNNNNN~1ELF", name, content, 600, 1);
    assert_int_equal(mount(), 0);
    name[255] = '\0';
    assert_int_equal(read_file(name, 600), ERROR_ABSENT);
    assert_int_equal(read_file("nnnnnn~1.elf", 600), 600);
}

/* 61 */
static void test_parts_of_a_long_name_out_of_order_are_not_followed(void **state)
{
    uint8_t *first_part;

    (void)state;
    sim_fat_add(&fat, "SOME-L~1ELF", "some-longer-service-name.elf", content, 600, 1);
    first_part = sim_fat_entry(&fat) - 32;
    first_part[0] = 2;
    assert_int_equal(mount(), 0);
    assert_int_equal(read_file("some-longer-service-name.elf", 600), ERROR_ABSENT);
    first_part[0] = 0x7f;
    assert_int_equal(read_file("some-longer-service-name.elf", 600), ERROR_ABSENT);
    assert_int_equal(read_file("some-l~1.elf", 600), 600);
}

/* 62 */
static void test_a_file_longer_than_its_chain_is_refused(void **state)
{
    static const unsigned kinds[] = {12, 16, 32};

    (void)state;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        format(kinds[i], 1);
        sim_fat_add(&fat, "DNS     ELF", NULL, content, 5000, 1);
        bytes_put_le32(sim_fat_entry(&fat) + 28, 5121);
        assert_int_equal(mount(), 0);
        assert_int_equal(read_file("dns.elf", 6000), ERROR_CORRUPT);
        assert_logged("dns.elf: its cluster chain ends before the file");
        sim_log_clear();
    }
}

static void test_a_chain_that_leaves_the_volume_is_refused(void **state)
{
    static const uint32_t entries[] = {0, 1, 4102, 0xfff0, 0xfff7};
    uint32_t first = sim_fat_add(&fat, "DNS     ELF", NULL, content, 5000, 1);

    (void)state;
    assert_int_equal(mount(), 0);
    for (unsigned i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        sim_fat_set(&fat, first + 3, entries[i]);
        assert_int_equal(mount(), 0);
        assert_int_equal(read_file("dns.elf", 5000), ERROR_CORRUPT);
    }
    sim_fat_set(&fat, first + 3, first + 4);
    bytes_put_le16(sim_fat_entry(&fat) + 26, 4102);
    assert_int_equal(mount(), 0);
    assert_int_equal(read_file("dns.elf", 5000), ERROR_CORRUPT);
    assert_logged("(entry 4102)");
}

/* 63 */
static void test_an_extended_partition_is_never_followed(void **state)
{
    static const uint8_t types[] = {0x05, 0x0f, 0x85};

    (void)state;
    for (unsigned i = 0; i < sizeof(types); i++) {
        /* It contains itself. */
        fat.storage[446 + 4] = types[i];
        bytes_put_le32(fat.storage + 446 + 8, 0);
        card.reads = 0;
        assert_int_equal(mount(), ERROR_ABSENT);
        assert_int_equal(card.reads, 1);
    }
    assert_logged("no FAT partition (types are 05 00 00 00)");
}

/* 64 */
static void test_a_guid_partition_table_is_refused_unread(void **state)
{
    (void)state;
    fat.storage[446 + 4] = 0xee;
    memcpy(fat.storage + 512, "EFI PART\0\0\1\0\xff\xff\xff\xff", 16);
    memset(fat.storage + 512 + 16, 0xff, 496);
    assert_int_equal(mount(), ERROR_UNSUPPORTED);
    assert_int_equal(card.reads, 1);
    assert_logged("GUID partition table");
}

/* 65 */
static void test_a_partition_past_the_end_of_the_card_is_refused(void **state)
{
    static const struct {
        uint32_t first, count;
    } partitions[] = {{64, 100000},     {64, 0xffffffff}, {0xffffffff, 0xffffffff},
                      {0xfffffff0, 16}, {0, 100},         {64, 0}};

    (void)state;
    for (unsigned i = 0; i < sizeof(partitions) / sizeof(partitions[0]); i++) {
        bytes_put_le32(fat.storage + 446 + 8, partitions[i].first);
        bytes_put_le32(fat.storage + 446 + 12, partitions[i].count);
        card.reads = 0;
        assert_int_equal(mount(), ERROR_CORRUPT);
        assert_int_equal(card.reads, 1);
    }
    assert_logged("partition 1: 100000 blocks from 64 on, on a card of");
}

/* 65: the volume inside the partition may not be larger than it either. */
static void test_a_volume_larger_than_its_partition_is_refused(void **state)
{
    uint32_t total = bytes_le16(sim_fat_boot(&fat) + 19);

    (void)state;
    bytes_put_le32(fat.storage + 446 + 12, total - 1);
    assert_int_equal(mount(), ERROR_CORRUPT);
    assert_logged("sectors (more than the partition has) cannot be");
    bytes_put_le32(fat.storage + 446 + 12, total);
    assert_int_equal(mount(), 0);
}

/* 66: nothing is allocated, and nothing is added to the size before it is compared. */
static void test_a_file_of_four_gigabytes_is_refused_without_arithmetic_that_wraps(void **state)
{
    static const uint32_t sizes[] = {0xffffffff, 0xfffffe01, 0x80000000};

    (void)state;
    sim_fat_add(&fat, "DNS     ELF", NULL, content, 700, 1);
    assert_int_equal(mount(), 0);
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        bytes_put_le32(sim_fat_entry(&fat) + 28, sizes[i]);
        assert_int_equal(mount(), 0);
        assert_int_equal(read_file("dns.elf", 1024), ERROR_TOO_LARGE);
    }
    assert_logged("dns.elf has 4294967295 bytes, there is room for 1024");
    assert_int_equal(seen.restarts, 0);
}

static void test_a_partition_that_holds_no_volume_is_refused(void **state)
{
    uint8_t *boot = sim_fat_boot(&fat);

    (void)state;
    boot[0] = 0; /* all else is right, but FatFs wants a jump there */
    assert_int_equal(mount(), ERROR_CORRUPT);
    assert_logged("no FAT volume in the partition (FatFs: 13)");
    /* It then takes the boot sector for a partition table, here with a volume in it. */
    memcpy(boot + 100 * 512, boot, 512);
    boot[100 * 512] = 0xeb;
    bytes_put_le32(boot + 446 + 8, 100);
    assert_int_equal(mount(), ERROR_CORRUPT);
    assert_logged("no FAT volume in the partition (FatFs: 0)");
    memset(boot, 0, 512);
    assert_int_equal(mount(), ERROR_CORRUPT);
    assert_logged("its signature cannot be 0");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_cluster_chain_in_a_circle_is_refused),
        CASE(test_impossible_sector_and_cluster_sizes_are_refused),
        CASE(test_a_fat_that_does_not_fit_its_volume_is_refused),
        CASE(test_a_root_directory_in_a_circle_is_refused),
        CASE(test_a_folder_in_a_circle_ends_the_search),
        CASE(test_a_long_name_of_more_than_255_characters_is_not_followed),
        CASE(test_parts_of_a_long_name_out_of_order_are_not_followed),
        CASE(test_a_file_longer_than_its_chain_is_refused),
        CASE(test_a_chain_that_leaves_the_volume_is_refused),
        CASE(test_an_extended_partition_is_never_followed),
        CASE(test_a_guid_partition_table_is_refused_unread),
        CASE(test_a_partition_past_the_end_of_the_card_is_refused),
        CASE(test_a_volume_larger_than_its_partition_is_refused),
        CASE(test_a_file_of_four_gigabytes_is_refused_without_arithmetic_that_wraps),
        CASE(test_a_partition_that_holds_no_volume_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
