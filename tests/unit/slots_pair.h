/*
 * slots_pair: slots_machine with two builds of one service, the second on trial.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SLOTS_PAIR_H
#define SLOTS_PAIR_H

#include "slots_machine.h"

static struct image second; /* another build of what `fetched` is */

static inline void run_trial(void)
{
    put_confirmed(&fetched);
    put_image(&second);
    run_from(&second, 'B');
}

static inline int setup_both(void **state)
{
    if (slots_setup(state) < 0)
        return -1;
    make_other(&second, "fetched", 0x77);
    return 0;
}

#define BOTH_TEST(test) cmocka_unit_test_setup_teardown(test, setup_both, slots_teardown)

#endif
