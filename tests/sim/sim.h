/*
 * sim: a board made of C, on which drivers run unchanged.
 *
 * Implements mmio.h, dma.h, clock.h, irq.h, power.h, random.h and check.h for the host.
 * Time is virtual and only moves when the program under test asks for it: each
 * clock_now_us() and each mmio access costs SIM_ACCESS_NS, waits jump to their end or to
 * the next event. So a driver's time-outs are tested in no time, and every run is the
 * same. What the target would get wrong silently stops here with a message: a register
 * nobody models, unaligned DMA maintenance, a device touching memory that was not handed
 * to it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_ACCESS_NS 100

/* Forgets devices, events, interrupts, DMA shadows; time back to 1 s. Call in set-up. */
void sim_reset(void);

/* Stops the test with a message, as a failed assertion would (aborts; under cmocka
 * tests of such stops use sim_expect_stop). */
_Noreturn void sim_stop(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Runs body(context) and returns true if it ended in sim_stop or check_failed; the
 * message is then in sim_stop_message(). */
bool sim_expect_stop(void (*body)(void *context), void *context);
const char *sim_stop_message(void);

/* ---- registers: sim_mmio.c ---- */

struct sim_device {
    const char *name;
    uintptr_t base; /* CPU address of the first register */
    size_t bytes;
    uint32_t (*read)(struct sim_device *self, uint32_t offset);
    void (*write)(struct sim_device *self, uint32_t offset, uint32_t value);
    struct sim_device *next; /* sim's own */
};

/* Makes the device answer at its addresses. device stays the caller's. */
void sim_map(struct sim_device *device);
uint64_t sim_mmio_count(void); /* accesses since sim_reset */

/* The program crashes at its next access but more - 1: sim_stop with the message "crash".
 * Devices go on as they are. 0: it does not crash. */
void sim_crash_after(uint64_t more);

/* ---- time: sim_clock.c ---- */

struct sim_event {
    uint64_t at_us;
    void (*fire)(void *context);
    void *context;
    struct sim_event *next; /* sim's own */
    bool armed;
};

/* Fires once, delay_us from now in virtual time, from inside whatever call moves the
 * time past it. An armed event is moved. */
void sim_after_us(struct sim_event *event, uint64_t delay_us, void (*fire)(void *), void *context);
void sim_cancel(struct sim_event *event);
void sim_advance_us(uint64_t duration_us);

/* ---- interrupts: sim_irq.c ---- */

/* Sets the level of a line, as the device would. */
void sim_irq_set(unsigned number, bool active);

/* What irq_route_guard_timer was last called with; false after sim_reset. */
bool sim_irq_guard_timer_is_fiq(void);

/* ---- DMA: sim_dma.c ---- */

/*
 * The device's view of memory is kept apart from the CPU's: dma_clean copies CPU ->
 * device, dma_invalidate copies device -> CPU. A device model reads and writes only
 * through these. Reading memory that was never cleaned stops the test; writing memory
 * that was never invalidated (given to the device) stops the test.
 */
void sim_dma_read(uint32_t bus_address, void *to, size_t length);
void sim_dma_write(uint32_t bus_address, const void *from, size_t length);

/* ---- power: sim_power.c ---- */

/* power_reset and power_off end in sim_stop with the messages "reset" and "off". */
uint32_t sim_watchdog_ms(void); /* as last armed */

/* ---- random: sim_random.c ---- */

void sim_random_seed(uint32_t seed); /* the sequence after sim_reset is always the same */

/* ---- the log: what the product logged, for tests that look for a sentence ---- */

/* Everything logged since sim_reset, NUL-terminated (a console that sim attaches). */
const char *sim_log(void);
void sim_log_clear(void);

#endif
