/*
 * enter: from the loader at EL2 into a service at EL1 under the guard.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "cpu.h"

#include "image.h"
#include "stage2.h"
#include "transfer_list.h"

_Noreturn void enter_el1(uint64_t entry, uint64_t fdt, uint64_t x1, uint64_t list, uint64_t table,
                         uint64_t control, uint64_t stack);

void cpu_enter_service(uint64_t entry, uint64_t fdt, uint64_t list)
{
    enter_el1(entry, fdt, TRANSFER_LIST_X1, list, stage2_table(), stage2_control(),
              (uint64_t)__stack_top);
}
