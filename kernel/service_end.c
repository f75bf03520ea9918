/*
 * service_end: the ways a service stops.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>

#include "board.h"
#include "error.h"
#include "log.h"
#include "power.h"
#include "service.h"
#include "service_parts.h"

/* A full log ring at 115,200 baud. */
#define FLUSH_TIMEOUT_US 2000000

static struct board *machine;

void service_end_init(struct board *board)
{
    machine = board;
}

/* The log goes out first: if a device cannot be stopped, at least that is known. */
static void stop_machine(void)
{
    int status;

    service_log_flush();
    log_flush(FLUSH_TIMEOUT_US);
    status = machine ? board_quiesce(machine) : 0;
    if (status < 0) {
        log_line("kernel", "a device did not stop: %s", error_name(status));
        log_flush(FLUSH_TIMEOUT_US);
    }
}

_Noreturn void service_exit(int status)
{
    service_log_flush();
    log_line("kernel", "the service ended with status %d: %s", status,
             status == 0 ? "power off" : "reset");
    stop_machine();
    if (status == 0)
        power_off();
    power_reset();
}

_Noreturn void service_reboot(void)
{
    service_log_flush();
    log_line("kernel", "the service asks for a reset");
    stop_machine();
    power_reset();
}
