/*
 * core_file: every field of the file is where ELF and Linux have it, and nothing outside the
 * room given is touched. What gdb makes of it: tests/host/test_core_gdb.py.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <linux/elf.h> /* not <elf.h>: the loader has one of that name */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core_file.h"
#include "error.h"

#define PAGE        4096u
#define CAPACITY    (64 * PAGE)
#define GUARD_BYTES 64
#define PATTERN     0x5e

static _Alignas(8) uint8_t buffer[CAPACITY + GUARD_BYTES];
static _Alignas(8) uint8_t memory[16 * PAGE];
static uint8_t digest[32];
static struct core_file_range ranges[CORE_FILE_RANGES_MAX];
static struct core_file core;
static uint64_t missing;

/* Of the last core written. */
static const Elf64_Ehdr *file;
static const Elf64_Phdr *headers; /* [0] is the notes' */
static size_t length;

static int setup(void **state)
{
    (void)state;
    memset(buffer, PATTERN, sizeof buffer);
    memset(memory, 0, sizeof memory);
    memset(ranges, 0, sizeof ranges);
    for (unsigned i = 0; i < sizeof digest; i++)
        digest[i] = (uint8_t)(i + 1);
    core = (struct core_file){.sp = 0x1000,
                              .pc = 0x200abc,
                              .pstate = 0x3c5,
                              .fault_address = 0x123456789a,
                              .fpsr = 7,
                              .fpcr = 9,
                              .signal = 11,
                              .name = "dns",
                              .version = "1.4.2",
                              .what = "reading 0x10: not mapped",
                              .digest = digest,
                              .ranges = ranges};
    for (unsigned i = 0; i < 31; i++)
        core.x[i] = 0x100 + i;
    for (unsigned i = 0; i < 32; i++)
        memset(core.vectors[i], (int)i, 16);
    return 0;
}

static void add_range(uint64_t address, const uint8_t *from, uint64_t bytes, uint32_t flags)
{
    ranges[core.range_count++] = (struct core_file_range){address, bytes, from, flags};
}

/* Writes with so much room; checks that nothing behind it has changed, and that all offsets
 * lie inside the file. */
static int64_t write_core(size_t capacity)
{
    missing = UINT64_MAX;
    memset(buffer, PATTERN, sizeof buffer);
    int64_t result = core_file_write(&core, buffer, capacity, &missing);

    for (size_t i = 0; i < GUARD_BYTES; i++)
        assert_int_equal(buffer[capacity + i], PATTERN);
    if (result < 0)
        return result;
    length = (size_t)result;
    assert_true(length <= capacity && length >= sizeof(Elf64_Ehdr));
    file = (const Elf64_Ehdr *)buffer;
    assert_true(file->e_phoff % 8 == 0 && file->e_phoff < length);
    assert_int_equal(file->e_phoff + file->e_phnum * sizeof(Elf64_Phdr), length);
    headers = (const Elf64_Phdr *)(buffer + file->e_phoff);
    for (unsigned i = 0; i < file->e_phnum; i++)
        assert_true(headers[i].p_offset <= file->e_phoff &&
                    headers[i].p_filesz <= file->e_phoff - headers[i].p_offset);
    return result;
}

/* The descriptor of the note of that owner and type; it is bytes long. */
static const void *find_note(const char *owner, uint32_t type, size_t bytes)
{
    const uint8_t *at = buffer + headers[0].p_offset, *end = at + headers[0].p_filesz;
    const void *found = NULL;

    while (at < end) {
        Elf64_Nhdr note;

        memcpy(&note, at, sizeof note);
        const uint8_t *name = at + sizeof note;
        const uint8_t *data = name + ((note.n_namesz + 3) & ~3u);

        assert_true(data + note.n_descsz <= end);
        if (note.n_type == type && strcmp((const char *)name, owner) == 0) {
            assert_null(found);
            assert_int_equal(note.n_namesz, strlen(owner) + 1);
            assert_int_equal(note.n_descsz, bytes);
            found = data;
        }
        at = data + ((note.n_descsz + 3) & ~3u);
    }
    assert_ptr_equal(at, end);
    assert_non_null(found);
    return found;
}

static uint64_t word(const void *at, size_t offset, size_t bytes)
{
    uint64_t value = 0;

    memcpy(&value, (const uint8_t *)at + offset, bytes);
    return value;
}

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

static void test_header_says_core_of_aarch64(void **state)
{
    (void)state;
    assert_true(write_core(CAPACITY) > 0);
    assert_memory_equal(file->e_ident, ELFMAG, SELFMAG);
    assert_int_equal(file->e_ident[EI_CLASS], ELFCLASS64);
    assert_int_equal(file->e_ident[EI_DATA], ELFDATA2LSB);
    assert_int_equal(file->e_ident[EI_VERSION], EV_CURRENT);
    assert_int_equal(file->e_ident[EI_OSABI], ELFOSABI_NONE);
    assert_int_equal(file->e_type, ET_CORE);
    assert_int_equal(file->e_machine, EM_AARCH64);
    assert_int_equal(file->e_version, EV_CURRENT);
    assert_int_equal(file->e_ehsize, sizeof(Elf64_Ehdr));
    assert_int_equal(file->e_phentsize, sizeof(Elf64_Phdr));
    assert_int_equal(file->e_phnum, 1);
    assert_int_equal(file->e_shnum, 0);
    assert_int_equal(headers[0].p_type, PT_NOTE);
    assert_int_equal(missing, 0);
}

