"""guard_case: what the tests of the guard share: a board with `faults` on it, told by datagrams
what to do (payloads/faults/main.c).

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import re
import socket

import gdb_core
from machine import ROOT, built
from redeploy import FAULTS, BoardCase

CONFIRMED = "kernel: the service confirmed itself"
LISTENING = r"faults: commands are taken on udp/4999"
OWN_SOURCES = ("faults.c", "instructions.S")

# QEMU's raspi3b: 960 MiB of RAM for the processors, then the GPU's, then the devices.
BLOCK = 2 << 20             # what the guard's map is made of
LOADER = 0x3BE00000         # the last block of RAM
DEVICE = 0x3F200000         # GPIO


# Registers of the innermost frame, variables of the function in which a fault happens, and what is
# static in its file, as they are then.
TOO_LONG = int.from_bytes(b" too lon", "little")
LIVE = {
    "read-null": ({"x0": 0x10}, {"address": 0x10}, {"session.name": '"session"'}),
    "write-null": ({"x0": 0x10}, {"address": 0x10}, {}),
    "write-unmapped": ({"x0": LOADER + 0x1000}, {}, {"session.name": '"session"'}),
    "call-corrupted": ({"pc": TOO_LONG, "x0": TOO_LONG}, {},
                       {"session.name": '"one name"', "session.done": TOO_LONG}),
    "assert": ({}, {"balance": -3}, {}),
    "exhaust-heap": ({}, {"memory": 0}, {}),
}


def marked_place(fault):
    """(file, line): where in the service's sources the fault of that name happens."""
    for name in OWN_SOURCES:
        with open(os.path.join(ROOT, "payloads/faults", name), encoding="utf-8") as source:
            for number, line in enumerate(source, 1):
                mark = re.search(r"/\* fault: (.*) \*/", line)
                if mark and fault in mark[1].split():
                    return name, number
    raise AssertionError(f"no source marks the fault {fault}")


class GuardCase(BoardCase):
    """A board with a service on it that can be told to do wrong."""

    def boot_board(self, file, **options):
        machine = super().boot_board(file, **options)
        self.forgive_reception(machine)
        self.commands = self.open(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.commands.settimeout(5)
        self.commands.connect(("127.0.0.1", self.ports[FAULTS]))
        return machine

    def boot_dns(self, **options):
        """Waits until it has confirmed itself."""
        self.boot_service("dns", **options)
        self.machine.wait_for(CONFIRMED)

    def boot_faults(self, **options):
        self.boot_service("faults", **options)
        return self.machine.wait_for(LISTENING).after

    def push_faults(self):
        since = self.log_length()
        self.push("faults")
        return self.machine.wait_for(LISTENING, since=since).after

    def tell(self, command):
        """Sends a command that is not answered. Returns the number of the line behind its
        echo."""
        since = self.log_length()
        self.commands.send(command.encode())
        return self.machine.wait_for(f"faults: command: {re.escape(command)}$", since=since).after

    def ask(self, command):
        """Sends a command; returns the answer."""
        self.commands.send(command.encode())
        return self.commands.recv(2048).decode()

    def read_core(self, registers=(), expressions=(), where=None):
        """What gdb finds in the core that the board has."""
        path = os.path.join(self.folder, "core")
        with open(path, "wb") as out:
            out.write(self.fetch("core"))
        return gdb_core.read(built("faults.elf"), path, registers, expressions, where=where)

    def check_core(self, sentence, signal, functions, fault):
        """functions: the innermost of the service's own, as opposed to its kernel's; the fault is
        marked in the first."""
        registers, variables, statics = LIVE.get(fault, ({}, {}, {}))
        core = self.read_core(registers, statics, where=functions[-1])
        own = [frame for frame in core.frames
               if frame.file and os.path.basename(frame.file) in OWN_SOURCES]
        self.assertEqual([frame.function for frame in own[:len(functions)]], list(functions),
                         core.backtrace())
        self.assertEqual((os.path.basename(own[0].file), own[0].line), marked_place(fault),
                         core.backtrace())
        self.assertEqual(core.signal, signal)
        # There is room for 80 bytes.
        self.assertEqual(core.headline, f"faults 1.0.0: {sentence}"[:79])
        self.assertEqual(core.complaints, [])
        self.assertEqual({name: core.registers[name] for name in registers}, registers)
        self.assertEqual({name: own[0].variables.get(name) for name in variables}, variables)
        self.assertEqual(core.values, statics)
        # Down to who took the command, and the static buffer it came in.
        if fault != "smash-stack":
            line = next(frame.variables["line"] for frame in core.frames
                        if frame.function == "receive")
            self.assertRegex(line, rf'^"{fault}\b')
