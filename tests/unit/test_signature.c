/*
 * signature: footer and keys: what is accepted, what is refused. Attacks:
 * test_signature_attacks.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "signed_file_bench.h"

#include "sim_keys.h"

/* ---- what is accepted ------------------------------------------------------------ */

static void test_a_signed_file_passes_without_its_footer(void **state)
{
    (void)state;
    assert_passes(&keys, file, length, FILE_BYTES);
    assert_true(signature_is_there(file, length));
    assert_false(signature_is_there(file, FILE_BYTES));
}

static void test_files_of_every_small_length_are_signed_and_verified(void **state)
{
    uint8_t small[300 + SIGNATURE_FOOTER_BYTES];

    (void)state;
    for (size_t bytes = 0; bytes <= 300; bytes++) {
        fill(small, bytes, 9);
        signer_sign(&fleet, small, bytes);
        assert_passes(&keys, small, bytes + SIGNATURE_FOOTER_BYTES, bytes);
        if (bytes > 0) {
            small[bytes - 1] ^= 1;
            assert_stopped(small, bytes + SIGNATURE_FOOTER_BYTES, ERROR_CORRUPT, NULL);
        }
    }
}

static void test_each_key_of_the_table_is_good_and_no_other(void **state)
{
    struct signature_keys four = signer_no_keys();

    (void)state;
    for (unsigned digit = 5; digit < 9; digit++) {
        struct signer signer = signer_make(digit);

        signer_add(&four, signer.number, signer.key);
    }
    for (unsigned digit = 4; digit < 10; digit++) {
        struct signer signer = signer_make(digit);

        signer_sign(&signer, file, FILE_BYTES);
        if (digit >= 5 && digit < 9) {
            assert_passes(&four, file, length, FILE_BYTES);
            continue;
        }
        size_t content;

        assert_int_equal(check(&four, file, length, &content), ERROR_REFUSED);
    }
}

static void test_a_loader_without_keys_takes_every_file_and_a_signed_one_without_its_footer(
    void **state)
{
    struct signature_keys none = signer_no_keys();

    (void)state;
    assert_passes(&none, file, FILE_BYTES, FILE_BYTES);
    assert_passes(&none, file, length, FILE_BYTES);
    assert_passes(&none, file, 0, 0);
    file[100] ^= 1; /* it has nothing to verify with */
    assert_passes(&none, file, length, FILE_BYTES);
}

static void test_two_keys_of_one_number_are_both_asked(void **state)
{
    struct signature_keys both = signer_no_keys();

    (void)state;
    signer_add(&both, fleet.number, stranger.key);
    signer_add(&both, fleet.number, fleet.key);
    assert_passes(&both, file, length, FILE_BYTES);
}

/* ---- what is refused ------------------------------------------------------------- */

static void test_a_file_without_signature_is_refused(void **state)
{
    static const char sentence[] = "it is not signed, and this loader starts only what is";

    (void)state;
    for (size_t bytes = 0; bytes <= FILE_BYTES; bytes++)
        assert_stopped(file, bytes, ERROR_REFUSED, sentence);
}

static void test_a_file_signed_by_an_unknown_key_is_refused_by_that_keys_number(void **state)
{
    (void)state;
    signer_sign(&stranger, file, FILE_BYTES);
    assert_stopped(file, length, ERROR_REFUSED,
                   "signed by key 2222222222222222, which this loader does not have");
    /* Who claims to be another only gets another sentence. */
    memcpy(footer_of(file, length)->blob.number, fleet.number, sizeof fleet.number);
    assert_stopped(file, length, ERROR_CORRUPT,
                   "altered or damaged: the signature by key 1111111111111111 does not fit");
}

