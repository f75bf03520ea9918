/*
 * signature: the attacks that other formats have let through.
 *
 * Numbers 51 to 56 are the bad inputs (docs/security.md) of formats that sign piece by piece: a
 * field that says what is signed, a part that is not, a size that is believed before. Here one
 * range is signed, from the first byte to the last before the footer; each test shows it for what
 * stands in the place of that field, part or size.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "signed_file_bench.h"

#include "image_note.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
