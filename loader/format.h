/*
 * format: the part of printf that the loader uses, in a quarter of picolibc's size.
 *
 * Has: d u x s %, the flags - and 0 (not for negative numbers), a width, a precision for s,
 * the lengths l and z.
 * A conversion it does not have is copied as it stands: the line shows what is missing.
 * Services have the C library's printf.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef FORMAT_H
#define FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* As vsnprintf: writes at most capacity bytes with the terminating NUL and returns how
 * long the text is or would have been. */
int format_text(char *out, size_t capacity, const char *format, va_list arguments);

#endif
