/*
 * pilot run: a service in QEMU's raspi3b, started the way the board starts it.
 *
 * The serial log passes through on its way to the terminal; a few lines in it are
 * understood: see read_line.
 * A service that ends with 0 powers the machine off (pilot.exit=off), and QEMU ends. Any
 * other status, a crash or a hang would have the loader start it again, as on the board;
 * here it ends the run and becomes our exit status, unless --stay or --watch is given. What was
 * pushed is not what we were asked to run: whatever becomes of it, the loader goes back to that.
 * A card image of the user's (--card) is a board's: what its pilot.conf says holds, and it goes on.
 * --watch is a `pilot watch` of our own, told where the machine is.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pilot.h"
#include "pilot_board.h"
#include "pilot_machine.h"

/* What a shell gives a program that called abort. */
#define STATUS_OF_A_FAULT 134

/* Of the services that come with Pilotlight; these ports are always forwarded. */
enum { ECHO_PORT = 7, DNS_PORT = 53 };

struct run {
    struct pilot_machine machine;
    const char *service; /* as the user named it */
    char path[PATH_MAX]; /* its file */
    char line[512];      /* of the log, as far as it has come */
    size_t line_length;
    char starting[32]; /* name of the service, from the loader's line */
    bool was_pushed;   /* what was started last */
    char shown[32];    /* the one whose ports the user was told */
    bool stays;        /* whatever becomes of the service */
    bool watches;      /* its sources; stays, too */
    bool names_card_host;
    pid_t watcher;
    int watcher_output; /* -1: none */
    bool has_ended;     /* the service; with exit_status */
    int exit_status;
};

static struct run run;

/* The forward of a port of the service, or null. */
static struct pilot_forward *find_forward(unsigned port)
{
    for (unsigned i = 0; i < run.machine.forward_count; i++) {
        if (run.machine.forwards[i].port == port)
            return &run.machine.forwards[i];
    }
    return NULL;
}

static void add_forward(unsigned port, bool is_shown)
{
    struct pilot_forward *known = find_forward(port);

    if (known) {
        known->is_shown = is_shown;
        return;
    }
    if (run.machine.forward_count == PILOT_MACHINE_FORWARDS_MAX)
        fail("--port: at most %d ports can be forwarded", PILOT_MACHINE_FORWARDS_MAX);
    run.machine.forwards[run.machine.forward_count++] =
        (struct pilot_forward){.port = (uint16_t)port, .is_shown = is_shown};
}

static void parse_ports(const char *list)
{
    const char *at = list;

    for (;;) {
        char *end;
        unsigned long port = *at >= '0' && *at <= '9' ? strtoul(at, &end, 10) : 0;

        if (port == 0 || port > UINT16_MAX || (*end != ',' && *end != '\0'))
            fail("--port wants UDP ports from 1 to 65535, as in 1234 or 1234,1235, not %s", list);
        add_forward((unsigned)port, true);
        if (*end == '\0')
            return;
        at = end + 1;
    }
}

static void check_options(void)
{
    if (run.machine.card && run.service)
        fail("--card starts what is installed on the card, so %s cannot be named beside it (pilot "
             "select chooses, pilot deploy --persist installs)",
             run.service);
    if (run.machine.card && (run.machine.from_card || run.watches))
        fail("--card goes neither with --sd nor with --watch");
    if (!run.service && !run.machine.card)
        fail("run wants the name of a service or a file: pilot run dns");
    if (run.names_card_host && !run.machine.card)
        run.machine.from_card = true;
}

