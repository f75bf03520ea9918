/*
 * libc: the kernel's side of the C library (not on the host, which has its own).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef LIBC_H
#define LIBC_H

#include <stddef.h>
#include <stdint.h>

/* Sets the stack protector's canary. The caller must never return. */
void libc_set_stack_guard(uint64_t value);

/* Bytes that malloc took from the heap and has free. */
size_t libc_heap_free_bytes(void);

#endif
