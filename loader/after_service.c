/*
 * after_service: see after_service.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "after_service.h"

#include "clock.h"
#include "core_send.h"
#include "crc32c.h"
#include "error.h"
#include "ethernet_device.h"
#include "log.h"
#include "power.h"
#include "sources.h"
#include "start_image.h"
#include "uplink.h"

#define LOOK_US          16000000 /* how often to see whether the adapter is still there */
#define POWER_OFF_LOG_US 2000000

/* The card as the service left it, or whatever is in the slot now. */
static void start_card(struct loader *loader)
{
    if (loader->board.card == NULL && loader->configuration.warm && loader->keep->over.has_card &&
        board_adopt_card(&loader->board, &loader->keep->over.card) == 0)
        return;
    sources_look_for_a_card(loader);
}

void start_kept(struct loader *loader, int index)
{
    struct keep *keep = loader->keep;

    uplink_idle(loader, 0);
    if (loader_is_asked(loader) || index == KEEP_NOTHING || keep->images[index].bytes == 0)
        return;
    if (!keep_image_is_whole(loader, index)) {
        log_line("loader", "the kept image is not whole any more");
        keep->images[index].bytes = 0;
        if (index == keep->fallback)
            keep->fallback = KEEP_NOTHING;
        return;
    }
    struct image_file file = {.bytes = (const void *)keep_image_area(loader, index).base,
                              .about = keep->images[index],
                              .index = index};

    start_image(loader, &file);
}

void start_pushed(struct loader *loader)
{
    struct keep *keep = loader->keep;
    struct image_file file = {.bytes = (const void *)loader->staging.base,
                              .about = keep->uploaded,
                              .index = KEEP_NOTHING};

    loader->push_is_here = false;
    if (file.about.bytes == 0 || file.about.bytes > loader->staging.bytes ||
        crc32c(0, file.bytes, file.about.bytes) != file.about.crc32c) {
        log_line("loader", "%s: not what was found good any more", file.about.location);
        return;
    }
    if (slots_begin(loader, &file.about.origin) == 0)
        start_image(loader, &file);
}

static _Noreturn void power_down(struct loader *loader)
{
    log_line("loader", "power off");
    uplink_recover(loader);
    uplink_hand_over(loader);
    log_flush(POWER_OFF_LOG_US);
    power_off();
}

/* Answers pushes until one has come. An adapter that is not there, or not any more, is looked for
 * again and again. */
static void wait_for_a_push(struct loader *loader)
{
    log_line("loader", "waiting for a push");
    while (!loader_is_asked(loader)) {
        struct ethernet_device *ethernet = loader->board.ethernet;

        if (ethernet != NULL && ethernet->update_link(ethernet) == ERROR_IO)
            uplink_forget(loader);
        uplink_start(loader);
        uplink_idle(loader, clock_now_us() + LOOK_US);
    }
}

static bool is_kept(const struct keep *keep, int index)
{
    return index != KEEP_NOTHING && keep->images[index].bytes != 0;
}

static struct policy_decision decide(struct loader *loader)
{
    struct keep *keep = loader->keep;
    uint64_t ran_us = keep->handed_us - keep->started_us;
    struct policy_facts facts = {
        .reason = keep->reason,
        .status = keep->status,
        .confirmed = keep->confirmed,
        .running_is_kept = is_kept(keep, keep->running),
        .fallback_is_kept = is_kept(keep, keep->fallback),
        .exit = keep->configuration.exit,
    };
    char reason[ELF_REASON_BYTES];

    /* Who takes no pushes would wait for ever. */
    if (facts.exit == CONFIGURATION_EXIT_WAIT && push_is_wanted(loader, reason) < 0)
        facts.exit = CONFIGURATION_EXIT_RESTART;

    /* Durable first: whatever comes next may end in a power cut. What confirmed itself when the
     * card could not be told is told now, before start_card ends the trials without tries; while it
     * cannot be told that, its failure is none of its slot's. */
    int told = keep->confirmed ? slots_confirm(loader, reason) : 0;

    if (told == 0 && policy_is_failure(&facts) && keep->origin.slot != 0) {
        start_card(loader);
        facts.slot_is_passed = slots_fail(loader, ran_us >= POLICY_STABLE_US);
    }
    keep->failures = policy_failures(keep->failures, ran_us, &facts);
    facts.failures = keep->failures;
    return policy_decide(&facts);
}

void after_service(struct loader *loader)
{
    struct keep *keep = loader->keep;

    if (!loader->configuration.warm)
        keep->over.has_usb = keep->over.has_card = false;
    struct policy_decision decision = decide(loader);

    log_line("loader", "%s; %s", keep->last_end, decision.why);
    if (keep->reason == POLICY_CRASH || keep->reason == POLICY_HANG ||
        keep->reason == POLICY_UNCONFIRMED)
        core_send(loader);
    if (decision.delay_us != 0) {
        uplink_start(loader);
        uplink_idle(loader, clock_now_us() + decision.delay_us);
    }
    uplink_idle(loader, 0); /* what is arriving goes before */
    if (loader_is_asked(loader))
        return;
    switch (decision.action) {
    case POLICY_START_UPLOADED:
        start_pushed(loader);
        /* Only if it is not what was checked any more, or the card cannot be told. */
        start_kept(loader, keep->fallback);
        break;
    case POLICY_START_RUNNING:
        start_kept(loader, keep->running);
        break;
    case POLICY_START_FALLBACK:
        start_kept(loader, keep->fallback);
        break;
    case POLICY_START_NAMED:
        start_card(loader);
        sources_try(loader, keep->next);
        break;
    case POLICY_WAIT:
        wait_for_a_push(loader);
        return;
    case POLICY_POWER_OFF:
        power_down(loader);
    case POLICY_BOOT:
        break;
    }
    start_card(loader);
}
