/*
 * loader/guard_card: confirm, install and select as a service calls them: what it is answered,
 * what time it is given, and what the card and the hand-back then say.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "slots_machine.h"

#include "guard.h"
#include "guard_call.h"
#include "hand_over.h"
#include "sim_stage2.h"

#define PAGE (IMAGE_AT + 0x10000) /* memory of the service that no segment uses */

static struct guard_registers registers;
static struct image second; /* another build of `fetched` */
static struct guard_image *const image_request = (struct guard_image *)PAGE;
static struct guard_select *const select_request = (struct guard_select *)PAGE;

static int64_t call(uint64_t function, uint64_t a1)
{
    registers.x[0] = function;
    registers.x[1] = a1;
    return guard_called(&registers);
}

/* `fetched` runs from A, confirmed, and its memory is all below the boot-info block. */
static int service_setup(void **state)
{
    if (slots_setup(state) < 0)
        return -1;
    make_image(&second, "fetched", 0x77);
    loader.fdt_copy = (void *)loader.fdt;
    loader.configuration.watchdog_ms = 60000;
    put_confirmed(&fetched);
    run_from(&fetched, 'A');
    sim_stage2.services[0] =
        (struct board_range){RAM + 2 * MIB, loader.list.base + 2 * MIB - (RAM + 2 * MIB)};
    sim_stage2.service_count = 1;
    return 0;
}

/* ---- install ---- */

static int64_t install(const struct image *image)
{
    memcpy((void *)loader.staging.base, image->bytes, sizeof image->bytes);
    memset(image_request, 0x5a, sizeof *image_request);
    image_request->length = sizeof image->bytes;
    return call(GUARD_INSTALL, PAGE);
}

static void test_an_install_is_on_the_card_when_it_is_answered(void **state)
{
    (void)state;
    assert_int_equal(install(&second), 0);
    assert_entry("fetched", 'B', SLOT_PENDING, 3);
    assert_entry("fetched", 'A', SLOT_CONFIRMED, 0);
    assert_int_equal(keep.uploaded.bytes, sizeof second.bytes);
    assert_int_equal(keep.uploaded.origin.slot, 'B');
}

static void test_a_check_installs_nothing(void **state)
{
    (void)state;
    assert_int_equal(install(&second), 0);
    put_image(&second); /* settled, whatever it was */
    settle();
    memset(image_request, 0, sizeof *image_request);
    image_request->length = sizeof second.bytes;
    assert_int_equal(call(GUARD_CHECK_IMAGE, PAGE), 0);
    assert_int_equal(keep.uploaded.origin.slot, 0);
    assert_nothing_written();
}

static void test_a_bad_image_is_not_installed(void **state)
{
    (void)state;
    settle();
    second.bytes[0] = '<';
    assert_int_equal(install(&second), ERROR_CORRUPT);
    assert_non_null(memchr(image_request->reason, '\0', sizeof image_request->reason));
    assert_int_equal(keep.uploaded.bytes, 0);
    assert_nothing_written();
}

static void test_a_card_that_cannot_take_it_is_told_of_and_nothing_has_changed(void **state)
{
    (void)state;
    card.read_only = true;
    assert_true(install(&second) < 0);
    assert_string_equal(image_request->reason, "the card is read-only");
    assert_int_equal(keep.uploaded.bytes, 0); /* a hand-back for it would be refused */
    card.read_only = false;
    assert_entry("fetched", 'A', SLOT_CONFIRMED, 0);
}

static void test_the_time_an_install_takes_is_not_the_services(void **state)
{
    uint64_t watchdog_us = loader.service.watchdog_at_us, begun_us = clock_now_us();

    (void)state;
    card.access_us = 20000;
    assert_int_equal(install(&second), 0);
    uint64_t spent_us = loader.service.watchdog_at_us - watchdog_us;

    assert_in_range(spent_us, 20 * 20000, clock_now_us() - begun_us);
    assert_int_equal(sim_stage2.timer_us, loader.service.watchdog_at_us);
}

/* ---- confirm ---- */

static int trial_setup(void **state)
{
    if (slots_setup(state) < 0)
        return -1;
    loader.fdt_copy = (void *)loader.fdt;
    put_image(&fetched);
    run_from(&fetched, 'A');
    return 0;
}

static void test_a_confirmation_is_durable_when_it_is_answered(void **state)
{
    (void)state;
    assert_int_equal(call(GUARD_CONFIRM, 0), 0);
    assert_entry("fetched", 'A', SLOT_CONFIRMED, 0);
    assert_true(keep.confirmed);
    assert_int_equal(keep.fallback, keep.running);
    settle();
    assert_int_equal(call(GUARD_CONFIRM, 0), 0);
    assert_nothing_written();
}

