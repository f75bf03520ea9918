/*
 * control: commands of a test's and their answers, a line each. See control.h.
 *
 * Whoever does not read his answers loses them: the model waits for nobody.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum kind { BOOLEAN, NUMBER };

static const struct fault {
    const char *name;
    enum kind kind;
    size_t offset;
} faults[] = {
    {"no-eeprom", BOOLEAN, offsetof(struct chip_faults, no_eeprom)},
    {"phy-busy", NUMBER, offsetof(struct chip_faults, phy_busy)},
    {"phy-busy-forever", NUMBER, offsetof(struct chip_faults, phy_busy_forever)},
    {"reset-us", NUMBER, offsetof(struct chip_faults, reset_us)},
    {"never-ends-reset", BOOLEAN, offsetof(struct chip_faults, never_ends_reset)},
    {"silent", BOOLEAN, offsetof(struct chip_faults, silent)},
    {"stall-in", NUMBER, offsetof(struct chip_faults, stall_in)},
    {"stall-out", NUMBER, offsetof(struct chip_faults, stall_out)},
    {"error-frames", NUMBER, offsetof(struct chip_faults, error_frames)},
    {"error-bits", NUMBER, offsetof(struct chip_faults, error_bits)},
    {"hold-frames", NUMBER, offsetof(struct chip_faults, hold_frames)},
    {"zero-packets", NUMBER, offsetof(struct chip_faults, zero_packets)},
    {"bad-length", NUMBER, offsetof(struct chip_faults, bad_length)},
};
_Static_assert(sizeof(faults) / sizeof(faults[0]) <= CONTROL_FAULTS, "no room to count them");

bool control_parse_number(const char *text, uint32_t *number)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 0);
    *number = (uint32_t)value;
    return *text >= '0' && *text <= '9' && *end == 0 && errno == 0 && value <= UINT32_MAX;
}

static bool parse_switch(const char *text, const char *on, const char *off, bool *value)
{
    *value = strcmp(text, on) == 0;
    return *value || strcmp(text, off) == 0;
}

bool control_parse_mac(const char *text, uint8_t mac[6])
{
    static const char digits[] = "0123456789abcdefABCDEF";
    uint8_t bytes[6];
    if (strlen(text) != 17) {
        return false;
    }
    for (unsigned i = 0; i < 6; i++) {
        const char *at = text + 3 * i;
        if (strspn(at, digits) != 2 || at[2] != (i < 5 ? ':' : 0)) {
            return false;
        }
        bytes[i] = (uint8_t)strtoul(at, NULL, 16);
    }
    memcpy(mac, bytes, sizeof(bytes));
    return true;
}

static const struct fault *find_fault(const char *name)
{
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        if (strcmp(faults[i].name, name) == 0) {
            return &faults[i];
        }
    }
    return NULL;
}

static unsigned fault_left(const struct chip *chip, const struct fault *fault)
{
    const void *member = (const char *)&chip->faults + fault->offset;
    return fault->kind == NUMBER ? *(const unsigned *)member : *(const bool *)member;
}

static bool set_fault(struct control *self, const char *name, const char *value)
{
    struct chip *chip = self->redirect->chip;
    const struct fault *fault = find_fault(name);
    uint32_t number;
    if (!fault || !control_parse_number(value, &number)) {
        return false;
    }
    void *member = (char *)&chip->faults + fault->offset;
    self->planted[fault - faults] += number - fault_left(chip, fault);
    if (fault->kind == NUMBER) {
        *(unsigned *)member = number;
    } else {
        *(bool *)member = number != 0;
    }
    return true;
}

static void put_fault(const struct control *self, const char *name, char *text, size_t room)
{
    const struct fault *fault = find_fault(name);
    unsigned left = fault_left(self->redirect->chip, fault);
    snprintf(text, room, "ok %u %u", left, self->planted[fault - faults] - left);
}

static void put_statistics(const struct control *self, char *text, size_t room)
{
    const struct redirect *redirect = self->redirect;
    const struct chip_statistics *chip = &redirect->chip->statistics;
    snprintf(text, room,
             "ok frames_received=%u frames_sent=%u overruns=%u filtered=%u bursts=%u "
             "most_in_burst=%u resets=%u pauses=%u cable_lost=%u cable_waiting=%u pushed=%u "
             "answered=%u empty=%u unasked=%u cancelled=%u events=%u receiving=%d",
             chip->frames_received, chip->frames_sent, chip->overruns, chip->filtered, chip->bursts,
             chip->most_in_burst, chip->resets, chip->pauses, self->cable->lost,
             self->cable->waiting, redirect->statistics.pushed, redirect->statistics.answered,
             redirect->statistics.empty, redirect->statistics.unasked,
             redirect->statistics.cancelled, redirect->statistics.events,
             redirect->chip->type->is_receiving(redirect->chip));
}

void control_command(struct control *self, const char *line, char answer[CONTROL_LINE])
{
    char words[3][64] = {"", "", ""}, end;
    int count = sscanf(line, "%63s %63s %63s %c", words[0], words[1], words[2], &end);
    struct chip *chip = self->redirect->chip;
    const char *what = words[0];
    bool on;
    uint32_t number;
    snprintf(answer, CONTROL_LINE, "ok");
    if (count == 1 && strcmp(what, "statistics") == 0) {
        put_statistics(self, answer, CONTROL_LINE);
    } else if (count == 1 && strcmp(what, "plug-in-again") == 0) {
        if (!redirect_plug_in_again(self->redirect)) {
            snprintf(answer, CONTROL_LINE, "error QEMU has not said hello");
        }
    } else if (count == 2 && strcmp(what, "fault") == 0 && find_fault(words[1])) {
        put_fault(self, words[1], answer, CONTROL_LINE);
    } else if (count == 2 && strcmp(what, "link") == 0 &&
               parse_switch(words[1], "up", "down", &on)) {
        chip->type->plug(chip, on);
    } else if (count == 2 && strcmp(what, "partner-pauses") == 0 &&
               parse_switch(words[1], "on", "off", &on)) {
        chip->partner_pauses = on;
    } else if (count == 2 && strcmp(what, "negotiation-ms") == 0 &&
               control_parse_number(words[1], &number) && number <= 60000) {
        chip->negotiation_us = number * 1000;
    } else if (count == 2 && strcmp(what, "eeprom-mac") == 0 &&
               control_parse_mac(words[1], chip->eeprom_mac)) {
    } else if (count == 3 && strcmp(what, "rule") == 0 &&
               strcmp(words[1], "reception-left-on") == 0 &&
               parse_switch(words[2], "on", "off", &on)) {
        self->redirect->reception_rule = on;
    } else if (count != 3 || strcmp(what, "fault") != 0 || !set_fault(self, words[1], words[2])) {
        snprintf(answer, CONTROL_LINE, "error \"%.200s\" is no command", line);
    }
}

void control_tell(const struct control *self, const char *format, ...)
{
    char line[2 * CONTROL_LINE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof(line) - 1, format, arguments);
    va_end(arguments);
    if (length < 0) {
        return;
    }
    length = length < (int)sizeof(line) - 1 ? length : (int)sizeof(line) - 2;
    line[length++] = '\n';
    /* The test reads all the time; if it has gone, nobody is to be told. */
    send(self->socket, line, (size_t)length, MSG_NOSIGNAL);
}

bool control_serve(struct control *self)
{
    ssize_t got = recv(self->socket, self->line + self->length,
                       sizeof(self->line) - 1 - self->length, MSG_DONTWAIT);
    if (got < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    self->length += (size_t)got;
    self->line[self->length] = 0;
    char *newline;
    while ((newline = memchr(self->line, '\n', self->length)) != NULL) {
        char answer[CONTROL_LINE];
        *newline = 0;
        control_command(self, self->line, answer);
        control_tell(self, "%s", answer);
        self->length -= (size_t)(newline + 1 - self->line);
        memmove(self->line, newline + 1, self->length);
    }
    /* A line that does not fit will never end. */
    return got > 0 && self->length < sizeof(self->line) - 1;
}
