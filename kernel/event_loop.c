/*
 * event_loop: interrupts, network, timers, log, sleep.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "event_loop.h"

#include "clock.h"
#include "duties.h"
#include "files.h"
#include "irq.h"
#include "log.h"
#include "net.h"
#include "network.h"
#include "service.h"
#include "service_parts.h"
#include "timers.h"

/* A serial line takes about 11 bytes in this time; its FIFO holds 16. */
#define LOG_RETRY_US 1000

/* While frames come without a pause, the clock is looked at once in so many rounds. */
#define BUSY_ROUNDS 64

struct event_loop_statistics event_loop_statistics;
static bool log_is_behind; /* a console did not take everything yet */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void sleep_until(uint64_t now_us, uint64_t deadline_us)
{
    clock_wait_until(deadline_us);
    event_loop_statistics.idle_us += clock_now_us() - now_us;
    event_loop_statistics.wakeups++;
}

/* Returns true if a timer was due. Most services have none, and pay two loads for it. */
static bool run_timers(void)
{
    uint64_t now_us;

    if (!timers_any())
        return false;
    now_us = clock_now_us();
    if (timers_deadline_us() > now_us)
        return false;
    timers_run(now_us);
    return true;
}

/* Handles what has come up. */
static int poll_all(void)
{
    int work;

    irq_dispatch();
    work = net_poll();
    if (work == NET_POLL_GONE) {
        network_lost(); /* and brought back as a duty: with nothing else under way */
        work = NET_POLL_DONE;
    }
    if (files_are_active())
        files_poll();
    if (run_timers() && work == NET_POLL_NOTHING)
        work = NET_POLL_DONE;
    return work;
}

/* Nothing is waiting: log, the kernel's own duties, sleep. */
static void idle(uint64_t until_us)
{
    uint64_t now_us, deadline_us;

    log_is_behind = !log_drain();
    now_us = clock_now_us();
    if (duties_due_us <= now_us)
        duties_run(now_us);
    deadline_us = earlier(until_us, duties_due_us);
    deadline_us = earlier(deadline_us, timers_deadline_us());
    deadline_us = earlier(deadline_us, net_deadline_us());
    if (files_are_active())
        deadline_us = earlier(deadline_us, files_deadline_us());
    if (log_is_behind)
        deadline_us = earlier(deadline_us, now_us + LOG_RETRY_US);
    if (deadline_us > now_us)
        sleep_until(now_us, deadline_us);
}

/* There is more to do: only what cannot wait for idle. */
static void busy(void)
{
    static unsigned rounds;

    if (++rounds % BUSY_ROUNDS == 0 && duties_due_us <= clock_now_us())
        duties_run(clock_now_us());
    if (log_is_behind)
        log_is_behind = !log_drain();
}

void event_loop_round(uint64_t until_us)
{
    if (poll_all() == NET_POLL_NOTHING)
        idle(until_us);
    else
        busy();
}

static bool something_can_happen(void)
{
    return timers_any() || service_udp_any();
}

/* Other than event_loop_round it sleeps right after work: nobody waits for its result. */
_Noreturn void event_loop_run(void)
{
    while (something_can_happen())
        if (poll_all() != NET_POLL_MORE && something_can_happen())
            idle(CLOCK_NEVER);
        else
            busy();
    service_exit(0);
}
