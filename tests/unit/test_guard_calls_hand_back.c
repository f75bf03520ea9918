/*
 * guard_calls: a service hands the board back, and a pushed image with it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guard_calls_bench.h"

#include "hand_over.h"

static struct hand_over over;
static int64_t answer;

static void hand_back(void *context)
{
    (void)context;
    int length = hand_over_build((void *)SERVICES_PAGE, 4096, &over);

    assert_true(length > 0);
    answer = call(GUARD_HAND_BACK, SERVICES_PAGE, (uint64_t)length, 0, 0);
}

static void expect_hand_back(enum policy_reason reason)
{
    if (!sim_expect_stop(hand_back, NULL))
        fail_msg("the loader says %ld", (long)answer);
    assert_string_equal(sim_stop_message(), "loader restarted");
    assert_int_equal(keep.reason, reason);
    assert_true(keep.at_rest);
    assert_int_equal(keep.hand_backs, 1);
    assert_true(sim_stage2.parks >= 1);
    assert_ptr_equal(sim_stage2.restart_fdt, loader.fdt_copy);
}

static void test_an_exit_brings_its_status_and_the_devices(void **state)
{
    (void)state;
    over = (struct hand_over){.has_hand_back = true,
                              .has_usb = true,
                              .usb = {.driver = "cdc-ecm", .device_count = 1},
                              .hand_back = {.kind = BOOT_HAND_BACK_EXIT, .status = -7}};
    over.usb.devices[0].hub = 0xff;
    expect_hand_back(POLICY_EXIT);
    assert_int_equal(keep.status, -7);
    assert_string_equal(keep.last_end, "hello 1.0.0 ended with status -7");
    assert_true(keep.over.has_usb);
    assert_string_equal(keep.over.usb.driver, "cdc-ecm");
}

static void test_a_service_can_name_the_next(void **state)
{
    (void)state;
    over = (struct hand_over){.has_hand_back = true, .hand_back = {.kind = BOOT_HAND_BACK_NEXT}};
    strcpy(over.hand_back.name, "echo.elf");
    expect_hand_back(POLICY_NEXT);
    assert_string_equal(keep.next, "echo.elf");
    assert_false(keep.over.has_usb); /* what it does not bring is gone */
}

static void test_a_list_that_was_changed_is_refused(void **state)
{
    (void)state;
    over = (struct hand_over){.has_hand_back = true, .hand_back = {.kind = BOOT_HAND_BACK_REBOOT}};
    int length = hand_over_build((void *)SERVICES_PAGE, 4096, &over);

    for (int i = 0; i < length; i++) {
        ((uint8_t *)SERVICES_PAGE)[i] ^= 0x10;
        assert_int_equal(call(GUARD_HAND_BACK, SERVICES_PAGE, (uint64_t)length, 0, 0),
                         ERROR_INVALID);
        ((uint8_t *)SERVICES_PAGE)[i] ^= 0x10;
    }
    for (int i = 0; i < length; i++)
        assert_int_equal(call(GUARD_HAND_BACK, SERVICES_PAGE, (uint64_t)i, 0, 0), ERROR_INVALID);
    assert_int_equal(keep.hand_backs, 0);
}

static void test_a_list_without_a_hand_back_is_refused(void **state)
{
    (void)state;
    over = (struct hand_over){.has_usb = false};
    hand_back(NULL);
    assert_int_equal(answer, ERROR_INVALID);
}

/* A push of the image the machine was started with. */
static int64_t check_pushed(size_t length)
{
    struct guard_image *request = (struct guard_image *)SERVICES_PAGE;

    memset(request, 0x5a, sizeof *request);
    request->length = length;
    return call(GUARD_CHECK_IMAGE, SERVICES_PAGE, 0, 0, 0);
}

static void test_an_image_that_was_checked_is_started_next(void **state)
{
    (void)state;
    memcpy((void *)loader.staging.base, b.bytes, b.length);
    assert_int_equal(check_pushed(b.length), 0);
    assert_int_equal(keep.uploaded.bytes, b.length);
    assert_string_equal(keep.uploaded.name, "hello");
    over = (struct hand_over){.has_hand_back = true,
                              .hand_back = {.kind = BOOT_HAND_BACK_IMAGE,
                                            .image_bytes = b.length,
                                            .push_begun_us = 5000000005,
                                            .push_ended_us = 5000000006,
                                            .name = "push:192.0.2.1/hello.elf"}};
    expect_hand_back(POLICY_DEPLOY);
    assert_string_equal(keep.uploaded.location, "push:192.0.2.1/hello.elf");
    assert_int_equal(keep.push_begun_us, 5000000005);
    assert_int_equal(keep.redeploys, 1);
}

