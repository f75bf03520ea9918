/*
 * The model of the LAN9514: which frames are for it, in each mode of its address filter.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan9514_records.h"

static bool gets_through(const uint8_t *address)
{
    uint8_t frame[60];
    bool through;

    make_frame(frame, sizeof frame, address);
    chip_lan9514.receive(chip, frame, sizeof frame);
    through = get(RX_FIFO_INF);
    flush();
    return through;
}

struct verdicts {
    bool own, everybody, stranger, all_hosts, other_group;
};

static void expect_filter(uint32_t mode, struct verdicts expected)
{
    set(MAC_CR, FDPX | TXEN | RXEN | mode);
    assert_int_equal(gets_through(own_mac), expected.own);
    assert_int_equal(gets_through(everybody), expected.everybody);
    assert_int_equal(gets_through(stranger), expected.stranger);
    assert_int_equal(gets_through(all_hosts), expected.all_hosts);
    assert_int_equal(gets_through(other_group), expected.other_group);
}

#define PRMS    (1u << 18)
#define MCPAS   (1u << 19)
#define INVFILT (1u << 17)
#define HFILT   (1u << 15)
#define HPFILT  (1u << 13)
#define BCAST   (1u << 11)

static void test_address_filters_are_the_sheets_table(void **state)
{
    (void)state;
    set(HASHL, 1u << 31); /* Linux' example: all hosts are bit 31 */
    expect_filter(0, (struct verdicts){1, 1, 0, 0, 0});
    expect_filter(BCAST, (struct verdicts){1, 0, 0, 0, 0});
    expect_filter(HPFILT, (struct verdicts){1, 1, 0, 1, 0});
    expect_filter(HPFILT | HFILT, (struct verdicts){0, 1, 0, 1, 0});
    expect_filter(INVFILT, (struct verdicts){0, 1, 1, 1, 1});
    expect_filter(PRMS, (struct verdicts){1, 1, 1, 1, 1});
    expect_filter(PRMS | BCAST, (struct verdicts){1, 1, 1, 1, 1});
    expect_filter(MCPAS, (struct verdicts){1, 1, 0, 1, 1});
    expect_filter(MCPAS | HPFILT | HFILT, (struct verdicts){0, 1, 0, 1, 1});
}

static void test_each_bit_of_the_hash_table_is_of_other_addresses(void **state)
{
    (void)state;
    set(MAC_CR, FDPX | TXEN | RXEN | HPFILT | HFILT);
    for (unsigned i = 0; i < 256; i++) {
        uint8_t address[6] = {0x02, 0, 0, 0, (uint8_t)(i * 3), (uint8_t)i};
        unsigned bit = chip_frame_hash(address, 6);

        set(HASHH, bit >= 32 ? 1u << (bit - 32) : 0);
        set(HASHL, bit < 32 ? 1u << bit : 0);
        assert_true(gets_through(address));
        set(HASHH, bit >= 32 ? ~(1u << (bit - 32)) : ~0u);
        set(HASHL, bit < 32 ? ~(1u << bit) : ~0u);
        assert_false(gets_through(address));
    }
}

static void test_receive_all_marks_what_the_filter_refused(void **state)
{
    uint8_t frame[60];

    (void)state;
    set(MAC_CR, FDPX | TXEN | RXEN | 1u << 31);
    make_frame(frame, sizeof frame, stranger);
    chip_lan9514.receive(chip, frame, sizeof frame);
    assert_int_equal(get_burst(), 68);
    assert_int_equal(bytes_le32(burst), 1u << 30 | 64u << 16 | 1u << 5);
    assert_int_equal(chip->statistics.filtered, 0);
}

static void test_filter_follows_the_address_registers(void **state)
{
    (void)state;
    set(ADDRL, bytes_le32(stranger));
    set(ADDRH, bytes_le16(stranger + 4));
    expect_filter(0, (struct verdicts){0, 1, 1, 0, 0});
    assert_int_equal(chip->statistics.filtered, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_running_chip, free_chip)
    const struct CMUnitTest tests[] = {
        TEST(test_address_filters_are_the_sheets_table),
        TEST(test_each_bit_of_the_hash_table_is_of_other_addresses),
        TEST(test_receive_all_marks_what_the_filter_refused),
        TEST(test_filter_follows_the_address_registers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
