/*
 * loader/image_check: with keys nothing is started that is not signed by one of them, wherever it
 * comes from; without keys a signature is no hindrance.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "push_machine.h"

#include "signature_bench.h"
#include "sim_keys.h"
#include "transfer_list.h"

static struct signer fleet, stranger;
static _Alignas(8) uint8_t signed_image[BUILDER_LENGTH + SIGNATURE_FOOTER_BYTES];
static size_t signed_bytes;
static char reason[ELF_REASON_BYTES];

static int keys_setup(void **state)
{
    if (push_setup(state) < 0)
        return -1;
    fleet = signer_make(1);
    stranger = signer_make(2);
    sim_keys_clear();
    memcpy(signed_image, pushed.bytes, sizeof pushed.bytes);
    signed_bytes = signer_sign(&fleet, signed_image, sizeof pushed.bytes);
    return 0;
}

static int keys_teardown(void **state)
{
    sim_keys_clear();
    return push_teardown(state);
}

static int check(const void *bytes, size_t length)
{
    memcpy((void *)loader.staging.base, bytes, length);
    reason[0] = '\0';
    return pushed_check(&loader, length, "push", reason);
}

static uint32_t features_told(void)
{
    size_t bytes;
    const struct boot_loader *told =
        transfer_list_find((const void *)loader.list.base, BOOT_TAG_LOADER, sizeof *told, &bytes);

    return told->features;
}

/* ---- with keys ---- */

static void test_what_is_signed_is_started_without_its_signature(void **state)
{
    (void)state;
    sim_keys = signer_keys(&fleet);
    assert_int_equal(check(signed_image, signed_bytes), 0);
    assert_int_equal(keep.uploaded.bytes, signed_bytes); /* what is kept has it */
    assert_starts(start_what_was_pushed, &pushed);
    assert_int_equal(keep.images[keep.running].bytes, signed_bytes);
    assert_int_equal(features_told() & BOOT_FEATURE_UNSIGNED, 0);
}

static void test_what_is_not_is_refused_and_says_why(void **state)
{
    (void)state;
    sim_keys = signer_keys(&fleet);
    assert_int_equal(check(pushed.bytes, sizeof pushed.bytes), ERROR_REFUSED);
    assert_non_null(strstr(reason, "sign"));
    assert_int_equal(keep.uploaded.bytes, 0);
    sim_keys = signer_keys(&stranger);
    assert_int_equal(check(signed_image, signed_bytes), ERROR_REFUSED);
    assert_non_null(strstr(reason, "1111111111111111"));
}

static void test_what_was_altered_is_refused_before_its_headers_are_read(void **state)
{
    (void)state;
    sim_keys = signer_keys(&fleet);
    signed_image[0] = '<'; /* not an ELF file: but that is not what is said */
    assert_int_equal(check(signed_image, signed_bytes), ERROR_CORRUPT);
    assert_non_null(strstr(reason, "sign"));
}

static void test_a_kept_image_is_verified_again(void **state)
{
    (void)state;
    keep_image(0, &kept); /* unsigned, kept by a loader without keys */
    sim_keys = signer_keys(&fleet);
    start_kept(&loader, 0);
    assert_says("loader: sd:kept.elf: refused: ");
}

static void test_deploy_signed_takes_what_is_signed(void **state)
{
    (void)state;
    loader.configuration.deploy = BOOT_DEPLOY_SIGNED;
    sim_keys = signer_keys(&fleet);
    assert_int_equal(check(signed_image, signed_bytes), 0);
    assert_int_equal(check(pushed.bytes, sizeof pushed.bytes), ERROR_REFUSED);
    assert_int_equal(keep.uploaded.bytes, 0);
}

static void test_with_a_damaged_table_of_keys_nothing_is_started(void **state)
{
    (void)state;
    sim_keys = signer_keys(&fleet);
    sim_keys.count = 0; /* to make it look like one without keys */
    assert_int_equal(check(pushed.bytes, sizeof pushed.bytes), ERROR_REFUSED);
    assert_non_null(strstr(reason, "damaged"));
    assert_int_equal(check(signed_image, signed_bytes), ERROR_REFUSED);
    insert_card(&fetched, true);
    assert_returns(try_sources);
    assert_says("loader: sd:service.elf: refused: ");
}

static void test_a_signature_beside_the_file_on_the_card_will_do(void **state)
{
    static const char head[] = SIGNATURE_COMMENT "test\n";
    char sig[SIGNATURE_FILE_MAX];
    const struct signature_footer *footer =
        (const struct signature_footer *)(signed_image + sizeof pushed.bytes);
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *blob = (const uint8_t *)&footer->blob;
    size_t at = strlen(strcpy(sig, head));

    (void)state;
    for (size_t i = 0; i < sizeof footer->blob; i += 3) {
        uint32_t three = (uint32_t)blob[i] << 16;

        three |= i + 1 < sizeof footer->blob ? (uint32_t)blob[i + 1] << 8 : 0;
        three |= i + 2 < sizeof footer->blob ? blob[i + 2] : 0;
        for (unsigned j = 0; j < 4; j++)
            sig[at++] = i + j > sizeof footer->blob ? '=' : digits[three >> (18 - 6 * j) & 63];
    }
    sig[at++] = '\n';
    sim_keys = signer_keys(&fleet);
    insert_card(&pushed, true);
    assert_returns(try_sources);
    assert_says("refused: ");
    sim_fat_add(&fat, "SERVIC~1SIG", "service.elf.sig", (const uint8_t *)sig, at, 1);
    loader.board.card = &card.device;
    assert_starts(try_sources, &pushed);
}

/* ---- without ---- */

static void test_without_keys_a_signature_is_cut_off(void **state)
{
    (void)state;
    assert_int_equal(check(signed_image, signed_bytes), 0);
    assert_starts(start_what_was_pushed, &pushed);
    assert_true(features_told() & BOOT_FEATURE_UNSIGNED);
}

static void test_without_keys_deploy_signed_takes_nothing(void **state)
{
    (void)state;
    loader.configuration.deploy = BOOT_DEPLOY_SIGNED;
    assert_int_equal(check(signed_image, signed_bytes), ERROR_REFUSED);
    assert_string_equal(reason, "deploy = signed, but this loader was built without keys");
}

#define KEYS_TEST(test) cmocka_unit_test_setup_teardown(test, keys_setup, keys_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEYS_TEST(test_what_is_signed_is_started_without_its_signature),
        KEYS_TEST(test_what_is_not_is_refused_and_says_why),
        KEYS_TEST(test_what_was_altered_is_refused_before_its_headers_are_read),
        KEYS_TEST(test_a_kept_image_is_verified_again),
        KEYS_TEST(test_deploy_signed_takes_what_is_signed),
        KEYS_TEST(test_with_a_damaged_table_of_keys_nothing_is_started),
        KEYS_TEST(test_a_signature_beside_the_file_on_the_card_will_do),
        KEYS_TEST(test_without_keys_a_signature_is_cut_off),
        KEYS_TEST(test_without_keys_deploy_signed_takes_nothing),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
