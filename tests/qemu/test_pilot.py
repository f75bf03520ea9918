"""The pilot command as people use it: user-mode network, no namespace, no root.

SPDX-License-Identifier: BSD-2-Clause
"""
import glob
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from cases import READY, Case
from dns_client import Client, expected_address
from machine import BUILD, DEADLINE_S, Silence

PILOT = os.path.join(BUILD, "pilot")


class Pilot:
    """A running `pilot run`, or another command that goes on; its output line by line."""

    def __init__(self, folder, *arguments, before=(), command="run", program=PILOT):
        self.process = subprocess.Popen([program, *before, command, *arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        env=dict(os.environ, TMPDIR=folder))
        self.output = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()     # QEMU is told by the kernel that its parent died
        self.process.communicate()

    def wait_for(self, pattern, times=1):
        """Reads until the pattern is there. A pilot that hangs is ended by the alarm."""
        def too_late(*_):
            raise Silence(f"no {pattern!r} from pilot: {self.output[-1500:]}")

        before = signal.signal(signal.SIGALRM, too_late)
        signal.alarm(2 * DEADLINE_S)
        try:
            while len(re.findall(pattern, self.output)) < times:
                line = self.process.stdout.readline()
                if not line:
                    raise Silence(f"pilot ended without {pattern!r}: {self.output[-1500:]}")
                self.output += line
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)
        return re.search(pattern, self.output)

    def interrupt(self):
        """Ctrl-C; returns the exit status."""
        self.process.send_signal(signal.SIGINT)
        self.output += self.process.communicate(timeout=DEADLINE_S)[0]
        return self.process.returncode


class PilotCase(Case):
    def start(self, *arguments, **options):
        return self.open(Pilot(self.folder, *arguments, **options))

    def check_dns(self, *options):
        pilot = self.start("dns", *options)
        port = int(pilot.wait_for(r"dig @127\.0\.0\.1 -p (\d+) host0042\.example")[1])
        with Client("127.0.0.1", port) as client:
            for i in (42, 0, 9999):
                self.assertEqual(client.ask(f"host{i:04}.example"), (0, [expected_address(i)]))
        self.assertEqual(pilot.interrupt(), 130)
        self.assertEqual(glob.glob(os.path.join(self.folder, "pilot-*")), [], "files are left")
        return pilot


class TestPilotRun(PilotCase):
    def test_dns_over_the_network(self):
        pilot = self.check_dns()
        self.assertIn("from tftp://10.0.2.2/dns.elf", pilot.output)

    def test_dns_behind_a_hub(self):
        self.check_dns("--hub")

    def test_dns_from_a_card(self):
        self.assertIn("from sd:dns.elf", self.check_dns("--sd").output)

    def test_dns_from_a_card_on_sdhost(self):
        self.assertIn("from sd:dns.elf", self.check_dns("--sd-host", "sdhost").output)

    def test_a_file_with_arguments_in_a_path_with_blank_and_comma(self):
        with tempfile.TemporaryDirectory(prefix="a, b ") as folder:
            path = os.path.join(folder, "some service,v2.elf")
            with open(os.path.join(BUILD, "hello.elf"), "rb") as source, open(path, "wb") as out:
                out.write(source.read())
            pilot = self.start(path, "-v", "--", "first", "two words", "")
            pilot.wait_for("the service ended with status 0")
            self.assertEqual(pilot.process.wait(DEADLINE_S), 0)
            self.assertIn("two words", pilot.output)
            self.assertIn("+ qemu-system-aarch64 ", pilot.output)

    def test_further_ports_are_forwarded_where_it_says(self):
        pilot = self.start("echo", "--port", "1234,7", "-p", "80")
        pilot.wait_for(r"pilot: forwarded: 127\.0\.0\.1:\d+ to UDP port 80 of echo\n")
        forwards = {int(port): int(here) for here, port in
                    re.findall(r"pilot: forwarded: 127\.0\.0\.1:(\d+) to UDP port (\d+) of echo\n", pilot.output)}
        self.assertEqual(sorted(forwards), [7, 80, 1234])
        self.assertEqual(len(set(forwards.values())), 3, forwards)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(DEADLINE_S)
            client.connect(("127.0.0.1", forwards[7]))
            client.send(b"over there")
            self.assertEqual(client.recv(2048), b"over there")

    def test_commands_are_shown_when_v_stands_before_run(self):
        pilot = self.start("hello", before=["-v"])
        pilot.wait_for(r"\+ qemu-system-aarch64 ")

    def test_a_service_without_ports_is_said_to_have_none(self):
        pilot = self.start("hello")
        pilot.wait_for("the service ended with status 0")
        self.assertEqual(pilot.process.wait(DEADLINE_S), 0)
        self.assertNotIn("pilot: ", pilot.output)

    def test_a_file_name_that_is_too_long_for_the_loader_is_replaced(self):
        for length, name in ((127, "n" * 123 + ".elf"), (128, "service.elf")):
            with self.subTest(length):
                path = os.path.join(self.folder, "n" * (length - 4) + ".elf")
                shutil.copy(os.path.join(BUILD, "hello.elf"), path)
                pilot = self.start(path)
                pilot.wait_for(rf"network: tftp://10\.0\.2\.2/{name}: \d+ bytes")

    def test_the_status_of_a_service_that_fails_is_the_commands(self):
        pilot = self.start("dns", "--", "no-number")
        status = int(pilot.wait_for(r"the service ended with status (-?\d+)")[1])
        self.assertNotEqual(status, 0)
        self.assertEqual(pilot.process.wait(DEADLINE_S), status & 255 or 1)

    def test_a_reader_that_goes_away_ends_the_run(self):
        pilot = self.start("dns")
        pilot.process.stdout.close()    # long before there is anything to read
        self.assertEqual(pilot.process.wait(DEADLINE_S), 1)
        pilot.process.stdout = None

    def test_a_crash_and_a_hang_end_the_run(self):
        for fault, word in (("trap", "crashed"), ("read-null", "crashed"), ("loop-masked", "hung")):
            with self.subTest(fault):
                pilot = self.start("faults", "--", fault)
                pilot.wait_for(rf"guard: faults \S+ {word}: ")
                self.assertEqual(pilot.process.wait(DEADLINE_S), 134)


