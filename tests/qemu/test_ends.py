"""What comes after a service that has ended: payloads/ends ends as it is told, and the loader
does what docs/redeploy.md says.

SPDX-License-Identifier: BSD-2-Clause
"""
import os

from cases import READY, STARTING, built_bytes
from machine import make_card
from redeploy import ADOPTED, ENUMERATED, HANDED_BACK, BoardCase

CARD = r"sd: card on"
CARD_DEVICE = "sd0"     # QEMU's own name for -drive if=sd
FETCHED = r"network: tftp://\S+: \d+ bytes"


class EndsCase(BoardCase):
    def end(self, command):
        """Returns the log's position before."""
        since = self.log_length()
        self.tell_ends(command, answers=False)
        return since

    def state_after(self, since):
        self.wait_for_service("ends", since)
        return self.tell_ends("state")


class TestReasons(EndsCase):
    def boot_ends(self, arguments=""):
        self.boot_service("ends", arguments=arguments)
        self.machine.wait_for(READY)
        return self.machine

    def test_a_reboot_goes_through_the_boot_sources_again(self):
        self.boot_ends()
        self.offer("ends.elf", built_bytes("echo.elf"))
        since = self.end("reboot")
        self.assertRegex(self.machine.wait_for(HANDED_BACK, since=since)[3], "reboot")
        self.wait_for_service("echo", since)
        self.check_echo()
        self.check_log("loader: Pilotlight", since, has=False)

    def test_the_next_service_is_looked_for_by_name_once(self):
        """And the one after that is the configured one again."""
        self.boot_ends("-- confirm")
        self.offer("next.elf", built_bytes("ends.elf"))
        since = self.end("next next.elf")
        self.assertRegex(self.state_after(since)["location"], r"/next\.elf$")
        since = self.end("reboot")
        self.assertRegex(self.state_after(since)["location"], r"/ends\.elf$")

    def test_a_next_service_that_is_nowhere_gives_way_to_the_usual_one(self):
        self.boot_ends()
        boot = self.tell_ends("state")["boot"]
        since = self.end("next nowhere.elf")
        self.machine.wait_for(r"network: tftp://\S+/nowhere\.elf: the server says", since=since)
        self.assertNotEqual(self.state_after(since)["boot"], boot)

    def test_a_name_that_is_none_is_refused(self):
        self.boot_ends()
        self.assertLess(int(self.tell_ends("next")["error"]), 0)
        self.assertLess(int(self.tell_ends("next " + "x" * 128)["error"]), 0)
        self.assertEqual(self.status()["hand_backs"], "0")

    def test_a_good_end_waits_for_a_push(self):
        self.boot_ends()
        since = self.end("exit 0")
        self.machine.wait_for("loader: waiting for a push", since=since)
        self.assertEqual(self.status()["service"], "none")
        self.check_log(STARTING, since, has=False)
        self.push("dns")
        self.check_names()

    def test_a_good_end_starts_it_again_from_memory(self):
        self.boot_ends("pilot.exit=restart -- confirm")
        states = [self.tell_ends("state")]
        for _ in range(2):
            since = self.end("exit 0")
            self.machine.wait_for("the same image again", since=since)
            states.append(self.state_after(since))
            self.check_log(FETCHED, since, has=False)
        self.assertEqual(len({state["boot"] for state in states}), 3)
        self.assertEqual([state["argc"] for state in states], ["2", "2", "2"])

    def test_a_good_end_may_power_off(self):
        machine = self.boot_ends("pilot.exit=off")
        self.end("exit 0")
        self.assertEqual(machine.wait_for_end(), 0)
        self.assertTrue(machine.has_line("loader: power off"), machine.log())

    def test_a_confirmed_service_that_fails_is_started_again(self):
        self.boot_ends("-- confirm")
        boot = self.tell_ends("state")["boot"]
        since = self.end("exit 3")
        self.assertRegex(self.machine.wait_for(HANDED_BACK, since=since)[2], "3")
        self.assertNotEqual(self.state_after(since)["boot"], boot)
        self.check_log(FETCHED, since, has=False)

    def test_a_pushed_service_that_fails_gives_way_to_the_one_before(self):
        self.boot_service("dns")
        self.machine.wait_for("kernel: the service confirmed itself")
        self.push("ends")
        self.assertEqual(self.status()["fallback"], "dns 1.0.0")
        since = self.end("exit 7")
        self.machine.wait_for("rolled back", since=since)
        self.wait_for_service("dns", since)
        self.check_names()
        self.check_log(FETCHED, since, has=False)

    def test_an_unconfirmed_one_that_fails_is_not_started_again_from_memory(self):
        self.boot_ends()
        since = self.end("exit 1")
        self.machine.wait_for("not confirmed, and nothing to fall back on", since=since)
        self.machine.wait_for(FETCHED, since=since)
        self.state_after(since)


class TestNextFromCard(EndsCase):
    """The next service comes from the card, which is handed over as the network is."""

    CONFIGURATION = b"sources = sd\nfile = ends.elf\narguments = confirm\n"

    def boot_from_card(self, files, **options):
        card = make_card(self.folder, files)
        self.boot_board("unused.elf", card=card, **options)
        self.machine.wait_for(READY)
        return card

    def check_next(self, **options):
        """Returns the log's position before the hand-back."""
        self.boot_from_card({"pilot.conf": self.CONFIGURATION, "ends.elf": built_bytes("ends.elf"),
                             "echo.elf": built_bytes("echo.elf")}, **options)
        since = self.end("next echo.elf")
        self.assertEqual(self.machine.wait_for(STARTING, since=since)[3], "sd:echo.elf")
        self.wait_for_service("echo", since)
        self.check_echo()
        return since

    def test_the_next_one_comes_from_the_card_on_emmc(self):
        since = self.check_next()
        self.check_log(CARD, since, has=False)

    def test_the_next_one_comes_from_the_card_on_sdhost(self):
        since = self.check_next(card_on_sdhost=True)
        self.check_log(CARD, since, has=False)

    def test_with_warm_off_the_card_is_started_anew(self):
        since = self.check_next(arguments="pilot.warm=off")
        self.check_log(CARD, since)

    def test_a_card_that_was_changed_meanwhile_is_started_anew(self):
        card = self.boot_from_card({"pilot.conf": self.CONFIGURATION,
                                    "ends.elf": built_bytes("ends.elf")})
        os.rename(card, card + ".before")
        other = make_card(self.folder, {"pilot.conf": b"sources = sd\nfile = dns.elf\n",
                                        "echo.elf": built_bytes("echo.elf"),
                                        "dns.elf": built_bytes("dns.elf")})
        self.machine.tell("eject", device=CARD_DEVICE, force=True)
        self.machine.tell("blockdev-change-medium", device=CARD_DEVICE, filename=other, format="raw")
        since = self.end("next echo.elf")
        self.wait_for_service("echo", since)
        self.check_log(CARD, since)
        self.check_echo()

    def test_many_reboots_read_the_same_card(self):
        self.boot_from_card({"pilot.conf": self.CONFIGURATION, "ends.elf": built_bytes("ends.elf")})
        since = self.log_length()
        for _ in range(10):
            state = self.state_after(self.end("reboot"))
            self.assertEqual((state["location"], state["argc"]), ("sd:ends.elf", "2"))
        self.check_log(CARD, since, has=False)
        self.check_log(ENUMERATED, since, has=False)
        self.check_log(ADOPTED, since)
