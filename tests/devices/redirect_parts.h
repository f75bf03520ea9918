/*
 * redirect_parts: what the files of redirect use of each other:
 *   redirect.c          the connection, and what QEMU is told of the device
 *   redirect_control.c  resets of the bus, configuration, endpoint 0
 *   redirect_pipes.c    what QEMU says of endpoints; requests to them until they are answered
 *   redirect_serve.c    redirect_serve: one round over all endpoints; interrupt IN
 *   redirect_in.c       bulk IN in it
 *   redirect_out.c      bulk OUT in it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef REDIRECT_PARTS_H
#define REDIRECT_PARTS_H

#include "redirect.h"

/* redirect.c */
uint64_t redirect_now_us(const struct redirect *self);
/* Tells QEMU of all endpoints, as the pipes are declared now. */
void redirect_send_endpoints(struct redirect *self);

/* redirect_control.c: sets the parser's functions for what concerns the device. */
void redirect_hear_control(struct usbredirparser *parser);
bool redirect_is_halted(const struct redirect *self, bool in, unsigned endpoint);

/* redirect_pipes.c: sets the parser's functions for what concerns its endpoints. */
void redirect_hear_pipes(struct usbredirparser *parser);
/* The request that is to be answered next, or null. */
struct redirect_request *redirect_first_of(struct redirect_queue *queue);
/* Answers the first one, of which there must be one, and takes it out of the queue. data: length
 * bytes, or null with the length that QEMU is to be told. */
void redirect_answer(struct redirect *self, struct redirect_queue *queue, uint8_t status,
                     uint8_t *data, uint32_t length);
/* All requests of bulk endpoints end without data, as after SET_CONFIGURATION. */
void redirect_end_requests(struct redirect *self);
/* ... and without an answer: after a reset of the bus QEMU no longer finds who asked. */
void redirect_forget_requests(struct redirect *self);
/* Gives QEMU a packet for its queue of an endpoint that is declared as interrupt IN. */
void redirect_push(struct redirect *self, uint8_t endpoint, uint8_t status, uint8_t *data,
                   uint32_t length);

/* redirect_in.c: moves what can be moved; returns as redirect_serve does. */
uint64_t redirect_serve_in(struct redirect *self);
/* Declares bulk IN to QEMU as the chip behaves now. */
void redirect_choose_pipe(struct redirect *self);

/* redirect_out.c: likewise. */
uint64_t redirect_serve_out(struct redirect *self);

#endif
