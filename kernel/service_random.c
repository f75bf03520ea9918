/*
 * service_random: random numbers for the service.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "random.h"
#include "service.h"

void service_random(void *buffer, size_t length)
{
    random_bytes(buffer, length);
}
