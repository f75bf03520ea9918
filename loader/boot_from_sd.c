/*
 * boot_from_sd: see the header. What goes wrong is logged by fat_volume, which knows it best.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "boot_from_sd.h"

#include <stdio.h>

#include "error.h"
#include "log.h"
#include "signed_file.h"

static int64_t fetch(struct boot_source *source, void *buffer, size_t capacity,
                     struct boot_sink *sink, uint64_t deadline_us)
{
    struct boot_from_sd *self = (struct boot_from_sd *)source;
    int64_t status;

    if (self->device == NULL) {
        log_line("sd", "no card");
        return ERROR_ABSENT;
    }
    status = fat_volume_mount(&self->volume, self->device, deadline_us);
    if (status < 0)
        return status;
    status = signed_file_read(&self->volume, self->file, buffer, capacity, sink, deadline_us);
    if (status == ERROR_ABSENT)
        log_line("sd", "no file %s", self->file);
    return status;
}

static const char *location(struct boot_source *source)
{
    struct boot_from_sd *self = (struct boot_from_sd *)source;

    return self->location;
}

void boot_from_sd_init(struct boot_from_sd *self, struct block_device *device, const char *file)
{
    self->source = (struct boot_source){"sd", fetch, location};
    self->device = device;
    self->file = file;
    snprintf(self->location, sizeof(self->location), "sd:%s", file);
}
