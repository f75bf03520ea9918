/*
 * log_store: what is read was written, whatever the memory held at the beginning and whatever
 * became of it since. An append that was cut short: test_log_store_cut.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "crc32c.h"
#include "log_bench.h"

static uint8_t before[BYTES];

/* Opens damaged memory; what is there was written, and stands where it stood. */
static void open_damaged(void)
{
    const size_t all = written_bytes;

    if (log_store_open(&store, memory, BYTES)) {
        assert_true(log_store_end(&store) <= all);
        written_bytes = (size_t)log_store_end(&store);
        check_text();
        written_bytes = all;
    } else {
        assert_int_equal(log_store_end(&store), 0);
    }
}

static void test_damaged_byte_never_shows(void **state)
{
    uint64_t begin, end;
    unsigned anew = 0, older = 0;

    (void)state;
    fill(100);
    begin = log_store_begin(&store);
    end = log_store_end(&store);
    memcpy(before, memory, BYTES);
    for (size_t i = 0; i < BYTES; i++) {
        memory[i] ^= (uint8_t)(1u << dice(8));
        open_damaged();
        anew += log_store_end(&store) == 0;
        older += log_store_end(&store) != end;
        assert_true(log_store_begin(&store) >= begin);
        memcpy(memory, before, BYTES);
    }
    /* One byte is never both heads; the newest line is lost with its record or its head. */
    assert_int_equal(anew, 0);
    assert_true(older > 0 && older < 500);
}

static void test_damage_loses_the_record_and_what_is_older(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        append_numbered(i, 40); /* 56 bytes with its head */
    memory[HEADS_BYTES + 56 + 16 + 5] ^= 1;
    reopen();
    assert_int_equal(log_store_begin(&store), 80);
    check_text();
    append_numbered(4, 40);
    reopen();
    assert_int_equal(log_store_begin(&store), 80);
    check_text();
}

static void test_damage_of_the_two_newest_records_keeps_the_positions(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        append_numbered(i, 40);
    memory[HEADS_BYTES + 3 * 56] ^= 1;
    memory[HEADS_BYTES + 2 * 56] ^= 1;
    reopen();
    assert_int_equal(log_store_begin(&store), 160);
    assert_int_equal(log_store_end(&store), 160);
    append_numbered(4, 40);
    append_numbered(5, 40);
    check_text();
    reopen();
    assert_int_equal(log_store_begin(&store), 160);
    check_text();
}

static void test_old_lines_do_not_come_back_when_the_store_is_made_anew(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        append_numbered(i, 40);
    memory[0] ^= 1;
    memory[LINE_BYTES] ^= 1;
    assert_false(log_store_open(&store, memory, BYTES));
    written_bytes = 0;
    append_numbered(0, 40); /* exactly over the old one of its number */
    check_text();
    reopen();
    assert_int_equal(check_text(), 40);
}

static void test_store_of_another_size_is_not_taken_over(void **state)
{
    (void)state;
    append_line("one\n");
    assert_false(log_store_open(&store, memory, BYTES + 8));
    assert_int_equal(log_store_end(&store), 0);
}

static void test_random_memory_is_no_store(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        for (size_t i = 0; i < BYTES; i++)
            memory[i] = (uint8_t)dice(256);
        assert_false(log_store_open(&store, memory, BYTES));
    }
    memset(memory, 0, BYTES);
    assert_false(log_store_open(&store, memory, BYTES));
    memset(memory, 0xff, BYTES);
    assert_false(log_store_open(&store, memory, BYTES));
}

/* A head or a record that says something else, under a CRC that holds. */
#define RECORD_BYTES 16

static void change_head(unsigned which, size_t offset, uint64_t value, size_t bytes)
{
    uint8_t *head = memory + which * LINE_BYTES;
    uint32_t crc;

    memcpy(head + offset, &value, bytes);
    crc = crc32c(0, head + 4, 40 - 4);
    memcpy(head, &crc, sizeof crc);
}

static void change_record(size_t offset_in_ring, size_t offset, uint64_t value, size_t bytes)
{
    uint8_t *record = memory + HEADS_BYTES + offset_in_ring;
    uint16_t length;
    uint32_t crc;

    memcpy(record + offset, &value, bytes);
    memcpy(&length, record + 4, sizeof length);
    crc = crc32c(0, record + RECORD_BYTES, length);
    crc = crc32c(crc, record + 4, RECORD_BYTES - 4);
    memcpy(record, &crc, sizeof crc);
}

/* Four records of 56 bytes. The head that is not store.head knows three of them. */
static void make_four(void)
{
    for (unsigned i = 0; i < 4; i++)
        append_numbered(i, 40);
}

