/*
 * sim_mmio: routes register accesses to device models.
 *
 * An address nobody owns, or one that is not a 32-bit register, stops the test: on the
 * board it would be a bus error or, worse, silence.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mmio.h"

#include "sim.h"
#include "sim_parts.h"

static struct sim_device *devices;
static uint64_t accesses, crash_at; /* 0: never */

void sim_mmio_reset(void)
{
    devices = NULL;
    accesses = crash_at = 0;
}

void sim_crash_after(uint64_t more)
{
    crash_at = more == 0 ? 0 : accesses + more;
}

/* The device has not seen the access at which the program crashes. */
static void count_access(void)
{
    accesses++;
    if (accesses != crash_at)
        return;
    crash_at = 0;
    sim_stop("crash");
}

void sim_map(struct sim_device *device)
{
    for (struct sim_device *other = devices; other != NULL; other = other->next) {
        if (device->base < other->base + other->bytes && other->base < device->base + device->bytes)
            sim_stop("%s at 0x%zx overlaps %s", device->name, (size_t)device->base, other->name);
    }
    device->next = devices;
    devices = device;
}

uint64_t sim_mmio_count(void)
{
    return accesses;
}

static struct sim_device *find_owner(uintptr_t address, const char *access)
{
    if (address % 4 != 0)
        sim_stop("unaligned register %s at 0x%zx", access, (size_t)address);
    for (struct sim_device *device = devices; device != NULL; device = device->next) {
        if (address >= device->base && address - device->base < device->bytes)
            return device;
    }
    sim_stop("register %s at 0x%zx, where no device is", access, (size_t)address);
}

uint32_t mmio_read32(uintptr_t address)
{
    struct sim_device *device = find_owner(address, "read");

    count_access();
    sim_clock_advance_ns(SIM_ACCESS_NS);
    return device->read(device, (uint32_t)(address - device->base));
}

void mmio_write32(uintptr_t address, uint32_t value)
{
    struct sim_device *device = find_owner(address, "write");

    count_access();
    sim_clock_advance_ns(SIM_ACCESS_NS);
    device->write(device, (uint32_t)(address - device->base), value);
}
