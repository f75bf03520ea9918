/*
 * duties: see duties.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "duties.h"

#include "check.h"
#include "guardian.h"
#include "memory_check.h"
#include "network.h"

uint64_t duties_due_us; /* 0: the first look finds out */

void duties_at(uint64_t at_us)
{
    if (at_us < duties_due_us)
        duties_due_us = at_us;
}

void duties_run(uint64_t now_us)
{
    if (memory_check_deadline_us() <= now_us && memory_check_step(now_us) < 0)
        check_failed("read-only memory is whole", __FILE_NAME__, __LINE__);
    if (guardian_deadline_us() <= now_us)
        guardian_poll(now_us);
    if (network_deadline_us() <= now_us)
        network_bring_back();
    duties_due_us = guardian_deadline_us();
    duties_at(memory_check_deadline_us());
    duties_at(network_deadline_us());
}
