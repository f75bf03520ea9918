"""Services in slots of the card: what is started, what a trial comes to, and that a power cut
costs a confirmed one nothing.

SPDX-License-Identifier: BSD-2-Clause
"""
from slots_case import SlotsCase


class TestBoots(SlotsCase):
    def test_a_confirmed_slot_is_started_and_told_so(self):
        self.make_card({"ends": {"A": "confirmed"}})
        self.boot_to("ends/A")
        self.machine.wait_for("slots: ends A is started, confirmed")
        status = self.status()
        self.assertEqual((status["slot"], status["slot_state"], status["location"], status["state"]),
                         ("A", "confirmed", "slot:ends/A", "confirmed"))
        self.assertNotIn("tries", status)

    def test_power_cycles_of_a_confirmed_slot_write_nothing(self):
        self.make_card({"echo": {"A": "confirmed", "B": "bad"}, "dns": {"A": "confirmed"}},
                       standard="echo")
        for _ in range(2):      # what was started last is noted, and mirrored by the next
            self.boot_to("echo/A")
            self.cut_power()
        before = self.card.written()
        for _ in range(3):
            self.boot_to("echo/A")
            self.check_echo()
            self.cut_power()
            self.assertEqual(self.card.written(), before)

    def test_the_other_controller_has_the_card(self):
        self.make_card({"ends": {"A": "confirmed"}})
        self.boot_to("ends/A", card_on_sdhost=True)
        self.install("ends", "ends/B")
        self.tell_ends("confirm")
        self.check_slots(ends_A="confirmed", ends_B="confirmed")
        self.cycle("ends/B", card_on_sdhost=True)

    def test_slots_go_before_files_and_network(self):
        self.make_card({"ends": {"A": "confirmed"}}, files={"service.elf": b"not an ELF"})
        self.boot_to("ends/A")
        self.check_log("service.elf", has=False)

    def test_a_card_without_a_store_is_passed_over_in_silence(self):
        self.make_card({"ends": {"A": "confirmed"}})
        self.card.write(446 + 16 + 4, b"\x83")
        self.boot_card()
        self.machine.wait_for("nothing could be started")
        self.check_log("slots: ", has=False)


class TestTrials(SlotsCase):
    def test_power_cuts_use_up_the_tries_and_then_the_confirmed_one_is_back(self):
        self.make_card({"ends": {"A": "confirmed", "B": ("pending", 2)}})
        for left in (1, 0):
            self.boot_to("ends/B")
            self.machine.wait_for(f"slots: ends B is started on trial, {left} tries left")
            self.assertEqual(self.status()["tries"], str(left))
            self.cut_power()
            self.assertEqual((self.card.slots()["ends/B"].state, self.card.slots()["ends/B"].tries),
                             ("trial", left))
        self.boot_to("ends/A")
        self.check_slots(ends_A="confirmed", ends_B="bad")

    def test_a_confirmation_outlives_the_power(self):
        self.make_card({"ends": {"A": "confirmed", "B": ("pending", 1)}})
        self.boot_to("ends/B")
        status = self.status()
        self.assertEqual((status["slot"], status["slot_state"], status["state"]),
                         ("B", "trial", "trial"))
        self.tell_ends("confirm")
        self.check_slots(ends_B="confirmed")    # durable when it is answered
        self.assertIn("slots: ends B confirmed", self.fetch("log").decode())
        self.assertEqual((self.status()["slot_state"], self.status()["state"]),
                         ("confirmed", "confirmed"))
        for _ in range(3):
            self.cycle("ends/B")

    def test_a_trial_that_crashes_is_bad_and_the_other_slot_runs_at_once(self):
        """Nothing is in RAM to fall back on."""
        self.make_card({"ends": {"A": "confirmed", "B": ("pending", 3)}})
        self.boot_to("ends/B")
        since = self.crash()
        self.machine.wait_for("slots: ends B failed its trial and is bad", since=since)
        self.machine.wait_for("loader: .* crashed: .*; rolled back to what the card has", since=since)
        self.check_started("ends/A", since)
        self.check_slots(ends_A="confirmed", ends_B="bad")
        self.cycle("ends/A")

    def test_a_trial_that_is_not_confirmed_in_time_is_bad(self):
        self.make_card({"trial": {"A": ("pending", 3)}, "ends": {"A": "confirmed"}},
                       standard="trial")
        self.boot_card()
        self.machine.wait_for("slots: trial A failed its trial and is bad", 30)
        self.check_slots(trial_A="bad")

    def test_a_trial_that_exits_with_an_error_is_bad_one_that_exits_well_is_not(self):
        for command, state in (("exit 3", "bad"), ("reboot", "bad"), ("exit 0", "trial")):
            with self.subTest(command):
                self.make_card({"ends": {"A": ("pending", 3)}})
                self.boot_to("ends/A")
                since = self.log_length()
                self.tell_ends(command, answers=False)
                self.machine.wait_for(r"loader: ends .*(asked for|ended with)", since=since)
                self.check_slots(ends_A=state)
                self.cut_power()
                self.card.remove()


