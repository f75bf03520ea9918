/*
 * files_bench: a service's files without the socket: net_files is played here, the test calls what
 * it would call, and sees what it was told. The functions that are not static stand in for those of
 * net/net_files*.c, which are not linked then.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef FILES_BENCH_H
#define FILES_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "boot_record.h"
#include "clock.h"
#include "error.h"
#include "files.h"
#include "guardian.h"
#include "log.h"
#include "recorder.h"
#include "service.h"
#include "service_parts.h"
#include "sim.h"
#include "sim_board.h"
#include "sim_cpu.h"
#include "sim_guard.h"
#include "timeline.h"

#define UPLOAD_BASE  0x37000000u
#define UPLOAD_BYTES 0x4000000u

static const struct tftp_server_peer client = {{{192, 0, 2, 9}}, 4000};
static const struct service_info info = {.name = "demo",
                                         .version = "1.4.2",
                                         .location = "sd:demo.elf",
                                         .serial = "00000000c0ffee01",
                                         .image_digest = {0xd1, 0x5e, 0xa5, 0xe0, [31] = 1},
                                         .boot_id = 0xc0ffee};
static struct boot_record record;
static char reason[TFTP_SERVER_REASON_BYTES];

/* ---- net_files, played ---- */

static struct {
    struct tftp_server_files *files;
    const char *name, *host;
    struct net_address syslog;
    int start_status;
    struct tftp_server_peer remembered;
    uint16_t remembered_block;
    const struct net_files_kept *kept;
    char live[4096]; /* what it was told of the log */
    unsigned works;
    void (*work)(void); /* what comes in while it works */
} net;

bool net_files_active;

int net_files_start(struct tftp_server_files *files, const char *name, const char *host,
                    struct net_address syslog)
{
    net.files = files;
    net.name = name;
    net.host = host;
    net.syslog = syslog;
    return net.start_status;
}

void net_files_stop(void)
{
    net.files = NULL;
}

void net_files_work(void)
{
    net.works++;
    if (net.work)
        net.work();
}

uint64_t net_files_deadline_us(void)
{
    return 123456;
}

void net_files_log(const char *text, size_t length)
{
    size_t used = strlen(net.live);

    snprintf(net.live + used, sizeof net.live - used, "%.*s", (int)length, text);
}

void net_files_keep(const struct net_files_kept *kept)
{
    net.kept = kept;
}

void net_files_remember(const struct tftp_server_peer *peer, uint16_t last_block)
{
    net.remembered = *peer;
    net.remembered_block = last_block;
}

bool net_files_last(struct tftp_server_peer *peer, uint16_t *last_block)
{
    (void)peer;
    (void)last_block;
    return false;
}

/* ---- set-up ---- */

static inline int set_up(void **state)
{
    (void)state;
    sim_reset();
    sim_cpu_reset();
    sim_board_reset();
    sim_guard_begin();
    memset(&net, 0, sizeof net);
    memset(reason, '!', sizeof reason);
    net_files_active = false;
    timeline_take(NULL, 0);
    record = (struct boot_record){
        .loader.features = BOOT_FEATURE_GUARD,
        .upload = {UPLOAD_BASE, UPLOAD_BYTES, BOOT_DEPLOY_ANY, {192, 0, 2, 5}},
    };
    service_end_init(&sim_board.machine, &record);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    log_set_recorder(NULL);
    sim_guard_reset();
    guardian_init(&(struct boot_record){0});
    return 0;
}

static inline void begin(void)
{
    guardian_init(&record);
    recorder_start();
    files_start(&info, &record, clock_now_us());
}

static inline void begin_without_guard(void)
{
    sim_guard_reset();
    record = (struct boot_record){0};
    begin();
}

static inline void poll(void *context)
{
    (void)context;
    if (files_are_active())
        files_poll();
}

static inline void finish(void)
{
    net.files->write_done(net.files);
}

#endif
