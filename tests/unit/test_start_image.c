/*
 * start_image: an image that can be started lies at its place, and one that cannot has
 * cost nothing. What a started one finds: test_start_image_handover.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "start_image.h"
#include "start_machine.h"

/* A cheap sum of the RAM that a refused image may not change. */
static uint64_t sum_of_the_rest(void)
{
    const uint64_t *words = (const uint64_t *)RAM;
    uint64_t sum = 0;

    for (size_t i = 0; i < RAM_SIZE / 8; i++) {
        uint64_t at = RAM + i * 8;

        if (at - loader.staging.base >= loader.staging.bytes &&
            at - loader.list.base >= loader.list.bytes)
            sum = (sum ^ words[i]) * 0x100000001b3u;
    }
    return sum;
}

static void refused(int expected, const char *sentence)
{
    char line[200];
    struct loader before;

    receive(b.bytes, b.length);
    memcpy(&before, &loader, sizeof loader);
    uint64_t sum = sum_of_the_rest();

    sim_log_clear();
    if (sim_expect_stop(start, NULL))
        fail_msg("stopped: %s", sim_stop_message());
    assert_int_equal(status, expected);
    snprintf(line, sizeof line, "loader: sd:hello.elf: refused: %s\n", sentence);
    if (strstr(sim_log(), line) == NULL)
        fail_msg("no \"%s\" in \"%s\"", line, sim_log());
    assert_ptr_equal(strchr(sim_log(), '\n') + 1, sim_log() + strlen(sim_log())); /* one line */
    assert_true(sum_of_the_rest() == sum);
    assert_memory_equal(&before, &loader, sizeof loader);
    assert_int_equal(sim_board.quiesces, 0);
    assert_int_equal(sim_cpu.published_count, 0);
}

static void test_a_file_that_is_no_elf_is_refused(void **state)
{
    struct elf_image image;
    char sentence[ELF_REASON_BYTES];

    (void)state;
    memcpy(b.bytes, "<html>", 6);
    assert_int_equal(elf_check(b.bytes, b.length, &image, sentence), ERROR_CORRUPT);
    refused(ERROR_CORRUPT, sentence);
}

static void test_an_image_without_a_note_is_refused(void **state)
{
    (void)state;
    b.header->program_header_count = BUILDER_NOTE;
    refused(ERROR_UNSUPPORTED, "it has no pilotlight note: not a service");
}

static void test_an_image_that_needs_a_feature_nobody_knows_is_refused(void **state)
{
    (void)state;
    ((struct image_note *)(b.note + 24))->required_features = IMAGE_FEATURE_GUARD | 8;
    refused(ERROR_UNSUPPORTED, "it requires features 0x8 that this loader lacks");
}

static void test_a_heap_that_will_not_be_there_is_refused(void **state)
{
    (void)state; /* 32 MiB less page 0, the loader, what it keeps, the block, the upload area */
    uint64_t heap = loader.staging.base - RAM - BUILDER_SPAN;
    char sentence[ELF_REASON_BYTES];

    ((struct image_note *)(b.note + 24))->heap_bytes = heap;
    snprintf(sentence, sizeof sentence, "it wants 16384 bytes and a heap of %lu, %lu are free",
             (unsigned long)heap, (unsigned long)(loader.staging.base - RAM - 0x1000));
    refused(ERROR_NO_MEMORY, sentence);
}

static void test_an_image_with_no_room_beside_the_file_is_refused(void **state)
{
    uint64_t bytes = loader.staging.base - IMAGE_AT + 1;

    (void)state;
    b.segment[BUILDER_DATA].memory_bytes = bytes;
    receive(b.bytes, b.length);
    status = 0;
    assert_false(sim_expect_stop(start, NULL));
    assert_int_equal(status, ERROR_NO_MEMORY);
    assert_non_null(strstr(sim_log(), "bytes are free in one piece"));
}

/* Moves the image to where it cannot be moved from. */
static void fix_at(uint64_t address)
{
    uint64_t move = address - BUILDER_LINK;

    b.header->type = ELF_TYPE_EXECUTABLE;
    b.header->entry += move;
    for (unsigned i = 0; i < BUILDER_HEADERS; i++) {
        b.segment[i].virtual_address += move;
        b.segment[i].physical_address += move;
    }
    b.header->program_header_count = 3; /* neither dynamic table ... */
    b.segment[BUILDER_DYNAMIC] = b.segment[BUILDER_NOTE];
    b.header->program_header_count = 4; /* ... nor relocations, but the note */
}

static void test_a_fixed_image_on_the_loader_is_refused(void **state)
{
    (void)state;
    fix_at(loader.resident.base - 0x2000); /* its text lies below, its constants on it */
    receive(b.bytes, b.length);
    status = 0;
    assert_false(sim_expect_stop(start, NULL));
    assert_int_equal(status, ERROR_REFUSED);
    assert_non_null(strstr(sim_log(), "which is the"));
    assert_int_equal(sim_board.quiesces, 0);
}

static void test_a_fixed_image_on_the_received_file_is_refused(void **state)
{
    char sentence[160];

    (void)state;
    fix_at(loader.staging.base);
    snprintf(sentence, sizeof sentence,
             "segment 0x%llx-0x%llx wants 0x%llx, which is the received file",
             (unsigned long long)loader.staging.base + 0x1000,
             (unsigned long long)loader.staging.base + 0x2000,
             (unsigned long long)loader.staging.base + 0x1000);
    refused(ERROR_REFUSED, sentence);
}

