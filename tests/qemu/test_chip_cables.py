"""The board's Ethernet chips on what tests elsewhere do not have: a TAP device without a process
of ours in between, as a person would give it to build/usb_chip; other memories for the address
than their boards have, where all other tests have an EEPROM behind a LAN9514 and a LAN7515's OTP.

SPDX-License-Identifier: BSD-2-Clause
"""
import os

import on_chip
import servers
from cases import ADDRESS, READY, Case
from dns_client import Client, expected_address
from linux_guest import LinuxGuest
from machine import Machine
from usb_chip import MAC
from wire import enter_namespace, open_tap

BOARDS = {"lan9514": "3-b", "lan7515": "3-b-plus"}


class Tap:
    needs_root = True

    def setUp(self):
        reason = enter_namespace()
        if reason:
            self.skipTest(reason)
        super().setUp()

    def test_a_service_is_fetched_and_answers_over_a_tap_device(self):
        self.offer("dns.elf")
        tap = open_tap()
        self.stack.callback(os.close, tap)
        os.set_inheritable(tap, True)
        self.open(servers.dnsmasq(self.folder, file="dns.elf", tftp_root=self.offered))
        machine = self.open(self.make_machine(network=f"tap,fd={tap}"))
        fetched = machine.wait_for(r"dns\.elf: (\d+) bytes in \d+ ms")
        self.assertEqual(int(fetched[1]), os.path.getsize(os.path.join(self.offered, "dns.elf")))
        address = machine.wait_for(ADDRESS)[1]
        machine.wait_for(READY)
        with Client(address) as client:
            for number in range(100):
                self.assertEqual(client.ask(f"host{number:04}.example"), (0, [expected_address(number)]))
        statistics = machine.chip.statistics()
        self.assertEqual((statistics["overruns"], statistics["cable_lost"]), (0, 0))


class NoEeprom:
    """Linux meets the model that has none, since our loader never needs one in QEMU: its firmware
    always has an address. What our drivers do without is in tests/unit/test_ethernet_lan_mac.c and
    test_ethernet_lan78xx_mac.c."""

    def test_linux_finds_no_eeprom_and_makes_up_an_address(self):
        linux = self.open(LinuxGuest(self.folder, board=BOARDS[self.adapter], adapter=self.adapter,
                                     chip_options={"fault": {"no_eeprom": 1}}, network="user,id=net"))
        interface = linux.find_interface()
        address = linux.ask(f"cat /sys/class/net/{interface}/address")[0]
        self.assertEqual(int(address[:2], 16) & 3, 2, f"{address} is not locally administered")
        self.assertEqual(linux.get_lease(interface), "10.0.2.15")


class TestMemories(Case):
    def test_linux_takes_the_address_in_a_lan7515_s_eeprom(self):
        linux = self.open(LinuxGuest(self.folder, board=BOARDS["lan7515"], adapter="lan7515",
                                     chip_options={"otp_only": False}, network="user,id=net"))
        interface = linux.find_interface()
        self.assertEqual(linux.ask(f"cat /sys/class/net/{interface}/address"), [MAC])
        self.assertEqual(linux.get_lease(interface), "10.0.2.15")

    def test_a_lan9514_has_no_otp(self):
        with self.assertRaisesRegex(AssertionError, "usb-chip-ended: status 2: .*a lan9514 has no OTP"):
            with Machine(network="user,id=net", adapter="lan9514", chip_options={"otp_only": True}) as machine:
                machine.wait_for("a line that never comes")


class TestTapLan9514(on_chip.Lan9514, Tap, Case):
    pass


class TestTapLan7515(on_chip.Lan7515, Tap, Case):
    pass


class TestNoEepromLan9514(on_chip.Lan9514, NoEeprom, Case):
    pass


class TestNoEepromLan7515(on_chip.Lan7515, NoEeprom, Case):
    pass
