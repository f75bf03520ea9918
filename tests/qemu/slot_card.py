"""slot_card: a card image with a slot store on it, written and read by include/slot_format.h
alone, without a line of the loader's or of pilot's.

SPDX-License-Identifier: BSD-2-Clause
"""
import hashlib
import os
import struct

from machine import make_card

BLOCK = 512
UNIT = 8192 * BLOCK
RING_RECORDS = 32
SERVICES = 8
IMAGE_AT = 8 * BLOCK
FIRST = 64 << 20        # of the partition: behind the card that make_card makes
SIZE = 256 << 20
PARTITION_TYPE = 0x7F
NOBODY = 0xFF
RECORD_MAGIC, HEADER_MAGIC = 0x72736C70, 0x69736C70
STATES = ("empty", "writing", "pending", "trial", "confirmed", "bad")

SLOT = struct.Struct("<BBBBI")
TABLE = struct.Struct("<BBBBI")
RECORD = struct.Struct("<IHHQ")
HEADER = struct.Struct("<IHHQII32s32s16s64s")


def crc32c(content):
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def sealed(content):
    """A block with its CRC-32C at its end."""
    content = content.ljust(BLOCK - 4, b"\0")
    return content + struct.pack("<I", crc32c(content))


class Slot:
    def __init__(self, state="empty", tries=0, failures=0, install=0):
        self.state, self.tries, self.failures, self.install = state, tries, failures, install

    def __repr__(self):
        return f"{self.state} {self.tries} {self.failures}"


class SlotCard:
    """A card image with FAT files and services: {name: {"A": (content, "confirmed"), ...}}."""

    def __init__(self, folder, files=None, services=None, standard=None, floors=None):
        self.path = make_card(folder, files or {})
        with open(self.path, "r+b") as card:
            card.truncate(SIZE)
            card.seek(446 + 16)
            card.write(b"\0\xfe\xff\xff" + bytes([PARTITION_TYPE]) + b"\xfe\xff\xff"
                       + struct.pack("<II", FIRST // BLOCK, (SIZE - FIRST) // BLOCK))
        self.slot_bytes = ((SIZE - FIRST) // UNIT - 2) // (2 * SERVICES) * UNIT
        self.rings = (FIRST, FIRST + UNIT + 2 * SERVICES * self.slot_bytes)
        if services is not None:
            self.fill(services, standard, floors or {})

    def slot_at(self, service, slot):
        return FIRST + UNIT + (2 * service + slot) * self.slot_bytes

    # ---- writing ----

    def fill(self, services, standard, floors):
        installs, rows = 0, []
        for number, (name, slots) in enumerate(services.items()):
            entries = b""
            for slot, letter in enumerate("AB"):
                if letter not in slots:
                    entries += SLOT.pack(0, 0, 0, 0, 0)
                    continue
                content, state, *counts = slots[letter]
                tries, failures = (counts + [0, 0])[:2]
                installs += 1
                self.put_image(number, slot, name, content, installs)
                entries += SLOT.pack(STATES.index(state), tries, failures, 0, installs)
            rows.append(struct.pack("<32sI", name.encode(), floors.get(name, 0)) + entries)
        rows += [bytes(36) + SLOT.pack(0, 0, 0, 0, 0) * 2] * (SERVICES - len(rows))
        names = list(services)
        table = TABLE.pack(names.index(standard) if standard else NOBODY, NOBODY, NOBODY, 0,
                           installs) + b"".join(rows)
        record = sealed(RECORD.pack(RECORD_MAGIC, 1, 0, 1) + table)
        for ring in self.rings:
            self.write(ring, record)

    def put_image(self, service, slot, name, content, install, counter=0, version="1.0.0"):
        header = HEADER.pack(HEADER_MAGIC, 1, 0, len(content), install, counter,
                             hashlib.sha256(content).digest(), name.encode(), version.encode(),
                             b"made for a test")
        at = self.slot_at(service, slot)
        self.write(at + IMAGE_AT, content)
        self.write(at, sealed(header))

    def write(self, at, content):
        with open(self.path, "r+b") as card:
            card.seek(at)
            card.write(content)

    # ---- reading ----

    def read(self, at, length):
        with open(self.path, "rb") as card:
            card.seek(at)
            return card.read(length)

    def records(self):
        """The valid ones as (sequence, table), each once, the newest first."""
        found = set()
        for ring in self.rings:
            ring_bytes = self.read(ring, RING_RECORDS * BLOCK)
            for at in range(0, len(ring_bytes), BLOCK):
                block = ring_bytes[at:at + BLOCK]
                magic, form, _, sequence = RECORD.unpack_from(block)
                if (magic, form) == (RECORD_MAGIC, 1) and sealed(block[:-4]) == block:
                    found.add((sequence, block[RECORD.size:RECORD.size + 424]))
        return sorted(found, reverse=True)

    def slots(self):
        """{"dns/A": Slot} of the newest record."""
        table = self.records()[0][1]
        found = {}
        for row in range(SERVICES):
            at = TABLE.size + 52 * row
            name = table[at:at + 32].rstrip(b"\0").decode()
            for slot, letter in enumerate("AB"):
                state, tries, failures, _, install = SLOT.unpack_from(table, at + 36 + 8 * slot)
                if name:
                    found[f"{name}/{letter}"] = Slot(STATES[state], tries, failures, install)
        return found

    def floor(self, name):
        table = self.records()[0][1]
        for row in range(SERVICES):
            at = TABLE.size + 52 * row
            if table[at:at + 32].rstrip(b"\0").decode() == name:
                return struct.unpack_from("<I", table, at + 32)[0]
        return None

    def image(self, where):
        """The bytes of the image in a slot: "dns/A"."""
        name, letter = where.split("/")
        table = self.records()[0][1]
        for row in range(SERVICES):
            at = TABLE.size + 52 * row
            if table[at:at + 32].rstrip(b"\0").decode() == name:
                place = self.slot_at(row, "AB".index(letter))
                length = HEADER.unpack_from(self.read(place, BLOCK))[3]
                return self.read(place + IMAGE_AT, length)
        return None

    def written(self):
        """What a card that nothing was written to has the same of."""
        with open(self.path, "rb") as card:
            return hashlib.file_digest(card, "sha256").digest() if hasattr(
                hashlib, "file_digest") else hashlib.sha256(card.read()).digest()

    def remove(self):
        os.remove(self.path)
