/*
 * cc: lwIP's view of compiler and machine.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef LWIP_ARCH_CC_H
#define LWIP_ARCH_CC_H

#include <limits.h>
#include <stdint.h>

#include "random.h"

/* lwIP takes SSIZE_MAX as the sign that unistd.h has ssize_t; picolibc has the type
 * but not the limit. */
#include <sys/types.h>
#ifndef SSIZE_MAX
#define SSIZE_MAX LONG_MAX
#endif
#define LWIP_NO_UNISTD_H 1
#define LWIP_NO_CTYPE_H  1

/* BYTE_ORDER comes with sys/types.h. */
#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS
#define lwip_htons(x) __builtin_bswap16(x)
#define lwip_htonl(x) __builtin_bswap32(x)

#define LWIP_RAND() random_u32()

/* lwIP's assertions stay in, but without their sentences and places, which would cost 3 KB:
 * the backtrace of the report names the function. In net_interface.c. */
_Noreturn void net_lwip_assertion_failed(void);
#define LWIP_PLATFORM_ASSERT(message) net_lwip_assertion_failed()
#define LWIP_PLATFORM_DIAG(message)

#endif
