/*
 * Unit tests of net/: received frames that are bad, foreign or cut, and what comes of them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_bench.h"

static uint32_t ip_dropped(void)
{
    struct net_statistics statistics;

    net_statistics(&statistics);
    return statistics.ip_dropped;
}

static uint32_t checksum_errors(void)
{
    struct net_statistics statistics;

    net_statistics(&statistics);
    return statistics.checksum_errors;
}

/* A frame that is refused: not delivered, counted, nothing sent, and the stack still
 * serves the next one. */
static void refuse(const struct sim_frame *frame)
{
    uint32_t dropped = ip_dropped(), sent = sim.cable.end[0].device.statistics.frames_sent;
    unsigned count = got.count;

    arrive(frame);
    assert_int_equal(got.count, count);
    assert_int_equal(ip_dropped(), dropped + 1);
    assert_int_equal(sim.cable.end[0].device.statistics.frames_sent, sent);

    struct sim_frame good = datagram(7, "good", 4);

    arrive(&good);
    assert_int_equal(got.count, count + 1);
}

static void test_udp_length_below_its_header_is_dropped(void **state)
{
    (void)state;
    assert_non_null(net_udp_open(7, false, take, &got));
    for (uint16_t length = 0; length < 8; length++) {
        struct sim_frame frame = datagram(7, "abcdefgh", 8);

        bytes_put_be16(frame.bytes + UDP + 4, length);
        bytes_put_be16(frame.bytes + UDP + 6, 0);
        refuse(&frame);
    }
    struct sim_frame cut = datagram(7, "", 0); /* IP ends inside the UDP header */

    for (uint16_t total = 20; total < 28; total++) {
        bytes_put_be16(cut.bytes + IP + 2, total);
        cut.length = IP + total;
        sim_frame_seal(&cut);
        refuse(&cut);
    }
}

static void test_udp_length_over_the_packet_is_dropped(void **state)
{
    (void)state;
    assert_non_null(net_udp_open(7, false, take, &got));
    for (uint32_t length = 17; length < 65536; length += 1021) {
        struct sim_frame frame = datagram(7, "abcdefgh", 8);

        bytes_put_be16(frame.bytes + UDP + 4, (uint16_t)length);
        bytes_put_be16(frame.bytes + UDP + 6, 0);
        refuse(&frame);
    }
}

static void test_ip_total_length_below_header_or_over_frame_is_dropped(void **state)
{
    static const uint16_t lengths[] = {0, 1, 19, 37, 0x2400, 0x0100, 0x2500, 1500, 65535};

    (void)state;
    assert_non_null(net_udp_open(7, false, take, &got));
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct sim_frame frame = datagram(7, "abcdefgh", 8); /* 36 bytes of IP */

        bytes_put_be16(frame.bytes + IP + 2, lengths[i]);
        sim_frame_seal(&frame);
        refuse(&frame);
        frame.bytes[IP + 9] = 1; /* the same as ICMP, where no UDP check helps */
        sim_frame_seal(&frame);
        refuse(&frame);
    }
}

static void test_frames_cut_at_every_byte_are_dropped(void **state)
{
    struct sim_frame frame;

    (void)state;
    assert_non_null(net_udp_open(7, false, take, &got));
    frame = datagram(7, "abcdefgh", 8);
    for (uint32_t length = 14; length < 50; length++) {
        frame.length = length;
        refuse(&frame);
    }
}

static void test_a_fragment_with_a_hole_behind_the_buffer_is_dropped(void **state)
{
    (void)state;
    assert_non_null(net_udp_open(7, false, take, &got));
    for (int i = 0; i < 3; i++) {
        struct sim_frame frame = datagram(7, "abcdefgh", 8);

        /* offset 65528; a first fragment; an offset in the middle */
        bytes_put_be16(frame.bytes + IP + 6, (uint16_t[]){0x1fff, 0x2000, 0x2005}[i]);
        sim_frame_seal(&frame);
        refuse(&frame);
    }
}

static void test_a_last_fragment_that_comes_twice_is_dropped_twice(void **state)
{
    (void)state;
    assert_non_null(net_udp_open(7, false, take, &got));

    struct sim_frame frame = datagram(7, "abcdefgh", 8);

    bytes_put_be16(frame.bytes + IP + 6, 0x0002); /* no more fragments, offset 16 */
    sim_frame_seal(&frame);
    refuse(&frame);
    refuse(&frame);
}

static void test_multicast_broadcast_and_other_ports_reach_no_socket(void **state)
{
    static const uint8_t group[] = {224, 0, 0, 251}, all[] = {255, 255, 255, 255};
    static const uint8_t subnet[] = {10, 0, 0, 255}, other[] = {10, 0, 0, 3};
    const uint8_t *to[] = {group, all, subnet, other};
    struct sim_frame frame;

    (void)state;
    assert_non_null(net_udp_open(7, false, take, &got));
    for (size_t i = 0; i < 4; i++) {
        sim_peer_make_udp(&sim.peer, &frame, them, 4000, to[i], 7, "x", 1);
        arrive(&frame);
    }
    frame = datagram(8, "x", 1); /* nobody listens: the sender is told by ICMP */
    arrive(&frame);
    assert_int_equal(sim.peer.icmp, 1);
    assert_int_equal(sim.peer.icmp_type, 3);
    assert_int_equal(sim.peer.icmp_code, 3);
    frame = datagram(0, "x", 1);
    arrive(&frame);
    frame = datagram(7, "x", 1); /* multicast by MAC */
    memcpy(frame.bytes, (uint8_t[]){1, 0, 0x5e, 0, 0, 0xfb}, 6);
    arrive(&frame);
    assert_int_equal(got.count, 0);
}

