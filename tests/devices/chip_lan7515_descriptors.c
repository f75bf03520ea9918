/*
 * chip_lan7515_descriptors: what the LAN7515's Ethernet says of itself (lsusb -v on a Pi 3B+).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chip_lan7515.h"

/* clang-format off */
const uint8_t lan7515_device_descriptor[] = {
    18, 1,      /* device */
    0x10, 0x02, /* USB 2.1 */
    0xff, 0, 0xff, 64,
    0x24, 0x04, 0x00, 0x78, /* 0424:7800 */
    0x00, 0x03,
    0, 0, 0,    /* no strings */
    1,
};

const uint8_t lan7515_configuration_descriptor[] = {
    9, 2, 39, 0, 1, 1, 0, 0xe0, 1,      /* one interface; self-powered, remote wake-up; 2 mA */
    9, 4, 0, 0, 3, 0xff, 0x00, 0xff, 0, /* three endpoints, vendor's class */
    7, 5, 0x80 | CHIP_BULK_IN, 2, CHIP_PACKET_BYTES & 0xff, CHIP_PACKET_BYTES >> 8, 0,
    7, 5, CHIP_BULK_OUT, 2, CHIP_PACKET_BYTES & 0xff, CHIP_PACKET_BYTES >> 8, 0,
    7, 5, 0x80 | CHIP_INTERRUPT_IN, 3, 16, 0, 4,
};
/* clang-format on */
