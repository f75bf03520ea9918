/*
 * ipi_bcm2836: the core mailboxes, four per core, of 32 bits each.
 *
 * Writing 1s to the "set" register of a mailbox sets bits in it, writing 1s to its "clear"
 * register clears them and reading that shows them. While one is set the core is interrupted
 * as its control register says for that mailbox: FIQ, IRQ, or not at all. We take the last
 * two; the first two are left to a service, and the first is the one Linux uses.
 * Device registers and memory are ordered by dsb: the other side may have its caches off.
 * Reference: BCM2836 ARM-local peripherals (QA7 rev 3.4), section 4.7 and the register list.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ipi_bcm2836.h"

#include <stddef.h>

#include "dma.h"
#include "ipi.h"
#include "mmio.h"

enum {
    CONTROL = 0x50, /* + 4 for each core; bits 0-3 IRQ, 4-7 FIQ, which overrules it */
    SET = 0x80,     /* + 16 for each core, + 4 for each mailbox */
    CLEAR = 0xc0,   /* likewise */

    MAILBOXES = 4,
    MARK = 2,
    CALL = 3,
    CALL_AS_FIQ = 1 << (4 + CALL),
    OURS = 1 << CALL | 1 << MARK | 1 << (4 + CALL) | 1 << (4 + MARK),
};

static uintptr_t base;

void ipi_bcm2836_init(uintptr_t local)
{
    base = local;
}

static uintptr_t mailbox(uintptr_t bank, unsigned core, unsigned number)
{
    return base + bank + 16 * core + 4 * number;
}

static void order(void)
{
    dma_invalidate(NULL, 0); /* nothing but its barrier */
}

void ipi_enable(unsigned core)
{
    uint32_t others = mmio_read32(base + CONTROL + 4 * core) & ~(uint32_t)OURS;

    mmio_write32(base + CONTROL + 4 * core, others | CALL_AS_FIQ);
}

void ipi_disable(unsigned core)
{
    mmio_write32(base + CONTROL + 4 * core, 0);
    for (unsigned i = 0; i < MAILBOXES; i++)
        mmio_write32(mailbox(CLEAR, core, i), UINT32_MAX);
    order();
}

void ipi_send(unsigned core)
{
    order();
    mmio_write32(mailbox(SET, core, CALL), 1);
}

void ipi_take(unsigned core)
{
    mmio_write32(mailbox(CLEAR, core, CALL), UINT32_MAX);
    order();
}

void ipi_mark(unsigned core)
{
    mmio_write32(mailbox(SET, core, MARK), 1);
    order();
}

bool ipi_is_marked(unsigned core)
{
    return mmio_read32(mailbox(CLEAR, core, MARK)) != 0;
}

void ipi_unmark(unsigned core)
{
    mmio_write32(mailbox(CLEAR, core, MARK), UINT32_MAX);
}

uintptr_t ipi_unmark_register(unsigned core)
{
    return mailbox(CLEAR, core, MARK);
}
