/*
 * status: what the loader tells of itself, for the file "status" (docs/redeploy.md).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "status.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "loader.h"
#include "signature.h"

struct text {
    char *at;
    size_t capacity, length;
};

static void add(struct text *text, const char *key, const char *value)
{
    size_t room = text->capacity - text->length;
    int length = snprintf(text->at + text->length, room, "%s = %s\n", key, value);

    if (length > 0 && (size_t)length < room)
        text->length += (size_t)length;
}

static void add_number(struct text *text, const char *key, unsigned long value)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%lu", value);
    add(text, key, digits);
}

static void add_slot(struct text *text, const struct slot_origin *origin)
{
    char slot[2] = {origin->slot};

    add(text, "slot", slot);
    add(text, "slot_state", slot_state_name(origin->state));
    if (origin->state != SLOT_CONFIRMED)
        add_number(text, "tries", origin->tries);
}

static const char *image_name(const struct keep *keep, int index, char *text, size_t capacity)
{
    if (index == KEEP_NOTHING)
        return "none";
    snprintf(text, capacity, "%s %s", keep->images[index].name, keep->images[index].version);
    return text;
}

size_t status_text(const struct loader *loader, char *bytes, size_t capacity)
{
    static const char deploy[][8] = {"off", "signed", "any"};
    const struct keep *keep = loader->keep;
    struct text text = {bytes, capacity, 0};
    bool keys_are_damaged;
    char name[64];

    /* Under a service its kernel says these. */
    if (loader->service.bytes == 0) {
        add(&text, "service", "none");
        add(&text, "state", "none");
        add(&text, "boot_id", "00000000");
        add_number(&text, "uptime_ms", (unsigned long)(clock_now_us() / 1000));
    } else if (keep->origin.slot != 0) {
        add_slot(&text, &keep->origin);
    }
    add(&text, "loader", PILOTLIGHT_VERSION);
    unsigned keys = signature_key_count(signature_own_keys(), &keys_are_damaged);

    if (keys_are_damaged)
        add(&text, "keys", "damaged");
    else
        add_number(&text, "keys", keys);
    add(&text, "deploy", deploy[loader->configuration.deploy]);
    add(&text, "fallback", image_name(keep, keep->fallback, name, sizeof name));
    add_number(&text, "hand_backs", keep->hand_backs);
    add_number(&text, "redeploys", keep->redeploys);
    add_number(&text, "crashes", keep->crashes);
    if (keep->last_end[0] != '\0')
        add(&text, "last_end", keep->last_end);
    if (keep->crash.name[0] != '\0') {
        add(&text, "crash", keep->crash.what);
        add(&text, "core_name", keep->crash.name);
        add_number(&text, "core_number", keep->crash.number);
        add_number(&text, "core_bytes", keep->crash.core_bytes);
    }
    return text.length;
}
