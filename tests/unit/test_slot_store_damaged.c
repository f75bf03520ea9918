/*
 * test_slot_store_damaged: headers and images that are not what they should be. Each costs its
 * own slot and has one sentence.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slot_card.h"

static _Alignas(8) uint8_t buffer[IMAGE_BYTES];

static int set_up_image(void **state)
{
    set_up(state);
    open_store();
    install("echo", "1");
    install_confirmed("dns", "1.4.2");
    return 0;
}

static void refuse_read(int status, const char *sentence)
{
    struct slot_image about;

    memset(reason, 'x', sizeof reason);
    assert_int_equal(slot_store_header(&store, 1, 0, &about, reason), status);
    assert_string_equal(reason, sentence);
    memset(buffer, 0x5a, sizeof buffer);
    assert_int_equal(slot_store_read(&store, 1, 0, buffer, sizeof buffer, &about, reason), status);
    assert_string_equal(reason, sentence);
    assert_int_equal(buffer[0], 0x5a);
    /* The other service is none the worse for it. */
    assert_true(holds("echo", 0, "1"));
}

static void refuse_header(const struct slot_header *changed, int status, const char *sentence)
{
    struct slot_header *header = header_at(1, 0), before = *header;

    *header = *changed;
    seal_header(header);
    refuse_read(status, sentence);
    *header = before;
    assert_true(holds("dns", 0, "1.4.2"));
}

static void test_each_field_of_a_header_is_checked(void **state)
{
    struct slot_header good, changed;

    (void)state;
    good = changed = *header_at(1, 0);
    changed.magic++;
    refuse_header(&changed, ERROR_CORRUPT, "dns A: no header: block 32768 begins with 69736c71");
    changed = good;
    changed.format = 2;
    refuse_header(&changed, ERROR_UNSUPPORTED, "dns A: its header is of format 2, not 1");
    changed = good;
    changed.bytes = 0;
    refuse_header(&changed, ERROR_CORRUPT,
                  "dns A: its header says 0 bytes, the slot takes 1 to 4190208");
    changed.bytes = 4190209;
    refuse_header(&changed, ERROR_CORRUPT,
                  "dns A: its header says 4190209 bytes, the slot takes 1 to 4190208");
    changed.bytes = UINT64_MAX;
    refuse_header(&changed, ERROR_CORRUPT,
                  "dns A: its header says 18446744073709551615 bytes, the slot takes 1 to 4190208");
    changed = good;
    changed.install = 0;
    refuse_header(&changed, ERROR_CORRUPT, "dns A: its header says install 0");
    changed.install = 1;
    refuse_header(&changed, ERROR_CORRUPT, "dns A: its header is of install 1, the record says 2");
    changed = good;
    strcpy(changed.name, "echo");
    refuse_header(&changed, ERROR_CORRUPT, "dns A: its header names echo");
    changed.name[0] = '\0';
    refuse_header(&changed, ERROR_CORRUPT, "dns A: the name in its header is not text");
    memset(changed.name, 'a', sizeof changed.name);
    refuse_header(&changed, ERROR_CORRUPT, "dns A: the name in its header is not text");
    strcpy(changed.name, "d\x1b[2J");
    refuse_header(&changed, ERROR_CORRUPT, "dns A: the name in its header is not text");
    changed = good;
    memset(changed.version, '1', sizeof changed.version);
    refuse_header(&changed, ERROR_CORRUPT, "dns A: the version in its header is not text");
    strcpy(changed.version, "\x7f");
    refuse_header(&changed, ERROR_CORRUPT, "dns A: the version in its header is not text");
    changed = good;
    memset(changed.location, 'l', sizeof changed.location);
    refuse_header(&changed, ERROR_CORRUPT, "dns A: the location in its header is not text");
    strcpy(changed.location, "\xc3\xa4");
    refuse_header(&changed, ERROR_CORRUPT, "dns A: the location in its header is not text");
}

static void test_what_is_reserved_in_a_header_is_not_looked_at(void **state)
{
    struct slot_header *header = header_at(1, 0);

    (void)state;
    header->reserved = 0xffff;
    memset(header->padding, 0xff, sizeof header->padding);
    memset(header->version + 6, 0xff, sizeof header->version - 6);
    seal_header(header);
    assert_true(holds("dns", 0, "1.4.2"));
}

