/*
 * uplink: the loader's way onto the network, warm if a service left it running.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef UPLINK_H
#define UPLINK_H

#include "loader.h"

/* Starts USB, Ethernet and an address's way to us, if that has not been done: takes over what a
 * service left running if that can be, and answers pushes from then on (rescue.c). Returns 0
 * or the error of board_start_network (logged). */
int uplink_start(struct loader *loader);

/* Lets the network be started anew next time: its device failed. */
void uplink_forget(struct loader *loader);

/* One turn of all that goes on while the loader waits: returns at once if there was something
 * to do, at deadline_us at the latest. Returns false, without regard to the deadline, while an
 * image is being pushed or has been, or was given up in this very turn: the staging area is the
 * push's then. Nor when a service was selected to be started now. */
bool uplink_turn(struct loader *loader, uint64_t deadline_us);

/* Keeps log, network and pushes going until deadline_us (0: it has passed), or until an image
 * was pushed or a service selected. A push that is arriving is waited for even then (the server
 * sees to it that it ends: net/tftp_server.h). */
void uplink_idle(struct loader *loader, uint64_t deadline_us);

/* Stops network and devices and describes them in keep->over, for the next program. */
void uplink_hand_over(struct loader *loader);

/* After a service that was cut off: makes an end of what its devices are still doing in its
 * memory, and takes them over if that can be. */
void uplink_recover(struct loader *loader);

#endif
