/*
 * ffconf: how FatFs R0.15 is built here: it finds files and never writes. Long names in
 * a static buffer, 512-byte blocks, one volume, no clock, no heap, no seeking.
 *
 * Partition tables are loader/fat_volume.c's work: FatFs is shown the partition only.
 * Code page 437 is the smallest that knows upper and lower case of ASCII.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef FFCONF_H
#define FFCONF_H

#define FFCONF_DEF 80286 /* the revision of ff.h this belongs to */

#define FF_FS_READONLY  1
#define FF_FS_MINIMIZE  3
#define FF_USE_FIND     0
#define FF_USE_MKFS     0
#define FF_USE_FASTSEEK 0
#define FF_USE_EXPAND   0
#define FF_USE_CHMOD    0
#define FF_USE_LABEL    0
#define FF_USE_FORWARD  0
#define FF_USE_STRFUNC  0
#define FF_PRINT_LLI    0
#define FF_PRINT_FLOAT  0
#define FF_STRF_ENCODE  0

#define FF_CODE_PAGE   437
#define FF_USE_LFN     1
#define FF_MAX_LFN     255
#define FF_LFN_UNICODE 0
#define FF_LFN_BUF     255
#define FF_SFN_BUF     12
#define FF_FS_RPATH    0

#define FF_VOLUMES         1
#define FF_STR_VOLUME_ID   0
#define FF_MULTI_PARTITION 0
#define FF_MIN_SS          512
#define FF_MAX_SS          512
#define FF_LBA64           0
#define FF_MIN_GPT         0x10000000
#define FF_USE_TRIM        0

#define FF_FS_TINY      1
#define FF_FS_EXFAT     0
#define FF_FS_NORTC     1
#define FF_NORTC_MON    1
#define FF_NORTC_MDAY   1
#define FF_NORTC_YEAR   2025
#define FF_FS_NOFSINFO  3
#define FF_FS_LOCK      0
#define FF_FS_REENTRANT 0
#define FF_FS_TIMEOUT   1000

#endif
