/*
 * control: lines by which a test speaks with usb_chip, and their answers.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "control.h"
#include "devices_chip.h"

static struct devices_chip chip;
static struct redirect redirect;
static struct cable no_cable;

static const char *tell(const char *line)
{
    static char answer[CONTROL_LINE];
    static struct control control = {.socket = -1, .redirect = &redirect, .cable = &no_cable};
    redirect.chip = &chip.chip;
    control_command(&control, line, answer);
    return answer;
}

static void test_each_command_does_what_it_says(void **state)
{
    (void)state;
    static const uint8_t mac[6] = {2, 0, 0x5e, 0x10, 0, 0xfe};
    devices_chip_init(&chip);
    assert_string_equal(tell("link up"), "ok");
    assert_true(chip.chip.plugged);
    assert_string_equal(tell("link down"), "ok");
    assert_false(chip.chip.plugged);
    assert_string_equal(tell("fault stall-in 3"), "ok");
    assert_int_equal(chip.chip.faults.stall_in, 3);
    chip.chip.faults.stall_in = 2;
    assert_string_equal(tell("fault stall-in"), "ok 2 1");
    assert_string_equal(tell("fault stall-in 7"), "ok");
    assert_string_equal(tell("fault stall-in"), "ok 7 1");
    chip.chip.faults.stall_in = 0;
    assert_string_equal(tell("fault stall-in"), "ok 0 8");
    assert_string_equal(tell("fault no-eeprom"), "ok 0 0");
    assert_string_equal(tell("fault no-eeprom 1"), "ok");
    assert_true(chip.chip.faults.no_eeprom);
    assert_string_equal(tell("fault error-bits 0x80000000"), "ok");
    assert_int_equal(chip.chip.faults.error_bits, 0x80000000);
    assert_string_equal(tell("rule reception-left-on on"), "ok");
    assert_true(redirect.reception_rule);
    assert_string_equal(tell("rule reception-left-on off"), "ok");
    assert_false(redirect.reception_rule);
    assert_string_equal(tell("negotiation-ms 20"), "ok");
    assert_int_equal(chip.chip.negotiation_us, 20000);
    assert_string_equal(tell("partner-pauses on"), "ok");
    assert_true(chip.chip.partner_pauses);
    assert_string_equal(tell("eeprom-mac 02:00:5e:10:00:fe"), "ok");
    assert_memory_equal(chip.chip.eeprom_mac, mac, 6);
    chip.chip.statistics.frames_sent = 7;
    assert_non_null(strstr(tell("statistics"), " frames_sent=7 "));
}

static void test_other_lines_are_refused_with_their_text(void **state)
{
    (void)state;
    static const char *const lines[] = {"",
                                        "link",
                                        "link sideways",
                                        "link up now",
                                        "fault",
                                        "fault no-such",
                                        "fault stall-in many",
                                        "fault stall-in -1",
                                        "fault stall-in 4294967296",
                                        "fault no-such 1",
                                        "rule reception-left-on maybe",
                                        "rule no-such on",
                                        "negotiation-ms 60001",
                                        "eeprom-mac 02:00:5e:10:00",
                                        "eeprom-mac 02:00:5e:10:00:zz",
                                        "eeprom-mac 02:00:5e:+1:00:02",
                                        "statistics please"};
    uint8_t before[6];
    memcpy(before, chip.chip.eeprom_mac, 6);
    for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char expected[CONTROL_LINE];
        snprintf(expected, sizeof(expected), "error \"%s\" is no command", lines[i]);
        assert_string_equal(tell(lines[i]), expected);
        assert_memory_equal(chip.chip.eeprom_mac, before, 6);
    }
}

static void test_lines_may_come_in_pieces_and_end_with_the_socket(void **state)
{
    (void)state;
    int ends[2];
    char answer[100] = "";
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    struct control control = {.socket = ends[0], .redirect = &redirect, .cable = &no_cable};
    devices_chip_init(&chip);
    redirect.chip = &chip.chip;
    assert_true(control_serve(&control));
    assert_int_equal(write(ends[1], "link u", 6), 6);
    assert_true(control_serve(&control));
    assert_false(chip.chip.plugged);
    assert_int_equal(write(ends[1], "p\nlink down\nli", 14), 14);
    assert_true(control_serve(&control));
    assert_false(chip.chip.plugged);
    assert_int_equal(read(ends[1], answer, sizeof(answer)), 6);
    assert_string_equal(answer, "ok\nok\n");
    close(ends[1]);
    assert_false(control_serve(&control));
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_command_does_what_it_says),
        cmocka_unit_test(test_other_lines_are_refused_with_their_text),
        cmocka_unit_test(test_lines_may_come_in_pieces_and_end_with_the_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
