/*
 * Unit tests of the Internet checksum.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"

static void test_checksum_agrees_with_the_definition_at_every_alignment(void **state)
{
    uint8_t bytes[16 + 1500];

    (void)state;
    for (int fill = 0; fill < 3; fill++) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = fill == 0 ? 0xff : fill == 1 ? (uint8_t)(i * 31 + 7) : (uint8_t)rand();
        for (size_t offset = 0; offset < 16; offset++) {
            for (size_t length = 0; length <= 1500; length += length < 300 ? 1 : 37) {
                uint32_t sum = 0;
                uint8_t *exact = malloc(length ? length : 1);

                for (size_t i = 0; i < length; i++)
                    sum += (uint32_t)bytes[offset + i] << (i % 2 * 8);
                while (sum >> 16)
                    sum = (sum & 0xffff) + (sum >> 16);
                assert_int_equal(checksum_sum(bytes + offset, length), sum);
                memcpy(exact, bytes + offset, length); /* reads nothing behind the end */
                assert_int_equal(checksum_sum(exact, length), sum);
                free(exact);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checksum_agrees_with_the_definition_at_every_alignment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
