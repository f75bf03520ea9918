/*
 * error_name: the words for error codes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "error.h"
#include "words.h"

const char *error_name(int status)
{
    static const char names[] =
        "ok\0invalid\0timeout\0input/output error\0absent\0busy\0too large\0"
        "unsupported\0corrupt\0refused\0no memory\0stalled\0cancelled";
    enum { LAST = 12 };

    if (status >= 0)
        return names;
    return status < -LAST ? "unknown error" : words_at(names, (unsigned)-status);
}
