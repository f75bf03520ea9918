/*
 * sources_bench: push_machine with boot sources in a chosen order.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SOURCES_BENCH_H
#define SOURCES_BENCH_H

#include "push_machine.h"

static inline void use_sources(unsigned count, enum configuration_source first,
                               enum configuration_source second)
{
    loader.configuration.source_count = count;
    loader.configuration.sources[0] = first;
    loader.configuration.sources[1] = second;
}

#endif
