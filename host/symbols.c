/*
 * symbols: turns `nm -n` into the table a fault report finds its function names in.
 *
 *   symbols --empty OUT.S            a table with no names, for the first link
 *   nm -n FILE | symbols OUT.S       the table for the second
 *
 * The table is four objects in .rodata.symbols, which the linker script keeps behind all
 * code, so that the second link moves no function of the first:
 *   symbol_table_count     u32: how many functions
 *   symbol_table_offsets   u16 each, ascending: first byte, counted from __image_start, in
 *                          instructions of 4 bytes
 *   symbol_table_text      their names in the same order, each ended by a NUL; a byte from
 *                          0x80 on stands for two others
 *   symbol_table_pairs     which two: of 0x80, of 0x81, ...; they may be such bytes as well
 * Suffixes that link-time optimisation adds are cut off: they say nothing about the
 * source.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_MAX_BYTES = 1024,
    NAME_MAX_BYTES = 256,
    PAIRS_MAX = 128,             /* 0x80-0xff */
    OFFSET_MAX = UINT16_MAX * 4, /* what a u16 of instructions reaches */
};

struct function {
    uint64_t address;
    char name[NAME_MAX_BYTES];
};

struct table {
    struct function *functions;
    size_t count, capacity;
    uint64_t image_start;
    bool has_image_start;
};

