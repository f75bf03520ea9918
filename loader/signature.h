/*
 * signature: who signed a file, before anything else of it is believed.
 *
 * Nothing of the file is looked at but its footer (include/signature_format.h), whose fields
 * have one valid value each; then the bytes before it are verified as one range. Ed25519 by
 * libsodium (RFC 8032; refuses points of small order and S >= L: one message and key have one
 * signature that is accepted per nonce).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef SIGNATURE_H
#define SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "signature_format.h"

#define SIGNATURE_REASON_BYTES 120 /* as ELF_REASON_BYTES */

/* The table in the loader's own image (keys.S). On the host: one that a test may fill in. */
const struct signature_keys *signature_own_keys(void);

/* How many of its keys are to be used: 0 for a table that is damaged, and then *damaged (may be
 * null) is set: a loader with such a table must start nothing. */
unsigned signature_key_count(const struct signature_keys *keys, bool *damaged);

/* What the table means, for the log at each boot: which keys, or that there are none. */
void signature_describe(const struct signature_keys *keys, char text[SIGNATURE_REASON_BYTES]);

/*
 * Verifies a file of length bytes. Without keys every file passes that has no footer, or one that
 * holds together.
 * Sets *content to the bytes before the footer (length, when there is no footer, or on failure):
 * the file is these, and what is behind them must not be looked at any more.
 * Returns 0; ERROR_REFUSED (no signature; by a key that is not in the table), ERROR_CORRUPT
 * (altered: the signature does not fit; a footer that contradicts itself or the file; a
 * damaged table), with one sentence in reason that says which, and names the key by its number:
 * 16 hexadecimal digits, in the order of its bytes.
 */
int signature_check(const struct signature_keys *keys, const void *file, size_t length,
                    size_t *content, char *reason);

/* True if the file's last bytes say that a footer is there. */
bool signature_is_there(const void *file, size_t length);

/*
 * Makes the footer for a file of file_bytes bytes from the text of its NAME.sig. Returns 0 or
 * ERROR_CORRUPT with one sentence in reason: not two lines, not base64, another length or
 * algorithm.
 */
int signature_read(const char *text, size_t length, uint64_t file_bytes,
                   struct signature_footer *footer, char *reason);

/* The same for a .pub file: appends the key to the table. ERROR_NO_MEMORY: it is full;
 * ERROR_INVALID: one with its number is there already. */
int signature_add_key(struct signature_keys *keys, const char *text, size_t length, char *reason);

/* What keys->crc32c has to be. */
uint32_t signature_keys_crc32c(const struct signature_keys *keys);

#endif
