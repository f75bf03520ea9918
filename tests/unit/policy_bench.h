/*
 * policy_bench: names and units of what the tests of policy say.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef POLICY_BENCH_H
#define POLICY_BENCH_H

#include "policy.h"

#define S 1000000u

static const char *const reasons[] = {"power-on", "deploy", "reboot", "next",       "selected",
                                      "exit",     "crash",  "hang",   "unconfirmed"};

#endif