static void test_a_broadcast_reaches_only_a_socket_that_accepts_it(void **state)
{
    static const uint8_t all[] = {255, 255, 255, 255}, subnet[] = {10, 0, 0, 255};
    struct sim_frame frame;

    (void)state;
    assert_non_null(net_udp_open(7, true, take, &got));
    sim_peer_make_udp(&sim.peer, &frame, them, 4000, all, 7, "x", 1);
    arrive(&frame);
    sim_peer_make_udp(&sim.peer, &frame, them, 4000, subnet, 7, "x", 1);
    arrive(&frame);
    assert_int_equal(got.count, 2);
}

static void test_a_wrong_checksum_is_dropped(void **state)
{
    (void)state;
    assert_non_null(net_udp_open(7, false, take, &got));
    for (uint32_t bit = 0; bit < 8 * 9; bit++) { /* every bit of header and first byte */
        struct sim_frame frame = datagram(7, "abc", 3);
        uint32_t at = UDP + bit / 8;

        if (at < UDP + 4)
            continue; /* a changed port is another socket, if the sum were right */
        frame.bytes[at] ^= 1u << bit % 8;
        refuse(&frame);
    }
    for (uint32_t at = IP; at < UDP; at++) {
        struct sim_frame frame = datagram(7, "abc", 3);

        frame.bytes[at] ^= 0x10;
        refuse(&frame);
    }
}

static void test_wrong_checksums_are_counted_and_wrong_lengths_are_not_among_them(void **state)
{
    uint32_t before = checksum_errors();
    struct sim_frame frame = datagram(7, "abc", 3);

    (void)state;
    assert_non_null(net_udp_open(7, false, take, &got));
    frame.bytes[UDP + 8] ^= 1;
    refuse(&frame);
    assert_int_equal(checksum_errors(), before + 1);
    frame = datagram(7, "abc", 3);
    frame.bytes[IP + 8] ^= 1; /* time to live */
    refuse(&frame);
    assert_int_equal(checksum_errors(), before + 2);
    frame = datagram(7, "abc", 3);
    frame.bytes[UDP + 4] = 0x40;
    refuse(&frame);
    assert_int_equal(checksum_errors(), before + 2);
}

static void test_a_datagram_without_checksum_is_delivered(void **state)
{
    (void)state;
    assert_non_null(net_udp_open(7, false, take, &got));

    struct sim_frame frame = datagram(7, "abc", 3);

    bytes_put_be16(frame.bytes + UDP + 6, 0); /* RFC 768: the sender made none */
    arrive(&frame);
    assert_int_equal(got.count, 1);
}

static void test_a_tcp_segment_with_a_truncated_option_is_ignored(void **state)
{
    (void)state;
    assert_non_null(net_udp_open(7, false, take, &got));
    for (unsigned extra = 0; extra < 4; extra++) {
        /* SYN, header length 24, and of the option (2: maximum segment size) 0-3 bytes */
        static const uint8_t tcp[] = {0x0f, 0xa0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0,
                                      0x60, 2,    8, 0, 0, 0, 0, 0, 2, 4, 5};
        struct sim_frame frame = datagram(7, "", 0);

        memcpy(frame.bytes + UDP, tcp, 20 + extra);
        frame.length = UDP + 20 + extra;
        frame.bytes[IP + 9] = 6;
        bytes_put_be16(frame.bytes + IP + 2, (uint16_t)(40 + extra));
        sim_frame_seal(&frame);
        arrive(&frame);
        assert_int_equal(sim.peer.icmp, extra + 1); /* "protocol unreachable" */
        assert_int_equal(sim.peer.icmp_code, 2);
    }
    struct sim_frame good = datagram(7, "good", 4);

    arrive(&good);
    assert_int_equal(got.count, 1);
}

static void test_sources_that_are_no_host_are_dropped(void **state)
{
    static const uint8_t sources[][4] = {
        {224, 0, 0, 1}, {255, 255, 255, 255}, {127, 0, 0, 1}, {10, 0, 0, 255}};
    struct sim_frame frame;

    (void)state;
    assert_non_null(net_udp_open(7, false, take, &got));
    for (size_t i = 0; i < 4; i++) {
        sim_peer_make_udp(&sim.peer, &frame, sources[i], 4000, us, 7, "x", 1);
        refuse(&frame);
    }
}

static void test_a_short_arp_packet_is_dropped(void **state)
{
    (void)state;
    assert_non_null(net_udp_open(7, false, take, &got));

    struct sim_frame frame = datagram(7, "abcdefgh", 8);

    bytes_put_be16(frame.bytes + 12, 0x0806);
    for (frame.length = 14; frame.length < 42; frame.length++)
        refuse(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_CABLE(test_udp_length_below_its_header_is_dropped),
        ON_CABLE(test_udp_length_over_the_packet_is_dropped),
        ON_CABLE(test_ip_total_length_below_header_or_over_frame_is_dropped),
        ON_CABLE(test_frames_cut_at_every_byte_are_dropped),
        ON_CABLE(test_a_fragment_with_a_hole_behind_the_buffer_is_dropped),
        ON_CABLE(test_a_last_fragment_that_comes_twice_is_dropped_twice),
        ON_CABLE(test_multicast_broadcast_and_other_ports_reach_no_socket),
        ON_CABLE(test_a_broadcast_reaches_only_a_socket_that_accepts_it),
        ON_CABLE(test_a_wrong_checksum_is_dropped),
        ON_CABLE(test_wrong_checksums_are_counted_and_wrong_lengths_are_not_among_them),
        ON_CABLE(test_a_datagram_without_checksum_is_delivered),
        ON_CABLE(test_a_tcp_segment_with_a_truncated_option_is_ignored),
        ON_CABLE(test_sources_that_are_no_host_are_dropped),
        ON_CABLE(test_a_short_arp_packet_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
