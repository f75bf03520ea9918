/*
 * rates: what the firmware says of clocks, temperature and supply.
 *
 * A newer firmware also counts what a clock really does; where it tells that, both are compared.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>

#include "self_test.h"

#include "properties.h"

#define CLOCK_ARM 3
#define MHZ       1000000u
#define HOT_MC    80000 /* the firmware throttles from here on */

/* A guess: the firmware counts over a short time, and nobody has said how exactly. */
#define OFF_PERCENT 2

/* Bits of PROPERTY_THROTTLED: now, and 16 higher: since power-on. */
#define LOW_VOLTAGE 0x10001u
#define CAPPED      0x20002u
#define THROTTLED   0x40004u
#define SOFT_LIMIT  0x80008u /* a 3B+ slows down from 60 degrees on, and is well */
#define BAD         (LOW_VOLTAGE | THROTTLED)

/* The range in which our drivers' dividers make what they want of it. */
static const struct {
    uint32_t id;
    const char *name;
    uint32_t least_mhz, most_mhz;
} clocks[] = {
    {1, "clock-emmc", 25, 500},
    {2, "clock-uart", 3, 100},
    {CLOCK_ARM, "clock-arm", 600, 1500},
    {4, "clock-core", 200, 600},
};

/* The loader asks for the most there is (raise_arm_clock); what the firmware holds back since is
 * told by "supply". */
static bool is_raised(uint32_t id, uint32_t hz, char *text, size_t capacity)
{
    uint32_t most[2] = {id, 0};

    if (id != CLOCK_ARM || property_ask(PROPERTY_CLOCK_MAX, most) < 0 || most[1] == 0)
        return true;
    snprintf(text, capacity, ", of %u at most", (unsigned)most[1]);
    return hz >= most[1];
}

static void check_rate(uint32_t id, const char *name, uint32_t least_mhz, uint32_t most_mhz)
{
    uint32_t rate[2] = {id, 0}, measured[2] = {id, 0};
    bool is_told = property_ask(PROPERTY_CLOCK_RATE, rate) == 0 && rate[1] != 0;
    bool is_measured = property_ask(PROPERTY_CLOCK_MEASURED, measured) == 0 && measured[1] != 0;
    bool is_good = rate[1] >= least_mhz * MHZ && rate[1] <= most_mhz * MHZ;
    char text[48] = "the firmware measures none", most[32] = "";

    if (!is_told) {
        verdict(SELFTEST_FAIL, name, "the firmware does not tell it");
        return;
    }
    if (is_measured) {
        uint32_t apart = rate[1] > measured[1] ? rate[1] - measured[1] : measured[1] - rate[1];

        is_good &= apart / OFF_PERCENT <= rate[1] / 100;
        snprintf(text, sizeof text, "%u measured, limit %d %%", (unsigned)measured[1], OFF_PERCENT);
    }
    is_good &= is_raised(id, rate[1], most, sizeof most);
    verdict(pass_or_qemu(is_good), name,
            "%u Hz says the firmware%s, plausible are %u to %u MHz; %s%s", (unsigned)rate[1], most,
            (unsigned)least_mhz, (unsigned)most_mhz, text,
            !is_good && self_test.is_qemu ? "; QEMU has no such clock" : "");
}

void check_clock_rates(void)
{
    for (unsigned i = 0; i < sizeof clocks / sizeof clocks[0]; i++)
        check_rate(clocks[i].id, clocks[i].name, clocks[i].least_mhz, clocks[i].most_mhz);
    check_done();
}

void check_temperature(void)
{
    uint32_t temperature[2] = {0, 0}, throttled[2] = {0, 0};

    if (property_ask(PROPERTY_TEMPERATURE, temperature) < 0)
        verdict(SELFTEST_NOT_APPLICABLE, "temperature", "the firmware does not tell it");
    else
        verdict(temperature[1] < HOT_MC ? SELFTEST_PASS : SELFTEST_FAIL, "temperature",
                "%u.%u degrees C, limit %u", (unsigned)(temperature[1] / 1000),
                (unsigned)(temperature[1] / 100 % 10), HOT_MC / 1000);
    if (property_ask(PROPERTY_THROTTLED, throttled) < 0)
        verdict(SELFTEST_NOT_APPLICABLE, "supply", "the firmware does not tell what it throttles");
    else
        verdict(throttled[0] & BAD ? SELFTEST_FAIL : SELFTEST_PASS, "supply",
                "throttled = 0x%x%s%s%s%s%s", (unsigned)throttled[0],
                throttled[0] ? ":" : ": never since power-on",
                throttled[0] & LOW_VOLTAGE ? " supply below 4.63 V," : "",
                throttled[0] & CAPPED ? " ARM clock capped," : "",
                throttled[0] & THROTTLED ? " throttled," : "",
                throttled[0] & SOFT_LIMIT ? " soft temperature limit" : "");
    check_done();
}
