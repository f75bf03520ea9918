/*
 * ends: ends in the way it is told to, for the tests of what comes after a service.
 *
 * Takes commands, one word or two in a datagram, on UDP port 4998:
 *
 *     state                  one line of "key=value" words: who runs, and what it has
 *     take BYTES             takes memory and keeps it; answers with the state
 *     confirm                confirms itself; answers with the state
 *     reboot [MS]            so many milliseconds later; answers with the state
 *     next FILE | exit STATUS    as in service.h; no answer, unless it cannot be
 *     crash                  no answer
 *
 * It does not confirm itself unless it is told to, here or by the argument "confirm".
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <service.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

SERVICE("ends", "1.0.0", .required_features = IMAGE_FEATURE_NETWORK, .confirm_s = 120);

#define PORT        4998
#define REPLY_BYTES 512
#define WORD_BYTES  160

static const struct service_info *started_with;
static struct service_timer timer;

static void reboot(void *context)
{
    (void)context;
    service_reboot();
}

static void write_state(char *reply)
{
    struct service_statistics statistics;

    service_statistics(&statistics);
    snprintf(reply, REPLY_BYTES,
             "boot=%08x argc=%d location=%s uptime_us=%lu heap=%zu used=%zu peak=%zu stack=%zu "
             "frames_in=%u frames_out=%u errors=%u dropped=%u",
             (unsigned)started_with->boot_id, started_with->argc, started_with->location,
             (unsigned long)statistics.uptime_us, statistics.heap_bytes, statistics.heap_used_bytes,
             statistics.heap_peak_bytes, statistics.stack_peak_bytes, statistics.frames_received,
             statistics.frames_sent, statistics.receive_errors + statistics.send_errors,
             statistics.udp_dropped);
}

/* Writes the answer. May not return. */
static void obey(const char *command, const char *operand, char *reply)
{
    if (strcmp(command, "reboot") == 0)
        service_timer_once(&timer, strtoul(operand, NULL, 0) * 1000, reboot, NULL);
    if (strcmp(command, "exit") == 0)
        service_exit(atoi(operand));
    if (strcmp(command, "crash") == 0)
        __builtin_trap();
    if (strcmp(command, "next") == 0) {
        snprintf(reply, REPLY_BYTES, "error=%d", service_start_next(operand));
        return;
    }
    if (strcmp(command, "take") == 0 && malloc(strtoul(operand, NULL, 0)) == NULL)
        snprintf(reply, REPLY_BYTES, "error=%d", ERROR_NO_MEMORY);
    else if (strcmp(command, "confirm") == 0 && service_confirm() < 0)
        snprintf(reply, REPLY_BYTES, "error=%d", ERROR_TOO_LARGE);
    else
        write_state(reply);
}

static void receive(struct service_udp *socket, void *context, const struct service_address *from,
                    const uint8_t *bytes, size_t length)
{
    char text[2 * WORD_BYTES], command[WORD_BYTES] = "", operand[WORD_BYTES] = "";
    static char reply[REPLY_BYTES];

    (void)context;
    if (length >= sizeof text)
        return;
    memcpy(text, bytes, length);
    text[length] = '\0';
    if (sscanf(text, "%159s %159s", command, operand) < 1)
        return;
    obey(command, operand, reply);
    service_udp_send(socket, from, reply, strlen(reply));
}

int service_main(const struct service_info *info)
{
    started_with = info;
    for (int i = 1; i < info->argc; i++) {
        if (strcmp(info->argv[i], "confirm") == 0 && service_confirm() < 0)
            return ERROR_TOO_LARGE;
    }
    if (!service_udp_open(PORT, receive, NULL))
        return ERROR_ABSENT;
    service_log("commands are taken on udp/%u", PORT);
    return 0;
}
