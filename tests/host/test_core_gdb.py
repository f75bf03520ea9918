"""Core files as the loader writes them, read by gdb-multiarch.

A small program is built as services are (linked at 0x200000, stripped, with a debug file),
its registers and stack are made up as if it had stopped in the middle, loader/core_file.c
itself writes the core, and gdb must see what was put in.

SPDX-License-Identifier: BSD-2-Clause
"""
import ctypes
import os
import re
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/qemu"))
import gdb_core  # noqa: E402

CROSS = "aarch64-linux-gnu-"
PAGE = 4096
BASE = 0x200000
STACK = 0x300000
STACK_BYTES = 0x4000
HEAP = 0x400000
EXECUTE, WRITE, READ, WHOLE = 1, 2, 4, 0x80000000

PROGRAM = """
#define OUT_OF_LINE __attribute__((noinline, noclone))
struct counters { int taken; long peak; };
struct counters counters = {3, 4};
int initial[2048] = {7, [2047] = 8};
char unused[8192];
int inner(int depth, const char *text);
int middle(int depth);
int outer(void);
int inner(int depth, const char *text)
{
    return depth + text[0]; /* inner stops here */
}
OUT_OF_LINE int middle(int depth)
{
    char room[1024]; /* a frame whose size gdb cannot guess from the code */
    int twice = inner(depth * 2, "text"); /* middle calls */

    asm volatile("" : : "r"(room) : "memory");
    return twice + 1;
}
OUT_OF_LINE int outer(void)
{
    int result = middle(21); /* outer calls */

    asm volatile("" : : : "memory");
    return result;
}
"""
# -fno-unwind-tables: else gcc writes .eh_frame, which services have no room for, in place of
# .debug_frame, and without either gdb is left to guess from the code.
FLAGS = ["-std=gnu11", "-g", "-Os", "-fPIE", "-mcmodel=tiny", "-fno-omit-frame-pointer",
         "-momit-leaf-frame-pointer", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables",
         "-fno-inline", "-static-pie", "-nostdlib", "-Wl,--no-dynamic-linker", "-Wl,--build-id=none",
         "-Wl,-z,noexecstack", "-Wl,-e,outer", "-Wl,-Ttext-segment=0x200000"]


class Range(ctypes.Structure):
    """struct core_file_range"""
    _fields_ = [("address", ctypes.c_uint64), ("bytes", ctypes.c_uint64),
                ("from_", ctypes.c_char_p), ("flags", ctypes.c_uint32)]


class CoreFile(ctypes.Structure):
    """struct core_file"""
    _fields_ = [("x", ctypes.c_uint64 * 31), ("sp", ctypes.c_uint64), ("pc", ctypes.c_uint64),
                ("pstate", ctypes.c_uint64), ("fault_address", ctypes.c_uint64),
                ("vectors", ctypes.c_uint8 * 16 * 32), ("fpsr", ctypes.c_uint32),
                ("fpcr", ctypes.c_uint32), ("signal", ctypes.c_int), ("name", ctypes.c_char_p),
                ("version", ctypes.c_char_p), ("what", ctypes.c_char_p),
                ("digest", ctypes.c_char_p), ("ranges", ctypes.POINTER(Range)),
                ("range_count", ctypes.c_uint)]


def run(*command):
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, check=False)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {result.stdout}")
    return result.stdout


class Program:
    """The small program, built in a folder."""

    def __init__(self, folder):
        source, self.elf = os.path.join(folder, "sample.c"), os.path.join(folder, "sample.elf")
        with open(source, "w", encoding="utf-8") as file:
            file.write(PROGRAM)
        self.lines = {text: number for number, line in enumerate(PROGRAM.split("\n"), 1)
                      for text in re.findall(r"/\* (.*) \*/", line)}
        run(CROSS + "gcc", *FLAGS, source, "-o", self.elf)
        self.symbols = {name: int(address, 16) for address, name in re.findall(
            r"^([0-9a-f]+) \w (\w+)$", run(CROSS + "nm", self.elf), re.M)}
        self.code = run(CROSS + "objdump", "-d", self.elf)
        run(CROSS + "objcopy", "--only-keep-debug", self.elf, self.elf + ".debug")
        run(CROSS + "objcopy", "--strip-all", f"--add-gnu-debuglink={self.elf}.debug", self.elf)
        with open(self.elf, "rb") as file:
            self.image = file.read()

    def frame_bytes(self, function):
        """The frame record stands at its lower end, in both forms."""
        body = self.code.partition(f"<{function}>:")[2].partition("\n\n")[0]
        small = re.search(r"stp\s+x29, x30, \[sp, #-(\d+)\]!", body)
        large = re.search(r"sub\s+sp, sp, #(0x[0-9a-f]+)\n(?s:.*?)stp\s+x29, x30, \[sp\]\n", body)
        return int((small or large)[1], 0)

    def behind_call(self, function, callee):
        """The address a call in function returns to."""
        body = self.code.partition(f"<{function}>:")[2].partition("\n\n")[0]
        return int(re.search(rf"([0-9a-f]+):.*\bbl\s+[0-9a-f]+ <{callee}>", body)[1], 16) + 4

    def segments(self):
        """[(address, contents of the file, bytes in memory, flags), ...]"""
        offset, = struct.unpack_from("<Q", self.image, 32)
        count, = struct.unpack_from("<H", self.image, 56)
        found = []
        for at in range(offset, offset + count * 56, 56):
            kind, flags, start, address, _, length, bytes_, _ = struct.unpack_from(
                "<IIQQQQQQ", self.image, at)
            if kind == 1:
                found.append((address, self.image[start:start + length], bytes_, flags))
        return found


