/*
 * core_file: every field of the header and of the notes is where ELF and Linux have it. Memory:
 * test_core_file_memory.c. What gdb makes of it: tests/host/test_core_gdb.py.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "core_file_bench.h"

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

static void test_buffer_out_of_line_is_refused(void **state)
{
    (void)state;
    for (size_t offset = 1; offset < 8; offset++)
        assert_int_equal(core_file_write(&core, buffer + offset, CAPACITY, &missing),
                         ERROR_INVALID);
    assert_int_equal(buffer[1], PATTERN);
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
        cmocka_unit_test_setup(test_buffer_out_of_line_is_refused, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
