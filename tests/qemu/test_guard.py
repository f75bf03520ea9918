"""What a service does wrong, and that the loader below it is there to tell and to go on.

The service `faults` takes commands (payloads/faults/main.c): it is pushed over a `dns` that has
confirmed itself, told to do one wrong thing, and then the guard's sentence, the core file, the
log and the answers of the service that follows are looked at.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import re
import socket
import struct

import gdb_core
import tftp_client
from cases import READY, Case, built_bytes, free_udp_port
from dns_client import Client, expected_address
from machine import ROOT, built
from transfer_list import EXIT, IMAGE, NEXT, REBOOT, build, entry, hand_back

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
    """A board with a service on it."""

    def boot(self, file, **options):
        """Boots what is offered as file."""
        self.ports = {port: free_udp_port() for port in (DNS, TFTP, COMMANDS)}
        self.machine = self.boot_with_user_network(file, ports=self.ports, **options)
        self.commands = self.open(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.commands.settimeout(5)
        self.commands.connect(("127.0.0.1", self.ports[COMMANDS]))

    def boot_dns(self, **options):
        """Waits until it has confirmed itself."""
        self.offer("dns.elf")
        self.boot("dns.elf", **options)
        self.machine.wait_for(CONFIRMED)

    def boot_faults(self, **options):
        self.offer("faults.elf")
        self.boot("faults.elf", **options)
        return self.machine.wait_for(LISTENING).after

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

    def check_dns(self, number=42):
        with Client("127.0.0.1", self.ports[DNS]) as client:
            self.assertEqual(client.ask(f"host{number:04}.example"), (0, [expected_address(number)]))

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


class TestOtherEnds(GuardCase):
    """What follows when it is not the first fault of a service on trial."""

    def test_a_service_that_does_not_confirm_itself_in_time_is_replaced(self):
        self.boot_dns()
        since = self.push("trial.elf")
        since = self.machine.wait_for("trial: not for long", since=since).after
        since = self.machine.wait_for(
            r"guard: trial 1\.0\.0 .*: it did not confirm itself in time; pc", since=since).after
        since = self.machine.wait_for("loader: trial 1.0.0 .*; rolled back", since=since).after
        self.machine.wait_for(READY, since=since)
        self.check_dns()
        self.assertEqual(self.status()["crash"], "it did not confirm itself in time")

    def test_a_status_from_service_main_is_a_failure_without_a_core(self):
        self.boot_dns(arguments="-- 7")     # for dns a number of records, for faults a status
        since = self.push("faults.elf")
        since = self.machine.wait_for("kernel: the service ended with status 7: back to the loader",
                                      since=since).after
        since = self.machine.wait_for(r"loader: faults 1\.0\.0 ended with status 7; rolled back",
                                      since=since).after
        self.machine.wait_for(READY, since=since)
        self.check_dns(6)
        self.assertEqual(self.status()["crashes"], "0")
        with self.assertRaisesRegex(tftp_client.Refused, "there is no core now"):
            self.fetch_core()

    def test_a_service_that_is_done_leaves_a_board_that_takes_a_push(self):
        since = self.boot_faults()
        self.tell("exit 0")
        since = self.machine.wait_for("loader: faults 1.0.0 ended with status 0; exit = wait",
                                      since=since).after
        self.machine.wait_for("loader: waiting for a push", since=since)
        self.assertEqual(self.status()["last_end"], "faults 1.0.0 ended with status 0")
        since = self.push("dns.elf")
        self.machine.wait_for(READY, since=since)
        self.check_dns()

    def test_a_confirmed_service_is_started_again_twice_then_the_boot_sources_are_asked(self):
        since = self.boot_faults()
        self.assertEqual(self.ask("confirm"), "0")
        self.offer("faults.elf", built_bytes("dns.elf"))    # what the sources have by now
        for command, end in (("call-null", "crashed: executing 0x0: .*"),
                             ("exit 3", "ended with status 3")):
            self.tell(command)
            since = self.machine.wait_for(
                rf"loader: faults 1\.0\.0 {end}; the same image again", since=since).after
            since = self.machine.wait_for(LISTENING, since=since).after
            self.assertEqual(self.status()["service"], "faults")
        self.tell("trap")
        since = self.machine.wait_for(
            r"loader: faults 1\.0\.0 crashed: BRK 0x3e8; it fails again and again", since=since).after
        self.machine.wait_for("loader: starting dns 1.0.0 from tftp://", since=since)
        self.machine.wait_for(READY, since=since)
        self.check_dns()
        self.check_core("BRK 0x3e8", "SIGTRAP", ("trap",), "trap")

    def test_a_service_asks_for_a_reboot_and_for_another(self):
        since = self.boot_faults()
        self.assertEqual(self.ask("confirm"), "0")
        self.tell("reboot")
        since = self.machine.wait_for("loader: faults asked for a reboot; reboot", since=since).after
        since = self.machine.wait_for("loader: starting faults .* from tftp://", since=since).after
        since = self.machine.wait_for(LISTENING, since=since).after
        self.offer("dns.elf")
        self.tell("next dns.elf")
        since = self.machine.wait_for("loader: faults asked for dns.elf; next service", since=since).after
        self.machine.wait_for("loader: starting dns .* from tftp://.*/dns.elf", since=since)
        self.machine.wait_for(READY, since=since)
        self.check_dns()


# Guard calls, as in include/guard_call.h, and their answers.
(VERSION, MEMORY, LOG, WATCHDOG, CONFIRM, CHECK_IMAGE, HAND_BACK, READ, CRASH) = range(0xC6000000,
                                                                                       0xC6000009)
FILE_LOG, FILE_STATUS, FILE_CORE = 1, 2, 3
INVALID, ABSENT, TOO_LARGE, REFUSED = -1, -4, -6, -9
ALL_ONES = (1 << 64) - 1
BLOCK = 2 << 20


class CallCase(GuardCase):
    def setUp(self):
        super().setUp()
        self.ready = self.boot_faults()
        self.hello = self.ask("hello")
        self.buffer, self.buffer_bytes = (int(word, 0) for word in self.hello.split()[-2:])

    def call(self, *registers, by="hvc"):
        """x0 as a signed number. The registers that the call does not give back are as before."""
        registers = (*registers, 0, 0, 0, 0)[:5]
        answer = [int(word, 16) for word in
                  self.ask(" ".join([by, *(f"{value:#x}" for value in registers)])).split()]
        self.assertEqual(answer[2:], list(registers[2:]), registers)
        self.x1 = answer[1]
        if registers[0] != READ:
            self.assertEqual(self.x1, registers[1], registers)
        return answer[0] - (1 << 64 if answer[0] >> 63 else 0)

    def put(self, data, at=0):
        for i in range(0, len(data), 512):
            self.assertEqual(self.ask(f"put {at + i} {data[i:i + 512].hex()}"), "ok")

    def get(self, length, at=0):
        return b"".join(bytes.fromhex(self.ask(f"get {at + i} {min(512, length - i)}"))
                        for i in range(0, length, 512))

    def calls_with(self, pointer):
        """Every call that takes a pointer, with this one, and a length where one is taken. (Null
        takes back what MEMORY told.)"""
        return {"memory": (MEMORY, pointer or 8), "log": (LOG, pointer, 16),
                "check image": (CHECK_IMAGE, pointer), "crash": (CRASH, pointer),
                "hand back": (HAND_BACK, pointer, 64),
                "read": (READ, FILE_LOG, 0, pointer, 16)}

    def first_hidden_block(self):
        """Which 2 MiB of RAM are the service's: all below one address."""
        own = [self.call(MEMORY, block) == 0 for block in range(BLOCK, LOADER + 2 * BLOCK, BLOCK)]
        self.assertEqual(own, sorted(own, reverse=True), "holes in the service's memory")
        hidden = BLOCK * (1 + sum(own))
        self.assertLess(hidden, LOADER)
        return hidden