class TestCoreFile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="pilotlight-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.program = Program(folder.name)
        library = os.path.join(folder.name, "core_file.so")
        run("gcc", "-std=gnu11", "-O1", "-shared", "-fPIC", "-D_GNU_SOURCE", "-Iinclude", "-Ilib",
            "-Iloader", "loader/core_file.c", "-o", library)
        cls.write_core = ctypes.CDLL(library).core_file_write
        cls.write_core.restype = ctypes.c_int64
        cls.write_core.argtypes = [ctypes.POINTER(CoreFile), ctypes.c_void_p, ctypes.c_size_t,
                                   ctypes.POINTER(ctypes.c_uint64)]

    def stopped(self, distance=0):
        """Registers and stack in the leaf inner, called by middle, called by outer."""
        program, stack = self.program, bytearray(STACK_BYTES)
        top = STACK + STACK_BYTES
        outer_frame = top - program.frame_bytes("outer")
        middle_frame = outer_frame - program.frame_bytes("middle")

        def put(address, *values):
            struct.pack_into(f"<{len(values)}Q", stack, address - STACK,
                             *(value and value + distance for value in values))

        put(outer_frame, 0, 0)
        put(middle_frame, outer_frame, program.behind_call("outer", "middle"))
        core = CoreFile(sp=middle_frame + distance, pc=program.symbols["inner"] + distance,
                        pstate=0x600003C5, fault_address=0x123456789ABC, signal=11, fpsr=1,
                        fpcr=2, name=b"sample", version=b"1.2.3", what=b"reading 0x10: not mapped",
                        digest=bytes(range(32)))
        for i in range(31):
            core.x[i] = 0x1000 + i
        core.x[0] = 42
        core.x[29] = middle_frame + distance
        core.x[30] = program.behind_call("middle", "inner") + distance
        for i in range(32):
            for byte in range(16):
                core.vectors[i][byte] = i * 16 + byte & 0xFF
        return core, bytes(stack)

    def image_ranges(self, change=lambda address, contents: contents):
        """As the loader makes them: what has contents in the file, then the zeros."""
        ranges = []
        for address, contents, length, flags in self.program.segments():
            ranges.append((address, change(address, contents), flags | WHOLE))
            if length > len(contents):
                ranges.append((address + len(contents), bytes(length - len(contents)), flags))
        return ranges

    def write(self, core, ranges, capacity=1 << 22):
        """Returns the core's path, and how much is missing."""
        array = (Range * len(ranges))(*(Range(address, len(contents), contents, flags)
                                        for address, contents, flags in ranges))
        core.ranges, core.range_count = array, len(ranges)
        buffer = ctypes.create_string_buffer(capacity + 8)
        aligned = ctypes.addressof(buffer) + 7 & ~7
        missing = ctypes.c_uint64()
        length = self.write_core(ctypes.byref(core), aligned, capacity, ctypes.byref(missing))
        self.assertGreater(length, 0)
        path = os.path.join(self.folder, "core.sample")
        with open(path, "wb") as file:
            file.write(ctypes.string_at(aligned, length))
        return path, missing.value

    def test_backtrace_shows_functions_lines_and_variables(self):
        core, stack = self.stopped()
        path, missing = self.write(core, [(STACK, stack, READ | WRITE), *self.image_ranges()])
        seen = gdb_core.read(self.program.elf, path)
        lines = self.program.lines
        self.assertEqual(missing, 0)
        self.assertEqual(seen.backtrace(), [("inner", "sample.c", lines["inner stops here"]),
                                            ("middle", "sample.c", lines["middle calls"]),
                                            ("outer", "sample.c", lines["outer calls"])])
        self.assertEqual(seen.frames[0].variables["depth"], 42)
        self.assertIn("twice", seen.frames[1].variables)

    def test_gdb_has_nothing_to_complain_about(self):
        core, stack = self.stopped()
        path, _ = self.write(core, [(STACK, stack, READ | WRITE), *self.image_ranges()])
        seen = gdb_core.read(self.program.elf, path)
        self.assertEqual(seen.complaints, [])
        self.assertEqual(seen.headline, "sample 1.2.3: reading 0x10: not mapped")
        self.assertEqual(seen.signal, "SIGSEGV")

    def test_every_register_is_the_one_that_was_saved(self):
        core, stack = self.stopped()
        path, _ = self.write(core, [(STACK, stack, READ | WRITE), *self.image_ranges()])
        names = [f"x{i}" for i in range(31)] + [f"v{i}" for i in range(32)] + ["fpsr", "fpcr"]
        seen = gdb_core.read(self.program.elf, path, names,
                             ["$_siginfo._sifields._sigfault.si_addr", "$_siginfo.si_signo"])
        expected = {f"x{i}": core.x[i] for i in range(31)}
        expected |= {f"v{i}": int.from_bytes(bytes(core.vectors[i]), "little") for i in range(32)}
        expected |= {"pc": core.pc, "sp": core.sp, "cpsr": 0x600003C5, "fpsr": 1, "fpcr": 2}
        self.assertEqual(seen.registers, expected)
        self.assertEqual(list(seen.values.values()), [0x123456789ABC, 11])

    def test_memory_is_what_it_was_and_not_what_the_file_says(self):
        core, stack = self.stopped()
        heap = bytes(PAGE) + b"\x11" * PAGE + bytes(3 * PAGE) + b"\x22" * 8 + bytes(PAGE - 8)
        wiped = self.program.symbols["initial"], self.program.symbols["counters"]

        def change(address, contents):
            contents = bytearray(contents)
            if address <= wiped[0] < address + len(contents):
                struct.pack_into("8192x", contents, wiped[0] - address)
                struct.pack_into("<i", contents, wiped[1] - address, 99)
            return bytes(contents)

        path, _ = self.write(core, [(HEAP, heap, READ | WRITE), (STACK, stack, READ | WRITE),
                                    *self.image_ranges(change)])
        at = "*(unsigned long *)"
        seen = gdb_core.read(self.program.elf, path, [], [
            "counters.taken", "counters.peak", "initial[0]", "initial[2047]", "unused[8000]",
            f"{at}{HEAP}", f"{at}{HEAP + PAGE}", f"{at}{HEAP + 4 * PAGE + 8}",
            f"{at}{HEAP + 5 * PAGE}", f"{at}{HEAP + 5 * PAGE + 8}"])
        self.assertEqual(list(seen.values.values()),
                         [99, 4, 0, 0, 0, 0, 0x1111111111111111, 0, 0x2222222222222222, 0])

    def test_zero_pages_cost_next_to_nothing(self):
        core, stack = self.stopped()
        ranges = [(STACK, stack, READ | WRITE), *self.image_ranges()]
        without = os.path.getsize(self.write(core, ranges)[0])
        much = (HEAP, bytes(512 * PAGE), READ | WRITE)
        path, missing = self.write(core, [much, *ranges])
        self.assertEqual(os.path.getsize(path), without + 56)
        self.assertEqual(missing, 0)
        seen = gdb_core.read(self.program.elf, path, [],
                             [f"*(unsigned long *){HEAP + 511 * PAGE + 4088}",
                              f"*(unsigned long *){HEAP + 512 * PAGE}"])
        values = list(seen.values.values())
        self.assertEqual(values[0], 0)
        self.assertIn("Cannot access memory", values[1])

    def test_what_did_not_fit_is_not_accessible_and_the_rest_is(self):
        core, stack = self.stopped()
        ranges = [(STACK, stack, READ | WRITE), *self.image_ranges()]
        full = os.path.getsize(self.write(core, ranges)[0])
        path, missing = self.write(core, [*ranges, (HEAP, b"\x33" * (4 * PAGE), READ | WRITE)],
                                   capacity=full + 56 + 2 * PAGE + 100)
        self.assertEqual(missing, 2 * PAGE)
        seen = gdb_core.read(self.program.elf, path, [],
                             [f"*(unsigned long *){HEAP + 2 * PAGE - 8}",
                              f"*(unsigned long *){HEAP + 2 * PAGE}"])
        values = list(seen.values.values())
        self.assertEqual(values[0], 0x3333333333333333)
        self.assertIn("Cannot access memory", values[1])
        self.assertEqual([frame.function for frame in seen.frames], ["inner", "middle", "outer"])

    def test_program_that_was_placed_elsewhere_is_understood_when_gdb_is_told(self):
        distance = 0x1000000
        core, stack = self.stopped(distance)
        ranges = [(address + distance, contents, flags) for address, contents, flags in
                  [(STACK, stack, READ | WRITE), *self.image_ranges()]]
        path, _ = self.write(core, ranges)
        seen = gdb_core.read(self.program.elf, path, [], ["initial[2047]"], distance=distance)
        self.assertEqual([frame.function for frame in seen.frames], ["inner", "middle", "outer"])
        self.assertEqual(seen.values["initial[2047]"], 8)
        untold = gdb_core.read(self.program.elf, path)
        self.assertIsNone(untold.frames[0].function)


if __name__ == "__main__":
    unittest.main()