static void test_head_that_cannot_be_is_not_believed(void **state)
{
    static const struct {
        size_t offset, bytes;
        uint64_t value;
    } cases[] = {
        {4, 4, 0x6c676f6d},               /* magic */
        {8, 4, 2},                        /* format */
        {12, 4, BYTES + 8},               /* size */
        {16, 4, 48},                      /* the newest record: not its length */
        {16, 4, 64},                      /* ... */
        {16, 4, 0xfffffff8},              /* ... before the beginning */
        {24, 8, 224 + 4},                 /* place: not aligned */
        {24, 8, (UINT64_C(1) << 62) + 8}, /* ... too large */
        {24, 8, UINT64_MAX - 7},
        {32, 8, 161},                     /* position: not that of the record */
        {32, 8, 39},                      /* ... less than its length */
        {32, 8, (UINT64_C(1) << 62) + 1}, /* ... too large */
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        setup(state);
        make_four();
        memcpy(before, memory, BYTES);
        change_head(store.head, 20, 0, 4);
        assert_memory_equal(memory, before, BYTES); /* it is where this test thinks */
        change_head(store.head, cases[i].offset, cases[i].value, cases[i].bytes);
        reopen();
        assert_int_equal(log_store_end(&store), 120);
        written_bytes = 120;
        assert_int_equal(check_text(), 120);
        append_numbered(9, 40);
        reopen();
        assert_int_equal(check_text(), 160);
    }
}

static void test_record_that_cannot_be_ends_the_way_back(void **state)
{
    static const struct {
        size_t offset, bytes;
        uint64_t value;
    } cases[] = {
        {4, 2, 0},                      /* length: none */
        {4, 2, 32},                     /* ... another than the next one knows */
        {4, 2, 4097},       {8, 8, 41}, /* position */
        {8, 8, UINT64_MAX},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        setup(state);
        make_four();
        memcpy(before, memory, BYTES);
        change_record(56, 6, 56, 2);
        assert_memory_equal(memory, before, BYTES);
        change_record(56, cases[i].offset, cases[i].value, cases[i].bytes);
        reopen();
        assert_int_equal(log_store_begin(&store), 80);
        assert_int_equal(check_text(), 80);
    }
}

static void test_wrong_way_back_ends_there(void **state)
{
    static const uint16_t ways[] = {0, 8, 48, 64, 112, 168, 65528, 65535};

    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
        setup(state);
        make_four();
        change_record(112, 6, ways[i], 2);
        reopen();
        assert_int_equal(log_store_begin(&store), 80);
        assert_int_equal(check_text(), 80);
    }
}

/* A bug of the loader's may write there while it runs: nothing outside is read or written,
 * and it goes on. */
static void test_damage_while_open_is_survived(void **state)
{
    char buffer[300];

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        /* The head of the oldest record or of the newest, or anything. */
        const uint64_t where = round % 3 == 0   ? store.begin.place
                               : round % 3 == 1 ? store.end.place - store.last_bytes
                                                : dice(BYTES);
        const size_t offset = (size_t)(where + dice(RECORD_BYTES)) % (BYTES - HEADS_BYTES);

        memory[HEADS_BYTES + offset] = (uint8_t)dice(256);
        written_bytes = 0;
        if (dice(3) != 0)
            append_numbered(round, 8 + dice(300));
        assert_true(store.begin.place <= store.end.place);
        assert_true(store.end.place - store.begin.place <= BYTES - HEADS_BYTES);
        uint64_t position = log_store_begin(&store) + dice(BYTES);
        const size_t got = log_store_read(&store, &position, buffer, sizeof buffer);

        assert_true(got <= sizeof buffer && position <= log_store_end(&store));
        const uint64_t tail = log_store_tail(&store, 1 + dice(50));

        assert_true(tail >= log_store_begin(&store) && tail <= log_store_end(&store));
    }
    written_bytes = 0;
    assert_true(log_store_end(&store) > 100000);
}

static void test_reading_stops_at_a_record_damaged_while_open(void **state)
{
    char buffer[200];
    uint64_t position = 0;

    (void)state;
    make_four();
    memory[HEADS_BYTES + 2 * 56 + 8] ^= 1; /* its position */
    assert_int_equal(log_store_read(&store, &position, buffer, sizeof buffer), 80);
    assert_memory_equal(buffer, written, 80);
    assert_int_equal(position, 160); /* nothing can be found behind it any more */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_damaged_byte_never_shows, setup),
        cmocka_unit_test_setup(test_damage_loses_the_record_and_what_is_older, setup),
        cmocka_unit_test_setup(test_damage_of_the_two_newest_records_keeps_the_positions, setup),
        cmocka_unit_test_setup(test_old_lines_do_not_come_back_when_the_store_is_made_anew, setup),
        cmocka_unit_test_setup(test_store_of_another_size_is_not_taken_over, setup),
        cmocka_unit_test_setup(test_random_memory_is_no_store, setup),
        cmocka_unit_test(test_head_that_cannot_be_is_not_believed),
        cmocka_unit_test(test_record_that_cannot_be_ends_the_way_back),
        cmocka_unit_test(test_wrong_way_back_ends_there),
        cmocka_unit_test_setup(test_damage_while_open_is_survived, setup),
        cmocka_unit_test_setup(test_reading_stops_at_a_record_damaged_while_open, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