class TestGuardCalls(CallCase):
    """Calls that no kernel would make: answered, and the service goes on."""

    def tearDown(self):
        self.assertEqual(self.ask("hello"), self.hello)

    def test_pointers_of_every_kind_are_refused(self):
        hidden = self.first_hidden_block()
        for what, pointer in (
                ("null", 0), ("the spin table", 0xD8), ("the end of the first block", BLOCK - 8),
                ("across the end of the service's memory", hidden - 8),
                ("a kept image", hidden), ("the loader's code", LOADER + 0x1000),
                ("what the loader keeps", LOADER + BLOCK // 2), ("the GPU's memory", LOADER + BLOCK),
                ("a device", DEVICE), ("the local peripherals", 0x40000000),
                ("nothing", 0x40200000), ("beyond 4 GiB", 1 << 32), ("far beyond", self.buffer | 1 << 40),
                ("the kernel half", 0xFFFF000000200000), ("a wrap", ALL_ONES - 7)):
            for name, registers in self.calls_with(pointer).items():
                for by in ("hvc", "smc"):
                    with self.subTest(f"{name} with {what} by {by}"):
                        self.assertEqual(self.call(*registers, by=by), INVALID)

    def test_structs_that_are_not_aligned_are_refused(self):
        for name in ("memory", "check image", "hand back", "crash"):
            with self.subTest(name):
                self.assertEqual(self.call(*self.calls_with(self.buffer + 4)[name]), INVALID)

    def test_lengths_beyond_what_is_allowed_are_refused(self):
        for registers in (
                (LOG, self.buffer, 4097), (LOG, self.buffer, ALL_ONES), (LOG, self.buffer, 1 << 63),
                (READ, FILE_LOG, 0, self.buffer, 0), (READ, FILE_LOG, 0, self.buffer, 65537),
                (READ, FILE_LOG, 0, self.buffer, ALL_ONES), (READ, FILE_LOG, 0, self.buffer, 1 << 32),
                (HAND_BACK, self.buffer, 0), (HAND_BACK, self.buffer, 7), (HAND_BACK, self.buffer, 4097),
                (HAND_BACK, self.buffer, ALL_ONES), (WATCHDOG, 3600001), (WATCHDOG, ALL_ONES),
                (WATCHDOG, 1 << 32)):
            with self.subTest([hex(register) for register in registers]):
                self.assertEqual(self.call(*registers), INVALID)

    def test_functions_that_are_none_are_not_known(self):
        for function in (0, 1, 0x80000000, 0x86000000, 0xC5000000, CRASH + 1, 0xC60000FF, 0xC600FFFF,
                         0xC7000000, 0x1C6000000, ALL_ONES):
            for by in ("hvc", "smc"):
                with self.subTest(f"{function:#x} by {by}"):
                    self.assertEqual(self.call(function, 1, 2, 3, 4, by=by), INVALID)
        self.assertEqual((self.call(VERSION), self.call(VERSION, by="smc")), (1, 1))

    def test_files_that_are_none_are_absent_and_positions_may_be_anything(self):
        for file in (0, 4, 1 << 32 | FILE_LOG, ALL_ONES, FILE_CORE):
            with self.subTest(file):
                self.assertEqual(self.call(READ, file, 0, self.buffer, 64), ABSENT)
        for file in (FILE_LOG, FILE_STATUS):
            with self.subTest(file):
                self.assertEqual(self.call(READ, file, ALL_ONES, self.buffer, 64), 0)
                self.assertEqual(self.call(READ, file, 0, self.buffer, 64), 64)
                self.assertGreaterEqual(self.x1, 64)
                self.assertRegex(self.get(64), rb"Pilotlight|^loader = ")

    def test_a_line_for_the_log_may_stand_anywhere(self):
        self.put(b"called: a line of its own\n", at=4097)
        self.assertEqual(self.call(LOG, self.buffer + 4097, 26), 0)
        self.assertEqual(self.call(LOG, self.buffer + 4097, 0), 0)
        self.assertEqual(self.fetch_text("log").count("called: a line of its own\n"), 1)

    def test_image_checks_of_wrong_lengths_say_why(self):
        for length, status, reason in ((0, None, b"."), (1 << 40, TOO_LARGE, b"are not in the upload area"),
                                       (ALL_ONES, TOO_LARGE, b"are not in the upload area"),
                                       (1, None, b"."), (63, None, b"."), (4096, None, b".")):
            with self.subTest(length):
                self.put(struct.pack("<Q120s", length, b""))
                answer = self.call(CHECK_IMAGE, self.buffer)
                self.assertLess(answer, 0)
                if status:
                    self.assertEqual(answer, status)
                said = self.get(120, at=8)
                self.assertRegex(said, reason)
                self.assertIn(b"\0", said)

    def test_lists_that_are_none_hand_nothing_back(self):
        good = build(hand_back(REBOOT))
        for what, data in (
                ("zeros", bytes(64)), ("ones", b"\xff" * 64), ("text", b"reboot! " * 8),
                ("unsealed", build(hand_back(REBOOT), sealed=False)),
                ("cut", good[:-8]), ("a header alone", good[:24]),
                ("a bit wrong", good[:-100] + bytes([good[-100] ^ 1]) + good[-99:]),
                ("longer than it is", good[:8] + struct.pack("<I", len(good) + 8) + good[12:]),
                ("without a hand-back", build()),
                ("a short hand-back", build(entry(0xFFF013, struct.pack("<I", REBOOT)))),
                ("an entry beyond the end", build(struct.pack("<II", 0xFFF013 | 8 << 24, 1 << 20))),
                ("kind 0", build(hand_back(0))), ("kind 5", build(hand_back(5))),
                ("no name", build(hand_back(NEXT))), ("a bad name", build(hand_back(NEXT, name=b"\1.elf")))):
            with self.subTest(what):
                self.put(data)
                self.assertEqual(self.call(HAND_BACK, self.buffer, len(data)), INVALID)
        for image_bytes in (0, 1, 96576, 1 << 40):
            with self.subTest(f"an image of {image_bytes} bytes that nobody checked"):
                data = build(hand_back(IMAGE, image_bytes=image_bytes, name=b"push:elsewhere"))
                self.put(data)
                self.assertEqual(self.call(HAND_BACK, self.buffer, len(data)), REFUSED)

    def test_a_pointer_freed_twice_is_left_alone_by_the_allocator(self):
        # picolibc's free looks for the piece among the free ones, and does nothing.
        self.assertEqual(self.ask("free-twice"), "free-twice: memory as ever")


class TestLastGuardCalls(CallCase):
    """Calls that do not come back."""

    def last_call(self, *registers):
        return self.tell(" ".join(["hvc", *(f"{value:#x}" for value in registers)]))

    def loads(self):
        """[(address, bytes in the file, bytes), ...] of the core's memory."""
        core = tftp_client.fetch("core", self.ports[TFTP])
        at, count = struct.unpack_from("<Q", core, 32)[0], struct.unpack_from("<H", core, 56)[0]
        headers = [struct.unpack_from("<IIQQQQQQ", core, at + 56 * i) for i in range(count)]
        return [(header[3], header[5], header[6]) for header in headers if header[0] == 1]

    def test_a_list_made_by_hand_reboots(self):
        data = build(hand_back(REBOOT))
        self.put(data)
        self.last_call(HAND_BACK, self.buffer, len(data))
        since = self.machine.wait_for("loader: faults asked for a reboot", since=self.ready).after
        self.machine.wait_for(LISTENING, since=since)

    def test_a_list_made_by_hand_ends_the_service(self):
        data = build(hand_back(EXIT, status=-2147483648))
        self.put(data)
        self.last_call(HAND_BACK, self.buffer, len(data))
        self.machine.wait_for("loader: faults 1.0.0 ended with status -2147483648; ", since=self.ready)

    def test_a_crash_told_in_a_struct_of_nonsense_is_kept_as_it_was_told(self):
        x = [0x1111111111111111 * (i % 16) for i in range(31)]
        self.put(struct.pack("<120s36Q", b"\x1bx" * 60, *x, 0xDEAD, 0xBEEF0, ALL_ONES, ALL_ONES, 0))
        since = self.last_call(CRASH, self.buffer)
        since = self.machine.wait_for(rf"guard: faults 1\.0\.0 crashed: {'.x' * 59}\.; pc 0xbeef0 lr 0x",
                                      since=since).after
        self.machine.wait_for(LISTENING, since=since)
        core = gdb_core.read(built("faults.elf"), self.fetch_core(), [f"x{i}" for i in range(31)])
        self.assertEqual([core.registers[f"x{i}"] & ALL_ONES for i in range(31)], x)
        self.assertEqual((core.registers["pc"], core.registers["sp"]), (0xBEEF0, 0xDEAD))

    def test_memory_that_is_not_the_services_is_not_in_its_core(self):
        hidden = self.first_hidden_block()
        mine = (self.buffer + 0x1000, 0x1000)
        ranges = ((LOADER, BLOCK), (hidden, 4096), (hidden - 4096, 8192), (0, 4096), (ALL_ONES - 4095, 8192),
                  (DEVICE, 4096), mine, (self.buffer, ALL_ONES))
        for count in (8, 0xFFFFFFFF):       # what lies behind the eighth does not count
            with self.subTest(count):
                self.put(b"seen in the core", at=0x1000)
                self.put(struct.pack("<II18Q", count, 0, *sum(ranges, ()), LOADER, BLOCK))
                self.assertEqual(self.call(MEMORY, self.buffer), 0)
                since = self.tell("trap")
                since = self.machine.wait_for("guard: faults 1.0.0 crashed: BRK", since=since).after
                self.machine.wait_for(LISTENING, since=since)
                loads = self.loads()
                self.assertIn((*mine, 4096), loads)
                for address, _, length in loads:
                    self.assertGreaterEqual(address, BLOCK)
                    self.assertLessEqual(address + length, hidden)
