"""Devices and network go from service to loader to service as they are: no enumeration, no
DHCP; and anew whenever that is wanted, or cannot be.

SPDX-License-Identifier: BSD-2-Clause
"""
import re

import servers
from cases import READY
from redeploy import ADOPTED, ENUMERATED, BoardCase, BoardOnWireCase
from wire import udp_of

DISCOVER = 1     # kind of a DHCP message (RFC 2132, 9.6)


class WarmChecks:
    def check_warm(self, since):
        self.check_log(ENUMERATED, since, has=False)
        self.check_log(r"dhcp: ", since, has=False)
        self.check_log(ADOPTED, since)

    def check_round(self, times=2):
        """dns is pushed, and asked; returns the log's position before."""
        since = self.log_length()
        for _ in range(times):
            self.push("dns")
            self.check_names()
        return since


class TestWarm(WarmChecks, BoardCase):
    hubs = (True, False)    # what port1 can be

    def boot_dns(self, **options):
        self.boot_service("dns", **options)
        self.machine.wait_for(READY)
        self.wait_for_network()

    def test_a_redeploy_enumerates_nothing_and_asks_for_no_address(self):
        self.boot_dns()
        self.check_warm(self.check_round())

    def test_nor_does_it_behind_a_hub(self):
        self.boot_dns(port1=False)
        self.check_warm(self.check_round())

    def test_a_reboot_neither(self):
        self.boot_service("ends")
        self.machine.wait_for(READY)
        since = self.log_length()
        self.tell_ends("reboot", answers=False)
        self.wait_for_service("ends", since)
        self.tell_ends("state")
        self.check_warm(since)

    def test_with_warm_off_both_loader_and_service_begin_anew(self):
        for port1 in self.hubs:
            with self.subTest(port1=port1):
                self.boot_dns(arguments="pilot.warm=off", port1=port1)
                before = self.count(ENUMERATED)
                since = self.check_round(times=1)
                self.check_log(ADOPTED, has=False)
                self.check_log(ENUMERATED, since)
                # At the boot loader and service each began anew; at the push only the service
                # needs the network.
                self.assertEqual(self.count(ENUMERATED), before // 2 * 3)

    def test_with_warm_off_a_reboot_enumerates_twice(self):
        self.boot_service("ends", arguments="pilot.warm=off")
        self.machine.wait_for(READY)
        self.wait_for_network()
        before = self.count(ENUMERATED)
        since = self.log_length()
        self.tell_ends("reboot", answers=False)
        self.wait_for_service("ends", since)
        self.wait_for_network()
        self.assertEqual(self.count(ENUMERATED), 2 * before)
        self.check_log(ADOPTED, has=False)

    def count(self, pattern):
        with self.machine.changed:
            lines = list(self.machine.lines)
        return sum(1 for line in lines if re.search(pattern, line))

    def test_a_cable_pulled_and_plugged_between_two_redeploys(self):
        self.boot_dns()
        self.check_round(times=1)
        self.machine.set_link(False)
        self.machine.set_link(True)
        self.check_names(tries=20)
        self.check_round(times=1)

    def test_a_cable_that_is_out_during_the_hand_over(self):
        self.boot_service("ends", arguments="pilot.wait_ms=2000")
        self.machine.wait_for(READY)
        since = self.log_length()
        self.tell_ends("reboot 200")
        self.machine.set_link(False)
        self.machine.wait_for("asks for a reboot", since=since)
        self.machine.wait_for("nothing could be started", 60, since)
        self.machine.set_link(True)
        self.wait_for_service("ends", since, 60)
        self.tell_ends("state")


class TestWarmOnWire(WarmChecks, BoardOnWireCase):
    """The same, seen from the wire."""

    def setUp(self):
        super().setUp()
        self.asked = []
        self.wire.on_frame = self.watch
        self.dhcp = self.open(servers.dnsmasq(self.folder, tftp_root=self.offered))

    def watch(self, to_guest, frame):
        """Notes the kinds of DHCP messages the board sends."""
        datagram = udp_of(frame)
        if not to_guest and datagram and datagram[1] == 67:
            options = datagram[2][240:]
            at = options.find(b"\x35\x01")
            self.asked.append(options[at + 2])
        return True

    def test_warm_redeploys_look_for_no_dhcp_server(self):
        self.boot_service("dns")
        self.assertIn(DISCOVER, self.asked)
        self.asked.clear()
        self.check_warm(self.check_round(times=3))
        self.assertNotIn(DISCOVER, self.asked)

    def test_warm_redeploys_do_not_wait_for_the_dhcp_server(self):
        """They ask it to confirm the address, and use that meanwhile."""
        self.boot_service("dns")
        self.dhcp.stop()
        self.check_warm(self.check_round(times=3))

    def test_cold_redeploys_ask_anew(self):
        self.boot_service("dns", arguments="pilot.warm=off")
        self.wait_for_network()
        self.asked.clear()
        self.check_round(times=1)
        self.assertIn(DISCOVER, self.asked)

    def test_every_client_reaches_the_board_itself(self):
        self.boot_service("dns")
        for push in (self.push_by_hpa, self.push_by_curl, self.push_by_atftp, self.deploy):
            with self.subTest(push.__name__):
                since = self.log_length()
                push("dns")
                self.wait_for_service("dns", since)
                self.check_names()

    def test_a_push_arrives_over_a_bad_cable(self):
        self.boot_service("dns")
        self.wire.impair(loss_in=0.1, loss_out=0.1, double=0.1, delay=0.1, seed=7)
        since = self.log_length()
        self.deploy("echo")
        self.wait_for_service("echo", since)
        self.assertGreater(self.wire.lost, 0, "the wire lost nothing: nothing was tested")
        self.wire.impair()
        self.check_echo()
