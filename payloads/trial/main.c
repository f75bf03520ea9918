/*
 * trial: runs, but never says that it works, for the test of what becomes of such a service.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <service.h>

SERVICE("trial", "1.0.0", .confirm_s = 1);

static struct service_timer timer;

static void tick(void *context)
{
    (void)context;
}

int service_main(const struct service_info *info)
{
    (void)info;
    service_log("not for long");
    return service_timer_every(&timer, 100000, tick, NULL);
}
