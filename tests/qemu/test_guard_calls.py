"""Guard calls that no kernel would make (include/guard_call.h), made by the service `faults`.

SPDX-License-Identifier: BSD-2-Clause
"""
import struct

from bad_elf import P_FLAGS, P_MEMSZ, P_VADDR, PF_W, PT_LOAD, Elf
from cases import built_bytes
from guard_case import BLOCK, DEVICE, LISTENING, LOADER, GuardCase
from transfer_list import EXIT, IMAGE, NEXT, REBOOT, build, entry, hand_back

(VERSION, MEMORY, LOG, WATCHDOG, CONFIRM, CHECK_IMAGE, HAND_BACK, READ, CRASH, INSTALL,
 SELECT) = range(0xC6000000, 0xC600000B)
FILE_LOG, FILE_STATUS, FILE_CORE = 1, 2, 3
INVALID, ABSENT, TOO_LARGE, REFUSED = -1, -4, -6, -9
ALL_ONES = (1 << 64) - 1


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
                "install": (INSTALL, pointer), "select": (SELECT, pointer),
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

    def test_nothing_is_written_into_its_own_code_and_constants(self):
        elf = Elf(built_bytes("faults.elf"))
        loads = [(elf.get("<I", at + P_FLAGS) & PF_W, elf.get("<Q", at + P_VADDR), elf.get("<Q", at + P_MEMSZ))
                 for at in elf.headers(PT_LOAD)]
        moved = BLOCK - loads[0][1]     # to the lowest block that is free
        (_, code, code_bytes), (_, constants, constants_bytes), (writable, data, data_bytes) = loads
        self.assertTrue(writable and data <= self.buffer - moved < data + data_bytes)
        for what, pointer in (
                ("its own code", code), ("its own code's end", code + code_bytes - 8),
                ("the rest of that page", constants - 16), ("its own constants", constants),
                ("its own constants' end", constants + constants_bytes - 8),
                ("across its data's beginning", data - 8)):
            calls = self.calls_with(pointer + moved)
            for name in ("check image", "read"):
                for by in ("hvc", "smc"):
                    with self.subTest(f"{name} with {what} by {by}"):
                        self.assertEqual(self.call(*calls[name], by=by), INVALID)
        # Neither has it to be far away.
        self.assertEqual(self.call(READ, FILE_LOG, 0, self.buffer, 16), 16)

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
        for function in (0, 1, 0x80000000, 0x86000000, 0xC5000000, SELECT + 1, 0xC60000FF, 0xC600FFFF,
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
        self.assertEqual(self.fetch("log").decode("ascii").count("called: a line of its own\n"), 1)

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


class TestLastGuardCalls(CallCase):
    """Calls that do not come back."""

    def last_call(self, *registers):
        return self.tell(" ".join(["hvc", *(f"{value:#x}" for value in registers)]))

    def loads(self):
        """[(address, bytes in the file, bytes), ...] of the core's memory."""
        core = self.fetch("core")
        at, count = struct.unpack_from("<Q", core, 32)[0], struct.unpack_from("<H", core, 56)[0]
        headers = [struct.unpack_from("<IIQQQQQQ", core, at + 56 * i) for i in range(count)]
        return [(header[3], header[5], header[6]) for header in headers if header[0] == 1]

    def test_lists_that_are_none_hand_nothing_back_and_the_good_one_reboots(self):
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
        self.put(good)
        since = self.last_call(HAND_BACK, self.buffer, len(good))
        since = self.machine.wait_for("loader: faults asked for a reboot", since=since).after
        self.machine.wait_for(LISTENING, since=since)

    def test_a_list_made_by_hand_names_the_next(self):
        data = build(hand_back(NEXT, name=b"echo.elf"))
        self.put(data)
        since = self.last_call(HAND_BACK, self.buffer, len(data))
        self.machine.wait_for("loader: faults asked for echo.elf", since=since)

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
        core = self.read_core([f"x{i}" for i in range(31)])
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