static void test_a_footer_of_another_kind_is_refused_by_its_field(void **state)
{
    struct signature_footer *footer = footer_of(file, length), whole = *footer;

    (void)state;
    footer->format = 2;
    assert_stopped(file, length, ERROR_CORRUPT, "signature footer: its format is 2, not 1");
    *footer = whole;
    footer->reserved[1] = 0x80;
    assert_stopped(file, length, ERROR_CORRUPT, "signature footer: reserved bytes 00 80");
    *footer = whole;
    footer->blob.algorithm[1] = 'D';
    assert_stopped(file, length, ERROR_CORRUPT, "signature footer: algorithm 45 44, not Ed25519");
    *footer = whole;
    footer->file_bytes = UINT64_MAX;
    assert_stopped(file, length, ERROR_CORRUPT,
                   "signature footer: it is for a file of 18446744073709551615 bytes, this one "
                   "has 704");
    *footer = whole;
    assert_passes(&keys, file, length, FILE_BYTES);
}

static void test_a_damaged_table_of_keys_stops_everything(void **state)
{
    struct signature_keys none = signer_no_keys(), damaged;
    bool is_damaged;
    size_t content;

    (void)state;
    for (size_t bit = 8 * offsetof(struct signature_keys, crc32c); bit < 8 * sizeof keys; bit++) {
        damaged = keys;
        ((uint8_t *)&damaged)[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(signature_key_count(&damaged, &is_damaged), 0);
        assert_true(is_damaged);
        assert_int_equal(check(&damaged, file, length, &content), ERROR_CORRUPT);
        /* One that had none does not become one that takes everything by another accident. */
        damaged = none;
        ((uint8_t *)&damaged)[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(check(&damaged, file, FILE_BYTES, &content), ERROR_CORRUPT);
    }
    damaged.count = SIGNATURE_KEYS_MAX + 1;
    damaged.crc32c = signature_keys_crc32c(&damaged);
    assert_int_equal(check(&damaged, file, length, &content), ERROR_CORRUPT);
    assert_string_equal(reason, "this loader's table of keys is damaged");
}

/* ---- the loader's own table ------------------------------------------------------ */

static void test_the_loaders_own_table_is_empty_and_whole_as_built(void **state)
{
    bool damaged = true;
    char text[SIGNATURE_REASON_BYTES];

    (void)state;
    sim_keys_clear();
    assert_int_equal(signature_key_count(signature_own_keys(), &damaged), 0);
    assert_false(damaged);
    assert_memory_equal(signature_own_keys()->magic, SIGNATURE_KEYS_MAGIC, 8);
    signature_describe(signature_own_keys(), text);
    assert_string_equal(text, "built without keys: starts unsigned images");
}

static void test_the_log_names_every_key(void **state)
{
    char text[SIGNATURE_REASON_BYTES];

    (void)state;
    signature_describe(&keys, text);
    assert_string_equal(text, "starts only what is signed by 1111111111111111");
    for (unsigned digit = 12; digit < 15; digit++) {
        struct signer signer = signer_make(digit);

        signer_add(&keys, signer.number, signer.key);
    }
    signature_describe(&keys, text);
    assert_string_equal(text,
                        "starts only what is signed by 1111111111111111 or cccccccccccccccc or "
                        "dddddddddddddddd or eeeeeeeeeeeeeeee");
    keys.count--;
    signature_describe(&keys, text);
    assert_string_equal(text, "the table of keys is damaged: nothing will be started");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_signed_file_passes_without_its_footer, setup),
        cmocka_unit_test_setup(test_files_of_every_small_length_are_signed_and_verified, setup),
        cmocka_unit_test_setup(test_each_key_of_the_table_is_good_and_no_other, setup),
        cmocka_unit_test_setup(
            test_a_loader_without_keys_takes_every_file_and_a_signed_one_without_its_footer, setup),
        cmocka_unit_test_setup(test_two_keys_of_one_number_are_both_asked, setup),
        cmocka_unit_test_setup(test_a_file_without_signature_is_refused, setup),
        cmocka_unit_test_setup(test_a_file_signed_by_an_unknown_key_is_refused_by_that_keys_number,
                               setup),
        cmocka_unit_test_setup(test_a_footer_of_another_kind_is_refused_by_its_field, setup),
        cmocka_unit_test_setup(test_a_damaged_table_of_keys_stops_everything, setup),
        cmocka_unit_test_setup(test_the_loaders_own_table_is_empty_and_whole_as_built, setup),
        cmocka_unit_test_setup(test_the_log_names_every_key, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
