/*
 * Descriptors: each way in which a device can lie about itself.
 *
 * Each input stands at the end of an allocation of its own, so that reading behind it
 * stops the test (address sanitizer).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"
#include "usb_descriptors.h"
#include "usb_host.h"

static uint8_t *copies[64];
static unsigned copy_count;

static const uint8_t *copy(const void *bytes, size_t length)
{
    uint8_t *to = malloc(length ? length : 1);

    assert_non_null(to);
    memcpy(to, bytes, length);
    copies[copy_count++] = to;
    return length ? to : to + 1;
}

static int tear_down(void **state)
{
    (void)state;
    while (copy_count)
        free(copies[--copy_count]);
    return 0;
}

static const uint8_t good_device[18] = {18,   1,    0,    2, 9, 0, 1, 64, 0x24,
                                        0x04, 0x14, 0x95, 0, 2, 0, 0, 0,  2};

#define CONFIGURATION(total, value)         9, 2, (total), 0, 1, (value), 0, 0x80, 50
#define INTERFACE(number, alternate, count) 9, 4, (number), (alternate), (count), 10, 0, 0, 0
#define ENDPOINT(address, type, size)       7, 5, (address), (type), (size), 0, 0

static int read_device(const void *bytes, unsigned length)
{
    struct usb_device_descriptor device;

    return usb_read_device(copy(bytes, length), length, &device);
}

static int read_configuration(const void *bytes, unsigned length)
{
    struct usb_configuration configuration;

    return usb_read_configuration(copy(bytes, length), length, &configuration);
}

static void test_device_is_read(void **state)
{
    struct usb_device_descriptor device;

    (void)state;
    assert_int_equal(usb_read_device(good_device, 18, &device), 0);
    assert_int_equal(device.class, 9);
    assert_int_equal(device.max_packet, 64);
    assert_int_equal(device.vendor, 0x0424);
    assert_int_equal(device.product, 0x9514);
    assert_int_equal(device.configurations, 2);
    assert_int_equal(usb_read_device(copy(good_device, 8), 8, &device), 0);
    assert_int_equal(device.max_packet, 64);
    assert_int_equal(device.vendor, 0);
}

static void test_device_shorter_than_eight_bytes_is_corrupt(void **state)
{
    (void)state;
    for (unsigned length = 0; length < 8; length++)
        assert_int_equal(read_device(good_device, length), ERROR_CORRUPT);
}

static void test_device_with_a_wrong_field_is_corrupt(void **state)
{
    static const struct {
        unsigned at;
        uint8_t value;
    } wrong[] = {{0, 0}, {0, 17}, {1, 2}, {7, 0}, {7, 7}, {7, 65}, {7, 255}, {17, 0}};

    (void)state;
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint8_t bytes[18];

        memcpy(bytes, good_device, 18);
        bytes[wrong[i].at] = wrong[i].value;
        assert_int_equal(read_device(bytes, 18), ERROR_CORRUPT);
    }
}

static void test_configuration_is_read(void **state)
{
    static const uint8_t bytes[] = {CONFIGURATION(32, 3), INTERFACE(0, 0, 2), ENDPOINT(0x82, 2, 64),
                                    ENDPOINT(0x02, 2, 64)};
    struct usb_configuration configuration;

    (void)state;
    assert_int_equal(usb_read_configuration(copy(bytes, 32), 32, &configuration), 0);
    assert_int_equal(configuration.value, 3);
    assert_int_equal(configuration.length, 32);
}

static void test_bytes_behind_the_configuration_are_ignored(void **state)
{
    static const uint8_t bytes[] = {CONFIGURATION(9, 1), 0, 0, 0};
    struct usb_configuration configuration;

    (void)state;
    assert_int_equal(usb_read_configuration(bytes, sizeof bytes, &configuration), 0);
    assert_int_equal(configuration.length, 9);
}

static void test_descriptor_with_length_0_is_corrupt(void **state)
{
    static const uint8_t bytes[] = {CONFIGURATION(18, 1), 0, 4, 0, 0, 0, 10, 0, 0, 0};

    (void)state;
    assert_int_equal(read_configuration(bytes, sizeof bytes), ERROR_CORRUPT);
}

static void test_descriptor_with_length_1_is_corrupt(void **state)
{
    static const uint8_t bytes[] = {CONFIGURATION(11, 1), 1, 1};

    (void)state;
    assert_int_equal(read_configuration(bytes, sizeof bytes), ERROR_CORRUPT);
}

static void test_descriptor_that_runs_past_the_end_is_corrupt(void **state)
{
    static const uint8_t bytes[] = {CONFIGURATION(12, 1), 4, 0x24, 0};

    (void)state;
    assert_int_equal(read_configuration(bytes, sizeof bytes), ERROR_CORRUPT);
}

static void test_configuration_longer_than_what_arrived_is_too_large(void **state)
{
    static const uint8_t bytes[] = {9, 2, 0xff, 0xff, 1, 1, 0, 0x80, 50};

    (void)state;
    assert_int_equal(read_configuration(bytes, sizeof bytes), ERROR_TOO_LARGE);
}

static void test_configuration_cut_anywhere_is_refused(void **state)
{
    static const uint8_t bytes[] = {CONFIGURATION(25, 1), INTERFACE(0, 0, 1), ENDPOINT(0x81, 3, 8)};

    (void)state;
    for (unsigned length = 0; length < sizeof bytes; length++)
        assert_true(read_configuration(bytes, length) < 0);
}

static void test_configuration_shorter_than_its_head_is_corrupt(void **state)
{
    static const uint8_t total[] = {CONFIGURATION(8, 1)};
    static const uint8_t head[] = {8, 2, 9, 0, 1, 1, 0, 0x80, 50};

    (void)state;
    assert_int_equal(read_configuration(total, sizeof total), ERROR_CORRUPT);
    assert_int_equal(read_configuration(head, sizeof head), ERROR_CORRUPT);
}

static void test_configuration_with_value_0_is_corrupt(void **state)
{
    static const uint8_t bytes[] = {CONFIGURATION(9, 0)};

    (void)state;
    assert_int_equal(read_configuration(bytes, sizeof bytes), ERROR_CORRUPT);
}

static void test_short_interface_is_corrupt(void **state)
{
    static const uint8_t bytes[] = {CONFIGURATION(17, 1), 8, 4, 0, 0, 0, 10, 0, 0};

    (void)state;
    assert_int_equal(read_configuration(bytes, sizeof bytes), ERROR_CORRUPT);
}

static void test_impossible_endpoint_is_corrupt(void **state)
{
    static const uint8_t endpoints[][7] = {
        {6, 5, 0x81, 2, 64, 0},      /* short */
        {7, 5, 0x80, 2, 64, 0, 0},   /* endpoint 0 */
        {7, 5, 0x81, 2, 0, 0, 0},    /* packets of 0 bytes */
        {7, 5, 0x81, 2, 0x01, 4, 0}, /* packets of 1025 bytes */
    };

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t bytes[16] = {CONFIGURATION(0, 1)};

        bytes[2] = (uint8_t)(9 + endpoints[i][0]);
        memcpy(bytes + 9, endpoints[i], endpoints[i][0]);
        assert_int_equal(read_configuration(bytes, bytes[2]), ERROR_CORRUPT);
    }
}

