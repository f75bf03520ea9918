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

#include "block_device.h"
#include "boot_from_sd.h"
#include "boot_from_tftp.h"
#include "clock.h"
#include "error.h"
#include "ethernet_device.h"
#include "irq.h"
#include "loader.h"
#include "loader_entry.h"
#include "log.h"
#include "phases.h"
#include "power.h"
#include "rescue.h"

#define BACK_OFF_FIRST_US 1000000u
#define BACK_OFF_MAX_US   16000000u
#define SILENT_ROUNDS_MAX 3
#define POWER_OFF_LOG_US  2000000

static struct loader loader;
static struct boot_from_tftp from_tftp;
static struct boot_from_sd from_sd;
static struct configuration sought; /* the loader's own, or with another file for one round */

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
    uint64_t end = log_store_end(&loader.log_store);
    uint64_t position = end - loader.before_reset_bytes;
    char line[LOG_LINE_MAX];
    size_t length = 0;

    if (loader.before_reset_bytes == 0)
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
    log_line("loader", "Pilotlight " PILOTLIGHT_VERSION " on %s, serial %s", loader.board.model,
             loader.board.serial);
    log_line("loader", "built without keys: unsigned images are run");
    show_log_before_reset();
    keep_fdt(&loader);
    phases_end(BOOT_PHASE_START);
    settings_read(&loader);
    if (loader.configuration.deploy == BOOT_DEPLOY_ANY)
        log_line("loader", "deploy = any: whoever reaches the board may push an image");
    phases_end(BOOT_PHASE_CARD);
}

/* ---- the sources ---- */

/* Fetches from one source and starts what it got; returns the error if that failed. */
static int try_source(struct boot_source *source)
{
    uint64_t deadline_us = clock_now_us() + (uint64_t)loader.configuration.wait_ms * 1000;
    struct image_file file = {.bytes = (const void *)loader.staging.base, .index = KEEP_NOTHING};

    digest_init(&loader.digest);
    int64_t length = source->fetch(source, (void *)loader.staging.base, loader.staging.bytes,
                                   &loader.digest.sink, deadline_us);

    phases_end(BOOT_PHASE_FETCH);
    if (length <= 0)
        return (int)length;
    file.about.bytes = (uint64_t)length;
    digest_finish(&loader.digest, file.about.digest);
    strncpy(file.about.location, source->location(source), sizeof file.about.location - 1);
    return start_image(&loader, &file);
}

static void try_card(void)
{
    static char file[NET_NAME_MAX];

    if (loader.board.card == NULL)
        return; /* settings_read has looked, and said what was wrong */
    configuration_file(&sought, file);
    boot_from_sd_init(&from_sd, loader.board.card, file[0] != 0 ? file : BOOT_FROM_TFTP_FILE);
    int status = try_source(&from_sd.source);

    /* A card that is there and only lacks the file stays as it is. One that failed or is
     * gone may be another next time: it is looked at anew. */
    if (status != ERROR_ABSENT || loader.board.card->block_count == 0)
        loader.board.card = NULL;
}

static bool turn(void *context, uint64_t deadline_us)
{
    return uplink_turn(context, deadline_us);
}

static void try_network(void)
{
    static unsigned silent_rounds;

    if (uplink_start(&loader) < 0)
        return;
    struct ethernet_device *ethernet = loader.board.ethernet;
    struct ethernet_statistics before = ethernet->statistics;

    boot_from_tftp_init(&from_tftp, &sought, loader.board.serial, turn, &loader);
    try_source(&from_tftp.source);

    /* An adapter that is gone gets a new beginning at once; one that for some rounds has
     * brought nothing in or out, too. Not earlier: a switch may take half a minute to let
     * us through. */
    if (ethernet->statistics.frames_received != before.frames_received &&
        ethernet->statistics.frames_sent != before.frames_sent)
        silent_rounds = 0;
    else
        silent_rounds++;
    if (ethernet->update_link(ethernet) == ERROR_IO || silent_rounds >= SILENT_ROUNDS_MAX) {
        uplink_forget(&loader);
        silent_rounds = 0;
    }
}

/* What was pushed, when it did not come through a service. */
static void start_pushed(void)
{
    struct image_file file = {.bytes = (const void *)loader.staging.base, .index = KEEP_NOTHING};

    loader.push_is_here = false;
    if (loader.keep->uploaded.bytes == 0)
        return;
    file.about = loader.keep->uploaded;
    loader.keep->redeploys++;
    loader.keep->failures = 0;
    phases_begin_push(loader.keep->push_begun_us, loader.keep->push_ended_us);
    start_image(&loader, &file);
}

/* named: the file to look for; null: what is configured. */
static void try_each_source(const char *named)
{
    sought = loader.configuration;
    if (named != NULL)
        memcpy(sought.file, named, sizeof sought.file);
    for (unsigned i = 0; i < sought.source_count && !loader.push_is_here; i++) {
        switch (sought.sources[i]) {
        case CONFIGURATION_SD:
            try_card();
            break;
        case CONFIGURATION_NETWORK:
            try_network();
            break;
        }
    }
}

static bool wants_the_same_network(const struct configuration *a, const struct configuration *b)
{
    return a->is_static == b->is_static &&
           memcmp(&a->address, &b->address, sizeof a->address) == 0 &&
           memcmp(&a->mask, &b->mask, sizeof a->mask) == 0 &&
           memcmp(&a->gateway, &b->gateway, sizeof a->gateway) == 0 &&
           memcmp(&a->dns, &b->dns, sizeof a->dns) == 0 &&
           memcmp(&a->server, &b->server, sizeof a->server) == 0;
}

