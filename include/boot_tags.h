/*
 * boot_tags: the entries of the boot-info block (see transfer_list.h).
 *
 * All integers little-endian, no padding beyond what is written here, every struct a
 * multiple of 4 bytes. An entry may grow at its end in later versions: a reader takes
 * the bytes it knows and ignores the rest; a shorter entry than it needs is absent.
 * Strings are NUL-terminated and NUL-padded. Addresses of IPv4 are four bytes in
 * network order. Tags 0xfff000-0xffffff are the specification's non-standard range.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOOT_TAGS_H
#define BOOT_TAGS_H

#include <stdint.h>

#define BOOT_TAG_FDT 1 /* the specification's own: a flattened device tree */

enum boot_tag {
    BOOT_TAG_INTEGRITY = 0xfff000,  /* struct boot_integrity; always the first entry */
    BOOT_TAG_LOADER = 0xfff001,     /* struct boot_loader */
    BOOT_TAG_SERVICE = 0xfff002,    /* struct boot_service */
    BOOT_TAG_IMAGE = 0xfff003,      /* struct boot_image + segments */
    BOOT_TAG_RESET = 0xfff004,      /* struct boot_reset */
    BOOT_TAG_MEMORY = 0xfff005,     /* struct boot_memory [] */
    BOOT_TAG_LEASE = 0xfff006,      /* struct boot_lease */
    BOOT_TAG_CONSOLE = 0xfff007,    /* struct boot_console [] */
    BOOT_TAG_SEED = 0xfff008,       /* 32 random bytes; the reader wipes them */
    BOOT_TAG_ARGUMENTS = 0xfff009,  /* argv[1] and on: NUL-terminated strings, one
                                           after another (argv[0] is the service's name) */
    BOOT_TAG_TIMESTAMPS = 0xfff00a, /* struct boot_timestamp [] in order of time */
};

/* Covers the whole list with this struct's crc32c field taken as 0 and the list
 * header's checksum byte taken as 0. */
struct boot_integrity {
    uint32_t used_bytes; /* the list's used size */
    uint32_t crc32c;
};

struct boot_loader {
    uint32_t version;       /* major << 16 | minor << 8 | patch */
    uint32_t features;      /* enum boot_feature */
    uint64_t resident_base; /* memory the loader keeps; not the service's */
    uint64_t resident_bytes;
};

enum boot_feature {
    BOOT_FEATURE_UNSIGNED = 1u << 0, /* the loader has no keys: runs unsigned images */
    BOOT_FEATURE_GUARD = 1u << 1,    /* answers guard calls */
};

struct boot_service {
    char name[32];     /* from the image's note */
    char location[64]; /* where it came from, cut to fit: "sd:dns.elf" */
    uint32_t boot_id;  /* random, one per start of a service */
    uint8_t slot;      /* 'A', 'B' or 0: not from a slot */
    uint8_t state;     /* 0 while there are no slots */
    uint8_t tries_left;
    uint8_t reserved;
};

struct boot_image {
    uint8_t digest[32]; /* SHA-256 of the file as it arrived */
    char version[16];
    uint32_t security_counter;
    uint32_t segment_count; /* struct boot_segment follow */
    uint64_t base;          /* where the lowest segment lies */
    uint64_t bytes;         /* from base to the end of the highest segment */
};

struct boot_segment {
    uint64_t address; /* after relocation */
    uint64_t bytes;
    uint32_t flags; /* PF_X 1, PF_W 2, PF_R 4 */
    uint32_t reserved;
};

struct boot_reset {
    uint32_t reason; /* enum power_reset_reason */
    uint32_t raw;
};

enum boot_memory_kind {
    BOOT_MEMORY_FREE = 1, /* the service may use it */
    BOOT_MEMORY_LOADER = 2,
    BOOT_MEMORY_RESERVED = 3,  /* firmware, spin table, GPU */
    BOOT_MEMORY_IMAGE = 4,     /* the service itself */
    BOOT_MEMORY_BOOT_INFO = 5, /* this list */
};

struct boot_memory {
    uint64_t base;
    uint64_t bytes;
    uint32_t kind; /* enum boot_memory_kind */
    uint32_t reserved;
};

struct boot_lease {
    uint8_t mac[6];
    uint16_t link_mbps; /* 0 = not known */
    uint8_t address[4];
    uint8_t mask[4];
    uint8_t gateway[4]; /* 0.0.0.0 = none */
    uint8_t server[4];  /* DHCP server; 0.0.0.0 = the address is static */
    uint8_t dns[4];
    uint32_t seconds_left; /* 0xffffffff = for ever */
};

struct boot_console {
    uint32_t kind; /* 1 PL011, 2 mini UART */
    uint32_t baud;
    uint64_t base;
};

/* Phases of a boot, in the order they begin. The value is the moment the phase ENDS. */
enum boot_phase {
    BOOT_PHASE_ENTRY = 1, /* first instruction of the loader (start of counting) */
    BOOT_PHASE_START = 2, /* loader's own start-up: MMU, relocation, board */
    BOOT_PHASE_CARD = 3,
    BOOT_PHASE_USB = 4,
    BOOT_PHASE_ADDRESS = 5, /* DHCP */
    BOOT_PHASE_FETCH = 6,   /* TFTP or file */
    BOOT_PHASE_VERIFY = 7,
    BOOT_PHASE_PLACE = 8, /* place, relocate, boot-info */
    BOOT_PHASE_SERVICE_ENTRY = 9,
    BOOT_PHASE_SERVICE_START = 10, /* the service's own board start */
    BOOT_PHASE_SERVICE_NETWORK = 11,
    BOOT_PHASE_SERVICE_MAIN = 12, /* service_main returned from its set-up */
};

struct boot_timestamp {
    uint32_t phase; /* enum boot_phase */
    uint32_t at_us; /* clock_now_us at that moment, at most UINT32_MAX */
};

#endif
