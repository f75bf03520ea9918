/*
 * count: a TCG plugin that counts the guest's instructions on core 0.
 *
 *   -plugin build/count.so,count=FILE[,uart=ADDRESS,log=FILE][,mark=ADDRESS...,marks=FILE]
 *                         [,profile=FILE]
 *
 * count: a file of 8 bytes, mapped: who maps it too reads the number while QEMU runs.
 * uart, log: at every store to ADDRESS (the PL011's data register) the number so far is
 * appended to the file, 8 bytes each, so that the n-th byte of the serial output can be
 * joined with it.
 * mark, marks: each time the block that begins at ADDRESS, a function, is entered: {ADDRESS,
 * the number so far}, 16 bytes. mark may be given MARKS_MAX times.
 * profile: a file of PROFILE_SLOTS records {address, instructions executed there}, one per
 * translated block, mapped as well.
 *
 * A block is counted whole when it is entered; one that an exception leaves early counts
 * a few instructions too many. Cores 1 to 3 are not counted.
 *
 * The declarations are by hand, of plugin API version 1 as QEMU 7.2 has it: Debian
 * packages no header. Reference: QEMU's docs/devel/tcg-plugins.rst.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- QEMU's side ----------------------------------------------------------------- */

struct qemu_plugin_tb;
struct qemu_plugin_insn;

enum { CALLBACK_READS_NO_REGISTERS = 0, MEMORY_WRITES = 2 };

extern int qemu_plugin_version;
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
                                           void (*callback)(uint64_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block,
                                          void (*callback)(unsigned, void *), int flags,
                                          void *context);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *instruction,
                                      void (*callback)(unsigned, uint32_t, uint64_t, void *),
                                      int flags, int kind, void *context);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t i);

/* ---- ours ------------------------------------------------------------------------ */

enum { PROFILE_SLOTS = 1 << 16, MARKS_MAX = 8 };

struct slot {
    uint64_t address; /* of the block's first instruction; 0: free */
    uint64_t instructions;
};

/* What a block's execution adds, and where. Lives as long as QEMU: blocks are translated
 * again only after their code has changed. */
struct block {
    uint64_t instructions;
    struct slot *slot;
    uint64_t mark; /* its address, if that is to be noted; else 0 */
};

int qemu_plugin_version = 1;

static uint64_t *count;
static uint64_t uart_address;
static int log_file = -1;
static uint64_t mark_addresses[MARKS_MAX];
static unsigned mark_count;
static int marks_file = -1;
static struct slot *profile;

static void *map_file(const char *path, size_t bytes)
{
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    void *memory;

    if (file < 0 || ftruncate(file, (off_t)bytes) != 0) {
        perror(path);
        exit(1);
    }
    memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (memory == MAP_FAILED) {
        perror(path);
        exit(1);
    }
    return memory;
}

static struct slot *find_slot(uint64_t address)
{
    uint64_t at = address * 0x9e3779b97f4a7c15u >> 48;

    for (unsigned tries = 0; tries < PROFILE_SLOTS; tries++) {
        struct slot *slot = &profile[(at + tries) % PROFILE_SLOTS];

        if (slot->address == 0 || slot->address == address) {
            slot->address = address;
            return slot;
        }
    }
    fputs("count: the profile is full\n", stderr);
    exit(1);
}

static void append(int file, const char *name, const void *bytes, size_t length)
{
    if (write(file, bytes, length) != (ssize_t)length) {
        perror(name);
        exit(1);
    }
}

static uint64_t find_mark(uint64_t address)
{
    for (unsigned i = 0; i < mark_count; i++)
        if (mark_addresses[i] == address)
            return address;
    return 0;
}

static void on_block(unsigned core, void *context)
{
    struct block *block = context;

    if (core != 0)
        return;
    if (block->mark != 0) {
        uint64_t record[] = {block->mark, *count};

        append(marks_file, "count: marks", record, sizeof record);
    }
    *count += block->instructions;
    if (block->slot)
        block->slot->instructions += block->instructions;
}

static void on_store(unsigned core, uint32_t info, uint64_t address, void *context)
{
    (void)core;
    (void)info;
    (void)context;
    if (address == uart_address)
        append(log_file, "count: log", count, sizeof *count);
}

static void on_translation(uint64_t id, struct qemu_plugin_tb *translated)
{
    struct block *block = calloc(1, sizeof *block);

    (void)id;
    if (!block)
        abort();
    block->instructions = qemu_plugin_tb_n_insns(translated);
    block->mark = find_mark(qemu_plugin_tb_vaddr(translated));
    if (profile)
        block->slot = find_slot(qemu_plugin_tb_vaddr(translated));
    qemu_plugin_register_vcpu_tb_exec_cb(translated, on_block, CALLBACK_READS_NO_REGISTERS, block);
    for (size_t i = 0; log_file >= 0 && i < block->instructions; i++)
        qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(translated, i), on_store,
                                         CALLBACK_READS_NO_REGISTERS, MEMORY_WRITES, NULL);
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        const char *value = strchr(argv[i], '=');

        value = value ? value + 1 : "";
        if (strncmp(argv[i], "count=", 6) == 0) {
            count = map_file(value, sizeof *count);
        } else if (strncmp(argv[i], "profile=", 8) == 0) {
            profile = map_file(value, PROFILE_SLOTS * sizeof *profile);
        } else if (strncmp(argv[i], "uart=", 5) == 0) {
            uart_address = strtoull(value, NULL, 0);
        } else if (strncmp(argv[i], "log=", 4) == 0) {
            log_file = open(value, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        } else if (strncmp(argv[i], "mark=", 5) == 0 && mark_count < MARKS_MAX) {
            mark_addresses[mark_count++] = strtoull(value, NULL, 0);
        } else if (strncmp(argv[i], "marks=", 6) == 0) {
            marks_file = open(value, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        } else {
            fprintf(stderr, "count: there is no argument %s\n", argv[i]);
            return -1;
        }
    }
    if (!count || (uart_address != 0) != (log_file >= 0) ||
        (mark_count != 0) != (marks_file >= 0)) {
        fputs("count: wants count=FILE; uart=ADDRESS and log=FILE, mark=ADDRESS and marks=FILE "
              "go together\n",
              stderr);
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
