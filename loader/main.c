/*
 * main: the loader's table of contents.
 *
 * Power-on to service: the board, the settings, then round after round of the boot
 * sources until one gives an image that can be started. Whatever goes wrong costs one
 * line in the log and the next source gets its turn; after a round without success the
 * next waits a little longer, up to 16 s. It never gives up.
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
#include "loader.h"
#include "loader_entry.h"
#include "log.h"
#include "memory.h"
#include "phases.h"

#define BACK_OFF_FIRST_US 1000000u
#define BACK_OFF_MAX_US   16000000u
#define SILENT_ROUNDS_MAX 3

static struct loader loader;
static struct boot_from_tftp from_tftp;
static struct boot_from_sd from_sd;

static void start_board(const void *fdt, uint64_t resident_base, uint64_t resident_bytes)
{
    loader.resident = (struct board_range){resident_base, resident_bytes};
    int status = board_init(&loader.board, fdt);

    log_line("loader", "Pilotlight " PILOTLIGHT_VERSION " on %s, serial %s", loader.board.model,
             loader.board.serial);
    log_line("loader", "built without keys: unsigned images are run");
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

/* Fetches from one source and starts what it got; returns the error if that failed. */
static int try_source(struct boot_source *source)
{
    uint64_t deadline_us = clock_now_us() + (uint64_t)loader.configuration.wait_ms * 1000;

    digest_init(&loader.digest);
    int64_t length = source->fetch(source, (void *)loader.staging.base, loader.staging.bytes,
                                   &loader.digest.sink, deadline_us);

    phases_end(BOOT_PHASE_FETCH);
    if (length > 0)
        return start_image(&loader, (size_t)length, source->location(source));
    return (int)length;
}

static void try_card(void)
{
    static char file[NET_NAME_MAX];

    if (loader.board.card == NULL)
        return; /* settings_read has looked, and said what was wrong */
    configuration_file(&loader.configuration, file);
    boot_from_sd_init(&from_sd, loader.board.card, file[0] != 0 ? file : BOOT_FROM_TFTP_FILE);
    int status = try_source(&from_sd.source);

    /* A card that is there and only lacks the file stays as it is. One that failed or is
     * gone may be another next time: it is looked at anew. */
    if (status != ERROR_ABSENT || loader.board.card->block_count == 0)
        loader.board.card = NULL;
}

static void try_network(void)
{
    static unsigned silent_rounds;

    if (network_start(&loader) < 0)
        return;
    struct ethernet_device *ethernet = loader.board.ethernet;
    struct ethernet_statistics before = ethernet->statistics;

    boot_from_tftp_init(&from_tftp, &loader.configuration, loader.board.serial);
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
        network_forget(&loader);
        silent_rounds = 0;
    }
}

static void try_each_source(void)
{
    for (unsigned i = 0; i < loader.configuration.source_count; i++) {
        switch (loader.configuration.sources[i]) {
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
        network_forget(&loader);
}

void loader_main(const void *fdt, uint64_t resident_base, uint64_t resident_bytes)
{
    uint64_t back_off_us = BACK_OFF_FIRST_US;

    phases_end(BOOT_PHASE_ENTRY);
    start_board(fdt, resident_base, resident_bytes);
    phases_end(BOOT_PHASE_START);
    settings_read(&loader);
    phases_end(BOOT_PHASE_CARD);
    for (;;) {
        try_each_source();
        log_line("loader", "nothing could be started; next try in %u s",
                 (unsigned)(back_off_us / 1000000));
        network_idle(&loader, clock_now_us() + back_off_us);
        back_off_us = back_off_us * 2 < BACK_OFF_MAX_US ? back_off_us * 2 : BACK_OFF_MAX_US;
        look_for_a_card();
    }
}
