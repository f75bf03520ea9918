"""U-Boot on the models of the board's Ethernet chips: Debian's, with its own drivers for them,
unchanged. It transfers what a checksum can tell, or the model is no such chip.

SPDX-License-Identifier: BSD-2-Clause
"""
import random
import unittest
import zlib

import u_boot
from cases import Case, WireCase
from machine import Machine, built, make_card
from servers import dnsmasq, tftpd_hpa
from terminal import Terminal

FILE_BYTES = 8 << 20
TRANSFER_S = 120        # 3 s when alone
LOAD_AT = "0x1000000"


class UBootOnChip:
    """What either network is to carry. To be mixed into a Case; chip: which model."""

    chip = None

    def start(self, network, descriptors=(), **chip_options):
        card = make_card(self.folder, {u_boot.ENVIRONMENT: u_boot.environment(None, "autoload=no", "autostart=no")})
        self.terminal = self.open(Terminal())
        machine = Machine(kernel=built(u_boot.BINARY), card=card, network=network, adapter=self.chip,
                          chip_options=chip_options, options=self.terminal.options)
        for descriptor in (self.terminal.theirs, *descriptors):
            machine.pass_descriptor(descriptor)
        self.open(machine)
        self.terminal.wait_for(u_boot.PROMPT)
        return machine

    def ask(self, command, pattern, timeout_s=20):
        """What fits the pattern in the answer. The prompt that follows was waited for."""
        self.terminal.type(command)
        match = self.terminal.wait_for(pattern, timeout_s)
        self.terminal.wait_for(u_boot.PROMPT)
        return match

    def offer_random(self):
        content = random.Random(1).randbytes(FILE_BYTES)
        self.offer("file.bin", content)
        return f"{zlib.crc32(content):08x}"

    def load(self):
        """The file's checksum, as U-Boot has it."""
        self.ask("dhcp", r"DHCP client bound to address")
        self.ask(f"tftpboot {LOAD_AT} file.bin", rf"Bytes transferred = {FILE_BYTES} ", TRANSFER_S)
        return self.ask(f"crc32 {LOAD_AT} {FILE_BYTES:x}", r"==> ([0-9a-f]{8})\n")[1]


class OnUserNetwork(UBootOnChip):
    def start_with_user_network(self, **chip_options):
        return self.start(f"user,id=net,tftp={self.offered},bootfile=file.bin", **chip_options)

    def test_dhcp_and_a_file_over_the_user_network(self):
        checksum = self.offer_random()
        machine = self.start_with_user_network()
        self.ask("usb start", r"2 USB Device\(s\) found")
        self.assertEqual(self.load(), checksum)
        statistics = machine.chip.statistics()
        blocks = FILE_BYTES // 1468
        self.assertGreater(statistics["frames_received"], blocks)
        self.assertGreater(statistics["frames_sent"], blocks)
        self.assertEqual(statistics["overruns"] + statistics["cable_lost"], 0)

    def test_the_address_that_the_chip_holds_is_the_one_it_uses(self):
        self.check_address()

    def check_address(self, **chip_options):
        machine = self.start_with_user_network(mac="b8:27:eb:01:02:03", **chip_options)
        self.ask("usb start", r"2 USB Device\(s\) found")
        self.ask("printenv usbethaddr ethaddr eth1addr", r"b8:27:eb:01:02:03")
        self.assertEqual(machine.chip.statistics()["frames_sent"], 0)

    def test_a_cable_that_was_pulled(self):
        # Before the chip negotiates: U-Boot waits for a link, and says so.
        machine = self.start_with_user_network()
        machine.set_link(False)
        self.ask("usb start", r"2 USB Device\(s\) found")
        self.terminal.type("dhcp")
        self.terminal.wait_for(r"[Ww]aiting for (?:Ethernet connection|PHY auto negotiation)")
        machine.set_link(True)
        self.terminal.wait_for(r"DHCP client bound to address", TRANSFER_S)

    def test_a_reset_of_the_bus_in_the_middle_of_reception_breaks_a_rule(self):
        machine = self.start_with_user_network()
        self.ask("usb start", r"2 USB Device\(s\) found")
        self.ask("dhcp", r"DHCP client bound to address")
        self.terminal.type("usb reset")
        self.assertIn("a reset of the bus", machine.chip.wait_for_complaint("reception-left-on"))

    def test_a_broken_rule_fails_whoever_waits_and_leaves(self):
        # What all other tests on the models rely on.
        machine = self.start_with_user_network()
        self.ask("usb start", r"2 USB Device\(s\) found")
        self.ask("dhcp", r"DHCP client bound to address")
        self.terminal.type("usb reset")
        with self.assertRaisesRegex(AssertionError, "complains: reception-left-on: "):
            machine.wait_for("the first serial line stays silent")
        with self.assertRaisesRegex(AssertionError, "complains: reception-left-on: "):
            self.stack.close()

    def test_it_comes_back_after_a_reset_of_the_bus(self):
        self.start_with_user_network(off=["reception-left-on"])
        checksum = self.offer_random()
        self.ask("usb start", r"2 USB Device\(s\) found")
        self.ask("dhcp", r"DHCP client bound to address")
        self.ask("usb reset", r"2 USB Device\(s\) found")
        self.assertEqual(self.load(), checksum)


class OnWire(UBootOnChip):
    def test_dhcp_and_a_file_from_a_real_server(self):
        checksum = self.offer_random()
        self.open(dnsmasq(self.folder, file="file.bin"))
        self.open(tftpd_hpa(self.folder, self.offered))
        machine = self.start(self.wire.netdev, descriptors=[self.wire.qemus])
        self.ask("usb start", r"2 USB Device\(s\) found")
        self.assertEqual(self.load(), checksum)
        self.assertEqual(machine.chip.statistics()["overruns"], 0)


class TestLan9514(OnUserNetwork, Case):
    chip = "lan9514"


class TestLan7515(OnUserNetwork, Case):
    """With its OTP, as on a board, but for one test."""

    chip = "lan7515"

    def test_an_address_in_an_eeprom_is_used_as_well(self):
        self.check_address(otp_only=False)


class TestLan9514OnWire(OnWire, WireCase):
    chip = "lan9514"


class TestLan7515OnWire(OnWire, WireCase):
    chip = "lan7515"


if __name__ == "__main__":
    unittest.main()
