/*
 * network: device, stack, address, in this order; and the device once more when it is gone.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "network.h"

#include <string.h>

#include "board.h"
#include "boot_record.h"
#include "clock.h"
#include "duties.h"
#include "error.h"
#include "ethernet_device.h"
#include "event_loop.h"
#include "guardian.h"
#include "log.h"
#include "net.h"
#include "net_hand_over.h"
#include "service_parts.h"

#define ADDRESS_WAIT_US 10000000
#define PUSHED          "push:" /* begins the location of an image that was */

#define PAUSE_FIRST_US 1000000
#define PAUSE_LAST_US  60000000
#define STEADY_US      60000000

static bool proof_is_owed;    /* the network worked before us, and we have not shown that it does */
static struct board *machine; /* null: there is no network */

static struct {
    uint64_t next_us;  /* when to try; CLOCK_NEVER: the device is there */
    uint64_t pause_us; /* before the try after that */
    uint64_t since_us; /* it is gone, or there */
    bool has_failed;   /* and the log says so */
    struct ethernet_statistics counted;
} restart = {.next_us = CLOCK_NEVER};

/* The device as the loader left it, or from the beginning. */
static int start_device(struct board *board, const struct boot_record *record)
{
    int status;

    if (record->over.has_usb && (record->loader.features & BOOT_FEATURE_WARM)) {
        status = board_adopt_network(board, &record->over.usb);
        if (status == 0)
            return 0;
        log_line("network", "not taken over from the loader: %s", error_name(status));
    }
    return board_start_network(board);
}

static int wait_for_address(void)
{
    uint64_t deadline_us = clock_now_us() + ADDRESS_WAIT_US;

    net_dhcp_start();
    while (!net_lease(NULL)) {
        if (clock_passed(deadline_us)) {
            log_line("network", "no address within 10 s; still asking");
            return ERROR_TIMEOUT;
        }
        event_loop_round(deadline_us);
    }
    return 0;
}

int network_start(struct board *board, const struct boot_record *record)
{
    struct net_identity identity = {.class_id = "pilotlight"};
    struct net_lease lease = {0};
    int status;

    proof_is_owed =
        record->over.has_lease || strncmp(record->service.location, PUSHED, sizeof PUSHED - 1) == 0;
    machine = NULL;
    restart.next_us = CLOCK_NEVER;
    restart.pause_us = 0;
    status = start_device(board, record);
    if (status < 0) {
        log_line("network", "none: %s", error_name(status));
        return status;
    }
    memcpy(identity.mac, board->ethernet->mac, sizeof identity.mac);
    memcpy(identity.serial, board->serial, sizeof identity.serial);
    status = net_start(board->ethernet, &identity);
    if (status < 0) {
        log_line("network", "%s does not start: %s", board->ethernet->name, error_name(status));
        return status;
    }
    machine = board;
    service_udp_init();
    if (net_hand_over_adopt(&record->over, identity.mac, clock_now_us(), &lease))
        return 0;
    return wait_for_address();
}

bool network_is_proven(void)
{
    static const struct net_address none;
    struct net_lease lease;

    if (proof_is_owed && machine && machine->ethernet && net_lease(&lease) &&
        (machine->ethernet->statistics.frames_received != 0 ||
         memcmp(&lease.dhcp_server, &none, sizeof none) == 0))
        proof_is_owed = false;
    return !proof_is_owed;
}

/* ---- a device that is gone ---- */

static void set_next(uint64_t now_us)
{
    restart.next_us = now_us + restart.pause_us;
    restart.pause_us = restart.pause_us == 0                  ? PAUSE_FIRST_US
                       : restart.pause_us < PAUSE_LAST_US / 2 ? 2 * restart.pause_us
                                                              : PAUSE_LAST_US;
    duties_at(restart.next_us);
}

void network_lost(void)
{
    uint64_t now_us = clock_now_us();

    if (!machine || !machine->ethernet)
        return;
    log_line("network", "%s is gone: USB is started again", machine->ethernet->name);
    restart.counted = machine->ethernet->statistics;
    net_lose_device();
    if (now_us - restart.since_us >= STEADY_US)
        restart.pause_us = 0;
    restart.since_us = now_us;
    restart.has_failed = false;
    set_next(now_us);
}

uint64_t network_deadline_us(void)
{
    return restart.next_us;
}

static int start_again(void)
{
    int status;

    guardian_usb_begins();
    (void)board_stop_network(machine); /* what does not stop is reset */
    status = board_start_network(machine);
    if (status == 0)
        status = net_regain_device(machine->ethernet);
    guardian_usb_ends();
    return status;
}

void network_bring_back(void)
{
    int status = start_again();
    uint64_t now_us = clock_now_us();

    if (status < 0) {
        if (!restart.has_failed)
            log_line("network", "still gone: %s", error_name(status));
        restart.has_failed = true;
        set_next(now_us);
        return;
    }
    restart.next_us = CLOCK_NEVER;
    machine->ethernet->statistics = restart.counted;
    log_line("network", "%s is back after %u ms", machine->ethernet->name,
             (unsigned)((now_us - restart.since_us) / 1000));
    restart.since_us = now_us;
}
