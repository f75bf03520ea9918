/*
 * fault_stack: the size of the stack that fault reports run on, for C and assembler.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef FAULT_STACK_H
#define FAULT_STACK_H

#define FAULT_STACK_BYTES 8192

#endif
