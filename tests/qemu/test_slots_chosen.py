"""Which service of the card runs: what was selected, what failed too often, what is left when
everything is broken; and the card in rescue.

SPDX-License-Identifier: BSD-2-Clause
"""
import re

from cases import built_bytes
from slot_card import IMAGE_AT
from slots_case import SlotsCase
from tftp_peer import Refused

BOTH = {"ends": {"A": "confirmed"}, "echo": {"A": "confirmed"}}


class TestSelect(SlotsCase):
    def test_once_is_for_the_next_start_only(self):
        self.make_card(BOTH, standard="ends")
        self.boot_to("ends/A")
        self.select("echo once\n")
        self.assertEqual(self.status()["service"], "ends")
        self.cycle("echo/A")
        self.cycle("ends/A")

    def test_always_is_for_all_starts(self):
        self.make_card(BOTH, standard="ends")
        self.boot_to("ends/A")
        self.select("echo always\n")
        self.cycle("echo/A")
        self.cycle("echo/A")

    def test_now_is_at_once_and_changes_nothing_on_the_card(self):
        self.make_card(BOTH, standard="ends")
        self.boot_to("ends/A")
        since = self.log_length()
        self.select("echo now\n")
        self.check_started("echo/A", since)
        self.machine.wait_for("asked for echo; selected", since=since)
        self.check_echo()
        self.cycle("ends/A")

    def test_now_over_a_trial_does_not_make_it_bad(self):
        self.make_card({"ends": {"A": ("pending", 3)}, "echo": {"A": "confirmed"}}, standard="ends")
        self.boot_to("ends/A")
        since = self.log_length()
        self.select("echo now\n")
        self.check_started("echo/A", since)
        self.check_slots(ends_A="trial")

    def test_a_service_that_asks_for_another_gets_it_from_its_slot(self):
        """Before any file of that name."""
        self.make_card(BOTH, standard="ends")
        self.boot_to("ends/A")
        self.offer("echo.elf")
        since = self.log_length()
        self.tell_ends("next echo.elf", answers=False)
        self.check_started("echo/A", since)

    def test_what_cannot_be_selected_is_refused_in_words(self):
        self.make_card({"ends": {"A": "confirmed"}, "echo": {"A": "bad"}})
        self.boot_to("ends/A")
        for text, sentence in (("dns now", "there is no service dns on this card"),
                               ("echo always", "echo has no slot that can be started"),
                               ("", "it is empty"), ("ends never", "now, once or always")):
            with self.subTest(text), self.assertRaisesRegex(Refused, sentence):
                self.select(text)
        self.assertEqual(self.status()["hand_backs"], "0")

    def test_now_does_not_end_what_runs_for_an_image_that_is_damaged(self):
        self.make_card(BOTH)
        self.boot_to("ends/A")
        self.card.write(self.card.slot_at(1, 0) + IMAGE_AT + 5000, b"decayed")
        with self.assertRaisesRegex(Refused, "echo A: the SHA-256 of its bytes is "):
            self.select("echo now")
        self.assertEqual(self.status()["hand_backs"], "0")

    def test_nothing_is_installed_where_slots_are_no_source(self):
        self.make_card(BOTH)
        self.offer("ends.elf")
        self.boot_board("ends.elf", card=self.card.path, arguments="pilot.sources=network")
        self.wait_for_ends(0)
        before = self.card.written()
        with self.assertRaisesRegex(Refused, "slots is not among the sources"):
            self.push_bytes(built_bytes("echo.elf"), "slot/echo.elf")
        self.assertEqual(self.status()["service"], "ends")
        self.assertEqual(self.card.written(), before)

    def test_selections_and_installs_are_refused_when_pushes_are_off(self):
        self.make_card(BOTH, standard="ends")
        self.boot_to("ends/A", "pilot.deploy=off")
        before = self.card.written()
        with self.assertRaisesRegex(Refused, "deploy = off"):
            self.select("echo always")
        with self.assertRaisesRegex(Refused, "deploy = off"):
            self.push_bytes(built_bytes("dns.elf"), "slot/dns.elf")
        self.assertEqual(self.card.written(), before)

    def test_slots_that_are_no_source_are_not_selected_from(self):
        self.make_card(BOTH)
        self.offer("ends.elf")
        self.boot_board("ends.elf", card=self.card.path, arguments="pilot.sources=network")
        self.wait_for_ends(0)
        with self.assertRaisesRegex(Refused, "slots is not among the sources"):
            self.select("echo now")

    def test_the_table_is_there_to_read(self):
        self.make_card({"ends": {"A": "confirmed", "B": ("pending", 2)}, "echo": {"A": "bad"}})
        self.boot_to("ends/B")
        table = self.fetch("slots").decode()
        self.assertRegex(table, r"(?m)^ends +A .*confirmed")
        self.assertRegex(table, r"(?m)^ends +B .*trial")
        self.assertRegex(table, r"(?m)^echo +A .*bad")


class TestConfirmedThatFails(SlotsCase):
    def fail_three_times(self, since=0):
        """Twice it is started again from memory."""
        for _ in range(2):
            since = self.crash()
            self.machine.wait_for("the same image again", since=since)
            self.wait_for_ends(since)
        return self.crash()

    def test_three_crashes_in_a_row_start_the_other_confirmed_slot_this_once(self):
        self.make_card({"ends": {"A": "confirmed", "B": "confirmed"}})
        self.boot_to("ends/B")
        since = self.fail_three_times()
        self.machine.wait_for("the other slot's turn", since=since)
        self.check_started("ends/A", since)
        self.check_slots(ends_A="confirmed", ends_B="confirmed")
        self.cycle("ends/B")

    def test_crashes_are_counted_over_power_cycles(self):
        self.make_card({"ends": {"A": "confirmed", "B": ("confirmed", 0, 2)}})
        self.boot_to("ends/B")
        since = self.crash()
        self.machine.wait_for("the other slot's turn", since=since)
        self.check_started("ends/A", since)

    def test_with_no_other_slot_it_is_started_again_more_and_more_slowly(self):
        self.make_card({"ends": {"A": "confirmed"}})
        self.boot_to("ends/A")
        since = self.fail_three_times()
        self.machine.wait_for("it fails again and again", since=since)
        self.check_started("ends/A", since)
        self.assertEqual(self.card.slots()["ends/A"].failures, 3)