/* A card that was put in meanwhile, or changed, brings its own configuration. */
static void look_for_a_card(void)
{
    struct configuration before = loader.configuration;

    if (loader.board.card != NULL)
        return;
    settings_read(&loader);
    if (!wants_the_same_network(&before, &loader.configuration))
        uplink_forget(&loader);
}

/* ---- after a service ---- */

/* The card as the service left it, or whatever is in the slot now. */
static void start_card(void)
{
    if (loader.board.card == NULL && loader.configuration.warm && loader.keep->over.has_card &&
        board_adopt_card(&loader.board, &loader.keep->over.card) == 0)
        return;
    look_for_a_card();
}

/* Starts a kept image; returns if that cannot be. */
static void start_kept(int index)
{
    struct keep *keep = loader.keep;

    if (!keep_image_is_whole(&loader, index)) {
        log_line("loader", "the kept image is not whole any more");
        if (index != KEEP_NOTHING)
            keep->images[index].bytes = 0;
        return;
    }
    struct image_file file = {.bytes = (const void *)keep_image_area(&loader, index).base,
                              .about = keep->images[index],
                              .index = index};

    start_image(&loader, &file);
}

static void start_uploaded(void)
{
    struct image_file file = {.bytes = (const void *)loader.staging.base,
                              .about = loader.keep->uploaded,
                              .index = KEEP_NOTHING};

    start_image(&loader, &file);
}

static _Noreturn void power_down(void)
{
    log_line("loader", "power off");
    uplink_recover(&loader);
    uplink_hand_over(&loader);
    log_flush(POWER_OFF_LOG_US);
    power_off();
}

/* Answers pushes until one has come. An adapter that is not there, or not any more, is looked for
 * again and again. */
static void wait_for_a_push(void)
{
    log_line("loader", "waiting for a push");
    while (!loader.push_is_here) {
        struct ethernet_device *ethernet = loader.board.ethernet;

        if (uplink_start(&loader) == 0 && ethernet != NULL &&
            ethernet->update_link(ethernet) == ERROR_IO)
            uplink_forget(&loader);
        uplink_idle(&loader, clock_now_us() + BACK_OFF_MAX_US);
    }
}

static bool is_kept(const struct keep *keep, int index)
{
    return index != KEEP_NOTHING && keep->images[index].bytes != 0;
}

static struct policy_decision decide(void)
{
    struct keep *keep = loader.keep;
    struct policy_facts facts = {
        .reason = keep->reason,
        .status = keep->status,
        .confirmed = keep->confirmed,
        .running_is_kept = is_kept(keep, keep->running),
        .fallback_is_kept = is_kept(keep, keep->fallback),
        .exit = keep->configuration.exit,
    };

    keep->failures = policy_failures(keep->failures, keep->handed_us - keep->started_us, &facts);
    facts.failures = keep->failures;
    return policy_decide(&facts);
}

/* What follows the service that ended. Returns when nothing could be started that way. */
static void go_on(void)
{
    struct keep *keep = loader.keep;
    struct policy_decision decision = decide();

    log_line("loader", "%s; %s", keep->last_end, decision.why);
    if (!loader.configuration.warm)
        keep->over.has_usb = keep->over.has_card = false;
    if (keep->reason == POLICY_CRASH || keep->reason == POLICY_HANG)
        core_send(&loader);
    if (decision.delay_us != 0) {
        uplink_start(&loader);
        uplink_idle(&loader, clock_now_us() + decision.delay_us);
    }
    if (loader.push_is_here)
        return;
    switch (decision.action) {
    case POLICY_START_UPLOADED:
        start_uploaded();
        start_kept(keep->fallback); /* it was found good before: cannot be */
        break;
    case POLICY_START_RUNNING:
        start_kept(keep->running);
        break;
    case POLICY_START_FALLBACK:
        start_kept(keep->fallback);
        break;
    case POLICY_START_NAMED:
        start_card();
        try_each_source(keep->next);
        break;
    case POLICY_WAIT:
        wait_for_a_push();
        return;
    case POLICY_POWER_OFF:
        power_down();
    case POLICY_BOOT:
        break;
    }
    start_card();
}

static void take_up(void)
{
    const struct keep *keep = loader.keep;

    loader.configuration = keep->configuration;
    loader.arguments = keep->arguments;
    if (keep->reason == POLICY_DEPLOY)
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
        go_on();
    } else {
        phases_end(BOOT_PHASE_ENTRY);
        start_board(fdt);
        power_on();
    }
    for (;;) {
        if (!loader.push_is_here)
            try_each_source(NULL);
        while (loader.push_is_here)
            start_pushed();
        /* The last that worked, before nothing at all: whatever made it fail may be over. */
        if (is_kept(loader.keep, loader.keep->fallback))
            start_kept(loader.keep->fallback);
        log_line("loader", "nothing could be started; next try in %u s",
                 (unsigned)(back_off_us / 1000000));
        uplink_start(&loader);
        uplink_idle(&loader, clock_now_us() + back_off_us);
        back_off_us = back_off_us * 2 < BACK_OFF_MAX_US ? back_off_us * 2 : BACK_OFF_MAX_US;
        look_for_a_card();
    }
}