static void test_registers_stand_where_linux_has_them(void **state)
{
    (void)state;
    write_core(CAPACITY);
    const uint8_t *status = find_note("CORE", NT_PRSTATUS, 392);

    assert_int_equal(word(status, 0, 4), 11);
    assert_int_equal(word(status, 12, 2), 11);
    assert_int_equal(word(status, 32, 4), 1);
    for (unsigned i = 0; i < 31; i++)
        assert_int_equal(word(status, 112 + 8 * i, 8), 0x100 + i);
    assert_int_equal(word(status, 360, 8), 0x1000);
    assert_int_equal(word(status, 368, 8), 0x200abc);
    assert_int_equal(word(status, 376, 8), 0x3c5);
    assert_int_equal(word(status, 384, 4), 1);

    const uint8_t *vectors = find_note("CORE", NT_PRFPREG, 528);

    assert_memory_equal(vectors, core.vectors, 512);
    assert_int_equal(word(vectors, 512, 4), 7);
    assert_int_equal(word(vectors, 516, 4), 9);
}

static void test_signal_note_has_number_and_address(void **state)
{
    static const struct {
        int signal, code;
    } cases[] = {{11, 1}, {7, 1}, {4, 1}, {5, 1}, {6, 0}, {14, 0}};

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        core.signal = cases[i].signal;
        write_core(CAPACITY);
        const uint8_t *cause = find_note("CORE", NT_SIGINFO, 128);

        assert_int_equal(word(cause, 0, 4), cases[i].signal);
        assert_int_equal(word(cause, 4, 4), 0);
        assert_int_equal(word(cause, 8, 4), cases[i].code);
        assert_int_equal(word(cause, 16, 8), 0x123456789a);
    }
}

static void test_process_note_names_file_and_reason(void **state)
{
    (void)state;
    write_core(CAPACITY);
    const char *process = find_note("CORE", NT_PRPSINFO, 136);

    assert_int_equal(process[1], 'R');
    assert_string_equal(process + 40, "dns.elf");
    assert_string_equal(process + 56, "dns 1.4.2: reading 0x10: not mapped");
}

static void test_own_note_says_which_image_it_was(void **state)
{
    (void)state;
    write_core(CAPACITY);
    const struct core_file_note *note =
        find_note(CORE_FILE_NOTE_OWNER, CORE_FILE_NOTE_TYPE, sizeof *note);

    assert_memory_equal(note->digest, digest, sizeof digest);
    assert_string_equal(note->name, "dns");
    assert_string_equal(note->version, "1.4.2");
    assert_string_equal(note->what, "reading 0x10: not mapped");
}

static void test_long_texts_are_cut_and_terminated(void **state)
{
    static char text[300];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    core.name = core.version = core.what = text;
    write_core(CAPACITY);
    const struct core_file_note *note =
        find_note(CORE_FILE_NOTE_OWNER, CORE_FILE_NOTE_TYPE, sizeof *note);
    const char *process = find_note("CORE", NT_PRPSINFO, 136);

    assert_int_equal(strlen(note->name), sizeof note->name - 1);
    assert_int_equal(strlen(note->version), sizeof note->version - 1);
    assert_int_equal(strlen(note->what), sizeof note->what - 1);
    assert_int_equal(strlen(process + 40), 15);
    assert_int_equal(strlen(process + 56), 79);
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

static void test_buffer_out_of_line_is_refused(void **state)
{
    (void)state;
    for (size_t offset = 1; offset < 8; offset++)
        assert_int_equal(core_file_write(&core, buffer + offset, CAPACITY, &missing),
                         ERROR_INVALID);
    assert_int_equal(buffer[1], PATTERN);
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
        cmocka_unit_test_setup(test_header_says_core_of_aarch64, setup),
        cmocka_unit_test_setup(test_registers_stand_where_linux_has_them, setup),
        cmocka_unit_test_setup(test_signal_note_has_number_and_address, setup),
        cmocka_unit_test_setup(test_process_note_names_file_and_reason, setup),
        cmocka_unit_test_setup(test_own_note_says_which_image_it_was, setup),
        cmocka_unit_test_setup(test_long_texts_are_cut_and_terminated, setup),
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
        cmocka_unit_test_setup(test_buffer_out_of_line_is_refused, setup),
        cmocka_unit_test_setup(test_more_segments_than_a_file_can_count_are_cut, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
