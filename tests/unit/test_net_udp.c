/*
 * Unit tests of net/: frames, IP, ARP, ICMP and UDP sockets on a simulated cable.
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

#include "bytes.h"
#include "checksum.h"
#include "clock.h"
#include "error.h"
#include "net.h"
#include "net_frame.h"
#include "sim.h"
#include "sim_net.h"

#define IP   14
#define UDP  34
#define DATA 42

static struct sim_net sim;
static const uint8_t us[4] = {10, 0, 0, 2}, them[4] = {10, 0, 0, 1};

static struct {
    unsigned count;
    struct net_address from;
    uint16_t port;
    uint8_t bytes[NET_UDP_MAX];
    size_t length;
    struct net_udp *echo_on;
    struct net_udp *close;
} got;

static void take(void *context, struct net_address from, uint16_t from_port, const uint8_t *bytes,
                 size_t length)
{
    assert_ptr_equal(context, &got);
    assert_true(length <= sizeof got.bytes);
    got.count++;
    got.from = from;
    got.port = from_port;
    memcpy(got.bytes, bytes, length);
    got.length = length;
    if (got.echo_on)
        assert_int_equal(net_udp_send(got.echo_on, from, from_port, bytes, length), 0);
    if (got.close)
        net_udp_close(got.close);
}

static int set_up(void **state)
{
    (void)state;
    memset(&got, 0, sizeof got);
    sim_net_start(&sim);
    sim_net_static();
    sim_net_settle();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return sim_net_stop(&sim) && sim.peer.bad_checksums == 0 ? 0 : -1;
}

static struct sim_frame datagram(uint16_t port, const void *bytes, size_t length)
{
    struct sim_frame frame;

    sim_peer_make_udp(&sim.peer, &frame, them, 4000, us, port, bytes, length);
    return frame;
}

static void arrive(const struct sim_frame *frame)
{
    sim_peer_send(&sim.peer, frame);
    sim_net_settle();
}

static uint32_t ip_dropped(void)
{
    struct net_statistics statistics;

    net_statistics(&statistics);
    return statistics.ip_dropped;
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

/* ---- bad input ---- */

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

/* ---- service ---- */