static void test_it_counts_as_confirmed_though_the_card_cannot_be_told(void **state)
{
    static const struct {
        bool gone, slow, read_only;
        int status;
    } rows[] = {{true, false, false, ERROR_ABSENT},
                {false, true, false, ERROR_TIMEOUT},
                {false, false, true, ERROR_REFUSED}};

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        keep.confirmed = false;
        card.gone = rows[i].gone;
        card.slow = rows[i].slow;
        card.read_only = rows[i].read_only;
        assert_int_equal(call(GUARD_CONFIRM, 0), rows[i].status);
        assert_true(keep.confirmed);
        assert_int_equal(keep.fallback, keep.running);
        assert_int_equal(loader.service.confirm_at_us, CLOCK_NEVER);
    }
    card.read_only = false;
    assert_int_equal(call(GUARD_CONFIRM, 0), 0); /* again */
    assert_entry("fetched", 'A', SLOT_CONFIRMED, 0);
}

static void test_other_errors_of_the_card_are_its_failure(void **state)
{
    (void)state;
    card.stuck_block = SLOT_UNIT_BLOCKS; /* may or may not be the ring's turn: both are tried */
    int64_t first = call(GUARD_CONFIRM, 0);

    card.stuck_block = SIM_BLOCK_NEVER;
    card_storage[446 + 12] ^= 0xff; /* the partition ends elsewhere: a damaged table */
    card_storage[446 + 13] = card_storage[446 + 14] = card_storage[446 + 15] = 0;
    keep.origin.state = SLOT_TRIAL;
    assert_int_equal(call(GUARD_CONFIRM, 0), ERROR_IO);
    assert_true(first == 0 || first == ERROR_IO);
}

/* ---- select ---- */

static int64_t select_service(const char *name, unsigned when)
{
    memset(select_request, 0x5a, sizeof *select_request);
    strcpy(select_request->name, name);
    select_request->when = when;
    return call(GUARD_SELECT, PAGE);
}

static void test_a_selection_is_answered_in_words(void **state)
{
    (void)state;
    assert_int_equal(select_service("fetched", GUARD_ALWAYS), 0);
    open_own();
    assert_int_equal(on_card.table.standard, 0);
    assert_int_equal(select_service("nobody", GUARD_ONCE), ERROR_ABSENT);
    assert_string_equal(select_request->reason, "there is no service nobody on this card");
    assert_int_equal(select_service("fetched", 3), ERROR_INVALID);
    loader.configuration.deploy = BOOT_DEPLOY_OFF;
    assert_int_equal(select_service("fetched", GUARD_ONCE), ERROR_REFUSED);
    assert_string_equal(select_request->reason, "pushes are off (deploy = off)");
}

static void test_a_name_without_an_end_is_refused(void **state)
{
    (void)state;
    select_service("fetched", GUARD_NOW);
    memset(select_request->name, 'x', sizeof select_request->name);
    assert_int_equal(call(GUARD_SELECT, PAGE), ERROR_INVALID);
}

static void test_pointers_into_what_is_not_the_services_are_invalid(void **state)
{
    static const uint64_t functions[] = {GUARD_INSTALL, GUARD_SELECT};

    (void)state;
    settle();
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(call(functions[i], loader.resident.base), ERROR_INVALID);
        assert_int_equal(call(functions[i], loader.keeping.base), ERROR_INVALID);
        assert_int_equal(call(functions[i], PAGE + 4), ERROR_INVALID);
        assert_int_equal(call(functions[i], IMAGE_AT + BUILDER_TEXT_AT), ERROR_INVALID);
        assert_int_equal(call(functions[i], 0), ERROR_INVALID);
    }
    assert_nothing_written();
}

/* ---- hand-backs ---- */

static struct hand_over over;

static void hand_back(void *context)
{
    (void)context;
    int length = hand_over_build((void *)PAGE, 4096, &over);

    assert_true(length > 0);
    registers.x[2] = (uint64_t)length;
    call(GUARD_HAND_BACK, PAGE);
}

static void hand_back_for(const char *name)
{
    over = (struct hand_over){
        .has_hand_back = true, .has_card = true, .hand_back = {.kind = BOOT_HAND_BACK_NEXT}};
    over.card = (struct boot_card){.host = BOARD_CARD_EMMC, .address = 0x10000};
    strcpy(over.hand_back.name, name);
    assert_true(sim_expect_stop(hand_back, NULL));
    assert_string_equal(sim_stop_message(), "loader restarted");
}