static void parse_options(int argc, char **argv)
{
    int i;

    for (i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *option = argv[i];

        if (strcmp(option, "--sd") == 0) {
            run.machine.from_card = true;
        } else if (strcmp(option, "--card") == 0) {
            if (i + 1 == argc || argv[i + 1][0] == '-')
                fail("--card wants a card image: pilot run --card card.img");
            run.machine.card = argv[++i];
            run.stays = true;
        } else if (strcmp(option, "--sd-host") == 0) {
            const char *host = i + 1 < argc ? argv[++i] : "nothing";

            if (strcmp(host, "emmc") != 0 && strcmp(host, "sdhost") != 0)
                fail("--sd-host wants emmc or sdhost, not %s", host);
            run.names_card_host = true;
            run.machine.card_on_sdhost = strcmp(host, "sdhost") == 0;
        } else if (strcmp(option, "--port1") == 0) {
            run.machine.behind_hub = false;
        } else if (strcmp(option, "--hub") == 0) {
            run.machine.behind_hub = true;
        } else if (strcmp(option, "--port") == 0 || strcmp(option, "-p") == 0) {
            parse_ports(i + 1 < argc ? argv[++i] : "nothing");
        } else if (strcmp(option, "--stay") == 0) {
            run.stays = true;
        } else if (strcmp(option, "--watch") == 0) {
            run.watches = run.stays = true;
        } else if (strcmp(option, "-v") == 0) {
            pilot_verbose = true;
        } else if (option[0] == '-') {
            fail("run has no option %s; pilot help lists them", option);
        } else if (run.service) {
            fail("run takes one service, not %s and %s (arguments to it stand behind --)",
                 run.service, option);
        } else {
            run.service = option;
        }
    }
    check_options();
    if (i < argc) {
        run.machine.arguments = argv + i + 1;
        run.machine.argument_count = argc - i - 1;
    }
}

/* Says how to reach a service that has just become ready: what is known to be open there,
 * and what was asked for. */
static void show_how_to_reach(const char *name)
{
    bool is_dns = strcmp(name, "dns") == 0;
    bool is_echo = strcmp(name, "echo") == 0;

    if (strcmp(run.shown, name) == 0)
        return; /* it was started again, or deployed */
    snprintf(run.shown, sizeof run.shown, "%s", name);
    if (is_dns)
        printf("\npilot: dns answers; try\n\n    dig @127.0.0.1 -p %u host0042.example\n\n",
               find_forward(DNS_PORT)->here);
    for (unsigned i = 0; i < run.machine.forward_count; i++) {
        const struct pilot_forward *forward = &run.machine.forwards[i];

        if (forward->is_shown || (is_echo && forward->port == ECHO_PORT))
            printf("pilot: forwarded: 127.0.0.1:%u to UDP port %u of %s\n", forward->here,
                   forward->port, name);
    }
}

/* Notes how the service ended, unless the machine is to go on. */
static void note_end(int status)
{
    if (run.stays || run.has_ended || run.was_pushed)
        return;
    run.has_ended = true;
    run.exit_status = status;
}

/* A line of the log: "[   0.123456] NAME: text". The kernel's account of the boot is its
 * first line after the service has set itself up. */
static void read_line(const char *line)
{
    int status, total_ms;
    const char *total, *guard = strstr(line, "] guard: ");

    if (sscanf(line, "[%*[ 0-9.]] loader: starting %31s", run.starting) == 1) {
        run.was_pushed = strstr(line, " from push:") != NULL;
        return;
    }
    if (sscanf(line, "[%*[ 0-9.]] kernel: the service ended with status %d:", &status) == 1)
        note_end(status);
    if ((guard && (strstr(guard, " crashed: ") || strstr(guard, " hung: "))) ||
        strstr(line, "] fault: the machine resets now"))
        note_end(STATUS_OF_A_FAULT);
    total = strstr(line, "] boot: ") ? strstr(line, ", in all ") : NULL;
    if (total && sscanf(total, ", in all %d ms", &total_ms) == 1)
        show_how_to_reach(run.starting);
}

