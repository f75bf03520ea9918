/*
 * recorder: see recorder.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "recorder.h"

#include "files.h"
#include "guardian.h"
#include "log.h"

static void record(const char *text, size_t length)
{
    guardian_log(text, length);
    files_log(text, length);
}

void recorder_start(void)
{
    log_set_recorder(record);
}
