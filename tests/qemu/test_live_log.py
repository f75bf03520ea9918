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


RSYSLOG = '''
module(load="imudp")
module(load="mmpstrucdata")
input(type="imudp" address="{host}" port="514" ruleset="board")
template(name="told" type="string" string="{fields}\\n")
ruleset(name="board") {{
    action(type="mmpstrucdata")
    action(type="omfile" file="{told}" template="told")
}}
'''
RSYSLOG_FIELDS = ("hostname", "app-name", "syslogfacility-text", "syslogseverity-text",
                  "$!rfc5424-sd!meta!sequenceid", "$!rfc5424-sd!meta!sysuptime", "msg")


class Rsyslog(servers.Server):
    """The real one. .lines(): a tuple of RSYSLOG_FIELDS for each message it has written."""

    def __init__(self, folder):
        self.told = os.path.join(folder, "told")
        configuration = os.path.join(folder, "rsyslog.conf")
        with open(configuration, "w", encoding="ascii") as out:
            out.write(RSYSLOG.format(host=HOST, told=self.told,
                                     fields="\\t".join(f"%{field}%" for field in RSYSLOG_FIELDS)))
        program, libraries = servers.rsyslogd()
        command = ["env", f"LD_LIBRARY_PATH={libraries}", program, "-n", "-iNONE", "-C",
                   "-M", os.path.join(libraries, "rsyslog"), "-f", configuration]
        super().__init__(folder, "rsyslogd", command, SYSLOG_PORT)

    def lines(self):
        if not os.path.exists(self.told):
            return []
        with open(self.told, encoding="ascii") as told:
            return [tuple(line.rstrip("\n").split("\t")) for line in told if line.endswith("\n")]


class TestRsyslog(BoardOnWireCase):
    def crash(self, service):
        """What runs; until that service does."""
        since = self.log_length()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"write-null", (self.address, self.ports[FAULTS]))
        return self.wait_for_service(service, since)

    def shown(self):
        """(hundredths of a second, text) of what the serial line has from the first line on."""
        with self.machine.changed:
            lines = [re.fullmatch(r"\[ *(\d+)\.(\d\d)\d{4}\] (.*)", line) for line in self.machine.lines]
        lines = [(int(match[1] + match[2]), match[3]) for match in lines if match]
        first = next(i for i, (_, text) in enumerate(lines) if text.startswith("loader: Pilotlight"))
        return lines[first:]

    def test_every_line_arrives_over_boot_pushes_crash_and_roll_back(self):
        self.open(servers.dnsmasq(self.folder, tftp_root=self.offered))
        self.rsyslog = self.open(Rsyslog(self.folder))
        self.boot_service("dns", arguments=f"pilot.syslog={HOST}")
        self.push("echo")
        since = self.push("dns")
        self.machine.wait_for("the service confirmed itself", since=since)
        self.push("faults")
        self.crash("dns")
        end = self.shown()[-1][1]
        wait_until(lambda: self.rsyslog.lines() and self.rsyslog.lines()[-1][-1] == end,
                   f"{end!r} at the syslog server")
        told = {}
        for host, name, facility, severity, number, time, text in self.rsyslog.lines():
            self.assertEqual((host, facility, severity), (SERIAL, "local0", "info"), text)
            line = (int(time), text, name)
            self.assertEqual(told.setdefault(int(number), line), line, "one number, two lines")
        shown = self.shown()
        shown = shown[:len(shown) - [text for _, text in reversed(shown)].index(end)]
        self.assertEqual(list(told), list(range(1, len(told) + 1)), "out of order, or missing")
        self.assertEqual([line[:2] for line in told.values()], shown)
        self.assertEqual({name for _, _, name in told.values()} - {"loader"},
                         {"faults", "echo", "dns", "pilotlight"})
        for _, text, name in told.values():
            if re.match(r"loader:|guard:|fault:", text):
                self.assertIn(name, ("pilotlight", "loader"), text)
        for part in (r"loader: Pilotlight", r"guard: faults \S+ crashed", r"fault: ",
                     r"kernel: the service before", r"kernel: dns \S+ from push"):
            self.assertTrue(any(re.match(part, text) for _, text, _ in told.values()), part)
        self.assertLess(len(self.rsyslog.lines()) - len(told), 8, "lines are repeated")


class TestSyslog(BoardOnWireCase):
    def test_each_datagram_is_of_the_documented_form_and_numbered_on_over_programs(self):
        self.open(servers.dnsmasq(self.folder, tftp_root=self.offered))
        receiver = self.open(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        receiver.bind((HOST, SYSLOG_PORT))
        receiver.settimeout(5)
        self.boot_service("dns", arguments=f"pilot.syslog={HOST}")
        self.push("echo")
        told = []
        while not told or "boot: push" not in told[-1][3]:
            datagram, sender = receiver.recvfrom(2048)
            self.assertEqual(sender[0], self.address)
            match = SYSLOG.fullmatch(datagram.decode("ascii"))
            self.assertIsNotNone(match, datagram)
            self.assertEqual(match[1], SERIAL)
            line = (int(match[3]), int(match[4]), match[2], f"{match[5]}: {match[6]}")
            if line not in told:
                told.append(line)
        self.assertEqual([line[0] for line in told], list(range(1, len(told) + 1)))
        times = [line[1] for line in told]
        self.assertEqual(times, sorted(times))
        for _, _, _, text in told:
            self.assertTrue(self.machine.has_line(re.escape(text)), text)
        # The loader may have had no time to send what it said.
        self.assertEqual({name for _, _, name, _ in told} - {"loader"}, {"pilotlight", "dns", "echo"})


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
