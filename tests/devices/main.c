/*
 * usb_chip: one of the board's Ethernet chips as a process, for QEMU's usb-redir.
 *
 *   usb_chip --chip lan9514|lan7515 --usb FD --cable TEXT [--control FD] [--mac XX:...]
 *            [--otp-only] [--negotiation-ms N] [--empty-in-us N] [--fault NAME=VALUE]...
 *
 * --usb: a connected socket to QEMU's -chardev socket. --cable: see cable.h. --control: a socket
 * for the lines of control.h; without it complaints go to standard error. --otp-only: a LAN7515 as
 * a 3B+ has it, without an EEPROM: --mac is then what its OTP holds.
 * One thread, one loop: nothing happens but in answer to QEMU, to the cable, to the test or to
 * time. After a complaint it says nothing more to QEMU but lives on until the control socket (or,
 * without one, QEMU's) is closed: a device that vanishes while a transfer is under way makes QEMU
 * abort. Then it exits with status 3: sanitizers have 1, wrong options 2.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cable.h"
#include "chip.h"
#include "control.h"
#include "redirect.h"

#define STATUS_COMPLAINED 3

/* So much the cable gives a chip ahead of what is read from it: less than either chip's FIFO
 * holds. On the board the other end sends at its own pace, and PAUSE or an overrun is the answer;
 * here the machine may stand still whenever the host has other work, and a frame lost by that
 * would make runs differ. With frames held back for a test the chip may have them all. */
#define FIFO_AHEAD_BYTES 10240

struct machine {
    struct chip *chip;
    struct cable *cable;
    struct redirect redirect;
    struct control control;
    bool complained;
};

