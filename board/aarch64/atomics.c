/*
 * atomics: the answer to libgcc's question which atomic instructions there are. Without it
 * libgcc asks at start, through a constructor and getauxval, what nobody could tell it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdbool.h>

/* The Cortex-A53 has none of ARMv8.1's. */
__attribute__((used, visibility("hidden"))) bool __aarch64_have_lse_atomics;
