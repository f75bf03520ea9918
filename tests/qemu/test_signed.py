"""A loader with a key starts nothing that was not signed with it, whatever source it comes from.
Keys and signatures are made by `pilot keygen` and `pilot sign`, which have signify do it.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import shutil

from cases import STARTING, built_bytes
from machine import built, make_card
from slot_card import SlotCard
from slots_case import SlotsCase
from tftp_peer import Refused


class TestSigned(SlotsCase):
    def setUp(self):
        super().setUp()
        self.pilot("keygen", self.at("fleet"), "-n")
        self.loader = self.at("kernel8.img")
        shutil.copy(built("kernel8.img"), self.loader)
        self.pilot("key", self.loader, "--add", self.at("fleet.pub"))

    def at(self, name):
        return os.path.join(self.folder, name)

    def pilot(self, *words):
        return self.run_client(built("pilot"), *words)

    def signed(self, service, key="fleet"):
        """The bytes with the signature behind them."""
        out = self.at(f"{service}-{key}.elf")
        self.pilot("sign", built(f"{service}.elf"), "--key", self.at(f"{key}.sec"), "-o", out)
        with open(out, "rb") as file:
            return file.read()

    def signature(self, service):
        """What stands beside a file, as NAME.sig."""
        copy = self.at(f"{service}.elf")
        shutil.copy(built(f"{service}.elf"), copy)
        self.pilot("sign", copy, "--key", self.at("fleet.sec"))
        with open(copy + ".sig", "rb") as file:
            return file.read()

    def boot_signed(self, file, **options):
        return self.boot_board(file, kernel=self.loader, **options)

    def test_the_network_gives_what_has_a_signature_behind_it(self):
        self.offer("ends.elf", self.signed("ends"))
        self.boot_signed("ends.elf")
        self.wait_for_ends(0)
        self.check_log("loader: starts only what is signed by [0-9a-f]{16}")
        self.assertEqual(self.status()["keys"], "1")

    def test_or_beside_it(self):
        self.offer("ends.elf")
        self.offer("ends.elf.sig", self.signature("ends"))
        self.boot_signed("ends.elf")
        self.wait_for_ends(0)

    def test_what_has_none_or_is_altered_or_anothers_is_refused(self):
        self.pilot("keygen", self.at("other"), "-n")
        altered = bytearray(self.signed("ends"))
        altered[5000] ^= 1
        for what, content in (("none", built_bytes("ends.elf")), ("altered", bytes(altered)),
                              ("another's", self.signed("ends", "other"))):
            with self.subTest(what):
                self.offer("ends.elf", content)
                self.boot_signed("ends.elf")
                self.machine.wait_for(r"loader: tftp://\S+/ends\.elf: refused: .*sign")
                self.check_log(STARTING, has=False)
                self.cut_power()

    def test_a_card_gives_what_has_a_signature_beside_it(self):
        card = make_card(self.folder, {"service.elf": built_bytes("ends.elf"),
                                       "service.elf.sig": self.signature("ends")})
        self.boot_signed("missing.elf", card=card)
        self.wait_for_ends(0)

    def test_a_push_that_is_not_signed_is_refused_in_words_and_the_service_runs_on(self):
        self.offer("ends.elf", self.signed("ends"))
        self.boot_signed("ends.elf")
        self.wait_for_ends(0)
        boot = self.boot_id()
        for name in ("echo.elf", "slot/echo.elf"):
            with self.assertRaisesRegex(Refused, "sign"):
                self.push_bytes(built_bytes("echo.elf"), name)
        self.assertEqual(self.boot_id(), boot)
        since = self.log_length()
        self.push_bytes(self.signed("echo"), "echo.elf")
        self.wait_for_service("echo", since)
        self.check_echo()

    def test_slots_give_what_is_signed_and_pass_over_what_is_not(self):
        self.card = SlotCard(self.folder, services={
            "ends": {"A": (self.signed("ends"), "confirmed"),
                     "B": (built_bytes("ends.elf"), "pending", 3)}})
        self.boot_card(kernel=self.loader)
        self.check_started("ends/A")
        self.check_log(r"slots: ends B: refused: .*sign")
        self.assertEqual(self.card.slots()["ends/B"].tries, 3)
        since = self.log_length()
        with self.peer(wait_s=20) as peer:
            peer.push(self.signed("ends"), "slot/ends.elf")
        self.machine.wait_for("slots: ends B is started on trial", since=since)
        self.wait_for_ends(since)
        self.tell_ends("confirm")
        self.cut_power()
        self.boot_card(kernel=self.loader)
        self.check_started("ends/B")
