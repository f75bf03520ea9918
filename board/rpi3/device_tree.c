/*
 * device_tree: see device_tree.h.
 *
 * First one walk over every tag checks bounds, depth and that there is one root; libfdt
 * checks each property again when it is read. Then one walk over the root's children
 * picks out what we know by exact name: libfdt's paths would take "chosen@1" for
 * "/chosen" (the trick of CVE-2021-27097).
 * FIT images (trees that hold images and signatures) are not read anywhere in Pilotlight.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "device_tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <libfdt.h>

#include "bytes.h"
#include "error.h"

/* ---- the check ---- */

/* Walks all tags. Returns 0 or a negative error of libfdt; *at is where. */
static int check_structure(const void *fdt, int *at)
{
    unsigned depth = 0;
    bool root_seen = false;
    int next = 0;
    uint32_t tag;

    do {
        *at = next;
        tag = fdt_next_tag(fdt, *at, &next);
        if (next < 0)
            return next;
        if (tag == FDT_BEGIN_NODE) {
            if ((depth == 0 && root_seen) || depth == DEVICE_TREE_DEPTH_MAX)
                return -FDT_ERR_BADSTRUCTURE;
            root_seen = true;
            depth++;
        } else if (tag == FDT_END_NODE || tag == FDT_PROP) {
            if (depth == 0)
                return -FDT_ERR_BADSTRUCTURE;
            depth -= tag == FDT_END_NODE;
        }
    } while (tag != FDT_END);
    return depth == 0 && root_seen ? 0 : -FDT_ERR_BADSTRUCTURE;
}

static int check_tree(const void *fdt, size_t available, struct device_tree *tree)
{
    int at = 0;
    int status;

    if ((uintptr_t)fdt % 8 != 0) {
        snprintf(tree->reason, sizeof tree->reason, "address 0x%" PRIxPTR " is no multiple of 8",
                 (uintptr_t)fdt);
        return ERROR_CORRUPT;
    }
    status = fdt_check_header(fdt);
    /* libfdt reads whole words, so the blocks must be aligned as the specification says. */
    if (status != 0 || fdt_totalsize(fdt) > available || fdt_off_dt_struct(fdt) % 4 != 0 ||
        fdt_off_mem_rsvmap(fdt) % 8 != 0) {
        snprintf(tree->reason, sizeof tree->reason,
                 "header: size 0x%" PRIx32 " of 0x%zx, structure 0x%" PRIx32 "+0x%" PRIx32
                 ", strings 0x%" PRIx32 "+0x%" PRIx32,
                 fdt_totalsize(fdt), available, fdt_off_dt_struct(fdt), fdt_size_dt_struct(fdt),
                 fdt_off_dt_strings(fdt), fdt_size_dt_strings(fdt));
        return ERROR_CORRUPT;
    }
    status = fdt_num_mem_rsv(fdt) < 0 ? -FDT_ERR_TRUNCATED : check_structure(fdt, &at);
    if (status != 0) {
        snprintf(tree->reason, sizeof tree->reason, "structure breaks at 0x%x (libfdt error %d)",
                 at, status);
        return ERROR_CORRUPT;
    }
    return 0;
}

/* ---- properties ---- */

/* Returns a property that is a terminated, non-empty string, or null. */
static const char *string_property(const void *fdt, int node, const char *name)
{
    int length;
    const char *text = fdt_getprop(fdt, node, name, &length);

    return text != NULL && length > 1 && text[length - 1] == '\0' ? text : NULL;
}

static bool u32_property(const void *fdt, int node, const char *name, uint32_t *value)
{
    int length;
    const void *word = fdt_getprop(fdt, node, name, &length);

    if (word == NULL || length != 4)
        return false;
    *value = bytes_be32(word);
    return true;
}

/* A number of one or two cells. */
static uint64_t cells_value(const uint8_t *at, int cells)
{
    uint64_t value = bytes_be32(at);

    return cells == 1 ? value : value << 32 | bytes_be32(at + 4);
}

/* ---- ranges ---- */

static uint64_t union_bytes(const struct board_range *a, const struct board_range *b)
{
    uint64_t base = a->base < b->base ? a->base : b->base;
    uint64_t a_end = a->base + a->bytes;
    uint64_t b_end = b->base + b->bytes;

    return (a_end > b_end ? a_end : b_end) - base;
}

/*
 * Adds a range; those it overlaps or touches become one with it. When the list is full
 * it grows the neighbour that then covers least too much: right for reservations, and
 * *full tells when it happened.
 */
