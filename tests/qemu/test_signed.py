"""A loader with keys: what is not signed by one of them does not start, wherever it comes from.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import shutil
import struct
import subprocess

from cases import STARTING, Case, built_bytes
from machine import built
from signing import UNSIGNED, Signing
from slot_card import SlotCard
from slots_case import SlotsCase
from tftp_peer import Refused

OWNER = struct.pack("<III", 11, 88, 1) + b"pilotlight\0\0"
COUNTER_AT = len(OWNER) + 8     # of include/image_note.h
COUNTED = 6


def with_counter(name, counter):
    content = bytearray(built_bytes(name + ".elf"))
    at = content.find(OWNER)
    assert at > 0 and content.count(OWNER) == 1, "no note"
    content[at + COUNTER_AT:at + COUNTER_AT + 4] = struct.pack("<I", counter)
    return bytes(content)


class Fleet(Signing):
    """The loader has the first of the keys, which signs unless another is named."""

    def make_keys(self, *names, known=("fleet",)):
        super().make_keys(*names, known=known)

    def sign(self, content, key="fleet"):
        return super().sign(content, key)

    def signed(self, name, key="fleet"):
        return self.sign(built_bytes(name + ".elf"), key)[0]


class TestNetwork(Fleet, Case):
    def setUp(self):
        super().setUp()
        self.make_keys("fleet", "next", "stranger", known=("fleet", "next"))
        self.good = built_bytes("hello.elf")

    def boot(self):
        return self.boot_with_user_network("hello.elf", arguments="pilot.exit=off", kernel=self.loader)

    def check_refused(self, content, sentence):
        """Refused in these words, and a signed one starts afterwards."""
        self.offer("hello.elf", content)
        machine = self.boot()
        refused = machine.wait_for(r"tftp://\S+: refused: (.*)", 60)
        self.assertEqual(refused[1], sentence)
        self.assertFalse(machine.has_line(STARTING), machine.log())
        self.offer("hello.elf", self.signed("hello"))
        machine.wait_for(STARTING, 60, since=refused.after)
        self.assertEqual(machine.wait_for_end(), 0)

    def test_what_is_not_signed_is_refused(self):
        self.check_refused(self.good, UNSIGNED)

    def test_what_was_changed_is_refused(self):
        bad = bytearray(self.signed("hello"))
        bad[len(bad) // 2] ^= 0x10
        self.check_refused(bytes(bad), f"altered or damaged: the signature by key {self.numbers['fleet']} "
                                       "does not fit")

    def test_what_a_stranger_signed_is_refused_by_the_keys_number(self):
        self.check_refused(self.signed("hello", "stranger"),
                           f"signed by key {self.numbers['stranger']}, which this loader does not have")

    def test_nothing_is_read_of_what_is_not_signed(self):
        """Not even that it is no ELF file."""
        self.check_refused(b"\x7fELF" + bytes(2000), UNSIGNED)

    def test_either_key_will_do_and_the_log_names_both(self):
        for key in ("fleet", "next"):
            self.offer("hello.elf", self.signed("hello", key))
            machine = self.boot()
            machine.wait_for(f"loader: starts only what is signed by {self.numbers['fleet']} or "
                             f"{self.numbers['next']}")
            machine.wait_for(STARTING, 60)
            self.assertEqual(machine.wait_for_end(), 0)

    def test_a_signature_beside_the_file_on_the_server_will_do(self):
        self.offer("hello.elf")
        self.offer("hello.elf.sig", self.sign(self.good)[1])
        machine = self.boot()
        machine.wait_for(STARTING, 60)
        self.assertEqual(machine.wait_for_end(), 0)

    def test_a_signature_beside_it_that_is_none_or_of_another_file_is_said(self):
        self.offer("hello.elf")
        self.offer("hello.elf.sig", b"hello\n")
        machine = self.boot()
        machine.wait_for(r"hello\.elf\.sig: not a signature of signify: ", 60)
        since = machine.wait_for(rf"refused: {UNSIGNED}", 60).after
        self.offer("hello.elf.sig", self.sign(built_bytes("echo.elf"))[1])
        machine.wait_for("refused: altered or damaged", 60, since=since)
        self.assertFalse(machine.has_line(STARTING), machine.log())

    def test_a_loader_whose_table_of_keys_is_damaged_starts_nothing(self):
        with open(self.loader, "r+b") as image:
            content = image.read()
            image.seek(content.index(b"PLkeys1\0") + 12)     # two keys, it says
            image.write(b"\0")
        self.offer("hello.elf", self.signed("hello"))
        machine = self.boot()
        machine.wait_for("loader: the table of keys is damaged: nothing will be started")
        machine.wait_for("refused: this loader's table of keys is damaged", 60)
        self.assertFalse(machine.has_line(STARTING), machine.log())


class TestCard(Fleet, SlotsCase):
    def setUp(self):
        super().setUp()
        self.make_keys("fleet", "stranger")

    def make_signed_card(self, slots, **options):
        """slots of `ends`: {"A": (content, state, ...)}."""
        self.card = SlotCard(self.folder, services={"ends": slots}, **options)

    def boot_to(self, where, arguments="", **options):
        return super().boot_to(where, arguments, kernel=self.loader, **options)

    def test_a_signed_service_is_started_from_its_slot_and_an_unsigned_trial_costs_no_try(self):
        self.make_signed_card({"A": (self.signed("ends"), "confirmed"),
                               "B": (built_bytes("ends.elf"), "pending", 3)})
        self.boot_to("ends/A")
        self.machine.wait_for(rf"slots: .*{UNSIGNED}")
        slot = self.card.slots()["ends/B"]
        self.assertEqual((slot.state, slot.tries), ("pending", 3))

    def test_a_push_is_refused_or_started_by_its_signature(self):
        self.make_signed_card({"A": (self.signed("ends"), "confirmed")})
        self.boot_to("ends/A")
        before = self.status()
        self.assertEqual(before["keys"], "1")
        altered = bytearray(self.signed("echo"))
        altered[1000] ^= 1
        for content, sentence in ((built_bytes("echo.elf"), UNSIGNED),
                                  (self.signed("echo", "stranger"), "signed by key .* does not have"),
                                  (bytes(altered), "altered or damaged")):
            for name in ("echo.elf", "slot/echo.elf"):
                with self.subTest(sentence, name=name), self.assertRaisesRegex(Refused, sentence):
                    self.push_bytes(content, name)
        self.assertEqual((self.status()["boot_id"], self.status()["hand_backs"]),
                         (before["boot_id"], before["hand_backs"]))
        since = self.log_length()
        self.push_bytes(self.signed("echo"), "echo.elf")
        self.wait_for_service("echo", since)
        self.check_echo()

    def test_a_signed_install_is_tried_and_kept_with_its_signature(self):
        self.make_signed_card({"A": (self.signed("ends"), "confirmed")})
        self.boot_to("ends/A")
        since = self.log_length()
        with self.peer(wait_s=20) as peer:
            peer.push(self.signed("ends"), "slot/ends.elf")
        self.wait_for_ends(since)
        self.tell_ends("confirm")
        self.check_slots(ends_A="confirmed", ends_B="confirmed")
        self.cycle("ends/B")

    def test_what_is_below_the_counters_floor_is_refused_from_slot_and_push(self):
        old, new = (self.sign(with_counter("ends", counter))[0] for counter in (COUNTED - 1, COUNTED))
        self.make_signed_card({"A": (new, "confirmed"), "B": (old, "pending", 3)}, floors={"ends": COUNTED})
        self.boot_to("ends/A")
        below = rf"its security counter {COUNTED - 1} is below {COUNTED}, which ends has reached on this card"
        self.machine.wait_for(rf"slots: .*{below}")
        for name in ("ends.elf", "slot/ends.elf"):
            with self.subTest(name), self.assertRaisesRegex(Refused, f"its security counter {COUNTED - 1}"):
                self.push_bytes(old, name)

    def test_the_floor_rises_when_a_higher_counter_confirms_itself_and_not_before(self):
        low, high = (self.sign(with_counter("ends", counter))[0] for counter in (COUNTED - 1, COUNTED))
        self.make_signed_card({"A": (low, "confirmed"), "B": (high, "pending", 3)})
        self.boot_to("ends/B")
        self.assertEqual(self.card.floor("ends"), 0)
        self.tell_ends("confirm")
        self.assertEqual(self.card.floor("ends"), COUNTED)
        with self.assertRaisesRegex(Refused, f"its security counter {COUNTED - 1} is below {COUNTED}"):
            self.push_bytes(low, "ends.elf")

    def test_a_file_of_the_card_starts_with_its_signature_beside_it(self):
        content, text = self.sign(built_bytes("ends.elf"))
        for files, starts in (({"service.elf": content[:-96], "service.elf.sig": text}, True),
                              ({"service.elf": content}, True), ({"service.elf": content[:-96]}, False)):
            self.card = SlotCard(self.folder, files=files)
            machine = self.boot_card(kernel=self.loader)
            if starts:
                machine.wait_for(r"kernel: ends \S+ from sd:")
            else:
                machine.wait_for(rf"refused: {UNSIGNED}")
            self.cut_power()
            self.card.remove()


class TestPilotRun(Fleet, Case):
    def test_the_signature_beside_the_file_goes_along(self):
        """Over the network and on a card, to the loader beside the pilot program."""
        self.make_keys("fleet")
        for name in ("pilot", "raspi3b.dtb", "hello.elf"):
            shutil.copy(built(name), self.keys)
        program = self.key("pilot")

        def run(*options):
            return subprocess.run([program, "run", "hello", *options], stdin=subprocess.DEVNULL, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)

        with open(self.key("hello.elf.sig"), "wb") as out:
            out.write(self.sign(built_bytes("hello.elf"))[1])
        for options in (), ("--sd",):
            result = run(*options)
            self.assertEqual(result.returncode, 0, result.stdout)
            self.assertIn("loader: hello 1.0.0 ended with status 0", result.stdout)
