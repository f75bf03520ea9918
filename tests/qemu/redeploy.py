"""redeploy: what the tests of pushes and hand-backs share: a board, what it tells of itself,
the ways to push to it, and a load of DNS queries.

SPDX-License-Identifier: BSD-2-Clause
"""
import re
import select
import socket
import struct
import subprocess
import threading
import time

import tftp_client
import tftp_peer
from cases import ADDRESS, READY, Case, WireCase, built_bytes, free_udp_port
from dns_client import Client, expected_address, make_query, parse_answer
from machine import DEADLINE_S, built, wait_until

DNS, TFTP, ECHO, ENDS, FAULTS = 53, 69, 7, 4998, 4999

HANDED_BACK = r"loader: (\S+) \S+ (.*); (.*)$"
# The bus: found and set up, or taken over as it was left.
ENUMERATED = r"usb: device \d+, port"
ADOPTED = r"usb: device \d+: .* taken over"


def read_words(text):
    """{key: value} of lines "key = value"."""
    return dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)


class Board:
    """What a test can do with the board in self.machine, at self.address. ports: {port of the
    board: port at that address}."""

    PORTS = (DNS, TFTP, ECHO, ENDS, FAULTS)

    def check_log(self, pattern, since=0, has=True):
        """A line of that kind is there from that position on, or none is."""
        with self.machine.changed:
            lines = self.machine.lines[since:]
        at = next((i for i, line in enumerate(lines) if re.search(pattern, line)), None)
        if (at is not None) != has:
            near = lines[max(0, at - 10):at + 2] if at is not None else lines[-12:]
            self.fail(f"{'no' if has else 'a'} line with {pattern!r}: " + " / ".join(near))

    def log_length(self):
        with self.machine.changed:
            return len(self.machine.lines)

    # ---- what runs ----

    def fetch(self, name):
        """A file of the board; asked again when it is busy with another."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            try:
                with self.peer(wait_s=2) as peer:
                    return peer.fetch(name)
            except (socket.timeout, tftp_peer.Refused) as error:
                busy = isinstance(error, socket.timeout) or "busy" in str(error)
                if not busy or time.monotonic() > deadline:
                    raise

    def status(self):
        return read_words(self.fetch("status").decode("ascii"))

    def wait_for_network(self):
        """Until it answers: one who begins anew is set up before the link is."""
        self.status()

    def boot_id(self):
        return self.status()["boot_id"]

    def wait_for_service(self, name, since, timeout_s=DEADLINE_S):
        """Until that service is set up; returns the position behind that in the log."""
        started = self.machine.wait_for(rf"kernel: {name} \S+ from", timeout_s, since)
        return self.machine.wait_for(READY, timeout_s, started.after).after

    def check_names(self, numbers=(0, 42, 9999), tries=3):
        with Client(self.address, self.ports[DNS], timeout_s=2) as client:
            for i in numbers:
                self.assertEqual(client.ask(f"host{i:04}.example", tries=tries),
                                 (0, [expected_address(i)]))

    def check_echo(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(5)
            client.connect((self.address, self.ports[ECHO]))
            client.send(b"there and back")
            self.assertEqual(client.recv(2048), b"there and back")

    # ---- pushes ----

    def peer(self, **options):
        return tftp_peer.Peer(self.ports[TFTP], self.address, **options)

    def push(self, service):
        """By our own client; returns when the service is set up, with the log's position."""
        since = self.log_length()
        self.push_bytes(built_bytes(f"{service}.elf"), f"{service}.elf")
        return self.wait_for_service(service, since)

    def push_bytes(self, content, name="x.elf"):
        with self.peer() as peer:
            peer.push(content, name)

    def push_by_hpa(self, service):
        tftp_client.push(built(f"{service}.elf"), self.ports[TFTP], self.address)

    def push_by_curl(self, service):
        self.run_client("curl", "--silent", "--show-error", "--max-time", "30", "--upload-file",
                        built(f"{service}.elf"), f"tftp://{self.address}:{self.ports[TFTP]}/")

    def push_by_atftp(self, service):
        self.run_client("atftp", "--put", "--local-file", built(f"{service}.elf"), "--remote-file",
                        f"{service}.elf", self.address, str(self.ports[TFTP]))

    def deploy(self, service):
        """`pilot deploy`; returns what it printed."""
        return self.run_client(built("pilot"), "deploy", built(f"{service}.elf"),
                               f"{self.address}:{self.ports[TFTP]}")

    def run_client(self, *command):
        result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
        self.assertEqual(result.returncode, 0, result.stdout)
        return result.stdout

    # ---- payloads/ends ----

    def tell_ends(self, command, answers=True):
        """The state it answers with, as {key: value}; nothing is waited for if answers is
        false: it ends."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(5)
            client.connect((self.address, self.ports[ENDS]))
            client.send(command.encode())
            if not answers:
                return None
            words = client.recv(2048).decode("ascii").split()
            return dict(word.split("=", 1) for word in words)


class BoardCase(Board, Case):
    """On QEMU's user-mode network."""

    address = "127.0.0.1"

    def boot_service(self, service, **options):
        self.offer(f"{service}.elf")
        return self.boot_board(f"{service}.elf", **options)

    def boot_board(self, file, **options):
        self.ports = {port: free_udp_port() for port in self.PORTS}
        self.machine = self.boot_with_user_network(file, ports=self.ports, **options)
        return self.machine


