/*
 * echo: thousands of frames to the peer and back, over USB and the wire (self_test_probes.h).
 *
 * A few are away at a time. What stays away longer than a second is lost; one frame in so many
 * may get lost on an honest network, none may come twice, and none may come damaged. The checksums
 * of IP and UDP are done in software here, behind all DMA, and the adapter has found the frame's
 * own right: so a frame that old cache lines have spoilt is dropped by the kernel for its checksum,
 * and one such frame is a failure, as is an error that the device counts.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "self_test.h"

#include "self_test_probes.h"

#define NAME        "usb-frames"
#define WINDOW      8
#define TICK_US     20000
#define LOST_US     1000000
#define LOST_ENOUGH 64   /* it has failed: the rest is not waited for */
#define LOAD_LINES  1024 /* 64 KB: eight frames drive out all that the caches hold */
#define STALLED_US  5000000

static struct self_test_probes probes;
static struct service_timer tick;
static struct service_statistics before;
static uint64_t begun_us, mark_us;
static unsigned mark;        /* so many had been sent at mark_us */
static uint64_t progress_us; /* a probe was sent, or came back */
static bool has_corrupted;

static void judge(void)
{
    uint64_t took_us = service_clock_us() - begun_us;
    struct service_statistics now;
    unsigned errors, checksums;

    service_statistics(&now);
    errors = now.receive_errors + now.send_errors - before.receive_errors - before.send_errors;
    checksums = now.checksum_errors - before.checksum_errors;
    verdict(self_test_probes_are_good(&probes) && checksums + errors == 0 ? SELFTEST_PASS
                                                                          : SELFTEST_FAIL,
            NAME,
            "%u frames of 60 to 1514 bytes there and back in %lu ms: %u lost (1 in %d may be), %u "
            "late, %u twice, %u damaged, %u with a bad checksum; %u errors of the device%s",
            probes.sent, took_us / 1000, probes.lost, SELFTEST_LOST_ONE_IN, probes.late,
            probes.duplicates, probes.damaged, checksums, errors,
            probes.sent < SELFTEST_PROBES && probes.lost < LOST_ENOUGH
                ? "; then nothing could be sent any more"
                : "");
}

static void stop(void)
{
    service_timer_stop(&tick);
    peer_receive(NULL);
    judge();
    check_done();
}

static void send_more(void)
{
    uint8_t probe[SELFTEST_PROBE_MAX];
    size_t length;

    while (self_test_probes_away(&probes) < WINDOW &&
           (length = self_test_probes_next(&probes, probe)) > 0) {
        if (peer_send(probe, length) < 0)
            return; /* no room: the next tick goes on */
        self_test_probes_sent(&probes);
        progress_us = service_clock_us();
    }
}

/* The CPU dirties lines, so that others are written back while the device receives. */
static void take(const uint8_t *bytes, size_t length)
{
    uint8_t copy[SELFTEST_PROBE_MAX];

    if (length <= sizeof copy && probes.back == 100 && !has_corrupted && is_corrupted(NAME)) {
        has_corrupted = true;
        memcpy(copy, bytes, length);
        copy[length - 1] ^= 1;
        bytes = copy;
    }
    self_test_probes_take(&probes, bytes, length);
    load_lines(LOAD_LINES);
    progress_us = service_clock_us();
    send_more();
}

static void look(void *context)
{
    (void)context;
    if (service_clock_us() - mark_us > LOST_US) {
        self_test_probes_give_up(&probes, mark);
        mark = probes.sent;
        mark_us = service_clock_us();
    }
    send_more();
    /* With the cable out nothing can be sent, and nothing gets lost. */
    if (probes.lost >= LOST_ENOUGH || service_clock_us() - progress_us > STALLED_US ||
        (probes.sent == SELFTEST_PROBES && self_test_probes_away(&probes) == 0))
        stop();
}

void check_echo(void)
{
    if (!peer_is_there()) {
        verdict(SELFTEST_NOT_APPLICABLE, NAME, "no peer");
        check_done();
        return;
    }
    service_statistics(&before);
    self_test_probes_begin(&probes, self_test.nonce);
    begun_us = mark_us = progress_us = service_clock_us();
    mark = 0;
    peer_receive(take);
    service_timer_every(&tick, TICK_US, look, NULL);
    send_more();
}
