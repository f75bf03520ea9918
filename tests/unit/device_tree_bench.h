/*
 * device_tree_bench: a device tree as the board's firmware writes it, to be read as it is or
 * changed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef DEVICE_TREE_BENCH_H
#define DEVICE_TREE_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "device_tree.h"
#include "tree_builder.h"

static struct tree_builder builder;
static struct device_tree tree;

/* A tree as the board's firmware writes it, as far as we look. */
static inline int setup(void **state)
{
    static const uint8_t mac[6] = {0xb8, 0x27, 0xeb, 1, 2, 3};

    (void)state;
    tree_begin(&builder);
    tree_string(&builder, "/", "model", "Raspberry Pi 3 Model B Rev 1.2");
    tree_string(&builder, "/", "serial-number", "00000000C0FFEE01");
    TREE_CELLS(&builder, "/", "#address-cells", 1);
    TREE_CELLS(&builder, "/", "#size-cells", 1);
    tree_node(&builder, "/", "memory@0");
    TREE_CELLS(&builder, "/memory@0", "reg", 0, 0x3b400000);
    tree_node(&builder, "/", "soc");
    tree_node(&builder, "/soc", "serial@7e201000");
    tree_string(&builder, "/soc/serial@7e201000", "compatible", "arm,pl011");
    tree_node(&builder, "/soc", "serial@7e215040");
    tree_string(&builder, "/soc/serial@7e215040", "compatible", "brcm,bcm2835-aux-uart");
    tree_node(&builder, "/soc", "ethernet@1");
    tree_bytes(&builder, "/soc/ethernet@1", "local-mac-address", mac, 6);
    tree_node(&builder, "/", "aliases");
    tree_string(&builder, "/aliases", "serial0", "/soc/serial@7e201000");
    tree_string(&builder, "/aliases", "serial1", "/soc/serial@7e215040");
    tree_string(&builder, "/aliases", "ethernet0", "/soc/ethernet@1");
    tree_node(&builder, "/", "chosen");
    tree_string(&builder, "/chosen", "bootargs", "console=ttyAMA0 -- --records 5");
    tree_string(&builder, "/chosen", "stdout-path", "serial0:115200n8");
    tree_node(&builder, "/chosen", "bootloader");
    TREE_CELLS(&builder, "/chosen/bootloader", "rsts", 0x1020);
    tree_bytes(&builder, "/chosen", "rng-seed", "0123456789abcdef", 16);
    tree_node(&builder, "/", "reserved-memory");
    TREE_CELLS(&builder, "/reserved-memory", "#address-cells", 2);
    TREE_CELLS(&builder, "/reserved-memory", "#size-cells", 1);
    tree_node(&builder, "/reserved-memory", "nvram@0");
    TREE_CELLS(&builder, "/reserved-memory/nvram@0", "reg", 0, 0x3ec0000, 0x10000);
    tree_node(&builder, "/reserved-memory", "linux,cma");
    TREE_CELLS(&builder, "/reserved-memory/linux,cma", "size", 0x4000000);
    tree_node(&builder, "/", "cpus");
    for (uint32_t i = 0; i < 4; i++) {
        char path[] = "/cpus/cpu@0";

        path[10] = (char)('0' + i);
        tree_node(&builder, "/cpus", path + 6);
        TREE_CELLS(&builder, path, "reg", i);
        TREE_CELLS(&builder, path, "cpu-release-addr", 0, 0xd8 + 8 * i);
    }
    fdt_add_mem_rsv(builder.bytes, 0, 0x1000);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    free(builder.copy);
    builder.copy = NULL;
    return 0;
}

static inline int read_tree(void)
{
    size_t length;
    uint8_t *fdt = tree_exact(&builder, &length);

    return device_tree_read(fdt, length, &tree);
}

#endif
