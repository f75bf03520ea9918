/*
 * policy: what the loader does next. See policy.h.
 *
 * The idea: an image that confirmed itself is trusted to be worth another try, one that did
 * not is not. And whatever fails again and again comes to pass more and more slowly, so that
 * a push gets in between.
 *
 *   deployed              the pushed image, at once: somebody waits for it
 *   reboot, next          the boot sources, or the service that was named
 *   selected              the service that was named: somebody asked for it
 *   exit with status 0    as configured: wait for a push, start it again, power off
 *   failure: crash, hang, exit with another status, not confirmed in time
 *     not confirmed       never the same image again by ourselves. The last confirmed one if
 *                         it is kept, else the boot sources after a pause: they may well give
 *                         the very image that failed (its slot is bad by now: then at once)
 *     confirmed           the same image again, at once; if it was too large to keep, or its
 *                         slot has failed so often that the other's turn has come, the boot
 *                         sources
 *     confirmed, and the
 *     POLICY_FAILURES_MAXth
 *     in a row            the boot sources: what is in RAM does not help
 *
 * From POLICY_FAILURES_MAX failures in a row on nothing is started at once any more but what
 * is pushed: the pause is 1 s, then 2, 4, 8 and 16 s. (Without a fallback an unconfirmed one
 * is met by that pause from its first failure on.) Boot sources and fallback that both fail
 * alternate, so whichever recovers first is found.
 *
 * A service that asks for a reboot or for another one before it confirmed itself counts as a
 * failure: a service that does so as soon as it runs would else be a loop that nobody can
 * break. So does an exit with status 0 where that means to start it again.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "policy.h"

#include <limits.h>

#define PAUSE_US    1000000u
#define DOUBLED_MAX 4 /* times: 16 s */

/* The pause when count failures were more than one puts up with. */
static uint32_t pause_us(unsigned count)
{
    if (count == 0)
        return 0;
    return PAUSE_US << (count - 1 < DOUBLED_MAX ? count - 1 : DOUBLED_MAX);
}

/* ... when the first few are put up with. */
static uint32_t late_pause_us(unsigned failures)
{
    return failures < POLICY_FAILURES_MAX ? 0 : pause_us(failures - POLICY_FAILURES_MAX + 1);
}

static bool exits_well(const struct policy_facts *facts)
{
    return facts->reason == POLICY_EXIT && facts->status == 0;
}

static bool is_confirmed(const struct policy_facts *facts)
{
    return facts->confirmed && facts->reason != POLICY_UNCONFIRMED;
}

bool policy_is_failure(const struct policy_facts *facts)
{
    switch (facts->reason) {
    case POLICY_POWER_ON:
    case POLICY_DEPLOY:
    case POLICY_SELECTED:
        return false;
    case POLICY_REBOOT:
    case POLICY_NEXT:
        return !is_confirmed(facts);
    default:
        if (!exits_well(facts))
            return true;
        return facts->exit == CONFIGURATION_EXIT_RESTART && !is_confirmed(facts);
    }
}

unsigned policy_failures(unsigned before, uint64_t ran_us, const struct policy_facts *facts)
{
    bool starts_again = exits_well(facts) && facts->exit == CONFIGURATION_EXIT_RESTART;

    /* A confirmed one that ends again and again is no failure, but must not be a busy loop. */
    if (!policy_is_failure(facts) && !starts_again)
        return 0;
    if (ran_us >= POLICY_STABLE_US)
        return 1;
    return before < UINT_MAX ? before + 1 : before;
}

/* The image of an unconfirmed service has had its chance. */
static struct policy_decision replace(const struct policy_facts *facts)
{
    if (facts->fallback_is_kept)
        return (struct policy_decision){POLICY_START_FALLBACK, late_pause_us(facts->failures),
                                        "rolled back"};
    if (facts->slot_is_passed)
        return (struct policy_decision){POLICY_BOOT, late_pause_us(facts->failures),
                                        "rolled back to what the card has"};
    return (struct policy_decision){POLICY_BOOT,
                                    pause_us(facts->failures > 0 ? facts->failures : 1),
                                    "not confirmed, and nothing to fall back on"};
}

static struct policy_decision start_again(const struct policy_facts *facts)
{
    uint32_t delay_us = late_pause_us(facts->failures);

    if (!is_confirmed(facts))
        return replace(facts);
    if (facts->slot_is_passed)
        return (struct policy_decision){POLICY_BOOT, delay_us, "the other slot's turn"};
    if (!facts->running_is_kept)
        return (struct policy_decision){POLICY_BOOT, delay_us, "its image is not kept"};
    if (delay_us != 0 && !exits_well(facts))
        return (struct policy_decision){POLICY_BOOT, delay_us, "it fails again and again"};
    return (struct policy_decision){POLICY_START_RUNNING, delay_us, "the same image again"};
}

static struct policy_decision end(const struct policy_facts *facts)
{
    switch (facts->exit) {
    case CONFIGURATION_EXIT_OFF:
        return (struct policy_decision){POLICY_POWER_OFF, 0, "exit = off"};
    case CONFIGURATION_EXIT_RESTART:
        return start_again(facts);
    default:
        return (struct policy_decision){POLICY_WAIT, 0, "exit = wait"};
    }
}

struct policy_decision policy_decide(const struct policy_facts *facts)
{
    uint32_t delay_us = late_pause_us(facts->failures);

    switch (facts->reason) {
    case POLICY_POWER_ON:
        return (struct policy_decision){POLICY_BOOT, 0, "power-on"};
    case POLICY_DEPLOY:
        return (struct policy_decision){POLICY_START_UPLOADED, 0, "deployed"};
    case POLICY_REBOOT:
        return (struct policy_decision){POLICY_BOOT, delay_us, "reboot"};
    case POLICY_NEXT:
        return (struct policy_decision){POLICY_START_NAMED, delay_us, "next service"};
    case POLICY_SELECTED:
        return (struct policy_decision){POLICY_START_NAMED, 0, "selected"};
    default:
        return exits_well(facts) ? end(facts) : start_again(facts);
    }
}
