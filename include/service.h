/*
 * service: everything a service may call. This header and the C library are all a
 * service sees; docs/service-api.md walks through one from the empty file on.
 *
 * A service is one C program:
 *
 *     #include <service.h>
 *     SERVICE("hello", "1.0.0");
 *     int service_main(const struct service_info *info)
 *     {
 *         service_log("hello, %s", info->model);
 *         return 0;
 *     }
 *
 * service_main sets things up - sockets, timers - and returns. 0: the event loop runs
 * and calls the callbacks, as long as a socket is open or a timer runs; when none is, at
 * once or later, the service is done (as service_exit(0)). Other values: as
 * service_exit(value).
 *
 * What is there when service_main is called: the log, the heap, the clock, random
 * numbers, C's (and C++'s) constructors have run, and the network has its address - or
 * 10 s have passed without one, or there is no Ethernet device: see service_info.
 *
 * Errors: functions that return int give 0 or a count, or one of the ERROR_ codes
 * listed at the function; no others. Passing a pointer this API did not give you, or
 * one it has taken back, is a bug and stops the service with a report.
 * Context: call from service_main and from callbacks it registered (from constructors
 * only service_log, service_clock_us and service_random). There is one thread; no
 * callback interrupts another. Nothing here waits unless it says so, and a callback
 * should return within a few hundred microseconds: nothing is received meanwhile.
 * Time: microseconds of one monotonic clock, as uint64_t.
 * libc: picolibc. printf, puts and the like write to the log, line by line, as
 * service_log does; there are no files and no input. malloc takes from the largest piece
 * of RAM that nobody uses and returns null when it is exhausted (logged once). exit, abort
 * and a failed assert() end the service, the latter two with a report. Integer formats
 * only, unless the service's line in the Makefile asks for floating point (PRINTF_name).
 * The stack has SERVICE_STACK_BYTES; overflowing it or writing through a null or stray
 * pointer stops the service with a report and a backtrace.
 * Compatibility: SERVICE_VERSION rises when a documented promise changes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "image_note.h"

#define SERVICE_VERSION 1

/* ---- the image's note -------------------------------------------------------- */

#define SERVICE_STACK_BYTES 65536 /* the stack every service has; a guard page below it */

/*
 * States name and version of the service, once, at file level. name: [a-z0-9-], up to
 * 31 characters; version: up to 15 printable ones. Further arguments set fields of
 * struct image_note, for example SERVICE("cache", "0.3", .heap_bytes = 8 << 20).
 */
