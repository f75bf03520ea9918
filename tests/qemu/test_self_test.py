"""pilot selftest: a board examines itself, here one that is QEMU's.

What a QEMU cannot show has to be called not applicable, for a reason that was found out; and each
check that looks at contents must be seen to fail when a byte of them is changed.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import re
import shutil
import signal
import subprocess
import time

from cases import READY, Case, built_bytes, free_udp_port
from dns_client import Client, expected_address
from machine import built, make_card
from redeploy import TFTP, Board, BoardCase, BoardOnWireCase
from servers import dnsmasq
from signing import Signing, UNSIGNED
from test_pilot import Pilot
from wire import udp_of

SELFTEST_PROBES = 4800
PASS, FAIL, NOT_APPLICABLE = "pass", "fail", "not applicable"
LINE = re.compile(r"^(pass|fail|not applicable) +(\S+) +(.*)$", re.M)

# On QEMU without a card; why, where a check is not applicable.
VERDICTS = {
    "timers": (PASS, r"62500000 Hz.* ppm in \d+ us"),
    "arm-cycles": (NOT_APPLICABLE, r"\d+ Hz counted .* 700000000 Hz .*QEMU's counter"),
    "clock-emmc": (PASS, "50000000 Hz"),
    "clock-uart": (PASS, "3000000 Hz"),
    "clock-arm": (PASS, "700000000 Hz says the firmware, of 700000000 at most"),
    "clock-core": (NOT_APPLICABLE, "700000000 Hz .*QEMU has no such clock"),
    "temperature": (PASS, r"25\.0 degrees"),
    "supply": (PASS, "throttled = 0x0"),
    "dma-engine": (NOT_APPLICABLE, r"512 copies, .* 0 bytes damaged, 0 beside them; without maintenance "
                                   "0 of 16 showed old data: there are no caches here"),
    "mailbox-buffer": (NOT_APPLICABLE, "0 without answer, 0 other answers, 0 words beside them damaged: "
                                       "there are no caches here"),
    "unaligned-without-mmu": (NOT_APPLICABLE, r"core 1, .* works \(syndrome 0x0\).*no Device memory"),
    "unaligned-with-mmu": (PASS, "1152 loads and stores .* 0 wrong"),
    "sd-hosts": (NOT_APPLICABLE, "no card answers on either controller"),
    "usb-frames": (PASS, r"4800 frames .* 0 lost .* 0 twice, 0 damaged, 0 with a bad checksum; 0 errors of the device$"),
    "log-across-reset": (PASS, r"\(reset [0-9a-f]+\) stand in the log"),
    "link-time": (NOT_APPLICABLE, "negotiates nothing; address after"),
    "ram-across-reset": (PASS, "52 pieces of 64 KB, 16 MB apart, are there after the reset, with 0 flipped bits"),
    "reset-reason": (NOT_APPLICABLE, r"told is 1 .* RSTS reads 0x1000: QEMU's .*0x4f54294a"),
}
AFTER_RESET = ("log-across-reset", "link-time", "ram-across-reset", "reset-reason")
# What --corrupt reaches; sd-hosts too, where there is a card.
CORRUPTIBLE = {"dma-engine", "mailbox-buffer", "usb-frames", "log-across-reset", "ram-across-reset"}


class SelfTest(Board):
    pilot = None

    def run_self_test(self, *options, status=0, where=None):
        """Returns {check: (verdict, text)}; the whole output is in self.output."""
        where = where or f"{self.address}:{self.ports[TFTP]}"
        result = subprocess.run([self.pilot or built("pilot"), "selftest", where, *options],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
        self.output = result.stdout
        self.assertEqual(result.returncode, status, self.output)
        lines = LINE.findall(self.output)
        self.assertEqual(len(lines), len({name for _, name, _ in lines}), "each once")
        return {name: (verdict, text) for verdict, name, text in lines}

    def check_host_clock(self, found):
        """Loaded machines may answer too late for it to be measured."""
        verdict, text = found.pop("host-clock")
        self.assertRegex(text, r"-?\d+ ppm against pilot's clock in [3-9]\d\d\d ms, known to \d+ ppm")
        unsure = int(re.search(r"known to (\d+) ppm", text)[1])
        self.assertEqual(verdict, PASS if unsure <= 500 else NOT_APPLICABLE, text)

    def check_verdicts(self, found, without=(), **other):
        """They are VERDICTS, but for others."""
        self.check_host_clock(found)
        expected = {**VERDICTS, **{name.replace("_", "-"): value for name, value in other.items()}}
        expected = {name: value for name, value in expected.items() if name not in without}
        self.assertEqual({name: verdict for name, (verdict, _) in found.items()},
                         {name: verdict for name, (verdict, _) in expected.items()}, self.output)
        for name, (_, pattern) in expected.items():
            self.assertRegex(found[name][1], pattern)

    def run_alone(self):
        """Pushed by anybody, part 1 runs without a peer; returns the lines of the report."""
        since = self.log_length()
        self.push_bytes(built_bytes("self_test.elf"), "self_test.elf")
        self.machine.wait_for(r"self-test: part 1: \d+ passed, 0 failed", since=since)
        return self.fetch("self-test").decode("ascii").splitlines()

    def check_summary(self):
        counts = [len(re.findall(rf"^{verdict} ", self.output, re.M))
                  for verdict in (PASS, FAIL, NOT_APPLICABLE)]
        self.assertRegex(self.output, "{} passed, {} failed, {} not applicable\n$".format(*counts))


class TestOnQemu(SelfTest, BoardCase):
    def test_a_changed_byte_makes_each_check_of_contents_fail_and_a_push_is_lost_by_the_reset(self):
        self.boot_service("dns")
        self.machine.wait_for(READY)
        self.push("echo")
        before = self.boot_id()
        found = self.run_self_test("--corrupt", "all", status=1)
        self.assertEqual({name for name, (verdict, _) in found.items() if verdict == FAIL}, CORRUPTIBLE,
                         self.output)
        self.assertRegex(found["ram-across-reset"][1], "1 of 52 pieces .* are not what was left there, the first at 0x")
        self.assertRegex(found["dma-engine"][1], "1 bytes damaged, 0 beside them")
        self.assertRegex(found["mailbox-buffer"][1], "1 words beside them damaged")
        self.assertRegex(found["usb-frames"][1], "1 lost .* 1 damaged")
        self.assertRegex(found["link-time"][1], "negotiates nothing; address after")
        self.assertEqual(found["link-time"][0], NOT_APPLICABLE)
        self.check_summary()
        self.assertRegex(self.output, r"pilot: \S+ is reset\n")
        self.assertRegex(self.output, r"pilot: \S+ has started dns 1\.0\.0; echo, which ran before, was "
                                      r"only in its RAM\n")
        self.assertRegex(self.output, r"pilot: \S+ runs dns 1\.0\.0 again\n")
        self.check_names()
        self.assertNotEqual(self.boot_id(), before)
        self.assertEqual(self.status()["service"], "dns")
        self.check_log("self-test: begins: timers")
        self.check_alone()

    def check_alone(self):
        lines = self.run_alone()
        self.assertRegex(lines[0], r"^self-test 1\.0\.0, part 1, on Raspberry Pi 3 Model B, serial \w+$")
        self.assertIn("usb-frames = not applicable: no peer", lines)
        self.assertIn("host-clock = not applicable: no peer", lines)
        counts = [sum(f" = {verdict}: " in line for line in lines)
                  for verdict in (PASS, FAIL, NOT_APPLICABLE)]
        self.assertEqual(lines[-1], "end = {} passed, {} failed, {} not applicable".format(*counts))
        self.assertEqual(sum(counts), len(lines) - 2)


class TestOnChips(SelfTest, BoardCase):
    """On models of the board's own Ethernet chips, with their own ends of transfers."""

    LINK = (PASS, r"link \d+ ms after the adapter's start .*, address \d+ ms after")

    def check_all(self, adapter):
        self.boot_service("dns", adapter=adapter)
        self.machine.wait_for(READY)
        self.check_verdicts(self.run_self_test(), link_time=self.LINK)
        self.check_summary()
        self.assertRegex(self.output, r"pilot: \S+ runs dns 1\.0\.0 again\n")
        self.check_names()

    def test_every_check_says_what_it_found_on_the_lan9514_and_the_board_runs_on(self):
        self.check_all("lan9514")

    def test_every_check_says_what_it_found_on_the_lan7515_and_the_board_runs_on(self):
        self.check_all("lan7515")

    def test_without_a_reset_what_was_pushed_runs_again_on_the_lan7515(self):
        """And a check that is to fail and does not is not passed over."""
        self.boot_service("dns", adapter="lan7515")
        self.machine.wait_for(READY)
        self.push("echo")
        found = self.run_self_test("--no-reset", "--corrupt", "timers", status=1)
        self.check_verdicts(found, without=AFTER_RESET)
        self.assertIn("pilot: timers was to find a changed byte, and did not", self.output)
        self.assertRegex(self.output, r"pilot: \S+ runs echo 1\.0\.0 again\n")
        self.assertFalse(self.machine.has_line("resets the machine"))
        self.check_echo()


