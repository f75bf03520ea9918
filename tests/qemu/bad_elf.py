"""bad_elf: a good ELF, spoilt in one way at a time, and what the loader must say of it.

SPDX-License-Identifier: BSD-2-Clause
"""
import struct

PT_LOAD, PT_DYNAMIC, PT_NOTE = 1, 2, 4
PF_X, PF_W = 1, 2
DT_RELA, DT_RELASZ, DT_FLAGS_1 = 7, 8, 0x6FFFFFFB

# Offsets of fields: in the ELF header, and in a program header of 56 bytes.
E_CLASS, E_DATA, E_OSABI = 4, 5, 7
E_TYPE, E_MACHINE, E_ENTRY, E_PHOFF = 16, 18, 24, 32
E_EHSIZE, E_PHENTSIZE, E_PHNUM = 52, 54, 56
P_TYPE, P_FLAGS, P_OFFSET, P_VADDR, P_PADDR, P_FILESZ, P_MEMSZ, P_ALIGN = 0, 4, 8, 16, 24, 32, 40, 48
NOTE_SEALED = 24    # read_only_bytes, read_only_crc32c


class Elf:
    def __init__(self, content):
        self.content = bytearray(content)
        self.table = self.get("<Q", E_PHOFF)
        self.count = self.get("<H", E_PHNUM)

    def get(self, form, at):
        return struct.unpack_from(form, self.content, at)[0]

    def put(self, form, at, *values):
        struct.pack_into(form, self.content, at, *values)
        return self

    def flip(self, at):
        self.content[at] ^= 0x10
        return self

    def headers(self, kind):
        """Where the program headers of a kind stand in the file."""
        return [self.table + i * 56 for i in range(self.count)
                if self.get("<I", self.table + i * 56) == kind]

    def load(self, flag):
        """The first PT_LOAD with this permission."""
        return next(at for at in self.headers(PT_LOAD) if self.get("<I", at + P_FLAGS) & flag)

    def dynamic(self, tag):
        """Where the value of a dynamic entry stands in the file."""
        at = self.get("<Q", self.headers(PT_DYNAMIC)[0] + P_OFFSET)
        while self.get("<Q", at) != tag:
            if self.get("<Q", at) == 0:
                raise KeyError(f"the good ELF has no dynamic entry {tag}")
            at += 16
        return at + 8

    def offset_of(self, address):
        for at in self.headers(PT_LOAD):
            start = self.get("<Q", at + P_VADDR)
            if start <= address < start + self.get("<Q", at + P_FILESZ):
                return self.get("<Q", at + P_OFFSET) + address - start
        raise KeyError(f"nothing in the file for address {address:#x}")

    def first_relocation(self):
        return self.offset_of(self.get("<Q", self.dynamic(DT_RELA)))

    def note(self):
        """Where the fields of struct image_note stand in the file."""
        for header in self.headers(PT_NOTE):
            at = self.get("<Q", header + P_OFFSET)
            if self.content[at + 12:at + 22] == b"pilotlight":
                return at + 24
        raise KeyError("the good ELF has no note of ours")

    def in_sealed_part(self, at):
        """Where in the file the byte stands that has this place in the sealed part."""
        return self.offset_of(self.get("<Q", self.headers(PT_LOAD)[0] + P_VADDR) + at)

    def sealed_bytes(self):
        return self.get("<I", self.note() + NOTE_SEALED)


def without_note(elf):
    for header in elf.headers(PT_NOTE):
        elf.put("<I", header + P_TYPE, 0)
    return elf


def swap_loads(elf):
    first, second = elf.headers(PT_LOAD)[:2]
    one, two = elf.content[first:first + 56], elf.content[second:second + 56]
    elf.content[first:first + 56], elf.content[second:second + 56] = two, one
    return elf


