/*
 * signature: footer, keys, and the attacks that other formats have let through.
 *
 * Numbers 51 to 56 are the bad inputs (docs/security.md) of formats that sign piece by piece: a
 * field that says what is signed, a part that is not, a size that is believed before. Here one
 * range is signed, from the first byte to the last before the footer; each test shows it for what
 * stands in the place of that field, part or size.
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
#include "image_note.h"
#include "signature_bench.h"
#include "sim_keys.h"

#define FILE_BYTES 704 /* more than one block of SHA-512, and no multiple of one */
#define ROOM       (FILE_BYTES + 4 * SIGNATURE_FOOTER_BYTES)

static struct signer fleet, stranger;
static struct signature_keys keys;
static _Alignas(8) uint8_t file[ROOM];
static size_t length; /* of the signed file */
static char reason[SIGNATURE_REASON_BYTES];

static void fill(uint8_t *bytes, size_t count, unsigned seed)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(seed + i * 7 + i / 251);
}

static int setup(void **state)
{
    (void)state;
    fleet = signer_make(1);
    stranger = signer_make(2);
    keys = signer_keys(&fleet);
    fill(file, FILE_BYTES, 3);
    length = signer_sign(&fleet, file, FILE_BYTES);
    return 0;
}

/* As the loader sees it: in memory of exactly its size. */
static int check(const struct signature_keys *with, const uint8_t *bytes, size_t count,
                 size_t *content)
{
    uint8_t *exact = malloc(count ? count : 1);
    int status;

    assert_non_null(exact);
    memcpy(exact, bytes, count);
    memset(reason, 0, sizeof reason);
    status = signature_check(with, exact, count, content, reason);
    assert_memory_equal(exact, bytes, count);
    if (status < 0) {
        assert_int_equal(*content, count);
        assert_non_null(memchr(reason, '\0', sizeof reason));
        assert_true(strlen(reason) > 10);
    }
    free(exact);
    return status;
}

static void assert_passes(const struct signature_keys *with, const uint8_t *bytes, size_t count,
                          size_t content_bytes)
{
    size_t content = 12345;

    assert_int_equal(check(with, bytes, count, &content), 0);
    assert_int_equal(content, content_bytes);
    assert_string_equal(reason, "");
}

static void assert_stopped(const uint8_t *bytes, size_t count, int status, const char *sentence)
{
    size_t content = 12345;

    assert_int_equal(check(&keys, bytes, count, &content), status);
    if (sentence)
        assert_string_equal(reason, sentence);
}

static struct signature_footer *footer_of(uint8_t *bytes, size_t count)
{
    return (void *)(bytes + count - SIGNATURE_FOOTER_BYTES);
}

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

/* ---- bad inputs 51 to 56 --------------------------------------------------------- */

/* 51: another configuration of the same signed file was chosen by an unsigned name. Here nothing
 * chooses: the name, the version and all else of the note are in the signed range. */
static void test_51_name_and_version_in_the_note_cannot_be_changed_after_signing(void **state)
{
    struct image_note note = {.abi = IMAGE_NOTE_ABI, .name = "dns", .version = "1.4.2"};
    uint8_t *at = file + 104;

    (void)state;
    memcpy(at, &note, sizeof note);
    signer_sign(&fleet, file, FILE_BYTES);
    assert_passes(&keys, file, length, FILE_BYTES);
    memcpy(at + offsetof(struct image_note, name), "echo", 5);
    assert_stopped(file, length, ERROR_CORRUPT, NULL);
    memcpy(at, &note, sizeof note);
    at[offsetof(struct image_note, version)]++;
    assert_stopped(file, length, ERROR_CORRUPT, NULL);
}

/* 52: a list in the file said which parts are hashed, and was not itself. Here no byte is left
 * out: each one, in turn, of file and footer. */
static void test_52_no_byte_of_a_signed_file_can_be_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < length; i++) {
        for (unsigned bit = 0; bit < 8; bit += 1 + (i < FILE_BYTES) * 6) {
            size_t content;

            file[i] ^= (uint8_t)(1 << bit);
            assert_true(check(&keys, file, length, &content) < 0);
            file[i] ^= (uint8_t)(1 << bit);
        }
    }
    assert_passes(&keys, file, length, FILE_BYTES);
}

/* 53: the size of the hashed part came from the file. Here it is the file's own, and has to be
 * the footer's: bytes taken away or put in, at either end, with and without the footer's size
 * following suit. */
static void test_53_the_length_of_a_signed_file_cannot_be_changed(void **state)
{
    _Alignas(8) uint8_t other[ROOM];

    (void)state;
    for (unsigned count = 1; count < 2 * SIGNATURE_FOOTER_BYTES; count++) {
        for (unsigned is_at_end = 0; is_at_end < 2; is_at_end++) {
            struct signature_footer footer = *footer_of(file, length);
            size_t kept = FILE_BYTES - count;

            /* Shorter. */
            memcpy(other, is_at_end ? file : file + count, kept);
            memcpy(other + kept, &footer, sizeof footer);
            assert_stopped(other, kept + sizeof footer, ERROR_CORRUPT, NULL);
            assert_non_null(strstr(reason, "it is for a file of 704 bytes"));
            footer.file_bytes = kept;
            memcpy(other + kept, &footer, sizeof footer);
            assert_stopped(other, kept + sizeof footer, ERROR_CORRUPT, NULL);
            assert_non_null(strstr(reason, "does not fit"));
            /* Longer. */
            kept = FILE_BYTES + count;
            memset(other, 0, kept);
            memcpy(is_at_end ? other : other + count, file, FILE_BYTES);
            memcpy(other + kept, footer_of(file, length), sizeof footer);
            assert_stopped(other, kept + sizeof footer, ERROR_CORRUPT, NULL);
            footer.file_bytes = kept;
            memcpy(other + kept, &footer, sizeof footer);
            assert_stopped(other, kept + sizeof footer, ERROR_CORRUPT, NULL);
            assert_non_null(strstr(reason, "does not fit"));
        }
    }
    for (size_t cut = 0; cut < length; cut++) {
        size_t content;

        assert_true(check(&keys, file, cut, &content) < 0);
    }
}

