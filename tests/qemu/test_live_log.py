"""What the board tells while it works: its log, from the ring and live, as syslog datagrams, and
core files to the boot server.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import re
import socket
import struct
import subprocess
import threading

import servers
from cases import READY, SERIAL
from machine import built, wait_until
from redeploy import FAULTS, TFTP, BoardCase, BoardOnWireCase
from wire import HOST

SYSLOG_PORT = 514

# RFC 5424 as docs/redeploy.md has it: priority local0.info, no time of day.
SYSLOG = re.compile(r'<134>1 - (\S+) (\S+) - - \[meta sequenceId="(\d+)" sysUpTime="(\d+)"\] (\S+): (.*)')


class Following:
    """`pilot log`, which goes on until it is ended; .output() so far."""

    def __init__(self, *arguments):
        self.command = [built("pilot"), "log", *arguments]
        self.lines = []

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def count(self, pattern):
        return sum(1 for line in list(self.lines) if re.search(pattern, line))

    def wait_for(self, pattern, times=1):
        wait_until(lambda: self.count(pattern) >= times,
                   f"{times} lines with {pattern!r}; there are " + " / ".join(self.lines[-12:]))


class TestPilotLog(BoardCase):
    def setUp(self):
        super().setUp()
        self.boot_service("dns")
        self.machine.wait_for(READY)
        self.board = f"{self.address}:{self.ports[TFTP]}"

    def test_the_ring_holds_what_the_serial_line_showed(self):
        self.push("echo")
        text = self.run_client(built("pilot"), "log", "-n", self.board)
        told = [line.split("] ", 1)[1] for line in text.splitlines() if line.startswith("[")]
        with self.machine.changed:
            shown = [line.split("] ", 1)[1] for line in self.machine.lines if line.startswith("[")]
        self.assertEqual(told[:len(shown)], shown)

    def test_a_log_that_is_followed_tells_each_line_of_a_redeploy_once(self):
        with Following(self.board) as following:
            following.wait_for(r"kernel: dns \S+ from tftp")
            for service in ("echo", "dns"):
                self.push(service)
                following.wait_for(rf"kernel: {service} \S+ from push")
                following.wait_for(r"boot: push ", 1 if service == "echo" else 2)
            self.assertEqual(following.process.poll(), None)
            for pattern, times in ((r"loader: Pilotlight", 1), (r"kernel: dns \S+ from tftp", 1),
                                   (r"push: .*handing back", 2), (r"replaced by a push", 2),
                                   (r"loader: starting", 3), (r"kernel: echo \S+ from push", 1)):
                self.assertEqual(following.count(pattern), times,
                                 pattern + ": " + " / ".join(following.lines))


class TestSyslog(BoardOnWireCase):
    def test_each_program_numbers_its_lines_without_a_gap(self):
        self.open(servers.dnsmasq(self.folder, tftp_root=self.offered))
        receiver = self.open(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        receiver.bind((HOST, SYSLOG_PORT))
        receiver.settimeout(5)
        self.boot_service("dns", arguments=f"pilot.syslog={HOST}")
        self.push("echo")
        told = {}
        while not any("boot: push" in text for _, _, text in told.get("echo", [])):
            datagram, sender = receiver.recvfrom(2048)
            self.assertEqual(sender[0], self.address)
            match = SYSLOG.fullmatch(datagram.decode("ascii"))
            self.assertIsNotNone(match, datagram)
            self.assertEqual(match[1], SERIAL)
            told.setdefault(match[2], []).append((int(match[3]), int(match[4]),
                                                  f"{match[5]}: {match[6]}"))
        for name, lines in told.items():
            numbers = [number for number, _, _ in lines]
            self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))), name)
            times = [centiseconds for _, centiseconds, _ in lines]
            self.assertEqual(times, sorted(times), name)
            for _, centiseconds, text in lines:
                self.assertTrue(self.machine.has_line(re.escape(text)), text)
        self.assertIn("dns", told)


class TestCoreIsSent(BoardOnWireCase):
    def boot_faults(self, *options):
        self.open(servers.dnsmasq(self.folder, file="faults.elf"))
        self.open(servers.tftpd_hpa(self.folder, self.offered, options))
        self.boot_service("faults", arguments="pilot.core=send")

    def crash(self):
        """Returns the position in the log before; the service runs again then."""
        since = self.log_length()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"trap", (self.address, self.ports[FAULTS]))
        self.wait_for_service("faults", since)
        return since

    def test_each_crash_leaves_a_core_file_on_the_server(self):
        self.boot_faults("--create")
        for number in (1, 2):
            self.crash()
            with open(os.path.join(self.offered, f"core.faults.{number}"), "rb") as sent:
                core = sent.read()
            self.assertEqual(core[:4], b"\x7fELF")
            self.assertEqual(struct.unpack_from("<HH", core, 16), (4, 183), "no core of AArch64")
            self.assertEqual(core, self.fetch("core"))
            self.assertEqual(self.status()["core_number"], str(number))

    def test_a_server_that_takes_no_files_costs_only_a_line(self):
        self.boot_faults()
        since = self.crash()
        self.machine.wait_for(r"guard: core\.faults\.1: not sent: ", since=since)
        self.assertEqual([name for name in os.listdir(self.offered) if "core" in name], [])
        self.assertTrue(self.fetch("core").startswith(b"\x7fELF"))