class TestCard(SelfTest, BoardCase):
    """With a card that the loader has on one controller, and needs again afterwards."""

    CRCS = r"128 blocks of 131072: CRC-32C (\w+) by emmc in \d+ KB/s, (\w+) by sdhost"

    def boot_from_card(self, **options):
        self.card = make_card(self.folder, {"service.elf": built_bytes("ends.elf"),
                                            "pilot.conf": b"sources = sd\n"})
        self.boot_board("ends.elf", card=self.card, arguments="-- confirm", **options)
        self.machine.wait_for(READY)
        with open(self.card, "rb") as image:
            return image.read()

    def check_passes(self, before):
        """And the loader reads the card afterwards."""
        line = next(line for line in self.run_alone() if line.startswith("sd-hosts"))
        self.assertTrue(line.startswith("sd-hosts = pass: "), line)
        crcs = re.search(self.CRCS, line)
        self.assertEqual(crcs[1], crcs[2])
        with open(self.card, "rb") as image:
            self.assertEqual(image.read(), before, "nothing was written")
        return crcs[1]

    def check_card(self):
        since = self.log_length()
        self.tell_ends("reboot")
        self.machine.wait_for(r"loader: starting ends \S+ from sd:", since=since)
        self.machine.wait_for(READY, since=since)

    def test_both_controllers_read_the_same_from_a_card_on_emmc(self):
        before = self.boot_from_card()
        found = self.run_self_test("--no-reset", "--corrupt", "sd-hosts", status=1)
        verdict, text = found["sd-hosts"]
        crcs = re.search(self.CRCS, text)
        self.assertEqual(verdict, FAIL)
        self.assertEqual(int(crcs[1], 16) ^ int(crcs[2], 16), 1)
        self.check_card()
        self.assertEqual(self.check_passes(before), crcs[1])

    def test_both_controllers_read_the_same_from_a_card_on_sdhost(self):
        before = self.boot_from_card(card_on_sdhost=True)
        self.check_passes(before)