class TestInstalls(SlotsCase):
    def test_an_image_is_installed_tried_confirmed_and_stays(self):
        self.make_card({"ends": {"A": "confirmed"}})
        self.boot_to("ends/A")
        self.install("ends", "ends/B")
        status = self.status()
        self.assertEqual((status["slot"], status["slot_state"], status["tries"]), ("B", "trial", "2"))
        self.assertRegex(status["location"], r"^push:10\.0\.2\.2/slot/ends\.elf$")
        self.check_slots(ends_A="confirmed", ends_B="trial")
        self.tell_ends("confirm")
        self.check_slots(ends_A="confirmed", ends_B="confirmed")
        self.cycle("ends/B")

    def test_a_second_install_goes_to_the_older_slot(self):
        self.make_card({"ends": {"A": "confirmed"}})
        self.boot_to("ends/A")
        self.install("ends", "ends/B")
        self.tell_ends("confirm")
        self.install("ends", "ends/A")
        self.check_slots(ends_A="trial", ends_B="confirmed")
        self.tell_ends("confirm")
        self.cycle("ends/A")

    def test_an_install_that_crashes_is_rolled_back_from_memory_and_for_good(self):
        self.make_card({"ends": {"A": "confirmed"}})
        self.boot_to("ends/A")
        self.install("ends", "ends/B")
        since = self.crash()
        self.machine.wait_for("slots: ends B failed its trial and is bad", since=since)
        self.machine.wait_for("loader: .*; rolled back$", since=since)
        self.wait_for_ends(since)
        self.assertEqual((self.status()["slot"], self.status()["slot_state"]), ("A", "confirmed"))
        self.check_slots(ends_A="confirmed", ends_B="bad")
        self.cycle("ends/A")

    def test_an_install_whose_power_is_cut_is_tried_again(self):
        self.make_card({"ends": {"A": "confirmed"}})
        self.boot_to("ends/A")
        self.install("ends", "ends/B")
        self.cycle("ends/B")
        self.machine.wait_for("slots: ends B is started on trial, 1 tries left")
        self.cycle("ends/B")
        self.cycle("ends/A")
        self.check_slots(ends_A="confirmed", ends_B="bad")

    def test_another_service_gets_a_row_of_its_own(self):
        self.make_card({"ends": {"A": "confirmed"}}, standard="ends")
        self.boot_to("ends/A")
        self.install("dns", "dns/A")
        self.check_names()
        self.cycle("ends/A")        # what is started without being asked is not changed by it
        self.assertIn("dns/A", self.card.slots())

    def test_tries_are_as_configured(self):
        self.make_card({"ends": {"A": "confirmed"}})
        self.boot_to("ends/A", "pilot.tries=7")
        self.install("ends", "ends/B", tries_left=6)
