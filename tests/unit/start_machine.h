/*
 * start_machine: a simulated machine whose loader has an image in hand, for the tests of
 * start_image.
 *
 * Its RAM is host memory at a fixed address, so the loader's pointers work as they are.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef START_MACHINE_H
#define START_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "elf_builder.h"
#include "error.h"
#include "loader.h"
#include "phases.h"
#include "sim.h"
#include "sim_board.h"
#include "sim_cpu.h"
#include "sim_stage2.h"
#include "start_image.h"
#include "tree_builder.h"

#define MIB      0x100000ull
#define RAM      0x10000000ull
#define RAM_SIZE (32 * MIB)
#define IMAGE_AT (RAM + 2 * MIB) /* the first free block: page 0 of RAM is reserved */

static struct loader loader;
static struct elf_builder b;
static struct tree_builder tree;
static struct keep keep;
static struct image_file file;
static int status;

static inline int group_setup(void **state)
{
    (void)state;
    return mmap((void *)RAM, RAM_SIZE, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == (void *)RAM
               ? 0
               : -1;
}

static inline int setup(void **state)
{
    (void)state;
    sim_reset();
    sim_cpu_reset();
    sim_board_reset();
    memset((void *)RAM, 0xa5, RAM_SIZE);
    sim_stage2_reset();
    memset(&loader, 0, sizeof loader);
    memset(&keep, 0, sizeof keep);
    keep.running = keep.fallback = KEEP_NOTHING;
    keep.at_rest = true;
    loader.keep = &keep;
    configuration_defaults(&loader.configuration);
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

/* The file arrives as from a boot source. */
static inline void receive(const void *bytes, size_t length)
{
    memcpy((void *)loader.staging.base, bytes, length);
    digest_init(&loader.digest);
    loader.digest.sink.update(&loader.digest.sink, bytes, length);
    phases_end(BOOT_PHASE_FETCH);
    file = (struct image_file){.bytes = (const void *)loader.staging.base, .index = KEEP_NOTHING};
    file.about.bytes = length;
    digest_finish(&loader.digest, file.about.digest);
    strcpy(file.about.location, "sd:hello.elf");
}

static inline void start(void *context)
{
    (void)context;
    status = start_image(&loader, &file);
}

static inline void expect_start(void)
{
    receive(b.bytes, b.length);
    if (!sim_expect_stop(start, NULL))
        fail_msg("not started: %s: %s", error_name(status), sim_log());
    assert_string_equal(sim_stop_message(), "service entered");
}

#endif