static void add_range(struct board_range *ranges, unsigned *count, unsigned capacity,
                      struct board_range range, bool *full)
{
    unsigned best;

    for (;;) {
        uint64_t least = UINT64_MAX;

        best = *count;
        for (unsigned i = 0; i < *count; i++) {
            uint64_t bytes = union_bytes(&ranges[i], &range);
            uint64_t apart =
                bytes > ranges[i].bytes + range.bytes ? bytes - ranges[i].bytes - range.bytes : 0;

            if (apart < least) {
                least = apart;
                best = i;
            }
        }
        if (best == *count || (least > 0 && *count < capacity))
            break;
        if (least > 0)
            *full = true;
        range.bytes = union_bytes(&ranges[best], &range);
        if (ranges[best].base < range.base)
            range.base = ranges[best].base;
        ranges[best] = ranges[--*count];
    }
    ranges[(*count)++] = range;
}

/* Adds every range of a node's reg. Returns false if one wraps around, or the cells are
 * not ours to read, or there are too many to tell apart. */
static bool add_reg(const void *fdt, int node, int parent, struct board_range *ranges,
                    unsigned *count, unsigned capacity)
{
    int length;
    const uint8_t *reg = fdt_getprop(fdt, node, "reg", &length);
    int address_cells = fdt_address_cells(fdt, parent);
    int size_cells = fdt_size_cells(fdt, parent);
    int each = (address_cells + size_cells) * 4;
    bool good = true;
    bool full = false;

    if (reg == NULL)
        return true;
    if (address_cells < 1 || address_cells > 2 || size_cells < 1 || size_cells > 2)
        return false;
    for (; length >= each; length -= each, reg += each) {
        struct board_range range = {cells_value(reg, address_cells),
                                    cells_value(reg + address_cells * 4, size_cells)};

        if (range.bytes > UINT64_MAX - range.base) {
            range.bytes = UINT64_MAX - range.base;
            good = false;
        }
        if (range.bytes != 0)
            add_range(ranges, count, capacity, range, &full);
    }
    return good && !full;
}

/* ---- nodes ---- */

static bool is_disabled(const void *fdt, int node)
{
    const char *status = string_property(fdt, node, "status");

    return status != NULL && strcmp(status, "okay") != 0 && strcmp(status, "ok") != 0;
}

static void read_reserved(const void *fdt, int parent, struct device_tree *tree)
{
    int node;

    /* A reservation too many or too long is widened, never dropped. */
    fdt_for_each_subnode(node, fdt, parent) if (!is_disabled(fdt, node))(void)
        add_reg(fdt, node, parent, tree->reserved, &tree->reserved_count, BOARD_RESERVED_MAX);
}

static void read_memreserve(const void *fdt, struct device_tree *tree)
{
    int count = fdt_num_mem_rsv(fdt);

    for (int i = 0; i < count; i++) {
        struct board_range range;
        bool full;

        if (fdt_get_mem_rsv(fdt, i, &range.base, &range.bytes) != 0)
            break;
        if (range.bytes > UINT64_MAX - range.base)
            range.bytes = UINT64_MAX - range.base;
        if (range.bytes != 0)
            add_range(tree->reserved, &tree->reserved_count, BOARD_RESERVED_MAX, range, &full);
    }
}

/* stdout-path is "alias:115200n8", "/path/to/node", or with both. */
static void read_console(const void *fdt, const char *path, struct device_tree *tree)
{
    const char *options = strchr(path, ':');
    int length = (int)(options != NULL ? (size_t)(options - path) : strlen(path));
    int node = fdt_path_offset_namelen(fdt, path, length);

    if (options != NULL)
        for (options++; *options >= '0' && *options <= '9' && tree->console_baud < 10000000;
             options++)
            tree->console_baud = tree->console_baud * 10 + (uint32_t)(*options - '0');
    if (node < 0)
        return;
    if (fdt_node_check_compatible(fdt, node, "arm,pl011") == 0)
        tree->console = DEVICE_TREE_CONSOLE_PL011;
    else if (fdt_node_check_compatible(fdt, node, "brcm,bcm2835-aux-uart") == 0)
        tree->console = DEVICE_TREE_CONSOLE_MINI_UART;
}

