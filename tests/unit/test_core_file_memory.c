/*
 * core_file: which memory is in the file, page by page, and what is left out where there is no
 * room.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "core_file_bench.h"

#include <stdlib.h>

/* The header of a segment with these addresses, with its contents compared. */
static void check_segment(unsigned i, uint64_t address, const uint8_t *contents,
                          uint64_t file_bytes, uint64_t memory_bytes, uint32_t flags)
{
    assert_true(i < file->e_phnum);
    assert_int_equal(headers[i].p_type, PT_LOAD);
    assert_int_equal(headers[i].p_vaddr, address);
    assert_int_equal(headers[i].p_filesz, file_bytes);
    assert_int_equal(headers[i].p_memsz, memory_bytes);
    assert_int_equal(headers[i].p_flags, flags);
    assert_int_equal(headers[i].p_align, 1);
    if (file_bytes != 0)
        assert_memory_equal(buffer + headers[i].p_offset, contents, file_bytes);
}

static void test_runs_of_pages_become_segments(void **state)
{
    (void)state;
    /* 0 1 0 0 1 1 0: where there is one, only its last byte is not zero. */
    memory[2 * PAGE - 1] = memory[5 * PAGE - 1] = memory[6 * PAGE - 1] = 1;
    add_range(0x400000, memory, 7 * PAGE, PF_R | PF_W);
    write_core(CAPACITY);
    assert_int_equal(file->e_phnum, 4);
    check_segment(1, 0x400000, NULL, 0, PAGE, PF_R | PF_W);
    check_segment(2, 0x401000, memory + PAGE, PAGE, 3 * PAGE, PF_R | PF_W);
    check_segment(3, 0x404000, memory + 4 * PAGE, 2 * PAGE, 3 * PAGE, PF_R | PF_W);
    assert_int_equal(missing, 0);
}

static void test_what_has_contents_in_the_program_is_written_with_its_zeros(void **state)
{
    (void)state;
    add_range(0x200000, memory, 2 * PAGE, PF_R | PF_X);
    add_range(0x202000, memory, PAGE, PF_R);
    add_range(0x203000, memory, 100, PF_R | PF_W | CORE_FILE_WHOLE);
    add_range(0x203064, memory, PAGE, PF_R | PF_W);
    write_core(CAPACITY);
    assert_int_equal(file->e_phnum, 5);
    check_segment(1, 0x200000, memory, 2 * PAGE, 2 * PAGE, PF_R | PF_X);
    check_segment(2, 0x202000, memory, PAGE, PAGE, PF_R);
    check_segment(3, 0x203000, memory, 100, 100, PF_R | PF_W);
    check_segment(4, 0x203064, NULL, 0, PAGE, PF_R | PF_W);
}

static void test_pages_are_those_of_the_address_not_of_the_range(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3 * PAGE; i++)
        memory[i] = (uint8_t)(i % 251 + 1);
    memset(memory + 100, 0, PAGE); /* a whole page once moved by 0x...f9c */
    add_range(0x500f9c, memory, 2 * PAGE + 3, PF_R | PF_W);
    write_core(CAPACITY);
    assert_int_equal(file->e_phnum, 3);
    check_segment(1, 0x500f9c, memory, 100, 100 + PAGE, PF_R | PF_W);
    check_segment(2, 0x502000, memory + 100 + PAGE, PAGE - 97, PAGE - 97, PF_R | PF_W);
    assert_int_equal(missing, 0);
}

static void test_empty_ranges_leave_no_trace(void **state)
{
    (void)state;
    add_range(0x400000, NULL, 0, PF_R | PF_W);
    memory[0] = 1;
    add_range(0x500000, memory, 8, PF_R | PF_W);
    add_range(0x600000, NULL, 0, PF_R);
    write_core(CAPACITY);
    assert_int_equal(file->e_phnum, 2);
    check_segment(1, 0x500000, memory, 8, 8, PF_R | PF_W);
}

/* At every capacity the file is sound, what it has is right, and it has as much as fits. */
static void test_last_ranges_are_cut_first_at_any_capacity(void **state)
{
    const uint64_t all = 3 * PAGE + 2 * PAGE + PAGE;
    uint64_t kept_before = 0;
    size_t first_room = 0;

    (void)state;
    memset(memory, 0x77, 6 * PAGE);
    add_range(0x200000, memory, 3 * PAGE, PF_R | PF_X);
    add_range(0x300000, memory + 3 * PAGE, 2 * PAGE, PF_R | PF_W);
    add_range(0x400000, memory + 5 * PAGE, PAGE, PF_R | PF_W);
    for (size_t room = 0; room < 8 * PAGE; room += room < 2000 ? 1 : 61) {
        if (write_core(room) < 0) {
            assert_int_equal(core_file_write(&core, buffer, room, &missing), ERROR_TOO_LARGE);
            assert_int_equal(first_room, 0);
            continue;
        }
        uint64_t kept = 0;

        first_room = first_room ? first_room : room;
        for (unsigned i = 1; i < file->e_phnum; i++)
            kept += headers[i].p_memsz;
        assert_int_equal(missing, all - kept);
        assert_true(kept >= kept_before);
        /* One page and a header more would not have fitted, or it is all there. */
        assert_true(missing == 0 || room - length < PAGE + sizeof(Elf64_Phdr) + 8);
        if (file->e_phnum > 2)
            assert_int_equal(headers[1].p_memsz, 3 * PAGE);
        if (file->e_phnum > 3)
            assert_int_equal(headers[2].p_memsz, 2 * PAGE);
        kept_before = kept;
    }
    assert_int_equal(kept_before, all);
    assert_true(first_room > 0 && first_room < 2000);
}

