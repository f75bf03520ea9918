/*
 * signature_text: signify's two lines, as signify writes them and in no other way.
 *
 * The key and the signature of "hello\n" were made by signify-openbsd 31 with a key made for this
 * test and thrown away.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"
#include "signature_bench.h"

#define COMMENT  "untrusted comment: verify with fleet.pub\n"
#define KEY_LINE "RWSPDebBrBeL566fa4E2lMTfVTB2LVJi7b7V5LPJzRdKax36ml7lvYCl"
#define SIG_LINE                                                                                   \
    "RWSPDebBrBeL52Gdb1yMN7PfMCbptK1blNQxa8K3mnpH2Ekx"                                             \
    "euHSBnePRU1CqBu2g/zmLM2iiM8kujKJ6MDMJc1aX5uxwiZq9As="

static const char pub[] = "untrusted comment: fleet public key\n" KEY_LINE "\n";
static const char sig[] = COMMENT SIG_LINE "\n";
static char reason[SIGNATURE_REASON_BYTES];

/* Both read from memory of exactly the text's size. */
static char *exact(const char *text, size_t length)
{
    char *copy = malloc(length ? length : 1);

    assert_non_null(copy);
    memcpy(copy, text, length);
    memset(reason, 0, sizeof reason);
    return copy;
}

static int read_sig(const char *text, size_t length, struct signature_footer *footer)
{
    char *copy = exact(text, length);
    int status = signature_read(copy, length, 6, footer, reason);

    free(copy);
    return status;
}

static int add(struct signature_keys *keys, const char *text, size_t length)
{
    char *copy = exact(text, length);
    int status = signature_add_key(keys, copy, length, reason);

    free(copy);
    return status;
}

static void assert_no_signature(const char *text, size_t length, const char *why)
{
    struct signature_footer footer;

    assert_int_equal(read_sig(text, length, &footer), ERROR_CORRUPT);
    assert_true(strncmp(reason, "not a signature of signify: ", 28) == 0);
    assert_string_equal(reason + 28, why);
}

static void assert_wrong(const char *text, const char *why)
{
    assert_no_signature(text, strlen(text), why);
}

static const char bad_line[] = "its second line is not base64 of the right length";

static void test_what_signify_signed_is_verified_with_the_key_it_made(void **state)
{
    struct signature_keys keys = signer_no_keys();
    uint8_t file[6 + SIGNATURE_FOOTER_BYTES] = "hello\n";
    struct signature_footer footer;
    size_t content;

    (void)state;
    assert_int_equal(add(&keys, pub, sizeof pub - 1), 0);
    assert_int_equal(read_sig(sig, sizeof sig - 1, &footer), 0);
    assert_int_equal(footer.file_bytes, 6);
    memcpy(file + 6, &footer, sizeof footer);
    assert_int_equal(signature_check(&keys, file, sizeof file, &content, reason), 0);
    assert_int_equal(content, 6);
    file[0] = 'H';
    assert_int_equal(signature_check(&keys, file, sizeof file, &content, reason), ERROR_CORRUPT);
    assert_string_equal(reason,
                        "altered or damaged: the signature by key 8f0de6c1ac178be7 does not fit");
}

static void test_the_last_end_of_line_may_be_missing(void **state)
{
    struct signature_footer with, without;

    (void)state;
    assert_int_equal(read_sig(sig, sizeof sig - 1, &with), 0);
    assert_int_equal(read_sig(sig, sizeof sig - 2, &without), 0);
    assert_memory_equal(&with, &without, sizeof with);
}

static void test_a_signature_cut_off_anywhere_is_refused(void **state)
{
    struct signature_footer footer;

    (void)state;
    for (size_t length = 0; length < sizeof sig - 2; length++) {
        assert_int_equal(read_sig(sig, length, &footer), ERROR_CORRUPT);
        assert_true(reason[0] != '\0');
    }
}

static void test_what_is_no_signature_is_refused_with_its_reason(void **state)
{
    static char long_text[SIGNATURE_FILE_MAX + 1];

    (void)state;
    assert_wrong("", "it does not begin with \"untrusted comment: \"");
    assert_wrong("trusted comment: x\n" SIG_LINE "\n",
                 "it does not begin with \"untrusted comment: \"");
    assert_wrong("\n" COMMENT SIG_LINE, "it does not begin with \"untrusted comment: \"");
    assert_wrong("untrusted comment: " SIG_LINE, "it has one line, not two");
    assert_wrong(COMMENT, bad_line);
    assert_wrong(COMMENT "\n", bad_line);
    assert_wrong(COMMENT SIG_LINE "\n\n", "something follows its second line");
    assert_wrong(COMMENT SIG_LINE "\nhello\n", "something follows its second line");
    assert_wrong(COMMENT SIG_LINE "\r\n", bad_line);
    assert_wrong(COMMENT " " SIG_LINE "\n", bad_line);
    assert_wrong(COMMENT KEY_LINE "\n", bad_line); /* a public key */
    memset(long_text, 'x', sizeof long_text);
    assert_no_signature(long_text, sizeof long_text, "it is too long");
}

