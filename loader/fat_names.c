/*
 * fat_names: the characters of file names, for FatFs (instead of its ffunicode.c, whose
 * tables are 1.3 KB): ASCII and nothing else. A name with another character in it is not
 * found by its long name.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ff.h"

#define ASCII_END 0x80

WCHAR ff_uni2oem(DWORD character, WORD code_page)
{
    (void)code_page;
    return character < ASCII_END ? (WCHAR)character : 0;
}

WCHAR ff_oem2uni(WCHAR character, WORD code_page)
{
    (void)code_page;
    return character < ASCII_END ? character : 0;
}

DWORD ff_wtoupper(DWORD character)
{
    return character >= 'a' && character <= 'z' ? character - 'a' + 'A' : character;
}
