/*
 * fuzz_slot_store: a card with a slot store whose bytes come from outside.
 *
 * An input is a description, not an image: byte 0 has flags, the rest are patches {region,
 * offset (2 bytes, little-endian), length, bytes} over a well-formed card that holds three
 * images of two services. With flags the records' and headers' CRCs are made right again, so
 * that what stands behind that check is reached too.
 *
 * Whatever the card says: writes stay within its slot partition, what is started has the digest
 * its header says, an install harms no other slot and is there when the card is opened again.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bytes.h"
#include "crc32c.h"
#include "error.h"
#include "sim.h"
#include "sim_block.h"
#include "slot_boot.h"
#include "slot_store.h"
#include "sodium/crypto_hash_sha256.h"

#define FIRST       SLOT_UNIT_BLOCKS
#define BLOCKS      (FIRST + SLOT_STORE_BLOCKS_MIN)
#define CARD_BYTES  (BLOCKS * SLOT_BLOCK_BYTES)
#define RING_1      (BLOCKS - SLOT_UNIT_BLOCKS)
#define IMAGE_BYTES 700
#define CAPACITY    2048
#define TRIES       3
#define SLOTS       (SLOT_SERVICES_MAX * SLOT_SLOTS)

enum flag { SEAL_RECORDS = 1, SEAL_HEADERS = 2, LOSE_RECORDS = 4, CLEAN = 8, READ_ONLY = 16 };
enum region { TABLE, RING_0_BLOCKS, RING_1_BLOCKS, HEADERS, IMAGES, REGIONS };

static int file_of_card = -1; /* the well-formed one */
static uint8_t *storage;
static struct sim_block card;
static struct slot_store store;
static _Alignas(8) uint8_t image[IMAGE_BYTES + 4], buffer[CAPACITY];
static char reason[SLOT_REASON_BYTES];

/* ---- the well-formed card ---- */

static struct slot_image make_image(const char *name, const char *version)
{
    struct slot_image about = {.bytes = IMAGE_BYTES, .security_counter = 1};

    for (unsigned i = 0; i < IMAGE_BYTES; i++)
        image[i] = (uint8_t)(i * 7 + version[0] + name[0]);
    strcpy(about.name, name);
    strcpy(about.version, version);
    crypto_hash_sha256(about.digest, image, IMAGE_BYTES);
    return about;
}

static void check_range(uint64_t first, uint32_t count)
{
    if (first < store.first || first >= BLOCKS || count > BLOCKS - first)
        sim_stop("%u blocks are written from %llu on", count, (unsigned long long)first);
}

static int (*write_blocks)(struct block_device *, uint64_t, uint32_t, const void *);

static int write_checked(struct block_device *device, uint64_t first, uint32_t count,
                         const void *bytes)
{
    check_range(first, count);
    return write_blocks(device, first, count, bytes);
}

static void insert_card(bool is_private)
{
    storage = mmap(NULL, CARD_BYTES, PROT_READ | PROT_WRITE, is_private ? MAP_PRIVATE : MAP_SHARED,
                   file_of_card, 0);
    if (storage == MAP_FAILED)
        sim_stop("no memory for a card");
    sim_block_init(&card, storage, BLOCKS);
    write_blocks = card.device.write;
    card.device.write = write_checked;
}

static void install(const char *name, const char *version, bool confirm)
{
    struct slot_image about = make_image(name, version);
    struct slot_table before;
    unsigned service, slot;

    if (slot_store_install(&store, image, &about, TRIES, &service, &slot, reason) < 0)
        sim_stop("the well-formed card: %s", reason);
    before = store.table;
    if (confirm) {
        slot_table_started(&store.table, service, slot);
        slot_table_confirmed(&store.table, service, slot, 1);
        slot_store_commit(&store, &before, reason);
    }
}

static void make_card(void)
{
    uint8_t *entry;

    file_of_card = memfd_create("card", 0);
    if (file_of_card < 0 || ftruncate(file_of_card, (off_t)CARD_BYTES) != 0)
        sim_stop("no memory for a card");
    insert_card(false);
    entry = storage + 446 + 16;
    entry[4] = SLOT_PARTITION_TYPE;
    bytes_put_le32(entry + 8, FIRST);
    bytes_put_le32(entry + 12, SLOT_STORE_BLOCKS_MIN);
    bytes_put_le16(storage + 510, 0xaa55);
    if (slot_store_open(&store, &card.device, true, TRIES, reason) < 0)
        sim_stop("the well-formed card: %s", reason);
    install("dns", "1", true);
    install("echo", "1", true);
    install("dns", "2", false);
    munmap(storage, CARD_BYTES);
}

/* ---- what comes from outside ---- */

static uint8_t *block_at(uint64_t block)
{
    return storage + block * SLOT_BLOCK_BYTES;
}

static uint64_t slot_block(unsigned index)
{
    return FIRST + SLOT_UNIT_BLOCKS + index * (uint64_t)SLOT_UNIT_BLOCKS;
}

/* The byte that an offset of a region means: of what is in use only. */
static uint8_t *place_of(enum region region, unsigned offset)
{
    switch (region) {
    case TABLE:
        return storage + 440 + offset % 72;
    case RING_0_BLOCKS:
        return block_at(FIRST) + offset % (SLOT_RING_RECORDS * SLOT_BLOCK_BYTES);
    case RING_1_BLOCKS:
        return block_at(RING_1) + offset % (SLOT_RING_RECORDS * SLOT_BLOCK_BYTES);
    case HEADERS:
        return block_at(slot_block(offset / SLOT_BLOCK_BYTES % SLOTS)) + offset % SLOT_BLOCK_BYTES;
    default:
        return block_at(slot_block(offset / 1024 % SLOTS) + SLOT_IMAGE_BLOCK) + offset % 1024;
    }
}