static void expect_image_refused(void)
{
    over = (struct hand_over){.has_hand_back = true,
                              .hand_back = {.kind = BOOT_HAND_BACK_IMAGE, .image_bytes = b.length}};
    hand_back(NULL);
    assert_int_equal(answer, ERROR_REFUSED);
    assert_int_equal(keep.hand_backs, 0);
}

static void test_an_image_that_was_not_checked_is_refused(void **state)
{
    (void)state;
    memcpy((void *)loader.staging.base, b.bytes, b.length);
    expect_image_refused();
}

static void test_an_image_that_changed_after_its_check_is_refused(void **state)
{
    (void)state;
    memcpy((void *)loader.staging.base, b.bytes, b.length);
    assert_int_equal(check_pushed(b.length), 0);
    ((uint8_t *)loader.staging.base)[b.length - 1] ^= 1;
    expect_image_refused();
    ((uint8_t *)loader.staging.base)[b.length - 1] ^= 1;
    over.hand_back.image_bytes = b.length - 1;
    hand_back(NULL);
    assert_int_equal(answer, ERROR_REFUSED);
}

static void test_a_bad_image_is_refused_with_its_reason_and_forgets_the_one_before(void **state)
{
    const struct guard_image *request = (const struct guard_image *)SERVICES_PAGE;

    (void)state;
    memcpy((void *)loader.staging.base, b.bytes, b.length);
    assert_int_equal(check_pushed(b.length), 0);
    assert_int_equal(check_pushed(10), ERROR_CORRUPT);
    assert_true(memchr(request->reason, '\0', sizeof request->reason) != NULL);
    assert_true(strlen(request->reason) > 10);
    expect_image_refused();
    assert_int_equal(check_pushed(0), ERROR_CORRUPT);
    assert_int_equal(check_pushed(loader.staging.bytes + 1), ERROR_TOO_LARGE);
    assert_int_equal(check_pushed(SIZE_MAX), ERROR_TOO_LARGE);
}

static void test_pushes_are_refused_when_they_are_not_wanted(void **state)
{
    const struct guard_image *request = (const struct guard_image *)SERVICES_PAGE;

    (void)state;
    memcpy((void *)loader.staging.base, b.bytes, b.length);
    loader.configuration.deploy = BOOT_DEPLOY_OFF;
    assert_int_equal(check_pushed(b.length), ERROR_REFUSED);
    assert_string_equal(request->reason, "pushes are off (deploy = off)");
    loader.configuration.deploy = BOOT_DEPLOY_SIGNED;
    assert_int_equal(check_pushed(b.length), ERROR_REFUSED);
    assert_non_null(strstr(request->reason, "without keys"));
}

static void test_a_loader_that_is_not_what_it_was_resets_the_machine(void **state)
{
    (void)state;
    sim_stage2.own_crc = 1;
    over = (struct hand_over){.has_hand_back = true, .hand_back = {.kind = BOOT_HAND_BACK_REBOOT}};
    assert_true(sim_expect_stop(hand_back, NULL));
    assert_string_not_equal(sim_stop_message(), "loader restarted");
    assert_non_null(strstr(sim_log(), "the loader's own memory has changed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_an_exit_brings_its_status_and_the_devices, service_setup),
        cmocka_unit_test_setup(test_a_service_can_name_the_next, service_setup),
        cmocka_unit_test_setup(test_a_list_that_was_changed_is_refused, service_setup),
        cmocka_unit_test_setup(test_a_list_without_a_hand_back_is_refused, service_setup),
        cmocka_unit_test_setup(test_an_image_that_was_checked_is_started_next, service_setup),
        cmocka_unit_test_setup(test_an_image_that_was_not_checked_is_refused, service_setup),
        cmocka_unit_test_setup(test_an_image_that_changed_after_its_check_is_refused,
                               service_setup),
        cmocka_unit_test_setup(
            test_a_bad_image_is_refused_with_its_reason_and_forgets_the_one_before, service_setup),
        cmocka_unit_test_setup(test_pushes_are_refused_when_they_are_not_wanted, service_setup),
        cmocka_unit_test_setup(test_a_loader_that_is_not_what_it_was_resets_the_machine,
                               service_setup),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