def fixed_at(address):
    """The same image as one that cannot be moved, with its lowest page at address. It is to
    be refused there: its contents still know the address it was linked at. It is not sealed."""
    def move(elf):
        delta = address - elf.get("<Q", elf.headers(PT_LOAD)[0] + P_VADDR)
        relocations, size = elf.first_relocation(), elf.get("<Q", elf.dynamic(DT_RELASZ))
        elf.put("<Q", elf.dynamic(DT_FLAGS_1), 0)
        elf.put("<II", elf.note() + NOTE_SEALED, 0, 0)
        for at in ([E_ENTRY, elf.dynamic(DT_RELA)] + list(range(relocations, relocations + size, 24))
                   + [header + P_VADDR for header in elf.headers(PT_LOAD)]):
            elf.put("<Q", at, elf.get("<Q", at) + delta)
        return elf
    return move


DAMAGED = "damaged: CRC-32C of [0-9]+ bytes of code and constants is 0x[0-9a-f]{8}, its note says 0x[0-9a-f]{8}"

# (name, how it is spoilt, what the loader says)
SPOILT = [
    ("an empty file", lambda e: b"", r"the file is empty|0 bytes are too few"),
    ("sixty bytes", lambda e: e.content[:60], "60 bytes are too few for an ELF header"),
    ("text", lambda e: b"<html>404 not found</html>\n" * 9, "not an ELF file: begins with 3c 68 74 6d"),
    ("class 32", lambda e: e.put("<B", E_CLASS, 1), "ELF class is 1"),
    ("big-endian", lambda e: e.put("<B", E_DATA, 2), "byte order is 2"),
    ("another OS ABI", lambda e: e.put("<B", E_OSABI, 3), r"OS ABI is 3\.0"),
    ("x86-64", lambda e: e.put("<H", E_MACHINE, 62), "machine is 62, not 183"),
    ("an object file", lambda e: e.put("<H", E_TYPE, 1), "file type is 1"),
    ("no program headers", lambda e: e.put("<H", E_PHNUM, 0), "there are 0 program headers"),
    ("program headers elsewhere", lambda e: e.put("<H", E_PHNUM, 0xFFFF), "count 65535"),
    ("program headers past the end", lambda e: e.put("<Q", E_PHOFF, len(e.content) - 8),
     "program headers at 0x[0-9a-f]+, the file ends"),
    ("program headers that wrap", lambda e: e.put("<Q", E_PHOFF, 2**64 - 56),
     "program headers at 0xffffffffffffffc8"),
    ("cut off", lambda e: e.content[:len(e.content) * 2 // 3], "cut off: "),
    ("more in the file than in memory", lambda e: e.put("<Q", e.load(PF_X) + P_MEMSZ, 16),
     "segment 0 has 0x[0-9a-f]+ bytes in the file, 0x10 in memory"),
    ("a huge segment", lambda e: e.put("<Q", e.headers(PT_LOAD)[-1] + P_MEMSZ, 1 << 40),
     "are beyond any memory|more than any memory"),
    ("more memory than the board has", lambda e: e.put("<Q", e.headers(PT_LOAD)[-1] + P_MEMSZ, 0x3F000000),
     "it wants [0-9]+ bytes and a heap of 0, [0-9]+ are free"),
    ("an address that wraps", lambda e: e.put("<Q", e.headers(PT_LOAD)[-1] + P_VADDR, 2**64 - 4096),
     "are beyond any memory"),
    ("an odd alignment", lambda e: e.put("<Q", e.load(PF_X) + P_ALIGN, 3), "alignment 0x3 is no power"),
    ("an address that does not fit its offset",
     lambda e: e.put("<Q", e.load(PF_W) + P_OFFSET, e.get("<Q", e.load(PF_W) + P_OFFSET) + 8),
     "segment 2: address 0x[0-9a-f]+ and offset 0x[0-9a-f]+ differ modulo 0x1000"),
    ("a second dynamic section", lambda e: e.put("<I", e.headers(PT_NOTE)[0] + P_TYPE, PT_DYNAMIC),
     "program headers 3 and 4 are both PT_DYNAMIC"),
    ("write and execute", lambda e: e.put("<I", e.load(PF_X) + P_FLAGS, 7), "is writable and executable"),
    ("segments out of order", swap_loads, "begins on a page of the one before"),
    ("an entry outside", lambda e: e.put("<Q", E_ENTRY, 0x10), "entry 0x10 is unaligned or in no exec"),
    ("an unaligned entry", lambda e: e.put("<Q", E_ENTRY, e.get("<Q", E_ENTRY) + 2), "is unaligned or in"),
    ("a relocation table outside", lambda e: e.put("<Q", e.dynamic(DT_RELA), 0x12345678),
     "DT_RELA: 0x[0-9a-f]+ bytes at 0x12345678 are not in the file"),
    ("a relocation table of odd size", lambda e: e.put("<Q", e.dynamic(DT_RELASZ), 25),
     "DT_RELASZ is 25"),
    ("a relocation outside", lambda e: e.put("<Q", e.first_relocation(), 0x87654321),
     "relocation 0 at 0x87654321 is outside"),
    ("an unknown relocation", lambda e: e.put("<Q", e.first_relocation() + 8, 1025),
     "relocation 0 has type 1025"),
    ("an interpreter", lambda e: e.put("<I", e.headers(PT_NOTE)[0] + P_TYPE, 3), "asks for an interpreter"),
    ("thread-local storage", lambda e: e.put("<I", e.headers(PT_NOTE)[0] + P_TYPE, 7),
     "asks for thread-local storage"),
    ("a note that runs out", lambda e: e.put("<I", e.note() - 20, 0xFFFFFFFC), "the note at .* is damaged"),
    ("no note", without_note, "it has no pilotlight note"),
    ("another ABI", lambda e: e.put("<I", e.note(), 99), "it is built for ABI 99, this loader has 1"),
    ("a feature the loader lacks", lambda e: e.put("<I", e.note() + 4, 1 << 31),
     "it requires features 0x80000000 that this loader lacks"),
    ("more heap than there is", lambda e: e.put("<Q", e.note() + 16, 1 << 40),
     "a heap of 1099511627776, [0-9]+ are free"),
    ("a flipped bit in its code", lambda e: e.flip(e.in_sealed_part(0x2000)), DAMAGED),
    ("a flipped bit in its first instruction", lambda e: e.flip(e.in_sealed_part(0)), DAMAGED),
    ("a flipped bit in its constants", lambda e: e.flip(e.in_sealed_part(e.sealed_bytes() - 1)), DAMAGED),
    ("another CRC in its note", lambda e: e.flip(e.note() + NOTE_SEALED + 4), DAMAGED),
    ("a CRC of nothing", lambda e: e.put("<I", e.note() + NOTE_SEALED, 0), "damaged: CRC-32C of 0 bytes"),
    ("a seal over its data", lambda e: e.put("<I", e.note() + NOTE_SEALED, e.get("<Q", e.load(PF_W) + P_VADDR) + 1
                                            - e.get("<Q", e.load(PF_X) + P_VADDR)),
     "relocation 0 at 0x[0-9a-f]+ is unaligned, code or sealed"),
    ("a seal beyond its end", lambda e: e.put("<I", e.note() + NOTE_SEALED, 0xFFFFFFFF),
     "relocation 0 at 0x[0-9a-f]+ is unaligned, code or sealed"),
]

# The same for what cannot be known without the board: loader/memory_plan.c, from the top of
# QEMU's RAM at 0x3c000000 down.
MISPLACED = [
    ("fixed over the loader", fixed_at(0x3BE00000), "wants 0x3be00000, which is the loader"),
    ("fixed over the kept images", fixed_at(0x3B800000), "wants 0x3b800000, which is the kept images"),
    ("fixed over the boot info", fixed_at(0x38C00000), "wants 0x38c00000, which is the boot-info block"),
    ("fixed over the received file", fixed_at(0x38000000), "wants 0x38000000, which is the received file"),
    ("fixed over the spin table", fixed_at(0), "wants 0x0, which is reserved memory"),
    ("fixed over the devices", fixed_at(0x3F000000), "wants 0x3f000000, which is no memory"),
]


def spoil(content, how):
    result = how(Elf(content))
    return bytes(result.content if isinstance(result, Elf) else result)
