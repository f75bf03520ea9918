/*
 * core_file: a crashed service as an ELF core file, for gdb.
 *
 * ET_CORE, AArch64: PT_NOTE with NT_PRSTATUS (general registers), NT_PRPSINFO (the name),
 * NT_FPREGSET, NT_SIGINFO and a note of our own ("pilotlight", type 2: the sentence that says
 * what happened, name, version and image digest), then one PT_LOAD for each range of memory. The registers are those of
 * Linux' struct elf_prstatus, since that is what gdb knows for this machine.
 * Pure: bytes in, bytes out; what it copies from is the caller's to vouch for.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include <stddef.h>
#include <stdint.h>

#define CORE_FILE_RANGES_MAX 16

struct core_file_range {
    uint64_t address;
    uint64_t bytes;
    const void *from; /* where to copy it from */
    uint32_t flags;   /* PF_X 1, PF_W 2, PF_R 4 */
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

/*
 * Writes the core to buffer. Runs of zero pages in a range cost no room (they are left out of the file;
 * gdb reads zeros there); what does not fit any more is cut, the last ranges first. *missing = bytes of memory that
 * did not fit (0: all is there). Returns the file's length, or ERROR_TOO_LARGE when not even
 * the notes fit.
 */
int64_t core_file_write(const struct core_file *core, void *buffer, size_t capacity,
                        uint64_t *missing);

#endif
