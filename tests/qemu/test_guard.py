"""What a service does wrong, and that the loader below it is there to tell and to go on.

The service `faults` takes commands (payloads/faults/main.c): it is pushed over a `dns` that has
confirmed itself, told to do one wrong thing, and then the guard's sentence, the core file, the
log and the answers of the service that follows are looked at.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import re
import socket

import gdb_core
import tftp_client
from cases import READY, Case, free_udp_port
from dns_client import Client, expected_address
from machine import ROOT, built

CONFIRMED = "kernel: the service confirmed itself"
LISTENING = r"faults: commands are taken on udp/4999"
DNS, TFTP, COMMANDS = 53, 69, 4999
OWN_SOURCES = ("faults.c", "instructions.S")

# QEMU's raspi3b: 960 MiB of RAM for the processors, then the GPU's, then the devices.
LOADER = 0x3BE00000         # the last 2 MiB of them
KEPT = LOADER - (2 << 20)   # kept images and the core, the end of them
DEVICE = 0x3F200000         # GPIO


def marked_place(fault):
    """(file, line): where in the service's sources the fault of that name happens."""
    for name in OWN_SOURCES:
        with open(os.path.join(ROOT, "payloads/faults", name), encoding="utf-8") as source:
            for number, line in enumerate(source, 1):
                mark = re.search(r"/\* fault: (.*) \*/", line)
                if mark and fault in mark[1].split():
                    return name, number
    raise AssertionError(f"no source marks the fault {fault}")


