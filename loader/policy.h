/*
 * policy: what the loader does next when a service has ended, however it did.
 *
 * Pure: facts in, decision out. The rules, in words, are docs/redeploy.md's.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef POLICY_H
#define POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "configuration.h"

/* Why the loader has the machine (again). */
enum policy_reason {
    POLICY_POWER_ON, /* or reset */
    POLICY_DEPLOY,   /* the service handed over an image that was checked */
    POLICY_REBOOT,
    POLICY_NEXT,     /* another service by name */
    POLICY_SELECTED, /* the same, asked for from outside */
    POLICY_EXIT,     /* status tells */
    POLICY_CRASH,
    POLICY_HANG,        /* its watchdog ran out */
    POLICY_UNCONFIRMED, /* it did not confirm itself in time */
};

struct policy_facts {
    enum policy_reason reason;
    int status;            /* POLICY_EXIT */
    bool confirmed;        /* the service that ended had confirmed itself, in this run or, when it
                              was started again from RAM, in an earlier one */
    bool running_is_kept;  /* its image is in RAM and may be started again */
    bool fallback_is_kept; /* so is the last one that confirmed itself (it may be the same) */
    bool slot_is_passed;   /* it came from a slot that, having failed, is not the next to start */
    unsigned failures;     /* in a row, this one included: policy_failures */
    enum configuration_exit exit; /* what an exit with status 0 means */
};

enum policy_action {
    POLICY_BOOT,           /* go through the boot sources, as after power-on */
    POLICY_START_UPLOADED, /* the image that was pushed */
    POLICY_START_RUNNING,  /* the image of the service that ended, again */
    POLICY_START_FALLBACK, /* the last confirmed one */
    POLICY_START_NAMED,    /* look for the file that was named; then as POLICY_BOOT */
    POLICY_WAIT,           /* answer pushes, start nothing by oneself */
    POLICY_POWER_OFF,
};

#define POLICY_FAILURES_MAX 3
#define POLICY_STABLE_US    60000000

/* delay_us: how long to wait first (0, or a back-off that pushes may cut short). */
struct policy_decision {
    enum policy_action action;
    uint32_t delay_us;
    const char *why; /* for the log: "rolled back", constant */
};

/*
 * Counts: before is the count when the service that ended was started (0 after power-on),
 * ran_us how long it ran; facts->failures is not looked at. What somebody asked for from
 * outside ends a row of failures, and so does a run of POLICY_STABLE_US. Returns the new
 * count, for facts->failures and to be kept for the next time.
 */
unsigned policy_failures(unsigned before, uint64_t ran_us, const struct policy_facts *facts);

/* True if the service that ended has failed: what costs a trial its slot. */
bool policy_is_failure(const struct policy_facts *facts);

struct policy_decision policy_decide(const struct policy_facts *facts);

#endif
