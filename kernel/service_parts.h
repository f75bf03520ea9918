/*
 * service_parts: what kernel/main.c tells the files that implement service.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SERVICE_PARTS_H
#define SERVICE_PARTS_H

#include <stdbool.h>
#include <stdint.h>

struct board;
struct boot_hand_back;
struct boot_record;

/* The name under which the service's lines appear in the log; it is kept. */
void service_log_init(const char *name);

/* A character of the service's stdout or stderr: collected into lines of the log, each
 * written when it is complete or full. */
void service_log_put(char character);

/* Writes a line that has been begun; does nothing when there is none. */
void service_log_flush(void);

/* The machine that service_exit and service_reboot stop, and what the service was started
 * with; both are kept. */
void service_end_init(struct board *board, const struct boot_record *record);

/* Hands the machine back to the loader that stands guard, with *request: the devices come to
 * rest and are described. Without a guard, or when it refuses, the machine is reset. Not from
 * a callback of net_files. */
_Noreturn void service_end_hand_back(const struct boot_hand_back *request);

/* The device whose frames service_statistics reports, and when the program began. */
void service_statistics_init(const struct board *board, uint64_t started_us);

/* True while the service has a socket open. */
bool service_udp_any(void);

/* Opens sockets from now on: the network is there. */
void service_udp_init(void);

#endif