static void test_interfaces_are_walked_with_their_endpoints(void **state)
{
    static const uint8_t bytes[] = {CONFIGURATION(9 + 9 + 5 + 7 + 9 + 9 + 14, 1),
                                    INTERFACE(0, 0, 1),
                                    5,
                                    0x24,
                                    6,
                                    0,
                                    1,
                                    ENDPOINT(0x81, 3, 16),
                                    INTERFACE(1, 0, 0),
                                    INTERFACE(1, 1, 2),
                                    ENDPOINT(0x82, 2, 64),
                                    ENDPOINT(0x03, 2, 32)};
    struct usb_descriptor_reader reader = {copy(bytes, sizeof bytes), sizeof bytes};
    struct usb_interface interface;
    const struct usb_endpoint_descriptor *endpoint;

    (void)state;
    assert_int_equal(read_configuration(bytes, sizeof bytes), 0);
    assert_true(usb_next_interface(&reader, &interface));
    assert_int_equal(interface.number, 0);
    assert_int_equal(interface.length, 12);
    assert_int_equal(interface.bytes[1], 0x24);
    assert_int_equal(interface.endpoint_count, 1);
    assert_true(usb_next_interface(&reader, &interface));
    assert_int_equal(interface.endpoint_count, 0);
    assert_int_equal(interface.length, 0);
    assert_true(usb_next_interface(&reader, &interface));
    assert_int_equal(interface.alternate, 1);
    endpoint = usb_find_endpoint(&interface, USB_BULK, true);
    assert_non_null(endpoint);
    assert_int_equal(endpoint->number, 2);
    endpoint = usb_find_endpoint(&interface, USB_BULK, false);
    assert_non_null(endpoint);
    assert_int_equal(endpoint->number, 3);
    assert_int_equal(endpoint->max_packet, 32);
    assert_null(usb_find_endpoint(&interface, USB_INTERRUPT, true));
    assert_false(usb_next_interface(&reader, &interface));
}

static void test_more_endpoints_than_room_are_left_out(void **state)
{
    uint8_t bytes[9 + 9 + 30 * 7] = {CONFIGURATION(0, 1), INTERFACE(0, 0, 30)};
    struct usb_descriptor_reader reader = {bytes, sizeof bytes};
    struct usb_interface interface;

    (void)state;
    bytes[2] = sizeof bytes;
    for (unsigned i = 0; i < 30; i++)
        memcpy(bytes + 18 + 7 * i, (uint8_t[]){ENDPOINT(0x81, 2, 64)}, 7);
    assert_int_equal(read_configuration(bytes, sizeof bytes), 0);
    assert_true(usb_next_interface(&reader, &interface));
    assert_int_equal(interface.endpoint_count, USB_INTERFACE_ENDPOINTS_MAX);
    assert_int_equal(interface.length, 30 * 7);
}

