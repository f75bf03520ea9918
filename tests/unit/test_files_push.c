/*
 * test_files_push: what a running service does with what is pushed to it: images to start, images
 * for a slot of the card, and selections.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "files_bench.h"

static int write_file(const char *name, int64_t announced)
{
    uint8_t *buffer = NULL;
    size_t capacity = 0;
    int status = net.files->write(net.files, &client, name, announced, &buffer, &capacity, reason);

    if (status == 0) {
        assert_int_equal((uintptr_t)buffer, UPLOAD_BASE);
        assert_int_equal(capacity, UPLOAD_BYTES);
    }
    return status;
}

static void test_a_push_that_is_found_good_is_handed_back(void **state)
{
    const struct boot_hand_back *request = &sim_guard.handed_back.hand_back;
    uint64_t begun_us;

    (void)state;
    sim_advance_us(2 * (uint64_t)UINT32_MAX); /* a board that is up for hours */
    begin();
    begun_us = clock_now_us();
    assert_int_equal(write_file("dns.elf", -1), 0);
    sim_advance_us(21000);
    assert_int_equal(net.files->written(net.files, 96080, reason), 0);
    assert_int_equal(sim_guard.checked_bytes, 96080);
    net_files_active = true;
    poll(NULL); /* the last ACK is not out yet */
    assert_int_equal(sim_guard_calls(GUARD_HAND_BACK), 0);
    net.work = finish;
    assert_true(sim_expect_stop(poll, NULL));
    assert_string_equal(sim_stop_message(), "handed back");
    assert_int_equal(request->kind, BOOT_HAND_BACK_IMAGE);
    assert_int_equal(request->image_bytes, 96080);
    assert_string_equal(request->name, "push:192.0.2.9/dns.elf");
    assert_in_range(request->push_begun_us, begun_us, begun_us + 10);
    assert_in_range(request->push_ended_us - request->push_begun_us, 21000, 21010);
    assert_int_equal(sim_board.quiesces, 1);
    assert_non_null(
        strstr(sim_log(), "push: 192.0.2.9/dns.elf, 96080 bytes in 21 ms: handing back\n"));
}

static void test_nothing_of_an_earlier_push_is_left_at_the_next_start(void **state)
{
    (void)state;
    begin();
    write_file("dns.elf", -1);
    finish();
    begin();
    net_files_active = true;
    poll(NULL);
    assert_int_equal(net.works, 1);
}

static void test_a_push_that_the_loader_refuses_gets_its_sentence(void **state)
{
    (void)state;
    begin();
    sim_guard_answer(GUARD_CHECK_IMAGE, ERROR_CORRUPT);
    strcpy(sim_guard.reason, "segment 2 reaches past the end of the file");
    assert_int_equal(write_file("dns.elf", -1), 0);
    assert_int_equal(net.files->written(net.files, 5000, reason), ERROR_CORRUPT);
    assert_string_equal(reason, "segment 2 reaches past the end of the file");
    net_files_active = true;
    poll(NULL);
    assert_int_equal(sim_guard_calls(GUARD_HAND_BACK), 0);
}

static void test_a_push_that_came_to_nothing_leaves_the_service_running(void **state)
{
    (void)state;
    begin();
    assert_int_equal(write_file("dns.elf", 70000), 0);
    net.files->write_failed(net.files, "the client is silent");
    net_files_active = true;
    poll(NULL);
    assert_int_equal(sim_guard_calls(GUARD_CHECK_IMAGE), 0);
    assert_int_equal(sim_guard_calls(GUARD_HAND_BACK), 0);
}

static void test_with_deploy_off_no_push_begins(void **state)
{
    (void)state;
    record.upload.deploy = BOOT_DEPLOY_OFF;
    begin();
    assert_int_equal(write_file("dns.elf", -1), ERROR_REFUSED);
    assert_string_equal(reason, "pushes are off (deploy = off)");
}

static void test_without_a_loader_no_push_begins(void **state)
{
    (void)state;
    begin_without_guard();
    assert_int_equal(write_file("dns.elf", -1), ERROR_REFUSED);
    assert_string_equal(reason, "no loader stands under this service");
}

static void test_a_file_announced_larger_than_the_room_is_refused_before_it_comes(void **state)
{
    (void)state;
    begin();
    assert_int_equal(write_file("dns.elf", UPLOAD_BYTES), 0);
    assert_int_equal(write_file("dns.elf", UPLOAD_BYTES + 1), ERROR_TOO_LARGE);
    assert_string_equal(reason, "an image of 67108865 bytes: there is room for 67108864");
}

static void test_the_longest_name_fits_into_the_hand_back(void **state)
{
    char name[TFTP_SERVER_NAME_MAX];

    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    begin();
    assert_int_equal(write_file(name, -1), 0);
    net.files->written(net.files, 1, reason);
    net.work = finish;
    net_files_active = true;
    assert_true(sim_expect_stop(poll, NULL));
    assert_string_equal(sim_guard.handed_back.hand_back.name + strlen("push:192.0.2.9/"), name);
}