class GuardCase(Case):
    """A board with dns on it."""

    def boot_dns(self, **options):
        self.offer("dns.elf")
        self.ports = {port: free_udp_port() for port in (DNS, TFTP, COMMANDS)}
        self.machine = self.boot_with_user_network("dns.elf", ports=self.ports, **options)
        self.commands = self.open(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.commands.settimeout(5)
        self.commands.connect(("127.0.0.1", self.ports[COMMANDS]))
        return self.machine.wait_for(CONFIRMED).after

    def push(self, name):
        """Returns the number of the line behind the one that says that it starts."""
        since = len(self.machine.lines)
        tftp_client.push(built(name), self.ports[TFTP])
        return self.machine.wait_for(f"loader: starting .* from push:.*/{name}", since=since).after

    def push_faults(self):
        return self.machine.wait_for(LISTENING, since=self.push("faults.elf")).after

    def fetch_text(self, name):
        return tftp_client.fetch_text(name, self.ports[TFTP])

    def status(self):
        return dict(line.split(" = ", 1) for line in self.fetch_text("status").splitlines())

    def tell(self, command):
        """Sends a command that is not answered. Returns the number of the line behind its
        echo."""
        since = len(self.machine.lines)
        self.commands.send(command.encode())
        return self.machine.wait_for(f"faults: command: {re.escape(command)}$", since=since).after

    def ask(self, command):
        """Sends a command; returns the answer."""
        self.commands.send(command.encode())
        return self.commands.recv(2048).decode()

    def check_dns(self):
        with Client("127.0.0.1", self.ports[DNS]) as client:
            self.assertEqual(client.ask("host0042.example"), (0, [expected_address(42)]))

    def fetch_core(self):
        path = os.path.join(self.folder, "core")
        with open(path, "wb") as out:
            out.write(tftp_client.fetch("core", self.ports[TFTP]))
        return path

    def check_core(self, sentence, signal, frames, fault):
        """frames: the innermost of the functions of the service, as opposed to its kernel's;
        the fault is marked in the first. Returns what gdb said."""
        core = gdb_core.read(built("faults.elf"), self.fetch_core(), expressions=["session.name"])
        found = [frame for frame in core.backtrace() if frame[1] in OWN_SOURCES]
        self.assertEqual([frame[0] for frame in found[:len(frames)]], list(frames), core.backtrace())
        self.assertEqual(found[0][1:], marked_place(fault), core.backtrace())
        self.assertEqual(core.signal, signal)
        # gdb has room for 80 bytes.
        self.assertEqual(core.headline, f"faults 1.0.0: {sentence}"[:79])
        self.assertEqual(core.complaints, [])
        return core


class TestFaults(GuardCase):
    """Each of them in a service on trial: the one before it goes on."""

    # command, what the guard says, signal, functions of the service, what to tell it before
    FAULTS = (
        ("read-null", r"reading 0x10: not mapped \(level \d\)", "SIGSEGV", ("read_from", "read_null")),
        ("write-null", r"writing 0x10: not mapped \(level \d\)", "SIGSEGV", ("write_to", "write_null")),
        ("write-constant", r"writing 0x2\w+: permission \(level 3\)", "SIGSEGV",
         ("write_to", "write_constant")),
        (f"write-to {LOADER:#x}", rf"writing {LOADER:#x}: .*", "SIGSEGV", ("write_to", "write_there")),
        (f"write-to {KEPT:#x}", f"writing {KEPT:#x}.*", "SIGSEGV", ("write_to", "write_there")),
        (f"write-unmapped {LOADER + 0x1000:#x}",
         f"writing {LOADER + 0x1000:#x}, which is not the service's", "SIGSEGV",
         ("write_without_map", "write_unmapped")),
        (f"read-unaligned {DEVICE:#x}", f"reading {DEVICE + 1:#x}: .*", "SIGBUS",
         ("read_unaligned", "read_there_unaligned")),
        ("execute-data", r"executing 0x2\w+: permission \(level 3\)", "SIGSEGV",
         ("call", "execute_data")),
        ("call-null", r"executing 0x0: not mapped \(level \d\)", "SIGSEGV", ("call", "call_null")),
        ("call-corrupted", r"executing 0x6e6f6c206f6f7420: .*", "SIGSEGV", ("call", "call_corrupted")),
        ("overflow-stack", r"writing 0x2\w+: not mapped \(level 3\): stack overflow", "SIGSEGV",
         ("recurse", "recurse", "recurse")),
        ("smash-stack", r"stack protector.*", "SIGABRT", ("smash_stack", "smash")),
        ("trap", r"BRK 0x3e8", "SIGTRAP", ("trap",)),
        (f"break {LOADER:#x}", "it gave no reason", "SIGABRT", ("break_with", "break_there")),
        ("abort", r".*abort was not called.*", "SIGABRT", ("give_up",)),
        ("assert", r"payloads/faults/faults\.c:\d+: assertion failed: balance > 0", "SIGABRT",
         ("check_balance", "fail_assertion")),
        ("exhaust-heap", r"payloads/faults/faults\.c:\d+: assertion failed: memory != NULL", "SIGABRT",
         ("use", "exhaust_heap"), "watchdog 60000"),
        ("loop", "it gave no sign of life", "SIGALRM", ("loop_forever", "hang"), "watchdog 300"),
        ("loop-masked", "it gave no sign of life", "SIGALRM", ("loop_masked", "hang_masked"),
         "watchdog 300"),
    )

    def check(self, command, sentence, signal, frames, before=None):
        fault = command.split()[0]
        end = "hung" if signal == "SIGALRM" else "crashed"
        self.push_faults()
        if before:
            self.assertEqual(self.ask(before), "0")
        begin = self.tell(command)
        told = self.machine.wait_for(rf"guard: faults 1\.0\.0 {end}: ({sentence}); pc 0x\w+ lr 0x\w+$",
                                     since=begin)
        core = self.machine.wait_for(r"guard: core (\d+): (\d+) bytes$", since=told.after)
        after = self.machine.wait_for(rf"loader: faults 1\.0\.0 {end}: .*; rolled back", since=core.after)
        after = self.machine.wait_for(
            rf"kernel: the service before, faults 1\.0\.0, crashed: .* \(core {core[1]}\)",
            since=after.after)
        self.machine.wait_for(READY, since=after.after)
        status = self.status()
        self.assertEqual(status["service"], "dns")
        self.assertEqual((status["core_number"], status["core_bytes"]), (core[1], core[2]))
        self.check_core(told[1], signal, frames, fault)
        # Every line is kept, from the command on to the guard's.
        self.assertIn("\n".join(self.machine.lines[begin - 1:core.after]), self.fetch_text("log"))
        self.check_dns()

    def test_each_fault_is_told_kept_and_survived(self):
        self.boot_dns()
        for fault in self.FAULTS:
            with self.subTest(fault[0]):
                self.check(*fault)
        self.assertFalse(self.machine.has_line("survived"), self.machine.log())
