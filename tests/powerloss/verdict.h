/*
 * verdict: what is wrong with the cut at hand, if anything: the first thing that was found.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef VERDICT_H
#define VERDICT_H

#include <stdbool.h>

#define VERDICT_BYTES 300

void verdict_clear(void);

/* One sentence. Returns false, for whoever stops with it. */
bool verdict_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

bool verdict_is_good(void);
const char *verdict_sentence(void);

#endif
