/*
 * irq_bcm2836: interrupt controllers of the BCM2837, for core 0.
 *
 * Two levels: the core's local sources (timers, mailboxes, and one bit for "the GPU"),
 * and the 64 GPU lines behind that bit. Interrupts are never taken as exceptions; see
 * irq.h. The timer has no handler: waking the core is all it is for.
 * Timers routed as FIQ are left alone by the start: one of them may be the watchdog over
 * this very program. Not done: the GPU's FIQ register, the eight "basic" ARM lines, other cores.
 * Reference: BCM2836 ARM-local peripherals (QA7 rev 3.4) sections 4.4 to 4.6, 4.9 to 4.11; BCM2835
 * ARM Peripherals section 7.5.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "irq_bcm2836.h"

#include <stddef.h>

#include "error.h"
#include "irq.h"
#include "mmio.h"

enum {
    LOCAL_GPU_ROUTING = 0x0c,
    LOCAL_COUNTERS_UNROUTE = 0x14, /* performance counters; IRQ and FIQ of each core */
    LOCAL_BUS_CONTROL = 0x30,      /* outstanding accesses */
    LOCAL_ONE_TIMER_CONTROL = 0x34,
    LOCAL_TIMER_CONTROL =
        0x40, /* + 4 for each core; a FIQ bit overrules the IRQ bit of its timer */
    CORES = 4,
    TIMER_HYP_IRQ = 1 << 2, /* CNTHP */
    TIMER_HYP_FIQ = 1 << 6,
    TIMER_IRQS = 0x0f,
    TIMER_FIQS = 0xf0,
    LOCAL_IRQ_SOURCE = 0x60, /* core 0 */
    LOCAL_IRQ_SOURCE_GPU = 1 << 8,

    GPU_PENDING = 0x04, /* two registers: lines 0-31, 32-63 */
    GPU_FIQ = 0x0c,
    GPU_ENABLE = 0x10,  /* two */
    GPU_DISABLE = 0x1c, /* two, and the basic lines */
    GPU_DISABLE_BASIC = 0x24,
};

static uintptr_t local_base, gpu_base;
static uint32_t gpu_enabled[2];
static uint32_t local_enabled;
static uint32_t timer_irqs; /* of LOCAL_TIMER_CONTROL, as init set them */
static struct {
    irq_handler *handler;
    void *context;
} handlers[IRQ_COUNT];

static void disable_all(void)
{
    gpu_enabled[0] = gpu_enabled[1] = local_enabled = 0;
    mmio_write32(gpu_base + GPU_DISABLE, UINT32_MAX);
    mmio_write32(gpu_base + GPU_DISABLE + 4, UINT32_MAX);
    mmio_write32(gpu_base + GPU_DISABLE_BASIC, UINT32_MAX);
    mmio_write32(gpu_base + GPU_FIQ, 0);
    mmio_write32(local_base + LOCAL_GPU_ROUTING, 0);
}

void irq_bcm2836_init(uintptr_t local, uintptr_t gpu, unsigned timer_line)
{
    local_base = local;
    gpu_base = gpu;
    disable_all();
    timer_irqs = 1u << timer_line;
    /* What is routed as FIQ is the guard's, in the level above a service. */
    mmio_write32(local + LOCAL_TIMER_CONTROL,
                 (mmio_read32(local + LOCAL_TIMER_CONTROL) & TIMER_FIQS) | timer_irqs);
}

void irq_route_guard_timer(bool as_fiq)
{
    uint32_t others =
        mmio_read32(local_base + LOCAL_TIMER_CONTROL) & (TIMER_IRQS & ~(uint32_t)TIMER_HYP_IRQ);

    mmio_write32(local_base + LOCAL_TIMER_CONTROL, as_fiq ? others | TIMER_HYP_FIQ : timer_irqs);
}

void irq_release(void)
{
    disable_all();
    for (unsigned i = 0; i < IRQ_COUNT; i++)
        handlers[i].handler = NULL;
    for (unsigned core = 0; core < CORES; core++)
        mmio_write32(local_base + LOCAL_TIMER_CONTROL + 4 * core, 0);
    mmio_write32(local_base + LOCAL_COUNTERS_UNROUTE, 0xff);
    mmio_write32(local_base + LOCAL_BUS_CONTROL, 0);
    mmio_write32(local_base + LOCAL_ONE_TIMER_CONTROL, 0);
}

int irq_enable(unsigned number, irq_handler *handler, void *context)
{
    if (number >= IRQ_COUNT || handler == NULL)
        return ERROR_INVALID;
    handlers[number].handler = handler;
    handlers[number].context = context;
    if (number >= IRQ_LOCAL) {
        local_enabled |= 1u << (number - IRQ_LOCAL);
    } else {
        gpu_enabled[number / 32] |= 1u << number % 32;
        mmio_write32(gpu_base + GPU_ENABLE + number / 32 * 4, 1u << number % 32);
    }
    return 0;
}

void irq_disable(unsigned number)
{
    if (number >= IRQ_COUNT)
        return;
    if (number >= IRQ_LOCAL) {
        local_enabled &= ~(1u << (number - IRQ_LOCAL));
    } else {
        gpu_enabled[number / 32] &= ~(1u << number % 32);
        mmio_write32(gpu_base + GPU_DISABLE + number / 32 * 4, 1u << number % 32);
    }
    handlers[number].handler = NULL;
}

static bool call_handlers(unsigned first, uint32_t pending)
{
    bool any = pending != 0;

    for (; pending != 0; pending &= pending - 1) {
        unsigned number = first + (unsigned)__builtin_ctz(pending);

        /* Another handler of this round may have disabled it. */
        if (handlers[number].handler != NULL)
            handlers[number].handler(handlers[number].context);
    }
    return any;
}

bool irq_dispatch(void)
{
    uint32_t source = mmio_read32(local_base + LOCAL_IRQ_SOURCE);
    bool any = false;

    if (source & LOCAL_IRQ_SOURCE_GPU) {
        for (unsigned half = 0; half < 2; half++) {
            if (gpu_enabled[half] != 0) {
                uint32_t pending = mmio_read32(gpu_base + GPU_PENDING + half * 4);

                any |= call_handlers(half * 32, pending & gpu_enabled[half]);
            }
        }
    }
    if (source & local_enabled)
        any |= call_handlers(IRQ_LOCAL, source & local_enabled);
    return any;
}
