/*
 * faults: does the wrong thing it is told to, for the tests of fault reports, core files and guard
 * calls.
 *
 *     faults [FAULT | STATUS]
 *
 * A fault's name as argument: it happens in service_main. A number: service_main returns it.
 * Without arguments it takes commands, one in a datagram, on UDP port 4999, and answers each in a
 * line of text:
 *
 *     hello                   name, boot id, and where the buffer lies
 *     hvc F [X1 X2 X3 X4]     x0 ... x4 after that guard call; smc the same
 *     put OFFSET HEX          fills the buffer
 *     get OFFSET LENGTH       shows it
 *     confirm | exit STATUS | watchdog MS    as in service.h
 *     FAULT [ADDRESS]         no answer, unless it survives
 *
 * Numbers as in C. It does not confirm itself unless it is told to.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <service.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "instructions.h"

SERVICE("faults", "1.0.0", .required_features = IMAGE_FEATURE_NETWORK, .confirm_s = 120);

#define PORT         4999
#define BUFFER_BYTES 8192
#define WORDS_MAX    6

static const struct service_info *started_with;
static _Alignas(4096) uint8_t buffer[BUFFER_BYTES];
static char reply[SERVICE_UDP_MAX + 1];

static __attribute__((format(printf, 1, 2))) void say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reply, sizeof reply, format, arguments);
    va_end(arguments);
}

static uint64_t number(char *const *words, unsigned index)
{
    return words[index] != NULL ? strtoull(words[index], NULL, 0) : 0;
}

static void hello(char *const *words)
{
    (void)words;
    say("%s %s boot %08x buffer 0x%lx %u", started_with->name, started_with->version,
        (unsigned)started_with->boot_id, (unsigned long)(uintptr_t)buffer, BUFFER_BYTES);
}

static void guard_call(char *const *words)
{
    uint64_t x[5];

    for (unsigned i = 0; i < 5; i++)
        x[i] = number(words, 1 + i);
    if (!started_with->guarded) {
        say("nobody would answer");
        return;
    }
    (words[0][0] == 'h' ? call_hvc : call_smc)(x);
    say("0x%lx 0x%lx 0x%lx 0x%lx 0x%lx", (unsigned long)x[0], (unsigned long)x[1],
        (unsigned long)x[2], (unsigned long)x[3], (unsigned long)x[4]);
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void put(char *const *words)
{
    uint64_t at = number(words, 1);
    const char *hex = words[1] != NULL && words[2] != NULL ? words[2] : "";

    for (; at < sizeof buffer && digit(hex[0]) >= 0 && digit(hex[1]) >= 0; hex += 2)
        buffer[at++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
    say("%s", *hex == '\0' ? "ok" : "that is no hex, or too much");
}

static void get(char *const *words)
{
    uint64_t at = number(words, 1), length = number(words, 2);

    say("nothing");
    if (length > sizeof reply / 2 - 1)
        length = sizeof reply / 2 - 1;
    for (size_t i = 0; i < length && at + i < sizeof buffer; i++)
        snprintf(reply + 2 * i, 3, "%02x", buffer[at + i]);
}

static void confirm(char *const *words)
{
    (void)words;
    say("%d", service_confirm());
}

static void end(char *const *words)
{
    service_exit((int)number(words, 1));
}

static void watchdog(char *const *words)
{
    say("%d", service_watchdog((uint32_t)number(words, 1)));
}

static const struct {
    const char *name;
    void (*obey)(char *const *words);
} commands[] = {
    {"hello", hello}, {"hvc", guard_call},  {"smc", guard_call}, {"put", put},
    {"get", get},     {"confirm", confirm}, {"exit", end},       {"watchdog", watchdog},
};

static void obey(char *const *words)
{
    for (unsigned i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(words[0], commands[i].name) == 0) {
            commands[i].obey(words);
            return;
        }
    }
    const char *outcome = faults_commit(words[0], (uintptr_t)number(words, 1));

    say("%s: %s", words[0], outcome != NULL ? outcome : "there is no such command");
    service_log("survived %s", reply);
}

static void receive(struct service_udp *socket, void *context, const struct service_address *from,
                    const uint8_t *bytes, size_t length)
{
    static char line[SERVICE_UDP_MAX + 1];
    char *words[WORDS_MAX + 1] = {NULL}, *rest = line;

    (void)context;
    memcpy(line, bytes, length);
    line[length] = '\0';
    service_log("command: %s", line);
    for (unsigned i = 0; i < WORDS_MAX; i++)
        words[i] = strtok_r(NULL, " \n", &rest);
    if (words[0] == NULL)
        return;
    obey(words);
    service_udp_send(socket, from, reply, strlen(reply));
}

int service_main(const struct service_info *info)
{
    started_with = info;
    if (info->argc > 1) {
        const char *wanted = info->argv[1];

        service_log("%s", wanted);
        if (digit(wanted[0]) >= 0 && wanted[0] <= '9')
            return atoi(wanted);
        const char *outcome = faults_commit(wanted, 0);

        if (outcome != NULL)
            service_log("survived %s: %s", wanted, outcome);
        for (unsigned i = 0; outcome == NULL && faults_name(i) != NULL; i++)
            service_log("fault: %s", faults_name(i));
        return 1;
    }
    if (!service_udp_open(PORT, receive, NULL))
        return ERROR_ABSENT;
    service_log("commands are taken on udp/%u", PORT);
    return 0;
}