class TestBroken(SlotsCase):
    def spoil(self, *places):
        for place in places:
            row, letter = place.split("/")
            at = self.card.slot_at(int(row), "AB".index(letter)) + 4096 + 1000
            self.card.write(at, b"\xa5" * 8)

    def test_a_trial_that_is_damaged_costs_no_try_and_gives_way(self):
        self.make_card({"ends": {"A": "confirmed", "B": ("pending", 3)}})
        self.spoil("0/B")
        self.boot_to("ends/A")
        self.check_log(r"slots: ends B: ")
        self.assertEqual(self.card.slots()["ends/B"].tries, 3)

    def test_what_is_no_service_is_refused_and_gives_way(self):
        self.make_card({"ends": {"A": "confirmed", "B": ("pending", 3)}})
        self.card.put_image(0, 1, "ends", b"an ELF? " * 100, 2)
        self.boot_to("ends/A")
        self.check_log(r"slots: ends B: refused: ")
        self.assertEqual(self.card.slots()["ends/B"].tries, 3)

    def test_an_image_in_the_wrong_row_is_refused(self):
        self.make_card({"ends": {"A": "confirmed", "B": ("pending", 3)}})
        self.card.put_image(0, 1, "ends", built_bytes("echo.elf"), 2)
        self.boot_to("ends/A")
        self.check_log(r"slots: ends B: refused: it is echo")

    def test_when_all_slots_are_broken_the_network_has_its_turn(self):
        self.make_card({"ends": {"A": "confirmed", "B": "confirmed"}})
        self.spoil("0/A", "0/B")
        self.offer("dns.elf")
        self.boot_board("dns.elf", card=self.card.path)
        self.wait_for_service("dns", 0)
        self.check_log(r"slots: ends A: ")
        self.check_log(r"slots: ends B: ")
        self.check_names()
        self.check_slots(ends_A="confirmed", ends_B="confirmed")

    def test_a_card_whose_files_are_broken_still_has_its_slots(self):
        self.make_card({"ends": {"A": "confirmed"}})
        self.card.write(2048 * 512, b"\xa5" * 512)
        self.boot_to("ends/A")

    def test_when_all_records_are_lost_none_is_believed_to_be_confirmed(self):
        self.make_card({"ends": {"A": "confirmed"}, "echo": {"A": "confirmed"}})
        for ring in self.card.rings:
            self.card.write(ring, bytes(32 * 512))
        self.boot_card()
        self.machine.wait_for(r"slots: \S+ A is started on trial, 2 tries left")

    def test_a_card_that_cannot_be_written_starts_no_trial(self):
        self.make_card({"ends": {"A": "confirmed", "B": ("pending", 3)}})
        rules = f"{self.folder}/rules"
        with open(rules, "w", encoding="ascii") as out:
            out.write('[inject-error]\nevent = "none"\niotype = "write"\nerrno = "5"\n')
        before = self.card.written()
        self.boot_board("missing.elf", options=[
            "-drive", f"if=sd,format=raw,file=blkdebug:{rules}:{self.card.path}"])
        self.check_started("ends/A")
        self.check_log("slots: .*cannot be written|slots: .*read back")
        with self.assertRaises(Refused) as caught:
            self.push_bytes(built_bytes("dns.elf"), "slot/dns.elf")
        self.assertTrue(caught.exception.sentence)
        self.assertEqual(self.status()["service"], "ends")
        self.assertEqual(self.card.written(), before)


class TestRescue(SlotsCase):
    def boot_to_rescue(self, services):
        self.make_card(services)
        self.boot_card()
        self.machine.wait_for("nothing could be started")

    def test_an_image_is_installed_and_stays(self):
        self.boot_to_rescue({})
        self.install("ends", "ends/A")
        self.tell_ends("confirm")
        self.cycle("ends/A")

    def test_while_it_waits_for_a_push_a_selection_will_do(self):
        self.make_card(BOTH, standard="ends")
        self.boot_to("ends/A")
        self.tell_ends("exit 0", answers=False)
        since = self.machine.wait_for("waiting for a push").after
        table = self.fetch("slots").decode()
        self.assertRegex(table, r"(?m)^echo +A ")
        with self.assertRaisesRegex(Refused, "there is no service dns"):
            self.select("dns now")
        self.select("echo now")
        self.check_started("echo/A", since)
        self.check_echo()

    def test_an_image_that_is_bad_is_not_installed(self):
        self.boot_to_rescue({"ends": {"A": "bad"}})
        before = self.card.written()
        with self.assertRaisesRegex(Refused, "60 bytes are too few"):
            self.push_bytes(built_bytes("ends.elf")[:60], "slot/ends.elf")
        self.assertEqual(self.card.written(), before)

    def test_without_a_store_an_install_says_so(self):
        self.make_card({})
        self.card.write(446 + 16 + 4, b"\x83")
        self.boot_card()
        self.machine.wait_for("nothing could be started")
        with self.assertRaises(Refused) as caught:
            self.push_bytes(built_bytes("ends.elf"), "slot/ends.elf")
        self.assertTrue(re.search("7f|slot", caught.exception.sentence), caught.exception.sentence)
        self.assertEqual(self.status()["service"], "none")
