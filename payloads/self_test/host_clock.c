/*
 * host_clock: the board's clock against that of the peer's machine.
 *
 * At the beginning and at the end of the part several samples are taken, and of each lot the one
 * whose answer came soonest counts: the other clock was read somewhere between question and
 * answer, so what is not known is half of that time.
 *
 *     we     clock NUMBER
 *     pilot  clock NUMBER MICROSECONDS
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <string.h>

#include "self_test.h"

#define SAMPLES     16
#define WAIT_US     200000
#define INTERVAL_US 3000000
#define LIMIT_PPM   500 /* two crystals, and a host's clock that is being steered */

struct sample {
    int64_t ahead_us; /* the peer's clock less ours */
    uint64_t at_us, took_us;
};

static struct sample first, *best;
static struct service_timer timer;
static unsigned number, asked;
static uint64_t asked_us;
static void (*finished)(void);

static void ask(void *context)
{
    char text[32];

    (void)context;
    if (asked++ == SAMPLES) {
        service_timer_stop(&timer);
        peer_receive(NULL);
        finished();
        return;
    }
    service_timer_once(&timer, WAIT_US, ask, NULL);
    snprintf(text, sizeof text, "clock %u", ++number);
    asked_us = service_clock_us();
    peer_send(text, strlen(text));
}

static void take(const uint8_t *bytes, size_t length)
{
    uint64_t now_us = service_clock_us(), took_us = now_us - asked_us, theirs_us;
    char text[64] = "";
    unsigned of;

    if (length < sizeof text)
        memcpy(text, bytes, length);
    if (sscanf(text, "clock %u %lu", &of, &theirs_us) != 2 || of != number)
        return;
    if (best->took_us == 0 || took_us < best->took_us)
        *best = (struct sample){(int64_t)(theirs_us - asked_us - took_us / 2), now_us, took_us};
    service_timer_once(&timer, 1000, ask, NULL);
}

static void take_samples(struct sample *into, void (*then)(void))
{
    *into = (struct sample){0};
    best = into;
    asked = 0;
    finished = then;
    peer_receive(take);
    service_timer_once(&timer, 0, ask, NULL);
}

void begin_host_clock(void)
{
    if (peer_is_there())
        take_samples(&first, check_done);
    else
        check_done();
}

static struct sample last;

static void judge(void)
{
    int64_t interval_us = (int64_t)(last.at_us - first.at_us);

    if (first.took_us == 0 || last.took_us == 0) {
        verdict(SELFTEST_FAIL, "host-clock", "none of %d questions was answered", SAMPLES);
    } else {
        int64_t ppm = (first.ahead_us - last.ahead_us) * 1000000 / interval_us;
        int64_t unsure = (int64_t)(first.took_us + last.took_us) / 2 * 1000000 / interval_us;
        int64_t least = ppm < 0 ? -ppm - unsure : ppm - unsure;

        verdict(unsure > LIMIT_PPM   ? SELFTEST_NOT_APPLICABLE
                : least <= LIMIT_PPM ? SELFTEST_PASS
                                     : SELFTEST_FAIL,
                "host-clock",
                "%ld ppm against pilot's clock in %ld ms, known to %ld ppm, limit %d; the network "
                "answered in %lu and %lu us",
                ppm, interval_us / 1000, unsure, LIMIT_PPM, first.took_us, last.took_us);
    }
    check_done();
}

static void sample_again(void *context)
{
    (void)context;
    take_samples(&last, judge);
}

void check_host_clock(void)
{
    uint64_t since_us = service_clock_us() - first.at_us;

    if (!peer_is_there()) {
        verdict(SELFTEST_NOT_APPLICABLE, "host-clock", "no peer");
        check_done();
        return;
    }
    service_timer_once(&timer, since_us < INTERVAL_US ? INTERVAL_US - since_us : 0, sample_again,
                       NULL);
}