static void test_an_image_for_a_slot_is_installed_before_it_is_handed_back(void **state)
{
    (void)state;
    begin();
    assert_int_equal(write_file("slot/dns.elf", -1), 0);
    assert_int_equal(net.files->written(net.files, 96080, reason), 0);
    assert_int_equal(sim_guard_calls(GUARD_INSTALL), 1);
    assert_int_equal(sim_guard_calls(GUARD_CHECK_IMAGE), 0);
    assert_int_equal(sim_guard.checked_bytes, 96080);
    net.work = finish;
    net_files_active = true;
    assert_true(sim_expect_stop(poll, NULL));
    assert_int_equal(sim_guard.handed_back.hand_back.kind, BOOT_HAND_BACK_IMAGE);
    assert_string_equal(sim_guard.handed_back.hand_back.name, "push:192.0.2.9/slot/dns.elf");
}

static void test_a_card_that_cannot_take_an_image_leaves_the_service_running(void **state)
{
    (void)state;
    begin();
    sim_guard_answer(GUARD_INSTALL, ERROR_REFUSED);
    strcpy(sim_guard.reason, "the card is read-only");
    assert_int_equal(write_file("slot/dns.elf", -1), 0);
    assert_int_equal(net.files->written(net.files, 5000, reason), ERROR_REFUSED);
    assert_string_equal(reason, "the card is read-only");
    net_files_active = true;
    poll(NULL);
    assert_int_equal(sim_guard_calls(GUARD_HAND_BACK), 0);
}

static void test_a_loader_that_knows_no_slots_is_named(void **state)
{
    (void)state;
    begin();
    sim_guard_answer(GUARD_INSTALL, ERROR_INVALID);
    assert_int_equal(write_file("slot/dns.elf", -1), 0);
    assert_int_equal(net.files->written(net.files, 5000, reason), ERROR_INVALID);
    assert_string_equal(reason, "the loader under this service says no: invalid");
}

static int write_select(const char *text)
{
    uint8_t *buffer = NULL;
    size_t capacity = 0;
    int status = net.files->write(net.files, &client, "select", (int64_t)strlen(text), &buffer,
                                  &capacity, reason);

    assert_int_equal(status, 0);
    assert_in_range(strlen(text), 1, capacity);
    memcpy(buffer, text, strlen(text));
    return net.files->written(net.files, strlen(text), reason);
}

static void test_a_service_selected_for_later_leaves_this_one_running(void **state)
{
    (void)state;
    begin();
    assert_int_equal(write_select("echo always\n"), 0);
    assert_string_equal(sim_guard.selected.name, "echo");
    assert_int_equal(sim_guard.selected.when, GUARD_ALWAYS);
    finish();
    net_files_active = true;
    poll(NULL);
    assert_int_equal(sim_guard_calls(GUARD_HAND_BACK), 0);
}

static void test_a_service_selected_now_is_handed_over_to(void **state)
{
    (void)state;
    begin();
    write_file("dns.elf", -1); /* nothing of it is left */
    assert_int_equal(write_select("echo now\n"), 0);
    assert_int_equal(sim_guard.selected.when, GUARD_NOW);
    net.work = finish;
    net_files_active = true;
    assert_true(sim_expect_stop(poll, NULL));
    assert_int_equal(sim_guard.handed_back.hand_back.kind, BOOT_HAND_BACK_NEXT);
    assert_string_equal(sim_guard.handed_back.hand_back.name, "echo");
}

static void test_a_selection_that_cannot_be_gets_its_sentence(void **state)
{
    (void)state;
    begin();
    assert_int_equal(write_select("echo soon"), ERROR_INVALID);
    assert_string_equal(reason, "a select says now, once or always behind the service");
    assert_int_equal(sim_guard_calls(GUARD_SELECT), 0);
    sim_guard_answer(GUARD_SELECT, ERROR_ABSENT);
    strcpy(sim_guard.reason, "there is no service echo on the card");
    assert_int_equal(write_select("echo"), ERROR_ABSENT);
    assert_string_equal(reason, "there is no service echo on the card");
    net_files_active = true;
    poll(NULL);
    assert_int_equal(sim_guard_calls(GUARD_HAND_BACK), 0);
}

static void test_with_deploy_off_nothing_can_be_selected(void **state)
{
    uint8_t *buffer;
    size_t capacity;

    (void)state;
    record.upload.deploy = BOOT_DEPLOY_OFF;
    begin();
    assert_int_equal(net.files->write(net.files, &client, "select", -1, &buffer, &capacity, reason),
                     ERROR_REFUSED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_push_that_is_found_good_is_handed_back),
        TEST(test_nothing_of_an_earlier_push_is_left_at_the_next_start),
        TEST(test_a_push_that_the_loader_refuses_gets_its_sentence),
        TEST(test_a_push_that_came_to_nothing_leaves_the_service_running),
        TEST(test_with_deploy_off_no_push_begins),
        TEST(test_without_a_loader_no_push_begins),
        TEST(test_a_file_announced_larger_than_the_room_is_refused_before_it_comes),
        TEST(test_the_longest_name_fits_into_the_hand_back),
        TEST(test_an_image_for_a_slot_is_installed_before_it_is_handed_back),
        TEST(test_a_card_that_cannot_take_an_image_leaves_the_service_running),
        TEST(test_a_loader_that_knows_no_slots_is_named),
        TEST(test_a_service_selected_for_later_leaves_this_one_running),
        TEST(test_a_service_selected_now_is_handed_over_to),
        TEST(test_a_selection_that_cannot_be_gets_its_sentence),
        TEST(test_with_deploy_off_nothing_can_be_selected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