static void test_datagrams_of_every_length_arrive_and_come_back(void **state)
{
    uint8_t bytes[NET_UDP_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    got.echo_on = net_udp_open(7, false, take, &got);
    for (size_t length = 0; length <= NET_UDP_MAX; length++) {
        struct sim_frame frame = datagram(7, bytes, length);

        arrive(&frame);
        assert_int_equal(got.count, length + 1);
        assert_int_equal(got.length, length);
        assert_memory_equal(got.bytes, bytes, length);
        assert_int_equal(got.port, 4000);
        assert_int_equal(sim.peer.datagrams, length + 1);
        assert_int_equal(sim.peer.datagram.length, DATA + length);
        assert_memory_equal(sim.peer.datagram.bytes + DATA, bytes, length);
    }
    assert_int_equal(sim.peer.bad_checksums, 0);
}

static void test_padding_behind_the_datagram_is_not_delivered(void **state)
{
    (void)state;
    assert_non_null(net_udp_open(7, false, take, &got));

    struct sim_frame frame = datagram(7, "abc", 3);

    memset(frame.bytes + frame.length, 0x55, 60 - frame.length);
    frame.length = 60;
    arrive(&frame);
    assert_int_equal(got.length, 3);
}

static void test_a_datagram_waits_for_arp(void **state)
{
    struct net_udp *socket;

    (void)state;
    socket = net_udp_open(0, false, take, &got);
    assert_true(net_udp_port(socket) >= 49152);
    sim.peer.silent_arp = true;

    char text[] = "hello";

    assert_int_equal(net_udp_send(socket, (struct net_address){{10, 0, 0, 1}}, 9, text, 5), 0);
    memset(text, 0, sizeof text); /* it was copied */
    sim_net_settle();
    assert_int_equal(sim.peer.arp_requests, 1);
    assert_int_equal(sim.peer.datagrams, 0);
    sim.peer.silent_arp = false;
    sim_net_run_us(&sim, 2000000);
    assert_true(sim.peer.arp_requests >= 2);
    assert_int_equal(sim.peer.datagrams, 1);
    assert_memory_equal(sim.peer.datagram.bytes + DATA, "hello", 5);
}

static void test_an_empty_datagram_waits_for_arp_while_others_are_sent(void **state)
{
    struct net_address peer = {{10, 0, 0, 1}}, other = {{10, 0, 0, 200}};
    struct net_udp *socket;

    (void)state;
    socket = net_udp_open(0, false, take, &got);
    sim.peer.silent_arp = true;
    assert_int_equal(net_udp_send(socket, peer, 9, "", 0), 0);
    assert_int_equal(net_udp_send(socket, other, 10, "hello", 5), 0);
    assert_int_equal(net_udp_send(socket, other, 11, "", 0), 0);
    sim.peer.silent_arp = false;
    sim_net_run_us(&sim, 2000000);
    assert_int_equal(sim.peer.datagrams, 1);
    assert_int_equal(sim.peer.datagram.length, DATA);
    assert_int_equal(bytes_be16(sim.peer.datagram.bytes + UDP + 2), 9);
}

static void test_a_checksum_that_comes_to_zero_is_sent_as_all_ones(void **state)
{
    struct net_address peer = {{10, 0, 0, 1}};
    unsigned all_ones = 0;
    struct net_udp *socket;

    (void)state;
    socket = net_udp_open(1000, false, take, &got);
    for (unsigned value = 0; value < 65536; value++) {
        uint16_t word = (uint16_t)value;

        assert_int_equal(net_udp_send(socket, peer, 9, &word, sizeof word), 0);
        if (value == 0)
            sim_net_settle(); /* ARP */

        uint16_t sum = bytes_be16(sim.peer.datagram.bytes + UDP + 6);

        assert_int_not_equal(sum, 0);
        all_ones += sum == 0xffff;
    }
    assert_in_range(all_ones, 1, 2);
}

static void test_a_known_way_is_forgotten_with_the_address_and_after_a_second(void **state)
{
    struct net_address peer = {{10, 0, 0, 1}};
    struct net_lease elsewhere = {.address = {{192, 0, 2, 2}}, .mask = {{255, 255, 255, 0}}};
    struct net_udp *socket;

    (void)state;
    socket = net_udp_open(1000, false, take, &got);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), 0);
        sim_net_settle();
    }
    assert_int_equal(sim.peer.datagrams, 3);
    assert_int_equal(sim.peer.arp_requests, 1);
    net_static(&elsewhere);
    assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), ERROR_ABSENT);
    sim_net_static();
    assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), 0);
    sim_net_settle();
    assert_int_equal(sim.peer.datagrams, 4);

    /* The peer's network card is replaced, and it says so. */
    struct sim_frame arp = {.length = 60};
    static const uint8_t card[] = {2, 0, 0, 0, 0, 9};

    memset(arp.bytes, 0xff, 6);
    memcpy(arp.bytes + 6, card, 6);
    memcpy(arp.bytes + 12, "\x08\x06\0\1\x08\0\6\4\0\2", 10);
    memcpy(arp.bytes + 22, card, 6);
    memcpy(arp.bytes + 28, them, 4);
    memcpy(arp.bytes + 38, us, 4);
    arrive(&arp);
    sim_net_run_us(&sim, 1100000);
    assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), 0);
    assert_memory_equal(sim.peer.datagram.bytes, card, 6);
}

static void test_what_arp_never_answers_is_given_up(void **state)
{
    struct net_udp *socket;

    (void)state;
    socket = net_udp_open(0, false, take, &got);
    sim.peer.silent_arp = true;
    for (uint8_t i = 0; i < 40; i++) { /* more addresses than the table has entries */
        struct net_address to = {{10, 0, 0, (uint8_t)(100 + i)}};
        int status = net_udp_send(socket, to, 9, got.bytes, NET_UDP_MAX);

        assert_true(status == 0 || status == ERROR_NO_MEMORY);
    }
    sim_net_run_us(&sim, 20000000);
    assert_int_equal(sim.peer.datagrams, 0); /* the teardown finds the heap empty */
}

