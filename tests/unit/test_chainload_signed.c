/*
 * chainload: a loader with keys starts another system only from files that are signed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "chainload_bench.h"

#include "signature_bench.h"

static void use_key(void)
{
    struct signer signer = signer_make(1);

    sim_keys = signer_keys(&signer);
}

static void test_with_keys_an_unsigned_image_is_refused(void **state)
{
    (void)state;
    use_key();
    add_both();
    expect_refusal(ERROR_REFUSED, "chainload: Image: refused: it is not signed");
}

static void test_with_keys_an_altered_initrd_is_refused(void **state)
{
    struct signer signer = signer_make(1);

    (void)state;
    use_key();
    strcpy(loader.configuration.initrd, "initrd.img");
    add("IMAGE      ", image, signer_sign(&signer, image, IMAGE_BYTES));
    size_t length = signer_sign(&signer, initrd, INITRD_BYTES);

    initrd[100] ^= 1;
    add("INITRD  IMG", initrd, length);
    expect_refusal(ERROR_CORRUPT, "chainload: initrd.img: refused: altered or damaged");
}

static void test_with_keys_signed_files_are_started_without_their_footers(void **state)
{
    struct signer signer = signer_make(1);

    (void)state;
    use_key();
    strcpy(loader.configuration.initrd, "initrd.img");
    add("IMAGE      ", image, signer_sign(&signer, image, IMAGE_BYTES));
    add("INITRD  IMG", initrd, signer_sign(&signer, initrd, INITRD_BYTES));
    expect_left();
    assert_memory_equal((const void *)sim_cpu.entry, image, IMAGE_BYTES);
    assert_int_equal(((const uint8_t *)sim_cpu.entry)[IMAGE_BYTES], 0xa5); /* as it was */
    assert_int_equal(bytes_be32((const uint8_t *)chosen("linux,initrd-end", 8) + 4) -
                         bytes_be32((const uint8_t *)chosen("linux,initrd-start", 8) + 4),
                     INITRD_BYTES);
}

/* The text of a .sig file: a comment, and base64 of the footer's blob. */
static size_t write_sig(const struct signature_footer *footer, char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t blob[75] = {0};
    char *at = text + sprintf(text, "%sverify with fleet.pub\n", SIGNATURE_COMMENT);

    memcpy(blob, &footer->blob, sizeof footer->blob);
    for (unsigned i = 0; i < 75; i += 3) {
        uint32_t bits = (uint32_t)blob[i] << 16 | (uint32_t)blob[i + 1] << 8 | blob[i + 2];

        for (int shift = 18; shift >= 0; shift -= 6)
            *at++ = digits[bits >> shift & 63];
    }
    at[-1] = '=';
    *at++ = '\n';
    return (size_t)(at - text);
}

static void test_with_keys_a_signature_beside_the_file_counts(void **state)
{
    struct signer signer = signer_make(1);
    struct signature_footer footer;
    char text[256];

    (void)state;
    use_key();
    signer_sign(&signer, image, IMAGE_BYTES);
    memcpy(&footer, image + IMAGE_BYTES, sizeof footer);
    add("IMAGE      ", image, IMAGE_BYTES);
    /* FAT keeps "Image.sig" as a short name. */
    add("IMAGE   SIG", text, write_sig(&footer, text));
    expect_left();
    assert_memory_equal((const void *)sim_cpu.entry, image, IMAGE_BYTES);
}

static void test_with_keys_a_signature_file_that_is_none_is_said(void **state)
{
    (void)state;
    use_key();
    add("IMAGE      ", image, IMAGE_BYTES);
    add("IMAGE   SIG", "nonsense\n", 9);
    expect_refusal(ERROR_CORRUPT, "sd: Image.sig: not a signature of signify");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(test_with_keys_an_unsigned_image_is_refused),
        SYSTEM_TEST(test_with_keys_an_altered_initrd_is_refused),
        SYSTEM_TEST(test_with_keys_signed_files_are_started_without_their_footers),
        SYSTEM_TEST(test_with_keys_a_signature_beside_the_file_counts),
        SYSTEM_TEST(test_with_keys_a_signature_file_that_is_none_is_said),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
