/*
 * service_log: the service's lines in the log, and its stdout line by line.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdarg.h>
#include <stddef.h>

#include "log.h"
#include "service.h"
#include "service_parts.h"

#define SERVICE_LINE_MAX 200

static const char *subject = "service";
static char line[SERVICE_LINE_MAX + 1];
static size_t line_length;

void service_log_init(const char *name)
{
    subject = name;
    line_length = 0;
}

void service_log(const char *format, ...)
{
    va_list arguments;

    service_log_flush(); /* the order of lines is the order of calls */
    va_start(arguments, format);
    log_vline(subject, format, arguments);
    va_end(arguments);
}

void service_log_flush(void)
{
    if (line_length == 0)
        return;
    line[line_length] = '\0';
    line_length = 0;
    log_line(subject, "%s", line);
}

void service_log_put(char character)
{
    if (character == '\n') {
        service_log_flush();
        return;
    }
    if (character == '\r')
        return;
    if (line_length == SERVICE_LINE_MAX)
        service_log_flush();
    line[line_length++] = character;
}
