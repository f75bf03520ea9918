/*
 * not_yet: stand-ins for functions that are declared in the contracts and not written yet, so
 * that services link. Weak: the real ones take their place. To be removed with the last one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "error.h"

#define STAND_IN(name)                                                                             \
    int name(void);                                                                                \
    __attribute__((weak)) int name(void)                                                           \
    {                                                                                              \
        return 0;                                                                                  \
    }

STAND_IN(net_files_last)
STAND_IN(net_files_stop)
STAND_IN(net_neighbours)
int board_describe_network(void);
__attribute__((weak)) int board_describe_network(void)
{
    return ERROR_ABSENT;
}
