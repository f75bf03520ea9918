/*
 * push_machine: a simulated machine on a network, for the tests of what the loader does while
 * no service runs: start_machine.h's RAM, an adapter on a cable, and at the other end TFTP
 * clients that push and read by themselves, and a boot server if a test wants one.
 *
 * The clients live in events: they go on whatever function of the loader is under test.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PUSH_MACHINE_H
#define PUSH_MACHINE_H

#include "start_machine.h"

#include <stdio.h>

#include "after_service.h"
#include "bytes.h"
#include "clock.h"
#include "crc32c.h"
#include "irq.h"
#include "log.h"
#include "net.h"
#include "net_files.h"
#include "rescue.h"
#include "sim_block.h"
#include "sim_fat.h"
#include "sim_tftp_cable.h"
#include "sources.h"
#include "uplink.h"

#define SECOND        UINT64_C(1000000)
#define MILLISECOND   1000u
#define BLOCK         512u
#define REPEAT_US     500000u
#define LASTS_US      (300 * SECOND)
#define USB_INTERRUPT 9
#define UDP_AT        34
#define UDP_DATA_AT   42
#define CLIENTS       2
#define REQUESTS      8
#define SETTINGS                                                                                   \
    "pilot.network=static pilot.address=10.0.0.5 pilot.mask=255.255.255.0 "                        \
    "pilot.server=10.0.0.1 pilot.deploy=any pilot.wait_ms=1000 pilot.core=keep "

/* A file that can become a service, told from the others by its name and its code. */
struct image {
    char name[16];
    uint8_t bytes[BUILDER_LENGTH];
};

struct push_client {
    uint16_t port; /* 0: nobody */
    const char *name;
    const uint8_t *bytes; /* what is pushed; null: name is read */
    size_t length;
    uint32_t gap_us;   /* from an ACK to the next block */
    unsigned stops_at; /* the block that is not sent any more; 0: none */
    bool (*may_begin)(void);
    struct sim_event event;

    unsigned block; /* to be sent, or to be acknowledged; 0: the request */
    bool is_over;   /* everything acknowledged, or refused */
    uint64_t over_us;
    char refusal[TFTP_SERVER_REASON_BYTES]; /* "": none */
    uint8_t got[4096];                      /* what was read */
    size_t got_bytes;
};

static struct sim_net net;
static struct sim_tftp_cable boot;
static struct push_client clients[CLIENTS];
static struct image fetched, pushed, other, kept;
static char requests[REQUESTS][64]; /* the files that the board asked for */
static unsigned request_count;
static unsigned core_requests; /* of writes */
static struct sim_fat fat;
static struct sim_block card;
static struct {
    void (*take)(void *);
    void *context;
} below;
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

/* ---- clients ---- */

static inline void send_datagram(uint16_t port, const void *bytes, size_t length)
{
    static const uint8_t board[] = {10, 0, 0, 5};
    struct sim_frame frame;

    sim_peer_make_udp(&net.peer, &frame, net.peer.ip, port, board, 69, bytes, length);
    sim_peer_send(&net.peer, &frame);
    sim_irq_set(USB_INTERRUPT, true);
}

static inline void client_acts(void *context)
{
    struct push_client *client = context;
    uint8_t packet[4 + BLOCK];
    size_t length;

    if (client->may_begin != NULL && !client->may_begin()) {
        sim_after_us(&client->event, MILLISECOND, client_acts, client);
        return;
    }
    client->may_begin = NULL;
    if (client->stops_at != 0 && client->block >= client->stops_at)
        return;
    if (client->block == 0) {
        bytes_put_be16(packet, client->bytes != NULL ? 2 : 1);
        length = 2 + (size_t)snprintf((char *)packet + 2, 100, "%s", client->name) + 1;
        memcpy(packet + length, "octet", 6);
        length += 6;
    } else if (client->bytes != NULL) {
        size_t from = (size_t)(client->block - 1) * BLOCK;

        length = client->length - from < BLOCK ? client->length - from : BLOCK;
        bytes_put_be16(packet, 3);
        bytes_put_be16(packet + 2, (uint16_t)client->block);
        memcpy(packet + 4, client->bytes + from, length);
        length += 4;
    } else {
        bytes_put_be16(packet, 4);
        bytes_put_be16(packet + 2, (uint16_t)client->block);
        length = 4;
    }
    if (client->bytes != NULL || client->block == 0)
        sim_after_us(&client->event, REPEAT_US, client_acts, client);
    send_datagram(client->port, packet, length);
}

