/*
 * signature vectors: what RFC 8032 says is a signature is one, and what only looks like one is not.
 *
 * The five vectors are the RFC's (section 7.1). All forgeries are made here, with the curve's own
 * arithmetic, after the kinds that Project Wycheproof's EdDSA tests and "Taming the many EdDSAs"
 * (Chalkias, Garillot, Nikolaenko, 2020) name: no numbers are taken from either. Each forgery
 * that a more lenient verifier would accept is first shown to satisfy the equation S B = R + h A.
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
#include "rfc8032_vectors.h"
#include "signature_bench.h"
#include "small_points.h"
#include "sodium/crypto_hash_sha512.h"
#include "sodium/private/ed25519_ref10.h"

#define MESSAGE_MAX 1100
#define TRIES_MAX   1000 /* messages until a hash is as wanted; one in 8 is */

static const uint8_t number[SIGNATURE_NUMBER] = {1, 2, 3, 4, 5, 6, 7, 8};

static const uint8_t zero[32];

static size_t from_hex(const char *hex, uint8_t *bytes)
{
    size_t length = strlen(hex) / 2;

    for (size_t i = 0; i < length; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return length;
}

/* What the loader says of a file with that signature when it has that key. The file is in memory
 * of exactly its size. */
static int judge(const uint8_t key[32], const uint8_t *message, size_t length,
                 const uint8_t signature[64])
{
    struct signature_footer footer = signer_footer(number, signature, length);
    struct signature_keys keys = signer_no_keys();
    uint8_t *file = malloc(length + sizeof footer);
    char reason[SIGNATURE_REASON_BYTES] = "";
    size_t content = 0;
    int status;

    assert_non_null(file);
    signer_add(&keys, number, key);
    if (length > 0)
        memcpy(file, message, length);
    memcpy(file + length, &footer, sizeof footer);
    status = signature_check(&keys, file, length + sizeof footer, &content, reason);
    assert_int_equal(content, status == 0 ? length : length + sizeof footer);
    if (status != 0)
        assert_string_equal(
            reason, "altered or damaged: the signature by key 0102030405060708 does not fit");
    free(file);
    return status;
}

static void assert_accepted(const uint8_t key[32], const uint8_t *message, size_t length,
                            const uint8_t signature[64])
{
    assert_int_equal(judge(key, message, length, signature), 0);
}

static void assert_refused(const uint8_t key[32], const uint8_t *message, size_t length,
                           const uint8_t signature[64])
{
    assert_int_equal(judge(key, message, length, signature), ERROR_CORRUPT);
}

/* h of RFC 8032, 5.1.7: SHA-512 of R, A and the message, modulo L. */
static void hash(uint8_t h[32], const uint8_t r[32], const uint8_t key[32], const uint8_t *message,
                 size_t length)
{
    crypto_hash_sha512_state state;
    uint8_t whole[64];

    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, r, 32);
    crypto_hash_sha512_update(&state, key, 32);
    crypto_hash_sha512_update(&state, message, length);
    crypto_hash_sha512_final(&state, whole);
    sc25519_reduce(whole);
    memcpy(h, whole, 32);
}

/* S B = R + h A, whatever encodings of A and R and whatever S: the most lenient verifier. */
static bool equation_holds(const uint8_t key[32], const uint8_t *message, size_t length,
                           const uint8_t signature[64])
{
    uint8_t h[32], expected[32], canonical[32];
    ge25519_p3 minus_key, r;
    ge25519_p2 result;

    if (ge25519_frombytes_negate_vartime(&minus_key, key) != 0 ||
        ge25519_frombytes(&r, signature) != 0)
        return false;
    hash(h, signature, key, message, length);
    ge25519_double_scalarmult_vartime(&result, h, &minus_key, signature + 32);
    ge25519_tobytes(expected, &result);
    ge25519_p3_tobytes(canonical, &r);
    return memcmp(expected, canonical, 32) == 0;
}

/* ---- tests ----------------------------------------------------------------------- */