static uint64_t now_us(void *owner)
{
    (void)owner;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void transmit(void *owner, const uint8_t *frame, unsigned length)
{
    struct machine *self = owner;
    self->cable->send(self->cable, frame, length);
}

static void complain(void *owner, const char *rule, const char *text)
{
    struct machine *self = owner;
    if (self->complained) {
        return; /* the first is the cause */
    }
    self->complained = self->redirect.deaf = true;
    if (self->control.socket >= 0) {
        control_tell(&self->control, "complaint %s %s", rule, text);
    } else {
        fprintf(stderr, "usb_chip: %s: %s\n", rule, text);
    }
}

static void give_frames(struct machine *self)
{
    struct redirect *redirect = &self->redirect;
    const struct cable_frame *frame;
    while (!redirect->deaf && (frame = cable_first(self->cable)) != NULL &&
           (redirect->fifo_bytes + frame->length <= FIFO_AHEAD_BYTES ||
            self->chip->faults.hold_frames) &&
           !self->chip->type->wants_silence(self->chip)) {
        self->chip->type->receive(self->chip, frame->bytes, frame->length);
        redirect->fifo_bytes += frame->length;
        cable_drop(self->cable);
    }
}

/* All that can be done without waiting. Returns for how many microseconds nothing more will be
 * to do unless something comes. */
static uint64_t serve(struct machine *self)
{
    uint64_t again_us;
    unsigned waiting;
    do {
        give_frames(self);
        again_us = redirect_serve(&self->redirect);
        waiting = self->cable->waiting;
        give_frames(self);
    } while (self->cable->waiting < waiting);
    redirect_write(&self->redirect);
    return again_us;
}

static void run(struct machine *self)
{
    static struct pollfd descriptors[2 + CABLE_DESCRIPTORS];
    for (;;) {
        uint64_t timeout_us = serve(self);
        struct pollfd *usb = &descriptors[0], *control = &descriptors[1];
        *usb = (struct pollfd){.fd = self->redirect.socket,
                               .events = POLLIN |
                                         (redirect_wants_to_write(&self->redirect) ? POLLOUT : 0)};
        *control = (struct pollfd){.fd = self->control.socket, .events = POLLIN};
        int count = self->cable->prepare(self->cable, descriptors + 2, &timeout_us);
        /* To the microsecond: poll()'s milliseconds would be the latency. */
        struct timespec timeout = {(time_t)(timeout_us / 1000000),
                                   (long)(timeout_us % 1000000) * 1000};
        if (ppoll(descriptors, 2 + (nfds_t)count, timeout_us == UINT64_MAX ? NULL : &timeout,
                  NULL) < 0) {
            continue; /* a signal */
        }
        if (control->revents && !control_serve(&self->control)) {
            return;
        }
        if (usb->revents && !redirect_read(&self->redirect) && self->control.socket < 0) {
            return;
        }
        self->cable->serve(self->cable, descriptors + 2, count);
    }
}

static int usage(void)
{
    fprintf(stderr, "usage: usb_chip --chip lan9514|lan7515 --usb FD --cable TEXT [--control FD]\n"
                    "    [--mac XX:XX:XX:XX:XX:XX] [--otp-only] [--negotiation-ms N]\n"
                    "    [--empty-in-us N] [--fault NAME=VALUE]...\n");
    return 2;
}

struct options {
    const char *chip, *cable;
    int usb;
    bool otp_only;
    char commands[16][CONTROL_LINE]; /* those that are commands of the control socket as well */
    unsigned count;
};

static bool parse_descriptor(const char *text, int *descriptor)
{
    uint32_t number;
    if (!control_parse_number(text, &number) || number > INT_MAX) {
        return false;
    }
    *descriptor = (int)number;
    return true;
}

static bool parse_options(struct machine *self, struct options *options, int count, char **words)
{
    static const struct option known[] = {
        {"chip", required_argument, NULL, 'c'},
        {"usb", required_argument, NULL, 'u'},
        {"cable", required_argument, NULL, 'w'},
        {"control", required_argument, NULL, 't'},
        {"mac", required_argument, NULL, 'm'},
        {"otp-only", no_argument, NULL, 'o'},
        {"negotiation-ms", required_argument, NULL, 'n'},
        {"empty-in-us", required_argument, NULL, 'e'},
        {"fault", required_argument, NULL, 'f'},
        {0},
    };
    int option;
    bool understood = true;
    while (understood && (option = getopt_long(count, words, "", known, NULL)) != -1) {
        char *command = options->commands[options->count];
        if (option == 'c') {
            options->chip = optarg;
        } else if (option == 'u') {
            understood = parse_descriptor(optarg, &options->usb);
        } else if (option == 'w') {
            options->cable = optarg;
        } else if (option == 't') {
            understood = parse_descriptor(optarg, &self->control.socket);
        } else if (option == 'e') {
            understood = control_parse_number(optarg, &self->redirect.empty_in_us);
        } else if (option == 'o') {
            options->otp_only = true;
        } else if (option == '?' || options->count + 1 == 16 || strlen(optarg) > 64) {
            return false;
        } else if (option == 'f') {
            snprintf(command, CONTROL_LINE, "fault %s", optarg);
            options->count++;
            if (strchr(command, '=')) {
                *strchr(command, '=') = ' ';
            }
        } else {
            snprintf(command, CONTROL_LINE, "%s %s",
                     option == 'm' ? "eeprom-mac" : "negotiation-ms", optarg);
            options->count++;
        }
    }
    if (!understood) {
        fprintf(stderr, "usb_chip: \"%s\" is no number\n", optarg);
    }
    return understood && optind == count && options->chip && options->cable && options->usb >= 0;
}

static bool set_up(struct machine *self, struct options *options)
{
    const struct chip_type *type = chip_find(options->chip);
    if (!type) {
        fprintf(stderr, "usb_chip: --chip: no chip \"%s\"\n", options->chip);
        return false;
    }
    if (options->otp_only && type != &chip_lan7515) {
        fprintf(stderr, "usb_chip: --otp-only: a %s has no OTP\n", options->chip);
        return false;
    }
    self->cable = cable_open(options->cable);
    self->chip = calloc(1, type->bytes);
    if (!self->cable || !self->chip) {
        return false;
    }
    chip_init(self->chip, type, &(struct chip_carrier){self, now_us, transmit, complain});
    self->control.redirect = &self->redirect;
    self->control.cable = self->cable;
    if (!redirect_open(&self->redirect, self->chip, options->usb)) {
        return false;
    }
    for (unsigned i = 0; i < options->count; i++) {
        char answer[CONTROL_LINE];
        control_command(&self->control, options->commands[i], answer);
        if (strncmp(answer, "ok", 2) != 0) {
            fprintf(stderr, "usb_chip: %s\n", answer);
            return false;
        }
    }
    self->chip->otp_only = options->otp_only;
    /* The options are how the chip was before it got its power. */
    type->power_on(self->chip);
    return true;
}

int main(int argc, char **argv)
{
    static struct machine machine = {
        .redirect = {.empty_in_us = 1000, .reception_rule = true, .socket = -1},
        .control = {.socket = -1},
    };
    static struct options options = {.usb = -1};
    signal(SIGPIPE, SIG_IGN);
    if (!parse_options(&machine, &options, argc, argv)) {
        return usage();
    }
    if (!set_up(&machine, &options)) {
        return 2;
    }
    run(&machine);
    return machine.complained ? STATUS_COMPLAINED : 0;
}
