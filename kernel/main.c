/*
 * main: a service from its first C function to its event loop.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "board.h"
#include "boot_record.h"
#include "check.h"
#include "clock.h"
#include "error.h"
#include "ethernet_device.h"
#include "event_loop.h"
#include "files.h"
#include "guardian.h"
#include "heap.h"
#include "image_layout.h"
#include "libc.h"
#include "log.h"
#include "memory.h"
#include "memory_check.h"
#include "net.h"
#include "network.h"
#include "random.h"
#include "recorder.h"
#include "service.h"
#include "service_parts.h"
#include "timeline.h"

_Noreturn void kernel_main(uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3);

static struct board board;
static struct boot_record record;
static struct service_info info;
static const char *argv[ARGUMENTS_MAX + 1];

static struct board_range hole(uintptr_t base, size_t bytes)
{
    return (struct board_range){base, bytes};
}

/* The heap is the largest piece of RAM that is nobody's. */
static void start_heap(void)
{
    struct board_range holes[BOARD_RESERVED_MAX + 3], region;
    unsigned count = board.reserved_count;

    memcpy(holes, board.reserved, count * sizeof holes[0]);
    holes[count++] = hole(image_layout_base(), image_layout_end() - image_layout_base());
    holes[count++] = hole((uintptr_t)record.fdt, record.fdt_bytes);
    holes[count++] = hole((uintptr_t)record.list, record.list_bytes);
    if (record.free_count > 0)
        region = heap_find_region(record.free, record.free_count, holes, count, image_layout_end());
    else
        region =
            heap_find_region(board.memory, board.memory_count, holes, count, image_layout_end());
    memory_map_ram(region.base, region.bytes);
    heap_init((void *)(uintptr_t)region.base, region.bytes);
}

static void fill_info(const struct image_note *note)
{
    int argc;

    argv[0] = note->name;
    argc = record.list ? arguments_from_list(argv, record.arguments, record.arguments_bytes)
                       : arguments_from_bootargs(argv, board.bootargs);
    if (argc < 0)
        log_line("kernel", "the arguments are not used: %s", error_name(argc));
    info = (struct service_info){
        .argc = argc < 0 ? 1 : argc,
        .argv = argv,
        .name = note->name,
        .version = note->version,
        .location = record.service.location,
        .model = board.model,
        .serial = board.serial,
        .boot_id = record.service.boot_id,
        .reset_reason = record.list ? record.reset.reason : board.reset_reason,
        .slot = (char)record.service.slot,
        .guarded = guardian_is_there(),
        .loader_version = record.loader.version,
        .heap_bytes = heap_bytes(),
    };
    memcpy(info.image_digest, record.image_digest, sizeof info.image_digest);
    memcpy(info.mac, board.mac, sizeof info.mac);
}

static void fill_address(void)
{
    struct net_lease lease;

    if (board.ethernet) /* it may be gone already */
        memcpy(info.mac, board.ethernet->mac, sizeof info.mac);
    if (!net_lease(&lease))
        return;
    memcpy(info.address.ip, lease.address.ip, sizeof info.address.ip);
    memcpy(info.gateway.ip, lease.gateway.ip, sizeof info.gateway.ip);
}

static void check_read_only(const struct image_note *note)
{
    size_t bytes;
    const void *start = image_layout_read_only(&bytes);

    if (note->read_only_bytes == 0) {
        log_line("kernel", "the image was not sealed: its code is not checked");
        return;
    }
    if (note->read_only_bytes != bytes ||
        memory_check_start(start, bytes, note->read_only_crc32c) < 0)
        check_failed("read-only memory is whole", __FILE_NAME__, __LINE__);
}

static void log_start(int list_status, int board_status)
{
    if (list_status < 0)
        log_line("kernel", "the boot-info block is not used: %s", error_name(list_status));
    if (board_status < 0)
        log_line("kernel", "the device tree is not used: %s", error_name(board_status));
    log_line("kernel", "%s %s%s%s on %s, %lu KB heap", info.name, info.version,
             info.location[0] ? " from " : "", info.location, info.model,
             (unsigned long)(info.heap_bytes / 1024));
}

static void log_crash(const struct boot_crash *crash)
{
    char core[24] = "no core";

    if (!crash->name[0])
        return;
    if (crash->core_bytes > 0)
        snprintf(core, sizeof core, "core %u", (unsigned)crash->number);
    log_line("kernel", "the service before, %s %s, crashed: %s (%s)", crash->name, crash->version,
             crash->what, core);
}

static uint64_t random_u64(void)
{
    return (uint64_t)random_u32() << 32 | random_u32();
}

_Noreturn void kernel_main(uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3)
{
    uint64_t started_us = clock_now_us();
    const struct image_note *note = image_layout_note();
    int list_status, board_status, status;

    (void)x2;
    image_layout_clear_stack();
    list_status = boot_record_find(&record, x0, x1, x3);
    timeline_take(record.timestamps, record.timestamp_count);
    timeline_mark(BOOT_PHASE_SERVICE_ENTRY);
    guardian_init(&record);
    recorder_start();
    board_status = board_init(&board, record.fdt);
    libc_set_stack_guard(random_u64());
    start_heap();
    service_log_init(note->name);
    service_end_init(&board, &record);
    service_statistics_init(&board, started_us);
    fill_info(note);
    log_start(list_status, board_status);
    log_crash(&record.crash);
    check_read_only(note);
    image_layout_run_constructors();
    timeline_mark(BOOT_PHASE_SERVICE_START);

    status = network_start(&board, &record);
    if (status == 0 || board.ethernet)
        fill_address();
    if (status == 0 || status == ERROR_TIMEOUT)
        files_start(&info, &record, started_us);
    timeline_mark(BOOT_PHASE_SERVICE_NETWORK);

    guardian_main_begins();
    errno = 0; /* as C promises at the start of a program */
    status = service_main(&info);
    timeline_mark(BOOT_PHASE_SERVICE_MAIN);
    if (status != 0)
        service_exit(status);
    timeline_log();
    guardian_main_ended(note->confirm_s != 0);
    event_loop_run();
}
