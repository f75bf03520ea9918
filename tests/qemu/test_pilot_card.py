"""One card, several services, with nothing but the pilot command: a card image is made, booted,
installed to, selected on and looked at, across power cuts.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import re
import shutil
import subprocess

from cases import READY
from dns_client import Client, expected_address
from machine import BUILD, DEADLINE_S
from test_pilot import PILOT, PilotCase


class CardCase(PilotCase):
    def setUp(self):
        super().setUp()
        self.card = os.path.join(self.folder, "card.img")

    def pilot(self, *arguments, status=0):
        result = subprocess.run([PILOT, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=3 * DEADLINE_S, check=False,
                                env=dict(os.environ, TMPDIR=self.folder), cwd=self.folder)
        self.assertEqual(result.returncode, status, result.stdout)
        return result.stdout

    def boot(self, service, *options):
        machine = self.start("--card", self.card, *options)
        machine.wait_for(rf"loader: starting {service} \S+ from slot:")
        machine.wait_for(READY)
        return machine

    def pull_the_plug(self, machine):
        """Ctrl-C: QEMU is killed, and is gone when this returns."""
        self.assertEqual(machine.interrupt(), 130)

    def slots(self, where=None):
        """{"dns A": (state, notes)} of the running machine, or of the image."""
        lines = self.pilot("slots", *([where] if where else [])).splitlines()[1:]
        found = {}
        for line in lines:
            name, slot, state, _, _, _, _, _, *notes = line.split()
            found[f"{name} {slot}"] = (state, " ".join(notes))
        return found


class TestPilotCard(CardCase):
    def test_a_service_is_installed_kept_and_selected_across_power_cuts(self):
        self.pilot("sdcard", self.card, "--service", "dns", "--service", "echo", "--default", "dns")
        machine = self.boot("dns")
        port = int(machine.wait_for(r"dig @127\.0\.0\.1 -p (\d+)")[1])
        with Client("127.0.0.1", port) as client:
            self.assertEqual(client.ask("host0042.example"), (0, [expected_address(42)]))
        self.assertRegex(self.pilot("deploy", "echo", "--persist"), r"\nkept: echo \S+ is confirmed in slot B\n\Z")
        self.assertEqual(self.slots(), {"dns A": ("confirmed", "default"), "dns B": ("empty", ""),
                                        "echo A": ("confirmed", ""), "echo B": ("confirmed", "running")})
        self.pull_the_plug(machine)

        self.assertEqual(self.slots(self.card)["echo B"], ("confirmed", ""))
        self.pilot("select", self.card, "echo", "--once")
        machine = self.boot("echo")
        self.assertRegex(self.pilot("select", "dns"), r"dns \S+ answers, from slot A, confirmed\n\Z")
        self.assertIn("echo is started from the next start on", self.pilot("select", "echo", "--default"))
        self.pull_the_plug(machine)

        self.boot("echo", "--sd-host", "sdhost")
        self.assertEqual(self.slots()["echo B"], ("confirmed", "running, default"))

    def test_what_fails_its_trial_is_rolled_back_and_stays_bad(self):
        self.pilot("sdcard", self.card, "--service", "dns")
        machine = self.boot("dns")
        self.assertRegex(self.pilot("deploy", "trial", "--persist", status=1),
                         r"\npilot: rolled back: .*did not confirm itself in time; dns \S+ runs again\n\Z")
        self.assertEqual(self.slots()["trial A"][0], "bad")
        self.assertRegex(self.pilot("select", "trial", status=1), r"pilot: \S+ does not select trial: .+\n")
        self.pull_the_plug(machine)
        self.boot("dns")

    def test_a_card_with_keys_takes_only_what_is_signed(self):
        for name in ("dns", "echo"):
            shutil.copy(os.path.join(BUILD, name + ".elf"), self.folder)
        self.pilot("keygen", "fleet", "-n")
        self.assertIn("it is not signed", self.pilot("sdcard", self.card, "--service", "dns.elf", "--key",
                                                     "fleet.pub", status=1))
        self.pilot("sign", "dns.elf", "--key", "fleet.sec")
        self.pilot("sdcard", self.card, "--service", "dns.elf", "--key", "fleet.pub")
        self.boot("dns").wait_for("starts only what is signed by [0-9a-f]{16}")
        for options in ((), ("--persist",)):
            self.assertRegex(self.pilot("deploy", "echo.elf", *options, status=1),
                             r"\npilot: \S+ refuses \S*echo\.elf: .*not signed")
        self.pilot("sign", "echo.elf", "--key", "fleet.sec")
        self.assertRegex(self.pilot("deploy", "echo.elf", "--persist"), r"\nkept: echo \S+ is confirmed in slot A\n")
        self.assertEqual(re.findall(r"^keys = .*|^service = .*", self.pilot("status"), re.M),
                         ["service = echo", "keys = 1"])
