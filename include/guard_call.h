/*
 * guard_call: what a service can ask of the loader that stands guard at EL2.
 *
 * By HVC #0 or SMC #0 with the SMC Calling Convention (Arm DEN 0028): x0 = function,
 * x1-x4 = arguments; x0 = the answer, a count or a negative enum error, the other
 * registers are as before. Numbers are fast 64-bit calls of the vendor-specific hypervisor
 * range; an unknown one is answered -1. PSCI (Arm DEN 0022) is answered beside them.
 * Without the loader nobody answers at all: ask only when the boot-info block's
 * boot_loader.features has BOOT_FEATURE_GUARD.
 *
 * Pointers: every range a call names must lie wholly in memory of the service - RAM, and
 * nothing of the loader's - and below 4 GiB; and what a call writes (the buffer of GUARD_READ,
 * struct guard_image) must not touch the pages of the service's own code and constants: its
 * segments that are not writable. Else the answer is ERROR_INVALID and nothing has been read or
 * written. Structs are 8-byte aligned. The loader reads and writes through the caches: whoever
 * calls has its own on, and such memory as Normal, write-back. Calls come from core 0; from other
 * cores only PSCI is answered.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef GUARD_CALL_H
#define GUARD_CALL_H

#include <stdint.h>

#include "boot_tags.h"

#define GUARD_INTERFACE 1 /* rises when a documented promise below changes */

enum guard_function {
    /* x0 = GUARD_INTERFACE. */
    GUARD_VERSION = 0xc6000000,

    /* x1 = struct guard_memory, which the loader reads when the service has crashed, not
     * now: the service keeps it up to date. 0: forget it. 0 or ERROR_INVALID. */
    GUARD_MEMORY,

    /* x1, x2 = text: whole lines as they stand in the log, line feeds included. It goes
     * into the loader's log, which outlives the service. Length 0 ... GUARD_LOG_MAX.
     * 0 or ERROR_INVALID. */
    GUARD_LOG,

    /* x1 = milliseconds, 1 ... GUARD_WATCHDOG_MAX_MS: the service counts as hung unless
     * this is called again within them. 0: no watchdog. 0 or ERROR_INVALID. The loader
     * starts a service with a watchdog of its own (struct boot_guard). */
    GUARD_WATCHDOG,

    /* This service works. The loader keeps its image in RAM to fall back on, and stops
     * waiting for this call. If it was started from a slot on trial, the slot is confirmed on
     * the card. Done, and durable, when it returns: 0; ERROR_TOO_LARGE: it counts as
     * confirmed, but the image does not fit into the room there is for keeping, and the
     * one before stays what is fallen back on; ERROR_IO, ERROR_TIMEOUT, ERROR_ABSENT,
     * ERROR_REFUSED: it counts as confirmed until power-off, but the card could not be told
     * (the log says why); calling again tries again. Whoever drives the SD controller itself
     * has it idle during this call, GUARD_INSTALL, GUARD_SELECT and the reading of
     * GUARD_FILE_SLOTS, and afterwards finds the card as the loader uses it. Other cores
     * meanwhile keep off the property mailbox and the function selects of GPIO 34-39 and
     * 48-53. */
    GUARD_CONFIRM,

    /* x1 = struct guard_image, of a file that was received: would the loader start it? 0,
     * or the error, and reason holds one sentence. ERROR_REFUSED also says that pushed
     * images are not wanted (deploy = off). The file must lie in the upload area (struct
     * boot_upload). Takes about 20 ms per MB, since the file is hashed: it does not count for
     * the watchdog. */
    GUARD_CHECK_IMAGE,

    /* x1, x2 = a sealed transfer list with struct boot_hand_back in it, and what is known
     * of the devices for the loader to take over (boot_tags.h). All of them are at rest.
     * Returns only to say ERROR_INVALID (the list, or what it asks for, can not be read) or
     * ERROR_REFUSED (the image named was not checked last, or has changed since), or
     * ERROR_TIMEOUT (another core does not stop); other cores may have been parked then. */
    GUARD_HAND_BACK,

    /* x1 = enum guard_file, x2 = position (0: the beginning), x3, x4 = buffer and its
     * size, 1 ... GUARD_READ_MAX. x0 = bytes put there; 0: the end; ERROR_ABSENT: there is
     * no such file now. x1 = the position behind them. Positions of the log count all bytes
     * ever written; one that is too old is taken for the oldest there is, one behind the end
     * for the end. */
    GUARD_READ,

    /* x1 = struct guard_crash: the service is at its end. Does not return, but for
     * ERROR_INVALID. BRK comes to the same, with the registers at that moment. */
    GUARD_CRASH,

    /* As GUARD_CHECK_IMAGE, and if the image is good it is also written into the free slot of
     * its service on the card, to be started on trial by a GUARD_HAND_BACK or at the next
     * boot. The errors of slot_store.h besides, with a reason: then what was confirmed there
     * still is. Takes as long as the card takes to write and read it; does not count for the
     * watchdog. */
    GUARD_INSTALL,

    /* x1 = struct guard_select: which service on the card is started. GUARD_NOW reads its image
     * into the upload area, over what is there. Returns 0, or ERROR_INVALID (name, when),
     * ERROR_ABSENT (no card with slots, no such service), ERROR_REFUSED (none of its slots can be
     * started; slots are not among the sources; or deploy = off), or the card's error; reason
     * holds one sentence. */
    GUARD_SELECT,
};

/* The immediate of a BRK that says why: x0 points to one sentence, terminated, of up to
 * GUARD_REASON_BYTES. */
#define GUARD_BREAK 0x706c

#define GUARD_LOG_MAX         4096
#define GUARD_READ_MAX        65536
#define GUARD_WATCHDOG_MAX_MS 3600000

/* Memory a service uses beside its image: what its core file is to hold. And how far it has sent
 * the log: who comes after a crash goes on from there. */
#define GUARD_MEMORY_MAX 8

struct guard_memory {
    uint32_t count;       /* of ranges, up to GUARD_MEMORY_MAX */
    uint32_t log_is_told; /* 0: log says nothing */
    struct {
        uint64_t base, bytes;
    } ranges[GUARD_MEMORY_MAX];
    struct boot_log_sent log;
};

#define GUARD_REASON_BYTES 120

struct guard_image {
    uint64_t length;                 /* of the file, from the upload area's base on */
    char reason[GUARD_REASON_BYTES]; /* written when it is refused: terminated, no full stop */
};

enum guard_file {
    GUARD_FILE_LOG = 1,    /* lines of loader and services, oldest first */
    GUARD_FILE_STATUS = 2, /* "key = value" lines: docs/redeploy.md */
    GUARD_FILE_CORE = 3,   /* ELF core of the service that crashed last */
    GUARD_FILE_SLOTS = 4,  /* what is on the card: docs/storage.md. Read anew at position 0 */
};

enum guard_when {
    GUARD_NOW = 0,    /* changes nothing: would it start? To be followed by a hand-back */
    GUARD_ONCE = 1,   /* at the next boot from slots, that one time */
    GUARD_ALWAYS = 2, /* from the next boot on */
};

struct guard_select {
    char name[32]; /* of the service, terminated */
    uint32_t when; /* enum guard_when */
    uint32_t reserved;
    char reason[GUARD_REASON_BYTES]; /* as in struct guard_image */
};

struct guard_crash {
    char what[GUARD_REASON_BYTES]; /* one sentence, terminated: "assertion failed: n > 0" */
    uint64_t x[31];
    uint64_t sp, pc, pstate;
    uint64_t syndrome, address; /* ESR_EL1, FAR_EL1 */
};

#endif
