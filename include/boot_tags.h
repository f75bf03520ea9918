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

    /* The running state of devices and network, for a warm hand-over. They stand in the
     * boot-info block and, the other way round, in the list of a hand-back. Each may be
     * missing, and each is only a hint: who takes it over makes sure, or starts anew. */
    BOOT_TAG_USB = 0xfff00b,        /* struct boot_usb */
    BOOT_TAG_CARD = 0xfff00c,       /* struct boot_card */
    BOOT_TAG_NEIGHBOURS = 0xfff00d, /* struct boot_neighbour [] */
    BOOT_TAG_TRANSFER = 0xfff00e,   /* struct boot_transfer */
    BOOT_TAG_LOG = 0xfff00f,        /* struct boot_log */

    BOOT_TAG_GUARD = 0xfff010,     /* struct boot_guard */
    BOOT_TAG_UPLOAD = 0xfff011,    /* struct boot_upload */
    BOOT_TAG_CRASH = 0xfff012,     /* struct boot_crash: of the service before this one */
    BOOT_TAG_HAND_BACK = 0xfff013, /* struct boot_hand_back: in a hand-back's list only */
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
    BOOT_FEATURE_GUARD = 1u << 1,    /* answers guard calls: guard_call.h */
    BOOT_FEATURE_WARM = 1u << 2,     /* devices are handed over running (warm = on) */
};

struct boot_service {
    char name[32];     /* from the image's note */
    char location[64]; /* where it came from, cut to fit: "sd:dns.elf" */
    uint32_t boot_id;  /* random, one per start of a service */
    uint8_t slot;      /* 'A', 'B' or 0: not from a slot */
    uint8_t state;     /* of the slot, when it was started: 3 TRIAL, 4 CONFIRMED; else 0 */
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
    BOOT_MEMORY_UPLOAD = 6,    /* for an image that is pushed; the service may write it */
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

/* ---- warm hand-over ---- */

#define BOOT_USB_DEVICES 6    /* the Ethernet device and the hubs above it */
#define BOOT_USB_ROOT    0xff /* no hub: on the root port */

struct boot_usb_device {
    uint8_t address;       /* 1 ... 127 */
    uint8_t hub;           /* index of its hub in devices; BOOT_USB_ROOT */
    uint8_t port;          /* of the hub, from 1; 0 on the root port */
    uint8_t speed;         /* enum usb_speed */
    uint8_t class;         /* bDeviceClass: 9 = hub */
    uint8_t max_packet;    /* of endpoint 0 */
    uint8_t configuration; /* bConfigurationValue it was set to, and ... */
    uint8_t index;         /* ... the index of that configuration's descriptor */
    uint16_t vendor, product;
};

struct boot_usb_endpoint {
    uint8_t number;
    uint8_t toggle; /* next DATA PID: 0, 1 or BOOT_USB_TOGGLE_UNKNOWN */
    uint16_t max_packet;
};

#define BOOT_USB_TOGGLE_UNKNOWN 2

/* The USB bus from the root port to the Ethernet device, at rest: no transfer under way. The
 * first device is the one on the root port. Who must describe a bus whose user crashed says
 * what it knows and BOOT_USB_TOGGLE_UNKNOWN for the toggles. */
struct boot_usb {
    char driver[16]; /* of the Ethernet device: "cdc-ecm" */
    uint8_t mac[6];
    uint8_t device_count;
    uint8_t ethernet; /* its index in devices */
    uint8_t own[4];   /* the driver's: what it wants to know again; see its describe */
    struct boot_usb_endpoint in, out;
    struct boot_usb_device devices[BOOT_USB_DEVICES]; /* a hub before what hangs on it */
};

struct boot_card {
    uint8_t host;          /* enum board_card_host: EMMC or SDHOST */
    uint8_t counts_blocks; /* SDHC, SDXC */
    uint8_t read_only;
    uint8_t reserved;
    uint32_t address; /* RCA in bits 31 ... 16 */
    uint64_t block_count;
};

/* An address of the local network and the MAC it was last seen with. */
struct boot_neighbour {
    uint8_t address[4];
    uint8_t mac[6];
    uint8_t reserved[2];
};

/* A push that was just completed: if its last ACK was lost, its sender repeats the last
 * block, and whoever runs by then answers. */
struct boot_transfer {
    uint8_t address[4];
    uint16_t port;
    uint16_t block; /* of the last block, as in the packet */
};

/* How much of GUARD_FILE_LOG the syslog server has been sent. */
struct boot_log_sent {
    uint64_t position; /* all before it */
    uint32_t sequence; /* of the last line sent; 0: none */
    uint32_t reserved;
};

/* The log so far stands in GUARD_FILE_LOG; the consoles lack its last bytes. */
struct boot_log {
    uint32_t undrained; /* bytes */
    uint32_t reserved;
    struct boot_log_sent sent;
};

/* ---- guard ---- */

struct boot_guard {
    uint32_t watchdog_ms; /* running since the jump; 0 = none */
    uint32_t confirm_ms;  /* the service has this long to confirm; 0 = need not */
    uint32_t confirmed;   /* 1: this image has confirmed itself in an earlier run; else 0 */
};

enum boot_deploy { BOOT_DEPLOY_OFF = 0, BOOT_DEPLOY_SIGNED = 1, BOOT_DEPLOY_ANY = 2 };

/* Where a service puts an image that is pushed to it. Not the service's heap. */
struct boot_upload {
    uint64_t base;
    uint64_t bytes;
    uint32_t deploy;   /* enum boot_deploy */
    uint8_t syslog[4]; /* where the log goes live; 0.0.0.0 = nowhere */
};

struct boot_crash {
    char name[32], version[16]; /* of the service that crashed */
    char what[120];             /* one sentence */
    uint32_t number;            /* of its core file; counts since power-on */
    uint32_t core_bytes;        /* 0: no core was kept */
};

/* ---- hand-back ---- */

enum boot_hand_back_kind {
    BOOT_HAND_BACK_REBOOT = 1, /* boot as after power-on, but without the reset */
    BOOT_HAND_BACK_EXIT = 2,   /* the service is done; status */
    BOOT_HAND_BACK_NEXT = 3,   /* start name: a file, for the boot sources */
    BOOT_HAND_BACK_IMAGE = 4,  /* start the image in the upload area, checked before */
};

struct boot_hand_back {
    uint32_t kind;          /* enum boot_hand_back_kind */
    int32_t status;         /* EXIT */
    uint64_t image_bytes;   /* IMAGE: length of the file */
    uint64_t push_begun_us; /* IMAGE: clock when the first packet of the push came ... */
    uint64_t push_ended_us; /* ... and the last; 0: it was no push */
    char name[128];         /* NEXT: the file; IMAGE: where it came from, for the log. Terminated */
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
    /* A redeploy begins with these, in place of ENTRY: */
    BOOT_PHASE_PUSH_BEGIN = 13, /* the first packet of the push (start of counting) */
    BOOT_PHASE_PUSH = 14,       /* the image is there and was found good */
    BOOT_PHASE_HAND_BACK = 15,  /* the old service's devices are at rest, the loader has it */
};

struct boot_timestamp {
    uint64_t at_us; /* clock_now_us at that moment */
    uint32_t phase; /* enum boot_phase */
    uint32_t reserved;
};

#endif
