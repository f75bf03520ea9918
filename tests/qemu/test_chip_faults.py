"""The board's Ethernet chips fail in each way their models know, in the whole system: the loader
fetches a service through them, and the service goes on answering.

Each test runs on both models. What the drivers make of the same faults bit by bit, and of what
QEMU cannot show (overruns, toggles, timing), is in tests/unit/test_ethernet_lan*.c.

SPDX-License-Identifier: BSD-2-Clause
"""
import time

from cases import READY, STARTING, Case, free_udp_port
from dns_client import Client, expected_address, make_query, parse_answer
from machine import DEADLINE_S, wait_until

DRIVER = {"lan9514": "lan95xx", "lan7515": "lan78xx"}
STUCK_READS = 10**6     # of the busy bit: for ever, until it is told otherwise
STUCK_READS_MET = 1000  # a look ends after about a hundred: more looks in a row than fail a chip
MAILBOX_MAC = "52:54:00:12:34:57"       # QEMU's firmware has it
LINK = {"lan9514": "100 Mbit/s, full duplex, PAUSE on", "lan7515": "1000 Mbit/s, full duplex, PAUSE on"}


class Faults:
    chip = None

    def start(self, **options):
        """A machine with this chip, whose network has the service dns; not waited for."""
        self.port = free_udp_port()
        self.offer("dns.elf")
        return self.boot_with_user_network("dns.elf", ports={53: self.port}, adapter=self.chip,
                                           chip_options=options)

    def serve(self, **options):
        machine = self.start(**options)
        machine.wait_for(READY)
        self.ask()
        return machine

    def ask(self, count=3, tries=20):
        with Client("127.0.0.1", self.port, timeout_s=0.5) as client:
            for i in range(count):
                self.assertEqual(client.ask(f"host{i:04}.example", tries=tries),
                                 (0, [expected_address(i)]))

    def ask_at_once(self, count):
        """So many questions one behind the other; all are answered."""
        with Client("127.0.0.1", self.port) as client:
            queries = [make_query(i, f"host{i:04}.example") for i in range(count)]
            client.socket.settimeout(5)
            for query in queries:
                client.socket.send(query)
            answers = {answer[:2]: answer for answer in
                       (client.socket.recv(2048) for _ in range(count))}
            for i, query in enumerate(queries):
                self.assertEqual(parse_answer(answers[query[:2]], query), (0, [expected_address(i)]))

    def driver_line(self, pattern):
        return rf"{DRIVER[self.chip]}: {pattern}"

    def assert_met(self, machine, fault, count):
        """The machine has met it so often since the start, and is to meet no more of it."""
        self.assertEqual(machine.chip.left_and_met(fault), (0, count), fault)

    # ---- setting up ----

    def test_a_reset_that_takes_long_is_waited_for(self):
        machine = self.serve(fault={"reset_us": 300000})
        self.assertEqual(machine.chip.statistics()["resets"], 1)
        stamp = r"^\[ *(\d+\.\d+)\] "
        before, found = machine.wait_for(stamp + "loader: deploy"), machine.wait_for(stamp + "usb: device 1, ")
        self.assertGreater(float(found[1]) - float(before[1]), 0.3)

    def test_a_reset_that_never_ends_leaves_the_loader_without_a_network_but_alive(self):
        machine = self.start(fault={"never_ends_reset": 1})
        machine.wait_for("usb: .*no driver: timeout")
        failed = machine.wait_for("network: no Ethernet device")
        machine.chip.fault("never_ends_reset", 0)
        # It tries again with each source that wants the network.
        machine.wait_for(STARTING, since=failed.after)
        machine.wait_for(READY)
        self.ask()

    def test_a_phy_that_is_busy_for_a_while_is_waited_for(self):
        machine = self.serve(fault={"phy_busy": 30})
        self.assert_met(machine, "phy_busy", 30)

    def test_a_phy_that_stays_busy_is_given_up_and_tried_again(self):
        machine = self.start(fault={"phy_busy_forever": 1})
        machine.wait_for("usb: .*no driver: timeout")
        failed = machine.wait_for("network: no Ethernet device")
        machine.chip.fault("phy_busy_forever", 0)
        machine.wait_for(STARTING, since=failed.after)
        machine.wait_for(READY)
        self.ask()

    def test_without_an_eeprom_the_firmware_s_address_is_used(self):
        """As with one: the firmware's comes first, and QEMU's always has one. What is done without
        both is in tests/unit/test_ethernet_lan_mac.c; Linux misses it in test_chip_cables.py."""
        machine = self.serve(fault={"no_eeprom": 1})
        machine.wait_for(f"network: {DRIVER[self.chip]} {MAILBOX_MAC}$")

    # ---- the cable ----

    def test_a_service_comes_once_the_cable_is_plugged_in(self):
        machine = self.start(negotiation_ms=30000)
        machine.wait_for(f"network: {DRIVER[self.chip]} ")
        machine.chip.set_link(False)
        machine.chip.tell("negotiation-ms 100")
        self.assertFalse(machine.has_line("link up"))
        self.assertEqual(machine.chip.statistics()["receiving"], 0)
        machine.chip.set_link(True)
        machine.wait_for(self.driver_line(LINK[self.chip]))
        machine.wait_for(READY)
        self.ask()

    def test_a_cable_that_is_pulled_and_plugged_in_again_is_followed(self):
        machine = self.serve()
        seen = len(machine.lines)
        for _ in range(5):
            machine.set_link(False)
            down = machine.wait_for("net: link down", since=seen)
            statistics = machine.chip.statistics()
            self.assertEqual(statistics["receiving"], 0, "frames are taken in with no link")
            machine.set_link(True)
            seen = machine.wait_for("net: link up", since=down.after).after
            self.ask(1)
        self.assertEqual(machine.chip.statistics()["resets"], 1, "the link needs no reset")

    def test_each_change_of_the_link_is_told_by_the_chip_s_interrupt(self):
        """How soon it is then looked at is in tests/unit/test_ethernet_lan_link.c: here a loaded host
        would be measured."""
        machine = self.serve()
        events = machine.chip.statistics()["events"]
        seen = len(machine.lines)
        for _ in range(3):
            for up in (False, True):
                machine.set_link(up)
                events += 1
                wait_until(lambda: machine.chip.statistics()["events"] >= events, "the chip tells nothing")
                seen = machine.wait_for(f"net: link {'up' if up else 'down'}", since=seen).after

    def test_a_phy_that_gets_stuck_costs_no_answers(self):
        machine = self.serve()
        seen, end = len(machine.lines), time.monotonic() + DEADLINE_S
        machine.chip.fault("phy_busy", STUCK_READS)
        while machine.chip.left_and_met("phy_busy")[1] < STUCK_READS_MET:
            self.assertLess(time.monotonic(), end, "nobody asks the PHY")
            self.ask(1, tries=5)
        machine.chip.fault("phy_busy", 0)
        self.ask(20, tries=5)
        self.assertFalse(machine.has_line("is gone|is back", seen))
        machine.set_link(False)
        machine.wait_for("net: link down", since=seen)
        machine.set_link(True)
        machine.wait_for("net: link up", since=seen)
        self.ask()

    # ---- frames ----

    def test_halted_reception_goes_on(self):
        machine = self.serve()
        for count in range(1, 6):
            machine.chip.fault("stall_in", 1)
            self.ask(2)
            self.assert_met(machine, "stall_in", count)

    def test_halted_transmission_goes_on(self):
        machine = self.serve()
        for count in range(1, 6):
            machine.chip.fault("stall_out", 1)
            self.ask(2)
            self.assert_met(machine, "stall_out", count)

    def test_stalls_do_not_end_the_fetching_of_a_service(self):
        machine = self.start(fault={"stall_in": 1, "stall_out": 1})
        machine.wait_for(READY, 60)
        self.assert_met(machine, "stall_in", 1)
        self.assert_met(machine, "stall_out", 1)
        self.ask()

    def only_the_second_is_answered(self, machine, fault):
        """Of two questions one behind the other, the first of which arrives broken."""
        with Client("127.0.0.1", self.port, timeout_s=10) as client:
            received = machine.chip.statistics()["frames_received"]
            machine.chip.fault(fault, 1)
            client.socket.send(make_query(1, "host0001.example"))
            wait_until(lambda: machine.chip.statistics()["frames_received"] > received,
                       "the first question does not arrive")
            second = make_query(2, "host0002.example")
            client.socket.send(second)
            # Had the first one been answered, its answer would come first.
            self.assertEqual(parse_answer(client.socket.recv(2048), second),
                             (0, [expected_address(2)]))

    def test_damaged_frames_are_dropped_and_nothing_else(self):
        machine = self.serve()
        for _ in range(5):
            self.only_the_second_is_answered(machine, "error_frames")
        machine.chip.fault("error_frames", 5)
        self.ask(5)
        self.assert_met(machine, "error_frames", 10)

    def test_lengths_that_cannot_be_do_not_end_reception(self):
        machine = self.serve()
        for _ in range(5):
            self.only_the_second_is_answered(machine, "bad_length")
        machine.chip.fault("bad_length", 5)     # so many in a row that reception begins anew
        self.ask(5)
        self.assert_met(machine, "bad_length", 10)

    def test_several_frames_in_one_burst_are_all_answered(self):
        machine = self.serve()
        machine.chip.fault("hold_frames", 6)
        self.ask_at_once(6)
        machine.chip.fault("hold_frames", 0)
        self.assertGreaterEqual(machine.chip.statistics()["most_in_burst"], 6)
        self.ask()

    def test_empty_packets_are_passed_over(self):
        machine = self.serve()
        machine.chip.fault("zero_packets", 50)
        self.ask(60)
        self.assert_met(machine, "zero_packets", 50)


class TestLan9514Faults(Faults, Case):
    chip = "lan9514"


class TestLan7515Faults(Faults, Case):
    chip = "lan7515"
