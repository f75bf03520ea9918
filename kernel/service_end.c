/*
 * service_end: the ways a service stops.
 *
 * With a loader that stands guard the machine is handed back: devices at rest and described,
 * so that who comes next can go on with them. The log is not written out before that: a serial
 * line takes 11 bytes a millisecond, and the loader has every line; it is told how many of them
 * the consoles lack. Without a loader nobody comes next, and the log goes out first.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stddef.h>
#include <string.h>

#include "board.h"
#include "check.h"
#include "boot_record.h"
#include "error.h"
#include "ethernet_device.h"
#include "guardian.h"
#include "hand_over.h"
#include "log.h"
#include "net_files.h"
#include "net_hand_over.h"
#include "power.h"
#include "service.h"
#include "service_parts.h"

/* A full log ring at 115,200 baud. */
#define FLUSH_TIMEOUT_US 2000000

static struct board *machine;
static const struct boot_record *started_with;

void service_end_init(struct board *board, const struct boot_record *record)
{
    machine = board;
    started_with = record;
}

/* The log goes out first: if a device cannot be stopped, at least that is known. */
static void stop_machine(void)
{
    int status;

    service_log_flush();
    log_flush(FLUSH_TIMEOUT_US);
    status = machine ? board_quiesce(machine) : 0;
    if (status < 0) {
        log_line("kernel", "a device did not stop: %s", error_name(status));
        log_flush(FLUSH_TIMEOUT_US);
    }
}

/* What is known while the network still runs. A push is remembered even when nothing is taken
 * over running. */
static void describe_network(struct hand_over *over)
{
    if (!machine->ethernet)
        return;
    net_hand_over_describe(over, machine->ethernet->mac);
    if (started_with->loader.features & BOOT_FEATURE_WARM)
        return;
    over->has_lease = false;
    over->neighbour_count = 0;
}

/* No service uses the card: it is as the loader left it. */
static void describe_devices(struct hand_over *over)
{
    if (!(started_with->loader.features & BOOT_FEATURE_WARM))
        return;
    over->has_usb = board_describe_network(&over->usb) == 0;
    over->has_card = started_with->over.has_card;
    over->card = started_with->over.card;
}

/* The network stack is left as it is: this may be called from one of its callbacks, and its
 * memory is gone in a moment. */
_Noreturn void service_end_hand_back(const struct boot_hand_back *request)
{
    static _Alignas(8) uint8_t list[HAND_OVER_BYTES_MAX];
    static struct hand_over over;
    int status;

    service_log_flush();
    over = (struct hand_over){.has_hand_back = true, .hand_back = *request, .has_log = true};
    describe_network(&over);
    net_files_stop();
    status = board_quiesce(machine);
    if (status < 0)
        log_line("kernel", "a device did not stop: %s", error_name(status));
    describe_devices(&over);
    over.log.undrained = (uint32_t)log_undrained();
    if (guardian_log_kept())
        over.log.sent = *guardian_log_kept()->sent;
    status = hand_over_build(list, sizeof list, &over);
    if (status > 0)
        status = (int)guardian_call(GUARD_HAND_BACK, (uintptr_t)list, (uint64_t)status);
    /* The loader stands there all the same, with images to start: this ends as a crash does,
     * not by a reset that would lose them. */
    log_line("kernel", "the loader does not take the machine back: %s", error_name(status));
    check_failed("the loader takes the machine back", __FILE_NAME__, __LINE__);
}

_Noreturn void service_exit(int status)
{
    bool guarded = guardian_is_there() && machine;

    service_log_flush();
    log_line("kernel", "the service ended with status %d: %s", status,
             guarded       ? "back to the loader"
             : status == 0 ? "power off"
                           : "reset");
    if (guarded)
        service_end_hand_back(
            &(struct boot_hand_back){.kind = BOOT_HAND_BACK_EXIT, .status = status});
    stop_machine();
    if (status == 0)
        power_off();
    power_reset();
}

_Noreturn void service_reboot(void)
{
    bool guarded = guardian_is_there() && machine;

    service_log_flush();
    log_line("kernel", "the service asks for a %s", guarded ? "reboot" : "reset");
    if (guarded)
        service_end_hand_back(&(struct boot_hand_back){.kind = BOOT_HAND_BACK_REBOOT});
    stop_machine();
    power_reset();
}

_Noreturn void service_reset(void)
{
    service_log_flush();
    log_line("kernel", "the service resets the machine");
    stop_machine();
    power_reset();
}

/* A name that a log can show and a boot source look for. */
static bool is_file_name(const char *name)
{
    size_t length = 0;

    while (name[length] > 0x20 && name[length] <= 0x7e)
        if (++length == sizeof((struct boot_hand_back *)0)->name)
            return false;
    return length > 0 && name[length] == '\0';
}

int service_start_next(const char *file)
{
    struct boot_hand_back request = {.kind = BOOT_HAND_BACK_NEXT};

    if (!is_file_name(file))
        return ERROR_INVALID;
    if (!guardian_is_there() || !machine)
        return ERROR_UNSUPPORTED;
    memcpy(request.name, file, strlen(file));
    log_line("kernel", "the service asks for %s", file);
    service_end_hand_back(&request);
}
