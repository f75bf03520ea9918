/*
 * settings: the configuration from its three places.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "block_device.h"
#include "clock.h"
#include "error.h"
#include "fat_volume.h"
#include "fdt_edit.h"
#include "loader.h"
#include "log.h"
#include "signature.h"
#include "slots.h"

#define CARD_READ_US 2000000 /* what a card may take to give a small file */

static void report(void *context, const char *sentence)
{
    (void)context;
    log_line("configuration", "%s", sentence);
}

/* What a card that is gone lacks is not known: absent is the card then, not the file. */
static void drop_failed_card(struct loader *loader, int64_t status)
{
    if (loader_card_has_failed(loader, status))
        loader->board.card = NULL;
}

/* A card without pilot.conf, or no card, is nothing to complain about. Returns true if there is a
 * card with files. */
static bool read_card(struct loader *loader)
{
    static struct fat_volume volume;
    _Alignas(4) static char text[CONFIGURATION_BYTES_MAX];
    uint64_t deadline_us = clock_now_us() + CARD_READ_US;

    int status = board_start_card(&loader->board, loader->configuration.card_host);

    if (status < 0) {
        if (status != ERROR_ABSENT)
            log_line("sd", "no usable card: %s", error_name(status));
        return false;
    }
    log_line("sd", "card on %s, %lu MB", loader->board.card_host,
             (unsigned long)(loader->board.card->block_count / 2048));
    status = fat_volume_mount(&volume, loader->board.card, deadline_us);
    if (status < 0) {
        drop_failed_card(loader, status);
        return false;
    }
    int64_t length =
        fat_volume_read_file(&volume, CONFIGURATION_FILE, text, sizeof text, NULL, deadline_us);

    /* Without having read it we do not know what the card is for: the next round asks again. */
    drop_failed_card(loader, length);
    if (length > 0)
        configuration_read(&loader->configuration, CONFIGURATION_FILE, text, (size_t)length, report,
                           NULL);
    return true;
}

bool settings_read(struct loader *loader)
{
    const char *bootargs = fdt_edit_bootargs(loader->fdt, loader->fdt_available), *why;

    configuration_defaults(&loader->configuration);
    /* Twice: what it says of the card is needed to read the card, and all of it goes over
     * what the card says. */
    boot_arguments_read(bootargs, strlen(bootargs), &loader->configuration, &loader->arguments,
                        NULL, NULL);
    bool has_files = read_card(loader);

    boot_arguments_read(bootargs, strlen(bootargs), &loader->configuration, &loader->arguments,
                        report, NULL);
    bool keys_are_damaged; /* which is said elsewhere, and is not to have none */
    bool has_keys = signature_key_count(signature_own_keys(), &keys_are_damaged) > 0;

    if (!configuration_check(&loader->configuration, has_keys || keys_are_damaged, &why))
        report(NULL, why);
    /* Slots do not need the other partition. Of a card without either it has been said what is
     * wrong; no source need say it again. */
    if (loader->board.card != NULL && !slots_look(loader) && !has_files)
        loader->board.card = NULL;
    return has_files && loader->board.card != NULL;
}
