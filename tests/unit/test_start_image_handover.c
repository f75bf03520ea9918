/*
 * start_image: what a service finds at its first instruction, and what is left behind.
 * The network: test_start_image_network.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "start_image_bench.h"

#include "clock.h"
#include "console.h"
#include "log.h"

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
    assert_int_equal(by->resident_base, loader.keeping.base); /* of one piece with it */
    assert_int_equal(by->features, BOOT_FEATURE_UNSIGNED | BOOT_FEATURE_GUARD | BOOT_FEATURE_WARM);
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

static void test_what_the_loader_keeps_and_the_upload_area_are_not_free(void **state)
{
    unsigned found = 0;
    size_t length;

    (void)state;
    expect_start();
    const struct boot_memory *map = entry(BOOT_TAG_MEMORY, &length);

    for (size_t i = 0; i < length / sizeof *map; i++) {
        uint64_t end = map[i].base + map[i].bytes;

        if (map[i].kind == BOOT_MEMORY_FREE)
            assert_true(end <= loader.staging.base || map[i].base >= RAM + RAM_SIZE);
        found += map[i].kind == BOOT_MEMORY_UPLOAD && map[i].base == loader.staging.base;
        found += map[i].kind == BOOT_MEMORY_LOADER && map[i].base == loader.resident.base;
        found += map[i].kind == BOOT_MEMORY_LOADER && map[i].base == loader.keeping.base;
    }
    assert_int_equal(found, 3);
}

static void test_the_service_is_told_of_guard_and_upload_area(void **state)
{
    size_t length;

    (void)state;
    loader.configuration.syslog = (struct net_address){{192, 0, 2, 9}};
    expect_start();
    const struct boot_guard *guard = entry(BOOT_TAG_GUARD, &length);
    const struct boot_upload *upload = entry(BOOT_TAG_UPLOAD, &length);

    assert_int_equal(guard->watchdog_ms, 3000);
    assert_int_equal(guard->confirm_ms, 30000);
    assert_int_equal(guard->confirmed, 0);
    assert_int_equal(upload->base, loader.staging.base);
    assert_int_equal(upload->bytes, loader.staging.bytes);
    assert_int_equal(upload->deploy, BOOT_DEPLOY_ANY);
    assert_memory_equal(upload->syslog, ((uint8_t[]){192, 0, 2, 9}), 4);
}

static void test_the_note_says_how_long_a_service_has_to_confirm(void **state)
{
    size_t length;

    (void)state;
    ((struct image_note *)(b.note + 24))->confirm_s = 7;
    expect_start();
    assert_int_equal(((const struct boot_guard *)entry(BOOT_TAG_GUARD, &length))->confirm_ms, 7000);
}

static void test_the_guard_hides_what_is_the_loaders_and_its_clocks_run(void **state)
{
    (void)state;
    expect_start();
    assert_int_equal(sim_stage2.hidden_count, 2);
    assert_int_equal(sim_stage2.hidden[0].base, loader.resident.base);
    assert_int_equal(sim_stage2.hidden[1].base, loader.keeping.base);
    assert_int_equal(sim_stage2.timer_us, keep.started_us + 3000000);
    assert_int_equal(loader.service.confirm_at_us, keep.started_us + 30000000);
    assert_int_equal(loader.service.base, IMAGE_AT + BUILDER_TEXT_AT);
}

static void test_the_file_is_kept_in_ram_as_it_came(void **state)
{
    (void)state;
    expect_start();
    assert_int_equal(keep.running, 0);
    assert_int_equal(keep.fallback, KEEP_NOTHING);
    assert_false(keep.confirmed);
    assert_int_equal(keep.images[0].bytes, b.length);
    assert_string_equal(keep.images[0].name, "hello");
    assert_string_equal(keep.images[0].location, "sd:hello.elf");
    assert_memory_equal((void *)keep_image_area(&loader, 0).base, b.bytes, b.length);
    assert_true(keep_image_is_whole(&loader, 0));
    ((uint8_t *)keep_image_area(&loader, 0).base)[100] ^= 1;
    assert_false(keep_image_is_whole(&loader, 0));
}