static _Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static _Noreturn void fail(const char *format, ...)
{
    va_list arguments;

    fputs("symbols: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

/* Cuts the first of the compiler's own suffixes and all that follows it. */
static void cut_suffix(char *name)
{
    static const char *const suffixes[] = {".lto_priv", ".constprop", ".part", ".isra", ".cold"};
    char *cut = NULL;

    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char *at = strstr(name, suffixes[i]);

        if (at && at != name && (!cut || at < cut))
            cut = at;
    }
    if (cut)
        *cut = '\0';
}

static bool name_is_plain(const char *name)
{
    return *name != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
                                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$")] == '\0';
}

/* Marks of the linker script ("__text_start") and the assembler ("$x") are no functions;
 * they may only stand in where an address has no better name. */
static bool name_is_a_mark(const char *name)
{
    const char *last = strrchr(name, '_');

    return name[0] == '$' || (strncmp(name, "__", 2) == 0 &&
                              (strcmp(last, "_start") == 0 || strcmp(last, "_end") == 0));
}

/* Link-time optimisation leaves one symbol for each source file, "tftp.c.81291b7a". */
static bool name_is_of_a_file(const char *name)
{
    const char *hash = strstr(name, ".c.");

    return hash && hash[3] != '\0' && hash[3 + strspn(hash + 3, "0123456789abcdef")] == '\0';
}

static void add(struct table *table, uint64_t address, const char *name)
{
    struct function *function;

    if (table->count > 0 && table->functions[table->count - 1].address == address) {
        function = &table->functions[table->count - 1];
        if (name_is_a_mark(function->name) && !name_is_a_mark(name))
            strcpy(function->name, name);
        return;
    }
    if (table->count > 0 && table->functions[table->count - 1].address > address)
        fail("%s stands below the symbol before it; the input must be of nm -n", name);
    if (table->count == table->capacity) {
        table->capacity = table->capacity ? table->capacity * 2 : 256;
        table->functions = realloc(table->functions, table->capacity * sizeof *table->functions);
        if (!table->functions)
            fail("out of memory");
    }
    function = &table->functions[table->count++];
    memset(function, 0, sizeof *function);
    function->address = address;
    strcpy(function->name, name);
}

static void read_symbols(struct table *table, FILE *input)
{
    char line[LINE_MAX_BYTES];
    unsigned number = 0;

    while (fgets(line, sizeof line, input)) {
        uint64_t address;
        char type, name[NAME_MAX_BYTES];

        number++;
        if (!strchr(line, '\n') && !feof(input))
            fail("line %u of the input is longer than %d bytes", number, LINE_MAX_BYTES - 2);
        if (sscanf(line, "%" SCNx64 " %c %255s", &address, &type, name) != 3)
            fail("line %u of the input is no symbol: %.*s", number, (int)strcspn(line, "\r\n"),
                 line);
        if (strcmp(name, "__image_start") == 0) {
            table->image_start = address;
            table->has_image_start = true;
        }
        if (!strchr("TtWw", type) || name_is_of_a_file(name))
            continue;
        cut_suffix(name);
        if (!name_is_plain(name))
            fail("line %u of the input has a name the assembler would not take: %s", number, name);
        add(table, address, name);
    }
    if (ferror(input))
        fail("cannot read the symbols: %s", strerror(errno));
    if (!table->has_image_start)
        fail("the input has no symbol __image_start, from which the offsets count");
}

/* All names in a row, as the table has them. */
struct text {
    uint8_t *bytes;
    size_t length;
    uint8_t pairs[PAIRS_MAX][2];
    unsigned pair_count;
};

static void join_names(const struct table *table, struct text *text)
{
    size_t room = 0;

    for (size_t i = 0; i < table->count; i++)
        room += strlen(table->functions[i].name) + 1;
    text->bytes = malloc(room + 1);
    if (!text->bytes)
        fail("out of memory");
    for (size_t i = 0; i < table->count; i++) {
        size_t length = strlen(table->functions[i].name) + 1;

        memcpy(text->bytes + text->length, table->functions[i].name, length);
        text->length += length;
    }
}

/* Finds the pair of bytes inside names that occurs most often. Returns how often. */
static unsigned find_pair(const struct text *text, uint8_t pair[2])
{
    static unsigned counts[256][256];
    unsigned most = 0;

    memset(counts, 0, sizeof counts);
    for (size_t i = 0; i + 1 < text->length; i++) {
        uint8_t first = text->bytes[i], second = text->bytes[i + 1];

        if (first != '\0' && second != '\0' && ++counts[first][second] > most) {
            most = counts[first][second];
            pair[0] = first;
            pair[1] = second;
        }
    }
    return most;
}

/* Byte pair encoding: the most frequent pair becomes a byte of its own, again and again, as
 * long as that saves more than the 2 bytes that say so. Halves the names. */
static void compress(struct text *text)
{
    while (text->pair_count < PAIRS_MAX) {
        uint8_t *pair = text->pairs[text->pair_count];
        size_t kept = 0;

        if (find_pair(text, pair) <= 2)
            return;
        for (size_t i = 0; i < text->length; i++) {
            bool matches =
                i + 1 < text->length && text->bytes[i] == pair[0] && text->bytes[i + 1] == pair[1];

            text->bytes[kept++] = matches ? (uint8_t)(0x80 + text->pair_count) : text->bytes[i];
            i += matches;
        }
        text->length = kept;
        text->pair_count++;
    }
}

static void write_bytes(FILE *output, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        fprintf(output, "%s%u%s", i % 16 == 0 ? "    .byte " : "", bytes[i],
                i % 16 == 15 || i + 1 == length ? "\n" : ",");
}

static void write_table(const struct table *table, FILE *output)
{
    struct text text = {0};

    join_names(table, &text);
    compress(&text);
    fputs("// Made by host/symbols.c from the symbols of the first link.\n"
          "    .section .rodata.symbols, \"a\"\n"
          "    .global symbol_table_count, symbol_table_offsets\n"
          "    .global symbol_table_text, symbol_table_pairs\n"
          "    .balign 4\n",
          output);
    fprintf(output, "symbol_table_count:\n    .word %zu\nsymbol_table_offsets:\n", table->count);
    for (size_t i = 0; i < table->count; i++)
        fprintf(output, "    .hword %" PRIu64 "\n",
                (table->functions[i].address - table->image_start) / 4);
    fputs("symbol_table_text:\n", output);
    write_bytes(output, text.bytes, text.length);
    fputs("symbol_table_pairs:\n", output);
    write_bytes(output, text.pairs[0], 2 * (size_t)text.pair_count);
    fputs("    .section .note.GNU-stack, \"\"\n", output);
    free(text.bytes);
}

/* What stands below __image_start or out of the table's reach is not the image's code. */
static void drop_foreign(struct table *table)
{
    size_t kept = 0;

    for (size_t i = 0; i < table->count; i++) {
        struct function *function = &table->functions[i];

        if (function->address < table->image_start ||
            function->address - table->image_start > OFFSET_MAX || name_is_a_mark(function->name))
            continue;
        table->functions[kept++] = *function;
    }
    table->count = kept;
}

int main(int argc, char **argv)
{
    struct table table = {0};
    bool empty = argc == 3 && strcmp(argv[1], "--empty") == 0;
    const char *path;
    FILE *output;

    if (!empty && (argc != 2 || argv[1][0] == '-'))
        fail("usage: symbols --empty OUT.S, or nm -n FILE | symbols OUT.S");
    path = argv[argc - 1];
    if (!empty) {
        read_symbols(&table, stdin);
        drop_foreign(&table);
    }
    output = fopen(path, "w");
    if (!output)
        fail("cannot write %s: %s", path, strerror(errno));
    write_table(&table, output);
    if (fclose(output) != 0)
        fail("cannot write %s: %s", path, strerror(errno));
    free(table.functions);
    return 0;
}
