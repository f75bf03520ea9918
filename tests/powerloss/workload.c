/*
 * workload: see the header.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "workload.h"

#include <string.h>

#include "bytes.h"
#include "error.h"
#include "rules.h"
#include "verdict.h"

const struct step workload[] = {
    {"install the first service on an empty card", STEP_INSTALL, DNS_1, 0},
    {"start it from memory", STEP_BEGIN, DNS_1, 0},
    {"boot: its second try", STEP_BOOT, DNS_1, 0},
    {"it confirms itself", STEP_CONFIRM, DNS_1, 0},
    {"boot what is confirmed", STEP_BOOT, DNS_1, 0},
    {"select it for always", STEP_SELECT, DNS_1, SLOT_ALWAYS},
    {"install a second service while the first one runs", STEP_INSTALL, ECHO_1, 0},
    {"select it once", STEP_SELECT, ECHO_1, SLOT_ONCE},
    {"boot the second service on trial", STEP_BOOT, ECHO_1, 0},
    {"it fails", STEP_FAIL, ECHO_1, false},
    {"boot: back to the first", STEP_BOOT, DNS_1, 0},
    {"install the second service once more", STEP_INSTALL, ECHO_2, 0},
    {"and over it, before it ever started", STEP_INSTALL, ECHO_3, 0},
    {"select it for always", STEP_SELECT, ECHO_3, SLOT_ALWAYS},
    {"boot it", STEP_BOOT, ECHO_3, 0},
    {"it confirms itself", STEP_CONFIRM, ECHO_3, 0},

    {"install the first service's second version", STEP_INSTALL, DNS_2, 0},
    {"select the first service for always", STEP_SELECT, DNS_2, SLOT_ALWAYS},
    {"boot it on trial", STEP_BOOT, DNS_2, 0},
    {"boot: the second try", STEP_BOOT, DNS_2, 0},
    {"boot: the last try", STEP_BOOT, DNS_2, 0},
    {"boot: the tries are used up", STEP_BOOT, DNS_1, 0},
    {"turn the rings round", STEP_TURN, DNS_1, 2 * SLOT_RING_RECORDS + 3},
    {"install the third version", STEP_INSTALL, DNS_3, 0},
    {"start it from memory", STEP_BEGIN, DNS_3, 0},
    {"it confirms itself, and the floor rises", STEP_CONFIRM, DNS_3, 0},
    {"install one that is below the floor", STEP_INSTALL, DNS_OLD, 0},
    {"boot: it is passed over", STEP_BOOT, DNS_3, 0},
    {"install one that was altered", STEP_INSTALL, DNS_ALTERED, 0},
    {"boot: it is passed over", STEP_BOOT, DNS_3, 0},
    {"install one that a stranger signed", STEP_INSTALL, DNS_FORGED, 0},
    {"boot: it is passed over", STEP_BOOT, DNS_3, 0},
    {"install one that nobody signed", STEP_INSTALL, DNS_UNSIGNED, 0},
    {"boot: it is passed over", STEP_BOOT, DNS_3, 0},

    {"install the fourth version", STEP_INSTALL, DNS_4, 0},
    {"boot it on trial", STEP_BOOT, DNS_4, 0},
    {"it confirms itself", STEP_CONFIRM, DNS_4, 0},
    {"it crashes", STEP_FAIL, DNS_4, false},
    {"boot it again", STEP_BOOT, DNS_4, 0},
    {"it crashes after a long time", STEP_FAIL, DNS_4, true},
    {"boot it again", STEP_BOOT, DNS_4, 0},
    {"it crashes a second time in a row", STEP_FAIL, DNS_4, false},
    {"boot it again", STEP_BOOT, DNS_4, 0},
    {"it crashes a third time in a row", STEP_FAIL, DNS_4, false},
    {"boot: the one before has a start", STEP_BOOT, DNS_3, 0},
    {"boot: and only one", STEP_BOOT, DNS_4, 0},
    {"select the second service once", STEP_SELECT, ECHO_3, SLOT_ONCE},
    {"boot it", STEP_BOOT, ECHO_3, 0},
    {"install its older version again", STEP_INSTALL, ECHO_2, 0},
    {"start it from memory", STEP_BEGIN, ECHO_2, 0},
    {"it fails", STEP_FAIL, ECHO_2, false},
    {"boot the first service", STEP_BOOT, DNS_4, 0},
    {"its image decays", STEP_ROT, DNS_4, 0},
    {"boot: the one before", STEP_BOOT, DNS_3, 0},
    {"install the second version over what decayed", STEP_INSTALL, DNS_4, 0},
    {"boot it on trial", STEP_BOOT, DNS_4, 0},
    {"it fails on trial", STEP_FAIL, DNS_4, false},
    {"boot: back", STEP_BOOT, DNS_3, 0},

    {"both rings are lost", STEP_LOSE_RINGS, DNS_3, 0},
    {"boot the later install on trial", STEP_BOOT, DNS_4, 0},
    {"it confirms itself", STEP_CONFIRM, DNS_4, 0},
    {"boot it", STEP_BOOT, DNS_4, 0},
    {"both rings are lost", STEP_LOSE_RINGS, DNS_3, 0},
    {"install first of all", STEP_INSTALL, ECHO_1, 0},
    {"boot", STEP_BOOT, DNS_4, 0},
};
const unsigned workload_steps = sizeof(workload) / sizeof(workload[0]);

void workload_format(struct power_card *card)
{
    uint8_t block[SLOT_BLOCK_BYTES] = {0};
    uint8_t *entry = block + 446;

    entry[4] = 0x0c; /* FAT32 */
    bytes_put_le32(entry + 8, 2048);
    bytes_put_le32(entry + 12, SLOT_UNIT_BLOCKS - 2048);
    entry += 16;
    entry[4] = SLOT_PARTITION_TYPE;
    bytes_put_le32(entry + 8, POWER_CARD_STORE);
    bytes_put_le32(entry + 12, POWER_CARD_BLOCKS - POWER_CARD_STORE);
    block[510] = 0x55;
    block[511] = 0xaa;
    power_card_put(card, 0, block);
}