static void test_one_flipped_bit_anywhere_in_a_header_is_found(void **state)
{
    uint8_t *bytes = (uint8_t *)header_at(1, 0);
    struct slot_image about;

    (void)state;
    for (unsigned bit = 0; bit < 512 * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(slot_store_header(&store, 1, 0, &about, reason), ERROR_CORRUPT);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    bytes[100] ^= 1;
    header_at(1, 0)->crc32c = 0x12345678;
    refuse_read(ERROR_CORRUPT, "dns A: its header is damaged: the CRC is not 12345678");
}

static void test_one_changed_byte_of_an_image_is_found(void **state)
{
    static const unsigned places[] = {0, 511, 512, IMAGE_BYTES - 1};

    (void)state;
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
        struct slot_image about;

        bytes_at(1, 0)[places[i]] ^= 0x10;
        assert_int_equal(slot_store_read(&store, 1, 0, buffer, sizeof buffer, &about, reason),
                         ERROR_CORRUPT);
        assert_memory_equal(reason, "dns A: the SHA-256 of its bytes is ", 35);
        bytes_at(1, 0)[places[i]] ^= 0x10;
    }
    bytes_at(1, 0)[IMAGE_BYTES] ^= 1; /* behind its end: not its own */
    assert_true(holds("dns", 0, "1.4.2"));
}

static void test_a_digest_that_is_not_the_bytes_is_found(void **state)
{
    struct slot_image about;

    (void)state;
    header_at(1, 0)->digest[31] ^= 1;
    seal_header(header_at(1, 0));
    assert_int_equal(slot_store_header(&store, 1, 0, &about, reason), 0);
    assert_int_equal(slot_store_read(&store, 1, 0, buffer, sizeof buffer, &about, reason),
                     ERROR_CORRUPT);
}

static void test_a_slot_without_an_image_is_absent(void **state)
{
    struct slot_image about;
    unsigned service, slot;

    (void)state;
    assert_int_equal(slot_store_header(&store, 1, 1, &about, reason), ERROR_ABSENT);
    assert_string_equal(reason, "dns B: it holds no image: empty");
    slot_table_begin_install(&store.table, "dns", &service, &slot);
    assert_int_equal(slot_store_read(&store, 1, 1, buffer, sizeof buffer, &about, reason),
                     ERROR_ABSENT);
    assert_string_equal(reason, "dns B: it holds no image: writing");
}

static void test_an_image_without_room_for_it_is_not_read(void **state)
{
    struct slot_image about;

    (void)state;
    assert_int_equal(slot_store_read(&store, 1, 0, buffer, IMAGE_BYTES - 1, &about, reason),
                     ERROR_TOO_LARGE);
    assert_string_equal(reason, "dns A: 1500 bytes, there is room for 1499");
}

static void test_a_block_that_cannot_be_read_is_named(void **state)
{
    struct slot_image about;

    (void)state;
    card.bad_block = 32768;
    refuse_read(ERROR_IO, "dns A: reading block 32768: input/output error");
    card.bad_block = 32768 + 8 + 1;
    assert_int_equal(slot_store_read(&store, 1, 0, buffer, sizeof buffer, &about, reason),
                     ERROR_IO);
    assert_string_equal(reason, "dns A: reading block 32776: input/output error");
    card.bad_block = 32768 + 8 + 2; /* the last, in part */
    assert_int_equal(slot_store_read(&store, 1, 0, buffer, sizeof buffer, &about, reason),
                     ERROR_IO);
    card.bad_block = SIM_BLOCK_NEVER;
    card.slow = true;
    assert_int_equal(slot_store_header(&store, 1, 0, &about, reason), ERROR_TIMEOUT);
}

#undef CASE
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up_image, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_each_field_of_a_header_is_checked),
        CASE(test_what_is_reserved_in_a_header_is_not_looked_at),
        CASE(test_one_flipped_bit_anywhere_in_a_header_is_found),
        CASE(test_one_changed_byte_of_an_image_is_found),
        CASE(test_a_digest_that_is_not_the_bytes_is_found),
        CASE(test_a_slot_without_an_image_is_absent),
        CASE(test_an_image_without_room_for_it_is_not_read),
        CASE(test_a_block_that_cannot_be_read_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
