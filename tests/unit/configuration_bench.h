/*
 * configuration_bench: pilot.conf as a text, what was read of it, and every sentence about it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CONFIGURATION_BENCH_H
#define CONFIGURATION_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "configuration.h"
#include "error.h"

static struct configuration configuration;
static char sentences[4096];
static unsigned reports;

static inline void report(void *context, const char *sentence)
{
    assert_ptr_equal(context, &reports);
    for (const char *at = sentence; *at != '\0'; at++)
        assert_in_range(*at, 0x20, 0x7e);
    reports++;
    strcat(sentences, sentence);
    strcat(sentences, "\n");
}

/* Reads text from a block of its exact size, so that a read past it is found. */
static inline unsigned read_bytes(const void *text, size_t length)
{
    char *exact = malloc(length ? length : 1);
    unsigned errors;

    memcpy(exact, text, length);
    sentences[0] = '\0';
    reports = 0;
    configuration_defaults(&configuration);
    errors = configuration_read(&configuration, "pilot.conf", exact, length, report, &reports);
    free(exact);
    return errors;
}

static inline unsigned read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static inline void assert_good(const char *text)
{
    unsigned errors = read_bytes(text, strlen(text));

    assert_string_equal(sentences, "");
    assert_int_equal(errors, 0);
}

static inline void assert_bad(const char *text, const char *expected)
{
    assert_int_not_equal(read_bytes(text, strlen(text)), 0);
    assert_string_equal(sentences, expected);
}

static inline void assert_address(struct net_address address, const char *expected)
{
    char text[16];

    snprintf(text, sizeof text, "%u.%u.%u.%u", address.ip[0], address.ip[1], address.ip[2],
             address.ip[3]);
    assert_string_equal(text, expected);
}

#endif