/* 54: data lay outside of what was signed, where an offset in the signed part said. Here what is
 * outside is not there: behind the footer, a footer that is not at the end, a second one. */
static void test_54_nothing_can_stand_behind_or_between_the_signed_bytes_and_the_footer(
    void **state)
{
    _Alignas(8) uint8_t other[ROOM];
    struct signature_footer footer = *footer_of(file, length);

    (void)state;
    /* Behind it. */
    for (unsigned count = 1; count <= 8; count++) {
        memcpy(other, file, length);
        memset(other + length, 0, count);
        assert_stopped(other, length + count, ERROR_REFUSED, NULL);
    }
    /* In front of the file; then the last bytes are its own. */
    memcpy(other, &footer, sizeof footer);
    memcpy(other + sizeof footer, file, FILE_BYTES);
    assert_stopped(other, length, ERROR_REFUSED, NULL);
    /* In its middle. */
    memcpy(other, file, 300);
    memcpy(other + 300, &footer, sizeof footer);
    memcpy(other + 300 + sizeof footer, file + 300, FILE_BYTES - 300);
    assert_stopped(other, length, ERROR_REFUSED, NULL);
    /* A second one: the same, and one that gives the whole length. */
    memcpy(other, file, length);
    memcpy(other + length, &footer, sizeof footer);
    assert_stopped(other, length + sizeof footer, ERROR_CORRUPT, NULL);
    footer.file_bytes = length;
    memcpy(other + length, &footer, sizeof footer);
    assert_stopped(other, length + sizeof footer, ERROR_CORRUPT, NULL);
    /* And the first of two, what is behind cut off, is as good as ever. */
    assert_passes(&keys, other, length, FILE_BYTES);
}

/* 55: an attribute that decided over trust was not signed. Here it would be the security counter,
 * and what the service wants of the loader. */
static void test_55_security_counter_and_needs_in_the_note_cannot_be_changed_after_signing(
    void **state)
{
    static const size_t fields[] = {
        offsetof(struct image_note, security_counter), offsetof(struct image_note, abi),
        offsetof(struct image_note, required_features), offsetof(struct image_note, confirm_s)};
    struct image_note note = {.abi = IMAGE_NOTE_ABI, .name = "dns", .security_counter = 6};
    uint8_t *at = file + 104;

    (void)state;
    memcpy(at, &note, sizeof note);
    signer_sign(&fleet, file, FILE_BYTES);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        at[fields[i]]++;
        assert_stopped(file, length, ERROR_CORRUPT, NULL);
        at[fields[i]]--;
    }
    assert_passes(&keys, file, length, FILE_BYTES);
}

/* 56: a part that changes another was applied without a signature of its own. Here no file has
 * parts; what can be brought together is a file and the signature of another: of an older
 * version, of the other service, or of the same bytes by a stranger. */
static void test_56_the_signature_of_another_file_or_version_does_not_fit(void **state)
{
    _Alignas(8) uint8_t other[ROOM];
    struct signature_footer footer;

    (void)state;
    memcpy(other, file, FILE_BYTES);
    other[FILE_BYTES - 1]++; /* the next version */
    signer_sign(&fleet, other, FILE_BYTES);
    assert_passes(&keys, other, length, FILE_BYTES);
    footer = *footer_of(other, length);
    *footer_of(other, length) = *footer_of(file, length);
    *footer_of(file, length) = footer;
    assert_stopped(file, length, ERROR_CORRUPT,
                   "altered or damaged: the signature by key 1111111111111111 does not fit");
    assert_stopped(other, length, ERROR_CORRUPT, NULL);
    /* R of one and S of the other. */
    memcpy(footer_of(file, length)->blob.signature, footer_of(other, length)->blob.signature, 32);
    assert_stopped(file, length, ERROR_CORRUPT, NULL);
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
        cmocka_unit_test_setup(test_51_name_and_version_in_the_note_cannot_be_changed_after_signing,
                               setup),
        cmocka_unit_test_setup(test_52_no_byte_of_a_signed_file_can_be_changed, setup),
        cmocka_unit_test_setup(test_53_the_length_of_a_signed_file_cannot_be_changed, setup),
        cmocka_unit_test_setup(
            test_54_nothing_can_stand_behind_or_between_the_signed_bytes_and_the_footer, setup),
        cmocka_unit_test_setup(
            test_55_security_counter_and_needs_in_the_note_cannot_be_changed_after_signing, setup),
        cmocka_unit_test_setup(test_56_the_signature_of_another_file_or_version_does_not_fit,
                               setup),
        cmocka_unit_test_setup(test_the_loaders_own_table_is_empty_and_whole_as_built, setup),
        cmocka_unit_test_setup(test_the_log_names_every_key, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