class TestPilotAndTheMachine(PilotCase):
    """deploy, log, core and status find what `pilot run` started."""

    def pilot(self, *arguments, status=0):
        result = subprocess.run([PILOT, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=3 * DEADLINE_S, check=False,
                                env=dict(os.environ, TMPDIR=self.folder), cwd=self.folder)
        self.assertEqual(result.returncode, status, result.stdout)
        return result.stdout

    @staticmethod
    def value(status, key):
        return re.search(rf"^{key} = (.*)$", status, re.M)[1]

    def test_a_service_is_deployed_again_and_again_and_the_log_has_it_all(self):
        self.start("dns").wait_for(READY)
        log = self.open(Pilot(self.folder, command="log"))
        log.wait_for(READY)
        before = self.pilot("status")
        for number in (1, 2):
            output = self.pilot("deploy", "dns", "--wait")
            self.assertRegex(output, r"\ndns \S+ answers, \d+ ms after hand-back\nconfirm .*confirmed itself\n\Z")
            after = self.pilot("status")
            self.assertEqual(self.value(after, "redeploys"), str(number))
            self.assertEqual(self.value(after, "state"), "confirmed")
            self.assertNotEqual(self.value(after, "boot_id"), self.value(before, "boot_id"))
        log.wait_for(READY, 3)
        log.wait_for("confirmed itself", 2)
        kept = re.sub(r"^\[.*?\] ", "", self.pilot("log", "-n"), flags=re.M)
        live = re.sub(r"^\[.*?\] ", "", log.output, flags=re.M)
        self.assertEqual(live, kept[:len(live)])

    def test_a_log_that_is_followed_through_crashes_tells_each_line_once(self):
        listening = "faults: commands are taken"
        pilot = self.start("faults", "--stay", "--port", "4999")
        here = int(pilot.wait_for(r"pilot: forwarded: 127\.0\.0\.1:(\d+) to UDP port 4999 of faults\n")[1])
        pilot.wait_for(listening)
        log = self.open(Pilot(self.folder, command="log"))
        log.wait_for(listening)
        commands = self.open(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        commands.connect(("127.0.0.1", here))
        commands.send(b"confirm")
        log.wait_for("kernel: the service confirmed itself")
        # The kernel below the service reports the first, the guard the second.
        for number, fault in ((1, "read-null"), (2, "trap")):
            commands.send(fault.encode())
            log.wait_for(listening, number + 1)
            log.wait_for("boot: .*, in all ", number + 1)
        self.assertIsNone(log.process.poll())
        for line, times in (("faults: command: read-null", 1), ("faults: command: trap", 1),
                            (r"fault: .*\bread_from\+0x", 1),
                            (r"guard: faults \S+ crashed: reading 0x10: ", 1),
                            (r"guard: faults \S+ crashed: BRK 0x3e8; pc 0x", 1),
                            ("guard: core 1: ", 1), ("guard: core 2: ", 1),
                            (r"loader: faults \S+ crashed: .*; the same image again", 2),
                            (r"kernel: the service before, faults \S+, crashed: .* \(core [12]\)", 2),
                            (listening, 3)):
            self.assertEqual(len(re.findall(line, log.output)), times, line + ": " + log.output)
        kept = re.sub(r"^\[.*?\] ", "", self.pilot("log", "-n"), flags=re.M)
        live = re.sub(r"^\[.*?\] ", "", log.output, flags=re.M)
        self.assertEqual(live, kept[:len(live)])

    def test_another_service_takes_its_place(self):
        pilot = self.start("dns")
        pilot.wait_for(READY)
        self.assertRegex(self.pilot("deploy", "echo"), r"\necho \S+ answers, \d+ ms after hand-back\n\Z")
        pilot.wait_for(r"pilot: forwarded: 127\.0\.0\.1:\d+ to UDP port 7 of echo\n")

    def test_what_is_no_service_is_refused_and_the_old_one_stays(self):
        self.start("dns").wait_for(READY)
        before = self.value(self.pilot("status"), "boot_id")
        path = os.path.join(self.folder, "bad.elf")
        with open(os.path.join(BUILD, "dns.elf"), "rb") as source, open(path, "wb") as out:
            out.write(source.read()[:-5000])
        self.assertRegex(self.pilot("deploy", path, status=1), r"\npilot: \S+ refuses service\.elf: .+\n\Z")
        self.assertEqual(self.value(self.pilot("status"), "boot_id"), before)

    def test_a_crash_leaves_a_core_when_the_machine_stays(self):
        pilot = self.start("faults", "--stay", "--", "read-null")
        pilot.wait_for("guard: core 1: ")
        output = self.pilot("core", "-o", "a.core")
        self.assertIn("\n    gdb-multiarch ", output)
        self.assertNotIn("is not what crashed", output)
        with open(os.path.join(self.folder, "a.core"), "rb") as source:
            core = source.read()
        self.assertEqual(core[:4], b"\x7fELF")
        with open(os.path.join(BUILD, "faults.elf"), "rb") as elf:
            self.assertIn(hashlib.sha256(elf.read()).digest(), core)
        self.assertIsNone(pilot.process.poll())

    def test_watch_deploys_what_is_saved(self):
        path = os.path.join(self.folder, "some.elf")
        shutil.copy(os.path.join(BUILD, "dns.elf"), path)
        pilot = self.start("--watch", path)
        pilot.wait_for(READY)
        pilot.wait_for("pilot: watching ")
        shutil.copy(os.path.join(BUILD, "echo.elf"), path + ".new")
        os.rename(path + ".new", path)
        pilot.wait_for(r"\necho \S+ answers, \d+ ms after hand-back\n")
        self.assertEqual(pilot.interrupt(), 130)
        self.assertEqual(glob.glob(os.path.join(self.folder, "pilot-*")), [], "files are left")

    def test_without_a_machine_the_sentence_says_how_to_get_one(self):
        self.assertIn("no machine of pilot run is running", self.pilot("deploy", "dns", status=1))


class TestPilotArguments(unittest.TestCase):
    def check(self, arguments, sentence, environment=None):
        result = subprocess.run([PILOT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, timeout=DEADLINE_S, check=False, env=environment)
        self.assertEqual(result.returncode, 1, result)
        self.assertRegex(result.stderr, rf"\Apilot: .*{sentence}.*\n\Z")

    def test_wrong_arguments_get_one_sentence(self):
        for arguments, sentence in (
                (["fly"], "there is no command fly"),
                (["run"], "wants the name of a service"),
                (["run", "nothing-of-the-kind"], "there is no service nothing-of-the-kind"),
                (["run", "/nowhere/x.elf"], "cannot read /nowhere/x.elf"),
                (["run", "dns", "echo"], "takes one service, not dns and echo"),
                (["--fast", "run", "dns"], "no option --fast in front of the command"),
                (["run", "dns", "--fast"], "no option --fast"),
                (["run", "dns", "--port"], "--port wants UDP ports from 1 to 65535, .* not nothing"),
                (["run", "dns", "-p", "53,"], "--port wants UDP ports .* not 53,"),
                (["run", "dns", "-p", "65536"], "--port wants UDP ports .* not 65536"),
                (["run", "dns", "-p", "0"], "--port wants UDP ports .* not 0"),
                (["run", "dns", "-p", "7x"], "--port wants UDP ports .* not 7x"),
                (["run", "dns", "-p", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16"], "at most 16 ports"),
                (["run", "dns", "--sd-host", "usb"], "wants emmc or sdhost, not usb"),
                (["run", "dns", "--sd-host"], "wants emmc or sdhost, not nothing"),
                (["run", "dns", "--", 'a"b'], "argument 1 of the service has the character 0x22"),
                (["run", "--card"], "--card wants a card image"),
                (["run", "--card", "x.img", "dns"], "dns cannot be named beside it"),
                (["run", "--card", "x.img", "--sd"], "--card goes neither with --sd nor with --watch"),
                (["run", "--card", "/nowhere/x.img"], "cannot open the card image /nowhere/x.img"),
                (["run", "--card", "/dev/null"], "is not an image file"),
                (["info"], "wants one service or file"),
                (["info", "/"], "is not a regular file")):
            with self.subTest(arguments):
                self.check(arguments, sentence)

    def test_a_missing_qemu_is_named_with_its_package(self):
        self.check(["run", "dns"], "no qemu-system-aarch64 .* the package qemu-system-arm has it",
                   {"PATH": "/nowhere"})

    def test_help_names_every_command(self):
        result = subprocess.run([PILOT, "help"], stdout=subprocess.PIPE, text=True, timeout=10, check=True)
        for command in ("run", "deploy", "sdcard", "slots", "select", "watch", "log", "core", "status", "info",
                        "keygen", "sign", "key", "help"):
            self.assertIn(f"\n  pilot {command} ", result.stdout.replace("\n  pilot help\n", "\n  pilot help \n"))