/* Passes serial output on, and reads it by lines. Returns false at its end. */
static bool pass_serial_on(void)
{
    char bytes[4096];
    ssize_t length = read(run.machine.serial, bytes, sizeof bytes);

    if (length <= 0)
        return length < 0 && errno == EINTR;
    fwrite(bytes, 1, (size_t)length, stdout);
    for (ssize_t i = 0; i < length; i++) {
        if (bytes[i] == '\r')
            continue;
        if (bytes[i] != '\n') {
            if (run.line_length < sizeof run.line - 1)
                run.line[run.line_length++] = bytes[i];
            continue;
        }
        run.line[run.line_length] = '\0';
        run.line_length = 0;
        read_line(run.line);
    }
    if (fflush(stdout) != 0)
        fail("cannot write the log: %s", strerror(errno));
    return true;
}

/* Starts `pilot watch` for the machine. */
static void start_watcher(void)
{
    struct pilot_command command = {0};

    pilot_command_add(&command, "/proc/self/exe");
    pilot_command_add(&command, "watch");
    pilot_command_add(&command, "%s", run.service);
    pilot_command_add(&command, "127.0.0.1:%u", find_forward(PILOT_BOARD_PORT)->here);
    run.watcher = pilot_process_start(&command, "pilotlight", &run.watcher_output);
}

/* Passes on what it says. It ends only when it cannot watch; its reason is on the
 * standard error. */
static void pass_watcher_on(void)
{
    char bytes[4096];
    ssize_t length = read(run.watcher_output, bytes, sizeof bytes);

    if (length == 0 || (length < 0 && errno != EINTR))
        fail("watching the sources of %s has ended", run.service);
    if (length > 0)
        fwrite(bytes, 1, (size_t)length, stdout);
    if (fflush(stdout) != 0)
        fail("cannot write the log: %s", strerror(errno));
}

/* Runs until QEMU ends, the service says it failed, or a signal asks us to stop. */
static int attend(int signals)
{
    struct pollfd sources[3] = {{.fd = run.machine.serial, .events = POLLIN},
                                {.fd = signals, .events = POLLIN},
                                {.fd = run.watcher_output, .events = POLLIN}};
    int status;

    for (;;) {
        if (poll(sources, 3, -1) < 0 && errno != EINTR)
            fail("cannot wait for QEMU: %s", strerror(errno));
        if (sources[1].revents & POLLIN) {
            struct signalfd_siginfo signal;

            if (read(signals, &signal, sizeof signal) != sizeof signal)
                fail("cannot read a signal: %s", strerror(errno));
            return 128 + (int)signal.ssi_signo;
        }
        if (sources[0].revents && !pass_serial_on())
            break;
        if (sources[2].revents)
            pass_watcher_on();
        /* A shell sees 8 bits: an error must not become a success there. */
        if (run.has_ended && run.exit_status != 0)
            return (run.exit_status & 255) != 0 ? run.exit_status & 255 : 1;
    }
    while (waitpid(run.machine.qemu, &status, 0) < 0) {
        if (errno != EINTR)
            fail("lost sight of QEMU: %s", strerror(errno));
    }
    run.machine.qemu = 0;
    if (WIFSIGNALED(status))
        fail("QEMU ended by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

int pilot_run(int argc, char **argv)
{
    sigset_t ends;
    int signals;

    add_forward(ECHO_PORT, false);
    add_forward(DNS_PORT, false);
    add_forward(PILOT_BOARD_PORT, false);
    run.watcher_output = -1;
    parse_options(argc, argv);
    if (run.service) {
        pilot_service_path(run.service, run.path);
        run.machine.elf = run.path;
    }

    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);
    signals = signalfd(-1, &ends, SFD_CLOEXEC);
    if (signals < 0)
        fail("cannot receive signals: %s", strerror(errno));
    pilot_machine_start(&run.machine);
    pilot_board_announce(run.service ? run.service : run.machine.card,
                         find_forward(PILOT_BOARD_PORT)->here);
    if (run.watches)
        start_watcher();
    return attend(signals);
}
