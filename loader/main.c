/*
 * main: the loader's table of contents.
 *
 * Power-on to service: the board, the settings, then round after round of the boot
 * sources until one gives an image that can be started. Whatever goes wrong costs one
 * line in the log and the next source gets its turn; after a round without success the
 * next waits a little longer, up to 16 s. It never gives up.
 *
 * When a service has ended, or was stopped, the loader begins anew here as well (guard_restart),
 * knows from keep what was, and policy.c says what is next. Whenever it waits it answers
 * pushes, and an image that is pushed is started next.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "after_service.h"
#include "clock.h"
#include "error.h"
#include "irq.h"
#include "loader.h"
#include "loader_entry.h"
#include "log.h"
#include "phases.h"
#include "signature.h"
#include "sources.h"
#include "uplink.h"

#define BACK_OFF_FIRST_US 1000000u
#define BACK_OFF_MAX_US   16000000u

static struct loader loader;

static void start_board(const void *fdt)
{
    int status = board_init(&loader.board, fdt);

    irq_route_guard_timer(false);
    if (loader.board.fdt.bytes != 0) {
        loader.fdt = fdt;
        loader.fdt_available = loader.board.fdt.bytes;
    } else {
        log_line("loader", "no usable device tree: %s",
                 error_name(status == 0 ? ERROR_ABSENT : status));
    }
    if (memory_plan(&loader) < 0)
        log_line("loader", "no memory to fetch an image to");
}

/* The end of what was logged before the machine was reset, each line marked. */
static void show_log_before_reset(void)
{
    uint64_t end = loader.before_reset_end, position = loader.before_reset;
    char line[LOG_LINE_MAX];
    size_t length = 0;

    if (position == end)
        return;
    log_line("loader", "the log before the reset ends:");
    while (position < end && log_store_read(&loader.log_store, &position, line + length, 1) == 1) {
        if (line[length] == '\n' || length == sizeof line - 2) {
            line[length] = '\0';
            log_line("before", "%s", line);
            length = 0;
        } else {
            length++;
        }
    }
}

static void power_on(void)
{
    char keys[SIGNATURE_REASON_BYTES];
    bool damaged;

    log_line("loader", "Pilotlight " PILOTLIGHT_VERSION " on %s, serial %s", loader.board.model,
             loader.board.serial);
    signature_describe(signature_own_keys(), keys);
    log_line("loader", "%s", keys);
    show_log_before_reset();
    keep_fdt(&loader);
    phases_end(BOOT_PHASE_START);
    settings_read(&loader);
    if (loader.configuration.deploy == BOOT_DEPLOY_ANY &&
        signature_key_count(signature_own_keys(), &damaged) == 0 && !damaged)
        log_line("loader", "deploy = any: whoever reaches the board may push an image");
    phases_end(BOOT_PHASE_CARD);
}

/* What was pushed while no service ran. */
static void start_what_was_pushed(void)
{
    loader.keep->redeploys++;
    loader.keep->failures = 0;
    phases_begin_push(loader.keep->push_begun_us, loader.keep->push_ended_us);
    start_pushed(&loader);
}

/* No image can pass then, so the rounds go on for ever: each says why. */
static void say_if_keys_are_damaged(void)
{
    char keys[SIGNATURE_REASON_BYTES];
    bool damaged;

    signature_key_count(signature_own_keys(), &damaged);
    if (!damaged)
        return;
    signature_describe(signature_own_keys(), keys);
    log_line("loader", "%s", keys);
}

static void ask_the_sources(void)
{
    char selected[sizeof loader.selected];

    if (loader.push_is_here)
        return;
    memcpy(selected, loader.selected, sizeof selected);
    loader.selected[0] = '\0';
    sources_try(&loader, selected[0] != '\0' ? selected : NULL);
}

static void take_up(void)
{
    const struct keep *keep = loader.keep;

    loader.configuration = keep->configuration;
    loader.arguments = keep->arguments;
    if (keep->reason == POLICY_DEPLOY && keep->push_ended_us != 0)
        phases_begin_push(keep->push_begun_us, keep->push_ended_us);
    else
        phases_end(BOOT_PHASE_ENTRY);
    phases_end(BOOT_PHASE_HAND_BACK);
}

void loader_main(const void *fdt, uint64_t resident_base, uint64_t resident_bytes, bool restarted)
{
    uint64_t back_off_us = BACK_OFF_FIRST_US;

    loader.resident = (struct board_range){resident_base, resident_bytes};
    if (keep_open(&loader, restarted)) {
        take_up();
        start_board(fdt);
        phases_end(BOOT_PHASE_START);
        after_service(&loader);
    } else {
        phases_end(BOOT_PHASE_ENTRY);
        start_board(fdt);
        power_on();
    }
    for (;;) {
        say_if_keys_are_damaged();
        ask_the_sources();
        while (loader.push_is_here)
            start_what_was_pushed();
        /* The last that worked, before nothing at all: whatever made it fail may be over. */
        start_kept(&loader, loader.keep->fallback);
        if (loader_is_asked(&loader))
            continue;
        log_line("loader", "nothing could be started; next try in %u s",
                 (unsigned)(back_off_us / 1000000));
        uplink_start(&loader);
        uplink_idle(&loader, clock_now_us() + back_off_us);
        back_off_us = back_off_us * 2 < BACK_OFF_MAX_US ? back_off_us * 2 : BACK_OFF_MAX_US;
        sources_look_for_a_card(&loader);
    }
}