static void test_sending_says_why_it_cannot(void **state)
{
    struct net_address peer = {{10, 0, 0, 1}}, far = {{192, 0, 2, 1}};
    struct net_address all = {{255, 255, 255, 255}};
    struct net_udp *socket;
    struct net_lease no_gateway = {.address = {{10, 0, 0, 2}}, .mask = {{255, 255, 255, 0}}};

    (void)state;
    socket = net_udp_open(0, false, take, &got);
    assert_int_equal(net_udp_send(socket, peer, 9, got.bytes, NET_UDP_MAX + 1), ERROR_TOO_LARGE);
    assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), 0);
    sim_net_settle();
    sim.cable.end[0].send_is_full = true;
    assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), ERROR_BUSY);
    sim.cable.end[0].send_is_full = false;
    assert_int_equal(net_udp_send(socket, far, 9, "x", 1), 0); /* by the gateway */
    net_static(&no_gateway);
    assert_int_equal(net_udp_send(socket, far, 9, "x", 1), ERROR_ABSENT);
    sim.peer.serves_dhcp = false;
    net_dhcp_start(); /* sends by broadcast, which we may not without an address */
    assert_int_equal(sim.peer.discovers, 1);
    assert_int_equal(net_udp_send(socket, all, 9, "x", 1), ERROR_ABSENT);
    assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), ERROR_ABSENT);
    sim_net_static();
    assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), 0);
    sim_net_settle();
    sim_cable_plug(&sim.cable, false);
    sim.cable.end[0].link_seen_up = false; /* the driver was told: it need not look */
    sim_net_settle();
    assert_int_equal(net_udp_send(socket, peer, 9, "x", 1), ERROR_ABSENT);
}

static void test_a_device_that_is_gone_is_an_error_and_not_a_hang(void **state)
{
    struct net_udp *socket;

    (void)state;
    socket = net_udp_open(0, false, take, &got);
    sim.cable.end[0].gone = true;
    sim_net_run_us(&sim, 3000000);
    assert_int_equal(net_udp_send(socket, (struct net_address){{10, 0, 0, 1}}, 9, "x", 1),
                     ERROR_ABSENT);
}

static void test_ports_are_taken_once_and_sockets_run_out(void **state)
{
    struct net_udp *sockets[NET_UDP_SOCKETS];

    (void)state;
    for (int i = 0; i < NET_UDP_SOCKETS; i++)
        assert_non_null(sockets[i] = net_udp_open((uint16_t)(100 + i), false, take, &got));
    assert_null(net_udp_open(0, false, take, &got));
    net_udp_close(sockets[3]);
    assert_null(net_udp_open(100, false, take, &got));
    assert_null(net_udp_open(68, false, take, &got)); /* DHCP's */
    assert_non_null(net_udp_open(103, false, take, &got));
}

static void test_a_socket_may_close_itself_in_its_callback(void **state)
{
    (void)state;
    got.close = net_udp_open(7, false, take, &got);

    struct sim_frame frame = datagram(7, "x", 1);

    sim_peer_send(&sim.peer, &frame);
    sim_peer_send(&sim.peer, &frame);
    sim_net_settle();
    assert_int_equal(got.count, 1);
}

static void test_a_ping_is_answered(void **state)
{
    (void)state;
    for (uint16_t length = 8; length <= 1480; length += 92) {
        struct sim_frame frame = datagram(7, "", 0);
        uint32_t sum = 0;

        memset(frame.bytes + UDP, 0x5a, length);
        frame.bytes[UDP] = 8;
        frame.bytes[UDP + 1] = frame.bytes[UDP + 2] = frame.bytes[UDP + 3] = 0;
        for (uint16_t i = 0; i < length; i += 2)
            sum += bytes_be16(frame.bytes + UDP + i);
        while (sum >> 16)
            sum = (sum & 0xffff) + (sum >> 16);
        bytes_put_be16(frame.bytes + UDP + 2, (uint16_t)~sum);
        frame.bytes[IP + 9] = 1;
        bytes_put_be16(frame.bytes + IP + 2, (uint16_t)(20 + length));
        frame.length = UDP + length;
        sim_frame_seal(&frame);
        sim.peer.icmp = 0;
        arrive(&frame);
        sim_net_settle();
        assert_int_equal(sim.peer.icmp, 1);
        assert_int_equal(sim.peer.icmp_type, 0);
        assert_int_equal(sim.peer.icmp_bytes, length);
    }
}

