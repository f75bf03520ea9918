/*
 * guard_card: the guard calls about images and the card they are kept on: confirm, check, install,
 * select. Who calls has checked where the pointers lead.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef GUARD_CARD_H
#define GUARD_CARD_H

#include "guard_call.h"
#include "loader.h"

/* A service is about to start. */
void guard_card_begin(void);

/* The calls, as guard_call.h says. */
int64_t guard_card_confirm(struct loader *loader);
int64_t guard_card_check(struct loader *loader, struct guard_image *request, bool install);
int64_t guard_card_select(struct loader *loader, struct guard_select *request);

/* True if the service of that name was selected, to be started now, by the last GUARD_SELECT: a
 * hand-back that asks for it passes on what somebody asked from outside. */
bool guard_card_is_selected(const char *name);

#endif