static void apply_patches(const uint8_t *bytes, size_t length)
{
    while (length > 4) {
        size_t part = bytes[3] < length - 4 ? bytes[3] : length - 4;
        uint8_t *at = place_of(bytes[0] % REGIONS, bytes_le16(bytes + 1));

        /* Over the end of a region is into what is not in use, except behind the table. */
        for (size_t i = 0; i < part; i++) {
            if (bytes[0] % REGIONS != TABLE || at + i < storage + SLOT_BLOCK_BYTES)
                at[i] = bytes[4 + i];
        }
        bytes += 4 + part;
        length -= 4 + part;
    }
}

static void seal(uint8_t *block)
{
    uint32_t crc = crc32c(0, block, SLOT_BLOCK_BYTES - 4);

    memcpy(block + SLOT_BLOCK_BYTES - 4, &crc, sizeof crc);
}

static void finish_card(unsigned flags)
{
    for (unsigned i = 0; i < SLOT_RING_RECORDS; i++) {
        uint8_t *records[] = {block_at(FIRST + i), block_at(RING_1 + i)};

        for (unsigned ring = 0; ring < 2; ring++) {
            if (flags & LOSE_RECORDS)
                memset(records[ring], 0, SLOT_BLOCK_BYTES);
            else if ((flags & SEAL_RECORDS) && bytes_le32(records[ring]) == SLOT_RECORD_MAGIC)
                seal(records[ring]);
        }
    }
    for (unsigned i = 0; i < SLOTS && (flags & SEAL_HEADERS); i++) {
        if (bytes_le32(block_at(slot_block(i))) == SLOT_HEADER_MAGIC)
            seal(block_at(slot_block(i)));
    }
}

/* ---- what must hold all the same ---- */

static int judge(struct slot_judge *self, const void *file, size_t length,
                 const struct slot_image *about, uint32_t floor, char *why)
{
    uint8_t digest[32];

    (void)self;
    crypto_hash_sha256(digest, file, length);
    if (length != about->bytes || memcmp(digest, about->digest, sizeof digest) != 0)
        sim_stop("what is judged is not what the header says");
    strcpy(why, "below the floor");
    return about->security_counter < floor ? ERROR_REFUSED : 0;
}

static void tell(struct slot_judge *self, const char *sentence)
{
    (void)self;
    if (sentence[0] == '\0' || strlen(sentence) > 200)
        sim_stop("told: %s", sentence);
}

static void look_at_text(void)
{
    static char text[SLOT_TEXT_BYTES];
    size_t length = slot_store_text(&store, 0, 0, text, sizeof text);

    if (length + 1 >= sizeof text || length != strlen(text))
        sim_stop("the text has %zu bytes", length);
    for (size_t i = 0; i < length; i++) {
        if ((text[i] < ' ' || text[i] > '~') && text[i] != '\n')
            sim_stop("character %02x in the text", (unsigned char)text[i]);
    }
}

static void start(void)
{
    struct slot_judge court = {judge, tell};
    struct slot_choice choice;
    bool was_read_only = store.is_read_only;
    int64_t length = slot_boot_choose(&store, NULL, "echo", buffer, sizeof buffer, &court, &choice);
    const struct slot_entry *entry;

    if (length < 0)
        return;
    entry = &store.table.services[choice.service].slots[choice.slot];
    if (entry->state != choice.state || entry->install != choice.install ||
        (choice.state != SLOT_CONFIRMED && (choice.state != SLOT_TRIAL || was_read_only)))
        sim_stop("slot %u %u was chosen, state %u", choice.service, choice.slot, choice.state);
    slot_boot_fail(&store, choice.service, choice.slot, choice.install, false, reason);
}

static void look_at_slots(uint32_t seen[SLOTS])
{
    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot_image about;
        int64_t length = slot_store_read(&store, i / SLOT_SLOTS, i % SLOT_SLOTS, buffer,
                                         sizeof buffer, &about, reason);

        seen[i] = length < 0 ? (uint32_t)length : crc32c(1, buffer, (size_t)length);
    }
}

static void install_one_more(void)
{
    struct slot_image about = make_image("dns", "3");
    uint32_t before[SLOTS], after[SLOTS];
    unsigned service = 0, slot = 0;
    int status;

    look_at_slots(before);
    status = slot_store_install(&store, image, &about, TRIES, &service, &slot, reason);
    if (status < 0)
        return;
    if (slot_store_open(&store, &card.device, true, TRIES, reason) < 0 || reason[0] != '\0')
        sim_stop("after an install: %s", reason);
    look_at_slots(after);
    before[service * SLOT_SLOTS + slot] = crc32c(1, image, IMAGE_BYTES);
    if (memcmp(before, after, sizeof before) != 0)
        sim_stop("an install has changed another slot, or not its own");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    int status;

    if (length == 0)
        return 0;
    sim_reset();
    if (file_of_card < 0)
        make_card();
    insert_card(true);
    apply_patches(bytes + 1, length - 1);
    finish_card(bytes[0]);
    card.read_only = (bytes[0] & READ_ONLY) != 0;
    status = slot_store_open(&store, &card.device, (bytes[0] & CLEAN) != 0, TRIES, reason);
    if (status > 0 || (status < 0 && reason[0] == '\0') ||
        (status == 0 && !slot_table_is_sound(&store.table)))
        sim_stop("open: %d, %s", status, reason);
    if (status == 0) {
        look_at_text();
        start();
        install_one_more();
        look_at_text();
    }
    munmap(storage, CARD_BYTES);
    return 0;
}
