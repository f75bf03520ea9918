/*
 * pilot_selftest_boot: what the board's log tells of the reset in the middle of the test.
 *
 * The log outlives a reset if the board's RAM does: then the last words of part 1 stand in it
 * before the loader's first. And its lines have times: when the adapter was started, when its
 * link was up, and when there was an address.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "pilot_selftest.h"

#define LOG_BYTES_MAX (16u << 20)
#define PATIENCE_MS   5000
#define LOG_CHECK     "log-across-reset"
#define LINK_LIMIT_MS 5000  /* autonegotiation takes 1 to 3 s */
#define DHCP_LIMIT_MS 10000 /* from the link on */

/* RAM may lose bits across a reset: that many of the mark may be others. Two runs' marks are apart
 * by some 30. */
#define MARK_BITS 6

static bool has_mark(const struct log_parts *parts, const char *mark)
{
    size_t length = strlen(mark);

    for (size_t at = 0; at + length <= parts->text_length; at++) {
        unsigned bits = 0;

        for (size_t i = 0; i < length; i++)
            bits += (unsigned)__builtin_popcount((uint8_t)(parts->text[at + i] ^ mark[i]));
        if (bits <= MARK_BITS)
            return true;
    }
    return false;
}

static bool is_subject(const struct log_parts *parts, const char *subject)
{
    return parts->subject_length == strlen(subject) &&
           memcmp(parts->subject, subject, parts->subject_length) == 0;
}

static bool has_text(const struct log_parts *parts, const char *text)
{
    return memmem(parts->text, parts->text_length, text, strlen(text)) != NULL;
}

/* "lan95xx b8:27:eb:00:00:01": the loader has started the adapter. */
static bool is_adapter(const struct log_parts *parts)
{
    char text[64] = "", name[32];
    unsigned mac[6];

    if (!is_subject(parts, "network") || parts->text_length >= sizeof text)
        return false;
    memcpy(text, parts->text, parts->text_length);
    return sscanf(text, "%31s %x:%x:%x:%x:%x:%x", name, &mac[0], &mac[1], &mac[2], &mac[3], &mac[4],
                  &mac[5]) == 7;
}

static void take_line(struct pilot_selftest_boot *boot, const struct log_parts *parts,
                      const char *mark)
{
    if (is_subject(parts, "self-test") && has_mark(parts, mark))
        boot->mark_came = true;
    if (is_subject(parts, "loader") && has_text(parts, "Pilotlight ")) {
        bool is_kept = boot->mark_came;

        *boot = (struct pilot_selftest_boot){.mark_came = is_kept, .is_kept = is_kept};
        boot->has_begun = true;
    }
    if (is_adapter(parts) && boot->adapter_us == 0)
        boot->adapter_us = parts->at_us;
    if (boot->adapter_us == 0)
        return;
    if (has_text(parts, "link up") && is_subject(parts, "net") && boot->link_us == 0)
        boot->link_us = parts->at_us;
    if (is_subject(parts, "dhcp") && has_text(parts, " from ") && boot->address_us == 0)
        boot->address_us = parts->at_us;
}

void pilot_selftest_read_boot(const char *log, size_t length, const char *mark,
                              struct pilot_selftest_boot *boot)
{
    *boot = (struct pilot_selftest_boot){0};
    while (length > 0) {
        const char *end = memchr(log, '\n', length);
        size_t line = end ? (size_t)(end - log) : length;
        struct log_parts parts = {0};

        if (log_split(log, line, &parts))
            take_line(boot, &parts, mark);
        if (!end)
            return;
        log += line + 1;
        length -= line + 1;
    }
}

static unsigned ms_between(uint64_t from_us, uint64_t to_us)
{
    return (unsigned)((to_us - from_us + 500) / 1000);
}

static void judge_link(const struct pilot_selftest_boot *boot)
{
    static const char name[] = "link-time";

    if (boot->adapter_us == 0) {
        pilot_selftest_verdict(SELFTEST_NOT_APPLICABLE, name,
                               "the loader has started no network after the reset");
    } else if (boot->address_us == 0) {
        pilot_selftest_verdict(SELFTEST_FAIL, name, "the log tells of no address after the reset%s",
                               boot->link_us ? "" : ", nor of a link");
    } else if (boot->link_us == 0) {
        pilot_selftest_verdict(SELFTEST_NOT_APPLICABLE, name,
                               "the link was there when the adapter was started: it negotiates "
                               "nothing; address after %u ms",
                               ms_between(boot->adapter_us, boot->address_us));
    } else {
        unsigned link_ms = ms_between(boot->adapter_us, boot->link_us);
        unsigned address_ms = ms_between(boot->link_us, boot->address_us);

        pilot_selftest_verdict(
            link_ms <= LINK_LIMIT_MS && address_ms <= DHCP_LIMIT_MS ? SELFTEST_PASS : SELFTEST_FAIL,
            name,
            "link %u ms after the adapter's start (limit %d), address %u ms "
            "after that (limit %d)",
            link_ms, LINK_LIMIT_MS, address_ms, DHCP_LIMIT_MS);
    }
}

void pilot_selftest_judge_boot(const struct pilot_selftest *test)
{
    struct pilot_transfer transfer = {
        .board = &test->board, .file = "log", .patience_ms = PATIENCE_MS};
    struct pilot_selftest_boot boot;
    struct pilot_file file;
    char mark[32];

    if (pilot_tftp_read(&transfer, LOG_BYTES_MAX, &file) < 0)
        fail("no log of %s after the reset: %s", test->board.name, transfer.reason);
    pilot_selftest_mark(test, mark);
    if (strcmp(test->corrupt, LOG_CHECK) == 0 || strcmp(test->corrupt, "all") == 0)
        memset(mark, '-', strlen(mark));
    pilot_selftest_read_boot((const char *)file.bytes, file.length, mark, &boot);
    pilot_selftest_verdict(boot.is_kept ? SELFTEST_PASS : SELFTEST_FAIL, LOG_CHECK,
                           boot.is_kept
                               ? "the last words before the reset (%s) stand in the log"
                               : "the last words before the reset (%s) are not in the log%s",
                           mark, boot.has_begun ? "" : ", which has no beginning");
    judge_link(&boot);
    free(file.bytes);
}
