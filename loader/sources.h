/*
 * sources: the boot sources, in the order that is configured.
 *
 * A push that begins ends a fetch (the staging area is the push's then), and none of this
 * begins while one is arriving.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SOURCES_H
#define SOURCES_H

#include "loader.h"

/* Asks each source once and starts what it gives. named: the service or file to look for, in the
 * slots first if they are a source; null: what is configured. Returns when none gave anything that
 * could be started, or an image was pushed. */
void sources_try(struct loader *loader, const char *named);

/* A card that was put in meanwhile, or changed, brings its own configuration: reads it, if no
 * card is in use. */
void sources_look_for_a_card(struct loader *loader);

#endif
