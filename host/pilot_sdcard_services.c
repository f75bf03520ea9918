/*
 * pilot_sdcard_services: the slots of a card image.
 *
 * Everything is judged and written by the loader's own code: elf_check, image_accept and
 * signature_check say what a board would say of a file, slot_store_install writes it, and the
 * states come about as on a board: installed, started, confirmed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elf.h"
#include "error.h"
#include "pilot_block.h"
#include "pilot_board.h"
#include "pilot_sdcard.h"
#include "pilot_signature.h"
#include "sodium/crypto_hash_sha256.h"

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-"

void sdcard_service_add(struct sdcard *card, char *argument)
{
    struct sdcard_service *service = &card->services[card->service_count];
    char *equals = strchr(argument, '=');
    const char *file = argument;

    if (card->service_count == SLOT_SERVICES_MAX)
        fail("--service %s: a card holds %u services at most", argument, SLOT_SERVICES_MAX);
    card->service_count++;
    if (equals && equals > argument &&
        strspn(argument, NAME_CHARACTERS) == (size_t)(equals - argument)) {
        *equals = '\0';
        service->wanted = argument;
        file = equals + 1;
    }
    if (equals && equals == argument)
        fail("--service wants NAME=FILE, as in --service dns=build/dns.elf, not %s", argument);
    if (file[0] == '\0')
        fail("--service %s= names no file: --service %s=build/%s.elf", service->wanted,
             service->wanted, service->wanted);
    pilot_service_path(file, service->path);
}

/* What the file is, as far as its slot's header will say it. */
static void describe(struct sdcard_service *service, const struct image_note *note)
{
    const char *slash = strrchr(service->path, '/');
    struct slot_image *about = &service->about;

    about->bytes = service->file.length;
    about->security_counter = note->security_counter;
    crypto_hash_sha256(about->digest, service->file.bytes, service->file.length);
    snprintf(about->name, sizeof about->name, "%s", note->name);
    snprintf(about->version, sizeof about->version, "%s", note->version);
    snprintf(about->location, sizeof about->location, "sdcard:%.50s",
             slash ? slash + 1 : service->path);
    pilot_clean(about->location);
}

static void prepare(const struct sdcard *card, struct sdcard_service *service)
{
    char reason[ELF_REASON_BYTES];
    struct elf_image image;
    size_t content;

    service->file = pilot_file_read(service->path);
    service->is_signed = pilot_signature_attach(&service->file, service->path);
    /* In the order of the loader: who signed it comes before what it says of itself. */
    if (signature_check(&card->table, service->file.bytes, service->file.length, &content, reason) <
        0)
        fail("%s: %s%s%s%s", service->path, reason,
             service->is_signed ? "" : "; sign it: pilot sign ",
             service->is_signed ? "" : service->path, service->is_signed ? "" : " --key NAME.sec");
    if (pilot_image_check(service->file.bytes, content, &image, reason) < 0)
        fail("%s: %s", service->path, reason);
    if (service->wanted && strcmp(service->wanted, image.note.name) != 0)
        fail("--service %s=%s: the service in that file is called %s; say --service %s=%s",
             service->wanted, service->path, image.note.name, image.note.name, service->path);
    describe(service, &image.note);
}

void sdcard_services_prepare(struct sdcard *card)
{
    bool is_there = card->standard == NULL;

    for (unsigned i = 0; i < card->service_count; i++) {
        struct sdcard_service *service = &card->services[i];

        prepare(card, service);
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(card->services[j].about.name, service->about.name) == 0)
                fail("--service %s comes twice: %s and %s", service->about.name,
                     card->services[j].path, service->path);
        }
        if (card->standard && strcmp(card->standard, service->about.name) == 0)
            is_there = true;
    }
    if (!is_there)
        fail("--default %s: no --service of that name goes onto the card", card->standard);
}