static void test_the_vectors_of_rfc_8032_are_signatures_and_no_bit_of_them_can_be_changed(
    void **state)
{
    uint8_t seed[32], key[32], secret[64], made_key[32], made[64], signature[64];
    static uint8_t message[MESSAGE_MAX];

    (void)state;
    for (size_t v = 0; v < sizeof rfc8032_vectors / sizeof rfc8032_vectors[0]; v++) {
        const struct rfc8032_vector *vector = &rfc8032_vectors[v];
        size_t length = from_hex(vector->message, message);

        assert_int_equal(from_hex(vector->secret, seed), 32);
        assert_int_equal(from_hex(vector->key, key), 32);
        assert_int_equal(from_hex(vector->signature, signature), 64);
        crypto_sign_ed25519_seed_keypair(made_key, secret, seed);
        assert_memory_equal(made_key, key, 32);
        crypto_sign_ed25519_detached(made, NULL, message, length, secret);
        assert_memory_equal(made, signature, 64);
        assert_accepted(key, message, length, signature);
        for (unsigned bit = 0; bit < 512; bit++) {
            signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_refused(key, message, length, signature);
            signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (unsigned bit = 0; bit < 256; bit++) {
            key[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_refused(key, message, length, signature);
            key[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t i = 0; i < length; i += 1 + length / 100) {
            message[i] ^= 0x20;
            assert_refused(key, message, length, signature);
            message[i] ^= 0x20;
        }
        assert_accepted(key, message, length, signature);
    }
}

static const uint8_t text[] = "a file to be signed";

static void sign_text(struct signer *signer, uint8_t signature[64])
{
    *signer = signer_make(1);
    crypto_sign_ed25519_detached(signature, NULL, text, sizeof text, signer->secret);
    assert_accepted(signer->key, text, sizeof text, signature);
}

/* S + L, S + 2 L ... S + 15 L: the same number modulo L. */
static void test_a_signature_whose_s_is_not_reduced_is_refused(void **state)
{
    struct signer signer;
    uint8_t signature[64];

    (void)state;
    sign_text(&signer, signature);
    for (unsigned times = 1; times < 16; times++) {
        unsigned carry = 0;

        for (unsigned i = 0; i < 32; i++) {
            carry += signature[32 + i] + (unsigned)order[i];
            signature[32 + i] = (uint8_t)carry;
            carry >>= 8;
        }
        if (carry != 0)
            break;
        /* The arithmetic behind it is good for 254 bits. */
        if (times < 4)
            assert_true(equation_holds(signer.key, text, sizeof text, signature));
        assert_refused(signer.key, text, sizeof text, signature);
    }
}

static void test_a_signature_with_the_upper_bits_of_s_set_is_refused(void **state)
{
    struct signer signer;
    uint8_t signature[64];

    (void)state;
    sign_text(&signer, signature);
    for (unsigned bits = 1; bits < 8; bits++) {
        signature[63] |= (uint8_t)(bits << 5);
        assert_refused(signer.key, text, sizeof text, signature);
        signature[63] &= 0x1f;
    }
    assert_accepted(signer.key, text, sizeof text, signature);
}

static void test_signatures_of_zeros_ones_and_swapped_halves_are_refused(void **state)
{
    struct signer signer;
    uint8_t signature[64], other[64];

    (void)state;
    sign_text(&signer, signature);
    memcpy(other, signature + 32, 32);
    memcpy(other + 32, signature, 32);
    assert_refused(signer.key, text, sizeof text, other);
    memset(other, 0, sizeof other);
    assert_refused(signer.key, text, sizeof text, other);
    assert_refused(zero, text, sizeof text, other);
    memset(other, 0xff, sizeof other);
    assert_refused(signer.key, text, sizeof text, other);
    memcpy(other, signature, 32); /* R, and S = 0, L - 1, L */
    memset(other + 32, 0, 32);
    assert_refused(signer.key, text, sizeof text, other);
    memcpy(other + 32, order, 32);
    assert_refused(signer.key, text, sizeof text, other);
    other[32]--;
    assert_refused(signer.key, text, sizeof text, other);
}

/* Of such a key anybody can make signatures: with h A = 0, S = r and R = r B satisfy the
 * equation. */
static void test_keys_of_small_order_are_refused_in_all_their_encodings(void **state)
{
    static const uint8_t r[32] = {0x21, 0x43, 0x65, 7};
    struct small small[SMALL_MAX];
    unsigned count = find_small(small);
    ge25519_p3 point;

    (void)state;
    assert_int_equal(count, SMALL_MAX);
    for (unsigned i = 0; i < count; i++) {
        uint8_t signature[64], h[32], message[2] = {0};
        unsigned tries = 0;

        ge25519_scalarmult_base(&point, r);
        ge25519_p3_tobytes(signature, &point);
        memcpy(signature + 32, r, 32);
        do {
            assert_true(++tries < TRIES_MAX);
            message[0] = (uint8_t)tries;
            message[1] = (uint8_t)(tries >> 8);
            hash(h, signature, small[i].encoding, message, sizeof message);
        } while (h[0] % 8 != 0);
        assert_true(equation_holds(small[i].encoding, message, sizeof message, signature));
        assert_refused(small[i].encoding, message, sizeof message, signature);
    }
}

/* a B + T: the key of whoever makes it like this, with T of order 8. Returns a. */
static void make_mixed_key(uint8_t key[32], uint8_t a[32], const ge25519_p3 *eighth)
{
    ge25519_p3 point, sum;
    ge25519_p1p1 completed;
    ge25519_cached cached;

    memset(a, 0, 32);
    memcpy(a, "a secret of 22 bytes..", 22);
    ge25519_scalarmult_base(&point, a);
    ge25519_p3_to_cached(&cached, eighth);
    ge25519_add(&completed, &point, &cached);
    ge25519_p1p1_to_p3(&sum, &completed);
    ge25519_p3_tobytes(key, &sum);
}

/* R = m T with A = a B + T, h = -m modulo 8, S = h a. */
static void test_an_r_of_small_order_is_refused_in_all_its_encodings(void **state)
{
    struct small small[SMALL_MAX];
    unsigned count = find_small(small);
    ge25519_p3 eighth = find_order_8();
    uint8_t key[32], a[32];

    (void)state;
    make_mixed_key(key, a, &eighth);
    for (unsigned i = 0; i < count; i++) {
        uint8_t signature[64], h[32], message[2] = {0};
        unsigned tries = 0;

        memcpy(signature, small[i].encoding, 32);
        do {
            assert_true(++tries < TRIES_MAX);
            message[0] = (uint8_t)tries;
            message[1] = (uint8_t)(tries >> 8);
            hash(h, signature, key, message, sizeof message);
        } while ((h[0] + small[i].multiple) % 8 != 0);
        sc25519_mul(signature + 32, h, a);
        assert_true(equation_holds(key, message, sizeof message, signature));
        assert_refused(key, message, sizeof message, signature);
    }
}

/* R = r B + T and S = r + h a satisfy the equation only when both sides are multiplied by 8, which
 * RFC 8032 allows and libsodium does not do: with it one message has eight signatures. */
static void test_a_signature_that_fits_only_times_8_is_refused(void **state)
{
    static const uint8_t r[32] = {9, 9, 9};
    ge25519_p3 eighth = find_order_8(), point, sum;
    struct signer signer = signer_make(2);
    uint8_t signature[64], h[32], clamped[64];
    ge25519_p1p1 completed;
    ge25519_cached cached;

    (void)state;
    crypto_hash_sha512(clamped, signer.secret, 32); /* RFC 8032, 5.1.5 */
    clamped[0] &= 248;
    clamped[31] = (clamped[31] & 127) | 64;
    ge25519_scalarmult_base(&point, r);
    for (unsigned i = 0; i < 2; i++) {
        ge25519_p3_tobytes(signature, i == 0 ? &point : &sum);
        hash(h, signature, signer.key, text, sizeof text);
        sc25519_muladd(signature + 32, h, clamped, r);
        if (i == 0) {
            /* Without T it is a signature like any other. */
            assert_accepted(signer.key, text, sizeof text, signature);
            ge25519_p3_to_cached(&cached, &eighth);
            ge25519_add(&completed, &point, &cached);
            ge25519_p1p1_to_p3(&sum, &completed);
        }
    }
    assert_refused(signer.key, text, sizeof text, signature);
}

/* y for which there is no x, and y + p of points that are on the curve. */
static void test_keys_that_are_no_points_or_not_reduced_are_refused(void **state)
{
    struct signer signer;
    uint8_t signature[64], key[32];
    unsigned no_points = 0, not_reduced = 0;
    ge25519_p3 point;

    (void)state;
    sign_text(&signer, signature);
    for (uint8_t y = 0; y < 19; y++) {
        memset(key, 0, sizeof key);
        key[0] = y;
        no_points += ge25519_frombytes(&point, key) != 0;
        assert_refused(key, text, sizeof text, signature);
        assert_true(ge25519_is_canonical(key));
        assert_true(add_p(key));
        not_reduced += ge25519_frombytes(&point, key) == 0;
        assert_false(ge25519_is_canonical(key));
        assert_refused(key, text, sizeof text, signature);
    }
    assert_true(no_points > 0 && not_reduced > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_the_vectors_of_rfc_8032_are_signatures_and_no_bit_of_them_can_be_changed),
        cmocka_unit_test(test_a_signature_whose_s_is_not_reduced_is_refused),
        cmocka_unit_test(test_a_signature_with_the_upper_bits_of_s_set_is_refused),
        cmocka_unit_test(test_signatures_of_zeros_ones_and_swapped_halves_are_refused),
        cmocka_unit_test(test_keys_of_small_order_are_refused_in_all_their_encodings),
        cmocka_unit_test(test_an_r_of_small_order_is_refused_in_all_its_encodings),
        cmocka_unit_test(test_a_signature_that_fits_only_times_8_is_refused),
        cmocka_unit_test(test_keys_that_are_no_points_or_not_reduced_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
