/*
 * cable: options, the queue, and frames over a pair of datagram sockets, with and without delay.
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

#include "cable.h"

static uint8_t frame[CABLE_FRAME_MAX + 100];

static struct cable *open_pair(const char *options, int *other)
{
    int ends[2];
    char text[100];
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
    snprintf(text, sizeof(text), "dgram,id=net,local.type=fd,local.str=%d%s", ends[0], options);
    *other = ends[1];
    return cable_open(text);
}

/* Waits as the process does. Returns what it would have waited at most. */
static uint64_t serve(struct cable *cable)
{
    struct pollfd descriptors[CABLE_DESCRIPTORS];
    uint64_t timeout_us = UINT64_MAX;
    int count = cable->prepare(cable, descriptors, &timeout_us);
    struct timespec timeout = {0, timeout_us == UINT64_MAX ? 0 : (long)timeout_us * 1000};
    ppoll(descriptors, (nfds_t)count, &timeout, NULL);
    cable->serve(cable, descriptors, count);
    return timeout_us;
}

static void test_options_are_names_and_values_with_doubled_commas(void **state)
{
    (void)state;
    char name[32], value[1024];
    const char *rest = ",tftp=/a,,b,bootfile=,id=x=y";
    assert_true(cable_next_option(&rest, name, value));
    assert_string_equal(name, "tftp");
    assert_string_equal(value, "/a,b");
    assert_true(cable_next_option(&rest, name, value));
    assert_string_equal(value, "");
    assert_true(cable_next_option(&rest, name, value));
    assert_string_equal(value, "x=y");
    assert_false(cable_next_option(&rest, name, value));
    assert_string_equal(rest, "");
}

static void test_what_is_no_cable_is_refused(void **state)
{
    (void)state;
    assert_null(cable_open("bridge,br=br0"));
    assert_null(cable_open("user,id=net,restrict=on"));
    assert_null(cable_open("user,hostfwd=udp:127.0.0.1:1-53"));
    assert_null(cable_open("user,hostfwd=udp:127.0.0.1:99999-:53"));
    assert_null(cable_open("dgram,fd=12x"));
    assert_null(cable_open("dgram,id=net")); /* no descriptor */
    assert_null(cable_open("tap,fd=3,,"));
}

static void test_frames_pass_both_ways_in_order(void **state)
{
    (void)state;
    int other;
    struct cable *cable = open_pair("", &other);
    for (uint8_t i = 0; i < 3; i++) {
        frame[0] = i;
        assert_int_equal(write(other, frame, 60u + i), 60 + i);
    }
    assert_true(serve(cable) == UINT64_MAX);
    for (uint8_t i = 0; i < 3; i++) {
        assert_int_equal(cable_first(cable)->bytes[0], i);
        assert_int_equal(cable_first(cable)->length, 60 + i);
        cable_drop(cable);
    }
    assert_null(cable_first(cable));
    cable->send(cable, frame, 1514);
    assert_int_equal(read(other, frame, sizeof(frame)), 1514);
}

static void test_frames_that_do_not_fit_are_counted_as_lost(void **state)
{
    (void)state;
    int other;
    struct cable *cable = open_pair("", &other);
    cable_put(cable, frame, 13);
    cable_put(cable, frame, CABLE_FRAME_MAX + 1);
    assert_int_equal(cable->lost, 2);
    for (unsigned i = 0; i < CABLE_QUEUE_FRAMES; i++) {
        cable_put(cable, frame, 60);
    }
    assert_int_equal(cable->lost, 2);
    cable_put(cable, frame, 60);
    assert_int_equal(cable->lost, 3);
    /* A full queue leaves the next one with the kernel. */
    assert_int_equal(write(other, frame, 61), 61);
    serve(cable);
    cable_drop(cable);
    serve(cable);
    assert_int_equal(cable->lost, 3);
    assert_int_equal(cable->waiting, CABLE_QUEUE_FRAMES);
}

static void test_a_cable_whose_other_end_has_gone_loses_frames(void **state)
{
    (void)state;
    int other;
    struct cable *cable = open_pair("", &other);
    close(other);
    cable->send(cable, frame, 60);
    assert_int_equal(cable->lost, 1);
    serve(cable);
}

static void test_a_long_cable_delivers_later_in_both_directions(void **state)
{
    (void)state;
    int other;
    struct cable *cable = open_pair(",delay-us=20000", &other);
    assert_int_equal(write(other, frame, 60), 60);
    serve(cable);
    assert_null(cable_first(cable));
    uint64_t wait_us = serve(cable); /* sleeps that long */
    assert_in_range(wait_us, 1, 20000);
    while (!cable_first(cable)) {
        serve(cable);
    }
    cable->send(cable, frame, 77);
    assert_int_equal(recv(other, frame, sizeof(frame), MSG_DONTWAIT), -1);
    assert_in_range(serve(cable), 1, 20000);
    while (recv(other, frame, sizeof(frame), MSG_DONTWAIT) != 77) {
        serve(cable);
    }
}

static void test_an_empty_datagram_does_not_end_the_cable(void **state)
{
    (void)state;
    int other;
    struct cable *cable = open_pair("", &other);
    assert_int_equal(send(other, frame, 0, 0), 0);
    assert_int_equal(write(other, frame, 60), 60);
    serve(cable);
    assert_int_equal(cable->lost, 1);
    assert_int_equal(cable->waiting, 1);
}

static void test_a_long_cable_that_is_full_leaves_the_rest_with_the_kernel(void **state)
{
    (void)state;
    int other;
    unsigned written = 0;
    uint64_t timeout_us = UINT64_MAX;
    struct pollfd readable[CABLE_DESCRIPTORS] = {0};
    struct cable *cable = open_pair(",delay-us=60000000", &other);
    while (cable->prepare(cable, readable, &timeout_us) == 1) {
        assert_int_equal(send(other, frame, 60, MSG_DONTWAIT), 60);
        assert_true(++written < 10000);
        readable[0].revents = POLLIN;
        cable->serve(cable, readable, 1);
    }
    assert_true(written >= 1024);
    /* It is not taken, even if somebody says it is there. */
    assert_int_equal(send(other, frame, 61, MSG_DONTWAIT), 61);
    cable->serve(cable, readable, 1);
    assert_int_equal(cable->lost, 0);
}

static void test_a_stream_is_no_cable(void **state)
{
    (void)state;
    int ends[2];
    char text[32];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    snprintf(text, sizeof(text), "dgram,fd=%d", ends[0]);
    assert_null(cable_open(text));
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_are_names_and_values_with_doubled_commas),
        cmocka_unit_test(test_what_is_no_cable_is_refused),
        cmocka_unit_test(test_frames_pass_both_ways_in_order),
        cmocka_unit_test(test_frames_that_do_not_fit_are_counted_as_lost),
        cmocka_unit_test(test_a_cable_whose_other_end_has_gone_loses_frames),
        cmocka_unit_test(test_a_long_cable_delivers_later_in_both_directions),
        cmocka_unit_test(test_an_empty_datagram_does_not_end_the_cable),
        cmocka_unit_test(test_a_long_cable_that_is_full_leaves_the_rest_with_the_kernel),
        cmocka_unit_test(test_a_stream_is_no_cable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
