"""The tools of the build, symbols and seal, and what `pilot info` says of a file.

SPDX-License-Identifier: BSD-2-Clause
"""
import os
import re
import struct
import subprocess
import tempfile
import unittest

import pilot_case

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CROSS = "aarch64-linux-gnu-"

PROGRAM = """
#include <service.h>
SERVICE("sample", "1.0");
const char text[] = "constant";
int counter = 3;
int _start(void);
int _start(void) { return counter + text[1]; }
"""
NOTE_IN_DATA, NOTE_IN_TEXT = ":data :note", ":text :note"
SCRIPT = """
PHDRS { text PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); note PT_NOTE FLAGS(4); }
SECTIONS {
    . = 0x200000;
    __image_start = .;
    %(start)s = .;
    .text : { *(.text*) } :text
    .rodata : { *(.rodata*) } :text
    %(early)s
    %(end)s = .;
    . = ALIGN(4096);
    .data : { *(.data*) } :data
    %(late)s
    __data_end = .;
    /DISCARD/ : { *(.comment) *(.eh_frame*) *(.note.gnu*) }
}
"""
NOTE = ".note.pilotlight : { KEEP(*(.note.pilotlight)) } "


def crc32c(content):
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class ToolCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pilotlight-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)
        return self.path(name)

    def tool(self, name, *arguments, stdin=""):
        return subprocess.run([os.path.join(ROOT, "build", name), *arguments], input=stdin, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30, check=False)

    def check_refused(self, result, tool, sentence):
        self.assertEqual(result.returncode, 1, result)
        self.assertRegex(result.stderr, rf"\A{tool}: .*{sentence}.*\n\Z")


class TestSymbols(ToolCase):
    def table(self, *arguments, nm=""):
        """Assembles what the tool wrote; returns [(offset of the function, name)]."""
        result = self.tool("symbols", *arguments, self.path("table.S"), stdin=nm)
        self.assertEqual(result.returncode, 0, result.stderr)
        subprocess.run([CROSS + "gcc", "-c", self.path("table.S"), "-o", self.path("table.o")], check=True)
        subprocess.run([CROSS + "objcopy", "-O", "binary", "-j", ".rodata.symbols", self.path("table.o"),
                        self.path("table")], check=True)
        listed = subprocess.run([CROSS + "nm", self.path("table.o")], check=True, text=True,
                                stdout=subprocess.PIPE).stdout
        at = {name: int(value, 16) for value, _, name in map(str.split, listed.splitlines())}
        with open(self.path("table"), "rb") as source:
            content = source.read()
        count = struct.unpack_from("<I", content, at["symbol_table_count"])[0]
        offsets = struct.unpack_from(f"<{count}H", content, at["symbol_table_offsets"])
        text = content[at["symbol_table_text"]:at["symbol_table_pairs"]]
        pairs = content[at["symbol_table_pairs"]:]
        self.compressed = len(text) + len(pairs)

        def expand(byte):
            if byte < 0x80:
                return chr(byte)
            first, second = pairs[2 * (byte - 0x80):2 * (byte - 0x80) + 2]
            return expand(first) + expand(second)

        names = "".join(map(expand, text)).split("\0")
        self.assertEqual(names.pop() if count else "", "")
        self.assertEqual(len(names) if count else 0, count)
        return [(4 * offset, name) for offset, name in zip(offsets, names)]

    def test_an_empty_table_assembles(self):
        self.assertEqual(self.table("--empty"), [])

    def test_functions_are_in_the_table_and_nothing_else(self):
        self.assertEqual(
            self.table(nm="0000000000001000 T __image_start\n0000000000001000 T _start\n"
                          "0000000000001010 t parse\n0000000000001020 W weak\n"
                          "0000000000001028 R constant\n0000000000001030 D data\n"),
            [(0, "_start"), (0x10, "parse"), (0x20, "weak")])

    def test_suffixes_of_the_optimiser_are_cut(self):
        self.assertEqual(
            self.table(nm="0000000000001000 T __image_start\n0000000000001004 t parse.lto_priv.0\n"
                          "0000000000001010 t parse.part.0\n0000000000001020 t parse.isra.3.cold\n"
                          "0000000000001030 t read.constprop.0.isra.0\n"),
            [(4, "parse"), (0x10, "parse"), (0x20, "parse"), (0x30, "read")])

    def test_the_optimiser_s_symbols_for_source_files_are_no_functions(self):
        self.assertEqual(
            self.table(nm="0000000000001000 T __image_start\n0000000000001004 t parse\n"
                          "0000000000001010 t tftp.c.81291b7a\n0000000000001020 t x.c.y\n"),
            [(4, "parse"), (0x20, "x.c.y")])

    def test_names_are_compressed_and_come_back(self):
        names = [f"usb_host_channel_{verb}_{what}" for verb in ("begin", "finish", "halt", "usb_usb")
                 for what in ("transfer", "aaa", "aaaa", "z")]
        nm = "0000000000001000 T __image_start\n" + "".join(
            f"{0x1000 + 4 * i:016x} t {name}\n" for i, name in enumerate(names, 1))
        self.assertEqual(self.table(nm=nm), [(4 * i, name) for i, name in enumerate(names, 1)])
        self.assertLess(self.compressed, sum(map(len, names)) / 2)

    def test_bad_input_gets_one_sentence(self):
        out = self.path("table.S")
        for stdin, sentence in (
                ("0000000000001000 T _start\n", "no symbol __image_start"),
                ("what is this\n", "line 1 of the input is no symbol"),
                ("0000000000002000 T b\n0000000000001000 T a\n", "must be of nm -n"),
                ('0000000000002000 T a"b\n', "a name the assembler would not take"),
                ("0000000000002000 T " + "a" * 2000 + "\n", "longer than")):
            with self.subTest(sentence):
                self.check_refused(self.tool("symbols", out, stdin=stdin), "symbols", sentence)
        self.check_refused(self.tool("symbols"), "symbols", "usage")
        self.check_refused(self.tool("symbols", "--empty", "/nowhere/x"), "symbols", "cannot write")


