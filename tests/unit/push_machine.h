/*
 * push_machine: a simulated machine on a network, for the tests of what the loader does while
 * no service runs: start_machine.h's RAM, an adapter on a cable, and at the other end
 * push_clients.h's TFTP clients, and a boot server if a test wants one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PUSH_MACHINE_H
#define PUSH_MACHINE_H

#include "start_machine.h"

#include <stdio.h>

#include "after_service.h"
#include "clock.h"
#include "crc32c.h"
#include "irq.h"
#include "log.h"
#include "net.h"
#include "net_files.h"
#include "push_clients.h"
#include "rescue.h"
#include "sim_block.h"
#include "sim_fat.h"
#include "sim_tftp_cable.h"
#include "sources.h"
#include "uplink.h"

#define SECOND   UINT64_C(1000000)
#define LASTS_US (300 * SECOND)
#define SETTINGS                                                                                   \
    "pilot.network=static pilot.address=10.0.0.5 pilot.mask=255.255.255.0 "                        \
    "pilot.server=10.0.0.1 pilot.deploy=any pilot.wait_ms=1000 pilot.core=keep "

static struct sim_tftp_cable boot;
static struct image fetched, pushed, other, kept;
static struct sim_fat fat;
static struct sim_block card;
static struct sim_event too_long;

static inline void quiet(void *context)
{
    (void)context;
    sim_irq_set(USB_INTERRUPT, false);
}

/* What waits for ever would else do so in virtual time, which never ends. */
static inline void stop_the_test(void *context)
{
    (void)context;
    sim_stop("the loader waits for ever");
}

static inline void make_image(struct image *image, const char *name, uint8_t code)
{
    struct image_note *note;

    elf_builder_init(&b);
    note = (struct image_note *)(b.note + 24);
    snprintf(note->name, sizeof note->name, "%s", name);
    memset(b.bytes + BUILDER_TEXT_AT, code, 0x800);
    snprintf(image->name, sizeof image->name, "%s", name);
    memcpy(image->bytes, b.bytes, sizeof image->bytes);
}

/* What the boot arguments say, and nothing else. */
static inline void pass_settings(const char *settings)
{
    tree_begin(&tree);
    tree_string(&tree, "/", "model", "a board");
    tree_node(&tree, "/", "chosen");
    tree_string(&tree, "/chosen", "bootargs", settings);
    loader.fdt = tree_exact(&tree, &loader.fdt_available);
    settings_read(&loader);
}

static inline int push_setup(void **state)
{
    static _Alignas(64) uint8_t log_memory[8192];

    if (setup(state) < 0)
        return -1;
    sim_cable_init(&net.cable, 1);
    sim_peer_init(&net.peer, &net.cable);
    sim_board.ethernet = &net.cable.end[0].device;
    sim_board.network_status = 0;
    listen_to_the_board();
    irq_enable(USB_INTERRUPT, quiet, NULL);
    memset(clients, 0, sizeof clients);
    request_count = core_requests = 0;
    memset(log_memory, 0, sizeof log_memory);
    log_store_open(&loader.log_store, log_memory, sizeof log_memory);
    make_image(&fetched, "fetched", 0x11);
    make_image(&pushed, "pushed", 0x22);
    make_image(&other, "other", 0x33);
    make_image(&kept, "kept", 0x44);
    pass_settings(SETTINGS);
    sim_log_clear();
    sim_after_us(&too_long, LASTS_US, stop_the_test, NULL);
    return 0;
}

static inline int push_teardown(void **state)
{
    (void)state;
    net_files_stop();
    net_stop();
    sim_cable_clear(&net.cable);
    free(fat.storage);
    fat.storage = NULL;
    return 0;
}

#define PUSH_TEST(test) cmocka_unit_test_setup_teardown(test, push_setup, push_teardown)

/* A boot server that has this file under name, and no other. */
static inline void start_boot_server(const char *name, const uint8_t *bytes, size_t length)
{
    net.peer.end->arrived = below.take;
    net.peer.end->context = below.context;
    sim_tftp_cable_start(&boot, &net);
    listen_to_the_board();
    boot.tftp.name = name;
    boot.tftp.file = bytes;
    boot.tftp.length = length;
    boot.tftp.options = TFTP_BLKSIZE | TFTP_TSIZE | TFTP_TIMEOUT | TFTP_WINDOWSIZE;
}

/* A card, in use unless it is to be found. image: as service.elf; or null. */
static inline void insert_card(const struct image *image, bool in_use)
{
    sim_fat_format(&fat, 16, 1);
    if (image != NULL)
        sim_fat_add(&fat, "SERVICE ELF", NULL, image->bytes, sizeof image->bytes, 1);
    sim_block_init(&card, fat.storage, fat.block_count);
    sim_board.card = &card.device;
    sim_board.card_status = 0;
    if (in_use)
        loader.board.card = &card.device;
}

static inline void keep_image(int index, const struct image *image)
{
    memcpy((void *)keep_image_area(&loader, index).base, image->bytes, sizeof image->bytes);
    keep.images[index] = (struct keep_image){.bytes = sizeof image->bytes,
                                             .crc32c = crc32c(0, image->bytes, sizeof image->bytes),
                                             .version = "1.0.0"};
    snprintf(keep.images[index].name, sizeof keep.images[0].name, "%s", image->name);
    snprintf(keep.images[index].location, sizeof keep.images[0].location, "sd:kept.elf");
}

/* Turns until push index has had so many blocks acknowledged. */
static inline void until_block(unsigned index, unsigned block)
{
    for (unsigned i = 0; i < 10000; i++) {
        if (clients[index].block >= block)
            return;
        uplink_turn(&loader, clock_now_us() + SECOND);
    }
    fail_msg("push %u stands at block %u: %s", index, clients[index].block, sim_log());
}

static inline void assert_says(const char *text)
{
    if (strstr(sim_log(), text) == NULL)
        fail_msg("not in the log: \"%s\"\n%s", text, sim_log());
}

static inline void assert_silent_about(const char *text)
{
    if (strstr(sim_log(), text) != NULL)
        fail_msg("in the log: \"%s\"\n%s", text, sim_log());
}

/* Runs body, at whose end this image must have been entered, whole. */
static inline void assert_starts(void (*body)(void *), const struct image *image)
{
    if (!sim_expect_stop(body, NULL))
        fail_msg("nothing was started: %s", sim_log());
    assert_string_equal(sim_stop_message(), "service entered");
    assert_string_equal(keep.name, image->name);
    assert_memory_equal((void *)(IMAGE_AT + BUILDER_TEXT_AT), image->bytes + BUILDER_TEXT_AT,
                        0x800);
}

static inline void assert_returns(void (*body)(void *))
{
    if (sim_expect_stop(body, NULL))
        fail_msg("%s: %s: %s", sim_stop_message(), keep.name, sim_log());
}

/* ---- bodies ---- */

static inline void start_what_was_pushed(void *context)
{
    (void)context;
    start_pushed(&loader);
}

static inline void try_sources(void *context)
{
    sources_try(&loader, context);
}

/* As main.c goes on when the sources have come to nothing. */
static inline void try_sources_then_push(void *context)
{
    sources_try(&loader, context);
    if (loader.push_is_here)
        start_pushed(&loader);
}

#endif