static void test_the_fallback_is_not_overwritten_by_the_next(void **state)
{
    (void)state;
    expect_start();
    keep.fallback = keep.running; /* it confirmed itself */
    expect_start();
    assert_int_equal(keep.running, 1);
    assert_int_equal(keep.fallback, 0);
    assert_false(keep.confirmed);
    expect_start();
    assert_int_equal(keep.running, 1);
    assert_true(keep_image_is_whole(&loader, 0));
}

static void test_the_fallback_started_again_need_not_confirm_again(void **state)
{
    size_t length;

    (void)state;
    expect_start();
    keep.fallback = keep.running;
    file = (struct image_file){.bytes = (const void *)keep_image_area(&loader, 0).base,
                               .about = keep.images[0],
                               .index = 0};
    memset((void *)loader.staging.base, 0, b.length);
    assert_true(sim_expect_stop(start, NULL));
    assert_string_equal(sim_stop_message(), "service entered");
    assert_true(keep.confirmed);
    assert_int_equal(keep.running, 0);
    const struct boot_guard *guard = entry(BOOT_TAG_GUARD, &length);

    assert_int_equal(guard->confirm_ms, 0);
    assert_int_equal(guard->confirmed, 1);
    assert_int_equal(loader.service.confirm_at_us, CLOCK_NEVER);
}

static void test_an_image_too_large_to_keep_starts_all_the_same(void **state)
{
    (void)state;
    loader.keeping.bytes = 3 * 4096; /* a page for each */
    expect_start();
    assert_int_equal(keep.running, KEEP_NOTHING);
    assert_non_null(strstr(sim_log(), "are too many to be kept for a restart, the room is 4096\n"));
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

/* ---- the log ---- */

static bool line_is_dead;

static size_t swallow(struct console *self, const char *bytes, size_t length)
{
    (void)self;
    (void)bytes;
    return line_is_dead ? 0 : length;
}

static void test_what_a_slow_console_has_not_got_is_the_services_to_drain(void **state)
{
    static struct console dead = {"dead", swallow, NULL}; /* stays in the log for good */
    uint64_t begin_us;
    size_t length;

    (void)state;
    log_add_console(&dead);
    line_is_dead = true;
    loader.keep->log_sent = (struct boot_log_sent){.position = 1ull << 33, .sequence = 5};
    begin_us = clock_now_us();
    expect_start();
    line_is_dead = false;
    assert_in_range(clock_now_us() - begin_us, 0, 1000);
    const struct boot_log *log = entry(BOOT_TAG_LOG, &length);

    assert_int_equal(log->undrained, log_undrained());
    assert_true(log->sent.position == 1ull << 33);
    assert_int_equal(log->sent.sequence, 5);
    /* The simulator's own console is quick, and what one console has is not drained again. */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_list_is_whole_and_stands_where_x3_says, setup),
        cmocka_unit_test_setup(test_the_service_learns_who_it_is_and_where_it_came_from, setup),
        cmocka_unit_test_setup(test_arguments_arrive_as_they_were_split, setup),
        cmocka_unit_test_setup(test_what_the_loader_keeps_and_the_upload_area_are_not_free, setup),
        cmocka_unit_test_setup(test_the_service_is_told_of_guard_and_upload_area, setup),
        cmocka_unit_test_setup(test_the_note_says_how_long_a_service_has_to_confirm, setup),
        cmocka_unit_test_setup(test_the_guard_hides_what_is_the_loaders_and_its_clocks_run, setup),
        cmocka_unit_test_setup(test_the_file_is_kept_in_ram_as_it_came, setup),
        cmocka_unit_test_setup(test_the_fallback_is_not_overwritten_by_the_next, setup),
        cmocka_unit_test_setup(test_the_fallback_started_again_need_not_confirm_again, setup),
        cmocka_unit_test_setup(test_an_image_too_large_to_keep_starts_all_the_same, setup),
        cmocka_unit_test_setup(test_the_phases_up_to_placing_arrive, setup),
        cmocka_unit_test_setup(test_the_tree_has_the_loaders_changes, setup),
        cmocka_unit_test_setup(test_without_a_tree_x0_still_points_to_one, setup),
        cmocka_unit_test_setup(test_no_copy_of_the_seeds_stays_with_the_loader, setup),
        cmocka_unit_test_setup(test_seeds_and_boot_ids_differ_from_start_to_start, setup),
        cmocka_unit_test_setup(test_what_a_slow_console_has_not_got_is_the_services_to_drain,
                               setup),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
