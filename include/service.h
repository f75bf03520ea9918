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
 * service_main sets things up - sockets, timers - and returns. 0 and at least one
 * socket or timer open: the event loop runs, and calls the callbacks. 0 and nothing
 * open: the service is done (as service_exit(0)). Other values: as service_exit(value).
 *
 * Errors: functions that return int give 0 or a count, or one of the ERROR_ codes
 * listed at the function; no others. Passing a pointer this API did not give you, or
 * one it has taken back, is a bug and stops the service with a report.
 * Context: call from service_main and from callbacks it registered. There is one
 * thread; no callback interrupts another. Nothing here waits unless it says so, and a
 * callback should return within a few hundred microseconds: nothing is received
 * meanwhile.
 * Time: microseconds of one monotonic clock, as uint64_t.
 * libc: picolibc; printf and its family write to the log, malloc takes from all memory
 * the loader left free. Integer formats only, unless the service's line in the
 * Makefile asks for floating point.
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

#define SERVICE_STACK_BYTES 65536   /* the stack every service has; a guard page below it */

/*
 * States name and version of the service, once, at file level. name: [a-z0-9-], up to
 * 31 characters; version: up to 15 printable ones. Further arguments set fields of
 * struct image_note, for example SERVICE("cache", "0.3", .heap_bytes = 8 << 20).
 */
#define SERVICE(service_name, service_version, ...)                                          \
    __attribute__((section(".note.pilotlight"), used,                                        \
                   aligned(8))) const struct service_note service_note = {                   \
        .name_bytes = sizeof IMAGE_NOTE_NAME,                                                \
        .descriptor_bytes = sizeof(struct image_note),                                       \
        .type = IMAGE_NOTE_TYPE,                                                             \
        .owner = IMAGE_NOTE_NAME,                                                            \
        .note = {.abi = IMAGE_NOTE_ABI,                                                      \
                 .stack_bytes = SERVICE_STACK_BYTES,                                         \
                 .name = service_name,                                                       \
                 .version = service_version,                                                 \
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
    uint8_t ip[4];      /* network order: 192.0.2.7 is {192, 0, 2, 7} */
    uint16_t port;      /* CPU order */
};

/* What the service was started with. Valid for the life of the service. */
struct service_info {
    int argc;                       /* arguments after the service's own name */
    const char *const *argv;        /* argv[0] is the service's name; argv[argc] ends it:
                                       argc counts argv[0] */
    const char *name;
    const char *version;
    const char *location;           /* where it was loaded from; "" without a loader */
    const char *model;              /* "Raspberry Pi 3 Model B" */
    const char *serial;             /* 16 hexadecimal digits */
    uint8_t mac[6];
    struct service_address address; /* our address; port 0; 0.0.0.0 without network */
    struct service_address gateway;
    uint32_t boot_id;               /* random, new at every start; 0 without a loader */
    uint32_t reset_reason;          /* enum power_reset_reason: 0 unknown, 1 power-on,
                                       2 watchdog or software */
    char slot;                      /* 'A', 'B', or 0 */
    bool guarded;                   /* a loader stands guard at EL2 */
    uint32_t loader_version;        /* major << 16 | minor << 8 | patch; 0 without */
    size_t heap_bytes;              /* memory malloc can give in all */
    uint8_t image_digest[32];       /* SHA-256 of the file; zeros without a loader */
};

/* The service's entry: written by the service, called once by the kernel. */
int service_main(const struct service_info *info);

/* Ends the service: logs the status, stops the devices, and hands the machine back
 * (today: power off for 0, reset for any other status). Does not return. */
_Noreturn void service_exit(int status);

/* Resets the machine, after the log has been written out. Does not return. */
_Noreturn void service_reboot(void);

/* ---- log --------------------------------------------------------------------- */

/* Writes one line to the log: time, the service's name, the text (cut at 200
 * characters). A line feed at the end is added. printf formats. Never waits. */
void service_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- time -------------------------------------------------------------------- */

/* Microseconds since the machine started. */
uint64_t service_clock_us(void);

/* A timer: owned by the caller, zeroed before first use, and not moved or freed while
 * it runs. The fields are the kernel's. */
struct service_timer {
    struct service_timer *next;
    uint64_t deadline_us;
    uint64_t period_us;
    void (*callback)(void *context);
    void *context;
    bool running;
};

/* Calls callback(context) once, delay_us from now (0: in the next round of the event
 * loop). A running timer is set anew. */
void service_timer_once(struct service_timer *timer, uint64_t delay_us,
                        void (*callback)(void *context), void *context);

/* Calls callback(context) every period_us, first one period from now. The beat does
 * not drift; beats missed because a callback took long are skipped, not made up for.
 * Returns 0 or ERROR_INVALID (period_us below 100). */
int service_timer_every(struct service_timer *timer, uint64_t period_us,
                        void (*callback)(void *context), void *context);

/* Stops the timer; allowed from its own callback and when it does not run. */
void service_timer_stop(struct service_timer *timer);

/* ---- random ------------------------------------------------------------------ */

/* Fills buffer with length random bytes, good enough for keys when the hardware
 * generator works (statistics say so). */
void service_random(void *buffer, size_t length);

/* ---- UDP --------------------------------------------------------------------- */

#define SERVICE_UDP_MAX 1472    /* bytes in one datagram: no fragments, in or out */

struct service_udp;             /* a socket */

/*
 * A datagram arrived for the socket. bytes: valid during the call only, any
 * alignment; length 0 ... SERVICE_UDP_MAX. from: the sender. The checksum was right.
 */
typedef void service_udp_receive(struct service_udp *socket, void *context,
                                 const struct service_address *from, const uint8_t *bytes,
                                 size_t length);

/*
 * Opens a socket on port (0: one the kernel picks at random from 49152-65535).
 * Returns the socket, or null: port taken, or all 16 sockets in use; the reason is logged.
 */
struct service_udp *service_udp_open(uint16_t port, service_udp_receive *receive, void *context);

/* The port the socket is bound to. */
uint16_t service_udp_port(const struct service_udp *socket);

/*
 * Sends length bytes to an address. The bytes are copied before the call returns.
 * An address whose MAC is not known yet is resolved first; up to that the newest
 * datagram to it is kept. Returns 0, ERROR_TOO_LARGE (over SERVICE_UDP_MAX),
 * ERROR_BUSY (send queue full: try again from a timer), ERROR_ABSENT (no network or no
 * route), ERROR_NO_MEMORY.
 */
int service_udp_send(struct service_udp *socket, const struct service_address *to,
                     const void *bytes, size_t length);

/* Closes the socket. Allowed from its own callback, after which it is not called. */
void service_udp_close(struct service_udp *socket);

/* ---- statistics -------------------------------------------------------------- */

struct service_statistics {
    uint64_t uptime_us;             /* since this service's first instruction */
    uint64_t idle_us;               /* of it, asleep */
    uint64_t wakeups;
    uint32_t frames_received, frames_sent;
    uint32_t receive_errors, send_errors;
    uint32_t udp_received, udp_sent;
    uint32_t udp_dropped;           /* bad checksum, no socket, queue full */
    size_t heap_bytes, heap_used_bytes, heap_peak_bytes;
    size_t stack_bytes, stack_peak_bytes;
    uint32_t memory_checks;         /* times the read-only area was found whole */
    bool random_is_strong;
};

/* Fills in *statistics with the state of this moment. */
void service_statistics(struct service_statistics *statistics);

#endif