static void test_hub_is_read(void **state)
{
    static const uint8_t small[] = {9, 0x29, 4, 0x09, 0, 50, 1, 0x02, 0xff};
    static const uint8_t large[] = {11, 0x29, 15, 0x09, 0, 255, 1, 0x02, 0x80, 0xff, 0xff};
    struct usb_hub_descriptor hub;

    (void)state;
    assert_int_equal(usb_read_hub(copy(small, 9), 9, &hub), 0);
    assert_int_equal(hub.ports, 4);
    assert_int_equal(hub.power_good_ms, 100);
    assert_int_equal(hub.fixed, 2);
    assert_int_equal(usb_read_hub(copy(large, 9), 9, &hub), 0);
    assert_int_equal(hub.ports, 15);
    assert_int_equal(hub.power_good_ms, 510);
    assert_int_equal(hub.fixed, 0x8002);
}

static void test_impossible_hub_is_corrupt(void **state)
{
    static const uint8_t hubs[][9] = {{9, 0x29, 0, 9, 0, 50, 1, 0, 0},
                                      {9, 0x29, 16, 9, 0, 50, 1, 0, 0},
                                      {9, 0x29, 255, 9, 0, 50, 1, 0, 0},
                                      {7, 0x29, 4, 9, 0, 50, 1, 0, 0},
                                      {9, 0x2a, 4, 9, 0, 50, 1, 0, 0}};
    struct usb_hub_descriptor hub;

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(usb_read_hub(hubs[i], 9, &hub), ERROR_CORRUPT);
    for (unsigned length = 0; length < 8; length++)
        assert_int_equal(usb_read_hub(copy("\x09\x29\x04\x09\0\x32\x01\0", length), length, &hub),
                         ERROR_CORRUPT);
}

static void test_string_becomes_plain_text(void **state)
{
    static const uint8_t bytes[] = {12, 3, 'a', 0, 0x1b, 0, 0xe4, 0, 'b', 1, 'c', 0};
    char text[8];

    (void)state;
    assert_int_equal(usb_read_string(copy(bytes, 12), 12, text, sizeof text), 5);
    assert_string_equal(text, "a???c");
    assert_int_equal(usb_read_string(bytes, 12, text, 3), 2);
    assert_string_equal(text, "a?");
    assert_int_equal(usb_read_string(bytes, 12, text, 1), 0);
    assert_string_equal(text, "");
}

static void test_string_that_lies_about_its_length_is_corrupt(void **state)
{
    char text[8];

    (void)state;
    assert_int_equal(usb_read_string(copy("\x06\x03"
                                          "a",
                                          3),
                                     3, text, 8),
                     ERROR_CORRUPT);
    assert_int_equal(usb_read_string(copy("\x03\x03"
                                          "a",
                                          3),
                                     3, text, 8),
                     ERROR_CORRUPT);
    assert_int_equal(usb_read_string(copy("\x00\x03"
                                          "a",
                                          3),
                                     3, text, 8),
                     ERROR_CORRUPT);
    assert_int_equal(usb_read_string(copy("\x02\x01", 2), 2, text, 8), ERROR_CORRUPT);
    assert_int_equal(usb_read_string(copy("\x02", 1), 1, text, 8), ERROR_CORRUPT);
    assert_int_equal(usb_read_string(copy("", 0), 0, text, 8), ERROR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
        TEST(test_device_is_read),
        TEST(test_device_shorter_than_eight_bytes_is_corrupt),
        TEST(test_device_with_a_wrong_field_is_corrupt),
        TEST(test_configuration_is_read),
        TEST(test_bytes_behind_the_configuration_are_ignored),
        TEST(test_descriptor_with_length_0_is_corrupt),
        TEST(test_descriptor_with_length_1_is_corrupt),
        TEST(test_descriptor_that_runs_past_the_end_is_corrupt),
        TEST(test_configuration_longer_than_what_arrived_is_too_large),
        TEST(test_configuration_cut_anywhere_is_refused),
        TEST(test_configuration_shorter_than_its_head_is_corrupt),
        TEST(test_configuration_with_value_0_is_corrupt),
        TEST(test_short_interface_is_corrupt),
        TEST(test_impossible_endpoint_is_corrupt),
        TEST(test_interfaces_are_walked_with_their_endpoints),
        TEST(test_more_endpoints_than_room_are_left_out),
        TEST(test_hub_is_read),
        TEST(test_impossible_hub_is_corrupt),
        TEST(test_string_becomes_plain_text),
        TEST(test_string_that_lies_about_its_length_is_corrupt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
