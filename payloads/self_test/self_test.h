/*
 * self_test: what the files of this service share.
 *
 * The checks are a table in main.c; each is a function that says its verdict by verdict() and then
 * calls check_done(), at once or from a callback later. None goes on while another does.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SELFTEST_H
#define SELFTEST_H

#include <stdbool.h>
#include <stdint.h>

#include <service.h>

#include "self_test_report.h"

/* The registers of this machine that only this service uses. memory_map.h has the others. */
#define SYSTEM_TIMER_LOW (PERIPHERALS + 0x3004)
#define DMA_ENGINE       (PERIPHERALS + 0x7000)
#define RESET_STATUS     (POWER + 0x20)
#define USB_CORE_ID      (USB + 0x40)

#define USB_CORE_ID_BOARD 0x4f54280au
#define USB_CORE_ID_QEMU  0x4f54294au

/* What is known of the run. */
extern struct self_test {
    const struct service_info *info;
    uint64_t nonce;   /* the peer's: patterns are made of it */
    char corrupt[24]; /* the check that is to find a byte that was changed, "all"; "": none */
    uint32_t usb_core_id;
    bool is_qemu; /* by that id, which QEMU's model has and no board */
    enum { CACHES_UNKNOWN, CACHES_NONE, CACHES_SEEN } caches; /* that DMA passes; by dma-engine */
} self_test;

/* Puts the line of a check into report and log. */
void verdict(enum self_test_verdict verdict, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Passed, if it is good. If not: failed, but on QEMU, which cannot show it, not applicable. */
enum self_test_verdict pass_or_qemu(bool is_good);

/* The verdict of a check that found nothing wrong but can find something only where there are
 * caches; and what its line ends with. A board has them: not seen there is a failure. */
enum self_test_verdict judge_caches(void);
const char *caches_text(void);

/* The check that began last has ended: the next may begin. */
void check_done(void);

/* True if the one of that name is to change a byte of what it looks at. */
bool is_corrupted(const char *name);

/* ---- memory traffic (load.c) ------------------------------------------------------ */

/* Takes the area. Returns 0 or ERROR_NO_MEMORY. */
int load_start(void);

/* Dirties so many lines of an area, going on where it stopped; or all, which are more than the
 * caches hold: then what was dirty before has been written back. */
void load_lines(unsigned lines);
void load_all(void);

/* ---- the peer: `pilot selftest` (peer.c) ----------------------------------------- */

bool peer_is_there(void);

/* Sends a datagram to it. As service_udp_send. */
int peer_send(const void *bytes, size_t length);

/* Calls receive for what comes from it and is no command; null: nobody. */
void peer_receive(void (*receive)(const uint8_t *bytes, size_t length));

/* Opens the socket and looks for whoever pushed us. Then begin is called: with the part he wants,
 * or with 1 when it was not pilot selftest. When pilot does not answer for 10 s the service ends.
 * Returns 0 or ERROR_ABSENT. */
int peer_start(void (*begin)(unsigned part));

/* Tells it that the report can be fetched. */
void peer_tell_done(void);

/* ---- the checks ------------------------------------------------------------------ */

void check_timers(void);            /* clocks.c */
void check_cycle_counter(void);     /* clocks.c */
void check_clock_rates(void);       /* properties.c */
void check_temperature(void);       /* properties.c */
void check_mailbox_buffer(void);    /* properties.c */
void check_dma_engine(void);        /* dma_engine.c */
void check_sd_hosts(void);          /* sd_hosts.c */
void check_alignment_without(void); /* alignment.c */
void check_alignment_with(void);    /* alignment.c */
void check_host_clock(void);        /* host_clock.c */
void check_echo(void);              /* echo.c */
void check_ram_across_reset(void);  /* across_reset.c */
void check_reset_reason(void);      /* across_reset.c */

/* The first half of host-clock, before everything else. Calls check_done. */
void begin_host_clock(void);

/* Leaves what check_ram_across_reset looks for, and resets the machine. */
_Noreturn void reset_machine(void);

#endif
