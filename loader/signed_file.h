/*
 * signed_file: a file from the card together with its signature.
 *
 * A signature travels behind the file, as a footer, or beside it, as NAME.sig. Here the second
 * becomes the first, so that whoever checks a file knows one form. Nothing is checked here.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIGNED_FILE_H
#define SIGNED_FILE_H

#include <stddef.h>
#include <stdint.h>

struct boot_sink;
struct fat_volume;

/*
 * As fat_volume_read_file; but if the loader has keys and the file has no footer, NAME.sig is
 * looked for and its footer put behind the file: part of the length that is returned, and shown
 * to sink. Without a NAME.sig the file is as it is. ERROR_TOO_LARGE: also if the footer does
 * not fit; ERROR_CORRUPT: also for a NAME.sig that is none (both logged).
 */
int64_t signed_file_read(struct fat_volume *volume, const char *path, void *buffer, size_t capacity,
                         struct boot_sink *sink, uint64_t deadline_us);

#endif
