/*
 * service_clock: the time, for the service.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "clock.h"
#include "service.h"

uint64_t service_clock_us(void)
{
    return clock_now_us();
}
