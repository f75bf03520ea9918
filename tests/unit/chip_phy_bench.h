/*
 * chip_phy_bench: a PHY of the chip models alone, of either type, with a clock and a book of
 * complaints.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CHIP_PHY_BENCH_H
#define CHIP_PHY_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "chip_phy.h"

#define NEGOTIATION_US 1500000

static struct chip chip;
static struct chip_phy phy;
static uint64_t time_us;
static char broken_rule[64];
static unsigned complaints;

static inline uint64_t now_us(void *owner)
{
    (void)owner;
    return time_us;
}

static inline void complain(void *owner, const char *rule, const char *text)
{
    (void)owner;
    (void)text;
    strncpy(broken_rule, rule, sizeof broken_rule - 1);
    complaints++;
}

static inline void start(const struct chip_phy_type *type)
{
    chip = (struct chip){
        .carrier = {.now_us = now_us, .complain = complain},
        .negotiation_us = NEGOTIATION_US,
        .plugged = true,
        .partner_pauses = true,
        .partner_speeds = CHIP_PARTNER_SPEEDS,
        .partner_gigabit = true,
    };
    time_us = 5000000;
    complaints = 0;
    chip_phy_init(&phy, type, &chip);
}

static inline int start_fast(void **state)
{
    (void)state;
    start(&chip_phy_lan95xx);
    return 0;
}

static inline int start_gigabit(void **state)
{
    (void)state;
    start(&chip_phy_lan88xx);
    return 0;
}

static inline int check_complaints(void **state)
{
    (void)state;
    return complaints ? -1 : 0;
}

static inline void expect_rule(const char *rule)
{
    assert_int_equal(complaints, 1);
    assert_string_equal(broken_rule, rule);
    complaints = 0;
}

static inline void wait_for_link(void)
{
    time_us += NEGOTIATION_US;
}

static inline void restart(uint16_t advertised)
{
    chip_phy_write(&phy, 4, advertised);
    chip_phy_write(&phy, 0, 0x1200);
    wait_for_link();
}

#endif
