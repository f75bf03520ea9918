/*
 * pilot_signature: signatures and keys, for the commands that carry them along.
 *
 * Formats: include/signature_format.h. What is a signature and what is not is the loader's own
 * code to say (loader/signature.c); signify-openbsd makes them (pilot_sign.c).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PILOT_SIGNATURE_H
#define PILOT_SIGNATURE_H

#include "pilot.h"
#include "signature.h"

#define PILOT_NUMBER_DIGITS (2 * SIGNATURE_NUMBER)

/* A key's number, as the loader shows it. */
void pilot_number_text(const uint8_t number[SIGNATURE_NUMBER], char text[PILOT_NUMBER_DIGITS + 1]);

/* The public key in a .pub file, put behind those in the table. Fails: no such file, not a key,
 * in the table already, no room. */
void pilot_keys_add(struct signature_keys *keys, const char *path);

/* A table without keys. */
struct signature_keys pilot_keys_none(void);

/* The table of keys in a loader's image, which path names in messages. Points into image. Fails:
 * there is none, or it is damaged. */
struct signature_keys *pilot_keys_find(const struct pilot_file *image, const char *path);

/* The footer of a file that has one, as long as it holds together; false: there is none. Fails
 * when it does not, naming path. */
bool pilot_footer_read(const struct pilot_file *file, const char *path,
                       struct signature_footer *footer);

/* The footer that the text of path.sig makes for the file. False: there is no path.sig. Fails: it
 * is not a signature. */
bool pilot_footer_beside(const struct pilot_file *file, const char *path,
                         struct signature_footer *footer);

/*
 * The file that was read from path, as it is to be sent: one that has no footer gets that of
 * path.sig, if there is one. Changes file->bytes and file->length. Returns whether it has a footer
 * now. Fails as the two above.
 */
bool pilot_signature_attach(struct pilot_file *file, const char *path);

#endif
