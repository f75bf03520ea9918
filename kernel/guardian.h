/*
 * guardian: the loader that stands guard over this service, as far as the kernel deals with it:
 * the log it keeps, the watchdog it holds, the word that the service works.
 *
 * Without a guard - firmware, U-Boot or QEMU started the service - every function here does
 * nothing, and none of them makes a guard call: nobody would answer.
 * The watchdog is fed from the event loop, not from a timer interrupt: what it proves is that
 * the loop goes round.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef GUARDIAN_H
#define GUARDIAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guard_call.h"

struct boot_record;
struct net_files_kept;

/* While a service starts - USB alone may take 3 s - it has this long, if it has a watchdog. */
#define GUARDIAN_START_MS 15000

/*
 * Finds out whether a guard is there (record says so, and it speaks our version of the calls), and
 * if so: puts the part of its log that no console has yet in front of ours, tells it where the
 * heap is, widens its watchdog for the start.
 * Before the first line of the log.
 */
void guardian_init(const struct boot_record *record);

bool guardian_is_there(void);

/* service_main is about to be called: from now on the watchdog's time is what the loader
 * started the service with. */
void guardian_main_begins(void);

/* USB is about to be started again, which is no hang: until guardian_usb_ends the watchdog has
 * GUARDIAN_START_MS, if there is one. */
void guardian_usb_begins(void);
void guardian_usb_ends(void);

/* service_main has returned. confirms_itself: the service, not the kernel, is to say that it
 * works. The kernel says so after SERVICE_CONFIRM_AFTER_US, when network_is_proven. */
void guardian_main_ended(bool confirms_itself);

/* True when the service has been confirmed, in this run or, started again, in an earlier one. */
bool guardian_is_confirmed(void);

/* The moment guardian_poll is due; CLOCK_NEVER without a guard. */
uint64_t guardian_deadline_us(void);

/* Does what is due: feeds the watchdog, confirms the service. */
void guardian_poll(uint64_t now_us);

/* Gives it a piece of the log to keep. */
void guardian_log(const char *text, size_t length);

/* The log it keeps, for net_files_keep; null without a guard. */
const struct net_files_kept *guardian_log_kept(void);

/* The heap uses [base, base + bytes): a core file is to hold it. */
void guardian_heap(const void *base, size_t bytes);

/* A guard call; ERROR_ABSENT without a guard. */
int64_t guardian_call(enum guard_function function, uint64_t a1, uint64_t a2);

/* Reads a file of the loader: up to capacity bytes from *position on, which moves behind them.
 * As GUARD_READ, but without a limit to capacity: fewer bytes come only at the end. */
int64_t guardian_read(enum guard_file file, uint64_t *position, void *buffer, size_t capacity);

#endif
