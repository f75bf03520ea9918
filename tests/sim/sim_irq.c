/*
 * sim_irq: interrupt lines as levels, set by device models.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "irq.h"

#include <string.h>

#include "error.h"
#include "sim.h"
#include "sim_parts.h"

static struct {
    irq_handler *handler; /* null: disabled */
    void *context;
    bool active;
} lines[IRQ_COUNT];
static bool guard_timer_is_fiq;

void sim_irq_reset(void)
{
    memset(lines, 0, sizeof(lines));
    guard_timer_is_fiq = false;
}

void irq_route_guard_timer(bool as_fiq)
{
    guard_timer_is_fiq = as_fiq;
}

void irq_release(void)
{
    for (unsigned i = 0; i < IRQ_COUNT; i++)
        lines[i].handler = NULL;
}

bool sim_irq_guard_timer_is_fiq(void)
{
    return guard_timer_is_fiq;
}

void sim_irq_set(unsigned number, bool active)
{
    if (number >= IRQ_COUNT)
        sim_stop("no interrupt %u", number);
    lines[number].active = active;
}

bool sim_irq_is_pending(void)
{
    for (unsigned i = 0; i < IRQ_COUNT; i++) {
        if (lines[i].active && lines[i].handler != NULL)
            return true;
    }
    return false;
}

int irq_enable(unsigned number, irq_handler *handler, void *context)
{
    if (number >= IRQ_COUNT)
        return ERROR_INVALID;
    lines[number].handler = handler;
    lines[number].context = context;
    return 0;
}

void irq_disable(unsigned number)
{
    if (number < IRQ_COUNT)
        lines[number].handler = NULL;
}

bool irq_dispatch(void)
{
    bool any = false;

    sim_clock_advance_ns(SIM_ACCESS_NS);
    for (unsigned i = 0; i < IRQ_COUNT; i++) {
        if (lines[i].active && lines[i].handler != NULL) {
            lines[i].handler(lines[i].context);
            any = true;
        }
    }
    return any;
}