static void test_a_fixed_image_on_reserved_memory_is_refused(void **state)
{
    (void)state; /* the spin table's page; the device tree is reserved in the same way */
    fix_at(RAM - BUILDER_TEXT_AT);
    refused(ERROR_REFUSED, "segment 0x10000000-0x10001000 wants 0x10000000, which is "
                           "reserved memory");
}

static void test_a_fixed_image_where_no_ram_is_is_refused(void **state)
{
    (void)state;
    fix_at(0x3f000000); /* devices */
    refused(ERROR_REFUSED, "segment 0x3f001000-0x3f002000 wants 0x3f001000, which is no memory");
}

/* Found before the image is placed, although the block is built after it. */
static void test_a_tree_too_large_for_the_block_is_refused_before_placing(void **state)
{
    static uint8_t filler[9000];

    (void)state;
    tree_bytes(&tree, "/", "filler", filler, sizeof filler);
    loader.fdt = tree_exact(&tree, &loader.fdt_available);
    loader.list.bytes = 8192;
    refused(ERROR_TOO_LARGE, "the boot-info block does not fit");
}

static void test_after_a_refusal_the_next_image_starts(void **state)
{
    (void)state;
    b.header->machine = 62;
    receive(b.bytes, b.length);
    assert_false(sim_expect_stop(start, NULL));
    assert_int_equal(status, ERROR_UNSUPPORTED);
    b.header->machine = ELF_MACHINE_AARCH64;
    expect_start();
}

static void test_the_image_lies_moved_and_published_at_its_place(void **state)
{
    (void)state;
    expect_start();
    assert_int_equal(sim_cpu.entry, IMAGE_AT + BUILDER_TEXT_AT);
    assert_memory_equal((void *)(IMAGE_AT + BUILDER_TEXT_AT), b.bytes + BUILDER_TEXT_AT, 0x800);
    for (unsigned i = 0; i < BUILDER_RELOCATIONS; i++)
        assert_int_equal(((const uint64_t *)(IMAGE_AT + BUILDER_DATA_AT + 0x10))[i],
                         IMAGE_AT + BUILDER_TEXT_AT + 0x100 * i);
    assert_int_equal(*(const uint8_t *)(IMAGE_AT + BUILDER_DATA_AT + BUILDER_DATA_BYTES), 0);
    assert_true(sim_cpu_is_published(IMAGE_AT + BUILDER_TEXT_AT, BUILDER_SPAN));
    assert_true(sim_cpu_is_mapped(IMAGE_AT, BUILDER_SPAN));
    assert_int_equal(sim_board.quiesces, 1);
    assert_non_null(strstr(sim_log(), "loader: starting hello 1.0.0 from sd:hello.elf\n"));
}

static void test_a_fixed_image_lies_where_it_is_linked(void **state)
{
    (void)state;
    fix_at(RAM + 8 * MIB + 0x80000);
    expect_start();
    assert_int_equal(sim_cpu.entry, RAM + 8 * MIB + 0x80000 + BUILDER_TEXT_AT);
    assert_memory_equal((void *)sim_cpu.entry, b.bytes + BUILDER_TEXT_AT, 0x800);
}

/* As a kernel linked to 0x80000 does, in the block of the spin table. */
static void test_an_image_beside_a_reserved_page_is_mapped_before_it_is_written(void **state)
{
    (void)state;
    assert_false(sim_cpu_is_mapped(RAM, 1));
    fix_at(RAM + 0x80000);
    expect_start();
    assert_true(sim_cpu_is_mapped(RAM + 0x80000, BUILDER_SPAN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_file_that_is_no_elf_is_refused, setup),
        cmocka_unit_test_setup(test_an_image_without_a_note_is_refused, setup),
        cmocka_unit_test_setup(test_an_image_that_needs_a_feature_nobody_knows_is_refused, setup),
        cmocka_unit_test_setup(test_a_heap_that_will_not_be_there_is_refused, setup),
        cmocka_unit_test_setup(test_an_image_with_no_room_beside_the_file_is_refused, setup),
        cmocka_unit_test_setup(test_a_fixed_image_on_the_loader_is_refused, setup),
        cmocka_unit_test_setup(test_a_fixed_image_on_the_received_file_is_refused, setup),
        cmocka_unit_test_setup(test_a_fixed_image_on_reserved_memory_is_refused, setup),
        cmocka_unit_test_setup(test_a_fixed_image_where_no_ram_is_is_refused, setup),
        cmocka_unit_test_setup(test_a_tree_too_large_for_the_block_is_refused_before_placing,
                               setup),
        cmocka_unit_test_setup(test_after_a_refusal_the_next_image_starts, setup),
        cmocka_unit_test_setup(test_the_image_lies_moved_and_published_at_its_place, setup),
        cmocka_unit_test_setup(test_a_fixed_image_lies_where_it_is_linked, setup),
        cmocka_unit_test_setup(test_an_image_beside_a_reserved_page_is_mapped_before_it_is_written,
                               setup),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