bool workload_can_be_cut(const struct step *step)
{
    return step->kind != STEP_ROT && step->kind != STEP_LOSE_RINGS && step->kind != STEP_TURN;
}

static void expect(const char *what, int status, int expected)
{
    if (status != expected)
        verdict_fail("%s: %s, not %s", what, error_name(status), error_name(expected));
}

static void expect_image(int image, int expected)
{
    if (image != expected)
        verdict_fail("%s is started, not %s", image < 0 ? "nothing" : images[image].about.version,
                     expected < 0 ? "nothing" : images[expected].about.version);
}

/* Decay is nobody's write: it goes to the card directly. */
static void rot(struct machine *machine, const char *service)
{
    uint8_t block[SLOT_BLOCK_BYTES];
    struct slot_table table;
    unsigned row = 0, slot;

    rules_durable(machine->card, &table);
    while (strcmp(table.services[row].name, service) != 0)
        row++;
    slot = table.services[row].slots[1].install > table.services[row].slots[0].install;
    uint32_t at =
        POWER_CARD_STORE + SLOT_UNIT_BLOCKS * (1 + row * SLOT_SLOTS + slot) + SLOT_IMAGE_BLOCK + 1;

    memcpy(block, power_card_at(machine->card, at, NULL), sizeof(block));
    block[100] ^= 0x40;
    power_card_put(machine->card, at, block);
}

static void lose_rings(struct power_card *card)
{
    static const uint8_t nothing[SLOT_BLOCK_BYTES];

    for (uint32_t i = 0; i < SLOT_RING_RECORDS; i++) {
        power_card_put(card, POWER_CARD_STORE + i, nothing);
        power_card_put(card, POWER_CARD_RING_1 + i, nothing);
    }
}

static void turn(struct machine *machine, const struct step *step)
{
    machine_stop(machine);
    for (int i = 0; i < step->argument; i++) {
        machine->record_count = 0;
        expect("select",
               machine_select(machine, images[step->image].about.name,
                              i % 2 == 0 ? SLOT_ONCE : SLOT_ALWAYS),
               0);
    }
    if (step->argument % 2 != 0)
        expect("select", machine_select(machine, images[step->image].about.name, SLOT_ALWAYS), 0);
}

void workload_do(const struct step *step, struct machine *machine)
{
    switch (step->kind) {
    case STEP_INSTALL:
        expect("install", machine_install(machine, step->image), step->argument);
        break;
    case STEP_BEGIN:
        expect("begin", machine_begin(machine), 0);
        break;
    case STEP_BOOT:
        machine_stop(machine);
        expect_image(machine_boot(machine), step->image);
        break;
    case STEP_CONFIRM:
        expect("confirm", machine_confirm(machine), 0);
        break;
    case STEP_FAIL:
        expect("fail", machine_fail(machine, step->argument != 0), 0);
        break;
    case STEP_SELECT:
        expect(
            "select",
            machine_select(machine, images[step->image].about.name, (enum slot_when)step->argument),
            0);
        break;
    case STEP_ROT:
        rot(machine, images[step->image].about.name);
        break;
    case STEP_LOSE_RINGS:
        lose_rings(machine->card);
        break;
    case STEP_TURN:
        turn(machine, step);
        break;
    }
}