uint64_t sdcard_services_blocks(const struct sdcard *card)
{
    uint64_t slot_units = 1;

    for (unsigned i = 0; i < card->service_count; i++) {
        uint64_t blocks = SLOT_IMAGE_BLOCK +
                          (card->services[i].file.length + SLOT_BLOCK_BYTES - 1) / SLOT_BLOCK_BYTES;
        uint64_t units = (blocks + SLOT_UNIT_BLOCKS - 1) / SLOT_UNIT_BLOCKS;

        if (units > slot_units)
            slot_units = units;
    }
    return (2 + SLOT_SERVICES_MAX * SLOT_SLOTS * slot_units) * SLOT_UNIT_BLOCKS;
}

/* Makes what was just installed the confirmed one, by the steps a board would take. */
static void confirm(struct slot_store *store, unsigned service, unsigned slot, uint32_t counter)
{
    struct slot_table before = store->table;
    char reason[SLOT_REASON_BYTES];

    slot_table_started(&store->table, service, slot);
    slot_table_confirmed(&store->table, service, slot, counter);
    if (slot_store_commit(store, &before, reason) < 0)
        fail("cannot write the slots' table: %s", reason);
}

static void install(struct slot_store *store, const struct sdcard *card,
                    const struct sdcard_service *service)
{
    char reason[SLOT_REASON_BYTES];
    unsigned row, slot;

    if (slot_store_install(store, service->file.bytes, &service->about, card->tries, &row, &slot,
                           reason) < 0)
        fail("cannot install %s: %s", service->path, reason);
    confirm(store, row, slot, service->about.security_counter);
}

static void select_standard(struct slot_store *store, const char *name)
{
    struct slot_table before = store->table;
    char reason[SLOT_REASON_BYTES];
    int status = slot_table_select(&store->table, name, SLOT_ALWAYS);

    if (status < 0)
        fail("cannot select %s: %s", name, error_name(status));
    if (slot_store_commit(store, &before, reason) < 0)
        fail("cannot write the slots' table: %s", reason);
}

/* Reads all of it again, as a loader will: nothing is believed that was not seen. */
static void check(struct slot_store *store, const struct sdcard *card)
{
    char reason[SLOT_REASON_BYTES];

    for (unsigned i = 0; i < card->service_count; i++) {
        const struct sdcard_service *service = &card->services[i];
        size_t capacity = service->file.length + SLOT_BLOCK_BYTES;
        int row = slot_table_find(&store->table, service->about.name);
        struct slot_image about;
        void *bytes = malloc(capacity);
        int64_t length;

        if (!bytes)
            fail("out of memory for the %zu bytes of %s", service->file.length, service->path);
        length = row < 0
                     ? row
                     : slot_store_read(store, (unsigned)row, 0, bytes, capacity, &about, reason);
        if (length != (int64_t)service->file.length ||
            memcmp(bytes, service->file.bytes, service->file.length) != 0)
            fail("%s does not read back as it was written: %s", service->about.name,
                 length < 0 ? reason : "other bytes");
        free(bytes);
    }
}

void sdcard_services_write(const struct sdcard *card, const char *image, char *table)
{
    static struct slot_store store;
    struct pilot_block block;
    char reason[SLOT_REASON_BYTES] = "";

    pilot_block_open(&block, image, true);
    block.defers_flush = true; /* nobody starts from it before we are done */
    if (slot_store_open(&store, &block.device, true, card->tries, reason) < 0)
        fail("cannot open the slots just made: %s", reason);
    for (unsigned i = 0; i < card->service_count; i++)
        install(&store, card, &card->services[i]);
    if (card->standard)
        select_standard(&store, card->standard);
    /* Opened anew: what is durable, in both rings. */
    block.defers_flush = false;
    if (slot_store_open(&store, &block.device, true, card->tries, reason) < 0 || store.is_read_only)
        fail("cannot open the slots just written: %s", reason);
    check(&store, card);
    slot_store_text(&store, -1, 0, table, SLOT_TEXT_BYTES);
    if (block.device.flush(&block.device) < 0)
        fail("cannot write %s", card->image);
    pilot_block_close(&block);
}
