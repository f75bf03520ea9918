/*
 * error_name: the words for error codes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "error.h"

const char *error_name(int status)
{
    static const char *const names[] = {
        "ok",        "invalid", "timeout",   "input/output error",
        "absent",    "busy",    "too large", "unsupported",
        "corrupt",   "refused", "no memory", "stalled",
        "cancelled",
    };

    if (status >= 0)
        return names[0];
    if (status <= -(int)(sizeof names / sizeof names[0]))
        return "unknown error";
    return names[-status];
}