static void test_an_idle_interface_wakes_once_a_second(void **state)
{
    (void)state;
    sim_net_run_us(&sim, 2000000);
    sim.wake_ups = 0;
    sim_net_run_us(&sim, 100000000);
    assert_in_range(sim.wake_ups, 99, 102);
}

static void test_a_lossy_cable_loses_only_what_it_loses(void **state)
{
    unsigned sent = 0;

    (void)state;
    got.echo_on = net_udp_open(7, false, take, &got);
    sim.cable.loss_percent = 30;
    sim.cable.duplicate_percent = 20;
    sim.cable.reorder_percent = 20;
    for (; sent < 1000; sent++) {
        struct sim_frame frame = datagram(7, &sent, sizeof sent);

        sim_peer_send(&sim.peer, &frame);
        sim_net_run_us(&sim, 10000); /* so that ARP can ask again when its frames are lost */
    }
    assert_in_range(got.count, 700, 1000);
    assert_in_range(sim.peer.datagrams, 400, 900);
}

static void test_start_refuses_what_cannot_work(void **state)
{
    struct net_identity bad = {.mac = {2, 0, 0, 0, 0, 1}, .class_id = "pilotlight"};
    struct ethernet_device *device = &sim.cable.end[0].device;

    (void)state;
    assert_int_equal(net_start(device, &bad), ERROR_INVALID); /* runs already */
    net_stop();
    assert_int_equal(net_deadline_us(), CLOCK_NEVER);
    assert_false(net_poll());
    assert_int_equal(net_start(NULL, &bad), ERROR_INVALID);
    bad.class_id = "a class id that is much too long for its option";
    assert_int_equal(net_start(device, &bad), ERROR_INVALID);
    bad.class_id = "pilotlight";
    bad.mac[0] = 3;
    assert_int_equal(net_start(device, &bad), ERROR_INVALID);
    bad.mac[0] = bad.mac[5] = 0;
    assert_int_equal(net_start(device, &bad), ERROR_INVALID);
}

/* ---- checksum ---- */

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

#define ON_CABLE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

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
        ON_CABLE(test_a_datagram_without_checksum_is_delivered),
        ON_CABLE(test_a_tcp_segment_with_a_truncated_option_is_ignored),
        ON_CABLE(test_sources_that_are_no_host_are_dropped),
        ON_CABLE(test_a_short_arp_packet_is_dropped),
        ON_CABLE(test_datagrams_of_every_length_arrive_and_come_back),
        ON_CABLE(test_padding_behind_the_datagram_is_not_delivered),
        ON_CABLE(test_a_datagram_waits_for_arp),
        ON_CABLE(test_an_empty_datagram_waits_for_arp_while_others_are_sent),
        ON_CABLE(test_a_checksum_that_comes_to_zero_is_sent_as_all_ones),
        ON_CABLE(test_a_known_way_is_forgotten_with_the_address_and_after_a_second),
        ON_CABLE(test_what_arp_never_answers_is_given_up),
        ON_CABLE(test_sending_says_why_it_cannot),
        ON_CABLE(test_a_device_that_is_gone_is_an_error_and_not_a_hang),
        ON_CABLE(test_ports_are_taken_once_and_sockets_run_out),
        ON_CABLE(test_a_socket_may_close_itself_in_its_callback),
        ON_CABLE(test_a_ping_is_answered),
        ON_CABLE(test_an_idle_interface_wakes_once_a_second),
        ON_CABLE(test_a_lossy_cable_loses_only_what_it_loses),
        ON_CABLE(test_start_refuses_what_cannot_work),
        cmocka_unit_test(test_checksum_agrees_with_the_definition_at_every_alignment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
