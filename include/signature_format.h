/*
 * signature_format: how a file that is to be started carries its signature.
 *
 * The signature is Ed25519 over the whole file, as signify-openbsd makes it. It comes as a
 * footer behind the file - struct signature_footer, the last SIGNATURE_FOOTER_BYTES bytes - or
 * beside it as NAME.sig, the text file that signify writes. Neither is part of what is signed.
 *
 * Keys and signatures of signify are two lines: a comment, and base64 of the structs below.
 * Facts: signify(1), and signify.c of OpenBSD for the layout.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIGNATURE_FORMAT_H
#define SIGNATURE_FORMAT_H

#include <stdint.h>

#define SIGNATURE_BYTES     64
#define SIGNATURE_KEY_BYTES 32
#define SIGNATURE_NUMBER    8 /* bytes of a key's number: names a key pair, random, no secret */
#define SIGNATURE_ALGORITHM "Ed"
#define SIGNATURE_COMMENT   "untrusted comment: "
#define SIGNATURE_FILE_MAX  2048 /* bytes of a .sig or .pub file */

/* What the second line of a .sig file says, in base64. */
struct signature_blob {
    char algorithm[2];
    uint8_t number[SIGNATURE_NUMBER];
    uint8_t signature[SIGNATURE_BYTES];
};

/* ... and of a .pub file. */
struct signature_public_blob {
    char algorithm[2];
    uint8_t number[SIGNATURE_NUMBER];
    uint8_t key[SIGNATURE_KEY_BYTES];
};

#define SIGNATURE_FOOTER_MAGIC "PLsigned" /* no NUL */
#define SIGNATURE_FOOTER_BYTES 96
#define SIGNATURE_FORMAT       1

struct signature_footer {
    uint64_t file_bytes; /* before the footer; little-endian */
    uint32_t format;     /* SIGNATURE_FORMAT, little-endian */
    uint8_t reserved[2]; /* 0 */
    struct signature_blob blob;
    char magic[8]; /* SIGNATURE_FOOTER_MAGIC: the file's last bytes */
};

_Static_assert(sizeof(struct signature_blob) == 74, "no padding");
_Static_assert(sizeof(struct signature_public_blob) == 42, "no padding");
_Static_assert(sizeof(struct signature_footer) == SIGNATURE_FOOTER_BYTES, "no padding");

/*
 * The table of public keys in the loader's image, found by its magic at a multiple of 8. It is
 * empty as compiled; `pilot key` and `pilot sdcard --key` fill it in (docs/security.md). The
 * first count keys are to be used, the others are zeros.
 */
#define SIGNATURE_KEYS_MAGIC "PLkeys1" /* with its NUL */
#define SIGNATURE_KEYS_MAX   4

struct signature_keys {
    char magic[8];
    uint32_t crc32c; /* of all that follows, in whole */
    uint32_t count;  /* 0 ... SIGNATURE_KEYS_MAX, little-endian */
    struct signature_key {
        uint8_t number[SIGNATURE_NUMBER];
        uint8_t key[SIGNATURE_KEY_BYTES];
    } keys[SIGNATURE_KEYS_MAX];
};

_Static_assert(sizeof(struct signature_keys) == 176, "no padding; loader/keys.S has it in numbers");

#endif