static void test_a_hand_back_for_what_was_selected_was_asked_from_outside(void **state)
{
    (void)state;
    assert_int_equal(select_service("fetched", GUARD_NOW), 0);
    hand_back_for("fetched");
    assert_int_equal(keep.reason, POLICY_SELECTED);
    assert_string_equal(keep.next, "fetched");
}

static void test_a_hand_back_for_another_is_the_services_own_wish(void **state)
{
    (void)state;
    assert_int_equal(select_service("fetched", GUARD_NOW), 0);
    hand_back_for("other");
    assert_int_equal(keep.reason, POLICY_NEXT);
    assert_int_equal(select_service("fetched", GUARD_ONCE), 0); /* not now */
    hand_back_for("fetched");
    assert_int_equal(keep.reason, POLICY_NEXT);
}

static void test_the_card_is_as_the_last_call_left_it(void **state)
{
    (void)state;
    hand_back_for("x");
    assert_int_equal(keep.over.card.address, 0x10000); /* no call: as the service says */
    sim_board.card_description.address = 0x880000;
    assert_int_equal(select_service("fetched", GUARD_ALWAYS), 0);
    hand_back_for("x");
    assert_int_equal(keep.over.card.address, 0x880000);
}

/* ---- the table ---- */

static void test_the_table_can_be_read_in_pieces(void **state)
{
    char whole[SLOT_TEXT_BYTES] = "";
    uint64_t position = 0;
    int64_t got;

    (void)state;
    for (;;) {
        registers.x[2] = position;
        registers.x[3] = PAGE;
        registers.x[4] = 10;
        got = call(GUARD_READ, GUARD_FILE_SLOTS);
        if (got <= 0)
            break;
        memcpy(whole + position, (const void *)PAGE, (size_t)got);
        position = registers.x[1];
    }
    assert_int_equal(got, 0);
    assert_non_null(strstr(whole, "fetched"));
    assert_int_equal(whole[strlen(whole) - 1], '\n');
}

static void test_a_table_that_is_gone_is_absent_and_one_is_read_once(void **state)
{
    (void)state;
    registers.x[2] = 0;
    registers.x[3] = PAGE;
    registers.x[4] = 10;
    assert_int_equal(call(GUARD_READ, GUARD_FILE_SLOTS), 10);
    unsigned starts = sim_board.card_starts + sim_board.card_adoptions;

    registers.x[2] = 0;
    assert_int_equal(call(GUARD_READ, GUARD_FILE_SLOTS), 10);
    assert_int_equal(sim_board.card_starts + sim_board.card_adoptions, starts + 1);
    card_storage[446 + 4] = 0x83;
    registers.x[2] = 0;
    assert_int_equal(call(GUARD_READ, GUARD_FILE_SLOTS), ERROR_ABSENT);
}

#define SERVICE_TEST(test) cmocka_unit_test_setup_teardown(test, service_setup, slots_teardown)
#define TRIAL_TEST(test)   cmocka_unit_test_setup_teardown(test, trial_setup, slots_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(test_an_install_is_on_the_card_when_it_is_answered),
        SERVICE_TEST(test_a_check_installs_nothing),
        SERVICE_TEST(test_a_bad_image_is_not_installed),
        SERVICE_TEST(test_a_card_that_cannot_take_it_is_told_of_and_nothing_has_changed),
        SERVICE_TEST(test_the_time_an_install_takes_is_not_the_services),
        TRIAL_TEST(test_a_confirmation_is_durable_when_it_is_answered),
        TRIAL_TEST(test_it_counts_as_confirmed_though_the_card_cannot_be_told),
        TRIAL_TEST(test_other_errors_of_the_card_are_its_failure),
        SERVICE_TEST(test_a_selection_is_answered_in_words),
        SERVICE_TEST(test_a_name_without_an_end_is_refused),
        SERVICE_TEST(test_pointers_into_what_is_not_the_services_are_invalid),
        SERVICE_TEST(test_a_hand_back_for_what_was_selected_was_asked_from_outside),
        SERVICE_TEST(test_a_hand_back_for_another_is_the_services_own_wish),
        SERVICE_TEST(test_the_card_is_as_the_last_call_left_it),
        SERVICE_TEST(test_the_table_can_be_read_in_pieces),
        SERVICE_TEST(test_a_table_that_is_gone_is_absent_and_one_is_read_once),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
