/*
 * core_file: a crashed service as an ELF core file, for gdb.
 *
 * ET_CORE, AArch64: PT_NOTE with NT_PRSTATUS (general registers), NT_PRPSINFO (the name),
 * NT_FPREGSET, NT_SIGINFO and a note of our own ("pilotlight", type 2: struct core_file_note),
 * then PT_LOADs for the ranges of memory. The registers are those of Linux' struct
 * elf_prstatus, since that is what gdb knows for this machine.
 * Pure: bytes in, bytes out; what it copies from is the caller's to vouch for.
 *
 * Addresses are those of the running service. gdb takes symbols for where the program was
 * linked; should it have been placed elsewhere, it wants to be told
 * (docs/debugging.md): symbol-file -o DISTANCE dns.elf
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include <stddef.h>
#include <stdint.h>

#define CORE_FILE_RANGES_MAX 16

/* In a range's flags, beside PF_X and so on: pages of zeros are written like any others. For
 * what an ELF file gives its bytes to (code, constants, initial data): where a core is silent
 * gdb reads that file, and it would show the initial value of what is 0 now. A range that is
 * not writable is taken so in any case. */
#define CORE_FILE_WHOLE 0x80000000u

struct core_file_range {
    uint64_t address;
    uint64_t bytes;
    const void *from; /* where to copy it from */
    uint32_t flags;   /* PF_X 1, PF_W 2, PF_R 4; CORE_FILE_WHOLE */
};

struct core_file {
    uint64_t x[31], sp, pc, pstate;
    uint64_t fault_address;
    uint8_t vectors[32][16]; /* v0-v31 */
    uint32_t fpsr, fpcr;
    int signal;       /* SIGSEGV 11, SIGBUS 7, SIGILL 4, SIGTRAP 5, SIGABRT 6, SIGALRM 14 (hung) */
    const char *name; /* of the service */
    const char *version;
    const char *what;                     /* one sentence */
    const uint8_t *digest;                /* 32 bytes, of the image */
    const struct core_file_range *ranges; /* in the order of importance; any may be empty */
    unsigned range_count;
};

/* The note of our own, for programs that want to know which image this was. Strings are cut
 * to fit, terminated and padded with NULs. */
#define CORE_FILE_NOTE_OWNER   "pilotlight"
#define CORE_FILE_NOTE_TYPE    2
#define CORE_FILE_DIGEST_BYTES 32

struct core_file_note {
    uint8_t digest[CORE_FILE_DIGEST_BYTES];
    char name[32];
    char version[16];
    char what[128];
};

/*
 * Writes the core to buffer (8-byte aligned, else ERROR_INVALID). Runs of zero pages (4 KiB)
 * cost a program header, no room of their own: gdb reads zeros there. What does not fit any
 * more is cut, the last ranges first, and gdb cannot access it. *missing = bytes of memory
 * that did not fit (0: all is there). Returns the file's length, or ERROR_TOO_LARGE when not
 * even the notes fit. Costs one pass over the memory.
 */
int64_t core_file_write(const struct core_file *core, void *buffer, size_t capacity,
                        uint64_t *missing);

#endif