class SampleCase(ToolCase):
    def link(self, start="__read_only_start", end="__read_only_end", early="",
             late=NOTE + NOTE_IN_DATA, flags=(), program=PROGRAM):
        source = self.write("sample.c", program)
        script = self.write("sample.ld", SCRIPT % {"start": start, "end": end, "early": early, "late": late})
        elf = self.path("sample.elf")
        subprocess.run([CROSS + "gcc", "-Os", "-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie",
                        "-Wl,--build-id=none,--no-warn-rwx-segments", f"-I{ROOT}/build/include-service",
                        "-T", script, source, "-o", elf, *flags], check=True, timeout=30)
        return elf

    def descriptor(self, elf):
        """Where the note's descriptor begins, the file's content, and the descriptor's size."""
        with open(elf, "rb") as source:
            content = source.read()
        at = content.index(b"pilotlight\0\0") + 12
        return at, content, struct.unpack_from("<I", content, at - 20)[0]


class TestSeal(SampleCase):
    def note(self, elf):
        at, content, _ = self.descriptor(elf)
        return struct.unpack_from("<II", content, at + 24)

    def area(self, elf):
        """What the area will be in memory, taken from objcopy rather than from seal."""
        subprocess.run([CROSS + "objcopy", "-O", "binary", "-j", ".text", "-j", ".rodata", elf,
                        self.path("area")], check=True, timeout=30)
        with open(self.path("area"), "rb") as source:
            return source.read()

    def test_the_note_gets_size_and_crc_of_the_area(self):
        elf = self.link()
        self.assertEqual(self.note(elf), (0, 0))
        before = os.path.getsize(elf)
        result = self.tool("seal", elf)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        area = self.area(elf)
        self.assertIn(b"constant", area)
        self.assertEqual(self.note(elf), (len(area), crc32c(area)))
        self.assertEqual(os.path.getsize(elf), before)

    def test_sealing_twice_gives_the_same(self):
        elf = self.link()
        self.tool("seal", elf)
        first = self.note(elf)
        self.assertEqual(self.tool("seal", elf).returncode, 0)
        self.assertEqual(self.note(elf), first)

    def check_untouched(self, elf, sentence):
        with open(elf, "rb") as source:
            before = source.read()
        self.check_refused(self.tool("seal", elf), "seal", sentence)
        with open(elf, "rb") as source:
            self.assertEqual(source.read(), before, "the file was changed all the same")

    def test_only_the_two_fields_change_in_the_file(self):
        elf = self.link()
        at, before, size = self.descriptor(elf)
        self.assertEqual(size, 88)
        self.tool("seal", elf)
        _, after, _ = self.descriptor(elf)
        self.assertNotEqual(after, before)
        self.assertEqual(after[:at + 24] + bytes(8) + after[at + 32:], before)

    def test_a_note_of_before_the_last_fields_is_sealed(self):
        elf = self.link()
        at, content, _ = self.descriptor(elf)
        with open(elf, "r+b") as out:
            out.seek(at - 20)
            out.write(struct.pack("<I", 80))
            out.seek(at + 80)
            out.write(b"\xff" * 8) # whatever stands behind it is not the note's
        self.assertEqual(self.tool("seal", elf).returncode, 0)
        self.assertEqual(self.note(elf)[0], len(self.area(elf)))
        self.assertEqual(self.descriptor(elf)[1][at + 80:at + 88], b"\xff" * 8)

    def test_a_note_that_is_too_short_or_says_it_is_longer_than_its_section_is_refused(self):
        for size in (0, 79, 89, 0xFFFFFFFF):
            elf = self.link()
            at, _, _ = self.descriptor(elf)
            with open(elf, "r+b") as out:
                out.seek(at - 20)
                out.write(struct.pack("<I", size))
            self.check_untouched(elf, f"the note says it has {size} bytes, its section has 88")

    def test_a_file_without_the_symbols_is_refused(self):
        self.check_untouched(self.link(start="other"), "no symbol __read_only_start")

    def test_a_file_without_symbols_at_all_is_refused(self):
        self.check_untouched(self.link(flags=["-s"]), "no section .symtab")

    def test_a_file_without_a_note_is_refused(self):
        self.check_untouched(self.link(late="/DISCARD/ : { *(.note.pilotlight) }"),
                             "no section .note.pilotlight")

    def test_a_note_inside_the_area_is_refused(self):
        self.check_untouched(self.link(early=NOTE + NOTE_IN_TEXT, late=""), "inside the read-only area")

    def test_an_area_that_reaches_into_data_is_refused(self):
        self.check_untouched(self.link(end="ignored", late=NOTE + NOTE_IN_DATA + "\n__read_only_end = .;"),
                             "writable|inside the read-only area")

    def test_files_that_are_no_elf_are_refused(self):
        for content, sentence in ((b"", "the ELF header at offset 0"), (b"x" * 100, "ELF magic number")):
            path = self.path("x")
            with open(path, "wb") as out:
                out.write(content)
            self.check_untouched(path, sentence)

    def test_a_file_cut_off_anywhere_is_refused(self):
        with open(self.link(), "rb") as source:
            whole = source.read()
        sections = struct.unpack_from("<Q", whole, 40)[0]
        for length in (63, 64, 100, 200, sections, sections + 63, len(whole) - 1):
            path = self.path("cut")
            with open(path, "wb") as out:
                out.write(whole[:length])
            self.assertEqual(self.tool("seal", path).returncode, 1, f"{length} bytes")

    def test_missing_files_and_arguments_get_one_sentence(self):
        self.check_refused(self.tool("seal"), "seal", "usage")
        self.check_refused(self.tool("seal", "/nowhere/x.elf"), "seal", "cannot open it")


