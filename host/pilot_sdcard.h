/*
 * pilot_sdcard: what goes onto a card image, for the files that make one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PILOT_SDCARD_H
#define PILOT_SDCARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pilot.h"
#include "pilot_card.h"
#include "signature_format.h"
#include "slot_store.h"

struct sdcard_service {
    const char *wanted; /* its name, as the user said it, or null */
    char path[PATH_MAX];
    struct pilot_file file; /* with its signature behind it, if there is one */
    bool is_signed;
    struct slot_image about;
};

struct sdcard_file {
    char path[PATH_MAX];
    char name[96]; /* on the FAT partition, its folder in front */
};

#define SDCARD_FILES_MAX    16
#define SDCARD_SETTINGS_MAX 32

struct sdcard {
    /* What was asked for. */
    const char *image;
    bool is_forced;
    uint64_t bytes;       /* of the image; 0: as it comes */
    const char *standard; /* the service started when nothing else is said, or null */
    struct sdcard_service services[SLOT_SERVICES_MAX];
    unsigned service_count;
    const char *keys[SIGNATURE_KEYS_MAX]; /* files */
    unsigned key_count;
    bool has_firmware;
    const char *firmware;                      /* its folder; null: where make firmware puts it */
    const char *configuration_path;            /* null: one of ours */
    const char *settings[SDCARD_SETTINGS_MAX]; /* KEY=VALUE */
    unsigned setting_count;
    const char *system, *initrd; /* another system's, or null */

    /* What comes of it. */
    struct pilot_file loader;    /* kernel8.img, keys filled in */
    struct signature_keys table; /* the one in it */
    char configuration[4097];    /* pilot.conf, and its NUL */
    size_t configuration_length;
    unsigned tries;
    char board[1024]; /* config.txt; "": none */
    struct sdcard_file files[SDCARD_FILES_MAX];
    unsigned file_count;
    struct pilot_card_layout layout;
};

/* ---- pilot_sdcard_files.c: the FAT partition -------------------------------------- */

/* Reads and checks what the FAT partition will hold, the keys in the loader included. Fails. */
void sdcard_files_prepare(struct sdcard *card);

/* Bytes of it. */
uint64_t sdcard_files_bytes(const struct sdcard *card);

/* Puts it on the image. */
void sdcard_files_write(const struct sdcard *card, const char *image);

/* ---- pilot_sdcard_configuration.c: pilot.conf -------------------------------------- */

/* Puts pilot.conf together and has the loader's own code check it. Fails, with the place of
 * what is wrong. After the services were prepared. */
void sdcard_configuration_prepare(struct sdcard *card);

/* ---- pilot_sdcard_services.c: the slots -------------------------------------------- */

/* Notes one --service [NAME=]FILE. Fails: too many. */
void sdcard_service_add(struct sdcard *card, char *argument);

/* Reads and judges the services as the card's loader would: after its keys are known. Fails. */
void sdcard_services_prepare(struct sdcard *card);

/* Blocks of the smallest slot store for them. */
uint64_t sdcard_services_blocks(const struct sdcard *card);

/* Installs and confirms them in the image's slot store, selects the standard one, and reads all
 * of it back. table: the text to show (SLOT_TEXT_BYTES). Fails. */
void sdcard_services_write(const struct sdcard *card, const char *image, char *table);

#endif
