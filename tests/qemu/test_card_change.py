"""A card that is taken out, mended on a PC and put back needs no power cycle.

SPDX-License-Identifier: BSD-2-Clause
"""
import os

from cases import STARTING, Case, built_bytes
from machine import Machine, make_card

CARD_DEVICE = "sd0"     # QEMU's own name for -drive if=sd


class TestCardChange(Case):
    def test_another_card_is_found_and_its_configuration_read(self):
        bad = make_card(self.folder, {"pilot.conf": b"sources = sd\nfile = missing.elf\n"})
        os.rename(bad, bad + ".bad")
        good = make_card(self.folder, {"pilot.conf": b"sources = sd\nfile = hello.elf\n",
                                       "hello.elf": built_bytes("hello.elf")})
        machine = self.open(Machine(card=bad + ".bad"))
        machine.wait_for(r"no file missing\.elf")
        machine.tell("eject", device=CARD_DEVICE, force=True)
        machine.tell("blockdev-change-medium", device=CARD_DEVICE, filename=good, format="raw")
        starting = machine.wait_for(STARTING, 60)
        self.assertEqual((starting[1], starting[3]), ("hello", "sd:hello.elf"))

    def test_a_card_put_in_late_is_found(self):
        good = make_card(self.folder, {"pilot.conf": b"sources = sd\nfile = hello.elf\n",
                                       "hello.elf": built_bytes("hello.elf")})
        machine = self.open(Machine(options=["-drive", "if=sd"]))
        machine.wait_for("nothing could be started")
        machine.tell("blockdev-change-medium", device=CARD_DEVICE, filename=good, format="raw")
        starting = machine.wait_for(STARTING, 60)
        self.assertEqual((starting[1], starting[3]), ("hello", "sd:hello.elf"))
