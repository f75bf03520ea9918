/*
 * irq: interrupts as wake-up calls.
 *
 * Interrupts are never taken as exceptions: PSTATE.I stays set. WFI returns when an
 * enabled interrupt is pending, masked or not, and the event loop then calls
 * irq_dispatch(), which asks the controller and calls the handlers as plain
 * functions. So there is one context in the whole program: nothing a handler touches
 * can change behind anybody's back, and no registers are saved per interrupt.
 * (docs/decisions/0002 has the reasons and the count.)
 * The price: a handler runs when the loop comes round, so callbacks must not block.
 *
 * Numbers: 0-63 the GPU's interrupts as the BCM2835 manual numbers them (USB is 9),
 * IRQ_LOCAL + n the core's own sources in the order of the BCM2836's register
 * 0x40000060.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef IRQ_H
#define IRQ_H

#include <stdbool.h>

#define IRQ_GPU_COUNT 64
#define IRQ_LOCAL     64
#define IRQ_COUNT     80

typedef void irq_handler(void *context);

/* Installs handler for interrupt number (0 ... IRQ_COUNT - 1) and enables it. The
 * line is level-triggered: the handler must quiet its device. context is passed on.
 * Replaces what was there. Returns 0 or ERROR_INVALID (number). */
int irq_enable(unsigned number, irq_handler *handler, void *context);

/* Disables interrupt number and forgets its handler. */
void irq_disable(unsigned number);

/* Calls the handler of every pending enabled interrupt once. Returns true if there
 * was one. From the event loop, or from a driver that waits for its own device; not
 * from a handler. */
bool irq_dispatch(void);

/* Routes the EL2 timer (CNTHP) of this core: true as FIQ, which reaches EL2 whatever the
 * service has masked, and no more as the IRQ that wakes this program, while a service's timers
 * stay IRQs; false as the start set it. No other timer is a FIQ, whatever a program has left.
 * Only the loader calls it, at EL2; the start of a service changes no FIQ. After the board's
 * start. Never fails. */
void irq_route_guard_timer(bool as_fiq);

/* As after a reset: nothing is enabled or routed to any core, no handler is known. Nothing wakes
 * a WFI any more. For the loader, before another system takes the machine. */
void irq_release(void);

#endif
