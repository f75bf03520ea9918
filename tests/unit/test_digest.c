/*
 * digest: the published vectors of SHA-256, in one piece and in many.
 *
 * Vectors: FIPS 180-2, appendix B; the empty message from NIST's examples.
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

#include "digest.h"

static struct digest digest;

static void expect(const char *hex)
{
    uint8_t result[DIGEST_BYTES];
    char text[2 * DIGEST_BYTES + 1];

    digest_finish(&digest, result);
    for (unsigned i = 0; i < DIGEST_BYTES; i++) {
        text[2 * i] = "0123456789abcdef"[result[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[result[i] & 15];
    }
    text[2 * DIGEST_BYTES] = '\0';
    assert_string_equal(text, hex);
    digest_init(&digest);
}

static void feed(const void *bytes, size_t length)
{
    digest.sink.update(&digest.sink, bytes, length);
}

static int setup(void **state)
{
    (void)state;
    memset(&digest, 0xff, sizeof digest);
    digest_init(&digest);
    return 0;
}

static void test_published_vectors_are_met(void **state)
{
    (void)state;
    expect("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    feed("abc", 3);
    expect("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    feed("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
    expect("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    feed("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
         "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
         112);
    expect("cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

static void test_a_million_letters_in_pieces_of_every_size_give_the_published_digest(void **state)
{
    static char letters[1468];
    size_t left = 1000000;
    size_t piece = 1;

    (void)state;
    memset(letters, 'a', sizeof letters);
    while (left > 0) {
        size_t length = piece < left ? piece : left;

        feed(letters, length);
        left -= length;
        piece = piece % sizeof letters + 1;
    }
    expect("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void test_restart_forgets_what_came_before(void **state)
{
    (void)state;
    feed("a file that broke off", 21);
    digest.sink.restart(&digest.sink);
    feed("abc", 3);
    expect("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_empty_updates_change_nothing(void **state)
{
    (void)state;
    feed("", 0);
    feed("ab", 2);
    feed("", 0);
    feed("c", 1);
    expect("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_published_vectors_are_met, setup),
        cmocka_unit_test_setup(
            test_a_million_letters_in_pieces_of_every_size_give_the_published_digest, setup),
        cmocka_unit_test_setup(test_restart_forgets_what_came_before, setup),
        cmocka_unit_test_setup(test_empty_updates_change_nothing, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
