/*
 * start_image_bench: a service has been started, and the list it was given is looked at.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef START_IMAGE_BENCH_H
#define START_IMAGE_BENCH_H

#include "start_machine.h"

#include "boot_info.h"
#include "transfer_list.h"

static inline const void *entry(uint32_t tag, size_t *length)
{
    const void *found = transfer_list_find((const void *)sim_cpu.list, tag, 0, length);

    if (found == NULL)
        fail_msg("no entry 0x%x", tag);
    return found;
}

#endif
