/*
 * faults: everything a service can do wrong by itself, each under a name.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdint.h>

/* Does what name says: see the table in faults.c. argument: an address, for those that take one.
 * Returns what came of it, in a few words, if the service is still there; a null pointer when
 * there is no such fault. */
const char *faults_commit(const char *name, uintptr_t argument);

/* All names, one after another: index from 0 on; a null pointer behind the last. */
const char *faults_name(unsigned index);

#endif