static void test_base64_that_is_not_the_only_one_for_its_bytes_is_refused(void **state)
{
    char text[sizeof sig];
    char *line = text + sizeof COMMENT - 1;
    static const char wrong[] = {'=', '-', '_', '\0', ' ',     '\t',    '.', (char)0xc3,
                                 '@', '[', '`', '{',  '/' - 1, '9' + 1, ','};

    (void)state;
    for (size_t i = 0; i < sizeof SIG_LINE - 1; i++) {
        for (size_t k = 0; k < sizeof wrong; k++) {
            memcpy(text, sig, sizeof sig);
            if (line[i] == wrong[k])
                continue;
            line[i] = wrong[k];
            assert_no_signature(text, sizeof sig - 1, bad_line);
        }
    }
    /* The last digit before the padding has 2 bits too many, which have to be 0. */
    memcpy(text, sig, sizeof sig);
    for (char c = 't'; c <= 'v'; c++) {
        line[98] = c;
        assert_no_signature(text, sizeof sig - 1, bad_line);
    }
    /* Padding for more than is missing, or none. */
    memcpy(text, sig, sizeof sig);
    line[98] = '=';
    assert_no_signature(text, sizeof sig - 1, bad_line);
    memcpy(text, sig, sizeof sig);
    memcpy(line + 99, "\n", 2);
    assert_no_signature(text, sizeof sig - 2, bad_line);
    memcpy(line + 99, "A", 2);
    assert_no_signature(text, sizeof sig - 2, bad_line);
}

static void test_every_digit_of_base64_has_its_value(void **state)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[sizeof sig];
    struct signature_footer footer;

    (void)state;
    memcpy(text, sig, sizeof sig);
    for (unsigned i = 0; i < 64; i++) {
        /* The 17th group of 4 digits: bytes 48 to 50 of the blob, 38 to 40 of the signature. */
        char *group = text + sizeof COMMENT - 1 + 64;

        memcpy(group, (char[4]){digits[i], digits[63 - i], digits[i], digits[63 - i]}, 4);
        assert_int_equal(read_sig(text, sizeof sig - 1, &footer), 0);
        uint32_t bits = i << 18 | (63 - i) << 12 | i << 6 | (63 - i);

        assert_int_equal(footer.blob.signature[38], bits >> 16);
        assert_int_equal(footer.blob.signature[39], bits >> 8 & 255);
        assert_int_equal(footer.blob.signature[40], bits & 255);
    }
}

static void test_a_signature_of_another_algorithm_is_refused(void **state)
{
    char text[sizeof sig];

    (void)state;
    memcpy(text, sig, sizeof sig);
    text[sizeof COMMENT - 1] = 'S'; /* "RW" begins "Ed" */
    assert_wrong(text, "its algorithm is not Ed25519");
}

static void test_a_key_comes_into_the_table_once_and_no_more_than_fit(void **state)
{
    struct signature_keys keys = signer_no_keys(), before;
    char text[sizeof pub];
    bool damaged;

    (void)state;
    assert_int_equal(add(&keys, sig, sizeof sig - 1), ERROR_CORRUPT);
    assert_string_equal(reason, "not a public key of signify: its second line is not base64 of "
                                "the right length");
    memcpy(text, pub, sizeof pub);
    for (unsigned i = 1; i <= SIGNATURE_KEYS_MAX; i++) {
        assert_int_equal(add(&keys, text, sizeof pub - 1), 0);
        assert_int_equal(signature_key_count(&keys, &damaged), i);
        assert_false(damaged);
        assert_int_equal(add(&keys, text, sizeof pub - 1), ERROR_INVALID);
        assert_string_equal(reason, "a key with its number is there already");
        text[strlen("untrusted comment: fleet public key\n") + 8]++; /* of its number */
    }
    before = keys;
    assert_int_equal(add(&keys, text, sizeof pub - 1), ERROR_NO_MEMORY);
    assert_string_equal(reason, "there are 4 keys, and no room for more");
    assert_memory_equal(&keys, &before, sizeof keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_signify_signed_is_verified_with_the_key_it_made),
        cmocka_unit_test(test_the_last_end_of_line_may_be_missing),
        cmocka_unit_test(test_a_signature_cut_off_anywhere_is_refused),
        cmocka_unit_test(test_what_is_no_signature_is_refused_with_its_reason),
        cmocka_unit_test(test_base64_that_is_not_the_only_one_for_its_bytes_is_refused),
        cmocka_unit_test(test_every_digit_of_base64_has_its_value),
        cmocka_unit_test(test_a_signature_of_another_algorithm_is_refused),
        cmocka_unit_test(test_a_key_comes_into_the_table_once_and_no_more_than_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