class TestRefused(SelfTest, BoardCase, Signing):
    def refuse(self, **options):
        self.boot_service("dns", **options)
        self.machine.wait_for(READY)
        self.assertEqual(self.run_self_test(status=1), {})
        self.assertEqual(self.output.count("\n"), 1, self.output)
        self.check_names()

    def test_with_deploy_off_it_is_said_so(self):
        self.refuse(arguments="pilot.deploy=off")
        self.assertRegex(self.output, r"^pilot: \S+ refuses the test: pushes are off \(deploy = off\); .*pilot\.conf")

    def test_with_keys_it_is_said_how_to_sign_and_signed_it_runs(self):
        self.make_keys("ours", known=["ours"])
        self.offer("dns.elf", self.sign(built_bytes("dns.elf"), "ours")[0])
        self.boot_board("dns.elf", kernel=self.loader)
        self.machine.wait_for(READY)
        self.assertEqual(self.run_self_test(status=1), {})
        self.assertRegex(self.output, rf"^pilot: \S+ refuses the test: {UNSIGNED}.*; "
                                      r"pilot sign \S+/self_test\.elf --key NAME\.sec signs it\n$")
        shutil.copy(built("pilot"), self.folder)
        shutil.copy(built("self_test.elf"), self.folder)
        with open(os.path.join(self.folder, "self_test.elf.sig"), "wb") as out:
            out.write(self.sign(built_bytes("self_test.elf"), "ours")[1])
        self.pilot = os.path.join(self.folder, "pilot")
        since = self.log_length()
        running = self.open(Pilot(self.folder, f"{self.address}:{self.ports[TFTP]}", command="selftest",
                                  program=self.pilot))
        self.machine.wait_for("self-test: begins: timers", since=since)
        self.assertEqual(running.interrupt(), 128 + signal.SIGINT)
        self.wait_for_service("dns", since)

    def test_a_board_that_is_not_there_is_said_not_to_answer(self):
        self.run_self_test(status=1, where=f"127.0.0.1:{free_udp_port()}")
        self.assertRegex(self.output, r"^pilot: no status of \S+: .*\n$")


