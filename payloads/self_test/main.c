/*
 * self-test: for the owner of a board: checks what no emulator can (docs/self-test.md).
 *
 * `pilot selftest BOARD` pushes it, is the other end of what wants a network, follows it through
 * a reset, and fetches the report, which is the file "self-test" on the board's TFTP server.
 * Part 1 runs before the reset, part 2 after it. Without pilot part 1 runs by itself.
 *
 * It looks below service.h, as no other service may: it talks to devices by the headers of
 * include/, drivers/ and the board's map. It never confirms itself, so the board goes back to
 * what ran before; it writes to no card.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "self_test.h"
#include "self_test_peer.h"

#include "log.h"
#include "memory_map.h"
#include "mmio.h"

SERVICE("self-test", "1.0.0", .required_features = IMAGE_FEATURE_NETWORK, .confirm_s = 600);

#define FLUSH_US 200000

struct self_test self_test;

static const struct {
    unsigned part;
    void (*run)(void);
    const char *name; /* for the log */
} checks[] = {
    {1, begin_host_clock, "host clock, first half"},
    {1, check_timers, "timers"},
    {1, check_cycle_counter, "cycle counter"},
    {1, check_clock_rates, "clock rates"},
    {1, check_temperature, "temperature and supply"},
    {1, check_dma_engine, "DMA engine"},
    {1, check_mailbox_buffer, "mailbox buffer"},
    {1, check_alignment_without, "alignment without MMU"},
    {1, check_alignment_with, "alignment with MMU"},
    {1, check_sd_hosts, "SD hosts"},
    {1, check_echo, "frames over USB"},
    {1, check_host_clock, "host clock, second half"},
    {2, check_ram_across_reset, "ram across a reset"},
    {2, check_reset_reason, "reset reason"},
};

static struct self_test_report report;
static struct service_timer turn, end;
static unsigned part, next;

void verdict(enum self_test_verdict is, const char *name, const char *format, ...)
{
    char text[SELFTEST_LINE_BYTES];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    service_log("%s", self_test_report_add(&report, is, name, "%s", text));
}

enum self_test_verdict pass_or_qemu(bool is_good)
{
    return is_good ? SELFTEST_PASS : self_test.is_qemu ? SELFTEST_NOT_APPLICABLE : SELFTEST_FAIL;
}

enum self_test_verdict judge_caches(void)
{
    return pass_or_qemu(self_test.caches == CACHES_SEEN);
}

const char *caches_text(void)
{
    if (self_test.caches == CACHES_SEEN)
        return "";
    if (self_test.caches == CACHES_UNKNOWN)
        return "; whether there are caches is not known (dma-engine)";
    return self_test.is_qemu ? ": there are no caches here"
                             : ": this board has caches, but they are off, or memory is not "
                               "cacheable, or the bus address is one that goes through them";
}

bool is_corrupted(const char *name)
{
    return strcmp(self_test.corrupt, name) == 0 || strcmp(self_test.corrupt, "all") == 0;
}

static void finish(void)
{
    self_test_report_end(&report);
    service_publish(SELFTEST_FILE, report.text, report.length);
    service_log("part %u: %u passed, %u failed, %u not applicable", part,
                report.counts[SELFTEST_PASS], report.counts[SELFTEST_FAIL],
                report.counts[SELFTEST_NOT_APPLICABLE]);
    peer_tell_done();
}

static void take_turn(void *context)
{
    (void)context;
    while (next < sizeof checks / sizeof checks[0] && checks[next].part != part)
        next++;
    if (next == sizeof checks / sizeof checks[0]) {
        finish();
        return;
    }
    service_log("begins: %s", checks[next].name);
    log_flush(FLUSH_US); /* should the board hang, its serial line has said where */
    checks[next++].run();
}

void check_done(void)
{
    service_timer_once(&turn, 0, take_turn, NULL);
}

static void begin(unsigned wanted)
{
    part = wanted;
    next = 0;
    self_test_report_begin(&report, "%s %s, part %u, on %s, serial %s", self_test.info->name,
                           self_test.info->version, part, self_test.info->model,
                           self_test.info->serial);
    check_done();
}

static void give_up(void *context)
{
    (void)context;
    service_log("nobody has told it to end");
    service_exit(1);
}

int service_main(const struct service_info *info)
{
    self_test.info = info;
    self_test.usb_core_id = mmio_read32(USB_CORE_ID);
    self_test.is_qemu = self_test.usb_core_id == USB_CORE_ID_QEMU;
    self_test.nonce = info->boot_id;
    service_log("DWC2 core id 0x%08x: %s", (unsigned)self_test.usb_core_id,
                self_test.is_qemu                            ? "QEMU's model"
                : self_test.usb_core_id == USB_CORE_ID_BOARD ? "a board's"
                                                             : "not known");
    if (load_start() < 0)
        return ERROR_NO_MEMORY;
    service_watchdog(SELFTEST_CHECK_MS);
    service_timer_once(&end, SELFTEST_END_S * 1000000ull, give_up, NULL);
    return peer_start(begin);
}