static inline void client_ends(struct push_client *client)
{
    client->is_over = true;
    client->over_us = clock_now_us();
    sim_cancel(&client->event);
}

static inline void client_hears(struct push_client *client, const uint8_t *bytes, size_t length)
{
    unsigned number = bytes_be16(bytes + 2), last = (unsigned)(client->length / BLOCK + 1);

    switch (bytes_be16(bytes)) {
    case 5:
        snprintf(client->refusal, sizeof client->refusal, "%.100s", (const char *)bytes + 4);
        client_ends(client);
        break;
    case 4:
        if (client->bytes == NULL || number != client->block)
            break;
        if (client->block == last) {
            client_ends(client);
            break;
        }
        client->block++;
        sim_after_us(&client->event, client->gap_us, client_acts, client);
        break;
    case 3:
        if (client->bytes != NULL || number != client->block + 1)
            break;
        assert_true(client->got_bytes + length - 4 < sizeof client->got);
        memcpy(client->got + client->got_bytes, bytes + 4, length - 4);
        client->got_bytes += length - 4;
        client->block++;
        sim_after_us(&client->event, client->gap_us, client_acts, client);
        client->is_over = length < 4 + BLOCK;
        break;
    default:
        break;
    }
}

static inline void note_request(const uint8_t *bytes)
{
    if (bytes_be16(bytes) == 2)
        core_requests++;
    else if (bytes_be16(bytes) == 1 && request_count < REQUESTS)
        snprintf(requests[request_count++], sizeof requests[0], "%.63s", (const char *)bytes + 2);
}

/* Something from the board has arrived at the other end. */
static inline void take_frame(void *context)
{
    const struct sim_frame *frame = &net.peer.datagram;
    unsigned before = net.peer.datagrams;

    (void)context;
    below.take(below.context);
    if (net.cable.end[0].queued != 0)
        sim_irq_set(USB_INTERRUPT, true);
    if (net.peer.datagrams == before)
        return;
    uint16_t port = bytes_be16(frame->bytes + UDP_AT + 2);
    const uint8_t *bytes = frame->bytes + UDP_DATA_AT;
    size_t length = bytes_be16(frame->bytes + UDP_AT + 4) - 8u;

    if (port == 69)
        note_request(bytes);
    for (unsigned i = 0; i < CLIENTS; i++)
        if (clients[i].port == port && !clients[i].is_over)
            client_hears(&clients[i], bytes, length);
}

static inline void listen_to_the_board(void)
{
    below.take = net.peer.end->arrived;
    below.context = net.peer.end->context;
    net.peer.end->arrived = take_frame;
}

/* From delay_us on, when may_begin (null: at once) says so. */
static inline struct push_client *push_later(unsigned index, const struct image *image,
                                             uint32_t gap_us, uint64_t delay_us)
{
    struct push_client *client = &clients[index];

    *client = (struct push_client){.port = (uint16_t)(4000 + index),
                                   .name = image != NULL ? image->name : NULL,
                                   .bytes = image != NULL ? image->bytes : NULL,
                                   .length = image != NULL ? sizeof image->bytes : 0,
                                   .gap_us = gap_us};
    sim_after_us(&client->event, delay_us, client_acts, client);
    return client;
}

/* ---- the machine ---- */

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
