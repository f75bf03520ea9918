/*
 * control: what a test tells a chip model, in lines of text, and what the model tells the test.
 *
 *   link up|down                 plugs or pulls the cable
 *   fault NAME VALUE             a member of struct chip_faults, with - for _
 *   fault NAME                   answered by: ok LEFT MET: how often one that counts down is still
 *                                to come, and how often it has come since the start
 *   statistics                   answered by: ok NAME=NUMBER ...
 *   rule reception-left-on on|off
 *   plug-in-again                the USB's port sees the device go and come; the chip stays as is
 *   partner-pauses on|off        the other end of the cable advertises PAUSE
 *   negotiation-ms NUMBER        from plugged to link up
 *   eeprom-mac XX:XX:XX:XX:XX:XX
 * Each is answered by one line: `ok`, or `error` and why. A rule that was broken comes unasked:
 *   complaint RULE TEXT
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CONTROL_H
#define CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include "cable.h"
#include "redirect.h"

#define CONTROL_LINE   512
#define CONTROL_FAULTS 16

struct control {
    int socket;
    struct redirect *redirect;
    const struct cable *cable;
    uint32_t planted[CONTROL_FAULTS]; /* of each fault, since the start */
    size_t length;
    char line[CONTROL_LINE];
};

/* Takes what has come, answers it. Returns false once the other end has closed. */
bool control_serve(struct control *self);

/* Writes a line; a newline is added. */
void control_tell(const struct control *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One command without its newline; the answer, without one either, goes to answer. */
void control_command(struct control *self, const char *line, char answer[CONTROL_LINE]);

/* "02:00:5e:10:00:01" to six bytes. Returns false, and writes nothing, if it is not like that. */
bool control_parse_mac(const char *text, uint8_t mac[6]);

/* "20" or "0x14" to a number. Returns false if it is not like that. */
bool control_parse_number(const char *text, uint32_t *number);

#endif
