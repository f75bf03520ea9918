/*
 * cores_start: what cores.c and start.S must agree on, for C and assembler.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CORES_START_H
#define CORES_START_H

#define CORES_GO          0x676f2c20636f7265 /* in cores_released: the core may leave the park */
#define CORES_STACK_SHIFT 12                 /* of the bytes at EL2 of each core but core 0 */
#define CORES_TABLE       20480              /* of level 1 in struct memory_tables */

#define CORES_SPIN_TABLE_BYTES 176 /* CPU_SPIN_TABLE_BYTES, for the assembler */

#endif
