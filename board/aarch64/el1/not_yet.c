/*
 * not_yet: stand-ins for functions that are declared in the contracts and not written yet, so
 * that services link. Weak: the real ones take their place. To be removed with the last one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#define STAND_IN(name)                                                                             \
    int name(void);                                                                                \
    __attribute__((weak)) int name(void)                                                           \
    {                                                                                              \
        return 0;                                                                                  \
    }

STAND_IN(net_files_last)
STAND_IN(net_files_stop)
STAND_IN(net_neighbours)
STAND_IN(net_neighbour_add)
STAND_IN(net_files_start)
STAND_IN(net_files_poll)
STAND_IN(net_files_log)
STAND_IN(net_files_remember)
unsigned long net_files_deadline_us(void);
__attribute__((weak)) unsigned long net_files_deadline_us(void)
{
    return ~0ul;
}
