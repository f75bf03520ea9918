"""measure: machines with a counter in them, and clients that take the time.

SPDX-License-Identifier: BSD-2-Clause
"""
import mmap
import os
import re
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "qemu"))

from dns_client import make_query
from machine import BUILD, Machine

PL011_DATA = 0x3F201000


class CountedMachine(Machine):
    """A Machine whose instructions are counted from outside."""

    def __init__(self, folder, *, profile=False, marks=(), **options):
        """marks: addresses of functions whose calls are noted."""
        self.count_path = os.path.join(folder, "count")
        self.log_path = os.path.join(folder, "log")
        self.profile_path = os.path.join(folder, "profile") if profile else None
        plugin = (f"{BUILD}/count.so,count={self.count_path},uart={PL011_DATA:#x},"
                  f"log={self.log_path}")
        if marks:
            self.marks_path = os.path.join(folder, "marks")
            plugin += "".join(f",mark={address:#x}" for address in marks)
            plugin += f",marks={self.marks_path}"
        if profile:
            plugin += f",profile={self.profile_path}"
        super().__init__(options=("-plugin", plugin), **options)

    def __enter__(self):
        super().__enter__()
        with open(self.count_path, "rb") as source:
            self.shared = mmap.mmap(source.fileno(), 8, prot=mmap.PROT_READ)
        return self

    def instructions(self):
        return struct.unpack("<Q", self.shared[:8])[0]

    def instructions_at_marks(self):
        """[(address, instructions before)] of each call, in order."""
        with open(self.marks_path, "rb") as source:
            return list(struct.iter_unpack("<QQ", source.read()))

    def instructions_at_lines(self):
        """[(instructions when the line's first byte was stored, line)]."""
        with open(self.log_path, "rb") as source:
            counts = [count for (count,) in struct.iter_unpack("<Q", source.read())]
        result, at = [], 0
        for line in self.raw_lines():
            if at < len(counts):
                result.append((counts[at], line.decode("utf-8", "replace").rstrip()))
            at += len(line)
        return result

    def raw_lines(self):
        """The serial bytes again, with the line ends as they were sent."""
        with self.changed:
            lines = list(self.lines)
        ending = b"\r\n" if self.has_carriage_returns() else b"\n"
        return [line.encode("utf-8", "replace") + ending for line in lines]

    def has_carriage_returns(self):
        """As many bytes as lines have, or one more for each?"""
        with self.changed:
            text = sum(len(line.encode()) + 1 for line in self.lines)
            lines = len(self.lines)
        return os.path.getsize(self.log_path) // 8 >= text + lines


def udp_client(port, address="127.0.0.1"):
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect((address, port))
    client.settimeout(2)
    return client


def first_reply(client):
    """Asks until the service answers; returns the moment of the answer."""
    client.settimeout(0.05)
    query = make_query(1, "host0042.example")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        client.send(query)
        try:
            if client.recv(2048)[:2] == query[:2]:
                now = time.perf_counter()
                client.settimeout(2)
                return now
        except (socket.timeout, ConnectionRefusedError):
            continue
    raise AssertionError("the service does not answer")


def exchange(client, packets):
    """Sends one after the other's answer; returns the times, in seconds."""
    times = []
    for packet in packets:
        start = time.perf_counter()
        client.send(packet)
        client.recv(2048)
        times.append(time.perf_counter() - start)
    return times


def queries(count):
    return [make_query(i & 0xFFFF, f"host{i * 7 % 10000:04}.example") for i in range(count)]


def percentile(times, share):
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def machine_name():
    with open("/proc/cpuinfo", encoding="utf-8") as source:
        model = re.search(r"model name\s*: (.*)", source.read())
    return f"{model[1] if model else 'unknown processor'}, {os.cpu_count()} threads"