#define SERVICE(service_name, service_version, ...)                                                \
    __attribute__((section(".note.pilotlight"), used, aligned(8)))                                 \
    const struct service_note service_note = {.name_bytes = sizeof IMAGE_NOTE_NAME,                \
                                              .descriptor_bytes = sizeof(struct image_note),       \
                                              .type = IMAGE_NOTE_TYPE,                             \
                                              .owner = IMAGE_NOTE_NAME,                            \
                                              .note = {.abi = IMAGE_NOTE_ABI,                      \
                                                       .stack_bytes = SERVICE_STACK_BYTES,         \
                                                       .name = service_name,                       \
                                                       .version = service_version,                 \
                                                       ##__VA_ARGS__}}

/* An ELF note as it stands in the file: header, owner padded to a multiple of 4, note. */
struct service_note {
    uint32_t name_bytes;
    uint32_t descriptor_bytes;
    uint32_t type;
    char owner[12];
    struct image_note note;
};

/* ---- start and end ----------------------------------------------------------- */

struct service_address {
    uint8_t ip[4]; /* network order: 192.0.2.7 is {192, 0, 2, 7} */
    uint16_t port; /* CPU order */
};

/* What the service was started with. Valid for the life of the service. */
struct service_info {
    /* As in C: argv[0] is the service's name, argv[argc] is null; argc is 1 when there are
     * no arguments, 33 at most. They come from `pilot run NAME -- ...`, from pilot.conf, or
     * from the words behind "--" in the device tree's bootargs. */
    int argc;
    const char *const *argv;

    const char *name;
    const char *version;
    const char *location; /* where it was loaded from; "" without a loader */
    const char *model;    /* "Raspberry Pi 3 Model B" */
    const char *serial;   /* 16 hexadecimal digits */
    uint8_t mac[6];
    struct service_address address; /* ours, port 0, as it was at the start; 0.0.0.0
                                       without network or while DHCP has none yet */
    struct service_address gateway; /* 0.0.0.0: none */
    uint32_t boot_id;               /* random, new at every start; 0 without a loader */
    uint32_t reset_reason;          /* enum power_reset_reason: 0 unknown, 1 power-on,
                                       2 watchdog or software */
    char slot;                      /* 'A', 'B', or 0 */
    bool guarded;                   /* a loader stands guard at EL2 */
    uint32_t loader_version;        /* major << 16 | minor << 8 | patch; 0 without */
    size_t heap_bytes;              /* memory malloc can give in all */
    uint8_t image_digest[32];       /* SHA-256 of the file; zeros without a loader */
};

/* The service's entry: written by the service, called once by the kernel. Returns as
 * said at the top of this page. */
int service_main(const struct service_info *info);

/*
 * Ends the service: logs the status, stops the devices, and hands the machine back.
 * With a loader: for 0 it does what pilot.conf's `exit` says (stay and wait for a push,
 * unless told otherwise), for any other status as after a crash, without a core file.
 * Without one the log is written out first (2 s at most); then power off for 0, reset for
 * any other status. Does not return.
 */
_Noreturn void service_exit(int status);

/* Hands the machine back to boot as after power-on; devices, address and link are kept.
 * Without a loader it resets the machine. Does not return. */
_Noreturn void service_reboot(void);

/* Resets the whole machine, loader or not: it starts as after power-on, and what was kept in RAM
 * may be gone. First the log is written out (2 s at most) and the devices come to rest (10 ms as a
 * rule, 0.3 s at most; one that does not is logged, 2 s more at most, and the machine reset all
 * the same). To the loader it is no failure of the service: it is not told, and one that had not
 * confirmed itself fares as after a power cut. Does not return. */
_Noreturn void service_reset(void);

/* Hands the machine back to start another service: file is what the loader's boot sources are
 * to look for ("echo.elf"), up to 127 characters; a card's slots, asked first, for the service of
 * that name without its ".elf". When none of them has it, the loader goes on
 * as after power-on. Returns only if it cannot be: ERROR_UNSUPPORTED (no loader stands guard),
 * ERROR_INVALID (the name). */
int service_start_next(const char *file);

/*
 * Says that this service works, for good: the loader falls back on it when a later one fails.
 * Nobody need call it: unless SERVICE(..., .confirm_s = n) says that the service does so
 * itself within n seconds, the kernel does it when the event loop has run for
 * SERVICE_CONFIRM_AFTER_US and, where the network worked for those before it (the image was
 * pushed, or the loader had an address), there has been an address and a frame was received:
 * what nobody can reach, no push can replace. A pushed service that does not confirm in time
 * is replaced by the one before. A service that was started from the card is confirmed there,
 * durably: the card takes some milliseconds. Returns 0 (also when it was done before, and
 * without a loader); ERROR_TOO_LARGE (confirmed, but too large to be kept to fall back on); or
 * ERROR_IO, ERROR_TIMEOUT, ERROR_ABSENT, ERROR_REFUSED: confirmed until power-off only, since
 * the card could not be told; the kernel tries again every minute.
 */
int service_confirm(void);

#define SERVICE_CONFIRM_AFTER_US 2000000

/*
 * Sets how long the event loop may be kept waiting by one callback, or by service_main,
 * before the loader takes the service for hung, records it and starts it again: timeout_ms, from
 * now on, 1 ... 3,600,000; 0: for ever. At the start it is what pilot.conf's `watchdog_ms` says
 * (3 s). Returns 0 (also without a loader: nothing is watched then) or ERROR_INVALID.
 */
int service_watchdog(uint32_t timeout_ms);

/* ---- log --------------------------------------------------------------------- */

/* Writes one line to the log: time, the service's name, the text (cut at about 200
 * characters). The line feed is added. printf formats. Bytes outside printable ASCII
 * become '.', so text from a packet may be logged as it is. Never waits: the serial line
 * takes its time in the background, and when 16 KB wait for it the oldest are lost. */
void service_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- time -------------------------------------------------------------------- */

/* Microseconds since the machine started (with the loader's share). Never goes back. */
uint64_t service_clock_us(void);

/* A timer: owned by the caller, zeroed before first use (a static one is), and not moved
 * or freed while it runs. The fields are the kernel's. Any number may run. Callbacks come
 * from the event loop, in order of their deadlines, never early, and late by as much as
 * other callbacks take. */
struct service_timer {
    struct service_timer *next;
    uint64_t deadline_us;
    uint64_t period_us;
    void (*callback)(void *context);
    void *context;
    bool running;
};

/* Calls callback(context) once, delay_us from now (0: in the next round of the event
 * loop). A running timer is set anew. In its callback a timer does not run any more: it
 * may be set again or freed. */
void service_timer_once(struct service_timer *timer, uint64_t delay_us,
                        void (*callback)(void *context), void *context);

/* Calls callback(context) every period_us, first one period from now. The beat does
 * not drift; beats missed because a callback took long are skipped, not made up for.
 * A running timer is set anew. Returns 0, or ERROR_INVALID (period_us below 100) and the
 * timer is as it was. */
int service_timer_every(struct service_timer *timer, uint64_t period_us,
                        void (*callback)(void *context), void *context);

/* Stops the timer; allowed from its own callback (a periodic timer runs there), from
 * another's, and when it does not run. Its callback is not called any more. */
void service_timer_stop(struct service_timer *timer);

/* ---- random ------------------------------------------------------------------ */

/* Fills buffer with length random bytes. Never waits: they come from a state that the hardware
 * generator has seeded (service_statistics.random_is_strong) and goes on feeding as fast as it
 * delivers. Good for identifiers and for spreading load, not for cryptographic keys. */
void service_random(void *buffer, size_t length);

/* ---- UDP --------------------------------------------------------------------- */

#define SERVICE_UDP_MAX 1472 /* bytes in one datagram: no fragments, in or out */

struct service_udp; /* a socket */

/*
 * A datagram arrived for the socket. bytes: valid during the call only, any
 * alignment; length 0 ... SERVICE_UDP_MAX. from: the sender. The checksum was right.
 */
typedef void service_udp_receive(struct service_udp *socket, void *context,
                                 const struct service_address *from, const uint8_t *bytes,
                                 size_t length);

/*
 * Opens a socket on port (0: one the kernel picks at random from 49152-65535). receive
 * is called with context for each datagram to our own address and this port; broadcasts
 * are not received. Returns the socket, the kernel's until service_udp_close, or null:
 * port taken (68 is DHCP's, 69 that of pushes), all 16 sockets in use, or no Ethernet
 * device; the reason is logged.
 */
struct service_udp *service_udp_open(uint16_t port, service_udp_receive *receive, void *context);

/* The port the socket is bound to. */
uint16_t service_udp_port(const struct service_udp *socket);

/*
 * Sends length bytes to an address. The bytes are copied before the call returns.
 * An address whose MAC is not known yet is resolved first; until then one datagram to it
 * is kept. Returns 0, ERROR_TOO_LARGE (over SERVICE_UDP_MAX),
 * ERROR_BUSY (send queue full: try again from a timer), ERROR_ABSENT (no address yet,
 * cable out, the Ethernet device gone until the kernel has started it again, or no route),
 * ERROR_NO_MEMORY. 0 does not say that it arrives.
 */
int service_udp_send(struct service_udp *socket, const struct service_address *to,
                     const void *bytes, size_t length);

/* Closes the socket. Allowed from its own callback, after which it is not called. */
void service_udp_close(struct service_udp *socket);

/* ---- files over the network -------------------------------------------------- */

#define SERVICE_PUBLISHED_MAX 4 /* files at a time */

/*
 * Lets everybody read length bytes as the file name from the board's TFTP server (port 69, as
 * log and status are read: `curl tftp://BOARD/report`). name: [a-z0-9-], 1 ... 31 characters,
 * and none of the kernel's own: log, status, core, slots, select, live. bytes stay the caller's
 * and must not change or be freed while they are published; they are read when a client asks.
 * The same name again replaces the file, null for bytes withdraws it; a client that is in the
 * middle of reading it then is told that it has changed, and reads no byte of either any more.
 * Returns 0 (also when there was nothing to withdraw, and without a network: nobody asks then),
 * ERROR_INVALID (name) or ERROR_NO_MEMORY (SERVICE_PUBLISHED_MAX others are published).
 */
int service_publish(const char *name, const void *bytes, size_t length);

/* ---- statistics -------------------------------------------------------------- */

struct service_statistics {
    uint64_t uptime_us;                    /* since this service's first instruction */
    uint64_t idle_us;                      /* of it, asleep */
    uint64_t wakeups;                      /* times it woke from that sleep */
    uint32_t frames_received, frames_sent; /* Ethernet */
    uint32_t receive_errors, send_errors;  /* of its device */
    uint32_t udp_received, udp_sent;
    uint32_t udp_dropped;                 /* no socket, queue full */
    uint32_t checksum_errors;             /* of IP headers and UDP datagrams received */
    size_t heap_bytes;                    /* what malloc can take in all */
    size_t heap_used_bytes;               /* what it has given out, with its own overhead */
    size_t heap_peak_bytes;               /* the most it ever held */
    size_t stack_bytes, stack_peak_bytes; /* of the stack, ever used */
    uint32_t memory_checks;               /* times code and constants were found whole; about
                                       one a minute when idle */
    bool random_is_strong;
};

/* Fills in *statistics with the state of this moment. Counts wrap round. Looks through
 * the heap's free list and the stack: not for every packet. */
void service_statistics(struct service_statistics *statistics);

#endif