class TestPilotRun(Case):
    """Against the machine of a `pilot run` that stays only for what it was asked to run."""

    def test_broken_off_it_leaves_the_run_going(self):
        run = self.open(Pilot(self.folder, "dns"))
        port = int(run.wait_for(r"dig @127\.0\.0\.1 -p (\d+) host0042\.example")[1])
        test = self.open(Pilot(self.folder, command="selftest"))
        run.wait_for("self-test: begins: timers")
        self.assertEqual(test.interrupt(), 128 + signal.SIGINT)
        run.wait_for("the service ended with status 1")
        run.wait_for(READY, 3)
        with Client("127.0.0.1", port) as client:
            self.assertEqual(client.ask("host0042.example", tries=3), (0, [expected_address(42)]))
        self.assertEqual(run.interrupt(), 130)


class TestOnWire(SelfTest, BoardOnWireCase):
    """A network that loses and doubles frames of the test's own."""

    def boot_dns(self):
        self.open(dnsmasq(self.folder, tftp_root=self.offered))
        self.boot_service("dns")

    @staticmethod
    def is_probe(frame):
        udp = udp_of(frame)
        return udp is not None and udp[2].startswith(b"prb1")

    def lose(self, every, limit):
        """One in so many of the probes, on their way there."""
        self.seen = 0

        def on_frame(to_guest, frame):
            if to_guest or not self.is_probe(frame):
                return True
            self.seen += 1
            return self.seen % every != 0 or self.seen // every > limit

        self.wire.on_frame = on_frame

    def test_a_few_lost_frames_are_none_but_damaged_and_doubled_ones_are_failures(self):
        self.boot_dns()
        self.lose(every=400, limit=9)
        verdict, text = self.run_self_test("--no-reset")["usb-frames"]
        self.assertEqual(verdict, PASS)
        self.assertRegex(text, "9 lost .* 0 late, 0 twice, 0 damaged")
        self.lose_from(200)
        begun = time.monotonic()
        verdict, text = self.run_self_test("--no-reset", status=1)["usb-frames"]
        self.assertEqual(verdict, FAIL)
        self.assertRegex(text, r"^2\d\d frames .* (6[4-9]|7\d) lost .* 1 twice, 0 damaged, 1 with a bad checksum; 0 errors")
        self.assertLess(time.monotonic() - begun, 60, "it is given up soon")

    def lose_from(self, number):
        """The first comes back twice, and once more with another byte; from that one on none comes."""
        self.seen = 0

        def on_frame(to_guest, frame):
            if not to_guest or not self.is_probe(frame):
                return True
            self.seen += 1
            if self.seen == 1:
                self.wire.deliver(to_guest, frame)
                self.wire.deliver(to_guest, frame[:60] + bytes([frame[60] ^ 1]) + frame[61:])
            return self.seen < number

        self.wire.on_frame = on_frame
