/*
 * signed_file: see signed_file.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "signed_file.h"

#include <stdio.h>
#include <string.h>

#include "boot_source.h"
#include "error.h"
#include "fat_volume.h"
#include "log.h"
#include "net.h"
#include "signature.h"

static int64_t read_footer(struct fat_volume *volume, const char *path, uint64_t file_bytes,
                           struct signature_footer *footer, uint64_t deadline_us)
{
    static _Alignas(4) char text[SIGNATURE_FILE_MAX];
    char name[NET_NAME_MAX + 4], reason[SIGNATURE_REASON_BYTES];

    snprintf(name, sizeof name, "%s.sig", path);
    int64_t length = fat_volume_read_file(volume, name, text, sizeof text, NULL, deadline_us);

    if (length < 0)
        return length;
    int status = signature_read(text, (size_t)length, file_bytes, footer, reason);

    if (status < 0)
        log_line("sd", "%s: %s", name, reason);
    return status;
}

int64_t signed_file_read(struct fat_volume *volume, const char *path, void *buffer, size_t capacity,
                         struct boot_sink *sink, uint64_t deadline_us)
{
    struct signature_footer footer;
    int64_t length = fat_volume_read_file(volume, path, buffer, capacity, sink, deadline_us);
    int64_t status;

    if (length < 0 || signature_key_count(signature_own_keys(), NULL) == 0 ||
        signature_is_there(buffer, (size_t)length))
        return length;
    status = read_footer(volume, path, (uint64_t)length, &footer, deadline_us);
    if (status == ERROR_ABSENT)
        return length;
    if (status < 0)
        return status;
    if (sizeof footer > capacity - (size_t)length) {
        log_line("sd", "%s: no room for its signature", path);
        return ERROR_TOO_LARGE;
    }
    memcpy((uint8_t *)buffer + length, &footer, sizeof footer);
    if (sink != NULL)
        sink->update(sink, &footer, sizeof footer);
    return length + (int64_t)sizeof footer;
}
