/*
 * hello: the smallest service that shows every basic part of the API.
 *
 * It says where it runs and what it was given, prints with the C library, takes memory,
 * counts to three on a timer, and ends with its own statistics.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <service.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

SERVICE("hello", "1.0.0");

#define BEATS   3
#define BEAT_US 100000

static struct service_timer timer;
static int beats;

static void print_statistics(void)
{
    struct service_statistics statistics;

    service_statistics(&statistics);
    service_log("up %lu ms, asleep %lu ms of it, woken %lu times", statistics.uptime_us / 1000,
                statistics.idle_us / 1000, statistics.wakeups);
    service_log("heap %lu of %lu KB, stack %lu of %lu bytes", statistics.heap_used_bytes / 1024,
                statistics.heap_bytes / 1024, statistics.stack_peak_bytes, statistics.stack_bytes);
}

static void beat(void *context)
{
    (void)context;
    printf("beat %d at %lu us\n", ++beats, service_clock_us());
    if (beats < BEATS)
        return;
    print_statistics();
    service_exit(0);
}

/* Returns the arguments in one string from malloc, or null without memory. */
static char *join_arguments(const struct service_info *info)
{
    size_t length = 1;
    char *text;

    for (int i = 1; i < info->argc; i++)
        length += strlen(info->argv[i]) + 1;
    text = malloc(length);
    if (!text)
        return NULL;
    text[0] = '\0';
    for (int i = 1; i < info->argc; i++) {
        strcat(text, " ");
        strcat(text, info->argv[i]);
    }
    return text;
}

int service_main(const struct service_info *info)
{
    char *arguments = join_arguments(info);

    if (!arguments)
        return ERROR_NO_MEMORY;
    service_log("hello from %s %s on %s, serial %s", info->name, info->version, info->model,
                info->serial);
    service_log("loaded from %s, address %u.%u.%u.%u",
                info->location[0] ? info->location : "nowhere: started without a loader",
                info->address.ip[0], info->address.ip[1], info->address.ip[2], info->address.ip[3]);
    printf("%d arguments:%s\n", info->argc - 1, arguments);
    free(arguments);
    return service_timer_every(&timer, BEAT_US, beat, NULL);
}
