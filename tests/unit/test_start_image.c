/*
 * start_image: everything up to the jump. What the service finds there is right, and a
 * refused image has cost nothing.
 *
 * The simulated machine's RAM is host memory at a fixed address, so the loader's pointers
 * work as they are.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include <libfdt.h>

#include "boot_info.h"
#include "clock.h"
#include "console.h"
#include "elf_builder.h"
#include "error.h"
#include "loader.h"
#include "log.h"
#include "phases.h"
#include "sim.h"
#include "sim_board.h"
#include "sim_cpu.h"
#include "sim_net.h"
#include "transfer_list.h"
#include "tree_builder.h"

#define MIB      0x100000ull
#define RAM      0x10000000ull
#define RAM_SIZE (32 * MIB)
#define IMAGE_AT (RAM + 2 * MIB) /* the first free block: page 0 of RAM is reserved */

static struct loader loader;
static struct elf_builder b;
static struct tree_builder tree;
static struct sim_net net;
static size_t file_length;
static int status;

static int group_setup(void **state)
{
    (void)state;
    return mmap((void *)RAM, RAM_SIZE, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == (void *)RAM
               ? 0
               : -1;
}

static int setup(void **state)
{
    (void)state;
    sim_reset();
    sim_cpu_reset();
    sim_board_reset();
    memset(&net, 0, sizeof net);
    memset((void *)RAM, 0xa5, RAM_SIZE);
    memset(&loader, 0, sizeof loader);
    loader.board = sim_board.machine;
    loader.board.memory[0] = (struct board_range){RAM, RAM_SIZE};
    loader.board.reserved[0] = (struct board_range){RAM, 0x1000};
    loader.resident = (struct board_range){RAM + RAM_SIZE - 2 * MIB, 2 * MIB};
    elf_builder_init(&b);
    tree_begin(&tree);
    tree_string(&tree, "/", "model", "a board");
    loader.fdt = tree_exact(&tree, &loader.fdt_available);
    return memory_plan(&loader);
}

static int teardown(void **state)
{
    (void)state;
    if (loader.network_is_up)
        sim_net_stop(&net);
    return 0;
}

/* The file arrives as from a boot source. */
static void receive(const void *bytes, size_t length)
{
    memcpy((void *)loader.staging.base, bytes, length);
    digest_init(&loader.digest);
    loader.digest.sink.update(&loader.digest.sink, bytes, length);
    phases_end(BOOT_PHASE_FETCH);
    file_length = length;
}

static void start(void *context)
{
    (void)context;
    status = start_image(&loader, file_length, "sd:hello.elf");
}

static void expect_start(void)
{
    receive(b.bytes, b.length);
    if (!sim_expect_stop(start, NULL))
        fail_msg("not started: %s: %s", error_name(status), sim_log());
    assert_string_equal(sim_stop_message(), "service entered");
}

static const void *entry(uint32_t tag, size_t *length)
{
    const void *found = transfer_list_find((const void *)sim_cpu.list, tag, 0, length);

    if (found == NULL)
        fail_msg("no entry 0x%x", tag);
    return found;
}

/* ---- refusals ---- */

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
    memcpy(&before.digest, &loader.digest, sizeof before.digest); /* used up */
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

static void test_an_image_that_needs_a_guard_is_refused(void **state)
{
    (void)state;
    ((struct image_note *)(b.note + 24))->required_features = IMAGE_FEATURE_GUARD;
    refused(ERROR_UNSUPPORTED, "it requires features 0x4 that this loader lacks");
}

static void test_a_heap_that_will_not_be_there_is_refused(void **state)
{
    (void)state; /* 32 MiB less page 0, the loader, the block */
    ((struct image_note *)(b.note + 24))->heap_bytes = 28 * MIB - BUILDER_SPAN;
    refused(ERROR_NO_MEMORY, "it wants 16384 bytes and a heap of 29343744, 29356032 are free");
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

/* ---- starts ---- */

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

static void test_the_list_is_whole_and_stands_where_x3_says(void **state)
{
    int64_t used;

    (void)state;
    expect_start();
    assert_int_equal(sim_cpu.list, loader.list.base);
    used = transfer_list_check((const void *)sim_cpu.list, loader.list.bytes);
    assert_true(used > 0);
    assert_true(sim_cpu_is_published(loader.list.base, (uint64_t)used));
}

static void test_the_service_learns_who_it_is_and_where_it_came_from(void **state)
{
    static const uint8_t no_digest[32];
    size_t length;
    uint8_t digest[32];
    struct digest again;

    (void)state;
    expect_start();
    const struct boot_service *service = entry(BOOT_TAG_SERVICE, &length);
    const struct boot_image *image = entry(BOOT_TAG_IMAGE, &length);
    const struct boot_loader *by = entry(BOOT_TAG_LOADER, &length);
    const struct boot_reset *reset = entry(BOOT_TAG_RESET, &length);
    const struct boot_console *console = entry(BOOT_TAG_CONSOLE, &length);

    assert_int_equal(length, sizeof *console);
    assert_string_equal(service->name, "hello");
    assert_string_equal(service->location, "sd:hello.elf");
    assert_string_equal(image->version, "1.0.0");
    assert_int_equal(image->base, IMAGE_AT + BUILDER_TEXT_AT);
    digest_init(&again);
    again.sink.update(&again.sink, b.bytes, b.length);
    digest_finish(&again, digest);
    assert_memory_equal(image->digest, digest, 32);
    assert_memory_not_equal(image->digest, no_digest, 32);
    assert_int_equal(by->resident_base, loader.resident.base);
    assert_int_equal(by->features, BOOT_FEATURE_UNSIGNED);
    assert_int_equal(reset->raw, 0x1000);
    assert_int_equal(console->kind, BOARD_CONSOLE_PL011);
    assert_int_equal(console->baud, 115200);
    assert_int_equal(console->base, 0x3f201000);
}

static void test_arguments_arrive_as_they_were_split(void **state)
{
    const char *text = "pilot.file=x -- 1000 \"two words\"";
    size_t length;

    (void)state;
    configuration_defaults(&loader.configuration);
    boot_arguments_read(text, strlen(text), &loader.configuration, &loader.arguments, NULL, NULL);
    expect_start();
    const char *arguments = entry(BOOT_TAG_ARGUMENTS, &length);

    assert_int_equal(length, 15);
    assert_memory_equal(arguments, "1000\0two words", 15);
}

static void test_the_received_file_is_free_for_the_service(void **state)
{
    uint64_t free_bytes = 0;
    size_t length;

    (void)state;
    /* A heap so large that the file's place is needed for it. */
    ((struct image_note *)(b.note + 24))->heap_bytes = loader.staging.bytes + 8 * MIB;
    expect_start();
    const struct boot_memory *map = entry(BOOT_TAG_MEMORY, &length);

    for (size_t i = 0; i < length / sizeof *map; i++) {
        if (map[i].kind == BOOT_MEMORY_FREE && map[i].base <= loader.staging.base &&
            map[i].base + map[i].bytes >= loader.staging.base + loader.staging.bytes)
            free_bytes = map[i].bytes;
        if (map[i].kind == BOOT_MEMORY_LOADER)
            assert_int_equal(map[i].base, loader.resident.base);
    }
    assert_true(free_bytes >= loader.staging.bytes + 8 * MIB);
}

static void test_the_phases_up_to_placing_arrive(void **state)
{
    size_t length;

    (void)state;
    expect_start();
    const struct boot_timestamp *at = entry(BOOT_TAG_TIMESTAMPS, &length);
    size_t count = length / sizeof *at;

    assert_true(count >= 3);
    assert_int_equal(at[count - 3].phase, BOOT_PHASE_FETCH);
    assert_int_equal(at[count - 2].phase, BOOT_PHASE_VERIFY);
    assert_int_equal(at[count - 1].phase, BOOT_PHASE_PLACE);
    assert_true(at[count - 1].at_us >= at[count - 2].at_us);
}

static void test_the_tree_has_the_loaders_changes(void **state)
{
    int length;

    (void)state;
    expect_start();
    const void *fdt = (const void *)sim_cpu.fdt;

    assert_true(sim_cpu.fdt > sim_cpu.list && sim_cpu.fdt < sim_cpu.list + loader.list.bytes);
    assert_int_equal(sim_cpu.fdt % 8, 0);
    assert_int_equal(fdt_check_full(fdt, fdt_totalsize(fdt)), 0);
    assert_string_equal(fdt_getprop(fdt, 0, "model", &length), "a board");
    assert_true(fdt_path_offset(fdt, "/reserved-memory") > 0);
}

static void test_without_a_tree_x0_still_points_to_one(void **state)
{
    (void)state;
    loader.fdt = NULL;
    loader.fdt_available = 0;
    expect_start();
    assert_int_equal(fdt_check_full((const void *)sim_cpu.fdt, 4096), 0);
    assert_true(fdt_path_offset((const void *)sim_cpu.fdt, "/memory@10000000") > 0);
}

/* ---- secrets ---- */

static const uint8_t *stack_top;
static unsigned copies;

/* Looks for the seeds in all frames between here and the test. */
__attribute__((no_sanitize("address"))) static void look_for_seeds(void)
{
    size_t length;
    int tree_length;
    const uint8_t *seed = transfer_list_find((const void *)sim_cpu.list, BOOT_TAG_SEED, 0, &length);
    const void *fdt = (const void *)sim_cpu.fdt;
    const uint8_t *other =
        fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "rng-seed", &tree_length);

    if (seed == NULL || length != 32 || other == NULL || tree_length != 32)
        sim_stop("no seeds");
    for (const uint8_t *at = __builtin_frame_address(0); at < stack_top; at++) {
        size_t i = 0, j = 0;

        while (i < 8 && at[i] == seed[i])
            i++;
        while (j < 8 && at[j] == other[j])
            j++;
        copies += i == 8 || j == 8;
    }
}

static void test_no_copy_of_the_seeds_stays_with_the_loader(void **state)
{
    uint8_t here;

    (void)state;
    stack_top = &here;
    copies = 0;
    sim_cpu.entering = look_for_seeds;
    expect_start();
    assert_int_equal(copies, 0);
}

static void test_seeds_and_boot_ids_differ_from_start_to_start(void **state)
{
    uint8_t seed[32];
    uint32_t boot_id;
    size_t length;

    (void)state;
    expect_start();
    memcpy(seed, entry(BOOT_TAG_SEED, &length), 32);
    boot_id = ((const struct boot_service *)entry(BOOT_TAG_SERVICE, &length))->boot_id;
    expect_start();
    assert_memory_not_equal(seed, entry(BOOT_TAG_SEED, &length), 32);
    assert_int_not_equal(boot_id,
                         ((const struct boot_service *)entry(BOOT_TAG_SERVICE, &length))->boot_id);
}

/* ---- the network ---- */

/* The stack has been started on a cable; sim_net_start has reset the simulator. */
static void begin_network(void)
{
    sim_net_start(&net);
    loader.board.ethernet = &net.cable.end[0].device;
    loader.network_is_up = true;
}

static void test_a_lease_is_handed_over_with_the_time_it_has_left(void **state)
{
    size_t length;

    (void)state;
    begin_network();
    net_dhcp_start();
    sim_net_run_us(&net, 10000000);
    assert_true(net_lease(NULL));
    sim_advance_us(100000000);
    expect_start();
    const struct boot_lease *lease = entry(BOOT_TAG_LEASE, &length);

    assert_memory_equal(lease->address, ((uint8_t[]){10, 0, 0, 77}), 4);
    assert_memory_equal(lease->server, ((uint8_t[]){10, 0, 0, 1}), 4);
    assert_memory_equal(lease->mac, net.cable.end[0].device.mac, 6);
    assert_in_range(lease->seconds_left, 3600 - 112, 3600 - 100);
}

static void test_a_lease_that_has_run_out_has_no_time_left(void **state)
{
    size_t length;

    (void)state;
    begin_network();
    net_dhcp_start();
    sim_net_run_us(&net, 10000000);
    sim_advance_us(5000000000); /* nobody polled the stack: it still has the address */
    expect_start();
    assert_int_equal(((const struct boot_lease *)entry(BOOT_TAG_LEASE, &length))->seconds_left, 0);
}

static void test_a_static_address_is_for_ever(void **state)
{
    size_t length;

    (void)state;
    begin_network();
    sim_net_static();
    expect_start();
    const struct boot_lease *lease = entry(BOOT_TAG_LEASE, &length);

    assert_memory_equal(lease->address, ((uint8_t[]){10, 0, 0, 2}), 4);
    assert_memory_equal(lease->server, ((uint8_t[4]){0}), 4);
    assert_int_equal(lease->seconds_left, UINT32_MAX);
}

static void test_without_an_address_there_is_no_lease(void **state)
{
    size_t length;

    (void)state;
    expect_start();
    assert_null(transfer_list_find((const void *)sim_cpu.list, BOOT_TAG_LEASE, 0, &length));
    begin_network(); /* up, but no address yet */
    expect_start();
    assert_null(transfer_list_find((const void *)sim_cpu.list, BOOT_TAG_LEASE, 0, &length));
}

static void test_the_device_is_stopped_before_the_service_runs(void **state)
{
    (void)state;
    begin_network();
    sim_net_static();
    expect_start();
    assert_true(net.cable.end[0].stopped);
    assert_int_equal(sim_board.quiesces, 1);
    assert_false(net_poll());
}

static void test_a_refused_image_leaves_the_network_up(void **state)
{
    (void)state;
    begin_network();
    sim_net_static();
    b.header->machine = 62;
    receive(b.bytes, b.length);
    assert_false(sim_expect_stop(start, NULL));
    assert_false(net.cable.end[0].stopped);
    assert_true(net_lease(NULL));
}

static void test_devices_that_do_not_stop_cost_a_line_not_the_start(void **state)
{
    (void)state;
    sim_board.quiesce_status = ERROR_TIMEOUT;
    expect_start();
    assert_non_null(strstr(sim_log(), "devices did not stop: timeout; they were reset\n"));
}

/* ---- the log ---- */

static bool line_is_dead;

static size_t swallow(struct console *self, const char *bytes, size_t length)
{
    (void)self;
    (void)bytes;
    return line_is_dead ? 0 : length;
}

static void test_a_dead_console_delays_the_start_by_50_ms_at_most(void **state)
{
    static struct console dead = {"dead", swallow, NULL}; /* stays in the log for good */
    uint64_t begin_us;

    (void)state;
    log_add_console(&dead);
    line_is_dead = true;
    begin_us = clock_now_us();
    expect_start();
    line_is_dead = false;
    assert_in_range(clock_now_us() - begin_us, 50000, 51000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_file_that_is_no_elf_is_refused, setup),
        cmocka_unit_test_setup(test_an_image_without_a_note_is_refused, setup),
        cmocka_unit_test_setup(test_an_image_that_needs_a_guard_is_refused, setup),
        cmocka_unit_test_setup(test_a_heap_that_will_not_be_there_is_refused, setup),
        cmocka_unit_test_setup(test_an_image_with_no_room_beside_the_file_is_refused, setup),
        cmocka_unit_test_setup(test_a_fixed_image_on_the_loader_is_refused, setup),
        cmocka_unit_test_setup(test_a_fixed_image_on_the_received_file_is_refused, setup),
        cmocka_unit_test_setup(test_a_tree_too_large_for_the_block_is_refused_before_placing,
                               setup),
        cmocka_unit_test_setup(test_after_a_refusal_the_next_image_starts, setup),
        cmocka_unit_test_setup(test_the_image_lies_moved_and_published_at_its_place, setup),
        cmocka_unit_test_setup(test_a_fixed_image_lies_where_it_is_linked, setup),
        cmocka_unit_test_setup(test_an_image_beside_a_reserved_page_is_mapped_before_it_is_written,
                               setup),
        cmocka_unit_test_setup(test_the_list_is_whole_and_stands_where_x3_says, setup),
        cmocka_unit_test_setup(test_the_service_learns_who_it_is_and_where_it_came_from, setup),
        cmocka_unit_test_setup(test_arguments_arrive_as_they_were_split, setup),
        cmocka_unit_test_setup(test_the_received_file_is_free_for_the_service, setup),
        cmocka_unit_test_setup(test_the_phases_up_to_placing_arrive, setup),
        cmocka_unit_test_setup(test_the_tree_has_the_loaders_changes, setup),
        cmocka_unit_test_setup(test_without_a_tree_x0_still_points_to_one, setup),
        cmocka_unit_test_setup(test_no_copy_of_the_seeds_stays_with_the_loader, setup),
        cmocka_unit_test_setup(test_seeds_and_boot_ids_differ_from_start_to_start, setup),
        cmocka_unit_test_setup_teardown(test_a_lease_is_handed_over_with_the_time_it_has_left,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_lease_that_has_run_out_has_no_time_left, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_static_address_is_for_ever, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_an_address_there_is_no_lease, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_device_is_stopped_before_the_service_runs, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_refused_image_leaves_the_network_up, setup,
                                        teardown),
        cmocka_unit_test_setup(test_devices_that_do_not_stop_cost_a_line_not_the_start, setup),
        cmocka_unit_test_setup(test_a_dead_console_delays_the_start_by_50_ms_at_most, setup),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
