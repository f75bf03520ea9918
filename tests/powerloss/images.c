/*
 * images: see the header.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "signature.h"
#include "sodium/crypto_hash_sha256.h"
#include "sodium/crypto_sign_ed25519.h"
#include "verdict.h"

enum flaw { SOUND, ALTERED, FORGED, UNSIGNED };

static const struct recipe {
    const char *service, *version;
    uint32_t counter;
    size_t bytes; /* with the signature */
    enum flaw flaw;
    bool is_probe;
} recipes[IMAGES] = {
    [DNS_1] = {"dns", "1.0", 1, 2000, SOUND, false},
    [DNS_2] = {"dns", "1.1", 1, 4096, SOUND, false}, /* whole blocks */
    [DNS_3] = {"dns", "1.2", 2, 3585, SOUND, false}, /* one byte more than whole blocks */
    [DNS_4] = {"dns", "1.10", 2, 9000, SOUND, false},
    [DNS_OLD] = {"dns", "1.3", 1, 1000, SOUND, false},
    [DNS_ALTERED] = {"dns", "1.4", 9, 1500, ALTERED, false},
    [DNS_FORGED] = {"dns", "1.5", 9, 1500, FORGED, false},
    [DNS_UNSIGNED] = {"dns", "1.6", 9, 700, UNSIGNED, false},
    [ECHO_1] = {"echo", "0.1", 0, 97, SOUND, false},  /* one byte, signed */
    [ECHO_2] = {"echo", "0.2", 0, 512, SOUND, false}, /* one block */
    [ECHO_3] = {"echo", "0.3", 0, 6000, SOUND, false},
    [ECHO_PROBE] = {"echo", "9.0", 9, 800, SOUND, true},
    [DNS_PROBE] = {"dns", "9.0", 9, 800, SOUND, true},
};

struct image images[IMAGES];
static struct signature_keys keys;

static void sign(uint8_t *bytes, size_t content, const uint8_t *number, const uint8_t *secret)
{
    struct signature_footer footer = {.file_bytes = content, .format = 1};

    memcpy(footer.blob.algorithm, SIGNATURE_ALGORITHM, sizeof(footer.blob.algorithm));
    memcpy(footer.blob.number, number, sizeof(footer.blob.number));
    memcpy(footer.magic, SIGNATURE_FOOTER_MAGIC, sizeof(footer.magic));
    crypto_sign_ed25519_detached(footer.blob.signature, NULL, bytes, content, secret);
    memcpy(bytes + content, &footer, sizeof(footer));
}

static void make(struct image *image, const struct recipe *recipe, const uint8_t *ours,
                 const uint8_t *strangers)
{
    size_t content = recipe->bytes - (recipe->flaw == UNSIGNED ? 0 : SIGNATURE_FOOTER_BYTES);
    uint32_t noise = (uint32_t)(image - images) + 1;
    size_t ignored;
    char reason[SIGNATURE_REASON_BYTES];

    image->bytes = calloc(1, IMAGE_BYTES_MAX);
    if (image->bytes == NULL)
        abort();
    for (size_t i = 0; i < content; i++)
        image->bytes[i] = (uint8_t)((noise = noise * 1664525 + 1013904223) >> 24);
    if (recipe->flaw != UNSIGNED)
        sign(image->bytes, content, keys.keys[0].number, recipe->flaw == FORGED ? strangers : ours);
    if (recipe->flaw == ALTERED)
        image->bytes[content / 2] ^= 0x10;
    image->is_good = signature_check(&keys, image->bytes, recipe->bytes, &ignored, reason) == 0;
    if (image->is_good != (recipe->flaw == SOUND)) {
        fprintf(stderr, "powerloss: %s %s is not as it is meant to be: %s\n", recipe->service,
                recipe->version, reason);
        abort();
    }
    image->is_probe = recipe->is_probe;
    image->about = (struct slot_image){.bytes = recipe->bytes, .security_counter = recipe->counter};
    crypto_hash_sha256(image->about.digest, image->bytes, recipe->bytes);
    strcpy(image->about.name, recipe->service);
    strcpy(image->about.version, recipe->version);
    snprintf(image->about.location, sizeof(image->about.location), "push:192.0.2.1/%s.elf",
             recipe->service);
}

void images_make(void)
{
    static const uint8_t seed[32] = "powerloss: the seed of our key", other[32] = "a stranger's";
    uint8_t ours[64], strangers[64], public[32];

    memset(&keys, 0, sizeof(keys));
    memcpy(keys.magic, SIGNATURE_KEYS_MAGIC, sizeof(keys.magic));
    keys.count = 1;
    memcpy(keys.keys[0].number, "pwrloss", SIGNATURE_NUMBER);
    crypto_sign_ed25519_seed_keypair(keys.keys[0].key, ours, seed);
    crypto_sign_ed25519_seed_keypair(public, strangers, other);
    keys.crc32c = signature_keys_crc32c(&keys);
    for (int i = 0; i < IMAGES; i++)
        make(&images[i], &recipes[i], ours, strangers);
}

void images_free(void)
{
    for (int i = 0; i < IMAGES; i++)
        free(images[i].bytes);
}

int images_find(const void *file, size_t length)
{
    for (int i = 0; i < IMAGES; i++) {
        if (images[i].about.bytes == length && memcmp(images[i].bytes, file, length) == 0)
            return i;
    }
    return -1;
}

bool images_may_start(int image, uint32_t floor)
{
    return image >= 0 && images[image].is_good && images[image].about.security_counter >= floor;
}

/* ---- the judge ----------------------------------------------------------------------- */

static int judge(struct slot_judge *base, const void *file, size_t length,
                 const struct slot_image *about, uint32_t floor, char *reason)
{
    struct image_judge *self = (struct image_judge *)base;
    int image = images_find(file, length);
    size_t ignored;

    self->passed = -1;
    if (image < 0) {
        int status = signature_check(&keys, file, length, &ignored, reason);

        if (status == 0)
            verdict_fail("a file that nobody signed passes for signed");
        return status == 0 ? ERROR_CORRUPT : status;
    }
    if (!images[image].is_good) {
        strcpy(reason, "its signature is not good");
        return ERROR_REFUSED;
    }
    if (memcmp(about, &images[image].about, sizeof(*about)) != 0) {
        verdict_fail("the header of %s %s is not its own", images[image].about.name,
                     images[image].about.version);
        strcpy(reason, "a header of another");
        return ERROR_CORRUPT;
    }
    if (about->security_counter < floor) {
        snprintf(reason, SLOT_REASON_BYTES, "security counter %u, less than %u",
                 (unsigned)about->security_counter, (unsigned)floor);
        return ERROR_REFUSED;
    }
    self->passed = image;
    return 0;
}

static void tell(struct slot_judge *base, const char *sentence)
{
    if (((struct image_judge *)base)->is_told)
        printf("    says: %s\n", sentence);
}

void image_judge_init(struct image_judge *self)
{
    *self = (struct image_judge){.judge = {judge, tell}, .passed = -1};
}
