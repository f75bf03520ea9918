"""card_image: reads a card image as docs/storage.md describes it, and with nothing of ours.

Partition table, records and headers are taken apart here a second time, in another language:
what the slot store's own code wrote is not asked by itself.

SPDX-License-Identifier: BSD-2-Clause
"""
import hashlib
import struct
import subprocess

BLOCK, UNIT = 512, 8192                # bytes; blocks
SERVICES, SLOTS, RING_RECORDS, IMAGE_BLOCK = 8, 2, 32, 8
STATES = ["empty", "writing", "pending", "trial", "confirmed", "bad"]
NOBODY = 0xFF
FAT32_LBA, SLOT_STORE = 0x0C, 0x7F


def crc32c(content):
    """Castagnoli, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def text(field):
    """A padded string: behind its end there is nothing but NULs."""
    end = field.index(b"\0")
    assert field[end:] == bytes(len(field) - end), field
    return field[:end].decode("ascii")


class Card:
    def __init__(self, path):
        self.path = path
        record = self.blocks(0, 1)
        assert record[510:] == b"\x55\xaa"
        self.partitions = [(entry[4], *struct.unpack("<II", entry[8:])) for entry in
                           (record[at:at + 16] for at in range(446, 510, 16)) if entry != bytes(16)]
        (fat, self.fat_first, self.fat_blocks), *rest = self.partitions
        assert fat == FAT32_LBA
        if rest:
            (kind, self.first, self.count), = rest
            assert kind == SLOT_STORE
            self.slot_blocks = (self.count // UNIT - 2) // (SERVICES * SLOTS) * UNIT

    def blocks(self, first, count):
        with open(self.path, "rb") as image:
            image.seek(first * BLOCK)
            return image.read(count * BLOCK)

    # ---- the slot store ----

    def ring(self, number):
        """First block of a ring."""
        return self.first + (UNIT + SERVICES * SLOTS * self.slot_blocks if number else 0)

    def slot(self, service, slot):
        """First block of a slot."""
        return self.first + UNIT + (service * SLOTS + slot) * self.slot_blocks

    def records(self, number):
        """The valid ones of a ring, as (place, sequence, table)."""
        found = []
        for place in range(RING_RECORDS):
            record = self.blocks(self.ring(number) + place, 1)
            magic, form, reserved, sequence = struct.unpack("<4sHHQ", record[:16])
            if record == bytes(BLOCK):
                continue
            assert (magic, form, reserved) == (b"plsr", 1, 0), record[:16]
            assert record[440:508] == bytes(68)
            assert struct.unpack("<I", record[508:])[0] == crc32c(record[:508])
            found.append((place, sequence, record[16:440]))
        return found

    def newest(self):
        """What both rings have as their newest, which they must."""
        tables = [max(self.records(number), key=lambda record: record[1])[1:] for number in (0, 1)]
        assert tables[0] == tables[1], "the rings differ"
        return tables[0][1]

    def table(self):
        raw = self.newest()
        standard, once, last_service, last_slot, installs = struct.unpack("<BBBBI", raw[:8])
        services = []
        for row in range(SERVICES):
            at = 8 + 52 * row
            name, floor = text(raw[at:at + 32]), struct.unpack("<I", raw[at + 32:at + 36])[0]
            slots = []
            for slot in range(SLOTS):
                state, tries, failures, reserved, install = struct.unpack(
                    "<BBBBI", raw[at + 36 + 8 * slot:at + 44 + 8 * slot])
                assert reserved == 0
                slots.append({"state": STATES[state], "tries": tries, "failures": failures,
                              "install": install})
            services.append({"name": name, "floor": floor, "slots": slots})
        return {"standard": standard, "once": once, "last": (last_service, last_slot),
                "installs": installs, "services": services}

    def header(self, service, slot):
        raw = self.blocks(self.slot(service, slot), 1)
        magic, form, reserved, size, install, counter = struct.unpack("<4sHHQII", raw[:24])
        assert (magic, form, reserved) == (b"plsi", 1, 0), raw[:24]
        assert raw[168:508] == bytes(340)
        assert struct.unpack("<I", raw[508:])[0] == crc32c(raw[:508])
        return {"bytes": size, "install": install, "counter": counter, "digest": raw[24:56],
                "name": text(raw[56:88]), "version": text(raw[88:104]), "location": text(raw[104:168])}

    def image(self, service, slot):
        """The file in a slot; its digest must be the header's, and nothing stand behind it in its
        last block."""
        header = self.header(service, slot)
        count = -(-header["bytes"] // BLOCK)
        raw = self.blocks(self.slot(service, slot) + IMAGE_BLOCK, count)
        assert raw[header["bytes"]:] == bytes(len(raw) - header["bytes"])
        content = raw[:header["bytes"]]
        assert hashlib.sha256(content).digest() == header["digest"]
        return content

    # ---- the FAT partition, with mtools ----

    def mtools(self, command, *arguments):
        return subprocess.run([command, "-i", f"{self.path}@@{self.fat_first * BLOCK}", *arguments],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, timeout=60).stdout

    def names(self):
        found = self.mtools("mdir", "-b", "-/", "::").decode("ascii").split("\n")
        return sorted(name[3:] for name in found if name and not name.endswith("/"))

    def file(self, name):
        return self.mtools("mtype", f"::{name}")

    def check_fat(self, folder):
        """What fsck.fat says of the partition, and whether it found nothing wrong."""
        alone = f"{folder}/partition.fat"
        with open(alone, "wb") as out:
            out.write(self.blocks(self.fat_first, self.fat_blocks))
        result = subprocess.run(["fsck.fat", "-n", "-v", alone], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                                timeout=60, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
        return result.returncode == 0, result.stdout
