/*
 * slots_machine: push_machine.h's loader with a card in use that has a slot store on it, for the
 * tests of what the loader does with slots.
 *
 * What is on the card is put there and looked at by a store of the test's own.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SLOTS_MACHINE_H
#define SLOTS_MACHINE_H

#include "push_machine.h"
#include "sim_keys.h"
#include "slot_store.h"
#include "slots.h"
#include "sodium/crypto_hash_sha256.h"

#define CARD_BLOCKS (SLOT_UNIT_BLOCKS + SLOT_STORE_BLOCKS_MIN)
#define CARD_BYTES  (CARD_BLOCKS * SLOT_BLOCK_BYTES)
#define COUNTER     5 /* of the images' notes */

static uint8_t *card_storage;
static struct slot_store on_card;
static char reason[ELF_REASON_BYTES];
static uint64_t written_before;

static inline void open_own(void)
{
    assert_int_equal(slot_store_open(&on_card, &card.device, false, SLOT_TRIES, reason), 0);
    assert_string_equal(reason, "");
}

/* What is on the card now. */
static inline struct slot_entry entry(const char *name, char slot)
{
    open_own();
    int service = slot_table_find(&on_card.table, name);

    assert_true(service >= 0);
    return on_card.table.services[service].slots[slot - 'A'];
}

static inline void assert_entry(const char *name, char slot, unsigned state, unsigned tries)
{
    struct slot_entry now = entry(name, slot);

    if (now.state != state || now.tries != tries)
        fail_msg("%s %c: %s, %u tries, not %s, %u; %s", name, slot, slot_state_name(now.state),
                 now.tries, slot_state_name(state), tries, sim_log());
}

static inline void change(void (*how)(struct slot_entry *entry), const char *name, char slot)
{
    open_own();
    struct slot_table before = on_card.table;
    int service = slot_table_find(&on_card.table, name);

    how(&on_card.table.services[service].slots[slot - 'A']);
    assert_int_equal(slot_store_commit(&on_card, &before, reason), 0);
}

static inline void be_confirmed(struct slot_entry *slot)
{
    slot->state = SLOT_CONFIRMED;
    slot->tries = 0;
}

static inline void be_on_trial(struct slot_entry *slot)
{
    slot->state = SLOT_TRIAL;
}

static inline void be_bad(struct slot_entry *slot)
{
    slot->state = SLOT_BAD;
    slot->tries = 0;
}

/* Puts bytes into the free slot of that service, with 3 tries. Returns which that is. */
static inline char put(const char *name, const void *bytes, size_t length)
{
    struct slot_image about = {.bytes = length, .security_counter = COUNTER, .version = "1.0.0"};
    static _Alignas(8) uint8_t whole[BUILDER_LENGTH + 1024];
    unsigned service, slot;

    snprintf(about.name, sizeof about.name, "%s", name);
    memcpy(whole, bytes, length);
    crypto_hash_sha256(about.digest, whole, length);
    open_own();
    assert_int_equal(
        slot_store_install(&on_card, whole, &about, SLOT_TRIES, &service, &slot, reason), 0);
    return (char)('A' + slot);
}

static inline char put_image(const struct image *image)
{
    return put(image->name, image->bytes, sizeof image->bytes);
}

static inline char put_confirmed(const struct image *image)
{
    char slot = put_image(image);

    change(be_confirmed, image->name, slot);
    return slot;
}

/* The same service's image, with another code. */
static inline void make_other(struct image *image, const char *name, uint8_t code)
{
    make_image(image, name, code);
}

/* The store mirrors what was written last when it is opened: that has been done. */
static inline void settle(void)
{
    open_own();
    written_before = card.blocks_written;
}

static inline void assert_nothing_written(void)
{
    assert_int_equal(card.blocks_written, written_before);
}

static inline int slots_setup(void **state)
{
    if (push_setup(state) < 0)
        return -1;
    card_storage = mmap(NULL, CARD_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(card_storage, MAP_FAILED);
    card_storage[446 + 4] = SLOT_PARTITION_TYPE;
    bytes_put_le32(card_storage + 446 + 8, SLOT_UNIT_BLOCKS);
    bytes_put_le32(card_storage + 446 + 12, SLOT_STORE_BLOCKS_MIN);
    bytes_put_le16(card_storage + 510, 0xaa55);
    sim_block_init(&card, card_storage, CARD_BLOCKS);
    sim_board.card = loader.board.card = &card.device;
    sim_board.card_status = sim_board.adopt_card_status = sim_board.describe_card_status = 0;
    sim_board.card_description = (struct boot_card){.host = BOARD_CARD_SDHOST, .address = 0x70000};
    sim_keys_clear();
    slots_look(&loader);
    sim_log_clear();
    return 0;
}

static inline int slots_teardown(void **state)
{
    munmap(card_storage, CARD_BYTES);
    sim_keys_clear();
    return push_teardown(state);
}

#define SLOTS_TEST(test) cmocka_unit_test_setup_teardown(test, slots_setup, slots_teardown)

/* ---- bodies ---- */

/* As after power-on: the card was started and looked at. */
static inline void try_slots(void *named)
{
    if (loader.board.card != NULL)
        slots_look(&loader);
    status = slots_try(&loader, named);
}

/* Runs the image from that slot; the loader is in guard calls from then on. */
static inline void run_from(const struct image *image, char slot)
{
    assert_starts(try_slots, image);
    assert_int_equal(keep.origin.slot, slot);
    assert_null(loader.board.card); /* at rest */
    sim_log_clear();
}

/* The service has ended: the loader begins anew, with the card taken over. */
static inline void come_back(void)
{
    loader.service = (struct loader_service){0};
    loader.board.card = &card.device;
    slots_look(&loader);
    sim_log_clear();
}

/* An image arrives as a push, and is found good. */
static inline void upload(const struct image *image)
{
    memcpy((void *)loader.staging.base, image->bytes, sizeof image->bytes);
    if (pushed_check(&loader, sizeof image->bytes, "push:10.0.0.1/x", reason) < 0)
        fail_msg("%s", reason);
}

#endif