static void read_chosen(const void *fdt, int node, struct device_tree *tree)
{
    const char *text = string_property(fdt, node, "bootargs");
    int length;
    int child;

    if (text != NULL)
        tree->bootargs = text;
    text = string_property(fdt, node, "stdout-path");
    if (text != NULL)
        read_console(fdt, text, tree);
    tree->seed = fdt_getprop(fdt, node, "rng-seed", &length);
    if (tree->seed == NULL)
        tree->seed = fdt_getprop(fdt, node, "kaslr-seed", &length);
    if (tree->seed != NULL)
        tree->seed_bytes = (size_t)length;
    tree->has_reset_status = u32_property(fdt, node, "pm_rsts", &tree->reset_status);
    child = fdt_subnode_offset(fdt, node, "bootloader");
    if (child >= 0 && u32_property(fdt, child, "rsts", &tree->reset_status))
        tree->has_reset_status = true;
}

static void read_cores(const void *fdt, int parent, struct device_tree *tree)
{
    int node;

    fdt_for_each_subnode(node, fdt, parent)
    {
        int length;
        int id_length;
        const uint8_t *release = fdt_getprop(fdt, node, "cpu-release-addr", &length);
        const uint8_t *id = fdt_getprop(fdt, node, "reg", &id_length);

        /* reg has the parent's cells; the core's number is in the last. */
        if (release == NULL || id == NULL || (length != 4 && length != 8) || id_length < 4)
            continue;
        if (bytes_be32(id + id_length - 4) < DEVICE_TREE_CORES)
            tree->cpu_release[bytes_be32(id + id_length - 4)] = cells_value(release, length / 4);
    }
}

static void read_mac(const void *fdt, struct device_tree *tree)
{
    const char *path = fdt_get_alias(fdt, "ethernet0");
    const uint8_t *mac;
    int length;
    int node;

    if (path == NULL)
        path = fdt_get_alias(fdt, "ethernet");
    node = path != NULL ? fdt_path_offset(fdt, path) : -1;
    if (node < 0)
        return;
    mac = fdt_getprop(fdt, node, "local-mac-address", &length);
    /* A group address is no station's. */
    if (mac != NULL && length == 6 && (mac[0] & 1) == 0)
        memcpy(tree->mac, mac, 6);
}

static void read_root(const void *fdt, struct device_tree *tree)
{
    const char *text = string_property(fdt, 0, "model");
    size_t i;

    if (text != NULL)
        strncpy(tree->model, text, sizeof tree->model - 1);
    text = string_property(fdt, 0, "serial-number");
    for (i = 0; text != NULL && text[i] != '\0' && i < sizeof tree->serial - 1; i++) {
        char digit = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] + 32) : text[i];

        if (!((digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f'))) {
            memset(tree->serial, 0, sizeof tree->serial);
            break;
        }
        tree->serial[i] = digit;
    }
}

static int read_memory(const void *fdt, int node, struct device_tree *tree)
{
    if (add_reg(fdt, node, 0, tree->memory, &tree->memory_count, BOARD_MEMORY_MAX))
        return 0;
    memset(tree, 0, sizeof *tree);
    tree->bootargs = "";
    snprintf(tree->reason, sizeof tree->reason, "reg of %s wraps around or has too many ranges",
             fdt_get_name(fdt, node, NULL));
    return ERROR_CORRUPT;
}

int device_tree_read(const void *fdt, size_t available, struct device_tree *tree)
{
    int status;
    int node;

    memset(tree, 0, sizeof *tree);
    tree->bootargs = "";
    if (fdt == NULL || available < sizeof(struct fdt_header) || bytes_be32(fdt) != FDT_MAGIC) {
        snprintf(tree->reason, sizeof tree->reason, "no device tree begins at 0x%" PRIxPTR,
                 (uintptr_t)fdt);
        return ERROR_ABSENT;
    }
    status = check_tree(fdt, available, tree);
    if (status < 0)
        return status;
    tree->bytes = fdt_totalsize(fdt);
    read_root(fdt, tree);
    read_memreserve(fdt, tree);
    read_mac(fdt, tree);
    fdt_for_each_subnode(node, fdt, 0)
    {
        const char *name = fdt_get_name(fdt, node, NULL);

        if (name == NULL)
            continue;
        if (strcmp(name, "chosen") == 0)
            read_chosen(fdt, node, tree);
        else if (strcmp(name, "reserved-memory") == 0)
            read_reserved(fdt, node, tree);
        else if (strcmp(name, "cpus") == 0)
            read_cores(fdt, node, tree);
        else if (strcmp(name, "memory") == 0 || strncmp(name, "memory@", 7) == 0)
            status = read_memory(fdt, node, tree);
        if (status < 0)
            return status;
    }
    return 0;
}