class TestInfo(SampleCase):
    def info(self, elf):
        # The words of a command that pilot runs are freed by its end.
        result = subprocess.run([pilot_case.build(), "info", elf], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"), text=True, timeout=30,
                                check=False)
        self.assertEqual(result.returncode, 0, result.stdout)
        return result.stdout

    def test_who_confirms_the_service_is_told(self):
        elf = self.link()
        self.assertRegex(self.info(elf), r"(?m)^confirms     by the kernel$")
        elf = self.link(program=PROGRAM.replace('"1.0"', '"1.0", .confirm_s = 10'))
        self.assertRegex(self.info(elf), r"(?m)^confirms     by itself, within 10 s of its start$")

    def test_a_note_of_before_the_last_fields_is_told_without_them(self):
        elf = self.link(program=PROGRAM.replace('"1.0"', '"1.0", .confirm_s = 10'))
        at, _, _ = self.descriptor(elf)
        with open(elf, "r+b") as out:
            out.seek(at - 20)
            out.write(struct.pack("<I", 80))
        self.assertRegex(self.info(elf), r"(?m)^confirms     by the kernel$")


class TestDeviceTree(ToolCase):
    def test_the_tree_for_qemu_holds_what_is_read_from_it(self):
        text = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", os.path.join(ROOT, "build/raspi3b.dtb")],
                              stdout=subprocess.PIPE, text=True, check=True).stdout
        for pattern in (r"/memreserve/\s+0x0+ 0x0*1000;", r'model = "Raspberry Pi 3 Model B"',
                        r'compatible = "raspberrypi,3-model-b", "brcm,bcm2837"|'
                        r'compatible = "raspberrypi,3-model-b\\0brcm,bcm2837"', r'stdout-path = "serial0',
                        r'serial-number = "[0-9a-f]{16}"', r"memory@0", r"reserved-memory"):
            self.assertRegex(text, pattern)
        self.assertEqual(len(re.findall(r'enable-method = "spin-table"', text)), 4)
