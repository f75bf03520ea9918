/*
 * recorder: see recorder.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "recorder.h"

#include "guardian.h"
#include "log.h"
#include "net_files.h"

static void record(const char *text, size_t length)
{
    guardian_log(text, length);
    net_files_log(text, length);
}

void recorder_start(void)
{
    log_set_recorder(record);
}