class BoardOnWireCase(Board, WireCase):
    """On the wire, with real servers."""

    def setUp(self):
        super().setUp()
        self.ports = {port: port for port in self.PORTS}

    def boot_service(self, service, **options):
        """The servers are the caller's. Returns when the service is set up."""
        self.offer(f"{service}.elf")
        self.machine = self.boot(**options)
        self.machine.wait_for(READY)
        self.address = self.machine.wait_for(ADDRESS)[1]
        return self.machine


class DnsLoad:
    """Queries at a steady pace from a thread of its own, one never waiting for another's
    answer; what a busy host was too late for is not made up for at once. Afterwards: when which
    was sent and answered, what was lost, answers that are wrong, and gaps between answers in
    seconds."""

    SETTLE_S = 1.0      # how long the last answers may take

    def __init__(self, port, per_second, address="127.0.0.1"):
        self.interval_s = 1 / per_second
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((address, port))
        self.socket.setblocking(False)
        self.sent_at, self.answered_at, self.wrong = {}, {}, []
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        wait_until(lambda: self.answered_at, "the first answer under load")
        return self

    def __exit__(self, *_):
        self.stop()
        self.socket.close()

    def stop(self):
        self.stopping = True
        self.thread.join()

    def run(self):
        next_at, number = time.monotonic(), 0
        while not self.stopping:
            now = time.monotonic()
            if now >= next_at:
                self.send(number, now)
                number += 1
                next_at += self.interval_s
                if next_at < now:
                    next_at = now + self.interval_s
            self.take_answers(max(0.0, next_at - time.monotonic()))
        end = time.monotonic() + self.SETTLE_S
        while time.monotonic() < end and len(self.answered_at) < len(self.sent_at):
            self.take_answers(0.05)

    @staticmethod
    def query(number):
        return make_query(number & 0xFFFF, f"host{number % 10000:04}.example")

    def send(self, number, now):
        self.sent_at[number] = now
        try:
            self.socket.send(self.query(number))
        except OSError:
            pass        # counted as lost

    def take_answers(self, wait_s):
        if not select.select([self.socket], [], [], wait_s)[0]:
            return
        try:
            answer = self.socket.recv(2048)
        except OSError:
            return
        now = time.monotonic()
        identity = int.from_bytes(answer[:2], "big")
        newest = len(self.sent_at) - 1
        number = newest - ((newest - identity) & 0xFFFF)
        if number in self.sent_at and number not in self.answered_at:
            self.answered_at[number] = now
        self.check(answer, number)

    def check(self, answer, number):
        try:
            found = parse_answer(answer, self.query(number))
        except (AssertionError, struct.error, IndexError) as error:
            found = error
        if found != (0, [expected_address(number % 10000)]):
            self.wrong.append((number, found))

    # ---- results ----

    def has_answered_since(self, moment):
        return any(at > moment for at in list(self.answered_at.values())[-50:])

    def has_answered_sent_since(self, moment, times):
        """So many of those that were sent since then."""
        return sum(self.sent_at[number] > moment for number in list(self.answered_at)[-50:]) >= times

    def lost(self):
        """The moments at which those were sent that nobody answered."""
        return [at for number, at in self.sent_at.items() if number not in self.answered_at]

    def first_answer_to_one_sent_since(self, moment):
        """The moment it came; never: infinity."""
        return min((at for number, at in self.answered_at.items() if self.sent_at[number] >= moment),
                   default=float("inf"))

    def latency(self, share):
        times = sorted(at - self.sent_at[number] for number, at in self.answered_at.items())
        return times[min(len(times) - 1, int(len(times) * share))]

    def gaps(self, begin=0.0, end=float("inf")):
        """Between one answer and the next, the longest first; those of which a part lies between
        two moments."""
        times = sorted(self.answered_at.values())
        return sorted((b - a for a, b in zip(times, times[1:]) if a < end and b > begin), reverse=True)


def phases(text):
    """{phase: ms} of a status's or a log's account: "push 3.1, hand-back 16.0, ..."."""
    return {name: float(ms) for name, ms in re.findall(r"([a-z][a-z -]*) (\d+\.\d+),", text)}