static void test_range_behind_one_that_was_cut_is_missing_even_if_small(void **state)
{
    (void)state;
    memset(memory, 0x77, sizeof memory);
    add_range(0x200000, memory, 8 * PAGE, PF_R | PF_W);
    add_range(0x300000, memory, 8, PF_R | PF_W);
    write_core(4 * PAGE);
    assert_int_equal(file->e_phnum, 2);
    assert_true(headers[1].p_memsz > 0);
    assert_int_equal(missing, 8 * PAGE - headers[1].p_memsz + 8);
}

/* Around the point where it no longer fits, byte by byte. */
static void test_piece_of_a_page_is_there_whole_or_not_at_all(void **state)
{
    bool cut = false;

    (void)state;
    assert_true(write_core(CAPACITY) > 0);
    const size_t room = length + 2 * sizeof(Elf64_Phdr) + 100;

    memset(memory, 0x77, PAGE);
    add_range(0x200000, memory, 0, PF_R | PF_W);
    add_range(0x300000, memory, 3, PF_R | PF_W);
    for (ranges[0].bytes = 1; ranges[0].bytes < 300; ranges[0].bytes++) {
        const uint64_t bytes = ranges[0].bytes;

        write_core(room);
        cut = file->e_phnum == 1;
        assert_int_equal(missing, cut ? bytes + 3 : file->e_phnum == 2 ? 3 : 0);
        if (!cut)
            check_segment(1, 0x200000, memory, bytes, bytes, PF_R | PF_W);
        if (missing == 0) {
            check_segment(2, 0x300000, memory, 3, 3, PF_R | PF_W);
            for (size_t at = headers[2].p_offset + 3; at < file->e_phoff; at++)
                assert_int_equal(buffer[at], 0);
        }
    }
    assert_true(cut);
}

static void test_last_page_is_cut_where_the_one_before_still_fits(void **state)
{
    (void)state;
    assert_true(write_core(CAPACITY) > 0);
    const size_t room = length + sizeof(Elf64_Phdr) + 100;

    memset(memory, 0x77, PAGE);
    add_range(0x200ff8, memory, 0, PF_R | PF_W);
    for (ranges[0].bytes = 9; ranges[0].bytes < 300; ranges[0].bytes++) {
        write_core(room);
        const uint64_t kept = missing == 0 ? ranges[0].bytes : 8;

        check_segment(1, 0x200ff8, memory, kept, kept, PF_R | PF_W);
        assert_int_equal(missing, ranges[0].bytes - kept);
    }
    assert_int_equal(missing, 299 - 8);
}

static void test_zeros_fit_where_nothing_else_does(void **state)
{
    (void)state;
    assert_true(write_core(CAPACITY) > 0);
    const size_t room = length + sizeof(Elf64_Phdr);

    add_range(0x200000, memory, 8 * PAGE, PF_R | PF_W);
    write_core(room);
    check_segment(1, 0x200000, NULL, 0, 8 * PAGE, PF_R | PF_W);
    assert_int_equal(missing, 0);
    memory[7 * PAGE] = 1;
    write_core(room);
    check_segment(1, 0x200000, NULL, 0, 7 * PAGE, PF_R | PF_W);
    assert_int_equal(missing, PAGE);
}

static void test_any_byte_makes_a_page_differ_from_zeros(void **state)
{
    (void)state;
    add_range(0x200000, memory, 13, PF_R | PF_W);
    for (unsigned i = 0; i < 13; i++) {
        memory[i] = 0x80;
        write_core(CAPACITY);
        check_segment(1, 0x200000, memory, 13, 13, PF_R | PF_W);
        memory[i] = 0;
    }
}

/* e_phnum has 16 bits. */
static void test_more_segments_than_a_file_can_count_are_cut(void **state)
{
    const unsigned count = 70000;
    const size_t room = (size_t)8 << 20;
    struct core_file_range *many = calloc(count, sizeof *many);
    uint8_t *out = aligned_alloc(8, room);

    (void)state;
    assert_true(many != NULL && out != NULL);
    for (unsigned i = 0; i < count; i++)
        many[i] = (struct core_file_range){.address = 16 * i, .bytes = 1, .from = digest};
    core.ranges = many;
    core.range_count = count;
    assert_true(core_file_write(&core, out, room, &missing) > 0);
    assert_int_equal(((Elf64_Ehdr *)out)->e_phnum, PN_XNUM - 1);
    assert_int_equal(missing, count - (PN_XNUM - 2));
    free(out);
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_runs_of_pages_become_segments, setup),
        cmocka_unit_test_setup(test_what_has_contents_in_the_program_is_written_with_its_zeros,
                               setup),
        cmocka_unit_test_setup(test_pages_are_those_of_the_address_not_of_the_range, setup),
        cmocka_unit_test_setup(test_empty_ranges_leave_no_trace, setup),
        cmocka_unit_test_setup(test_last_ranges_are_cut_first_at_any_capacity, setup),
        cmocka_unit_test_setup(test_range_behind_one_that_was_cut_is_missing_even_if_small, setup),
        cmocka_unit_test_setup(test_piece_of_a_page_is_there_whole_or_not_at_all, setup),
        cmocka_unit_test_setup(test_last_page_is_cut_where_the_one_before_still_fits, setup),
        cmocka_unit_test_setup(test_zeros_fit_where_nothing_else_does, setup),
        cmocka_unit_test_setup(test_any_byte_makes_a_page_differ_from_zeros, setup),
        cmocka_unit_test_setup(test_more_segments_than_a_file_can_count_are_cut, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
